"""Packing: two 4-bit numbers in one byte, the first of each pair in the lower half."""

from __future__ import annotations

import torch

from pellucid.dtypes import standardize_dtype, to_torch
from pellucid.errors import ArgumentError, ArgumentTypeError
from pellucid.graph.values import convert_to_tensor

_BYTES = ("int8", "uint8")


def pack_int4(arr, axis=0, dtype="int8"):
    """Pairs of 4-bit numbers along `axis` in one byte each; an odd one at the end is paired with 0.

    Args:
        arr: numbers from -8 to 7 (0 to 15 for uint8), in `dtype`.

    Returns:
        ``(packed, its shape, numbers along the axis before)``.

    Raises:
        ArgumentError: `dtype` is no byte.
        ArgumentTypeError: `arr` has another dtype.
    """
    x = convert_to_tensor(arr)
    _check_bytes(dtype)
    if standardize_dtype(x.dtype) != dtype:
        raise ArgumentTypeError("Numbers to pack come as bytes.", got=standardize_dtype(x.dtype), expected=dtype)
    x = x.movedim(axis, 0)
    length = x.shape[0]
    if length % 2:
        x = torch.cat([x, torch.zeros_like(x[:1])])
    # In uint8 shifts do not meet a sign.
    low, high = x[::2].to(torch.uint8) & 15, x[1::2].to(torch.uint8) & 15
    packed = (low | (high << 4)).view(to_torch(dtype)).movedim(0, axis)
    return packed, tuple(packed.shape), length


def unpack_int4(packed, orig_len, axis=0, dtype="int8"):
    """The `orig_len` 4-bit numbers along `axis` that `pack_int4` put into bytes.

    Args:
        dtype: "int8" for numbers from -8 to 7, "uint8" for 0 to 15.

    Raises:
        ArgumentError: `dtype` is no byte.
        ArgumentTypeError: `packed` are no bytes.
    """
    x = convert_to_tensor(packed)
    _check_bytes(dtype)
    if standardize_dtype(x.dtype) not in _BYTES:
        raise ArgumentTypeError("Packed numbers come as bytes.", got=standardize_dtype(x.dtype), expected="int8")
    x = x.contiguous().view(torch.uint8).movedim(axis, 0)
    pairs = torch.stack([x & 15, x >> 4], dim=1).flatten(0, 1)[:orig_len]
    numbers = pairs if dtype == "uint8" else (pairs.to(torch.int8) ^ 8) - 8
    return numbers.movedim(0, axis)


def _check_bytes(dtype):
    if dtype not in _BYTES:
        raise ArgumentError("4-bit numbers are packed into bytes.", got=repr(dtype), expected='"int8" or "uint8"')
