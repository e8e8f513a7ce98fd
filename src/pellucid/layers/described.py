"""Described: a layer whose config is the arguments it was made with. The parent of most layers.

Below:  base.py.
Above:  core.py, convolution.py, normalization.py and the other families.
Kept true: an argument is named once, in `__init__`; `keep` resolves it, `get_config` writes it back.
"""

from __future__ import annotations

from pellucid import activations, constraints, initializers, quantizers, regularizers
from pellucid.layers.base import Layer

# How an argument becomes what the layer uses, and plain data again, by the ending of its name.
_KINDS = {
    "_initializer": initializers,
    "_regularizer": regularizers,
    "_constraint": constraints,
    "activation": activations,
    "quantization_config": quantizers,
}
# Not arguments of the layer itself: Python's own, and what Layer keeps.
_NOT_KEPT = frozenset({"self", "kwargs", "__class__", "activity_regularizer"})


class Described(Layer):
    """A layer whose config is the arguments it was made with."""

    def keep(self, arguments: dict) -> None:
        """Take over the arguments of `__init__` (its ``locals()``) as attributes; strings become what they name."""
        names = [name for name in arguments if name not in _NOT_KEPT]
        self._kept = (*self.__dict__.get("_kept", ()), *names)
        for name in names:
            kind = _kind(name)
            setattr(self, name, arguments[name] if kind is None else kind.get(arguments[name]))

    def __setattr__(self, name, value):
        # None, set in place of an activation, is how programs take it away.
        super().__setattr__(name, activations.linear if name == "activation" and value is None else value)

    def get_config(self) -> dict:
        config = super().get_config()
        for name in self._kept:
            kind = _kind(name)
            value = getattr(self, name)
            config[name] = value if kind is None else kind.serialize(value)
        return config


def _kind(name: str):
    return next((module for ending, module in _KINDS.items() if name.endswith(ending)), None)
