"""Margin losses as metrics: their mean over all batches.

Below: losses/hinges.py has the functions, reduction.py averages them.
"""

from __future__ import annotations

from pellucid.losses.hinges import categorical_hinge, hinge, squared_hinge
from pellucid.metrics.reduction import NamedMean


class Hinge(NamedMean):
    """The mean of ``max(1 - y_true * y_pred, 0)``; labels are -1 and 1, or all 0 and 1."""

    def __init__(self, name="hinge", dtype=None):
        super().__init__(hinge, name, dtype)


class SquaredHinge(NamedMean):
    """The mean of ``max(1 - y_true * y_pred, 0)**2``; labels are -1 and 1, or all 0 and 1."""

    def __init__(self, name="squared_hinge", dtype=None):
        super().__init__(squared_hinge, name, dtype)


class CategoricalHinge(NamedMean):
    """The mean of how far the true class fails to lead all others by 1, for one-hot labels."""

    def __init__(self, name="categorical_hinge", dtype=None):
        super().__init__(categorical_hinge, name, dtype)
