"""Convolutions: plain, grouped, depthwise and separable, along one to three axes.

Below:  windows.py says where windows lie and how PyTorch sees a value, kernels.py the same of kernels.
Above:  layers/convolution.py; ops/nn.py is the public door.
Axes:   kernels are (*window, channels_in / groups, channels_out), as Keras stores them, in both data formats.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

from pellucid.graph.operation import operation
from pellucid.ops.kernels import channels_of, groups_of, infer_unknown_channels, kernel_seen_by_torch, unfit
from pellucid.ops.promotion import tensors
from pellucid.ops.windows import hashable, is_lifted, lay, seen_by_keras, seen_by_torch, spatial, spatial_rank
from pellucid.settings import standardize_data_format


@operation
def conv(inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    """Slide a kernel over a value: ``output[place] = sum(inputs[place * strides + offset] * kernel[offset])``.

    Groups follow from the shapes: as many as the kernel's channels fit into the value's.

    Shapes:
        inputs  (batch, *spatial, channels), or (batch, channels, *spatial) with channels_first
        kernel  (*window, channels / groups, filters)
        output  (batch, *spatial, filters)

    Args:
        strides, dilation_rate: one number, or one for each spatial axis.
        padding: "valid", "same" or "causal".
        data_format: "channels_last" or "channels_first"; None takes the global setting.

    Raises:
        ShapeError: channels or axes do not fit the kernel.
    """
    return convolve(inputs, kernel, None, strides, padding, data_format, dilation_rate)


def convolve(inputs, kernel, bias=None, strides=1, padding="valid", data_format=None, dilation_rate=1):
    """`conv` for values only, with a bias (filters,) that PyTorch adds on the way."""
    data_format = standardize_data_format(data_format)
    inputs, kernel = tensors((inputs, kernel))
    rank = spatial_rank(inputs.shape, "conv")
    groups = groups_of(inputs, kernel, data_format)
    return _convolve(inputs, kernel, bias, strides, padding, data_format, dilation_rate, rank, groups)


@operation
def depthwise_conv(inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    """Slide a kernel over each channel by itself.

    Shapes:
        inputs  (batch, *spatial, channels), or (batch, channels, *spatial) with channels_first
        kernel  (*window, channels, multiplier)
        output  (batch, *spatial, channels * multiplier); channel c makes outputs ``c * multiplier + m``

    Raises:
        ShapeError: channels or axes do not fit the kernel.
    """
    return convolve_depthwise(inputs, kernel, None, strides, padding, data_format, dilation_rate)


def convolve_depthwise(inputs, kernel, bias=None, strides=1, padding="valid", data_format=None, dilation_rate=1):
    """`depthwise_conv` for values only, with a bias (channels * multiplier,)."""
    data_format = standardize_data_format(data_format)
    inputs, kernel = tensors((inputs, kernel))
    rank = spatial_rank(inputs.shape, "depthwise_conv")
    channels = channels_of(inputs, kernel, data_format)
    if kernel.shape[-2] != channels:
        raise unfit(inputs, kernel.shape[-2], "exactly", data_format)
    kernel = kernel.reshape(*kernel.shape[:-2], 1, channels * kernel.shape[-1])
    return _convolve(inputs, kernel, bias, strides, padding, data_format, dilation_rate, rank, channels)


@operation
def separable_conv(
    inputs, depthwise_kernel, pointwise_kernel, strides=1, padding="valid", data_format=None, dilation_rate=1
):
    """`depthwise_conv`, then a `conv` with a window of 1 that mixes the channels.

    Shapes:
        depthwise_kernel  (*window, channels, multiplier)
        pointwise_kernel  (*ones, channels * multiplier, filters)

    Raises:
        ShapeError: channels or axes do not fit the kernels.
    """
    depthwise = convolve_depthwise(inputs, depthwise_kernel, None, strides, padding, data_format, dilation_rate)
    return convolve(depthwise, pointwise_kernel, data_format=data_format)


for _op in (conv, depthwise_conv, separable_conv):
    infer_unknown_channels(_op, axis=-2)


def _convolve(inputs, kernel, bias, strides, padding, data_format, dilation_rate, rank, groups):
    lifted = is_lifted(rank, data_format)
    sizes = tuple(spatial(inputs.shape, data_format))
    windows = lay(sizes, tuple(kernel.shape[:-2]), hashable(strides), padding, hashable(dilation_rate), lifted)
    x = seen_by_torch(inputs, data_format)
    # What both ends have in common PyTorch pads on the way; only the rest costs a copy.
    both = tuple(map(min, windows.before, windows.after))
    if both != windows.before or both != windows.after:
        x = F.pad(x, uneven(windows.before, windows.after, both))
    y = torch.convolution(
        x,
        kernel_seen_by_torch(kernel, lifted),
        bias,
        windows.strides,
        both,
        windows.dilation,
        False,
        (0,) * len(both),
        groups,
    )
    return seen_by_keras(y, data_format, rank)


def uneven(before, after, both) -> list[int]:
    """What is left of the padding, as F.pad takes it: last axis first."""
    pad = []
    for b, a, common in zip(reversed(before), reversed(after), reversed(both), strict=True):
        pad += [b - common, a - common]
    return pad
