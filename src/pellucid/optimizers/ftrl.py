"""Ftrl: follow the regularized leader, for wide and sparse models."""

from __future__ import annotations

import torch

from pellucid.errors import ArgumentError
from pellucid.optimizers.arguments import common_arguments
from pellucid.optimizers.base import Optimizer
from pellucid.optimizers.state import filled


class Ftrl(Optimizer):
    """FTRL-Proximal; `p` is minus `learning_rate_power`, so 1/2 takes square roots.

        a_new = a + g**2
        z += g + 2 * l2_shrinkage * w - (a_new**p - a**p) / rate * w
        w = (clip(z, -l1, l1) - z) / (a_new**p / rate + 2 * l2 + beta / rate)

    Args:
        learning_rate_power: 0 or below.
        initial_accumulator_value: `a` before the first step.
        l1_regularization_strength: pulls weights to exactly 0.
        l2_regularization_strength: pulls all weights towards 0.
        l2_shrinkage_regularization_strength: as a penalty on the loss does, only where the gradient is.
        beta: the paper's beta.

    Source: McMahan et al. 2013, Ad Click Prediction: a View from the Trenches, algorithm 1.
    """

    own_arguments = (
        "learning_rate_power",
        "initial_accumulator_value",
        "l1_regularization_strength",
        "l2_regularization_strength",
        "l2_shrinkage_regularization_strength",
        "beta",
    )

    @common_arguments
    def __init__(
        self,
        learning_rate=0.001,
        learning_rate_power=-0.5,
        initial_accumulator_value=0.1,
        l1_regularization_strength=0.0,
        l2_regularization_strength=0.0,
        l2_shrinkage_regularization_strength=0.0,
        beta=0.0,
        **common,
    ):
        super().__init__(learning_rate, **common)
        self.learning_rate_power = learning_rate_power
        self.initial_accumulator_value = initial_accumulator_value
        self.l1_regularization_strength = l1_regularization_strength
        self.l2_regularization_strength = l2_regularization_strength
        self.l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength
        self.beta = beta
        self._check_signs()

    def _check_signs(self):
        if self.learning_rate_power > 0:
            raise ArgumentError("`learning_rate_power` is 0 or below.", got=self.learning_rate_power, fix="-0.5")
        for name in self.own_arguments[1:5]:
            if getattr(self, name) < 0:
                raise ArgumentError(f"`{name}` is 0 or above.", got=getattr(self, name))

    def _slots(self):
        yield {"_accumulators": ("accumulator", filled(self.initial_accumulator_value)), "_linears": "linear"}

    def _rule(self, weights, gradients, rate, step, accumulators, linears):
        rate = float(rate)
        if rate == 0:
            return  # a schedule may end there; the formula would divide by it
        before = torch._foreach_pow(accumulators, -self.learning_rate_power)
        torch._foreach_addcmul_(accumulators, gradients, gradients)
        after = torch._foreach_pow(accumulators, -self.learning_rate_power)

        torch._foreach_add_(linears, gradients)
        torch._foreach_add_(linears, weights, alpha=2 * self.l2_shrinkage_regularization_strength)
        torch._foreach_addcmul_(linears, torch._foreach_sub(after, before), weights, value=-1 / rate)

        torch._foreach_div_(after, rate)
        torch._foreach_add_(after, 2 * self.l2_regularization_strength + self.beta / rate)
        clipped = torch._foreach_clamp_max(linears, self.l1_regularization_strength)
        torch._foreach_clamp_min_(clipped, -self.l1_regularization_strength)
        torch._foreach_sub_(clipped, linears)
        torch._foreach_copy_(weights, torch._foreach_div(clipped, after))
