"""True and false positives and negatives, counted at many thresholds at once.

Above:  confusion.py, trade_offs.py and auc.py keep these counts and divide them.
Kept true: a prediction is positive where it lies above a threshold, not on it; labels are true where not 0.
           Each prediction is sorted into the span between two thresholds once, so the work does not grow with
           their number.
Source: keras.metrics, Keras 3.15.
"""

from __future__ import annotations

import torch

from pellucid import settings
from pellucid.errors import ArgumentError, ShapeError
from pellucid.graph.values import convert_to_tensor
from pellucid.losses.weighting import spread, squeeze_or_expand_to_same_rank
from pellucid.metrics.base import Metric, accumulate

NEVER = -1e10  # lower than any threshold


class Thresholds:
    """Numbers above which a prediction is positive.

    Args:
        values: the thresholds, in any order.
        even: whether they are 0, 1/n, 2/n ... 1, up to epsilon; None finds out.
    """

    def __init__(self, values, even: bool | None = None):
        self.values = [float(value) for value in values]
        self.even = is_even(self.values) if even is None else even
        self.below_zero = self.values[0] < 0.0
        self._on_device: dict[torch.device, tuple[torch.Tensor, torch.Tensor]] = {}

    def __len__(self):
        return len(self.values)

    def passed(self, y_pred: torch.Tensor) -> torch.Tensor:
        """How many thresholds lie below each prediction, those on it not counted. For sorted thresholds."""
        last = len(self) - 1
        if len(self) == 1:
            return (y_pred > self.values[0]).long()
        if not self.even:
            return torch.bucketize(y_pred.contiguous(), self._sorted(y_pred)[0])
        passed = torch.ceil(y_pred.clamp(0.0, 1.0) * last).long()
        # A nan becomes some whole number; it must still be one that exists.
        return passed.clamp(1 if self.below_zero else 0, last)

    def in_given_order(self, counts: torch.Tensor) -> torch.Tensor:
        """Counts at sorted thresholds, in the order in which these were given."""
        return counts if self.even or len(self) == 1 else counts[self._sorted(counts)[1]]

    def _sorted(self, like: torch.Tensor):
        if like.device not in self._on_device:
            values, order = torch.tensor(self.values, device=like.device, dtype=torch.float64).sort()
            self._on_device[like.device] = values, order.argsort()
        values, order = self._on_device[like.device]
        return values.to(like.dtype), order


def is_even(thresholds) -> bool:
    """Whether these are 0, 1/n, 2/n ... 1, with n 2 or more."""
    last = len(thresholds) - 1
    steps = [i / last for i in range(len(thresholds))] if last > 1 else []
    # The tolerance of numpy.allclose.
    near = (abs(t - step) <= settings.epsilon() + 1e-5 * step for t, step in zip(thresholds, steps, strict=False))
    return bool(steps) and all(near)


def parse_thresholds(thresholds, default: float = 0.5) -> list:
    """One threshold or several as a list; `default` for None.

    Raises:
        ArgumentError: one of them is not in 0 to 1.
    """
    if thresholds is None:
        return [default]
    given = list(thresholds) if isinstance(thresholds, (list, tuple)) else [thresholds]
    wrong = [t for t in given if t is None or not 0 <= t <= 1]
    if wrong:
        raise ArgumentError(
            "A threshold is a probability.", got=wrong, expected="numbers in 0 to 1", fix="thresholds=0.5"
        )
    return given


class Counts:
    """True and false positives at each threshold, and what they leave of the true and the false labels.

    Args:
        trues, falses: the weight of each true and each false label.
    """

    def __init__(self, true_positives, false_positives, trues, falses):
        self.true_positives, self.false_positives = true_positives, false_positives
        self._trues, self._falses = trues, falses

    @property
    def false_negatives(self):
        """True labels whose predictions are not above the threshold."""
        return self._trues.sum(0) - self.true_positives

    @property
    def true_negatives(self):
        """False labels whose predictions are not above the threshold."""
        return self._falses.sum(0) - self.false_positives


