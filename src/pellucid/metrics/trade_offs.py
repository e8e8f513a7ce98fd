"""The best of one rate, at the thresholds where another one is good enough.

Below: counting.py counts at thresholds.
Source: keras.metrics, Keras 3.15.
"""

from __future__ import annotations

import torch

from pellucid.errors import ArgumentError
from pellucid.losses.weighting import divide_no_nan
from pellucid.metrics.counting import CountingMetric, Thresholds

COUNTS = ("true_positives", "false_positives", "true_negatives", "false_negatives")
_MOST_THRESHOLDS = 1_000_000  # a file may ask for any number


def even_thresholds(number: int) -> list[float]:
    """0, 1/(number - 1) ... 1; one threshold is 0.5.

    Raises:
        ArgumentError: more than anybody needs.
    """
    if number > _MOST_THRESHOLDS:
        raise ArgumentError("So many thresholds are not kept.", got=number, expected=f"at most {_MOST_THRESHOLDS}")
    return [0.5] if number == 1 else [i / (number - 1) for i in range(number)]


class Rates:
    """The four rates of counts at thresholds; 0 where nothing was counted."""

    def __init__(self, counts):
        tp, fp, tn, fn = (getattr(counts, kind).value for kind in COUNTS)
        self.recall = self.sensitivity = divide_no_nan(tp, tp + fn)
        self.precision = divide_no_nan(tp, tp + fp)
        self.specificity = divide_no_nan(tn, tn + fp)
        self.false_positive = divide_no_nan(fp, fp + tn)


class _TradeOff(CountingMetric):
    """The highest value of rate `best`, over the thresholds where rate `given` is at least `value`.

    Args:
        value: the least of the given rate, 0 to 1.
        num_thresholds: how many to try, evenly from 0 to 1.
        class_id: count this class only.

    Raises:
        ArgumentError: `value` is not in 0 to 1, or no thresholds.
    """

    _direction = "up"
    best: str
    given: str

    def __init__(self, value, num_thresholds=200, class_id=None, name: str | None = None, dtype=None):
        if not 0 <= value <= 1:
            raise ArgumentError(f"`{self.given}` is a rate.", got=value, expected="0 to 1", fix=f"{self.given}=0.5")
        if num_thresholds <= 0:
            raise ArgumentError("`num_thresholds` is how many to try.", got=num_thresholds, expected="1 or more")
        super().__init__(name=name, dtype=dtype)
        self.value = value
        setattr(self, self.given, value)
        self.num_thresholds = num_thresholds
        self.class_id = class_id
        self.thresholds = even_thresholds(num_thresholds)
        self._thresholds_counted = Thresholds(self.thresholds, even=num_thresholds > 1)
        self._add_counts(*COUNTS)

    def result(self):
        """The best rate so far; 0 where no threshold is good enough."""
        rates = Rates(self)
        enough = getattr(rates, self.given) >= self.value
        return torch.where(enough, getattr(rates, self.best), 0.0).max()

    def get_config(self):
        own = {"num_thresholds": self.num_thresholds, self.given: self.value, "class_id": self.class_id}
        return {**super().get_config(), **own}


class SensitivityAtSpecificity(_TradeOff):
    """The highest sensitivity, at thresholds where specificity is at least this."""

    best, given = "sensitivity", "specificity"

    def __init__(self, specificity, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__(specificity, num_thresholds, class_id, name, dtype)


class SpecificityAtSensitivity(_TradeOff):
    """The highest specificity, at thresholds where sensitivity is at least this."""

    best, given = "specificity", "sensitivity"

    def __init__(self, sensitivity, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)


class PrecisionAtRecall(_TradeOff):
    """The highest precision, at thresholds where recall is at least this."""

    best, given = "precision", "recall"

    def __init__(self, recall, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__(recall, num_thresholds, class_id, name, dtype)


class RecallAtPrecision(_TradeOff):
    """The highest recall, at thresholds where precision is at least this."""

    best, given = "recall", "precision"

    def __init__(self, precision, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__(precision, num_thresholds, class_id, name, dtype)
