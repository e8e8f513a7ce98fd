"""`vectorize`: a function of small values applied over large ones, by NumPy's signatures."""

from __future__ import annotations

import functools
import re

import torch

from pellucid.errors import ArgumentError, ArgumentTypeError, ShapeError
from pellucid.ops.promotion import tensor

_CORE = re.compile(r"\(([\w\s,]*)\)")
_SIGNATURE = re.compile(r"^\s*\([\w\s,]*\)(\s*,\s*\([\w\s,]*\))*\s*->\s*\([\w\s,]*\)(\s*,\s*\([\w\s,]*\))*\s*$")


def vectorize(pyfunc, *, excluded=None, signature=None):
    """A function that applies `pyfunc` to every element of its arguments, broadcast against each other.

    Args:
        excluded: places or names of arguments that `pyfunc` gets whole.
        signature: axes that `pyfunc` takes and gives instead of single elements, such as ``"(m,n),(n)->(m)"``.

    Raises:
        ArgumentError: `pyfunc` is no function, or the signature cannot be read.
    """
    if not callable(pyfunc):
        raise ArgumentError("`vectorize` takes a function.", got=repr(pyfunc))
    excluded = set(excluded or ())
    cores = None if signature is None else _cores(signature)

    @functools.wraps(pyfunc)
    def vectorized(*args, **kwargs):
        whole = excluded | {place for place, x in enumerate(args) if x is None}
        looped = [place for place in range(len(args)) if place not in whole]
        values = [tensor(args[place]) for place in looped]
        ranks = [len(core) for core in _checked(cores, whole, args, values)]

        def on_elements(*elements):
            full = list(args)
            for place, element in zip(looped, elements, strict=True):
                full[place] = element
            return pyfunc(*full, **kwargs)

        return _over_loops(on_elements, values, ranks)

    return vectorized


def _cores(signature) -> tuple[list, list]:
    """The core axes of each argument and of each result."""
    if not _SIGNATURE.match(signature):
        raise ArgumentError("This signature cannot be read.", got=repr(signature), expected='such as "(m,n),(n)->(m)"')
    taken, given = signature.split("->")
    return _cores_of(taken), _cores_of(given)


def _cores_of(side: str) -> list[tuple[str, ...]]:
    return [tuple(re.findall(r"\w+", core)) for core in _CORE.findall(side)]


def _checked(cores, whole, args, values) -> list[tuple[str, ...]]:
    """The core axes of each looped argument; those of one name have one size."""
    if cores is None:
        return [()] * len(values)
    if len(cores[0]) != len(args):
        raise ArgumentTypeError(
            "The signature names another number of arguments.", got=len(args), expected=len(cores[0])
        )
    inputs = [core for place, core in enumerate(cores[0]) if place not in whole]
    sizes: dict[str, int] = {}
    for core, value in zip(inputs, values, strict=True):
        if value.ndim < len(core):
            raise ShapeError("An argument has too few axes for the signature.", got=tuple(value.shape), expected=core)
        for axis, size in zip(core, value.shape[value.ndim - len(core) :], strict=True):
            if sizes.setdefault(axis, size) != size:
                raise ShapeError(f"The axis {axis!r} has two sizes.", got=size, expected=sizes[axis])
    return inputs


def _over_loops(function, values, ranks):
    """Broadcast the axes before the core ones, run over all of them at once, and give them back in front."""
    loops = torch.broadcast_shapes(*(x.shape[: x.ndim - rank] for x, rank in zip(values, ranks, strict=True)))
    if not loops:
        return function(*values)
    flat = [
        x.expand(*loops, *x.shape[x.ndim - rank :]).reshape(-1, *x.shape[x.ndim - rank :])
        for x, rank in zip(values, ranks, strict=True)
    ]
    results = torch.vmap(function)(*flat)

    def unflattened(x):
        return x.reshape(*loops, *x.shape[1:])

    return tuple(map(unflattened, results)) if isinstance(results, tuple) else unflattened(results)
