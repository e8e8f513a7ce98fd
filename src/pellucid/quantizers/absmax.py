"""Quantizing by the largest absolute value: whole numbers, and the factor that made them.

Below:  graph/values.py makes tensors.
Beside: groups.py, for a scale and a zero point of each group.
Kept true: ``values / scale`` is near the input; a scale keeps the reduced axes, with size 1.
"""

from __future__ import annotations

import math

import torch

from pellucid import settings
from pellucid.dtypes import to_torch
from pellucid.errors import ArgumentError, UnsupportedError
from pellucid.graph.values import convert_to_tensor


class Quantizer:
    """Something that makes numbers of fewer bits; the parent gives back what it gets.

    Args:
        output_dtype: of the numbers made.
    """

    def __init__(self, output_dtype="int8"):
        self.output_dtype = output_dtype

    def __call__(self, x):
        return x

    @classmethod
    def from_config(cls, config):
        """Make it again from what `get_config` gave."""
        return cls(**config)

    def get_config(self):
        """What is needed to make it again; a subclass says it."""
        raise UnsupportedError(f"{type(self).__name__} has no `get_config`.", fix="def get_config(self): return {...}")


class AbsMaxQuantizer(Quantizer):
    """Whole numbers by the largest absolute value along an axis.

    Args:
        axis: along which one scale holds; may be given at the call instead.
        value_range: the lowest and the highest whole number.
        epsilon: added to the largest value, so that zeros make no division by zero.
        output_dtype: of the whole numbers.

    Raises:
        ArgumentError: a range that int8 does not hold.

    Source: keras.quantizers.AbsMaxQuantizer, Keras 3.15.
    """

    def __init__(self, axis=None, value_range=(-127, 127), epsilon=1e-7, output_dtype="int8"):
        super().__init__(output_dtype=output_dtype)
        self.axis = (axis,) if isinstance(axis, int) else None if axis is None else tuple(axis)
        self.value_range = value_range
        self.epsilon = epsilon
        if output_dtype == "int8" and (value_range[0] < -128 or value_range[1] > 127):
            raise ArgumentError("`value_range` is more than int8 holds.", got=value_range, expected="-128 to 127")

    def __call__(self, x, axis=None, to_numpy=False):
        axis = self.axis if axis is None else axis
        return abs_max_quantize(
            x, -1 if axis is None else axis, self.value_range, self.output_dtype, self.epsilon, to_numpy
        )

    def get_config(self):
        config = {"value_range": self.value_range, "epsilon": self.epsilon, "output_dtype": self.output_dtype}
        return config if self.axis is None else {**config, "axis": self.axis}


def abs_max_quantize(inputs, axis, value_range=(-127, 127), dtype="int8", epsilon=None, to_numpy=False):
    """Whole numbers by the largest absolute value along `axis`.

    Args:
        to_numpy: compute in float32 at least, whatever the dtype of `inputs`.

    Returns:
        The numbers, and their scale: what the inputs were multiplied with, in the dtype of the inputs.
    """
    x = convert_to_tensor(inputs).detach()
    given = x.dtype if x.is_floating_point() else to_torch(settings.floatx())
    if to_numpy or not x.is_floating_point():
        x = x.to(torch.promote_types(given, torch.float32))
    epsilon = settings.epsilon() if epsilon is None else epsilon
    axis = axis if isinstance(axis, int) else tuple(axis)
    scale = value_range[1] / (x.abs().amax(dim=axis, keepdim=True) + epsilon)
    outputs = (x * scale).round().clamp(*value_range)
    return outputs.to(to_torch(dtype)), scale.to(given)


def abs_max_quantize_grouped_with_zero_point(
    inputs, block_size, value_range=(-8, 7), dtype="int8", epsilon=None, to_numpy=False
):
    """Whole numbers with one scale and zero point for each block of rows, in each column.

    Shapes:
        inputs       (rows, columns)
        scale, zero  (blocks, columns)

    Returns:
        The numbers, the scale, and the zero point: ``(numbers - zero) * scale`` is near the input.
    """
    x = convert_to_tensor(inputs).detach()
    given, (low, high) = x.dtype, value_range
    x = x.to(torch.promote_types(given, torch.float32))
    epsilon = settings.epsilon() if epsilon is None else epsilon
    rows, columns = x.shape
    blocks = math.ceil(rows / block_size)
    padded = torch.nn.functional.pad(x, (0, 0, 0, blocks * block_size - rows))
    grouped = padded.reshape(blocks, block_size, columns)
    least, most = grouped.amin(dim=1, keepdim=True), grouped.amax(dim=1, keepdim=True)
    scale = (most - least + epsilon) / (high - low)
    zero = ((-least / scale).round() + low).clamp(low, high)
    outputs = ((grouped / scale).round() + zero).clamp(low, high)
    outputs = outputs.reshape(blocks * block_size, columns)[:rows].to(to_torch(dtype))
    return outputs, scale[:, 0].to(given), zero[:, 0].to(torch.int8)
