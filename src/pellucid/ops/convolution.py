"""Convolutions: plain, grouped, depthwise, separable, and their transpose, along one to three axes.

Below:  windows.py says where windows lie and how PyTorch sees a value.
Above:  layers/convolutional.py; ops/nn.py is the public door.
Axes:   kernels are (*window, channels_in / groups, channels_out), as Keras stores them, in both data formats; those
        of `conv_transpose` are (*window, channels_out, channels_in). PyTorch sees them permuted.
"""

from __future__ import annotations

import functools
import inspect
from typing import NamedTuple

import torch
import torch.nn.functional as F

from pellucid import axes
from pellucid.errors import ArgumentError, ShapeError
from pellucid.graph.operation import operation
from pellucid.graph.symbol import KerasTensor
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
    groups = _groups(inputs, kernel, data_format)
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
    channels = _channels(inputs, kernel, data_format)
    if kernel.shape[-2] != channels:
        raise _unfit(inputs, kernel.shape[-2], "exactly", data_format)
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


@operation
def conv_transpose(inputs, kernel, strides=1, padding="valid", output_padding=None, data_format=None, dilation_rate=1):
    """The gradient of `conv` by its input, as a step forward: each element spreads over a window of the output.

    Shapes:
        inputs  (batch, *spatial, channels), or (batch, channels, *spatial) with channels_first
        kernel  (*window, filters, channels)
        output  (batch, *spatial, filters): along each axis ``(n - 1) * stride + max(span, stride)`` with "valid",
                ``n * stride`` with "same", where a window spans ``(window - 1) * dilation + 1``

    Args:
        output_padding: how much longer the output is than its shortest length; None for the lengths above.

    Raises:
        ShapeError: channels or axes do not fit the kernel.
    """
    return convolve_transposed(inputs, kernel, None, strides, padding, output_padding, data_format, dilation_rate)


def convolve_transposed(
    inputs, kernel, bias=None, strides=1, padding="valid", output_padding=None, data_format=None, dilation_rate=1
):
    """`conv_transpose` for values only, with a bias (filters,)."""
    data_format = standardize_data_format(data_format)
    inputs, kernel = tensors((inputs, kernel))
    rank = spatial_rank(inputs.shape, "conv_transpose")
    if kernel.shape[-1] != _channels(inputs, kernel, data_format):
        raise _unfit(inputs, kernel.shape[-1], "exactly", data_format)
    lifted = is_lifted(rank, data_format)
    plan = _spread(
        tuple(kernel.shape[:-2]), hashable(strides), padding, hashable(output_padding), hashable(dilation_rate), lifted
    )
    y = torch.convolution(
        seen_by_torch(inputs, data_format), _kernel_seen_by_torch(kernel, lifted), None if plan.pad else bias,
        plan.strides, plan.crop, plan.dilation, True, plan.longer, 1,
    )  # fmt: skip
    for axis, cut in enumerate(plan.cut, start=2):
        if cut:
            y = y.narrow(axis, 0, y.shape[axis] - cut)
    if plan.pad:
        y = F.pad(y, plan.pad)
        y = y if bias is None else y + bias.view(-1, *(1,) * (y.ndim - 2))
    return seen_by_keras(y, data_format, rank)


def _infer_unknown_channels(op, axis):
    """Let shapes be inferred also where channels are unknown: as many as the kernel has along `axis`."""
    signature, infer = inspect.signature(op), op.node_class.compute_output_spec

    def compute_output_spec(self, *args, **kwargs):
        told = signature.bind(*args, **kwargs)
        (name, inputs), (_, kernel) = list(told.arguments.items())[:2]
        shape = list(inputs.shape)
        channels = axes.channels_axis(standardize_data_format(told.arguments.get("data_format")))
        if shape[channels] is None:
            shape[channels] = kernel.shape[axis]
            told.arguments[name] = KerasTensor(shape, inputs.dtype)
        return infer(self, *told.args, **told.kwargs)

    op.node_class.compute_output_spec = compute_output_spec


for _op, _axis in ((conv, -2), (depthwise_conv, -2), (separable_conv, -2), (conv_transpose, -1)):
    _infer_unknown_channels(_op, _axis)


def _convolve(inputs, kernel, bias, strides, padding, data_format, dilation_rate, rank, groups):
    lifted = is_lifted(rank, data_format)
    sizes = tuple(spatial(inputs.shape, data_format))
    windows = lay(sizes, tuple(kernel.shape[:-2]), hashable(strides), padding, hashable(dilation_rate), lifted)
    x = seen_by_torch(inputs, data_format)
    # What both ends have in common PyTorch pads on the way; only the rest costs a copy.
    both = tuple(map(min, windows.before, windows.after))
    if both != windows.before or both != windows.after:
        x = F.pad(x, _uneven(windows.before, windows.after, both))
    y = torch.convolution(
        x,
        _kernel_seen_by_torch(kernel, lifted),
        bias,
        windows.strides,
        both,
        windows.dilation,
        False,
        (0,) * len(both),
        groups,
    )
    return seen_by_keras(y, data_format, rank)


