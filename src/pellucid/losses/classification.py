"""Crossentropies: binary, categorical, sparse and generalized.

Below:  ops/scoring.py has the formulas, base.py the classes' parent, truth.py smooths labels.
Beside: focal.py weights the same formulas by how hard a sample is.
Above:  metrics/probabilistic.py averages the same functions.
Source: keras.losses, Keras 3.15.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

from pellucid.errors import ArgumentError, ShapeError
from pellucid.graph.values import convert_to_tensor
from pellucid.losses.base import NamedLoss, loss_function, prediction, truth_like
from pellucid.losses.truth import smooth_binary, smooth_classes
from pellucid.ops import scoring


@loss_function
def binary_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """The mean over `axis` of ``-y_true * log(y_pred) - (1 - y_true) * log(1 - y_pred)``.

    Args:
        from_logits: y_pred has not been through a sigmoid.
        label_smoothing: 0 to 1, how far labels move towards 0.5.

    Raises:
        ShapeError: shapes differ.
    """
    y_true, y_pred = truth_like(y_true, y_pred)
    return scoring.binary_crossentropy(smooth_binary(y_true, label_smoothing), y_pred, from_logits).mean(axis)


@loss_function
def categorical_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """``-sum(y_true * log(y_pred))`` over the classes, which lie along `axis`.

    Args:
        y_true: one-hot or shares, of y_pred's shape.
        from_logits: y_pred has not been through a softmax.
        label_smoothing: 0 to 1, how far labels move towards equal shares.

    Raises:
        ShapeError: shapes differ.
        ArgumentError: `axis` is a bool.
    """
    y_true, y_pred = smooth_classes(y_true, y_pred, label_smoothing, axis)
    return scoring.categorical_crossentropy(y_true, y_pred, from_logits, axis)


@loss_function
def sparse_categorical_crossentropy(y_true, y_pred, from_logits=False, ignore_class=None, axis=-1):
    """``-log(y_pred)`` of the true class; the classes lie along `axis`.

    Shapes:
        y_true  y_pred's without `axis`, or with size 1 there; class numbers
        y_pred  (batch, ..., classes)

    Args:
        from_logits: y_pred has not been through a softmax.
        ignore_class: places of this class have loss 0, and a mask leaves them out of means.

    Raises:
        ShapeError: shapes do not fit.
    """
    labels, y_pred = convert_to_tensor(y_true, dtype="int64"), prediction(y_pred)
    if ignore_class is None:
        return scoring.sparse_categorical_crossentropy(labels, y_pred, from_logits, axis)
    labels = _without_class_axis(labels, y_pred, axis)
    counts = labels != ignore_class
    # An ignored class may be no class at all (-1, 255), and what a model says there shall not matter, nan included.
    labels, y_pred = torch.where(counts, labels, 0), torch.where(counts.unsqueeze(axis), y_pred, 0.0)
    loss = torch.where(counts, scoring.sparse_categorical_crossentropy(labels, y_pred, from_logits, axis), 0.0)
    loss._keras_mask = counts
    return loss


@loss_function
def categorical_generalized_cross_entropy(y_true, y_pred, q):
    """``(1 - p**q) / q``, p the share of the true class: between crossentropy (q near 0) and absolute error (q = 1).

    Shapes:
        y_true  (batch, ...), class numbers
        y_pred  (batch, ..., classes), shares

    Raises:
        ShapeError: shapes do not fit.

    Source: Zhang and Sabuncu 2018, arXiv 1805.07836.
    """
    y_pred = prediction(y_pred)
    labels = _without_class_axis(convert_to_tensor(y_true, dtype="int64"), y_pred, -1)
    if labels.shape != y_pred.shape[:-1]:
        raise ShapeError(
            "`y_true` holds one class number for each row of `y_pred`.",
            got=f"y_true {tuple(labels.shape)}, y_pred {tuple(y_pred.shape)}",
            expected=f"y_true {tuple(y_pred.shape[:-1])}",
            fix="ops.argmax(y_true, axis=-1), if it is one-hot",
        )
    picked = y_pred.gather(-1, labels.unsqueeze(-1)).squeeze(-1)
    return (1 - torch.pow(picked, q)) / q


def _without_class_axis(labels, y_pred, axis):
    return labels.squeeze(axis) if labels.ndim == y_pred.ndim and labels.shape[axis] == 1 else labels


class BinaryCrossentropy(NamedLoss):
    """Crossentropy of labels 0 and 1. See `binary_crossentropy` for the arguments."""

    @staticmethod
    def fused_mean(y_true, y_pred, from_logits, label_smoothing, axis):
        if y_true.shape != y_pred.shape:
            return None
        y_true = smooth_binary(y_true, label_smoothing)
        if from_logits:
            return F.binary_cross_entropy_with_logits(y_pred, y_true)
        return scoring.binary_crossentropy(y_true, y_pred).mean()

    def __init__(
        self,
        from_logits=False,
        label_smoothing=0.0,
        axis=-1,
        reduction="sum_over_batch_size",
        name="binary_crossentropy",
        dtype=None,
    ):
        own = {"from_logits": from_logits, "label_smoothing": label_smoothing, "axis": axis}
        super().__init__(binary_crossentropy, reduction, name, dtype, **own)


class CategoricalCrossentropy(NamedLoss):
    """Crossentropy of one-hot labels or shares. See `categorical_crossentropy` for the arguments."""

    def __init__(
        self,
        from_logits=False,
        label_smoothing=0.0,
        axis=-1,
        reduction="sum_over_batch_size",
        name="categorical_crossentropy",
        dtype=None,
    ):
        own = {"from_logits": from_logits, "label_smoothing": label_smoothing, "axis": axis}
        super().__init__(categorical_crossentropy, reduction, name, dtype, **own)


class SparseCategoricalCrossentropy(NamedLoss):
    """Crossentropy of class numbers. See `sparse_categorical_crossentropy` for the arguments."""

    keeps_labels = True
    unwritten = {"axis": -1}

    @staticmethod
    def fused_mean(y_true, y_pred, from_logits, ignore_class, axis):
        labels = _without_class_axis(y_true, y_pred, axis)
        if not from_logits or ignore_class is not None or axis != -1 or labels.shape != y_pred.shape[:-1]:
            return None
        return F.cross_entropy(y_pred.flatten(0, -2) if y_pred.ndim > 2 else y_pred, labels.flatten().long())

    def __init__(
        self,
        from_logits=False,
        ignore_class=None,
        reduction="sum_over_batch_size",
        axis=-1,
        name="sparse_categorical_crossentropy",
        dtype=None,
    ):
        own = {"from_logits": from_logits, "ignore_class": ignore_class, "axis": axis}
        super().__init__(sparse_categorical_crossentropy, reduction, name, dtype, **own)


class CategoricalGeneralizedCrossEntropy(NamedLoss):
    """``(1 - p**q) / q``, p the share of the true class: forgiving towards wrong labels.

    Args:
        q: between 0 (as crossentropy) and 1 (as absolute error).

    Raises:
        ArgumentError: `q` is 0 or below, or 1 or above.

    Source: Zhang and Sabuncu 2018, arXiv 1805.07836.
    """

    keeps_labels = True

    def __init__(
        self, q=0.5, reduction="sum_over_batch_size", name="categorical_generalized_cross_entropy", dtype=None
    ):
        if not 0 < q < 1:
            raise ArgumentError("`q` lies between 0 and 1.", got=q, expected="0 < q < 1", fix="q=0.5")
        super().__init__(categorical_generalized_cross_entropy, reduction, name, dtype, q=q)
