"""Where two networks part: the first layer that differs, the first element of it, and the likely cause.

Below:  facing.py brings both into one layout.
Above:  proving.py asks once they are known to differ.
"""

from __future__ import annotations

import re

import numpy as np
import torch

from pellucid.convert.facing import Facing
from pellucid.convert.ledger import Arranged
from pellucid.convert.proof import Difference
from pellucid.convert.sides import OurModel, Side, TorchModule

_CLOSE = 1e-5
# Arguments that change what a layer computes, and that conversions get wrong.
_ARGUMENTS = (
    "epsilon padding strides dilation_rate groups negative_slope activation pool_size recurrent_activation reset_after "
    "interpolation"
).split()


def parted(first: Side, second: Side, facing: Facing, xs, given: tuple[Side, Side]) -> Difference | None:
    """The first difference between two runs; None where all layers and outputs agree."""
    mine, theirs = first.values(xs), _by_identifier(second.values(facing.inputs(xs)))
    for name, value in mine.items():
        other = theirs.get(_identifier(name))
        if other is None:
            continue
        way = _way(facing.ways.get(name), value, other)
        if way is None:
            continue
        lying = _moved(other, way.inverse())
        if not _alike(value, lying) and not _alike(value, _activated(given, name, lying)):
            return _difference(name, value, lying, way, _cause(name, value, lying, given))
    pairs = zip(first.run(xs), facing.outputs(second.run(facing.inputs(xs))), strict=True)
    for at, (value, other) in enumerate(pairs):
        if value.shape != other.shape:
            return Difference("", (), (), (float("nan"),) * 2, value.size, value.size, f"output {at} has shape "
                              f"{value.shape} in the first, {other.shape} in the second")  # fmt: skip
        if not _alike(value, other):
            way = facing.ways_out[at] if facing.ways_out else Arranged(tuple(range(value.ndim - 1)))
            return _difference(
                "", value, other, way, _cause_of_values(value, other) or "a layer that cannot be looked into"
            )
    return None


def _activated(given: tuple[Side, Side], name: str, value) -> np.ndarray:
    """A value behind the layer's activation, which in PyTorch is a module of its own."""
    activation = getattr(_layer(given[0], name), "activation", None)
    return (
        value
        if activation is None or isinstance(given[1], OurModel)
        else activation(torch.from_numpy(np.ascontiguousarray(value))).numpy()
    )


def _identifier(name: str) -> str:
    return re.sub(r"\W", "_", name)


def _by_identifier(values: dict) -> dict:
    """Values by the names of layers; a module inside others is known by its last name too."""
    found = {_identifier(name): value for name, value in values.items()}
    return {**{_identifier(name.split(".")[-1]): value for name, value in values.items()}, **found}


def _way(way: Arranged | None, value, other) -> Arranged | None:
    """How the second value lies, if both can be compared at all."""
    if value.ndim != other.ndim or value.size != other.size:
        return None
    if way is None or len(way.dims) != value.ndim - 1:
        way = Arranged(tuple(range(value.ndim - 1)))
    return way if tuple(value.shape[1 + axis] for axis in way.dims) == other.shape[1:] else None


def _moved(x, way: Arranged) -> np.ndarray:
    return way.apply(torch.from_numpy(np.ascontiguousarray(x))).numpy()


def _alike(x, y) -> bool:
    if x.shape != y.shape:
        return False
    x, y = x.astype("float64"), y.astype("float64")
    finite = np.abs(x[np.isfinite(x)])
    return bool(np.allclose(x, y, rtol=0, atol=_CLOSE * (1 + (finite.max() if finite.size else 0)), equal_nan=True))


def _difference(name, value, other, way: Arranged, cause: str) -> Difference:
    scale = _CLOSE * (1 + np.nanmax(np.abs(value)))
    wrong = ~(np.abs(value.astype("float64") - other.astype("float64")) <= scale)
    place = tuple(int(at) for at in np.argwhere(wrong)[0])
    inside = [place[1 + axis] for axis in range(len(place) - 1)]
    for axis, order in way.orders.items():
        inside[axis] = order.index(inside[axis])
    there = (place[0], *(inside[axis] for axis in way.dims))
    return Difference(
        name, place, there, (float(value[place]), float(other[place])), int(wrong.sum()), value.size, cause
    )


