"""MonitorCallback: a callback that watches one number, and knows which way is better."""

from __future__ import annotations

import warnings

from pellucid import ops
from pellucid.engine.callbacks.base import Callback
from pellucid.errors import ArgumentError


class MonitorCallback(Callback):
    """Watches a number of the logs.

    Args:
        monitor: its name, such as ``val_loss``.
        mode: "min" or "max"; "auto" asks the metric which way is better.
        baseline: the value to begin with.
        min_delta: a smaller change is none.
    """

    def __init__(self, monitor="val_loss", mode="auto", baseline=None, min_delta=0):
        super().__init__()
        if mode not in ("auto", "min", "max"):
            warnings.warn(f'{type(self).__name__} takes mode="auto", "min" or "max", not {mode!r}; "auto" is used.')
            mode = "auto"
        self.monitor = monitor
        self.mode = mode
        self.best = baseline
        self.min_delta = abs(min_delta)
        self.monitor_op = None

    def _set_monitor_op(self):
        """Find out which way is better; possible once the model's metrics are made, after the first step."""
        self.monitor_op = {"min": ops.less, "max": ops.greater}.get(self.mode) or self._direction_of_metric()
        if self.monitor_op is ops.less:
            self.min_delta *= -1

    def _direction_of_metric(self):
        name = self.monitor.removeprefix("val_")
        for metric in _every_metric(getattr(self.model, "metrics", ())):
            direction = getattr(metric, "_direction", None)
            if metric.name == name and direction:
                return ops.greater if direction == "up" else ops.less
        if name == "loss":
            return ops.less
        raise ArgumentError(
            f"{type(self).__name__} cannot tell whether {self.monitor!r} should grow or fall.",
            got=f'monitor={self.monitor!r}, mode="auto"',
            expected='mode="max" or mode="min"',
            fix=f'{type(self).__name__}(monitor={self.monitor!r}, mode="max")',
        )

    def _is_improvement(self, value, reference) -> bool:
        if reference is None:
            return True
        return bool(self.monitor_op(value - self.min_delta, reference))


def _every_metric(metrics):
    """Metrics, and those that hold others (what `compile` makes of its lists) as their parts."""
    for metric in metrics:
        parts = getattr(metric, "metrics", None)
        if parts is None:
            yield metric
        else:
            yield from _every_metric(parts)
