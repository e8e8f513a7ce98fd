"""Float8: scales that follow the largest values of past steps.

Source: NVIDIA Transformer Engine, update_fp8_metas; keras.quantizers, Keras 3.15.
"""

from __future__ import annotations

import torch

from pellucid.dtypes import to_torch
from pellucid.graph.values import convert_to_tensor


def compute_float8_scale(amax, scale, dtype_max, margin=0):
    """The scale for values up to `amax`: the old one where `amax` is 0 or not finite.

    Args:
        amax: the largest absolute value of late.
        scale: the old scale; values are divided by it.
        dtype_max: the largest number that the dtype holds.
        margin: powers of two that are left free.
    """
    amax, scale = convert_to_tensor(amax), convert_to_tensor(scale)
    fresh = amax / dtype_max * 2**margin
    return torch.where((amax > 0) & torch.isfinite(amax), fresh, scale)


def compute_float8_amax_history(x, amax_history):
    """The largest values of past steps, with that of `x` put in front and the oldest dropped."""
    history = torch.roll(convert_to_tensor(amax_history), -1)
    history[0] = convert_to_tensor(x).abs().amax().to(history.dtype)
    return history


def quantize_and_dequantize(inputs, scale, quantized_dtype, compute_dtype):
    """`inputs` with the precision of a float8 dtype, in `compute_dtype`."""
    narrow, wide = to_torch(quantized_dtype), to_torch(compute_dtype)
    scale = convert_to_tensor(scale).to(wide)
    most = torch.finfo(narrow).max
    x = (convert_to_tensor(inputs) / scale).clamp(-most, most).to(narrow)
    return x.to(wide) * scale
