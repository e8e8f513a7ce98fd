"""Crossentropies and divergences as metrics: their mean over all batches.

Below: losses/classification.py and losses/probabilistic.py have the functions, reduction.py averages them.
"""

from __future__ import annotations

from pellucid.losses.classification import (
    binary_crossentropy,
    categorical_crossentropy,
    sparse_categorical_crossentropy,
)
from pellucid.losses.probabilistic import kl_divergence, poisson
from pellucid.metrics.reduction import NamedMean


class KLDivergence(NamedMean):
    """The mean of the sum of ``y_true * log(y_true / y_pred)``."""

    def __init__(self, name="kl_divergence", dtype=None):
        super().__init__(kl_divergence, name, dtype)


class Poisson(NamedMean):
    """The mean of ``y_pred - y_true * log(y_pred)``."""

    def __init__(self, name="poisson", dtype=None):
        super().__init__(poisson, name, dtype)


class BinaryCrossentropy(NamedMean):
    """Crossentropy of labels 0 and 1.

    Args:
        from_logits: y_pred has not been through a sigmoid.
        label_smoothing: 0 to 1, how far labels move towards 0.5.
    """

    def __init__(self, name="binary_crossentropy", dtype=None, from_logits=False, label_smoothing=0):
        super().__init__(binary_crossentropy, name, dtype, from_logits=from_logits, label_smoothing=label_smoothing)


class CategoricalCrossentropy(NamedMean):
    """Crossentropy of one-hot labels or shares.

    Args:
        from_logits: y_pred has not been through a softmax.
        label_smoothing: 0 to 1, how far labels move towards equal shares.
        axis: where the classes lie.
    """

    def __init__(self, name="categorical_crossentropy", dtype=None, from_logits=False, label_smoothing=0, axis=-1):
        own = {"from_logits": from_logits, "label_smoothing": label_smoothing, "axis": axis}
        super().__init__(categorical_crossentropy, name, dtype, **own)


class SparseCategoricalCrossentropy(NamedMean):
    """Crossentropy of class numbers.

    Args:
        from_logits: y_pred has not been through a softmax.
        ignore_class: places of this class have loss 0.
        axis: where the classes lie.
    """

    def __init__(
        self, name="sparse_categorical_crossentropy", dtype=None, from_logits=False, ignore_class=None, axis=-1
    ):
        own = {"from_logits": from_logits, "ignore_class": ignore_class, "axis": axis}
        super().__init__(sparse_categorical_crossentropy, name, dtype, **own)
