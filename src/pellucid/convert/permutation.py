"""Permutations of flattened blocks: in which order the elements of a map stand, by layout and by order of counting.

Above: `convert.permutation` and `convert.move_rows` are for a single Dense by hand; arrangement.py does whole networks.
Kept true: a permutation says for each new place which old index stands there, so ``new = old[permutation]``.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import torch

from pellucid.errors import ArgumentError, ShapeError, product

LAYOUTS = ("channels_last", "channels_first")
# The first letter counts the old block, the second the new one: C row-major, F column-major.
_COUNTS: dict[str, tuple[Literal["C", "F"], Literal["C", "F"]]] = {
    "C": ("C", "C"), "F": ("F", "C"), "CC": ("C", "C"), "CF": ("C", "F"), "FC": ("F", "C"), "FF": ("F", "F"),
}  # fmt: skip


def permutation(shape, from_: str = "channels_last", to: str = "channels_first", order: str = "C") -> np.ndarray:
    """For each place in a newly flattened block, the index in the old one of the element that stands there.

    Args:
        shape: sizes of the block without the batch, as its axes lie before: ``(24, 24, 32)``.
        from_, to: where the channels lie before and after: "channels_last" or "channels_first".
        order: how elements are counted: "C" row-major (the last axis fastest) before and after; "F" column-major
            before, as MATLAB counts, and row-major after; "CF" the way back; "FF" column-major before and after.

    Returns:
        int64, one index for each element: ``permutation((2, 2, 3))[1] == 3``, as the second element of channel 0
        lies at 3 where channels are last. ``new = old[permutation]``, and ``np.argsort`` gives the way back.

    Raises:
        ArgumentError: another layout or order.
        ShapeError: a size that is no whole number of 0 or more.
    """
    sizes = _checked_sizes(shape)
    for word, layout in (("from_", from_), ("to", to)):
        if layout not in LAYOUTS:
            raise ArgumentError(
                f"`{word}` says where the channels lie.", got=repr(layout), expected=" or ".join(map(repr, LAYOUTS)),
                fix=f'{word}="channels_last"',
            )  # fmt: skip
    if order not in _COUNTS:
        raise ArgumentError(
            "`order` says how elements are counted: C row-major, F column-major.", got=repr(order),
            expected=", ".join(map(repr, _COUNTS)), fix='order="F" for a block that MATLAB flattened',
        )  # fmt: skip
    before, after = _COUNTS[order]
    block: np.ndarray = np.arange(math.prod(sizes)).reshape(sizes, order=before)
    if from_ != to:
        block = np.moveaxis(block, -1, 0) if to == "channels_first" else np.moveaxis(block, 0, -1)
    return block.ravel(order=after)


def move_rows(kernel, shape, from_: str = "channels_last", to: str = "channels_first", order: str = "C", axis: int = 0):
    """The kernel of a Dense behind a Flatten, its rows moved as `permutation` says; the kernel given stays as it is.

    Args:
        kernel: a NumPy array or tensor, ``(features, units)``.
        shape: of the block that was flattened, without the batch, as its axes lie before.
        axis: where the features lie: 0 in Keras, 1 in PyTorch and in MATLAB, whose kernels are (units, features).

    Raises:
        ShapeError: the axis holds another number of features than the block has elements.
    """
    rows = permutation(shape, from_, to, order)
    values = kernel if isinstance(kernel, torch.Tensor) else np.asarray(kernel)
    if not -values.ndim <= axis < values.ndim or values.shape[axis] != len(rows):
        raise ShapeError(
            "The kernel has another number of rows than the block has elements.",
            got=f"a kernel of shape {tuple(values.shape)}, axis={axis}",
            expected=f"{product(tuple(shape))} along that axis",
            fix="move_rows(kernel, (height, width, channels)), with the shape before Flatten",
        )
    if isinstance(values, torch.Tensor):
        return values.index_select(axis, torch.from_numpy(rows).to(values.device))
    return np.take(values, rows, axis=axis)


def _checked_sizes(shape) -> tuple[int, ...]:
    sizes = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    if not sizes or not all(isinstance(n, (int, np.integer)) and not isinstance(n, bool) and n >= 0 for n in sizes):
        raise ShapeError(
            "A block has sizes, each a whole number.", got=repr(shape), expected="such as (24, 24, 32)",
            fix="permutation(model.get_layer('flatten').input.shape[1:])",
        )  # fmt: skip
    return sizes
