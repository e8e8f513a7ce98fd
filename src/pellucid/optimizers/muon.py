"""Muon: momentum of matrices, made orthogonal before the step; Adam for all other variables."""

from __future__ import annotations

import re

import torch

from pellucid.errors import ShapeError
from pellucid.graph.values import convert_to_tensor
from pellucid.optimizers.adam import adam_step
from pellucid.optimizers.arguments import common_arguments
from pellucid.optimizers.base import Optimizer


class Muon(Optimizer):
    """Muon for variables of two axes; Adam for others, for embeddings, and for `exclude_layers`.

        m = momentum * m + g
        w -= rate * scale * orthogonal(g + momentum * m)        without nesterov: orthogonal(m)

    The last dense layer of a classifier is best named in `exclude_layers`.

    Args:
        adam_beta_1, adam_beta_2, epsilon: of the variables that Adam moves.
        adam_weight_decay: weight decay of those; `weight_decay` is that of the others.
        adam_lr_ratio: their learning rate, as a multiple of `learning_rate`.
        exclude_layers: regular expressions; a path in which one is found goes to Adam.
        exclude_embeddings: whether a path with "embedding" in it goes to Adam.
        muon_a, muon_b, muon_c: coefficients of the iteration that makes a matrix orthogonal.
        ns_steps: how often it runs.
        rms_rate: the scale is this times the root of the longer side; None does not scale.

    Source: Jordan et al. 2024, Muon; scale: Liu et al. 2025, Muon is Scalable for LLM Training.
    """

    is_elementwise = False
    own_arguments = (
        "adam_beta_1",
        "adam_beta_2",
        "adam_weight_decay",
        "epsilon",
        "exclude_layers",
        "exclude_embeddings",
        "muon_a",
        "muon_b",
        "muon_c",
        "adam_lr_ratio",
        "momentum",
        "ns_steps",
        "nesterov",
        "rms_rate",
    )

    @common_arguments
    def __init__(
        self,
        learning_rate=0.001,
        adam_beta_1=0.9,
        adam_beta_2=0.999,
        adam_weight_decay=0.004,
        epsilon=1e-7,
        weight_decay=0.004,
        *,
        exclude_layers=None,
        exclude_embeddings=True,
        muon_a=3.4445,
        muon_b=-4.7750,
        muon_c=2.0315,
        adam_lr_ratio=1,
        momentum=0.95,
        ns_steps=5,
        nesterov=True,
        rms_rate=0.2,
        **common,
    ):
        super().__init__(learning_rate, weight_decay=weight_decay, **common)
        self.adam_beta_1 = adam_beta_1
        self.adam_beta_2 = adam_beta_2
        self.adam_weight_decay = adam_weight_decay
        self.epsilon = epsilon
        self.exclude_layers = exclude_layers or []
        self.exclude_embeddings = exclude_embeddings
        self.muon_a = muon_a
        self.muon_b = muon_b
        self.muon_c = muon_c
        self.adam_lr_ratio = adam_lr_ratio
        self.momentum = momentum
        self.ns_steps = ns_steps
        self.nesterov = nesterov
        self.rms_rate = rms_rate

    def _should_use_adamw(self, variable) -> bool:
        if len(variable.shape) != 2 or (self.exclude_embeddings and "embedding" in variable.path.lower()):
            return True
        return any(re.search(pattern, variable.path) for pattern in self.exclude_layers)

    def build(self, var_list):
        if self.built:
            return
        super().build(var_list)
        self.momentums, self.adam_velocities = [], []
        for variable in var_list:
            moved = not self._overwrite_variable_with_gradient(variable)
            by_adam = moved and self._should_use_adamw(variable)
            momentum = self.add_variable_from_reference(variable, "momentum") if moved else None
            velocity = self.add_variable_from_reference(variable, "velocity") if by_adam else None
            self.momentums.append(momentum)
            self.adam_velocities.append(velocity)
        self._slot_names = ["momentums", "adam_velocities"]

    @torch.no_grad()
    def _apply_weight_decay(self, variables):
        by_adam = [self._should_use_adamw(variable) for variable in variables]
        pairs = list(zip(variables, by_adam, strict=True))
        self._shrink([variable for variable, adam in pairs if adam], self.adam_weight_decay)
        self._shrink([variable for variable, adam in pairs if not adam], self.weight_decay)

    def _rule(self, weights, gradients, rate, step, momentums, adam_velocities):
        rows = list(zip(weights, gradients, momentums, adam_velocities, strict=True))
        by_adam = [row for row in rows if row[3] is not None]
        if by_adam:
            weights, gradients, means, velocities = map(list, zip(*by_adam, strict=True))
            betas, rate_of_adam = (self.adam_beta_1, self.adam_beta_2), rate * type(rate)(self.adam_lr_ratio)
            adam_step(weights, gradients, rate_of_adam, step, betas, self.epsilon, means, velocities)
        for weight, gradient, momentum, velocity in rows:
            if velocity is None:
                momentum.mul_(self.momentum).add_(gradient)
                ahead = gradient + self.momentum * momentum if self.nesterov else momentum
                weight.sub_(self.lr_adjust(float(rate) * self.zeropower_via_newtonschulz5(ahead, self.ns_steps)))

    def lr_adjust(self, x):
        """A matrix scaled so that its steps are of the size of Adam's."""
        if self.rms_rate is None:
            return x
        return x * (max(x.shape[0], x.shape[1]) ** 0.5 * self.rms_rate)

    def transpose_last_axis(self, X):
        """The last two axes swapped."""
        return convert_to_tensor(X).transpose(-2, -1)

    def zeropower_via_newtonschulz5(self, x, steps: int):
        """A matrix near the orthogonal one that is nearest to `x`: its singular values become about 1.

        Raises:
            ShapeError: fewer than two axes.
        """
        x = convert_to_tensor(x)
        if x.ndim < 2:
            raise ShapeError("Only a matrix can be made orthogonal.", got=tuple(x.shape), expected="two axes or more")
        upright = x.shape[-2] > x.shape[-1]
        x = x.mT if upright else x
        x = x / (torch.linalg.matrix_norm(x, keepdim=True) + 1e-7)
        for _ in range(steps):
            square = x @ x.mT
            x = self.muon_a * x + (self.muon_b * square + self.muon_c * square @ square) @ x
        return x.mT if upright else x
