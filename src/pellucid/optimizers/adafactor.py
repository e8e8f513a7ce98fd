"""Adafactor: Adam's mean squares kept as one row and one column per matrix."""

from __future__ import annotations

import torch

from pellucid.graph.variable import Variable
from pellucid.optimizers.arguments import common_arguments
from pellucid.optimizers.base import Optimizer


class Adafactor(Optimizer):
    """Adafactor; the last two axes of a variable are factored, one with fewer axes is kept whole.

        s = g**2 + epsilon_1, and beta = 1 - step**beta_2_decay
        r = beta * r + (1 - beta) * mean(s, last axis)
        c = beta * c + (1 - beta) * mean(s, last axis but one)
        v = r / mean(r) * c                          without factors: v = beta * v + (1 - beta) * s
        u = g / sqrt(v), divided by max(1, rms(u) / clip_threshold)
        w -= max(epsilon_2, rms(w)) * min(rate, 1 / sqrt(step)) * u

    Args:
        relative_step: kept for configs; Keras takes ``min(rate, 1 / sqrt(step))`` with or without it.

    Source: Shazeer and Stern 2018, Adafactor, algorithms 4 and 5.
    """

    is_elementwise = False
    own_arguments = ("beta_2_decay", "epsilon_1", "epsilon_2", "clip_threshold", "relative_step")

    @common_arguments
    def __init__(
        self,
        learning_rate=0.001,
        beta_2_decay=-0.8,
        epsilon_1=1e-30,
        epsilon_2=1e-3,
        clip_threshold=1.0,
        relative_step=True,
        **common,
    ):
        super().__init__(learning_rate, **common)
        self.beta_2_decay = beta_2_decay
        self.epsilon_1 = epsilon_1
        self.epsilon_2 = epsilon_2
        self.clip_threshold = clip_threshold
        self.relative_step = relative_step

    def build(self, var_list):
        if self.built:
            return
        super().build(var_list)
        slots = [self._slots_of(variable) for variable in var_list]
        self._r, self._c, self._v = (list(slot) for slot in zip(*slots, strict=True)) if slots else ([], [], [])
        self._slot_names = ["_r", "_c", "_v"]

    def _slots_of(self, variable):
        """Row, column and whole of one variable, in the order of Keras's files."""
        overwritten, shape = self._overwrite_variable_with_gradient(variable), tuple(variable.shape)
        if len(shape) < 2:
            r, c = self._placeholder(variable), self._placeholder(variable)
        elif overwritten:
            r = c = None
        else:
            r = self.add_variable(shape[:-1], dtype=variable.dtype, name=variable.name)
            c = self.add_variable((*shape[:-2], shape[-1]), dtype=variable.dtype, name=variable.name)
        return r, c, None if overwritten else self.add_variable_from_reference(variable, "velocity")

    def _placeholder(self, variable) -> Variable:
        """Keras's files hold a 0 in the place of a row or column that is not kept."""
        placeholder = Variable(0, name=variable.name, trainable=False)
        self._variables.append(placeholder)
        return placeholder

    def _rule(self, weights, gradients, rate, step, r, c, v):
        beta = float(1 - step ** type(step)(self.beta_2_decay))
        rho = float(min(rate, 1 / step ** type(step)(0.5)))
        for weight, gradient, rows, columns, whole in zip(weights, gradients, r, c, v, strict=True):
            squares = gradient.square() + self.epsilon_1
            if weight.ndim < 2:
                whole.lerp_(squares, 1 - beta)
            else:
                rows.lerp_(squares.mean(-1), 1 - beta)
                columns.lerp_(squares.mean(-2), 1 - beta)
                torch.mul((rows / rows.mean(-1, keepdim=True)).unsqueeze(-1), columns.unsqueeze(-2), out=whole)
            update = gradient / whole.sqrt()
            update /= (_rms(update) / self.clip_threshold).clamp_min(1.0)
            weight.sub_(update * _rms(weight).clamp_min(self.epsilon_2) * rho)


def _rms(x):
    return x.square().mean().sqrt()
