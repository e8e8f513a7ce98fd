"""Places traded between axes: sliding windows into columns and back, channels into blocks of pixels and back.

Above: ops/nn.py is the public door.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

from pellucid.errors import ArgumentError, ShapeError
from pellucid.graph.operation import operation
from pellucid.ops.promotion import tensor
from pellucid.settings import standardize_data_format


@operation
def unfold(x, kernel_size, dilation=1, padding=0, stride=1):
    """Each window of an image as a column.

    Shapes:
        x       (batch, channels, height, width), in any data format setting
        output  (batch, channels * window height * window width, windows)

    Raises:
        ShapeError: not four axes.
    """
    return F.unfold(_with_axes(tensor(x), 4, "unfold"), kernel_size, dilation, padding, stride)


@operation
def fold(x, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """Columns back into an image; where windows overlap, their elements are added.

    Shapes:
        x       (batch, channels * window height * window width, windows)
        output  (batch, channels, *output_size)

    Raises:
        ShapeError: not three axes, or columns that are no whole number of windows.
    """
    x = _with_axes(tensor(x), 3, "fold")
    height, width = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
    if x.shape[1] % (height * width):
        raise ShapeError(
            f"Columns of {x.shape[1]} elements are no whole number of {height}*{width} windows.",
            got=tuple(x.shape), expected=f"a multiple of {height * width} = {height}*{width} along axis 1",
        )  # fmt: skip
    return F.fold(x, output_size, kernel_size, dilation, padding, stride)


@operation
def depth_to_space(x, block_size, data_format="channels_last"):
    """Channels spread over blocks of ``block_size * block_size`` pixels.

    Shapes:
        x       (batch, height, width, block * block * channels), or channels first
        output  (batch, height * block, width * block, channels)

    Raises:
        ArgumentError: a block smaller than 2.
        ShapeError: not four axes, or channels that do not fill blocks.
    """
    data_format = standardize_data_format(data_format)
    b = _block(block_size)
    x = _with_axes(tensor(x), 4, "depth_to_space")
    n, h, w, c = x.shape if data_format == "channels_last" else (x.shape[k] for k in (0, 2, 3, 1))
    if c % (b * b):
        raise ShapeError(
            f"{c} channels do not fill blocks of {b}*{b} pixels.",
            got=tuple(x.shape),
            expected=f"a multiple of {b * b} = {b}*{b}",
        )
    c //= b * b
    if data_format == "channels_last":
        return x.reshape(n, h, w, b, b, c).transpose(2, 3).reshape(n, h * b, w * b, c)
    return x.reshape(n, c, b, b, h, w).permute(0, 1, 4, 2, 5, 3).reshape(n, c, h * b, w * b)


@operation
def space_to_depth(x, block_size, data_format="channels_last"):
    """Blocks of ``block_size * block_size`` pixels gathered into channels: `depth_to_space` backwards.

    Shapes:
        x       (batch, height * block, width * block, channels), or channels first
        output  (batch, height, width, block * block * channels)

    Raises:
        ArgumentError: a block smaller than 2.
        ShapeError: not four axes, or a height or width that blocks do not fill.
    """
    data_format = standardize_data_format(data_format)
    b = _block(block_size)
    x = _with_axes(tensor(x), 4, "space_to_depth")
    n, h, w, c = x.shape if data_format == "channels_last" else (x.shape[k] for k in (0, 2, 3, 1))
    if h % b or w % b:
        raise ShapeError(
            f"An image of {h}*{w} pixels is not filled by blocks of {b}*{b}.",
            got=tuple(x.shape),
            expected=f"multiples of {b}",
        )
    h, w = h // b, w // b
    if data_format == "channels_last":
        return x.reshape(n, h, b, w, b, c).transpose(2, 3).reshape(n, h, w, b * b * c)
    return x.reshape(n, c, h, b, w, b).permute(0, 1, 3, 5, 2, 4).reshape(n, c * b * b, h, w)


def _with_axes(x: torch.Tensor, ndim: int, name: str) -> torch.Tensor:
    if x.ndim != ndim:
        raise ShapeError(
            f"`{name}` takes values with {ndim} axes.", got=f"{x.ndim} axes: {tuple(x.shape)}", expected=f"{ndim} axes"
        )
    return x


def _block(block_size) -> int:
    if block_size < 2:
        raise ArgumentError(
            "A block has 2 or more pixels each way.", got=f"block_size={block_size}", fix="block_size=2"
        )
    return block_size
