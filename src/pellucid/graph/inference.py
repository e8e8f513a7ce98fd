"""Which shapes and dtypes a function gives, found by running it without values.

Below:  PyTorch's "meta" device computes shapes alone.
Above:  operation.py asks for every operation and layer that does not say its own output shape.
Kept true: an unknown size is tried with two different numbers; a result that changes is unknown too.
           Only where both are refused it is taken for the known size beside it, as broadcasting would have it.
"""

from __future__ import annotations

import torch
from torch.overrides import TorchFunctionMode

from pellucid import nest
from pellucid.dtypes import standardize_dtype, to_torch
from pellucid.errors import PellucidError
from pellucid.graph.scopes import StatelessScope, SymbolicScope, device
from pellucid.graph.symbol import KerasTensor

# On shapes alone, and smaller ones for functions that must run on values. They have many divisors, so that an unknown
# size can be halved, split and folded; and lie far apart, so that no stride of a real model makes them the same.
TRIAL_SIZES = ({"meta": 720, "values": 48}, {"meta": 1440, "values": 96})


def compute_output_spec(fn, *args, **kwargs):
    """What `fn` would give, as symbolic tensors in its structure; values that are none stay as they are."""
    try:
        return _inferred(fn, args, kwargs)
    except RuntimeError:
        matched = _with_sizes_beside(args, kwargs)
        if matched is None:
            raise
        return _inferred(fn, *matched)


def _inferred(fn, args, kwargs):
    with StatelessScope(), SymbolicScope(), torch.no_grad():
        first = _try(fn, args, kwargs, TRIAL_SIZES[0])
        if not any(isinstance(x, KerasTensor) and None in x.shape for x in nest.leaves((args, kwargs))):
            return nest.map_structure(_symbol, first)
        second = _try(fn, args, kwargs, TRIAL_SIZES[1])
    pairs = zip(nest.flatten(first), nest.flatten(second), strict=True)
    return nest.pack_sequence_as(first, [_symbol(a, b) for a, b in pairs])


def _with_sizes_beside(args, kwargs):
    """The arguments with unknown sizes taken from other symbols' same axes, from the last; None if there are none."""
    shapes = [x.shape for x in nest.leaves((args, kwargs)) if isinstance(x, KerasTensor)]
    found = False

    def known(axis):
        return max((shape[axis] or 1 for shape in shapes if len(shape) >= -axis), default=1)

    def fill(x):
        nonlocal found
        if not isinstance(x, KerasTensor) or None not in x.shape:
            return x
        beside = [known(axis) for axis in range(-x.ndim, 0)]
        shape = [there if size is None and there > 1 else size for size, there in zip(x.shape, beside, strict=True)]
        found = found or tuple(shape) != x.shape
        return KerasTensor(shape, x.dtype, name=x.name)

    filled = nest.map_structure(fill, (args, kwargs))
    return filled if found else None


def _try(fn, args, kwargs, sizes):
    """Run on shapes alone; a function that looks at values runs on ones instead."""
    try:
        with device("meta"), _EverythingMeta():
            return fn(*_filled(args, sizes["meta"], "meta"), **_filled(kwargs, sizes["meta"], "meta"))
    except (RuntimeError, NotImplementedError, TypeError, ValueError) as error:
        if isinstance(error, PellucidError) and not isinstance(error, RuntimeError):
            raise
        return fn(*_filled(args, sizes["values"], None), **_filled(kwargs, sizes["values"], None))


def _filled(structure, size, where):
    def fill(x):
        if not isinstance(x, KerasTensor):
            return x
        shape = [size if length is None else length for length in x.shape]
        return torch.ones(shape, dtype=to_torch(x.dtype), device=where)

    return nest.map_structure(fill, structure)


class _EverythingMeta(TorchFunctionMode):
    """Moves real tensors that a function brings along to the meta device."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if func is torch.Tensor.to or getattr(func, "__name__", "") in ("__get__", "__set__"):
            return func(*args, **kwargs)
        if _holds_real(args) or _holds_real(kwargs.values()):
            args = nest.map_structure(_meta, args)
            kwargs = nest.map_structure(_meta, kwargs)
        return func(*args, **kwargs)


def _holds_real(values) -> bool:
    return any(
        (isinstance(x, torch.Tensor) and not x.is_meta) or (isinstance(x, (list, tuple)) and _holds_real(x))
        for x in values
    )


def _meta(x):
    if isinstance(x, torch.Tensor) and not x.is_meta:
        return torch.empty_like(x, device="meta")
    return x


def _symbol(a, b=None):
    if not isinstance(a, torch.Tensor):
        return a
    shape = tuple(a.shape)
    if b is not None:
        shape = tuple(m if m == n else None for m, n in zip(a.shape, b.shape, strict=True))
    return KerasTensor(shape, standardize_dtype(a.dtype))
