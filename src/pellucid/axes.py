"""Axes by name and by number: layouts, and moves of axes written as words.

Neighbours: settings.py holds the default data format; places.py counts along the axes.
Kept true:  "batch" is always axis 0; a move of axes is a string that reads forwards and backwards.
"""

from __future__ import annotations

from pellucid.errors import ArgumentError, ArgumentTypeError, PlaceError

SPATIAL = {1: ("steps",), 2: ("height", "width"), 3: ("depth", "height", "width")}


def layout(rank: int, data_format: str) -> tuple[str, ...]:
    """The names of the axes of an image-like value with `rank` spatial axes.

    ``layout(2, "channels_last")`` is ``("batch", "height", "width", "channels")``.
    """
    if data_format == "channels_last":
        return ("batch", *SPATIAL[rank], "channels")
    return ("batch", "channels", *SPATIAL[rank])


def move(words: str) -> tuple[int, ...]:
    """The permutation that a move in words stands for.

    ``move("height width in out -> out in height width")`` is ``(3, 2, 0, 1)``, ready for `transpose`.
    """
    before, after = (side.split() for side in words.split("->"))
    if sorted(before) != sorted(after):
        raise ArgumentError("A move of axes names the same axes on both sides.", got=words)
    return tuple(before.index(axis) for axis in after)


def backwards(words: str) -> str:
    """The move that undoes a move."""
    before, after = words.split("->")
    return f"{after.strip()} -> {before.strip()}"


def channels_axis(data_format: str) -> int:
    """Where the channels lie: -1 or 1."""
    return -1 if data_format == "channels_last" else 1


def channels_last_permutation(ndim: int) -> tuple[int, ...]:
    """The permutation that takes ``(batch, channels, ...)`` to ``(batch, ..., channels)``."""
    return (0, *range(2, ndim), 1)


def channels_first_permutation(ndim: int) -> tuple[int, ...]:
    """The permutation that takes ``(batch, ..., channels)`` to ``(batch, channels, ...)``."""
    return (0, ndim - 1, *range(1, ndim - 1))


def canonical(axis: int, ndim: int) -> int:
    """An axis counted from 0, given from either end.

    Raises:
        PlaceError: there is no such axis.
    """
    if not -ndim <= axis < ndim:
        raise PlaceError(
            f"A value with {ndim} axes has no axis {axis}.", got=axis, expected=f"{-ndim} to {ndim - 1}", fix="axis=-1"
        )
    return axis % ndim


def sizes(value, rank: int, name: str, *, least: int = 1) -> tuple[int, ...]:
    """`rank` whole numbers from one number or a sequence, such as strides or a window.

    Args:
        name: the argument's name, for the error.
        least: the smallest number allowed.

    Raises:
        ArgumentError: another number of entries, an entry below `least`, or no whole numbers.
    """
    fix = f"{name}={2 if rank == 1 else (2,) * rank}"
    try:
        given = (value,) * rank if isinstance(value, int) else tuple(value)
        whole = tuple(int(one) for one in given)
        if any(one != other for one, other in zip(whole, given, strict=True)):
            raise ValueError
    except (TypeError, ValueError):
        kind = ArgumentTypeError if value is None else ArgumentError
        raise kind(
            f"`{name}` takes whole numbers.", got=repr(value), expected=f"an int or {rank} ints", fix=fix
        ) from None
    if len(whole) != rank:
        raise ArgumentError(f"`{name}` takes {rank} numbers, one for each spatial axis.", got=repr(value), fix=fix)
    if any(one < least for one in whole):
        raise ArgumentError(f"`{name}` is too small.", got=repr(value), expected=f"{least} or more", fix=fix)
    return whole
