"""Compiled: what `compile` sets up, kept in one object beside the model's layers.

Above: train.py makes it, step.py works with it.
Kept true: a model finds its weights and metrics by looking at its attributes; it does not look in here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pellucid.engine.compile_loss import CompileLoss
from pellucid.engine.compile_metrics import CompileMetrics
from pellucid.engine.guard import Guard
from pellucid.engine.passages import Plans
from pellucid.engine.timing import Timing
from pellucid.metrics import Mean, Metric


@dataclass
class Compiled:
    """The loss and metrics of a compiled model, and the arguments of `compile` as they were given."""

    given: dict
    loss: CompileLoss | None
    metrics: CompileMetrics | None
    loss_tracker: Metric = field(default_factory=lambda: Mean(name="loss"))

    def all_metrics(self) -> list[Metric]:
        """The mean of the whole loss, the user's metrics, a mean for each output's loss."""
        return [self.loss_tracker, *([self.metrics] if self.metrics else []), *(self.loss.metrics if self.loss else [])]

    def is_built(self) -> bool:
        """Whether a first batch has told what the names stand for."""
        return (self.loss is None or self.loss.built) and (self.metrics is None or self.metrics.built)

    def forget_names(self) -> None:
        """Let the next batch tell anew, after one that was wrong: "accuracy" means what its targets need."""
        for part in (self.loss, self.metrics):
            if part is not None:
                part.built = False


@dataclass
class Running:
    """Lists that cannot change within an epoch: looking for them at each step would cost more than a small step.

    While `fit` runs, there is a guard too.
    """

    guard: Guard | None = None
    layers: list | None = None
    weights: list | None = None
    metrics: list | None = None
    plans: Plans = field(default_factory=Plans)
    timing: Timing | None = None
