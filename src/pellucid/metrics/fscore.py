"""F-scores: precision and recall in one number.

Below: base.py keeps the counts.
Source: keras.metrics, Keras 3.15.
"""

from __future__ import annotations

import torch

from pellucid import settings
from pellucid.errors import ArgumentError
from pellucid.graph.values import convert_to_tensor
from pellucid.metrics.base import Metric, accumulate
from pellucid.metrics.regression import check_rows

AVERAGES = (None, "micro", "macro", "weighted")


class FBetaScore(Metric):
    """``(1 + beta**2) * precision * recall / (beta**2 * precision + recall)``.

    Shapes: y_true and y_pred (batch, classes).

    Args:
        average: ``"macro"`` is the mean over classes, ``"weighted"`` the mean weighted by how often a class occurs,
            ``"micro"`` counts all classes together; None gives one score for each class.
        beta: how much more recall counts than precision.
        threshold: predictions above it are positive; None takes the highest class of each row.

    Raises:
        ArgumentError: no such average, `beta` no float above 0, `threshold` no float above 0 and up to 1.
    """

    _direction = "up"

    def __init__(self, average=None, beta=1.0, threshold=None, name="fbeta_score", dtype=None):
        super().__init__(name=name, dtype=dtype)
        if average not in AVERAGES:
            raise ArgumentError(
                "There is no such `average`.", got=repr(average), expected=", ".join(map(repr, AVERAGES))
            )
        if not isinstance(beta, float) or beta <= 0.0:
            raise ArgumentError("`beta` is a float above 0.", got=repr(beta), fix="beta=1.0")
        if threshold is not None and (not isinstance(threshold, float) or not 0.0 < threshold <= 1.0):
            raise ArgumentError(
                "`threshold` is a float above 0 and up to 1, or None.", got=repr(threshold), fix="threshold=0.5"
            )
        self.average = average
        self.beta = beta
        self.threshold = threshold
        self.axis = None if average == "micro" else 0
        self._built = False

    def _build(self, y_true_shape, y_pred_shape):
        check_rows(type(self).__name__, y_true_shape, y_pred_shape)
        shape = () if self.average == "micro" else (y_pred_shape[-1],)
        for name in ("true_positives", "false_positives", "false_negatives", "intermediate_weights"):
            setattr(self, name, self.add_variable(shape, "zeros", dtype=self.dtype, name=name))
        self._built = True

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take a batch into account.

        Args:
            sample_weight: one weight per sample.

        Raises:
            ShapeError: other than two axes.
        """
        with torch.no_grad():
            y_true = convert_to_tensor(y_true, dtype=self.dtype)
            y_pred = convert_to_tensor(y_pred, dtype=self.dtype)
            if not self._built:
                self._build(y_true.shape, y_pred.shape)
            positive = self._positive(y_pred).to(self._torch_dtype)
            weights = 1.0
            if sample_weight is not None:
                weights = convert_to_tensor(sample_weight, dtype=self.dtype).unsqueeze(1)
            accumulate(self.true_positives, self._sum(positive * y_true * weights))
            accumulate(self.false_positives, self._sum(positive * (1 - y_true) * weights))
            accumulate(self.false_negatives, self._sum((1 - positive) * y_true * weights))
            accumulate(self.intermediate_weights, self._sum(y_true * weights))

    def _positive(self, y_pred):
        if self.threshold is not None:
            return y_pred > self.threshold
        # A row of zeros has no highest class.
        return (y_pred >= y_pred.amax(-1, keepdim=True)) & (y_pred.abs() > 1e-9)

    def _sum(self, x):
        return x.sum() if self.axis is None else x.sum(self.axis)

    def result(self):
        """The score so far."""
        tiny = settings.epsilon()
        right = self.true_positives.value
        precision = right / (right + self.false_positives.value + tiny)
        recall = right / (right + self.false_negatives.value + tiny)
        score = precision * recall / (self.beta**2 * precision + recall + tiny) * (1 + self.beta**2)
        if self.average == "weighted":
            weights = self.intermediate_weights.value
            return (score * (weights / (weights.sum() + tiny))).sum()
        return score if self.average is None else score.mean()

    def get_config(self):
        own = {"average": self.average, "beta": self.beta, "threshold": self.threshold}
        return {**super().get_config(), **own}


class F1Score(FBetaScore):
    """The harmonic mean of precision and recall. See `FBetaScore` for the arguments."""

    def __init__(self, average=None, threshold=None, name="f1_score", dtype=None):
        super().__init__(average=average, beta=1.0, threshold=threshold, name=name, dtype=dtype)

    def get_config(self):
        return {key: value for key, value in super().get_config().items() if key != "beta"}
