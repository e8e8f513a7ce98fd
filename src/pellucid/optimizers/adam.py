"""Adam and AdamW: steps scaled by running means of the gradient and of its square."""

from __future__ import annotations

import functools

import numpy as np
import torch

from pellucid.errors import ArgumentError
from pellucid.optimizers.arguments import common_arguments
from pellucid.optimizers.base import Optimizer


class Adam(Optimizer):
    """Adam, with Keras's place of epsilon: beside the square root before its bias is corrected.

        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g**2
        w -= rate * sqrt(1 - beta_2**step) / (1 - beta_1**step) * m / (sqrt(v) + epsilon)

    Args:
        amsgrad: divide by the largest `v` so far (Reddi et al. 2018).

    Source: Kingma and Ba 2014, Adam, section 2, the formula before section 2.1 ("epsilon hat").
    """

    own_arguments = ("beta_1", "beta_2", "epsilon", "amsgrad")

    @common_arguments
    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, amsgrad=False, **common):
        super().__init__(learning_rate, **common)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.amsgrad = amsgrad

    def _slots(self):
        yield {"_momentums": "momentum", "_velocities": "velocity"}
        if self.amsgrad:
            yield {"_velocity_hats": "velocity_hat"}

    def _rule(self, weights, gradients, rate, step, momentums, velocities, velocity_hats=()):
        betas = self.beta_1, self.beta_2
        adam_step(weights, gradients, rate, step, betas, self.epsilon, momentums, velocities, velocity_hats)


class AdamW(Adam):
    """Adam with weight decay apart from the gradient: each step also does ``w -= rate * weight_decay * w``.

    Source: Loshchilov and Hutter 2019, Decoupled Weight Decay Regularization.
    """

    @common_arguments
    def __init__(
        self,
        learning_rate=0.001,
        weight_decay=0.004,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-7,
        amsgrad=False,
        **common,
    ):
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay=weight_decay, **common)
        if weight_decay is None:
            raise ArgumentError("AdamW decays weights.", got="weight_decay=None", expected="a float", fix="Adam(...)")


def adam_step(weights, gradients, rate, step, betas, epsilon, momentums, velocities, velocity_hats=()) -> None:
    """One step of Adam in place, in one pass over memory.

    PyTorch's kernel corrects the bias before it adds epsilon, Keras after. So the correction is put into the
    rate here, and the kernel is told that infinitely many steps are done, which leaves it nothing to correct.
    """
    beta_1, beta_2 = betas
    alpha = rate * np.sqrt(1 - power(beta_2, step)) / (1 - power(beta_1, step))
    torch._fused_adam_(
        weights,
        gradients,
        momentums,
        velocities,
        list(velocity_hats),
        [_infinite_steps(weights[0].device)] * len(weights),
        lr=float(alpha),
        beta1=beta_1,
        beta2=beta_2,
        weight_decay=0.0,
        eps=epsilon,
        amsgrad=bool(velocity_hats),
        maximize=False,
    )


def power(beta: float, step):
    """``beta ** step`` in the precision of the step, in which Keras computes it: ``1 - beta**step`` shows the difference."""
    return type(step)(beta) ** step


@functools.cache
def _infinite_steps(device: torch.device) -> torch.Tensor:
    return torch.full((), torch.inf, dtype=torch.float32, device=device)
