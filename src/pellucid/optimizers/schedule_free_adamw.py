"""ScheduleFreeAdamW: Adam whose averaged weights need no schedule of the learning rate."""

from __future__ import annotations

import torch

from pellucid.optimizers.adam import power
from pellucid.optimizers.arguments import common_arguments
from pellucid.optimizers.base import Optimizer


class ScheduleFreeAdamW(Optimizer):
    """Schedule-free AdamW: `z` moves, `x` is its mean, and the weights `y` lie between; the slot "momentum" is z.

        x = (y - (1 - beta_1) * z) / beta_1
        v = beta_2 * v + (1 - beta_2) * g**2
        z -= rate * g / (sqrt(v / (1 - beta_2**step)) + epsilon)
        x += (z - x) / step
        y = (1 - beta_1) * z + beta_1 * x

    Args:
        warmup_steps: the learning rate grows to its size over so many steps.

    Source: Defazio et al. 2024, The Road Less Scheduled, algorithm 1.
    """

    own_arguments = ("beta_1", "beta_2", "epsilon", "warmup_steps")

    @common_arguments
    def __init__(self, learning_rate=0.0025, beta_1=0.9, beta_2=0.999, epsilon=1e-8, warmup_steps=0, **common):
        super().__init__(learning_rate, **common)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.warmup_steps = warmup_steps

    def _slots(self):
        yield {"_momentums": "momentum", "_velocities": "velocity"}

    def build(self, var_list):
        if self.built:
            return
        super().build(var_list)
        for momentum, variable in zip(self._momentums, var_list, strict=True):
            if momentum is not None:
                momentum.assign(variable)

    def _rule(self, weights, gradients, rate, step, momentums, velocities):
        # In the precision of the weights, as in Keras: ``1 - beta_2`` shows the difference.
        beta_1, beta_2 = float(type(step)(self.beta_1)), float(type(step)(self.beta_2))
        if self.warmup_steps > 0:
            rate = rate * min(step / self.warmup_steps, 1.0)
        means = torch._foreach_sub(weights, torch._foreach_mul(momentums, 1 - beta_1))
        torch._foreach_div_(means, beta_1)

        torch._foreach_mul_(velocities, beta_2)
        torch._foreach_addcmul_(velocities, gradients, gradients, value=1 - beta_2)
        denominators = torch._foreach_div(velocities, float(1 - power(self.beta_2, step)))
        torch._foreach_sqrt_(denominators)
        torch._foreach_add_(denominators, self.epsilon)
        torch._foreach_addcdiv_(momentums, gradients, denominators, value=-float(rate))

        torch._foreach_lerp_(means, momentums, float(1 / step))
        torch._foreach_copy_(weights, torch._foreach_lerp(momentums, means, beta_1))
