"""Replaying: a layer's call made a second time, for the gradient, as if nothing had happened since the first.

Below:  graph/scopes.py puts old values in the place of those that the first call changed.
Above:  quantizing.py, for layers made in a RematScope.
Kept true: the second call draws the same random numbers, sees the same `training`, computes in the same dtype, and
           moves no statistics; Keras's does not keep this up.
"""

from __future__ import annotations

from pellucid.graph.scopes import AutocastScope, StatelessScope, here
from pellucid.layers.calls import CallContext, current


class Replay:
    """A call of a layer; the first one is as ever, and all later ones repeat it."""

    def __init__(self, layer, call):
        self.layer, self.call = layer, call
        self.is_first = True
        self.values = {} if current.context is None else dict(current.context.values)
        self.dtype = None if here.autocast is None else here.autocast.dtype
        with AutocastScope(None):
            self.state = [(v, v.value.detach().clone()) for v in layer.variables if _may_move(v)]

    def __call__(self, *args, **kwargs):
        if self.is_first:
            self.is_first = False
            return self.call(*args, **kwargs)
        outer, current.context = current.context, CallContext(self.layer)
        current.context.values = dict(self.values)
        try:
            with AutocastScope(self.dtype), StatelessScope(self.state):
                return self.call(*args, **kwargs)
        finally:
            current.context = outer


def _may_move(variable) -> bool:
    """Whether a call may change it: a seed or a statistic, and no weight."""
    return not variable.made_trainable and (getattr(variable, "is_seed", False) or "float" in variable.dtype)
