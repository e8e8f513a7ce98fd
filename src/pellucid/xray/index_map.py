"""IndexMap: where each element goes in a layer that only rearranges, as a rule and as numbers.

Below:  links/ says that a layer rearranges, places.py counts in row-major order.
Above:  trace.py gives one for each layer that has one; report/ prints the rule.
Kept true: places have no batch axis; the first size may be unknown, for no rule needs it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pellucid import links, places
from pellucid.errors import ShapeError

LETTERS = {
    "batch": "n", "height": "h", "width": "w", "channels": "c", "depth": "d", "steps": "t", "features": "f", "flat": "flat",
}  # fmt: skip


@dataclass(frozen=True)
class IndexMap:
    """Which input place each output place holds.

    Attributes:
        in_shape, out_shape: without the batch axis; None for an unknown size.
        axes: the names of the input's axes.
        read: the input's axes in the order in which their elements are counted, the last one fastest.
        moved: for a transposition, the input axis that each output axis is; None for a reshape.
    """

    in_shape: tuple[int | None, ...]
    out_shape: tuple[int | None, ...]
    axes: tuple[str, ...]
    read: tuple[int, ...]
    moved: tuple[int, ...] | None = None

    # ---- numbers

    def to_input(self, i: int | Sequence[int]) -> tuple[int, ...]:
        """The input's place of an output element, given by flat index or place.

        Raises:
            ShapeError: outside the output, or a size that the answer needs is unknown.
        """
        if self.moved is not None:
            at = _place(i, self.out_shape)
            return tuple(at[self.moved.index(axis)] for axis in range(len(self.in_shape)))
        flat = i if isinstance(i, (int, np.integer)) else _flat(tuple(i), self.out_shape)
        by_axis = dict(zip(self.read, _place(flat, self._read_shape), strict=True))
        return tuple(by_axis[axis] for axis in range(len(self.in_shape)))

    def to_output(self, place: int | Sequence[int]) -> int | tuple[int, ...]:
        """Where an input element lands: a flat index where the output has one axis, else a place.

        Raises:
            ShapeError: outside the input, or a size that the answer needs is unknown.
        """
        at = _place(place, self.in_shape)
        _flat(at, self.in_shape)  # refuses what lies outside
        if self.moved is not None:
            return tuple(at[axis] for axis in self.moved)
        flat = _flat(tuple(at[axis] for axis in self.read), self._read_shape)
        return flat if len(self.out_shape) == 1 else _place(flat, self.out_shape)

    def table(self, n: int = 10) -> list[tuple[int, tuple[int, ...]]]:
        """The first `n` flat output indices, each with the input's place."""
        size = places.size(self.out_shape)
        return [(i, self.to_input(i)) for i in range(n if size is None else min(n, size))]

    def permutation(self) -> np.ndarray:
        """An array p with ``out.ravel() == in.ravel()[p]``.

        Raises:
            ShapeError: a size is unknown.
        """
        known = tuple(n for n in self.in_shape if n is not None)
        if len(known) < len(self.in_shape):
            raise _unknown(self.in_shape)
        counted = np.arange(math.prod(known)).reshape(known)
        return counted.transpose(self.read if self.moved is None else self.moved).ravel()

    # ---- the rule in words

    @property
    def order(self) -> str:
        """Which axis changes fastest."""
        if self.moved is not None:
            return f"axes moved: ({', '.join(self._letters)}) -> ({', '.join(self._letters[k] for k in self.moved)})"
        if not self.read:
            return "a single element"
        last = self.read[-1]
        if self.read == tuple(range(len(self.read))):
            return "row-major (C): the LAST axis changes fastest"
        order = ", ".join(self._letters[axis] for axis in self.read)
        return f"row-major (C) over ({order}): {self._letters[last]}, axis {last} of the input, changes fastest"

    @property
    def formula(self) -> str:
        """From the input's place to the output: ``flat = h*8 + w*4 + c``."""
        if self.moved is not None:
            return f"out[{', '.join(self._letters[k] for k in self.moved)}] = in[{', '.join(self._letters)}]"
        terms = [_term(self._letters[axis], step) for axis, step in zip(self.read, self._steps(self.read), strict=True)]
        flat = f"flat = {' + '.join(terms) or 0}"
        if len(self.out_shape) == 1:
            return flat
        return f"{flat}; out = ({', '.join(_digits(self.out_shape, _sizes(self.out_shape, 'mnpqrs')))})"

    @property
    def inverse(self) -> str:
        """From the output back to the input's place: ``h = flat//8   w = flat//4 % 2   c = flat % 4``."""
        if self.moved is not None:
            back = ", ".join(self._letters[k] for k in self.moved)
            return f"in[{', '.join(self._letters)}] = out[{back}]"
        digits = _digits(self._read_shape, [self._size(axis) for axis in self.read])
        rule = "   ".join(f"{self._letters[axis]} = {digit}" for axis, digit in zip(self.read, digits, strict=True))
        if len(self.out_shape) == 1:
            return rule
        letters = "ijklmn"[: len(self.out_shape)]
        steps = _products(_sizes(self.out_shape, "mnpqrs"))
        return f"flat = {' + '.join(map(_term, letters, steps))}; {rule}"

    def to_dict(self) -> dict:
        """Plain data."""
        return {
            "in_shape": list(self.in_shape), "out_shape": list(self.out_shape), "order": self.order,
            "formula": self.formula, "inverse": self.inverse,
        }  # fmt: skip

    @property
    def _letters(self) -> list[str]:
        return letters(self.axes)

    @property
    def _read_shape(self):
        return tuple(self.in_shape[axis] for axis in self.read)

    def _size(self, axis):
        size = self.in_shape[axis]
        return self._letters[axis].upper() if size is None else size

    def _steps(self, read):
        return _products([self._size(axis) for axis in read])


