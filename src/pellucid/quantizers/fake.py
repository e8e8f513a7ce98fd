"""Fake quantization: values as if they had been quantized, with gradients for the range too."""

from __future__ import annotations

import torch

from pellucid.graph.operation import operation
from pellucid.graph.values import convert_to_tensor


@operation
def fake_quant_with_min_max_vars(inputs, min_vals, max_vals, num_bits=8, narrow_range=False, axis=None):
    """`inputs` rounded to the steps between `min_vals` and `max_vals`, and clipped to them.

    Args:
        min_vals, max_vals: scalars, or one value for each place of `axis`; they get the gradients of what is clipped.
        num_bits: there are 2^num_bits steps, or one less with `narrow_range`.
        axis: with ranges of its own for each place.

    Source: keras.quantizers.fake_quant_with_min_max_vars, Keras 3.15.
    """
    x, least, most = (convert_to_tensor(value) for value in (inputs, min_vals, max_vals))
    if axis is not None:
        sizes = [1] * x.ndim
        sizes[axis] = -1
        least, most = least.reshape(sizes), most.reshape(sizes)
    elif x.device.type != "meta":
        least, most = least.reshape(()), most.reshape(())
    low, high, scale = _nudged(least.detach(), most.detach(), int(num_bits), narrow_range)
    zero = torch.floor(-low / scale + 0.5)
    wide = x.detach().to(low.dtype)
    rounded = torch.floor((torch.minimum(torch.maximum(wide, low), high) - low) / scale - zero + 0.5) * scale
    if not (torch.is_grad_enabled() and any(value.requires_grad for value in (x, least, most))):
        return rounded.to(x.dtype)
    inside = torch.where((wide >= low) & (wide <= high), x, 0)
    clipped = torch.where(wide <= low, least, 0) + torch.where(wide >= high, most, 0)
    passing = inside + clipped
    return passing + (rounded - passing).detach().to(x.dtype)


def _nudged(least, most, num_bits, narrow_range):
    """The range moved so that zero is one of its steps, and the size of a step."""
    dtype = torch.promote_types(least.dtype, torch.float32)
    least, most = least.to(dtype), most.to(dtype)
    first, last = int(narrow_range), 2**num_bits - 1
    scale = (most - least) / (last - first)
    zero = (first - least / scale).clamp(first, last).round()
    return (first - zero) * scale, (last - zero) * scale, scale
