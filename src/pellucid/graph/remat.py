"""Rematerialization: values inside a call are not kept for the gradient, but computed again.

Below:  torch.utils.checkpoint; inference.py says how large an output would be.
Above:  layers/quantizing.py asks for the mode in which a layer was made.
"""

from __future__ import annotations

import functools
import math

import torch
from torch.utils.checkpoint import checkpoint

from pellucid import nest
from pellucid.errors import ArgumentError
from pellucid.graph.symbol import KerasTensor

_MODES = ("full", "activations", "larger_than", "list_of_layers", None)
_open: list[RematScope] = []


class RematScope:
    """A block in which layers are made that save memory: what they compute is computed again for the gradient.

    Args:
        mode: "full" for all layers, "activations" for activation functions only, "larger_than" for layers with
            outputs above a size, "list_of_layers" for those named, None for none.
        output_size_threshold: elements, for "larger_than".
        layer_names: for "list_of_layers".

    Raises:
        ArgumentError: no such mode.

    Source: keras.RematScope, Keras 3.15.
    """

    def __init__(self, mode="full", output_size_threshold=1024, layer_names=None):
        if mode not in _MODES:
            raise ArgumentError("No such mode.", got=repr(mode), expected=", ".join(map(repr, _MODES)))
        self.mode = mode
        self.output_size_threshold = output_size_threshold
        self.layer_names = layer_names or []

    def __enter__(self):
        _open.append(self)
        return self

    def __exit__(self, *exception):
        _open.pop()

    def covers(self, layer, args, kwargs) -> bool:
        """Whether a whole call of this layer is to be computed again."""
        if self.mode == "larger_than":
            return _output_size(layer, args, kwargs) > self.output_size_threshold
        return self.mode == "full" or (self.mode == "list_of_layers" and layer.name in self.layer_names)


def current_remat_mode() -> RematScope | None:
    """The innermost open scope, if it asks for anything."""
    return _open[-1] if _open and _open[-1].mode is not None else None


def remat(f):
    """`f`, without keeping the values inside it for the gradient: they are computed again when it is asked for.

    Source: keras.remat, Keras 3.15.
    """

    @functools.wraps(f, updated=())
    def recomputing(*args, **kwargs):
        return checkpoint(f, *args, use_reentrant=False, **kwargs)

    return recomputing


def _output_size(layer, args, kwargs) -> int:
    def symbol(x):
        return KerasTensor(x.shape, dtype=x.dtype) if isinstance(x, torch.Tensor) else x

    args, kwargs = nest.map_structure(symbol, args), nest.map_structure(symbol, kwargs)
    outputs = nest.leaves(layer.compute_output_spec(*args, **kwargs))
    return sum(math.prod(size or 1 for size in x.shape) for x in outputs)
