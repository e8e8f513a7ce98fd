"""Adagrad: steps that shrink as squared gradients add up."""

from __future__ import annotations

import torch

from pellucid.optimizers.arguments import common_arguments
from pellucid.optimizers.base import Optimizer
from pellucid.optimizers.state import filled


class Adagrad(Optimizer):
    """Adagrad: ``a += g**2; w -= rate * g / sqrt(a + epsilon)``.

    Args:
        initial_accumulator_value: `a` before the first step.

    Source: Duchi, Hazan and Singer 2011, Adaptive Subgradient Methods.
    """

    own_arguments = ("initial_accumulator_value", "epsilon")

    @common_arguments
    def __init__(self, learning_rate=0.001, initial_accumulator_value=0.1, epsilon=1e-7, **common):
        super().__init__(learning_rate, **common)
        self.initial_accumulator_value = initial_accumulator_value
        self.epsilon = epsilon

    def _slots(self):
        yield {"_accumulators": ("accumulator", filled(self.initial_accumulator_value))}

    def _rule(self, weights, gradients, rate, step, accumulators):
        torch._foreach_addcmul_(accumulators, gradients, gradients)
        denominators = torch._foreach_add(accumulators, self.epsilon)
        torch._foreach_sqrt_(denominators)
        torch._foreach_addcdiv_(weights, gradients, denominators, value=-float(rate))
