"""Losses and metrics of symbols that Keras 2 hung on a functional model: ``model.add_loss(K.mean(...))``.

Below:  engine/program.py runs what leads to them together with the outputs, so that a drawn sample counts for both.
Above:  old_arguments.py calls `accept`.
"""

from __future__ import annotations

import torch

from pellucid import layers, metrics, models, ops
from pellucid.engine.program import Program
from pellucid.graph.graph import Graph
from pellucid.graph.symbol import KerasTensor


def accept() -> None:
    """Let models take losses and metrics of symbols, and layers metrics, from now on in this process."""
    for owner, name, method in (
        (models.Functional, "add_loss", add_loss_of(models.Functional.add_loss)),
        (layers.Layer, "add_metric", add_metric),
        (layers.Layer, "_own_metrics", own_metrics_of(layers.Layer._own_metrics)),
    ):
        setattr(owner, name, method)


class Watching:
    """A program whose run also gives what some symbols hold to those who asked.

    Args:
        asked: pairs of a symbol and a function of its value.
    """

    def __init__(self, inputs, outputs, asked: list):
        self.asked = asked
        self._count = len(outputs)
        self._inner = Program(Graph(inputs, [*outputs, *(symbol for symbol, _ in asked)]))

    def run(self, inputs, call=None, **context) -> list:
        """As `Program.run`; symbols of the run are not told."""
        found = self._inner.run(inputs, call=call, **context)
        for (_, tell), value in zip(self.asked, found[self._count :], strict=True):
            if isinstance(value, torch.Tensor):
                tell(value)
        return found[: self._count]

    def __getattr__(self, name):
        return getattr(self._inner, name)


def _watch(model, symbol, tell) -> None:
    asked = [*getattr(model._program, "asked", ()), (symbol, tell)]
    model._program = Watching(model.inputs, model.outputs, asked)


def add_loss_of(own):
    """`add_loss` that takes symbols beside what `own` takes; several values are averaged."""

    def add_loss(self, loss, inputs=None):
        for one in loss if isinstance(loss, (list, tuple)) else [loss]:
            if isinstance(one, KerasTensor):
                _watch(self, one, lambda value: layers.Layer.add_loss(self, ops.mean(value)))
            else:
                own(self, one)

    return add_loss


def add_metric(self, value, name=None, aggregation="mean") -> None:
    """Have the mean of a value told with the metrics; of a symbol of a model, or inside a layer's `call`."""
    name = name or getattr(value, "name", None) or "metric"
    found = [metric for metric in self.metrics if metric.name == name]
    mean = found[0] if found else metrics.Mean(name=name)
    if not found:
        object.__setattr__(self, "_old_metrics", [*getattr(self, "_old_metrics", ()), mean])
    if isinstance(value, KerasTensor) and hasattr(self, "_program"):
        _watch(self, value, lambda real: mean.update_state(real.detach()))
    elif isinstance(value, torch.Tensor):
        mean.update_state(value.detach())


def own_metrics_of(own):
    """A layer's own metrics, and those that `add_metric` made."""

    def own_metrics(self):
        return [*own(self), *getattr(self, "_old_metrics", ())]

    return own_metrics
