"""RMSprop: steps divided by a running root mean square of the gradient."""

from __future__ import annotations

import torch

from pellucid.optimizers.arguments import common_arguments
from pellucid.optimizers.base import Optimizer


class RMSprop(Optimizer):
    """RMSprop.

        v = rho * v + (1 - rho) * g**2
        w -= rate * g / sqrt(v + epsilon)

    Args:
        momentum: above 0, steps add up: ``m = momentum * m + step; w -= m``.
        centered: divide by the variance, ``v - mean(g)**2``, instead of the mean square.

    Source: Hinton 2012, Neural Networks for Machine Learning, lecture 6e; centered: Graves 2013.
    """

    own_arguments = ("rho", "momentum", "epsilon", "centered")

    @common_arguments
    def __init__(self, learning_rate=0.001, rho=0.9, momentum=0.0, epsilon=1e-7, centered=False, **common):
        super().__init__(learning_rate, **common)
        self.rho = rho
        self.momentum = momentum
        self.epsilon = epsilon
        self.centered = centered

    def _slots(self):
        yield {"_velocities": "velocity"}
        if self.momentum > 0:
            yield {"_momentums": "momentum"}
        if self.centered:
            yield {"_average_gradients": "average_gradient"}

    def _rule(self, weights, gradients, rate, step, velocities, momentums=None, average_gradients=None):
        torch._foreach_mul_(velocities, self.rho)
        torch._foreach_addcmul_(velocities, gradients, gradients, value=1 - self.rho)
        denominators = torch._foreach_add(velocities, self.epsilon)
        if average_gradients is not None:
            torch._foreach_lerp_(average_gradients, gradients, 1 - self.rho)
            torch._foreach_addcmul_(denominators, average_gradients, average_gradients, value=-1)
        torch._foreach_sqrt_(denominators)
        if momentums is None:
            torch._foreach_addcdiv_(weights, gradients, denominators, value=-float(rate))
        else:
            torch._foreach_mul_(momentums, self.momentum)
            torch._foreach_addcdiv_(momentums, gradients, denominators, value=float(rate))
            torch._foreach_sub_(weights, momentums)
