"""Adamax: Adam with the largest gradient in place of the mean square."""

from __future__ import annotations

import torch

from pellucid.optimizers.adam import power
from pellucid.optimizers.arguments import common_arguments
from pellucid.optimizers.base import Optimizer


class Adamax(Optimizer):
    """Adamax.

        m = beta_1 * m + (1 - beta_1) * g
        u = max(beta_2 * u, abs(g))
        w -= rate / (1 - beta_1**step) * m / (u + epsilon)

    Source: Kingma and Ba 2014, Adam, section 7.1.
    """

    own_arguments = ("beta_1", "beta_2", "epsilon")

    @common_arguments
    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, **common):
        super().__init__(learning_rate, **common)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def _slots(self):
        yield {"_m": "momentum", "_u": "norm"}

    def _rule(self, weights, gradients, rate, step, m, u):
        torch._foreach_lerp_(m, gradients, 1 - self.beta_1)
        torch._foreach_mul_(u, self.beta_2)
        torch._foreach_maximum_(u, torch._foreach_abs(gradients))
        alpha = rate / (1 - power(self.beta_1, step))
        torch._foreach_addcdiv_(weights, m, torch._foreach_add(u, self.epsilon), value=-float(alpha))
