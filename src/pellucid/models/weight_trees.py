"""Weights as dicts in dicts, by the parts of their paths: gone through, and compared.

Above: file_editor.py.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np


def objects(inside: dict) -> Iterator[dict]:
    """A dict and all dicts below it."""
    yield inside
    for value in inside.values():
        if isinstance(value, dict):
            yield from objects(value)


def leaves(inside: dict, before: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], np.ndarray]]:
    """Places and values of all weights."""
    for name, value in inside.items():
        if isinstance(value, dict):
            yield from leaves(value, (*before, name))
        else:
            yield (*before, name), value


def shape_at(inside, place: tuple[str, ...]) -> tuple[int, ...] | None:
    for name in place:
        if not isinstance(inside, dict) or name not in inside:
            return None
        inside = inside[name]
    return None if isinstance(inside, dict) else tuple(inside.shape)


def differences(mine: dict, theirs: dict, path: str) -> Iterator[str]:
    """Where two structures differ; a missing object counts once, whatever is in it. Empty objects do not count."""
    for name in dict.fromkeys((*theirs, *mine)):
        here, there = mine.get(name), theirs.get(name)
        place = f"{path}/{name}"
        here, there = (None if isinstance(one, dict) and not one else one for one in (here, there))
        if here is there is None:
            continue
        if here is None or there is None:
            kind = "object" if isinstance(here if there is None else there, dict) else "weight"
            yield f"{place}: the {kind} is in the {'model' if here is None else 'file'} alone"
        elif isinstance(here, dict) and isinstance(there, dict):
            yield from differences(here, there, place)
        elif isinstance(here, dict) or isinstance(there, dict):
            yield f"{place}: one has an object here, the other a weight"
        elif tuple(here.shape) != tuple(there.shape):
            yield f"{place}: shape {tuple(here.shape)} in the file, {tuple(there.shape)} in the model"
