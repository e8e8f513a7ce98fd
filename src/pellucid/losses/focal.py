"""Focal crossentropies: what a model knows already counts little.

Below:  truth.py smooths labels, base.py has the classes' parent.
Beside: classification.py has the plain crossentropies.
Source: keras.losses, Keras 3.15; Lin et al. 2017, arXiv 1708.02002.
"""

from __future__ import annotations

import torch

from pellucid import settings
from pellucid.losses.base import NamedLoss, loss_function, truth_like
from pellucid.losses.truth import smooth_binary, smooth_classes
from pellucid.ops import scoring


@loss_function
def binary_focal_crossentropy(
    y_true,
    y_pred,
    apply_class_balancing=False,
    alpha=0.25,
    gamma=2.0,
    from_logits=False,
    label_smoothing=0.0,
    axis=-1,
):
    """The mean over `axis` of binary crossentropy times ``(1 - p)**gamma``, p the probability of the true label.

    Args:
        apply_class_balancing: weight labels 1 by `alpha`, labels 0 by ``1 - alpha``.
        gamma: how much less the well known counts; 0 is plain crossentropy.
        from_logits: y_pred has not been through a sigmoid.
        label_smoothing: 0 to 1, how far labels move towards 0.5.
    """
    y_true, y_pred = truth_like(y_true, y_pred)
    y_true = smooth_binary(y_true, label_smoothing)
    if from_logits:
        y_pred = torch.sigmoid(y_pred)
    entropy = scoring.binary_crossentropy(y_true, y_pred)
    right = y_true * y_pred + (1 - y_true) * (1 - y_pred)
    loss = torch.pow(1.0 - right, gamma) * entropy
    if apply_class_balancing:
        loss = loss * (y_true * alpha + (1 - y_true) * (1 - alpha))
    return loss.mean(axis)


@loss_function
def categorical_focal_crossentropy(
    y_true, y_pred, alpha=0.25, gamma=2.0, from_logits=False, label_smoothing=0.0, axis=-1
):
    """Categorical crossentropy with each class's part times ``alpha * (1 - p)**gamma``, p its probability.

    Args:
        alpha: a number, or one for each class.
        gamma: how much less the well known counts; 0 is plain crossentropy times `alpha`.
        from_logits: y_pred has not been through a softmax.
        label_smoothing: 0 to 1, how far labels move towards equal shares.

    Raises:
        ArgumentError: `axis` is a bool.
    """
    y_true, y_pred = smooth_classes(y_true, y_pred, label_smoothing, axis)
    if from_logits:
        y_pred = torch.softmax(y_pred, dim=axis)
    least = settings.epsilon()
    probability = (y_pred / y_pred.sum(axis, keepdim=True)).clamp(least, 1.0 - least)
    if not isinstance(alpha, (int, float)):
        alpha = torch.as_tensor(alpha, dtype=y_pred.dtype, device=y_pred.device)
    weights = torch.pow(1.0 - probability, gamma) * alpha
    return -(weights * y_true * torch.log(probability)).sum(axis)


class BinaryFocalCrossentropy(NamedLoss):
    """Binary crossentropy in which the well known counts little. See `binary_focal_crossentropy`."""

    def __init__(
        self,
        apply_class_balancing=False,
        alpha=0.25,
        gamma=2.0,
        from_logits=False,
        label_smoothing=0.0,
        axis=-1,
        reduction="sum_over_batch_size",
        name="binary_focal_crossentropy",
        dtype=None,
    ):
        own = {
            "apply_class_balancing": apply_class_balancing,
            "alpha": alpha,
            "gamma": gamma,
            "from_logits": from_logits,
            "label_smoothing": label_smoothing,
            "axis": axis,
        }
        super().__init__(binary_focal_crossentropy, reduction, name, dtype, **own)


class CategoricalFocalCrossentropy(NamedLoss):
    """Categorical crossentropy in which the well known counts little. See `categorical_focal_crossentropy`."""

    def __init__(
        self,
        alpha=0.25,
        gamma=2.0,
        from_logits=False,
        label_smoothing=0.0,
        axis=-1,
        reduction="sum_over_batch_size",
        name="categorical_focal_crossentropy",
        dtype=None,
    ):
        own = {
            "alpha": alpha,
            "gamma": gamma,
            "from_logits": from_logits,
            "label_smoothing": label_smoothing,
            "axis": axis,
        }
        super().__init__(categorical_focal_crossentropy, reduction, name, dtype, **own)
