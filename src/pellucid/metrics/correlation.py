"""Correlations: whether predictions rise and fall with the truth.

Below:  reduction.py averages the functions here.
Source: keras.metrics, Keras 3.15.
"""

from __future__ import annotations

from pellucid import settings
from pellucid.losses.base import aligned
from pellucid.metrics.reduction import NamedMean, metric_function


@metric_function
def pearson_correlation(y_true, y_pred, axis=-1):
    """Pearson's correlation along `axis`: 1 for a rising line, -1 for a falling one, 0 for none.

    Source: Pearson 1895; population deviations.
    """
    y_true, y_pred = aligned(y_true, y_pred)
    x, y = _centred(y_true, axis), _centred(y_pred, axis)
    x = x / x.std(axis, correction=0, keepdim=True)
    y = y / y.std(axis, correction=0, keepdim=True)
    return (x * y).mean(axis)


@metric_function
def concordance_correlation(y_true, y_pred, axis=-1):
    """Lin's concordance along `axis`: as Pearson's, and lower where mean or spread differ.

    Source: Lin 1989, A Concordance Correlation Coefficient to Evaluate Reproducibility.
    """
    y_true, y_pred = aligned(y_true, y_pred)
    shift = y_true.mean(axis, keepdim=True) - y_pred.mean(axis, keepdim=True)
    variances = y_true.var(axis, correction=0, keepdim=True) + y_pred.var(axis, correction=0, keepdim=True)
    # Centring both on y_pred's mean gives the same sum, since y_pred's own deviations add up to 0.
    together = (y_true - y_pred.mean(axis, keepdim=True)) * _centred(y_pred, axis)
    return (2 * together / (variances + shift.square() + settings.epsilon())).mean(axis)


def _centred(x, axis):
    return x - x.mean(axis, keepdim=True)


class PearsonCorrelation(NamedMean):
    """Pearson's correlation along `axis`, averaged over samples."""

    _direction = "up"

    def __init__(self, name="pearson_correlation", dtype=None, axis=-1):
        super().__init__(pearson_correlation, name, dtype, axis=axis)


class ConcordanceCorrelation(NamedMean):
    """Lin's concordance along `axis`, averaged over samples: correlation, less where mean or spread differ."""

    _direction = "up"

    def __init__(self, name="concordance_correlation", dtype=None, axis=-1):
        super().__init__(concordance_correlation, name, dtype, axis=axis)
