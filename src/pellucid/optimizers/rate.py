"""The learning rate of an optimizer: a number that may be set, a schedule, or a callable.

Below:  state.py owns the variable, mirror.py its number; schedules/ give rates by step.
Above:  rule.py and base.py ask for the rate of a step.
"""

from __future__ import annotations

import torch

from pellucid.errors import ArgumentError, ArgumentTypeError
from pellucid.graph.scopes import device
from pellucid.graph.variable import Variable
from pellucid.optimizers.mirror import Mirror
from pellucid.optimizers.schedules.base import LearningRateSchedule
from pellucid.optimizers.state import OptimizerState
from pellucid.settings import floatx


class RatedState(OptimizerState):
    """Variables, and the size of a step; the parent of `Rule` only."""

    gradient_accumulation_steps: int | None

    def _begin_learning_rate(self, learning_rate):
        if callable(learning_rate):
            self._learning_rate = learning_rate
        elif isinstance(learning_rate, float):
            self._learning_rate = self._own_scalar(learning_rate, "learning_rate", floatx())
            self._rate_mirror = Mirror(self._learning_rate)
        else:
            raise ArgumentError(
                "A learning rate is a float, a schedule, or a callable.",
                got=repr(learning_rate),
                expected="such as 0.001, or schedules.CosineDecay(0.001, 1000)",
            )

    @property
    def learning_rate(self):
        """The learning rate now: the variable, or what the schedule or callable says. It may be set."""
        rate = self._learning_rate
        if isinstance(rate, LearningRateSchedule):
            return rate(self._iterations)
        return rate() if callable(rate) else rate

    @learning_rate.setter
    def learning_rate(self, learning_rate):
        before = self._learning_rate
        if callable(learning_rate):
            self._learning_rate = learning_rate
            self._variables[:] = [one for one in self._variables if one is not before]
        elif isinstance(before, Variable):
            before.assign(learning_rate)
        else:
            raise ArgumentTypeError(
                "This optimizer's learning rate follows a schedule or a callable, so no number can be set.",
                got=learning_rate,
                expected="another schedule, or a callable",
                fix=f"{type(self).__name__}(learning_rate={learning_rate})",
            )

    def _rate(self) -> float:
        """The learning rate of this step as a number."""
        rate = self._learning_rate
        if isinstance(rate, Variable):
            return self._rate_mirror.read()
        if not isinstance(rate, LearningRateSchedule):
            return float(rate())
        with device("cpu"):  # a schedule is a few numbers: on a GPU the step would wait for each
            return float(rate(torch.tensor(self._iteration.read(), dtype=torch.int32)))

    @property
    def iterations(self):
        """How many times the weights have been moved."""
        if self.gradient_accumulation_steps:
            return self._iterations.value // self.gradient_accumulation_steps
        return self._iterations

    def _updates(self) -> int:
        return int(self._iteration.read()) // (self.gradient_accumulation_steps or 1)
