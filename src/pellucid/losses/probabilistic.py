"""Losses for distributions and counts: the Kullback-Leibler divergence and Poisson's likelihood.

Below:  base.py has the classes' parent.
Above:  metrics/probabilistic.py averages the same functions.
Shapes: y_true and y_pred (batch, ..., features); a function gives (batch, ...).
Source: keras.losses, Keras 3.15.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

from pellucid import settings
from pellucid.losses.base import NamedLoss, loss_function, truth_like


@loss_function
def kl_divergence(y_true, y_pred):
    """The sum of ``y_true * log(y_true / y_pred)``, both clipped to epsilon to 1."""
    y_true, y_pred = truth_like(y_true, y_pred)
    least = settings.epsilon()
    y_true, y_pred = y_true.clamp(least, 1.0), y_pred.clamp(least, 1.0)
    return (y_true * torch.log(y_true / y_pred)).sum(-1)


@loss_function
def poisson(y_true, y_pred):
    """The mean of ``y_pred - y_true * log(y_pred)``."""
    y_true, y_pred = truth_like(y_true, y_pred)
    return F.poisson_nll_loss(y_pred, y_true, log_input=False, eps=settings.epsilon(), reduction="none").mean(-1)


class KLDivergence(NamedLoss):
    """The sum of ``y_true * log(y_true / y_pred)``."""

    def __init__(self, reduction="sum_over_batch_size", name="kl_divergence", dtype=None):
        super().__init__(kl_divergence, reduction, name, dtype)


class Poisson(NamedLoss):
    """The mean of ``y_pred - y_true * log(y_pred)``."""

    def __init__(self, reduction="sum_over_batch_size", name="poisson", dtype=None):
        super().__init__(poisson, reduction, name, dtype)
