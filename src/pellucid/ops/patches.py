"""Patches of images and volumes: the windows of a convolution, laid out as they are instead of summed up.

Below:  windows.py says where windows lie.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

from pellucid.errors import ArgumentError, ArgumentTypeError, ShapeError
from pellucid.graph.operation import operation
from pellucid.ops.promotion import tensor
from pellucid.ops.windows import hashable, lay
from pellucid.settings import standardize_data_format


@operation
def extract_patches(images, size, strides=None, dilation_rate=1, padding="valid", data_format=None):
    """The patch under each window, its elements in a row behind the window's place.

    Shapes:
        images  (height, width, channels) or (batch, height, width, channels), or channels first; with three sizes
                (depth, height, width, channels) or (batch, depth, height, width, channels)
        output  (batch, rows, columns, patch height * patch width * channels), or these first

    Args:
        size: of a patch; one number for square ones.
        strides: between patches; None is the size, so that patches touch.
        dilation_rate: step between the elements of a patch.
        padding: "valid", or "same" with zeros around the image.

    Raises:
        ArgumentError, ArgumentTypeError: a size of another kind.
        ShapeError: no image, or a patch larger than it.
    """
    if not isinstance(size, (int, tuple, list)):
        raise ArgumentTypeError("The `size` of a patch.", got=repr(size), expected="an int, or 2 or 3 of them")
    size = (size, size) if isinstance(size, int) else tuple(size)
    if len(size) not in (2, 3):
        raise ArgumentError(
            "The `size` of a patch.", got=repr(size), expected="an int, or 2 or 3 of them", fix="size=(3, 3)"
        )
    return _patches(tensor(images), size, strides, dilation_rate, padding, data_format)


@operation
def extract_patches_3d(volumes, size, strides=None, dilation_rate=1, padding="valid", data_format=None):
    """`extract_patches` of volumes, with three sizes, or one for cubes."""
    size = (size,) * 3 if isinstance(size, int) else tuple(size)
    if len(size) != 3:
        raise ArgumentTypeError(
            "The `size` of a patch.", got=repr(size), expected="an int, or 3 of them", fix="size=(3, 3, 3)"
        )
    return _patches(tensor(volumes), size, strides, dilation_rate, padding, data_format)


def _patches(x: torch.Tensor, size, strides, dilation, padding, data_format):
    rank = len(size)
    if x.ndim not in (rank + 1, rank + 2):
        raise ShapeError(
            f"Patches with {rank} sizes are taken from values with {rank + 1} axes, or {rank + 2} with a batch.",
            got=f"{x.ndim} axes: {tuple(x.shape)}",
        )
    last = standardize_data_format(data_format) == "channels_last"
    seen = x if x.ndim == rank + 2 else x.unsqueeze(0)
    seen = seen if last else seen.movedim(1, -1)
    windows = lay(tuple(seen.shape[1:-1]), size, hashable(strides) or size, padding, hashable(dilation), False)
    pads = [cells for pair in zip(reversed(windows.before), reversed(windows.after), strict=True) for cells in pair]
    seen = F.pad(seen, (0, 0, *pads)) if any(pads) else seen
    for axis, (length, step, stride) in enumerate(zip(size, windows.dilation, windows.strides, strict=True), start=1):
        # Each `unfold` puts an axis of one window's elements behind all others; a view until the reshape.
        seen = seen.unfold(axis, (length - 1) * step + 1, stride)[..., ::step]
    channels = rank + 1
    seen = seen.movedim(channels, -1)
    y = seen.reshape(*seen.shape[:channels], -1)
    y = y if last else y.movedim(-1, 1)
    return y if x.ndim == rank + 2 else y.squeeze(0)
