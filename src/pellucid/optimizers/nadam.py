"""Nadam: Adam that looks ahead by Nesterov's momentum."""

from __future__ import annotations

import numpy as np
import torch

from pellucid.graph.variable import Variable
from pellucid.optimizers.adam import power
from pellucid.optimizers.arguments import common_arguments
from pellucid.optimizers.base import Optimizer
from pellucid.optimizers.mirror import Mirror
from pellucid.settings import floatx


class Nadam(Optimizer):
    """Nadam, with the paper's schedule of momentum; `u_product` is the product of all `u` so far.

        u = beta_1 * (1 - 0.96**step / 2), and u_next the same for step + 1
        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g**2
        m_hat = u_next * m / (1 - u_product * u_next) + (1 - u) * g / (1 - u_product)
        w -= rate * m_hat / (sqrt(v / (1 - beta_2**step)) + epsilon)

    Source: Dozat 2016, Incorporating Nesterov Momentum into Adam.
    """

    own_arguments = ("beta_1", "beta_2", "epsilon")

    @common_arguments
    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, **common):
        super().__init__(learning_rate, **common)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def _slots(self):
        yield {"_momentums": "momentum", "_velocities": "velocity"}

    def build(self, var_list):
        if self.built:
            return
        super().build(var_list)
        self._u_product = Variable(1.0, dtype=var_list[0].dtype if var_list else floatx(), trainable=False)
        self._product = Mirror(self._u_product)

    def _u(self, step):
        return type(step)(self.beta_1) * (1 - power(0.96, step) / 2)

    def _move_all(self, grads, variables):
        number = np.float64 if self._u_product.dtype == "float64" else np.float32
        self._product.write(float(number(self._product.read()) * self._u(number(self._updates() + 1))))
        super()._move_all(grads, variables)

    def _rule(self, weights, gradients, rate, step, momentums, velocities):
        u, u_next = self._u(step), self._u(step + 1)
        u_product = type(step)(self._product.read())
        torch._foreach_lerp_(momentums, gradients, 1 - self.beta_1)
        torch._foreach_mul_(velocities, self.beta_2)
        torch._foreach_addcmul_(velocities, gradients, gradients, value=1 - self.beta_2)
        m_hat = torch._foreach_mul(momentums, float(u_next / (1 - u_product * u_next)))
        torch._foreach_add_(m_hat, gradients, alpha=float((1 - u) / (1 - u_product)))
        denominators = torch._foreach_div(velocities, float(1 - power(self.beta_2, step)))
        torch._foreach_sqrt_(denominators)
        torch._foreach_add_(denominators, self.epsilon)
        torch._foreach_addcdiv_(weights, m_hat, denominators, value=-float(rate))
