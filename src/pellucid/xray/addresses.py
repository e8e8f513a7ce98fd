"""Addresses: how a user names a layer's output, or an element of it.

    ("flatten", 5)   ("flatten", (0, 1, 1))   "mid/enc/c1[0,3,2]"   "vgg16/block5_pool@5000"   ("lstm", (3,), 1)
    "flatten:5" and "conv:0,3,2", which no shell takes for something else

Below:  sites.py has the paths, places.py counts.
Kept true: counted from 0, without the batch axis. The longest path that exists is meant: ``dense@1`` is the
           second call of `dense` where there is one, else its element 1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from pellucid import places
from pellucid.errors import ArgumentTypeError, ShapeError, UnknownNameError, nearest

_ELEMENT = re.compile(r"^(?P<path>.*?)(?:\[(?P<a>[-\d,\s]*\d[-\d,\s]*)\]|:(?P<b>[-\d,]+)|@(?P<c>-?\d+))$")


@dataclass(frozen=True)
class Address:
    """A value, and a place in it; None for all of it.

    Attributes:
        number: of the value.
        output: which output of its layer.
    """

    path: str
    number: int
    place: tuple[int, ...] | None
    output: int = 0


def resolve(at, numbers: dict[str, list[int]], shape_of, told) -> Address:
    """What an address means.

    Args:
        at: as a user writes it; an index or place alone speaks of the last layer.
        numbers: for each path the numbers of its values.
        shape_of: from a value's number to its shape, without the batch axis.
        told: from a path to words about its layer, for errors.

    Raises:
        UnknownNameError: no such path, with the nearest.
        ShapeError: a place outside the value.
        ArgumentTypeError: nothing that is an address.
    """
    path, place, output = _parts(at, numbers)
    number = output_of(path, output, numbers)
    return Address(path, number, None if place is None else _place(place, shape_of(number), path, told), output)


def output_of(path: str, k: int, numbers: dict[str, list[int]]) -> int:
    """The number of the k-th output of a path.

    Raises:
        ShapeError: it has fewer.
    """
    values = numbers[path]
    if not 0 <= k < len(values):
        raise ShapeError(f"'{path}' has no output {k}.", got=k, expected=f"0 to {len(values) - 1}")
    return values[k]


def _parts(at, numbers) -> tuple[str, object, int]:
    if isinstance(at, str):
        return _read(at, numbers)
    if _is_place(at):
        return list(numbers)[-1], at, 0
    if isinstance(at, (tuple, list)) and 1 < len(at) < 4 and isinstance(at[0], str):
        if _is_place(at[1]) and (len(at) == 2 or isinstance(at[2], (int, np.integer))):
            path, place, _ = _read(at[0], numbers)
            if place is None:
                return path, at[1], at[2] if len(at) == 3 else 0
    raise ArgumentTypeError(
        "This is no address of an element.",
        got=repr(at),
        expected='a layer and a flat index or place, such as ("flatten", 5), ("conv", (0, 1, 2)) or "conv[0,1,2]"',
    )


def _read(text: str, numbers) -> tuple[str, object, int]:
    """A path, and the place that a text names behind it."""
    if text in numbers:
        return text, None, 0
    named = _ELEMENT.match(text)
    if not named or named["path"] not in numbers:
        raise _unknown(named["path"] if named else text, numbers)
    indices = tuple(map(int, re.findall(r"-?\d+", named["a"] or named["b"] or named["c"])))
    return named["path"], indices if len(indices) != 1 else indices[0], 0


def _unknown(name: str, numbers) -> UnknownNameError:
    near = nearest(name, numbers) or [path for path in numbers if path.rsplit("/", 1)[-1] == name.rsplit("/", 1)[-1]]
    listed = ", ".join(list(numbers)[:12]) + (" and more" if len(numbers) > 12 else "")
    return UnknownNameError(
        f"No layer has the path '{name}'.",
        got=repr(name),
        expected=f"nearest: {', '.join(near[:3])}" if near else listed,
        **({"fix": repr(near[0])} if near else {}),
    )


def _is_place(at) -> bool:
    if isinstance(at, (int, np.integer)) and not isinstance(at, bool):
        return True
    return isinstance(at, (tuple, list)) and all(isinstance(i, (int, np.integer)) for i in at)


def _place(given, shape, path: str, told) -> tuple[int, ...]:
    """A place in a value, from a flat index or a place; the first size may be unknown."""
    is_flat = isinstance(given, (int, np.integer))
    if is_flat and None in shape[1:]:
        raise ShapeError(
            f"The size of '{path}' is unknown.",
            got=f"shape {shape}, without the batch",
            fix="trace(model, x), with values that tell it",
        )
    place = _counted(int(given), shape) if is_flat else tuple(map(int, given))
    if place is not None and len(place) == len(shape):
        if all(0 <= i and (n is None or i < n) for i, n in zip(place, shape, strict=True)):
            return place
    raise ShapeError(
        f"No element {given} in the output of '{path}'.",
        got=given,
        expected=_range(given, shape),
        where=told(path),
    )


def _counted(flat: int, shape) -> tuple[int, ...] | None:
    """The place of a flat index, however long the first axis is; None where there is none."""
    behind = places.size(shape[1:])
    if flat < 0 or not behind:
        return None
    if not shape:
        return () if flat == 0 else None
    row, rest = divmod(flat, behind)
    return (row, *places.place(rest, shape[1:])) if len(shape) > 1 else (row,)


def _range(given, shape) -> str:
    count = places.size(shape)
    if isinstance(given, int) and count is not None:
        return f"0 to {count - 1}, {len(shape)} axes: {shape}" if len(shape) > 1 else f"0 to {count - 1}"
    if isinstance(given, int):
        return "0 or more"
    known = ", ".join("any" if n is None else f"0 to {n - 1}" for n in shape)
    return f"{len(shape)} coordinate{'s' if len(shape) != 1 else ''}: {known}"