def _cause(name: str, value, other, given: tuple[Side, Side]) -> str:
    mine, theirs = (_layer(one, name) for one in given)
    found = _cause_of_arguments(mine, theirs) or _cause_of_weights(mine, theirs, given)
    return found or _cause_of_values(value, other) or "the layer computes something else"


def _layer(one: Side, name: str):
    if isinstance(one, OurModel):
        return next((layer for layer in one.thing._flatten_layers() if layer.name == name), None)
    if isinstance(one, TorchModule):
        modules = dict(one.thing.named_modules())
        known = {key.split(".")[-1]: module for key, module in modules.items()}
        return modules.get(_identifier(name), known.get(_identifier(name)))
    return None


def _cause_of_arguments(mine, theirs) -> str | None:
    if isinstance(theirs, torch.nn.Module):
        first, second = getattr(mine, "epsilon", None), getattr(theirs, "eps", None)
        differ = None not in (first, second) and first != second
        return f"epsilon: {first} in the first, {second} in the second" if differ else None
    for word in _ARGUMENTS:
        first, second = (_plain(getattr(one, word, None)) for one in (mine, theirs))
        if None not in (first, second) and first != second:
            return f"{word}: {first} in the first, {second} in the second"
    return None


def _plain(value):
    return getattr(value, "__name__", value) if not isinstance(value, (list, tuple)) else tuple(value)


def _cause_of_weights(mine, theirs, given) -> str | None:
    if not isinstance(given[1], OurModel) or mine is None or theirs is None:
        return _cause_of_state(mine, theirs)
    moves = {move.to: move for one in given if one.ledger is not None for move in one.ledger.moves}
    for a, b in zip(mine.weights, theirs.weights, strict=False):
        x, y = a.value.detach().cpu(), b.value.detach().cpu()
        move = moves.get(b.path)
        wanted = x if move is None or move.weight != a.path else move.apply(x)
        if wanted.shape == y.shape and torch.equal(wanted, y):
            continue
        if x.shape == y.shape and torch.equal(x.flatten().sort().values, y.flatten().sort().values):
            if torch.equal(x, y):
                return f"{b.path} was not moved: its rows lie in the order that the first network's values have"
            return f"{b.path} holds the same numbers in another order: rows permuted"
        return f"{b.path} holds other numbers than {a.path}"
    return None


def _cause_of_state(mine, theirs) -> str | None:
    if mine is None or not isinstance(theirs, torch.nn.Module):
        return None
    ours = torch.cat([w.value.detach().cpu().flatten() for w in mine.weights] or [torch.zeros(0)]).sort().values
    state = [w.cpu().flatten() for w in theirs.state_dict().values() if w.is_floating_point()]
    other = torch.cat(state or [torch.zeros(0)]).sort().values
    if ours.numel() and ours.shape == other.shape:
        same = torch.equal(ours, other.to(ours.dtype))
        return (
            f"the weights of '{mine.name}' lie in another order: rows, columns or gates permuted"
            if same
            else (f"the weights of '{mine.name}' are other numbers")
        )
    return None


def _cause_of_values(value, other) -> str | None:
    if value.shape != other.shape:
        return None
    if np.allclose(np.sort(value.ravel()), np.sort(other.ravel()), atol=1e-6):
        return "the same numbers in another order: axes permuted"
    wrong = ~np.isclose(value, other, rtol=1e-5, atol=1e-6)
    if value.ndim >= 3 and _only_at_borders(wrong):
        return "only the borders differ: padding on the wrong side, or counted in an average"
    apart = np.abs(value - other)[np.isfinite(value - other)]
    if apart.size and apart.max() < 2e-3 * (1 + np.nanmax(np.abs(value))):
        return "close everywhere: another epsilon, or another kind of the activation"
    return None


def _only_at_borders(wrong: np.ndarray) -> bool:
    """Whether all that differs lies at the first or last index of some spatial axis."""
    border = np.zeros(wrong.shape, bool)
    for axis in range(1, wrong.ndim - 1):
        for at in (0, -1):
            index: list = [slice(None)] * wrong.ndim
            index[axis] = at
            border[tuple(index)] = True
    return bool(wrong.any()) and not bool((wrong & ~border).any()) and not bool(border.all())
