"""Mean and Sum of values, and the parent of all metrics that are the mean of a function.

Below:  base.py keeps the totals; losses/weighting.py has the rules for masks and weights.
Above:  accuracy.py, regression.py and others give functions; engine/ keeps the loss of an epoch in a Mean.
Source: keras.metrics, Keras 3.15.
"""

from __future__ import annotations

import torch

from pellucid.graph.objects import deserialize_keras_object, serialize_keras_object
from pellucid.graph.values import convert_to_tensor
from pellucid.losses.base import operation_ending_in
from pellucid.losses.names import OBJECTS as LOSSES
from pellucid.losses.weighting import apply_mask, divide_no_nan, spread, squeeze_or_expand_to_same_rank
from pellucid.metrics.base import Metric, accumulate

metric_function = operation_ending_in("metric")


class Sum(Metric):
    """The sum of all values, times their weights if given."""

    def __init__(self, name="sum", dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_variable((), "zeros", dtype=self.dtype, name="total")

    def update_state(self, values, sample_weight=None):
        """Add values.

        Args:
            sample_weight: a number, or an array that broadcasts to the first axes of `values`.
        """
        with torch.no_grad():
            values, _ = samplewise(values, sample_weight, torch.sum, self._torch_dtype)
            accumulate(self.total, values.sum())

    def result(self):
        """The sum so far."""
        return self.total.value.clone()


class Mean(Metric):
    """The mean of all values: of one number per sample, the mean of its places."""

    def __init__(self, name="mean", dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_variable((), "zeros", dtype=self.dtype, name="total")
        self.count = self.add_variable((), "zeros", dtype=self.dtype, name="count")

    def update_state(self, values, sample_weight=None):
        """Add values.

        Args:
            sample_weight: a number, or an array that broadcasts to the first axes of `values`.
        """
        with torch.no_grad():
            if sample_weight is None:
                values = _plain(values, self._torch_dtype)
                samples = len(values) if values.ndim else 1
                # The sum over samples of the mean over a sample's places, in one pass.
                accumulate(self.total, values.sum(), times=_share(samples, values.numel()))
                accumulate(self.count, samples)
            elif isinstance(sample_weight, (int, float)) and not hasattr(values, "_keras_mask"):
                accumulate(self.total, _plain(values, self._torch_dtype).mean(), times=sample_weight)
                accumulate(self.count, sample_weight)
            else:
                values, sample_weight = samplewise(values, sample_weight, torch.mean, self._torch_dtype)
                accumulate(self.total, values.sum())
                accumulate(self.count, sample_weight.sum())

    def result(self):
        """The mean so far; 0 before the first value."""
        return divide_no_nan(self.total.value, self.count.value)


def _share(samples, places):
    return 1 if places == samples else samples / places if places else 0


def _plain(values, dtype):
    values = convert_to_tensor(values)
    return values if values.dtype == dtype else values.to(dtype)


def samplewise(values, sample_weight, reduce, dtype):
    """One weighted value and one weight per sample.

    Args:
        reduce: torch.sum or torch.mean; makes the places behind those that have weights one.

    Raises:
        ShapeError: the weights do not fit the values.
    """
    mask = getattr(values, "_keras_mask", None)
    values = _plain(values, dtype)
    if sample_weight is not None:
        if mask is not None:
            sample_weight = apply_mask(sample_weight, mask, dtype, "sum")
        values, weights = squeeze_or_expand_to_same_rank(values, convert_to_tensor(sample_weight, dtype=dtype))
        if values.ndim > weights.ndim:
            values = reduce(values, dim=tuple(range(weights.ndim, values.ndim)))
        sample_weight = spread(weights, values)
        values = values * sample_weight
        if weights.ndim > 1:
            sample_weight = reduce(sample_weight, dim=tuple(range(1, weights.ndim)))
    if values.ndim > 1:
        values = reduce(values, dim=tuple(range(1, values.ndim)))
    return values, sample_weight


class MeanMetricWrapper(Mean):
    """The mean of what ``fn(y_true, y_pred, **kwargs)`` gives per sample or place.

    Args:
        fn: a function, or a loss.
        kwargs: further arguments of `fn`.
    """

    def __init__(self, fn, name: str | None = None, dtype=None, **kwargs):
        super().__init__(name=name, dtype=dtype)
        self._fn = fn
        self._fn_kwargs = kwargs
        if fn in LOSSES.values() or type(fn) in LOSSES.values():
            self._direction = "down"  # which way is better, for callbacks that watch a metric

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take a batch into account; places that y_pred's mask leaves out do not count."""
        with torch.no_grad():
            mask = getattr(y_pred, "_keras_mask", None)
            values = self._fn(y_true, y_pred, **self._fn_kwargs)
            if mask is not None:
                sample_weight = apply_mask(sample_weight, mask, self._torch_dtype, "sum")
            super().update_state(values, sample_weight=sample_weight)

    def get_config(self):
        return {
            **super().get_config(),
            "fn": serialize_keras_object(self._fn),
            **serialize_keras_object(self._fn_kwargs),
        }

    @classmethod
    def from_config(cls, config):
        return cls(**(deserialize_keras_object(config) if "fn" in config else config))


class NamedMean(MeanMetricWrapper):
    """The parent of Keras's own means: its class stands for the function, so the config need not name it."""

    # Arguments that Keras leaves out of its configs, with their defaults: written where they differ, so that
    # a metric that was saved is the metric that is loaded.
    unwritten: dict = {}

    def __init__(self, fn, name, dtype, **kwargs):
        super().__init__(fn, name=name, dtype=dtype, **kwargs)
        vars(self).update(kwargs)

    def get_config(self):
        own = {key: value for key, value in self._fn_kwargs.items() if self.unwritten.get(key, _UNSET) != value}
        return {**Metric.get_config(self), **own}


_UNSET = object()
