"""Margin losses: predictions shall lie on the right side, and by more than a margin of 1.

Below:  base.py has the classes' parent.
Above:  metrics/hinges.py averages the same functions.
Shapes: y_true and y_pred (batch, ..., classes); a function gives (batch, ...).
Source: keras.losses, Keras 3.15.
"""

from __future__ import annotations

import torch

from pellucid.losses.base import NamedLoss, loss_function, truth_like


@loss_function
def hinge(y_true, y_pred):
    """The mean of ``max(1 - y_true * y_pred, 0)``; labels are -1 and 1, or all 0 and 1."""
    return _shortfall(y_true, y_pred).mean(-1)


@loss_function
def squared_hinge(y_true, y_pred):
    """The mean of ``max(1 - y_true * y_pred, 0)**2``; labels are -1 and 1, or all 0 and 1."""
    return torch.square(_shortfall(y_true, y_pred)).mean(-1)


@loss_function
def categorical_hinge(y_true, y_pred):
    """How far the true class fails to lead all others by 1: ``max(1 + highest_other - true, 0)``.

    Args:
        y_true: one-hot, (batch, ..., classes).
    """
    y_true, y_pred = truth_like(y_true, y_pred)
    right = (y_true * y_pred).sum(-1)
    wrong = ((1.0 - y_true) * y_pred).amax(-1)
    return (wrong - right + 1.0).clamp(min=0.0)


def _shortfall(y_true, y_pred):
    y_true, y_pred = truth_like(y_true, y_pred)
    # Chosen by a tensor, not by Python: reading it would make a GPU wait.
    is_binary = ((y_true == 0) | (y_true == 1)).all()
    signs = torch.where(is_binary, 2.0 * y_true - 1.0, y_true)
    return (1.0 - signs * y_pred).clamp(min=0.0)


class Hinge(NamedLoss):
    """The mean of ``max(1 - y_true * y_pred, 0)``; labels are -1 and 1, or all 0 and 1."""

    def __init__(self, reduction="sum_over_batch_size", name="hinge", dtype=None):
        super().__init__(hinge, reduction, name, dtype)


class SquaredHinge(NamedLoss):
    """The mean of ``max(1 - y_true * y_pred, 0)**2``; labels are -1 and 1, or all 0 and 1."""

    def __init__(self, reduction="sum_over_batch_size", name="squared_hinge", dtype=None):
        super().__init__(squared_hinge, reduction, name, dtype)


class CategoricalHinge(NamedLoss):
    """How far the true class fails to lead all others by 1."""

    def __init__(self, reduction="sum_over_batch_size", name="categorical_hinge", dtype=None):
        super().__init__(categorical_hinge, reduction, name, dtype)
