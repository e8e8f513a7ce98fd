"""AUC: the area under a curve of two rates, drawn through many thresholds.

Below:  counting.py counts at thresholds, trade_offs.py has the rates.
Source: keras.metrics.AUC, Keras 3.15.
"""

from __future__ import annotations

import torch

from pellucid import settings
from pellucid.errors import ArgumentError, ShapeError, nearest
from pellucid.graph.values import convert_to_tensor
from pellucid.losses.weighting import divide_no_nan
from pellucid.metrics.counting import CountingMetric, Thresholds, is_even
from pellucid.metrics.trade_offs import COUNTS, Rates, even_thresholds

CURVES = ("ROC", "PR", "PRGAIN")
SUMMATIONS = ("interpolation", "majoring", "minoring")


class AUC(CountingMetric):
    """The area under the ROC curve (or precision over recall), as a sum over thresholds.

    Args:
        num_thresholds: how many, evenly from 0 to 1; more come closer to the true area.
        curve: ``"ROC"`` is recall over the false positive rate, ``"PR"`` precision over recall, ``"PRGAIN"`` their gains.
        summation_method: what holds between two thresholds: ``"interpolation"``, the higher rate (``"majoring"``) or
            the lower one (``"minoring"``).
        thresholds: these instead, in 0 to 1; 0 and 1 are added.
        multi_label: one area for each column, then their mean.
        num_labels: the number of columns, to have variables before the first batch.
        label_weights: of the columns in the mean; without `multi_label`, of each column's predictions.
        from_logits: y_pred has not been through a sigmoid.

    Raises:
        ArgumentError: an unknown curve or method, too few thresholds, or `num_labels` without `multi_label`.

    Source: Davis and Goadrich 2006 for the interpolated "PR"; Flach and Kull 2015 for "PRGAIN".
    """

    _direction = "up"

    def __init__(
        self,
        num_thresholds=200,
        curve="ROC",
        summation_method="interpolation",
        name=None,
        dtype=None,
        thresholds=None,
        multi_label=False,
        num_labels=None,
        label_weights=None,
        from_logits=False,
    ):
        super().__init__(name=name, dtype=dtype)
        self.curve = _known("curve", curve, CURVES)
        self.summation_method = _known("summation_method", summation_method, SUMMATIONS)
        if num_labels and not multi_label:
            raise ArgumentError("`num_labels` goes with `multi_label`.", got=num_labels, fix="multi_label=True")
        self._init_from_thresholds = thresholds is not None
        self._set_thresholds(num_thresholds, thresholds)
        self.multi_label = multi_label
        self.num_labels = num_labels
        self._given_label_weights = None if label_weights is None else _plain(label_weights)
        self.label_weights = None if label_weights is None else convert_to_tensor(label_weights, dtype=self.dtype)
        self._from_logits = from_logits
        self._built = False
        if num_labels or not multi_label:
            self._build((None, num_labels))

    def _set_thresholds(self, number, thresholds):
        if thresholds is None and number <= 1:
            raise ArgumentError("An area lies between thresholds.", got=number, expected="num_thresholds of 2 or more")
        inner = even_thresholds(number)[1:-1] if thresholds is None else sorted(thresholds)
        self.num_thresholds = len(inner) + 2
        # Outside 0 to 1, so that at the ends of the curve all predictions are positive, and none.
        ends = (-settings.epsilon(), 1.0 + settings.epsilon())
        even = thresholds is None or is_even([0.0, *inner, 1.0])
        self._thresholds_counted = Thresholds([ends[0], *inner, ends[1]], even=even)

    @property
    def thresholds(self) -> list[float]:
        """All thresholds, in order."""
        return list(self._thresholds_counted.values)

    def _build(self, y_pred_shape):
        if len(y_pred_shape) != 2:
            raise ShapeError(
                "With `multi_label`, predictions have one column for each label.",
                got=tuple(y_pred_shape),
                expected="(batch, labels)",
            )
        shape = (self.num_thresholds, y_pred_shape[1]) if self.multi_label else (self.num_thresholds,)
        self._add_counts(*COUNTS, shape=shape)
        self._built = True

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take a batch into account.

        Raises:
            ShapeError: shapes do not fit.
        """
        with torch.no_grad():
            y_pred = convert_to_tensor(y_pred)
            if not self._built:
                self._build(y_pred.shape)
            super().update_state(y_true, torch.sigmoid(y_pred) if self._from_logits else y_pred, sample_weight)

    def result(self):
        """The area so far."""
        if self.curve == "PR" and self.summation_method == "interpolation":
            return self.interpolate_pr_auc()
        x, y = self._curve()
        left, right = y[:-1], y[1:]
        heights = {
            "interpolation": lambda: (left + right) / 2.0,
            "minoring": lambda: torch.minimum(left, right),
            "majoring": lambda: torch.maximum(left, right),
        }[self.summation_method]()
        return self._summed((x[:-1] - x[1:]) * heights)

    def _curve(self):
        rates = Rates(self)
        if self.curve == "ROC":
            return rates.false_positive, rates.recall
        if self.curve == "PR":
            return rates.recall, rates.precision
        tp, fp, tn, fn = (getattr(self, kind).value for kind in COUNTS)
        scale = divide_no_nan(tp + fn, tn + fp)
        recall_gain = torch.where(tp == 0, 0.0, 1.0 - scale * divide_no_nan(fn, tp))
        precision_gain = torch.where(tp == 0, 1.0, 1.0 - scale * divide_no_nan(fp, tp))
        return recall_gain.clamp(min=0.0), precision_gain

    def interpolate_pr_auc(self):
        """The area under precision over recall, with true positives (not precision) linear between thresholds.

        Between two thresholds TP = intercept + slope * P, P the number of positives; precision is TP / P, and its
        integral over dTP is slope * (dTP + intercept * log(P_a / P_b)).
        """
        tp, fn = self.true_positives.value, self.false_negatives.value
        positives = tp + self.false_positives.value
        p_a, p_b = positives[:-1], positives[1:]
        steps = tp[:-1] - tp[1:]
        slope = divide_no_nan(steps, (p_a - p_b).clamp(min=0.0))
        intercept = tp[1:] - slope * p_b
        ratio = torch.where((p_a > 0) & (p_b > 0), divide_no_nan(p_a, p_b.clamp(min=0.0)), 1.0)
        areas = slope * (steps + intercept * torch.log(ratio))
        return self._summed(divide_no_nan(areas, (tp[1:] + fn[1:]).clamp(min=0.0)))

    def _summed(self, areas):
        if not self.multi_label:
            return areas.sum()
        areas = areas.sum(0)
        if self.label_weights is None:
            return areas.mean()
        weights = self.label_weights.to(areas)
        return divide_no_nan((areas * weights).sum(), weights.sum())

    def get_config(self):
        own = {
            "num_thresholds": self.num_thresholds,
            "curve": self.curve,
            "summation_method": self.summation_method,
            "multi_label": self.multi_label,
            "num_labels": self.num_labels,
            "label_weights": self._given_label_weights,
            "from_logits": self._from_logits,
        }
        if self._init_from_thresholds:
            own["thresholds"] = self.thresholds[1:-1]
        return {**super().get_config(), **own}


def _known(word, given, names):
    """The name among `names` that is meant, in upper or lower case or as an enum of Keras's."""
    given = getattr(given, "value", given)
    found = next((name for name in names if str(given).lower() == name.lower()), None)
    if found is None:
        close = nearest(str(given), names)
        raise ArgumentError(
            f"There is no such `{word}`.",
            got=repr(given),
            expected=", ".join(map(repr, names)),
            fix=f'{word}="{close[0] if close else names[0]}"',
        )
    return found


def _plain(weights) -> list[float]:
    return [float(weight) for weight in weights]
