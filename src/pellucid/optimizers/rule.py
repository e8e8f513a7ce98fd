"""The rule of an optimizer: how gradients move weights, all of one device and dtype at once.

Below:  rate.py gives the size of a step, workspace.py the tensors to change.
Above:  base.py prepares gradients; each optimizer gives `_slots` and `_rule`, or a user's own `update_step`.
Kept true: gradients belong to the caller and stay as they are.
"""

from __future__ import annotations

import re

import numpy as np
import torch

from pellucid.errors import UnsupportedError
from pellucid.optimizers.gradients import as_gradient
from pellucid.optimizers.rate import RatedState
from pellucid.optimizers.workspace import Workspace


class Rule(RatedState):
    """Weight decay and the move; the parent of `Optimizer` only."""

    is_elementwise = True  # whether the rule looks at each element by itself, so that it works on parts of weights too
    weight_decay: float | None
    _slot_names: list[str]  # attributes that `_rule` gets tensors of

    def _slots(self):
        """Groups ``{attribute: name}`` or ``{attribute: (name, initializer)}``; a group's variables are made in turns."""
        return ()

    def exclude_from_weight_decay(self, var_list=None, var_names=None) -> None:
        """Leave variables out of weight decay; the last call holds.

        Args:
            var_list: the variables.
            var_names: regular expressions; a name in which one is found is left out.
        """
        self._undecayed = list(var_list or ())
        self._undecayed_names = re.compile("|".join(var_names)) if var_names else None
        self._decays: dict[int, bool] = {}

    def _use_weight_decay(self, variable) -> bool:
        decays = self._decays.get(id(variable))
        if decays is None:
            named = self._undecayed_names is not None and self._undecayed_names.search(variable.name)
            decays = not named and not any(variable is one for one in self._undecayed)
            self._decays[id(variable)] = decays
        return decays

    @torch.no_grad()
    def _apply_weight_decay(self, variables):
        self._shrink(variables, self.weight_decay)

    def _shrink(self, variables, weight_decay: float | None):
        """``variable -= variable * weight_decay * learning_rate``, where it is not excluded."""
        if weight_decay is None or not (variables := [one for one in variables if self._use_weight_decay(one)]):
            return
        with Workspace() as workspace:
            torch._foreach_mul_(workspace.tensors(variables), 1.0 - weight_decay * self._rate())

    def _move_all(self, grads, variables):
        """One step of all variables, by the rule or by a user's own `update_step`."""
        if type(self).update_step is Rule.update_step:
            self._move(grads, variables, self._rate())
            return
        rate = self.learning_rate
        for gradient, variable in zip(grads, variables, strict=True):
            self.update_step(_whole(gradient, variable), variable, rate)

    @torch.no_grad()
    def update_step(self, gradient, variable, learning_rate) -> None:
        """Move one variable; what a user's own optimizer overrides."""
        self._move([as_gradient(gradient, variable)], [variable], float(learning_rate))

    def _move(self, grads, variables, rate: float):
        """Run the rule on each group of variables of one device and dtype."""
        groups: dict[tuple, list] = {}
        for gradient, variable in zip(grads, variables, strict=True):
            groups.setdefault((gradient.device, gradient.dtype), []).append((gradient, variable))
        for (_, dtype), pairs in groups.items():
            number = np.float64 if dtype == torch.float64 else np.float32
            indices = [self._get_variable_index(variable) for _, variable in pairs]
            with Workspace(takes_wholes=not self.is_elementwise) as workspace:
                slots = {
                    name.lstrip("_"): workspace.tensors(getattr(self, name)[index] for index in indices)
                    for name in self._slot_names
                }
                weights = workspace.tensors(variable for _, variable in pairs)
                gradients = [
                    (gradient if self.is_elementwise else _whole(gradient, variable)).contiguous()
                    for gradient, variable in pairs
                ]
                self._rule(weights, gradients, number(rate), number(self._updates() + 1), **slots)

    def _rule(self, weights: list, gradients: list, rate, step, **slots):
        """Change weights and slots in place.

        Args:
            weights, gradients: tensors of one device and dtype; gradients belong to the caller.
            rate: the learning rate, a NumPy number: float32, or float64 for float64 weights.
            step: 1 at the first step, of the same kind.
            slots: tensors in the order of the weights, by the name of their attribute.
        """
        raise UnsupportedError(
            f"{type(self).__name__} does not say how to move a variable.",
            fix="def update_step(self, gradient, variable, learning_rate): ...",
        )


def _whole(gradient, variable):
    """The gradient of the whole variable, where a process has that of its part."""
    sharding = getattr(variable, "sharding", None)
    return gradient if sharding is None else sharding.gathered(gradient)
