"""Schedules that go down: exponential, inverse in time, polynomial, and in stairs.

Below:  base.py makes floats of the first rate and the step.
"""

from __future__ import annotations

import torch

from pellucid.errors import ArgumentError
from pellucid.graph.values import convert_to_tensor
from pellucid.optimizers.schedules.base import BuiltinSchedule, floats


class ExponentialDecay(BuiltinSchedule):
    """``initial * decay_rate ** (step / decay_steps)``; `staircase` rounds the exponent down."""

    arguments = ("initial_learning_rate", "decay_steps", "decay_rate", "staircase", "name")

    def __init__(self, initial_learning_rate, decay_steps, decay_rate, staircase=False, name="ExponentialDecay"):
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name
        self._check_positive("decay_steps")

    def __call__(self, step):
        initial, step = floats(self.initial_learning_rate, step)
        periods = step / self.decay_steps
        if self.staircase:
            periods = periods.floor()
        return initial * self.decay_rate**periods


class InverseTimeDecay(BuiltinSchedule):
    """``initial / (1 + decay_rate * step / decay_steps)``; `staircase` rounds the quotient down."""

    arguments = ("initial_learning_rate", "decay_steps", "decay_rate", "staircase", "name")

    def __init__(self, initial_learning_rate, decay_steps, decay_rate, staircase=False, name="InverseTimeDecay"):
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name
        self._check_positive("decay_steps")

    def __call__(self, step):
        initial, step = floats(self.initial_learning_rate, step)
        periods = step / self.decay_steps
        if self.staircase:
            periods = periods.floor()
        return initial / (1.0 + self.decay_rate * periods)


class PolynomialDecay(BuiltinSchedule):
    """``(initial - end) * (1 - step / decay_steps) ** power + end``, then `end`.

    Args:
        cycle: start anew after `decay_steps`, from ever lower and for ever longer, instead of staying at the end.
    """

    arguments = ("initial_learning_rate", "decay_steps", "end_learning_rate", "power", "cycle", "name")

    def __init__(
        self,
        initial_learning_rate,
        decay_steps,
        end_learning_rate=0.0001,
        power=1.0,
        cycle=False,
        name="PolynomialDecay",
    ):
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.end_learning_rate = end_learning_rate
        self.power = power
        self.cycle = cycle
        self.name = name
        self._check_positive("decay_steps")

    def __call__(self, step):
        initial, step = floats(self.initial_learning_rate, step)
        if self.cycle:
            periods = (step / self.decay_steps).ceil()
            done = step / (self.decay_steps * torch.where(step == 0, 1.0, periods))
        else:
            done = step.clamp_max(self.decay_steps) / self.decay_steps
        return (initial - self.end_learning_rate) * (1.0 - done) ** self.power + self.end_learning_rate


class PiecewiseConstantDecay(BuiltinSchedule):
    """``values[0]`` up to and with step ``boundaries[0]``, then ``values[1]``, and so on.

    Raises:
        ArgumentError: not one value more than boundaries.
    """

    arguments = ("boundaries", "values", "name")

    def __init__(self, boundaries, values, name="PiecewiseConstant"):
        if len(boundaries) != len(values) - 1:
            raise ArgumentError(
                "Between so many boundaries lie one more values.",
                got=f"{len(boundaries)} boundaries, {len(values)} values",
                expected=f"{len(boundaries) + 1} values",
            )
        self.boundaries = boundaries
        self.values = values
        self.name = name

    def __call__(self, step):
        step = convert_to_tensor(step)
        values = torch.stack([convert_to_tensor(value) for value in self.values]).to(step.device)
        if not self.boundaries:
            return values[0].expand(step.shape)
        boundaries = convert_to_tensor(list(self.boundaries)).to(step.device)
        return values[(step.unsqueeze(-1) > boundaries).sum(-1)]
