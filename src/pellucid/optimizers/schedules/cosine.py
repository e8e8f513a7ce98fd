"""Schedules that go down along a cosine, once or again and again.

Below:  base.py makes floats of the first rate and the step.
Source: Loshchilov and Hutter 2017, SGDR: Stochastic Gradient Descent with Warm Restarts.
"""

from __future__ import annotations

import math

import torch

from pellucid.optimizers.schedules.base import BuiltinSchedule, floats


class CosineDecay(BuiltinSchedule):
    """From the first rate down to `alpha` times it, along half a cosine of `decay_steps`.

    Args:
        alpha: what is left at the end, as a share of the highest rate.
        warmup_target: go up in a straight line to this rate first, and down from there; None goes down at once.
        warmup_steps: how many steps it takes to get up there.

    Source: Loshchilov and Hutter 2017; warm-up: Goyal et al. 2017.
    """

    arguments = ("initial_learning_rate", "decay_steps", "alpha", "name", "warmup_target", "warmup_steps")

    def __init__(
        self,
        initial_learning_rate,
        decay_steps,
        alpha=0.0,
        name="CosineDecay",
        warmup_target=None,
        warmup_steps=0,
    ):
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.alpha = alpha
        self.name = name
        self.warmup_target = warmup_target
        self.warmup_steps = warmup_steps
        self._check_positive("decay_steps")

    def __call__(self, step):
        initial, step = floats(self.initial_learning_rate, step)
        if self.warmup_target is None:
            return initial * self._share(step)
        down = self.warmup_target * self._share(step - self.warmup_steps)
        up = initial + (self.warmup_target - initial) * (step / self.warmup_steps)
        return torch.where(step < self.warmup_steps, up, down)

    def _share(self, step):
        done = step.clamp_max(self.decay_steps) / self.decay_steps
        return (1.0 - self.alpha) * half_cosine(done) + self.alpha


class CosineDecayRestarts(BuiltinSchedule):
    """Cosine decays one after another, each of other length and height.

    Args:
        first_decay_steps: length of the first.
        t_mul: each is so many times longer than the one before.
        m_mul: each starts so many times higher than the one before.
        alpha: what is left at the end of each, as a share of the first rate.
    """

    arguments = ("initial_learning_rate", "first_decay_steps", "t_mul", "m_mul", "alpha", "name")

    def __init__(self, initial_learning_rate, first_decay_steps, t_mul=2.0, m_mul=1.0, alpha=0.0, name="SGDRDecay"):
        self.initial_learning_rate = initial_learning_rate
        self.first_decay_steps = first_decay_steps
        self.t_mul = t_mul
        self.m_mul = m_mul
        self.alpha = alpha
        self.name = name
        self._check_positive("first_decay_steps")

    def __call__(self, step):
        initial, step = floats(self.initial_learning_rate, step)
        restarts, done = self._restarts(step / self.first_decay_steps)
        share = self.m_mul**restarts * half_cosine(done)
        return initial * ((1.0 - self.alpha) * share + self.alpha)

    def _restarts(self, periods):
        """How many decays are over, and which share of the present one; `periods` counts lengths of the first."""
        if self.t_mul == 1.0:
            return periods.floor(), periods - periods.floor()
        growth = torch.full_like(periods, self.t_mul)
        # The lengths 1, t, t**2, ... add up to (1 - t**n) / (1 - t); solved for n.
        restarts = ((1.0 - periods * (1.0 - growth)).log() / growth.log()).floor()
        over = (1.0 - growth**restarts) / (1.0 - growth)
        return restarts, (periods - over) / growth**restarts


def half_cosine(done):
    """1 at the beginning, 0 when all is done."""
    return 0.5 * (1.0 + torch.cos(math.pi * done))
