"""True and false positives and negatives, precision and recall.

Below:  counting.py counts at thresholds.
Beside: trade_offs.py and auc.py look at many thresholds.
Source: keras.metrics, Keras 3.15.
"""

from __future__ import annotations

import torch

from pellucid.losses.weighting import divide_no_nan
from pellucid.metrics.counting import NEVER, CountingMetric, Thresholds, parse_thresholds


class _ConditionCount(CountingMetric):
    """One of the four counts.

    Args:
        thresholds: above which a prediction is positive: a number or a list in 0 to 1; None is 0.5.

    Raises:
        ArgumentError: a threshold is not in 0 to 1.
    """

    kind: str

    def __init__(self, thresholds=None, name: str | None = None, dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.init_thresholds = thresholds
        self.thresholds = parse_thresholds(thresholds)
        self._thresholds_counted = Thresholds(self.thresholds)
        self.accumulator = self.add_variable((len(self.thresholds),), "zeros", name="accumulator")
        self._count(**{self.kind: self.accumulator})

    def result(self):
        """The count so far: a number for one threshold, else one for each."""
        return _single(self.accumulator.value.clone())

    def get_config(self):
        return {**super().get_config(), "thresholds": self.init_thresholds}


def _single(x: torch.Tensor) -> torch.Tensor:
    return x[0] if len(x) == 1 else x


class FalsePositives(_ConditionCount):
    """How many (or how much weight) of the false labels are predicted to be true."""

    kind = "false_positives"


class FalseNegatives(_ConditionCount):
    """How many (or how much weight) of the true labels are predicted to be false."""

    kind = "false_negatives"


class TrueNegatives(_ConditionCount):
    """How many (or how much weight) of the false labels are predicted to be false."""

    kind = "true_negatives"


class TruePositives(_ConditionCount):
    """How many (or how much weight) of the true labels are predicted to be true."""

    kind = "true_positives"


class _Share(CountingMetric):
    """True positives divided by themselves and one kind of mistakes.

    Args:
        thresholds: above which a prediction is positive: a number or a list in 0 to 1; None is 0.5, or with
            `top_k` none at all.
        top_k: the k highest classes of each row are positive, whatever their values.
        class_id: count this class only.

    Raises:
        ArgumentError: a threshold is not in 0 to 1.
    """

    _direction = "up"
    mistakes: str

    def __init__(self, thresholds=None, top_k=None, class_id=None, name: str | None = None, dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.init_thresholds = thresholds
        self.top_k = top_k
        self.class_id = class_id
        self.thresholds = parse_thresholds(thresholds, default=0.5 if top_k is None else NEVER)
        self._thresholds_counted = Thresholds(self.thresholds)
        self._add_counts("true_positives", self.mistakes)

    def result(self):
        """The share so far: a number for one threshold, else one for each; 0 where nothing was counted."""
        right = self.true_positives.value
        return _single(divide_no_nan(right, right + self._counted[self.mistakes].value))

    def get_config(self):
        own = {"thresholds": self.init_thresholds, "top_k": self.top_k, "class_id": self.class_id}
        return {**super().get_config(), **own}


class Precision(_Share):
    """How many of those predicted to be true are true."""

    mistakes = "false_positives"


class Recall(_Share):
    """How many of the true are predicted to be true."""

    mistakes = "false_negatives"
