"""The transposed convolution: every element spreads over a window of the output.

Below:  windows.py says how PyTorch sees a value, kernels.py how it sees kernels.
Above:  layers/convolution.py; ops/nn.py is the public door.
Axes:   kernels are (*window, channels_out, channels_in), as Keras stores them, in both data formats.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import torch
import torch.nn.functional as F

from pellucid import axes
from pellucid.errors import ArgumentError
from pellucid.graph.operation import operation
from pellucid.ops.kernels import channels_of, infer_unknown_channels, kernel_seen_by_torch, unfit
from pellucid.ops.promotion import tensors
from pellucid.ops.windows import hashable, is_lifted, seen_by_keras, seen_by_torch, spatial_rank
from pellucid.settings import standardize_data_format


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
    if kernel.shape[-1] != channels_of(inputs, kernel, data_format):
        raise unfit(inputs, kernel.shape[-1], "exactly", data_format)
    lifted = is_lifted(rank, data_format)
    plan = _spread(
        tuple(kernel.shape[:-2]), hashable(strides), padding, hashable(output_padding), hashable(dilation_rate), lifted
    )
    y = torch.convolution(
        seen_by_torch(inputs, data_format), kernel_seen_by_torch(kernel, lifted), None if plan.pad else bias,
        plan.strides, plan.crop, plan.dilation, True, plan.longer, 1,
    )  # fmt: skip
    for axis, cut in enumerate(plan.cut, start=2):
        if cut:
            y = y.narrow(axis, 0, y.shape[axis] - cut)
    if plan.pad:
        y = F.pad(y, plan.pad)
        y = y if bias is None else y + bias.view(-1, *(1,) * (y.ndim - 2))
    return seen_by_keras(y, data_format, rank)


infer_unknown_channels(conv_transpose, axis=-1)


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
