"""Accuracies: how often predictions are right.

Below:  reduction.py averages the functions here.
Source: keras.metrics, Keras 3.15.
"""

from __future__ import annotations

import torch

from pellucid import settings
from pellucid.dtypes import to_torch
from pellucid.errors import ShapeError
from pellucid.graph.values import convert_to_tensor
from pellucid.losses.weighting import squeeze_or_expand_to_same_rank
from pellucid.metrics.reduction import NamedMean, metric_function


def accuracy(y_true, y_pred):
    """1 where y_true equals y_pred, else 0; place by place."""
    return _equal(*squeeze_or_expand_to_same_rank(convert_to_tensor(y_true), convert_to_tensor(y_pred)))


@metric_function
def binary_accuracy(y_true, y_pred, threshold=0.5):
    """1 where y_pred is on y_true's side of the threshold, else 0; place by place.

    Args:
        y_true: 0 or 1.
        threshold: predictions above it count as 1.
    """
    y_true, y_pred = squeeze_or_expand_to_same_rank(convert_to_tensor(y_true), convert_to_tensor(y_pred))
    # As int, since True > 0.5 is a comparison that PyTorch makes in bool.
    above = (y_pred.int() if y_pred.dtype == torch.bool else y_pred) > threshold
    return _equal(y_true, above)


@metric_function
def categorical_accuracy(y_true, y_pred):
    """1 where the highest class of y_pred is that of y_true, else 0.

    Shapes:
        y_true, y_pred  (batch, ..., classes), one-hot or shares
        output          (batch, ...)
    """
    return _equal(_highest(y_true), _highest(y_pred))


@metric_function
def sparse_categorical_accuracy(y_true, y_pred):
    """1 where the highest class of y_pred is y_true, else 0.

    Shapes:
        y_true  (batch, ...) or (batch, ..., 1), class numbers
        y_pred  (batch, ..., classes)
        output  (batch, ...)
    """
    labels, y_pred = convert_to_tensor(y_true), convert_to_tensor(y_pred)
    if labels.ndim == y_pred.ndim and labels.shape[-1] == 1:
        labels = labels.squeeze(-1)
    matches = _equal(labels, _highest(y_pred))
    return matches.squeeze(-1) if matches.ndim > 1 and matches.shape[-1] == 1 else matches


@metric_function
def top_k_categorical_accuracy(y_true, y_pred, k=5):
    """1 where the class of y_true is among the `k` highest of y_pred, else 0.

    Shapes:
        y_true, y_pred  (batch, ..., classes), one-hot or shares
        output          (batch, ...)
    """
    return _in_top_k(_highest(y_true), convert_to_tensor(y_pred), k)


@metric_function
def sparse_top_k_categorical_accuracy(y_true, y_pred, k=5, from_sorted_ids=False):
    """1 where y_true is among the `k` highest classes of y_pred, else 0.

    Shapes:
        y_true  (batch, ...), class numbers
        y_pred  (batch, ..., classes)
        output  (batch, ...)

    Args:
        from_sorted_ids: y_pred holds class numbers, the most likely first, and no shares.
    """
    labels, y_pred = convert_to_tensor(y_true), convert_to_tensor(y_pred)
    if from_sorted_ids:
        found = (labels.unsqueeze(-1) == y_pred[..., :k]).any(-1)
        return found.to(to_torch(settings.floatx()))
    return _in_top_k(labels.long(), y_pred, k)


def _highest(x):
    return convert_to_tensor(x).argmax(-1)


def _equal(x, y):
    try:
        return torch.eq(x, y).to(to_torch(settings.floatx()))
    except RuntimeError as error:
        raise ShapeError(
            "Labels and predictions do not have the same places.",
            got=f"y_true {tuple(x.shape)}, y_pred {tuple(y.shape)}",
            expected="equal shapes",
            fix="one-hot labels: CategoricalAccuracy; class numbers: SparseCategoricalAccuracy",
        ) from error


def _in_top_k(labels, y_pred, k):
    if labels.numel() * y_pred.shape[-1] != y_pred.numel():
        raise ShapeError(
            "Labels and predictions do not have the same places.",
            got=f"y_true {tuple(labels.shape)}, y_pred {tuple(y_pred.shape)}",
            expected="one label for each row of classes",
        )
    rows = y_pred.reshape(-1, y_pred.shape[-1])
    least = rows.topk(min(k, rows.shape[-1])).values[:, -1]
    found = rows.gather(1, labels.reshape(-1, 1)).squeeze(1) >= least
    return found.reshape(labels.shape).to(to_torch(settings.floatx()))


class Accuracy(NamedMean):
    """How often y_pred equals y_true."""

    _direction = "up"

    def __init__(self, name="accuracy", dtype=None):
        super().__init__(accuracy, name, dtype)


class BinaryAccuracy(NamedMean):
    """How often y_pred is on y_true's side of the threshold.

    Args:
        threshold: predictions above it count as 1.
    """

    _direction = "up"

    def __init__(self, name="binary_accuracy", dtype=None, threshold=0.5):
        super().__init__(binary_accuracy, name, dtype, threshold=threshold)


class CategoricalAccuracy(NamedMean):
    """How often the highest class is the right one, for one-hot labels."""

    _direction = "up"

    def __init__(self, name="categorical_accuracy", dtype=None):
        super().__init__(categorical_accuracy, name, dtype)


class SparseCategoricalAccuracy(NamedMean):
    """How often the highest class is the right one, for class numbers."""

    _direction = "up"

    def __init__(self, name="sparse_categorical_accuracy", dtype=None):
        super().__init__(sparse_categorical_accuracy, name, dtype)


class TopKCategoricalAccuracy(NamedMean):
    """How often the right class is among the `k` highest, for one-hot labels."""

    _direction = "up"

    def __init__(self, k=5, name="top_k_categorical_accuracy", dtype=None):
        super().__init__(top_k_categorical_accuracy, name, dtype, k=k)


class SparseTopKCategoricalAccuracy(NamedMean):
    """How often the right class is among the `k` highest, for class numbers.

    Args:
        from_sorted_ids: y_pred holds class numbers, the most likely first, and no shares.
    """

    _direction = "up"
    unwritten = {"from_sorted_ids": False}

    def __init__(self, k=5, name="sparse_top_k_categorical_accuracy", dtype=None, from_sorted_ids=False):
        super().__init__(sparse_top_k_categorical_accuracy, name, dtype, k=k, from_sorted_ids=from_sorted_ids)
