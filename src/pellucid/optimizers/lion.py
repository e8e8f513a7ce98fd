"""Lion: steps of one size, by the sign of a momentum."""

from __future__ import annotations

import torch

from pellucid.errors import ArgumentError
from pellucid.optimizers.arguments import common_arguments
from pellucid.optimizers.base import Optimizer


class Lion(Optimizer):
    """Lion; a learning rate 3 to 10 times smaller than Adam's suits it.

        w -= rate * sign(beta_1 * m + (1 - beta_1) * g)
        m = beta_2 * m + (1 - beta_2) * g

    Source: Chen et al. 2023, Symbolic Discovery of Optimization Algorithms, algorithm 2.
    """

    own_arguments = ("beta_1", "beta_2")

    @common_arguments
    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.99, **common):
        super().__init__(learning_rate, **common)
        if not 0 < beta_1 <= 1:
            raise ArgumentError("`beta_1` is above 0 and at most 1.", got=beta_1, fix="Lion(beta_1=0.9)")
        self.beta_1 = beta_1
        self.beta_2 = beta_2

    def _slots(self):
        yield {"_momentums": "momentum"}

    def _rule(self, weights, gradients, rate, step, momentums):
        # Products added up, not `lerp`: a last digit that differs from Keras's could turn a sign.
        directions = torch._foreach_mul(momentums, self.beta_1)
        torch._foreach_add_(directions, gradients, alpha=1 - self.beta_1)
        torch._foreach_sign_(directions)
        torch._foreach_add_(weights, directions, alpha=-float(rate))
        torch._foreach_mul_(momentums, self.beta_2)
        torch._foreach_add_(momentums, gradients, alpha=1 - self.beta_2)