def index_map(link, in_shape, out_shape, axes) -> IndexMap | None:
    """The map of a layer that rearranges; None for any other. Shapes and axes have no batch."""
    in_shape, out_shape, axes = tuple(in_shape), tuple(out_shape), tuple(axes)
    if isinstance(link, links.Reshape):
        return IndexMap(in_shape, out_shape, axes, link.order or tuple(range(len(in_shape))))
    if isinstance(link, links.Follow) and len(in_shape) == len(out_shape):
        followed = [axis for rule, axis in link.axes if isinstance(rule, links.Keep) and axis is not None]
        if sorted(followed) == list(range(len(in_shape))):
            moved = tuple(followed.index(k) for k in range(len(out_shape)))
            return IndexMap(in_shape, out_shape, axes, tuple(range(len(in_shape))), moved)
    return None


def letters(axes) -> list[str]:
    """A short name for each axis; all different."""
    short = [LETTERS.get(name, name) for name in axes]
    return short if len(set(short)) == len(short) else list("ijklmn"[: len(short)])


def _place(i, shape) -> tuple[int, ...]:
    """A place from a flat index; the first size may be unknown."""
    if not isinstance(i, (int, np.integer)):
        _flat(tuple(i), shape)
        return tuple(map(int, i))
    i = int(i)
    if None not in shape:
        return places.place(i, shape)
    if None in shape[1:] or i < 0:
        raise _unknown(shape)
    row, rest = divmod(i, math.prod(shape[1:]))
    return (row, *places.place(rest, shape[1:])) if len(shape) > 1 else (row,)


def _flat(place: tuple, shape) -> int:
    if None not in shape:
        return places.flat_index(place, shape)
    if None in shape[1:] or len(place) != len(shape):
        raise _unknown(shape)
    return int(place[0]) * math.prod(shape[1:]) + places.flat_index(place[1:], shape[1:])


def _unknown(shape) -> ShapeError:
    return ShapeError(
        "A size that this answer needs is unknown.",
        got=f"shape {tuple(shape)}, without the batch",
        expected="every size known, or all but the first",
        fix="trace(model, x), or an Input with every size",
    )


def _sizes(shape, names) -> list:
    return [name.upper() if size is None else size for size, name in zip(shape, names, strict=False)]


def _products(sizes: list) -> list[str]:
    """For each axis what one step along it moves: the product of the sizes behind it, as text; "1" for the last."""
    steps = []
    for k in range(len(sizes)):
        behind = sizes[k + 1 :]
        number = math.prod(size for size in behind if isinstance(size, int))
        unknown = [size for size in behind if not isinstance(size, int)]
        steps.append("*".join([*unknown, *([str(number)] if number != 1 or not unknown else [])]))
    return steps


def _term(letter: str, step: str) -> str:
    return letter if step == "1" else f"{letter}*{step}"


def _digits(shape, sizes) -> list[str]:
    """How to read each coordinate off a flat index."""
    found = []
    for k, (step, size) in enumerate(zip(_products(sizes), sizes, strict=True)):
        divisor = f"//({step})" if "*" in step else f"//{step}"
        divided = "flat" if step == "1" else f"flat{divisor}"
        found.append(divided if k == 0 else f"{divided} % {size}")
    return found
