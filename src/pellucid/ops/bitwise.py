"""Functions of the single bits of integers, and the same bits read as another dtype.

Below: promotion.py prepares the operands.
"""

from __future__ import annotations

import torch

from pellucid.dtypes import to_torch
from pellucid.graph.operation import operation
from pellucid.ops.promotion import pair, tensor


@operation
def bitwise_and(x, y):
    """Bits that are set in both."""
    return torch.bitwise_and(*pair(x, y))


@operation
def bitwise_or(x, y):
    """Bits that are set in one or both."""
    return torch.bitwise_or(*pair(x, y))


@operation
def bitwise_xor(x, y):
    """Bits that are set in just one."""
    return torch.bitwise_xor(*pair(x, y))


@operation
def bitwise_invert(x):
    """Each bit turned over."""
    return torch.bitwise_not(tensor(x))


@operation
def bitwise_not(x):
    """Each bit turned over."""
    return torch.bitwise_not(tensor(x))


@operation
def bitwise_left_shift(x, y):
    """`x` with its bits moved up by `y` places: times 2**y."""
    return torch.bitwise_left_shift(*pair(x, y))


@operation
def left_shift(x, y):
    """`x` with its bits moved up by `y` places: times 2**y."""
    return torch.bitwise_left_shift(*pair(x, y))


@operation
def bitwise_right_shift(x, y):
    """`x` with its bits moved down by `y` places: divided by 2**y."""
    return torch.bitwise_right_shift(*pair(x, y))


@operation
def right_shift(x, y):
    """`x` with its bits moved down by `y` places: divided by 2**y."""
    return torch.bitwise_right_shift(*pair(x, y))


@operation
def view(x, dtype=None):
    """The same bytes read as another dtype; the last axis grows or shrinks with the size of an element."""
    x = tensor(x)
    return x.view(x.dtype if dtype is None else to_torch(dtype))
