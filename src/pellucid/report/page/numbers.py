"""Numbers as text for the page: packed without loss, in as few bytes as their kind allows.

Above:  content.py packs values and weights; script/values.js unpacks them.
Kept true: what is unpacked is bit for bit what was packed, whole numbers in a smaller kind but the same.
"""

from __future__ import annotations

import base64

import numpy as np
import torch

_KINDS = {"uint8": "u1", "int16": "i2", "int32": "i4", "float32": "f4", "float64": "f8"}


def packed(tensor: torch.Tensor) -> dict:
    """The kind of the numbers, and the numbers, little-endian, in row-major order."""
    array = _smallest(_plain(tensor))
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return {"kind": _KINDS[array.dtype.name], "data": base64.b64encode(little.tobytes()).decode("ascii")}


def is_packable(tensor: torch.Tensor) -> bool:
    """Whether a browser has numbers of this kind."""
    return not tensor.is_complex()


def _plain(tensor: torch.Tensor) -> np.ndarray:
    tensor = tensor.detach().cpu()
    if tensor.dtype in (torch.float16, torch.bfloat16):
        tensor = tensor.float()
    array = tensor.contiguous().numpy()
    if array.dtype.name in _KINDS:
        return array
    return (
        array.astype("float64")
        if array.dtype.kind in "iu"
        else array.astype("uint8" if array.dtype == bool else "float64")
    )


def _smallest(array: np.ndarray) -> np.ndarray:
    """Whole numbers in the smallest kind that holds them all; a zero below 0 stays a float."""
    for name in ("uint8", "int16", "int32"):
        kind = np.iinfo(name)
        if array.dtype.name == name:
            return array
        if array.size and kind.min <= array.min() and array.max() <= kind.max:
            smaller = array.astype(name)
            if np.array_equal(smaller, array) and not np.signbit(array[array == 0]).any():
                return smaller
    return array
