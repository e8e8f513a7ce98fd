"""Penalties: what a layer adds to the loss, and calls that change nothing.

Below:  graph/scopes.py keeps weights apart while a layer runs without state.
Above:  base.py; engine/step.py adds `losses` to what is minimised.
"""

from __future__ import annotations

import weakref

import torch

from pellucid import nest
from pellucid.errors import ArgumentError, OrderError
from pellucid.graph.scopes import StatelessScope, here

# Layers that hold penalties now. Most models have none, and need not be searched for them at each call.
_with_losses: weakref.WeakSet = weakref.WeakSet()


class Penalized:
    """Something that may add penalties to the loss while it is called."""

    def add_loss(self, loss) -> None:
        """Add a penalty to what training minimises; for use inside `call`.

        Raises:
            ArgumentError: something that is no tensor.
        """
        for x in nest.leaves(loss):
            if not isinstance(x, torch.Tensor):
                raise ArgumentError(
                    f"`add_loss` of layer '{self.name}' takes tensors.", got=repr(x), expected="a scalar tensor"
                )
            if here.stateless is not None:
                if here.stateless.collect_losses:
                    here.stateless.add_loss(x)
            else:
                self._losses.append(x)
                _with_losses.add(self)

    @property
    def losses(self) -> list:
        """The penalties of the last call, its sub-layers' and its weights' included."""
        if here.stateless is not None:
            found = list(here.stateless.losses)
        else:
            found = [loss for layer in self._flatten_layers() for loss in layer._losses] if _with_losses else []
        return found + [v.regularizer(v) for v in self.trainable_weights if v.regularizer is not None]

    def _clear_losses(self):
        if _with_losses:
            for layer in self._flatten_layers():
                layer._losses.clear()
                _with_losses.discard(layer)

    def stateless_call(self, trainable_variables, non_trainable_variables, *args, return_losses=False, **kwargs):
        """Call with given values for all weights, and change nothing.

        Returns:
            ``(outputs, non_trainable_values)``, and the losses as a third where `return_losses`.

        Raises:
            OrderError: not built yet.
            ArgumentError: another number of values than it has variables.
        """
        if not self.built:
            raise OrderError(f"Layer '{self.name}' has no weights yet.", fix=f"{self.name}.build(input_shape)")
        groups = {"trainable_variables": trainable_variables, "non_trainable_variables": non_trainable_variables}
        mapping = []
        for word, values in groups.items():
            variables = getattr(self, word)
            if len(values) != len(variables):
                raise ArgumentError(f"`{word}` has the wrong length.", got=len(values), expected=len(variables))
            mapping += zip(variables, values, strict=True)
        with StatelessScope(mapping, collect_losses=return_losses) as scope:
            outputs = self._detour(*args, **kwargs) if self._has_detour else self.call(*args, **kwargs)
            losses = self.losses if return_losses else []
        # A value that was not updated is handed back as it came.
        after = [scope.get_current_value(v) for v in self.non_trainable_variables]
        return (outputs, after, losses) if return_losses else (outputs, after)
