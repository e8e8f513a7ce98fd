"""Adadelta: steps in the units of the weights, from running means of squared gradients and squared steps."""

from __future__ import annotations

import torch

from pellucid.optimizers.arguments import common_arguments
from pellucid.optimizers.base import Optimizer


class Adadelta(Optimizer):
    """Adadelta, with a learning rate that the paper takes as 1.

        a = rho * a + (1 - rho) * g**2
        delta = g * sqrt(d + epsilon) / sqrt(a + epsilon)
        d = rho * d + (1 - rho) * delta**2
        w -= rate * delta

    Source: Zeiler 2012, ADADELTA: An Adaptive Learning Rate Method, algorithm 1.
    """

    own_arguments = ("rho", "epsilon")

    @common_arguments
    def __init__(self, learning_rate=0.001, rho=0.95, epsilon=1e-7, **common):
        super().__init__(learning_rate, **common)
        self.rho = rho
        self.epsilon = epsilon

    def _slots(self):
        yield {"_accumulated_grads": "accumulated_grad", "_accumulated_delta_vars": "accumulated_delta_var"}

    def _rule(self, weights, gradients, rate, step, accumulated_grads, accumulated_delta_vars):
        torch._foreach_mul_(accumulated_grads, self.rho)
        torch._foreach_addcmul_(accumulated_grads, gradients, gradients, value=1 - self.rho)
        deltas = self._root(accumulated_delta_vars)
        torch._foreach_mul_(deltas, gradients)
        torch._foreach_div_(deltas, self._root(accumulated_grads))
        torch._foreach_mul_(accumulated_delta_vars, self.rho)
        torch._foreach_addcmul_(accumulated_delta_vars, deltas, deltas, value=1 - self.rho)
        torch._foreach_add_(weights, deltas, alpha=-float(rate))

    def _root(self, means):
        roots = torch._foreach_add(means, self.epsilon)
        torch._foreach_sqrt_(roots)
        return roots
