"""Packing: what callbacks remember, as JSON and arrays, and back.

Above: course.py.
Kept true: numbers come back with every bit; nothing but plain values goes in.
"""

from __future__ import annotations

import numpy as np
import torch

from pellucid.errors import ArgumentTypeError


def state_of(thing, arrays: dict) -> dict | None:
    """The attributes that an object lists in `backed_up`, as JSON; None where it lists none.

    Args:
        arrays: gets the arrays among them.
    """
    names = getattr(thing, "backed_up", ())
    return {name: put(getattr(thing, name), arrays) for name in names} if names else None


def set_state(thing, state: dict | None, arrays) -> None:
    """Give an object what `state_of` told; attributes that it no longer lists are passed by."""
    for name, packed in (state or {}).items():
        if name not in getattr(thing, "backed_up", ()):
            continue
        if isinstance(packed, dict) and "state" in packed:
            set_state(getattr(thing, name), packed["state"], arrays)
        else:
            setattr(thing, name, taken(packed, arrays))


def put(value, arrays: dict):
    """A value as JSON.

    Raises:
        ArgumentTypeError: it is nothing plain.
    """
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return {"float": value.hex()}  # with every bit, and NaN too
    if isinstance(value, (list, tuple)):
        return [put(item, arrays) for item in value]
    if isinstance(value, dict):
        return {"dict": [[put(key, arrays), put(item, arrays)] for key, item in value.items()]}
    if isinstance(value, (np.ndarray, np.generic, torch.Tensor)):
        name = str(len(arrays))
        arrays[name] = value.detach() if isinstance(value, torch.Tensor) else np.asarray(value)
        return {"array": name}
    state = state_of(value, arrays)
    if state is None:
        raise ArgumentTypeError(
            "A backup keeps numbers, texts, arrays, and lists and dicts of them.",
            got=f"{type(value).__name__} in what a callback lists as `backed_up`",
        )
    return {"state": state}


def taken(packed, arrays):
    """The value that `put` packed; tuples come back as lists."""
    if isinstance(packed, list):
        return [taken(item, arrays) for item in packed]
    if not isinstance(packed, dict):
        return packed
    ((kind, inner),) = packed.items()
    if kind == "float":
        return float.fromhex(inner)
    if kind == "dict":
        return {taken(key, arrays): taken(item, arrays) for key, item in inner}
    array = arrays[inner]
    return array if array.ndim else array[()]
