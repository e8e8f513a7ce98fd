"""Rearranging a value in the new network, where no weight can take the move: reshapes and transposes by layers.

Below:  arrangement.py has the states.
Above:  planning.py counts the transposes, rebuilding.py makes the layers.
Kept true: a Reshape moves nothing in memory, so only a Permute counts as a transpose.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

from pellucid.convert.arrangement import Axis, State, divided, known_product
from pellucid.layers import Permute, Reshape
from pellucid.layers.base import Layer


@dataclass(frozen=True)
class Step:
    """One layer of a rearrangement: a Reshape to `sizes`, or a Permute of `dims` counted from 0; one of both."""

    sizes: tuple | None = None
    dims: tuple[int, ...] | None = None

    @property
    def is_transpose(self) -> bool:
        return self.dims is not None

    def layer(self, name: str) -> Layer:
        """The layer that does it."""
        if self.dims is not None:
            return Permute(tuple(axis + 1 for axis in self.dims), name=name)
        return Reshape(tuple(-1 if size is None else size for size in self.sizes or ()), name=name)


def steps(now: State, wanted: State, has: tuple | None = None) -> list[Step] | None:
    """The layers from one state of a value to another; None where there are none.

    Args:
        has: the sizes that the value has now, where axes of size 1 are still missing; as `now` says if None.
    """
    aligned = _aligned(now, wanted)
    if aligned is None:
        return None
    now, wanted = aligned
    shape = now.shape if has is None else has
    if now.sequence() == wanted.sequence():
        return _reshape(shape, wanted.shape)
    if now.axes == wanted.axes and shape == now.shape:
        return [Step(dims=tuple(now.dims.index(axis) for axis in wanted.dims))]
    factors = [factor for axis in now.axes for factor in axis.factors]
    runs = _runs(now.sequence(), wanted.sequence())
    sizes = tuple(known_product(factors[at].size for at in run) for run in runs)
    places = {run[0]: at for at, run in enumerate(runs)}
    order = tuple(places[at] for at in wanted.sequence() if at in places)
    first = _reshape(shape, sizes)
    last = _reshape(tuple(sizes[at] for at in order), wanted.shape)
    return None if first is None or last is None else [*first, Step(dims=order), *last]


def _reshape(before: tuple, after: tuple) -> list[Step] | None:
    if before == after:
        return []
    return None if after.count(None) > 1 else [Step(sizes=after)]


def _runs(before: list[int], after: list[int]) -> list[list[int]]:
    """Factors that travel together, in the order in which they lie now."""
    follows = dict(itertools.pairwise(after))
    runs: list[list[int]] = []
    for at in before:
        if runs and follows.get(runs[-1][-1]) == at:
            runs[-1].append(at)
        else:
            runs.append([at])
    return runs


def _aligned(a: State, b: State) -> tuple[State, State] | None:
    """Both states with the same factors on each axis."""
    found = [_same_factors(one, other) for one, other in zip(a.axes, b.axes, strict=True)]
    pairs = [pair for pair in found if pair is not None]
    if len(pairs) < len(found):
        return None
    return replace(a, axes=tuple(one for one, _ in pairs)), replace(b, axes=tuple(other for _, other in pairs))


def _same_factors(a: Axis, b: Axis) -> tuple[Axis, Axis] | None:
    if a.factors == b.factors:
        return a, b
    if a.indices() == b.indices():
        return a, a
    if a.stays and all(factor.order is None for factor in b.factors):
        return Axis(b.factors, tuple(range(len(b.factors)))), b
    if b.stays and all(factor.order is None for factor in a.factors):
        return a, Axis(a.factors, tuple(range(len(a.factors))))
    return _refined(a, b)


def _refined(a: Axis, b: Axis) -> tuple[Axis, Axis] | None:
    """Both in the pieces that the factors of both are made of."""
    finer = []
    for one, other in ((a, b), (b, a)):
        found = divided(list(one.factors), [factor.size for factor in other.factors])
        if found is None:
            return None
        pieces = found[1]
        starts = [sum(map(len, pieces[:k])) for k in range(len(pieces))]
        order = tuple(starts[k] + j for k in one.order for j in range(len(pieces[k])))
        finer.append(Axis(tuple(piece for some in pieces for piece in some), order))
    return (finer[0], finer[1]) if finer[0].factors == finer[1].factors else None
