"""Scale and zero point: whole numbers of which each group of columns has its own scale.

Shapes:
    weights      (out, in), as GPTQ and AWQ keep them
    scale, zero  (out, groups)
    g_idx        (in,), the group of each column
"""

from __future__ import annotations

import torch

from pellucid.dtypes import to_torch
from pellucid.errors import ArgumentError, ShapeError
from pellucid.graph.values import convert_to_tensor


def compute_quantization_parameters(
    x,
    *,
    bits,
    symmetric=False,
    per_channel=False,
    group_size=-1,
    compute_dtype="float32",
    epsilon=0.0,
    signed=False,
):
    """Scale, zero point and largest number that cover the values of a matrix.

    Args:
        x: (out, in).
        bits: of a number.
        symmetric: whether the range lies evenly around zero.
        per_channel: whether each row has its own; else all share one.
        group_size: columns that share one scale; -1 for all. Only with `per_channel`.
        signed: whether numbers go from -2^(bits-1), not from 0.

    Raises:
        ArgumentError: None.
        ShapeError: fewer than 2 axes, or no values.
    """
    if x is None:
        raise ArgumentError("There is no matrix to quantize.", got=None)
    x = convert_to_tensor(x)
    if x.ndim < 2 or x.numel() == 0:
        raise ShapeError("There is no matrix to quantize.", got=tuple(x.shape), expected="(out, in), not empty")
    scale, least, most_number = _ranges(x, bits, symmetric, per_channel, group_size, compute_dtype, epsilon)
    if symmetric:
        zero = torch.full_like(scale, (2**bits) / 2)
    else:
        zero = (-least / scale).round()
    if signed:
        half = 2 ** (bits - 1)
        zero = (zero - half).clamp(-half, half - 1)
    if not per_channel:
        scale, zero = (value.reshape(1, 1).tile(x.shape[0], 1) for value in (scale, zero))
    return scale, zero.to(torch.int8 if signed else torch.uint8), most_number


def parameters_around_zero(x, *, bits, symmetric=False, per_channel=True, group_size=-1):
    """As `compute_quantization_parameters`, with ranges that hold 0: a zero point below 0 is no uint8.

    Keras wraps it around, and the numbers of a group of one sign come back wrong.
    """
    rows, columns = x.shape
    size = columns if group_size == -1 else group_size
    groups = torch.nn.functional.pad(x, (0, -columns % size)).reshape(-1, size)
    scale, zero, most_number = compute_quantization_parameters(
        torch.nn.functional.pad(groups, (0, 1)), bits=bits, symmetric=symmetric, per_channel=per_channel
    )
    return scale.reshape(rows, -1), zero.reshape(rows, -1), most_number


def _ranges(x, bits, symmetric, per_channel, group_size, compute_dtype, epsilon):
    """The scale and the least value of each group, and the largest number."""
    least, most = _extremes(x, per_channel, group_size)
    if symmetric:
        most = torch.maximum(least.abs(), most)
        least = torch.where(least < 0, -most, least)
    flat = least == most
    least, most = torch.where(flat, least - 1, least), torch.where(flat, most + 1, most)
    most_number = torch.tensor(2**bits - 1, dtype=to_torch(compute_dtype), device=x.device)
    scale = (most - least + epsilon) / most_number
    return torch.where(scale <= 0, 1e-8, scale), least, most_number


def _extremes(x, per_channel, group_size):
    """The least and largest value of each group: (out, groups), or (1, 1)."""
    rows, columns = x.shape[0], x.shape[1]
    if per_channel and group_size > 0 and columns > group_size:
        x = torch.nn.functional.pad(x, (0, -columns % group_size)).reshape(rows, -1, group_size)
    else:
        x = x.reshape(rows if per_channel else 1, 1, -1)
    return x.amin(dim=2), x.amax(dim=2)


def quantize_with_zero_point(input_tensor, scale, zero, maxq):
    """Whole numbers from 0 to `maxq`, in a floating-point dtype."""
    x, scale, zero = (convert_to_tensor(value) for value in (input_tensor, scale, zero))
    scale = torch.where(scale == 0, 1e-8, scale)
    return (x / scale + zero.to(scale.dtype)).round().clamp(0, float(maxq))


def dequantize_with_zero_point(input_tensor, scale, zero):
    """The values that whole numbers stand for."""
    x, scale, zero = (convert_to_tensor(value) for value in (input_tensor, scale, zero))
    return scale * (x - zero.to(scale.dtype))


def quantize_with_sz_map(weights_matrix, scale, zero, g_idx, maxq, group_axis=-1):
    """`quantize_with_zero_point`, each place of `group_axis` by the scale of its group."""
    return quantize_with_zero_point(weights_matrix, *_of_groups(scale, zero, g_idx, group_axis), maxq)


def dequantize_with_sz_map(weights_matrix, scale, zero, g_idx, group_axis=-1):
    """`dequantize_with_zero_point`, each place of `group_axis` by the scale of its group."""
    return dequantize_with_zero_point(weights_matrix, *_of_groups(scale, zero, g_idx, group_axis))


def _of_groups(scale, zero, g_idx, axis):
    groups = convert_to_tensor(g_idx).long()
    return tuple(convert_to_tensor(value).index_select(axis, groups) for value in (scale, zero))
