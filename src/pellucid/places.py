"""Places and flat indices: where an element lies, in row-major order.

Above: ops/ and layers/ reshape with this; xray/ follows single elements with it.
Kept true: a flat index counts the elements before it, the last axis fastest, from 0; no batch axis.
"""

from __future__ import annotations

import math

from pellucid.errors import ShapeError


def size(shape) -> int | None:
    """The number of elements of a shape; None where one of its sizes is unknown.

    ``size((24, 24, 32))`` is ``18432``; ``size((None, 4))`` is None.
    """
    if any(length is None for length in shape):
        return 0 if 0 in shape else None
    return math.prod(shape)


def place(flat: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Coordinates of the element that lies at position `flat` of a value.

    Args:
        flat: elements before it in row-major order (last axis fastest), counted from 0.
        shape: elements along each axis; every size known.

    Returns:
        One coordinate per axis: ``place(5, (3, 3, 4))`` is ``(0, 1, 1)``.

    Raises:
        ShapeError: `flat` is below 0, or not below the number of elements.
    """
    count = math.prod(shape)
    if not 0 <= flat < count:
        raise ShapeError(
            f"No element {flat} in a value of shape {tuple(shape)}.",
            got=flat,
            expected=f"0 to {count - 1}",
            fix="give a flat index within the value",
        )
    coordinates = []
    for length in reversed(shape):
        flat, coordinate = divmod(flat, length)
        coordinates.append(coordinate)
    return tuple(reversed(coordinates))


def flat_index(place: tuple[int, ...], shape: tuple[int, ...]) -> int:
    """How many elements lie before this place, in row-major order.

    ``flat_index((1, 2, 3), (24, 24, 32))`` is ``835``.

    Raises:
        ShapeError: another number of axes than the shape has, or a coordinate outside it.
    """
    if len(place) != len(shape) or not all(0 <= at < length for at, length in zip(place, shape, strict=True)):
        raise ShapeError(
            f"No place {tuple(place)} in a value of shape {tuple(shape)}.",
            got=tuple(place),
            expected="below " + str(tuple(shape)) + " on each axis",
            fix="give one coordinate per axis, counted from 0",
        )
    flat = 0
    for at, length in zip(place, shape, strict=True):
        flat = flat * length + at
    return flat


def strides(shape: tuple[int, ...]) -> tuple[int, ...]:
    """How far one step along each axis moves in row-major order: ``strides((3, 2, 4))`` is ``(8, 4, 1)``."""
    steps, step = [], 1
    for length in reversed(shape):
        steps.append(step)
        step *= length
    return tuple(reversed(steps))
