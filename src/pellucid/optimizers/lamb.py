"""Lamb: Adam's step, scaled per variable to the size of its weights, for large batches."""

from __future__ import annotations

import torch

from pellucid.optimizers.adam import power
from pellucid.optimizers.arguments import common_arguments
from pellucid.optimizers.base import Optimizer


class Lamb(Optimizer):
    """LAMB.

        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g**2
        u = m / (1 - beta_1**step) / (sqrt(v / (1 - beta_2**step)) + epsilon)
        w -= rate * norm(w) / norm(u) * u        the ratio is 1 where a norm is 0

    Source: You et al. 2020, Large Batch Optimization for Deep Learning, algorithm 2.
    """

    is_elementwise = False
    own_arguments = ("beta_1", "beta_2", "epsilon")

    @common_arguments
    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, **common):
        super().__init__(learning_rate, **common)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def _slots(self):
        yield {"_momentums": "momentum", "_velocities": "velocity"}

    def _rule(self, weights, gradients, rate, step, momentums, velocities):
        torch._foreach_lerp_(momentums, gradients, 1 - self.beta_1)
        torch._foreach_mul_(velocities, self.beta_2)
        torch._foreach_addcmul_(velocities, gradients, gradients, value=1 - self.beta_2)
        denominators = torch._foreach_div(velocities, float(1 - power(self.beta_2, step)))
        torch._foreach_sqrt_(denominators)
        torch._foreach_add_(denominators, self.epsilon)
        updates = torch._foreach_div(momentums, float(1 - power(self.beta_1, step)))
        torch._foreach_div_(updates, denominators)
        torch._foreach_mul_(updates, _ratios(weights, updates))
        torch._foreach_add_(weights, updates, alpha=-float(rate))


def _ratios(weights, updates) -> list:
    """Norm of each weight over norm of its update."""
    of_weights, of_updates = torch.stack(torch._foreach_norm(weights)), torch.stack(torch._foreach_norm(updates))
    ratios = torch.where((of_weights > 0) & (of_updates > 0), of_weights / of_updates, 1.0)
    return list(ratios.unbind())
