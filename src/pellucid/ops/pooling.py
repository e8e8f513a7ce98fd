"""Pooling: the largest or the mean value of each window, by window size or by output size.

Below:  windows.py says how PyTorch sees a value.
Above:  layers/pooling.py; ops/nn.py is the public door.
Kept true: padding takes no part in a result (as minus infinity for the largest, not counted for the mean), and
           costs no copy: PyTorch's own padding, a last window that hangs over, or one window too many in front.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import torch
import torch.nn.functional as F

from pellucid import axes
from pellucid.errors import ArgumentError
from pellucid.graph.operation import operation
from pellucid.ops.promotion import tensor
from pellucid.ops.windows import hashable, is_lifted, lay, seen_by_keras, seen_by_torch, spatial, spatial_rank
from pellucid.settings import standardize_data_format

_MAX = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
_MEAN = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}
_ADAPTIVE_MAX = {1: F.adaptive_max_pool1d, 2: F.adaptive_max_pool2d, 3: F.adaptive_max_pool3d}
_ADAPTIVE_MEAN = {1: F.adaptive_avg_pool1d, 2: F.adaptive_avg_pool2d, 3: F.adaptive_avg_pool3d}


@operation
def max_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    """The largest element of each window.

    Shapes:
        inputs  (batch, *spatial, channels), or (batch, channels, *spatial) with channels_first
        output  the same axes; along each ``(n - pool_size) // stride + 1`` with "valid", ``ceil(n / stride)`` with "same"

    Args:
        pool_size, strides: one number, or one for each spatial axis; None strides are the `pool_size`.
        padding: "valid" or "same".

    Raises:
        ShapeError: no spatial axes, or a window larger than the value.
    """
    return _pool(_MAX, {}, tensor(inputs), pool_size, strides, padding, data_format)


@operation
def average_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    """The mean of each window, over those of its places that lie within the value.

    Arguments, shapes and errors are those of `max_pool`.
    """
    return _pool(_MEAN, {"count_include_pad": False}, tensor(inputs), pool_size, strides, padding, data_format)


@operation
def adaptive_max_pool(inputs, output_size, data_format=None):
    """The largest element of each of `output_size` windows, which share each axis as evenly as they can.

    Shapes:
        inputs  (batch, *spatial, channels), or (batch, channels, *spatial) with channels_first
        output  (batch, *output_size, channels); window i covers ``floor(i * n / size)`` to ``ceil((i + 1) * n / size)``

    Raises:
        ShapeError: no spatial axes.
    """
    return _adapt(_ADAPTIVE_MAX, tensor(inputs), output_size, data_format)


@operation
def adaptive_average_pool(inputs, output_size, data_format=None):
    """The mean of each of `output_size` windows; shapes and errors are those of `adaptive_max_pool`."""
    return _adapt(_ADAPTIVE_MEAN, tensor(inputs), output_size, data_format)


def _pool(kernels, more, inputs, pool_size, strides, padding, data_format):
    data_format = standardize_data_format(data_format)
    rank = spatial_rank(inputs.shape, "pooling")
    lifted = is_lifted(rank, data_format)
    plan = plan_windows(
        tuple(spatial(inputs.shape, data_format)), hashable(pool_size), hashable(strides), padding, lifted
    )
    x = seen_by_torch(inputs, data_format)
    y = kernels[len(plan.window)](x, plan.window, plan.strides, plan.padding, ceil_mode=plan.hangs_over, **more)
    for axis in plan.too_early:
        y = y.narrow(axis, 1, y.shape[axis] - 1)
    return seen_by_keras(y, data_format, rank)


class _Plan(NamedTuple):
    """A pooling in PyTorch's terms, which pads both ends alike and may let the last window hang over."""

    window: tuple[int, ...]
    strides: tuple[int, ...]
    padding: tuple[int, ...]
    hangs_over: bool
    too_early: tuple[int, ...]  # axes whose first window starts one place too early and is dropped


@functools.lru_cache(1024)
def plan_windows(sizes, window, strides, padding, lifted=False) -> _Plan:
    """A pooling over spatial axes of these sizes, in PyTorch's terms."""
    if str(padding).lower() not in ("valid", "same"):
        raise ArgumentError(
            "`padding` of a pooling.", got=repr(padding), expected="'valid' or 'same'", fix='padding="same"'
        )
    window = axes.sizes(window, len(sizes), "pool_size")
    windows = lay(sizes, window, window if strides is None else strides, padding, 1, lifted)
    window = (1, *window) if lifted else window
    uneven = [before != after for before, after in zip(windows.before, windows.after, strict=True)]
    # A step of 1 never hangs over; there the odd cell goes in front instead, with a window that nobody asked for.
    early = [odd and stride == 1 for odd, stride in zip(uneven, windows.strides, strict=True)]
    return _Plan(
        window,
        windows.strides,
        tuple(before + extra for before, extra in zip(windows.before, early, strict=True)),
        str(padding).lower() == "same",
        tuple(axis for axis, extra in enumerate(early, start=2) if extra),
    )


def _adapt(kernels, inputs: torch.Tensor, output_size, data_format):
    data_format = standardize_data_format(data_format)
    rank = spatial_rank(inputs.shape, "adaptive pooling")
    size = axes.sizes(output_size, rank, "output_size")
    x = seen_by_torch(inputs, data_format)
    if is_lifted(rank, data_format):
        size = (1, *size)
    return seen_by_keras(kernels[len(size)](x, size), data_format, rank)
