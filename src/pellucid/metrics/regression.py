"""Errors of numbers as metrics, and the share of variance explained.

Below: losses/regression.py has the functions, reduction.py averages them.
Source: keras.metrics, Keras 3.15.
"""

from __future__ import annotations

import warnings

import torch

from pellucid.errors import ArgumentError, ShapeError
from pellucid.graph.values import convert_to_tensor
from pellucid.losses.base import aligned
from pellucid.losses.regression import (
    cosine,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
)
from pellucid.losses.weighting import spread, squeeze_or_expand_to_same_rank
from pellucid.metrics.base import Metric, accumulate
from pellucid.metrics.reduction import Mean, NamedMean


class MeanSquaredError(NamedMean):
    """The mean of ``(y_true - y_pred)**2``."""

    def __init__(self, name="mean_squared_error", dtype=None):
        super().__init__(mean_squared_error, name, dtype)


class MeanAbsoluteError(NamedMean):
    """The mean of ``|y_true - y_pred|``."""

    def __init__(self, name="mean_absolute_error", dtype=None):
        super().__init__(mean_absolute_error, name, dtype)


class MeanAbsolutePercentageError(NamedMean):
    """The mean of ``|y_true - y_pred| / |y_true|``, in percent."""

    def __init__(self, name="mean_absolute_percentage_error", dtype=None):
        super().__init__(mean_absolute_percentage_error, name, dtype)


class MeanSquaredLogarithmicError(NamedMean):
    """The mean of ``(log(y_true + 1) - log(y_pred + 1))**2``."""

    def __init__(self, name="mean_squared_logarithmic_error", dtype=None):
        super().__init__(mean_squared_logarithmic_error, name, dtype)


class LogCoshError(NamedMean):
    """The mean of ``log(cosh(y_pred - y_true))``."""

    def __init__(self, name="logcosh", dtype=None):
        super().__init__(log_cosh, name, dtype)


def cosine_similarity(y_true, y_pred, axis=-1):
    """The cosine of the angle along `axis`: 1 for one direction. The loss of this name is minus this."""
    return cosine(*aligned(y_true, y_pred), axis)


class CosineSimilarity(NamedMean):
    """The cosine of the angle along `axis`: 1 for one direction, -1 for opposite ones."""

    _direction = "up"
    unwritten = {"axis": -1}

    def __init__(self, name="cosine_similarity", dtype=None, axis=-1):
        super().__init__(cosine_similarity, name, dtype, axis=axis)


class RootMeanSquaredError(Mean):
    """The square root of the mean of ``(y_true - y_pred)**2`` over all batches."""

    _direction = "down"

    def __init__(self, name="root_mean_squared_error", dtype=None):
        super().__init__(name, dtype=dtype)

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take a batch into account."""
        with torch.no_grad():
            y_true = convert_to_tensor(y_true, dtype=self.dtype)
            y_pred = convert_to_tensor(y_pred, dtype=self.dtype)
            y_true, y_pred = squeeze_or_expand_to_same_rank(y_true, y_pred)
            super().update_state(torch.square(y_pred - y_true), sample_weight=sample_weight)

    def result(self):
        """The root of the mean so far."""
        return torch.sqrt(super().result())


class R2Score(Metric):
    """The share of the truth's variance that predictions explain: 1 is all, 0 no more than the mean does.

    Shapes: y_true and y_pred (batch, outputs).

    Args:
        class_aggregation: ``"uniform_average"`` and ``"variance_weighted_average"`` make the outputs' scores one
            number; None gives one for each output.
        num_regressors: independent predictors, for the adjusted score; 0 does not adjust.

    Raises:
        ArgumentError: no such aggregation, or a negative number.
    """

    _direction = "up"

    def __init__(self, class_aggregation="uniform_average", num_regressors=0, name="r2_score", dtype=None):
        super().__init__(name=name, dtype=dtype)
        known = (None, "uniform_average", "variance_weighted_average")
        if class_aggregation not in known:
            raise ArgumentError(
                "There is no such `class_aggregation`.",
                got=repr(class_aggregation),
                expected=", ".join(map(repr, known)),
            )
        if num_regressors < 0:
            raise ArgumentError("`num_regressors` is a number of predictors.", got=num_regressors, expected="0 or more")
        self.class_aggregation = class_aggregation
        self.num_regressors = num_regressors
        self.num_samples = self.add_variable((), "zeros", name="num_samples")
        self._built = False

    def _build(self, y_true_shape, y_pred_shape):
        check_rows("R2Score", y_true_shape, y_pred_shape)
        outputs = (y_pred_shape[-1],)
        self.squared_sum = self.add_variable(outputs, "zeros", name="squared_sum")
        self.sum = self.add_variable(outputs, "zeros", name="sum")
        self.total_mse = self.add_variable(outputs, "zeros", name="residual")
        self.count = self.add_variable(outputs, "zeros", name="count")
        self._built = True

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take a batch into account.

        Raises:
            ShapeError: other than two axes.
        """
        with torch.no_grad():
            y_true = convert_to_tensor(y_true, dtype=self.dtype)
            y_pred = convert_to_tensor(y_pred, dtype=self.dtype)
            y_true, y_pred = squeeze_or_expand_to_same_rank(y_true, y_pred)
            if not self._built:
                self._build(y_true.shape, y_pred.shape)
            weights = _weights(sample_weight, y_true)
            accumulate(self.sum, (y_true * weights).sum(0))
            accumulate(self.squared_sum, (y_true * y_true * weights).sum(0))
            accumulate(self.total_mse, (torch.square(y_true - y_pred) * weights).sum(0))
            accumulate(self.count, weights.sum(0))
            accumulate(self.num_samples, y_true.numel())

    def result(self):
        """The score so far."""
        total = self.squared_sum.value - self.sum.value * (self.sum.value / self.count.value)
        scores = 1 - self.total_mse.value / total
        scores = torch.where(torch.isinf(scores), 0.0, scores)
        if self.class_aggregation == "uniform_average":
            scores = scores.mean()
        elif self.class_aggregation == "variance_weighted_average":
            scores = (total * scores).sum() / total.sum()
        return self._adjusted(scores) if self.num_regressors else scores

    def _adjusted(self, score):
        spare = float(self.num_samples.value) - self.num_regressors - 1
        if spare <= 0:
            warnings.warn(
                f"An adjusted R2 score needs more samples than {self.num_regressors} predictors and one; "
                "this is the score without adjustment.",
                stacklevel=3,
            )
            return score
        return 1.0 - (1.0 - score) * (spare + self.num_regressors) / spare

    def get_config(self):
        own = {"class_aggregation": self.class_aggregation, "num_regressors": self.num_regressors}
        return {**super().get_config(), **own}


def _weights(sample_weight, y_true):
    if sample_weight is None:
        return torch.ones_like(y_true)
    weights = convert_to_tensor(sample_weight, dtype=y_true.dtype)
    return spread(weights.unsqueeze(1) if weights.ndim == 1 else weights, y_true)


def check_rows(metric: str, y_true_shape, y_pred_shape) -> None:
    """Raise unless both are (batch, outputs) with a known number of outputs.

    Raises:
        ShapeError: they are not.
    """
    for name, shape in (("y_true", y_true_shape), ("y_pred", y_pred_shape)):
        if len(shape) != 2 or shape[-1] is None:
            raise ShapeError(
                f"{metric} takes rows of outputs.",
                got=f"{name} {tuple(shape)}",
                expected="(batch, outputs), the number of outputs known",
                fix=f"ops.reshape({name}, (batch, outputs))",
            )
