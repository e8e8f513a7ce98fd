"""Losses for areas: how little a predicted and a true area overlap.

Below:  base.py has the classes' parent.
Shapes: y_true and y_pred of one shape, values in 0 to 1; sums run over `axis`, None for everything at once.
Source: keras.losses, Keras 3.15.
"""

from __future__ import annotations

from pellucid import settings
from pellucid.losses.base import NamedLoss, loss_function, truth_like


@loss_function
def dice(y_true, y_pred, axis=None):
    """``1 - 2 * overlap / (true + predicted)``, areas as sums over `axis`."""
    y_true, y_pred = truth_like(y_true, y_pred)
    overlap = (y_true * y_pred).sum(axis)
    return 1 - 2.0 * overlap / (y_true.sum(axis) + y_pred.sum(axis) + settings.epsilon())


@loss_function
def tversky(y_true, y_pred, alpha=0.5, beta=0.5, axis=None):
    """``1 - overlap / (overlap + alpha * missed + beta * invented)``, areas as sums over `axis`."""
    y_true, y_pred = truth_like(y_true, y_pred)
    overlap = (y_true * y_pred).sum(axis)
    missed = ((1 - y_pred) * y_true).sum(axis)
    invented = (y_pred * (1 - y_true)).sum(axis)
    return 1 - overlap / (overlap + missed * alpha + invented * beta + settings.epsilon())


class Dice(NamedLoss):
    """``1 - 2 * overlap / (true + predicted)``.

    Args:
        axis: the axes of one area, such as (1, 2, 3); None takes the whole batch as one area.
    """

    def __init__(self, reduction="sum_over_batch_size", name="dice", axis=None, dtype=None):
        super().__init__(dice, reduction, name, dtype, axis=axis)


class Tversky(NamedLoss):
    """``1 - overlap / (overlap + alpha * missed + beta * invented)``; Dice is alpha = beta = 0.5.

    Args:
        axis: the axes of one area, such as (1, 2, 3); None takes the whole batch as one area.

    Source: Salehi, Erdogmus and Gholipour 2017, arXiv 1706.05721.
    """

    def __init__(self, alpha=0.5, beta=0.5, reduction="sum_over_batch_size", name="tversky", axis=None, dtype=None):
        super().__init__(tversky, reduction, name, dtype, alpha=alpha, beta=beta, axis=axis)