def count(y_true, y_pred, thresholds: Thresholds, weights=None, by_label: bool = False) -> Counts:
    """Counts at each threshold.

    Shapes:
        y_true, y_pred, weights  one shape; with `by_label` (batch, labels)
        each count               (thresholds,), with `by_label` (thresholds, labels)
    """
    truth = y_true.bool()
    if not by_label:
        truth, y_pred = truth.flatten(), y_pred.flatten()
        weights = None if weights is None else weights.flatten()
    if weights is None and len(thresholds) == 1:
        return _at_one(truth, y_pred > thresholds.values[0])
    weights = torch.ones_like(y_pred) if weights is None else weights
    trues, falses = torch.where(truth, weights, 0), torch.where(truth, 0, weights)
    passed = thresholds.passed(y_pred)
    return Counts(_above(passed, trues, thresholds), _above(passed, falses, thresholds), trues, falses)


def _at_one(truth, above) -> Counts:
    right = (truth & above).sum(0, keepdim=True)
    return Counts(right, above.sum(0, keepdim=True) - right, truth, ~truth)


def _above(passed, weights, thresholds):
    """The weight that lies above each threshold: what passed one more, two more ... all."""
    spans = torch.zeros((len(thresholds) + 1, *weights.shape[1:]), dtype=weights.dtype, device=weights.device)
    spans = spans.scatter_add(0, passed, weights)
    return thresholds.in_given_order(spans.flip(0).cumsum(0).flip(0)[1:])


class CountingMetric(Metric):
    """The parent of metrics that count at thresholds, and of those that divide such counts."""

    top_k = class_id = None
    multi_label = False
    label_weights = None
    _thresholds_counted: Thresholds

    def _count(self, **variables) -> None:
        """Note which variable keeps which count."""
        self._counted = variables

    def _add_counts(self, *kinds, shape=None) -> None:
        """A variable for each of these kinds of counts, of the kind's name."""
        shape = (len(self._thresholds_counted),) if shape is None else shape
        for kind in kinds:
            setattr(self, kind, self.add_variable(shape, "zeros", name=kind))
        self._count(**{kind: getattr(self, kind) for kind in kinds})

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take a batch into account.

        Raises:
            ShapeError: shapes do not fit.
        """
        with torch.no_grad():
            dtype = next(iter(self._counted.values())).torch_dtype
            y_true, y_pred = convert_to_tensor(y_true, dtype=dtype), convert_to_tensor(y_pred, dtype=dtype)
            y_pred, y_true = squeeze_or_expand_to_same_rank(y_pred, y_true)
            y_true, y_pred, weights = self._chosen(y_true, y_pred, _per_row(sample_weight, y_true))
            weights = _weights(weights, None if self.multi_label else self.label_weights, y_true, y_pred)
            counts = count(y_true, y_pred, self._thresholds_counted, weights, by_label=self.multi_label)
            for kind, variable in self._counted.items():
                accumulate(variable, getattr(counts, kind))

    def _chosen(self, y_true, y_pred, weights):
        """Labels and predictions of the top k classes, or of one class, where only these count."""
        if self.top_k is not None:
            y_pred = _only_top_k(y_pred, self.top_k)
        if self.class_id is not None:
            if y_pred.ndim == 1 or not -y_pred.shape[-1] <= self.class_id < y_pred.shape[-1]:
                raise ShapeError(
                    f"There is no class {self.class_id} in these predictions.",
                    got=tuple(y_pred.shape),
                    expected=f"(batch, classes), with more than {self.class_id} classes",
                )
            y_true, y_pred = y_true[..., self.class_id, None], y_pred[..., self.class_id, None]
        return y_true, y_pred, weights


def _only_top_k(y_pred, k):
    top = y_pred.topk(min(k, y_pred.shape[-1]))
    return torch.full_like(y_pred, NEVER).scatter(-1, top.indices, top.values)


def _per_row(sample_weight, y_true):
    if sample_weight is None:
        return None
    weights = convert_to_tensor(sample_weight, dtype=y_true.dtype).unsqueeze(-1)
    return squeeze_or_expand_to_same_rank(y_true, weights, expand_rank_1=False)[1]


def _weights(sample_weight, label_weights, y_true, y_pred):
    """One weight for each prediction, or None if all are 1."""
    if y_true.shape != y_pred.shape:
        raise ShapeError(
            "Labels and predictions do not have the same places.",
            got=f"y_true {tuple(y_true.shape)}, y_pred {tuple(y_pred.shape)}",
            expected="equal shapes",
            fix="for class numbers: ops.one_hot(y_true, num_classes)",
        )
    found = None
    for weights in (sample_weight, label_weights):
        if weights is not None:
            weights = spread(weights, y_pred)
            found = weights if found is None else found * weights
    return found
