"""SGD: steps down the gradient, with or without momentum."""

from __future__ import annotations

import torch

from pellucid.errors import ArgumentError
from pellucid.optimizers.arguments import common_arguments
from pellucid.optimizers.base import Optimizer


class SGD(Optimizer):
    """Gradient descent: ``w -= rate * g``; with momentum ``m = momentum * m - rate * g; w += m``.

    Args:
        learning_rate: size of a step.
        momentum: how much of the last step goes on, 0.0 to 1.0, a float.
        nesterov: take the gradient for one of the place ahead: ``w += momentum * m - rate * g``.

    Source: Sutskever et al. 2013, On the importance of initialization and momentum in deep learning.
    """

    own_arguments = ("momentum", "nesterov")

    @common_arguments
    def __init__(self, learning_rate=0.01, momentum=0.0, nesterov=False, **common):
        super().__init__(learning_rate, **common)
        if not isinstance(momentum, float) or not 0 <= momentum <= 1:
            raise ArgumentError("`momentum` is a float from 0 to 1.", got=repr(momentum), fix="SGD(momentum=0.9)")
        self.momentum = momentum
        self.nesterov = nesterov

    def _slots(self):
        if self.momentum != 0:
            yield {"momentums": "momentum"}

    def _rule(self, weights, gradients, rate, step, momentums=None):
        rate = float(rate)
        if momentums is None:
            torch._foreach_add_(weights, gradients, alpha=-rate)
            return
        torch._foreach_mul_(momentums, self.momentum)
        torch._foreach_add_(momentums, gradients, alpha=-rate)
        if self.nesterov:
            torch._foreach_add_(weights, momentums, alpha=self.momentum)
            torch._foreach_add_(weights, gradients, alpha=-rate)
        else:
            torch._foreach_add_(weights, momentums)