def _uneven(before, after, both):
    """What is left of the padding, as F.pad takes it: last axis first."""
    pad = []
    for b, a, common in zip(reversed(before), reversed(after), reversed(both), strict=True):
        pad += [b - common, a - common]
    return pad


def _kernel_seen_by_torch(kernel, lifted):
    """(*window, in, out) seen as (out, in, *window); (*window, out, in) as (in, out, *window)."""
    if lifted:
        kernel = kernel.unsqueeze(0)
    return kernel.permute(kernel.ndim - 1, kernel.ndim - 2, *range(kernel.ndim - 2))


def _channels(inputs, kernel, data_format):
    if kernel.ndim != inputs.ndim:
        raise ShapeError(
            "The kernel needs one axis for each spatial axis of the value, and two for channels.",
            got=f"kernel {tuple(kernel.shape)} on a value {tuple(inputs.shape)}",
            expected=f"a kernel with {inputs.ndim} axes",
        )
    return inputs.shape[axes.channels_axis(data_format)]


def _groups(inputs, kernel, data_format):
    channels, taken, filters = _channels(inputs, kernel, data_format), kernel.shape[-2], kernel.shape[-1]
    if channels == taken:
        return 1
    if taken == 0 or channels % taken:
        raise _unfit(inputs, taken, "or a multiple of", data_format)
    groups = channels // taken
    if filters % groups:
        raise ShapeError(
            f"{channels} = {groups}*{taken} channels make {groups} groups, which cannot share {filters} filters.",
            got=f"kernel {tuple(kernel.shape)} on a value {tuple(inputs.shape)}",
            expected=f"a multiple of {groups} filters",
        )
    return groups


def _unfit(inputs, taken, how, data_format):
    other = next(word for word in ("channels_first", "channels_last") if word != data_format)
    would_fit = taken and inputs.shape[axes.channels_axis(other)] % taken == 0
    channels = inputs.shape[axes.channels_axis(data_format)]
    return ShapeError(
        f"The value has {channels} channels, and the kernel takes {taken}.",
        got=f"{tuple(inputs.shape)} with data_format={data_format!r}",
        expected=f"{taken} channels" if how == "exactly" else f"{taken} channels, {how} {taken}",
        fix=f'data_format="{other}"' if would_fit else f"a kernel of shape (..., {channels}, filters)",
    )


class _Spread(NamedTuple):
    """Where the windows of a transposed convolution land, in PyTorch's terms."""

    strides: tuple[int, ...]
    dilation: tuple[int, ...]
    crop: tuple[int, ...]  # cells taken from both ends of the longest output
    longer: tuple[int, ...]  # cells given back to the end, less than a stride
    cut: tuple[int, ...]  # cells that the end loses besides
    pad: tuple[int, ...]  # zeros behind all that, as F.pad takes them; empty if there are none


@functools.lru_cache(1024)
def _spread(window, strides, padding, output_padding, dilation, lifted) -> _Spread:
    rank = len(window)
    strides = axes.sizes(strides, rank, "strides")
    dilation = axes.sizes(dilation, rank, "dilation_rate")
    longer = (None,) * rank if output_padding is None else axes.sizes(output_padding, rank, "output_padding", least=0)
    crop = {"valid": _crop_valid, "same": _crop_same}.get(str(padding).lower())
    if crop is None:
        raise ArgumentError(
            "`padding` of a transposed convolution.",
            got=repr(padding),
            expected="'valid' or 'same'",
            fix='padding="same"',
        )
    spans = [(w - 1) * d + 1 for w, d in zip(window, dilation, strict=True)]
    front, end = zip(*map(crop, spans, strides, longer), strict=True)
    given_back = [max(f - e, 0) for f, e in zip(front, end, strict=True)]
    most = [max(s, d) - 1 for s, d in zip(strides, dilation, strict=True)]
    zeros = [max(wish - can, 0) for wish, can in zip(given_back, most, strict=True)]
    one, none = ((1,), (0,)) if lifted else ((), ())
    return _Spread(
        strides=one + strides,
        dilation=one + dilation,
        crop=none + front,
        longer=none + tuple(map(min, given_back, most)),
        cut=none + tuple(max(e - f, 0) for f, e in zip(front, end, strict=True)),
        pad=tuple(cells for behind in reversed(zeros) for cells in (0, behind)) if any(zeros) else (),
    )


def transposed_crop(padding: str, span: int, stride: int, longer: int | None) -> int:
    """Cells that `conv_transpose` takes from the front of the longest output it could have."""
    return (_crop_same if padding == "same" else _crop_valid)(span, stride, longer)[0]


def _crop_valid(span, stride, longer):
    """Cells to take from the front and the end of the longest output; the end may gain some (below 0)."""
    return 0, -(max(stride - span, 0) if longer is None else longer)


def _crop_same(span, stride, longer):
    if longer is None:
        total = span - stride
    else:
        total = span - span % 2 - longer
    kept = 2 * (span - 1) - total
    front = span - 1 - min(kept - kept // 2, span - 1)
    return front, total - front
