"""Losses for numbers: squared, absolute, relative and logarithmic errors, their blends, and the angle.

Below:  base.py has the classes' parent and makes the functions work on symbolic tensors.
Above:  metrics/regression.py averages the same functions.
Shapes: y_true and y_pred (batch, ..., features); a function gives (batch, ...), the mean over the last axis.
Source: keras.losses, Keras 3.15.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from pellucid import settings
from pellucid.losses.base import NamedLoss, aligned, loss_function


@loss_function
def mean_squared_error(y_true, y_pred):
    """The mean of ``(y_true - y_pred)**2``."""
    y_true, y_pred = aligned(y_true, y_pred)
    return torch.square(y_true - y_pred).mean(-1)


@loss_function
def mean_absolute_error(y_true, y_pred):
    """The mean of ``|y_true - y_pred|``."""
    y_true, y_pred = aligned(y_true, y_pred)
    return torch.abs(y_true - y_pred).mean(-1)


@loss_function
def mean_absolute_percentage_error(y_true, y_pred):
    """The mean of ``|y_true - y_pred| / |y_true|``, in percent."""
    y_true, y_pred = aligned(y_true, y_pred)
    return 100.0 * torch.abs((y_true - y_pred) / y_true.abs().clamp(min=settings.epsilon())).mean(-1)


@loss_function
def mean_squared_logarithmic_error(y_true, y_pred):
    """The mean of ``(log(y_true + 1) - log(y_pred + 1))**2``; numbers below epsilon count as epsilon."""
    y_true, y_pred = aligned(y_true, y_pred)
    least = settings.epsilon()
    return torch.square(torch.log(y_pred.clamp(min=least) + 1.0) - torch.log(y_true.clamp(min=least) + 1.0)).mean(-1)


@loss_function
def huber(y_true, y_pred, delta=1.0):
    """The mean of half the squared error up to `delta`, and of a line of slope `delta` from there on."""
    y_true, y_pred = aligned(y_true, y_pred)
    y_true, y_pred = torch.broadcast_tensors(y_true, y_pred)
    return F.huber_loss(y_pred, y_true, reduction="none", delta=delta).mean(-1)


@loss_function
def log_cosh(y_true, y_pred):
    """The mean of ``log(cosh(y_pred - y_true))``: squared for small errors, absolute for large ones."""
    y_true, y_pred = aligned(y_true, y_pred)
    error = y_pred - y_true
    return (error + F.softplus(-2.0 * error) - math.log(2.0)).mean(-1)


@loss_function
def cosine_similarity(y_true, y_pred, axis=-1):
    """Minus the cosine of the angle along `axis`: -1 for one direction, 0 for right angles or a zero vector."""
    y_true, y_pred = aligned(y_true, y_pred)
    return -cosine(y_true, y_pred, axis)


def cosine(x, y, axis) -> torch.Tensor:
    """The cosine of the angle between `x` and `y` along `axis`; 0 where one of them is 0."""
    least = settings.epsilon()
    return (F.normalize(x, dim=axis, eps=least) * F.normalize(y, dim=axis, eps=least)).sum(axis)


def _mean_of(criterion):
    """PyTorch's own mean over all places, for values of one shape."""

    def fused_mean(y_true, y_pred, **arguments):
        return criterion(y_pred, y_true, **arguments) if y_true.shape == y_pred.shape else None

    return staticmethod(fused_mean)


class MeanSquaredError(NamedLoss):
    """The mean of ``(y_true - y_pred)**2``."""

    fused_mean = _mean_of(F.mse_loss)

    def __init__(self, reduction="sum_over_batch_size", name="mean_squared_error", dtype=None):
        super().__init__(mean_squared_error, reduction, name, dtype)


class MeanAbsoluteError(NamedLoss):
    """The mean of ``|y_true - y_pred|``."""

    fused_mean = _mean_of(F.l1_loss)

    def __init__(self, reduction="sum_over_batch_size", name="mean_absolute_error", dtype=None):
        super().__init__(mean_absolute_error, reduction, name, dtype)


class MeanAbsolutePercentageError(NamedLoss):
    """The mean of ``|y_true - y_pred| / |y_true|``, in percent."""

    def __init__(self, reduction="sum_over_batch_size", name="mean_absolute_percentage_error", dtype=None):
        super().__init__(mean_absolute_percentage_error, reduction, name, dtype)


class MeanSquaredLogarithmicError(NamedLoss):
    """The mean of ``(log(y_true + 1) - log(y_pred + 1))**2``."""

    def __init__(self, reduction="sum_over_batch_size", name="mean_squared_logarithmic_error", dtype=None):
        super().__init__(mean_squared_logarithmic_error, reduction, name, dtype)


class Huber(NamedLoss):
    """Half the squared error up to `delta`, and a line of slope `delta` from there on.

    Source: Huber 1964, Robust Estimation of a Location Parameter.
    """

    fused_mean = _mean_of(F.huber_loss)
    unwritten = {"delta": 1.0}

    def __init__(self, delta=1.0, reduction="sum_over_batch_size", name="huber_loss", dtype=None):
        super().__init__(huber, reduction, name, dtype, delta=delta)


class LogCosh(NamedLoss):
    """The mean of ``log(cosh(y_pred - y_true))``: squared for small errors, absolute for large ones."""

    def __init__(self, reduction="sum_over_batch_size", name="log_cosh", dtype=None):
        super().__init__(log_cosh, reduction, name, dtype)


class CosineSimilarity(NamedLoss):
    """Minus the cosine of the angle along `axis`: -1 for one direction, 1 for opposite ones."""

    unwritten = {"axis": -1}

    def __init__(self, axis=-1, reduction="sum_over_batch_size", name="cosine_similarity", dtype=None):
        super().__init__(cosine_similarity, reduction, name, dtype, axis=axis)
