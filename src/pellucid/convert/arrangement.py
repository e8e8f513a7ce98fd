"""Arrangements: how a value of the old network lies in the new one, as factors of axes in another order.

Above:  passing.py says what each kind of layer does to them; planning.py carries them through the graph.
Kept true: shapes have no batch axis. Axis k of the new value is the old axis ``dims[k]``; an axis that Flatten made
           of several remembers them as factors, so that a later Reshape finds them again. Factors of size 1 are left
           out: nothing can tell where they lie, and so no size is ever guessed by.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from pellucid.convert.ledger import Arranged


@dataclass(frozen=True)
class Factor:
    """One of the sizes that make an axis; with `order`, its own indices stand in another order."""

    size: int | None
    order: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Axis:
    """Factors as they lay before, slowest first, and in which order they lie now."""

    factors: tuple[Factor, ...] = ()
    order: tuple[int, ...] = ()

    @classmethod
    def plain(cls, size: int | None) -> Axis:
        """An axis as it was."""
        return cls() if size == 1 else cls((Factor(size),), (0,))

    @classmethod
    def permuted(cls, indices: tuple[int, ...]) -> Axis:
        """An axis whose indices stand in this order."""
        if indices == tuple(range(len(indices))):
            return cls.plain(len(indices))
        return cls((Factor(len(indices), tuple(indices)),), (0,))

    @property
    def size(self) -> int | None:
        return known_product(factor.size for factor in self.factors)

    @property
    def now(self) -> tuple[Factor, ...]:
        """The factors in the order in which they lie now."""
        return tuple(self.factors[at] for at in self.order)

    @property
    def stays(self) -> bool:
        return self.order == tuple(range(len(self.order))) and all(factor.order is None for factor in self.factors)

    def indices(self) -> tuple[int, ...] | None:
        """Which old index stands at each new one; None where all stay."""
        if self.stays:
            return None
        sizes: list[Any] = [factor.size for factor in self.factors]
        block = np.arange(math.prod(sizes)).reshape(sizes)
        for at, factor in enumerate(self.factors):
            if factor.order is not None:
                block = np.take(block, factor.order, axis=at)
        found = block.transpose(self.order).ravel()
        return None if (found[1:] > found[:-1]).all() else tuple(found.tolist())


@dataclass(frozen=True)
class State:
    """How a value lies now.

    Attributes:
        axes: its axes as they were, in their old order.
        dims: for each new axis, the old one that it is.
        is_map: whether it is a map of channels in the layout of its network, so that it may leave the model as it lies.
        cause: what moved it, in words; and `through`, the layers that it passed since.
    """

    axes: tuple[Axis, ...]
    dims: tuple[int, ...]
    is_map: bool = field(default=False, compare=False)
    cause: str = field(default="", compare=False)
    through: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def plain(cls, shape) -> State:
        """A value as it was."""
        return cls(tuple(map(Axis.plain, shape)), tuple(range(len(shape))))

    @classmethod
    def moved(cls, shape, dims, is_map: bool = False) -> State:
        """A value whose axes alone are moved."""
        return cls(tuple(map(Axis.plain, shape)), tuple(dims), is_map)

    @property
    def stays(self) -> bool:
        return self.dims == tuple(range(len(self.dims))) and not self.orders

    @property
    def orders(self) -> dict[int, tuple[int, ...]]:
        found = {axis: one.indices() for axis, one in enumerate(self.axes)}
        return {axis: indices for axis, indices in found.items() if indices is not None}

    @property
    def shape(self) -> tuple:
        """The new sizes."""
        return tuple(self.axes[axis].size for axis in self.dims)

    def lies_as(self, other: State) -> bool:
        """Whether both lie alike, however their axes came about."""
        if self == other:
            return True
        return self.dims == other.dims and self.orders == other.orders

    def place_of(self, axis: int) -> int:
        """Which new axis an old one is."""
        return self.dims.index(axis % len(self.dims))

    def with_axis(self, axis: int, one: Axis) -> State:
        """The same, but for one of its old axes."""
        axes = list(self.axes)
        axes[axis % len(axes)] = one
        return replace(self, axes=tuple(axes))

    def passed(self, *names: str) -> State:
        """The same, after these layers."""
        return self if self.stays else replace(self, through=(*self.through, *names))

    def said_by(self, cause: str) -> State:
        """The same, with its cause told where none is yet."""
        return self if self.cause or self.stays else replace(self, cause=cause, through=())

    def arranged(self) -> Arranged:
        """The same as plain data."""
        return Arranged(self.dims, self.orders)

    def sequence(self) -> list[int]:
        """The factors in the order in which they lie now, by their numbers in the old order."""
        starts = np.cumsum([0, *(len(axis.factors) for axis in self.axes)])
        return [int(starts[axis]) + at for axis in self.dims for at in self.axes[axis].order]


def known_product(sizes: Iterable[int | None]) -> int | None:
    """The product of sizes; None where one is unknown."""
    product = 1
    for size in sizes:
        if size is None:
            return None
        product *= size
    return product


def reshaped(state: State, shape, wish: State | None = None) -> State | None:
    """The state of the same elements under another old shape; None where its axes mix what lies apart now.

    Args:
        wish: a state of that shape; taken where it says the same of the elements (sizes of 1 may stand anywhere).
    """
    if wish is not None and (back := _regrouped(wish, [axis.size for axis in state.axes], state)) is not None:
        return replace(wish, is_map=False, cause=state.cause, through=state.through) if back.lies_as(state) else None
    return _regrouped(state, shape, None)


def _regrouped(state: State, shape, like: State | None) -> State | None:
    parts = divided([factor for axis in state.axes for factor in axis.factors], list(shape))
    if parts is None:
        return None
    groups, pieces = parts
    sequence = [(k, j) for k in state.sequence() for j in range(len(pieces[k]))]
    number = {key: at for at, key in enumerate((k, j) for k, some in enumerate(pieces) for j in range(len(some)))}
    flat = [number[key] for key in sequence]
    factors = [piece for some in pieces for piece in some]
    return _cut(state, flat, factors, groups, like)


def _cut(state, flat, factors, groups, like) -> State | None:
    """New axes from runs of the new sequence that hold just the factors of one old axis."""
    owner = {at: axis for axis, group in enumerate(groups) for at in group}
    runs: list[int] = []
    axes = [Axis() for _ in groups]
    for at in flat:
        axis = owner[at]
        if not runs or runs[-1] != axis:
            if axis in runs:
                return None
            runs.append(axis)
        first = groups[axis][0]
        axes[axis] = Axis(tuple(factors[i] for i in groups[axis]), (*axes[axis].order, at - first))
    dims = _with_empty(runs, [axis for axis, group in enumerate(groups) if not group], like)
    return replace(state, axes=tuple(axes), dims=tuple(dims), is_map=False)


def _with_empty(runs: list[int], empty: list[int], like: State | None) -> list[int]:
    """Axes of size 1 stand where `like` has them, else behind the axis that they stood behind."""
    if like is not None and [axis for axis in like.dims if axis not in empty] == runs:
        return list(like.dims)
    for axis in empty:
        before = [at for at, other in enumerate(runs) if other == axis - 1]
        runs.insert(before[0] + 1 if before else 0, axis)
    return runs


def divided(factors: list[Factor], shape: list):
    """For each axis of a shape the numbers of its pieces, and for each factor the pieces that it falls into."""
    if None in shape or any(factor.size is None for factor in factors):
        return _divided_unknown(factors, shape)
    pieces: list[list[Factor]] = [[] for _ in factors]
    groups: list[list[tuple[int, int]]] = [[] for _ in shape]
    rest: list[Any] = [factor.size for factor in factors]
    at = len(factors) - 1
    for axis in range(len(shape) - 1, -1, -1):
        wanted = shape[axis]
        while wanted != 1:
            if at < 0:
                return None
            size = math.gcd(rest[at], wanted)
            whole = size == factors[at].size
            if size not in (rest[at], wanted) or (not whole and factors[at].order is not None) or size == 1:
                return None
            pieces[at].insert(0, factors[at] if whole else Factor(size))
            groups[axis].insert(0, (at, len(pieces[at])))
            rest[at], wanted = rest[at] // size, wanted // size
            at -= rest[at] == 1
    return None if at >= 0 else (_numbered(groups, pieces), pieces)


def _numbered(groups, pieces):
    """Pairs (factor, piece counted from behind) as numbers in the row of all pieces."""
    starts = np.cumsum([0, *map(len, pieces)])
    return [[int(starts[k]) + len(pieces[k]) - j for k, j in group] for group in groups]


def _divided_unknown(factors, shape):
    """Where sizes are unknown, whole factors are matched from both ends, and what is left in the middle must be one."""
    ahead, sizes = 0, [factor.size for factor in factors]
    groups: list[list[int]] = [[] for _ in shape]
    left, right = 0, len(shape)
    end = len(sizes)
    while (
        right > left
        and shape[right - 1] is not None
        and (shape[right - 1] == 1 or (end and sizes[end - 1] == shape[right - 1]))
    ):
        right -= 1
        if shape[right] != 1:
            end -= 1
            groups[right] = [end]
    while (
        left < right and shape[left] is not None and (shape[left] == 1 or (ahead < end and sizes[ahead] == shape[left]))
    ):
        if shape[left] != 1:
            groups[left] = [ahead]
            ahead += 1
        left += 1
    middle = list(range(ahead, end))
    if right - left == 1:
        groups[left] = middle
    elif right - left == len(middle) and list(shape[left:right]) == sizes[ahead:end]:
        groups[left:right] = [[at] for at in middle]
    elif middle or right > left:
        return None
    return groups, [[factor] for factor in factors]
