"""int4: whole numbers from -8 to 7, two to a byte, with one scale for each output, or for each block of inputs.

Kept true: the weight is stored as a matrix; blocks have a zero point besides the scale, whole outputs have none.
"""

from __future__ import annotations

import math

import torch

from pellucid.dtypes import to_torch
from pellucid.layers.quantized.part import Mode, Part
from pellucid.quantizers import (
    AbsMaxQuantizer,
    QuantizationConfig,
    abs_max_quantize_grouped_with_zero_point,
    pack_int4,
    unpack_int4,
)
from pellucid.quantizers.groups import dequantize_with_sz_map


class Int4(Mode):
    """Weights of 4 bits."""

    name = "int4"

    def build(self, layer, part: Part, config):
        layer._int4_block_size = block_size = block_size_of(layer, config)
        layer.original_kernel_shape = part.shape
        layer._orig_output_dim = layer._int4_unpacked_column_size = part.matrix[1]
        axis = part.pack_axis % 2
        packed = tuple((size + 1) // 2 if k == axis else size for k, size in enumerate(part.matrix))
        facts = {"trainable": False}
        setattr(layer, part.attribute, layer.add_weight(packed, "zeros", "int8", name=part.name, **facts))
        shape = self._scale_shape(part, block_size)
        scale = layer.add_weight(shape, "ones", name=f"{part.name}_scale", **facts)
        setattr(layer, f"{part.name}_scale", scale)
        if not _in_blocks(block_size):
            return
        zero = layer.add_weight(shape, "zeros", "int8", name=f"{part.name}_zero", **facts)
        setattr(layer, f"{part.name}_zero", zero)
        if getattr(layer, "g_idx", None) is None:
            size = part.matrix[part.group_axis]
            layer.g_idx = layer.add_weight((size,), _groups_of(block_size), "float32", name="g_idx", **facts)

    def _scale_shape(self, part: Part, block_size) -> tuple:
        across = part.matrix[1 - part.group_axis]
        if not _in_blocks(block_size):
            return (across,)
        blocks = math.ceil(part.matrix[part.group_axis] / block_size)
        return (blocks, across) if part.group_axis == 0 else (across, blocks)

    def numbers(self, layer, part, value, config):
        matrix = value.reshape(part.matrix)
        block_size = block_size_of(layer, config)
        named = {}
        if _in_blocks(block_size):
            turned = matrix if part.group_axis == 0 else matrix.T
            numbers, scale, zero = abs_max_quantize_grouped_with_zero_point(turned, block_size, to_numpy=True)
            if part.group_axis == 1:
                numbers, scale, zero = numbers.T, scale.T, zero.T
            named[f"{part.name}_zero"] = zero
        else:
            own = AbsMaxQuantizer(axis=part.group_axis, value_range=(-8, 7))
            numbers, scale = QuantizationConfig.weight_quantizer_or_default(config, own)(matrix, to_numpy=True)
            scale = scale.flatten()
        packed = pack_int4(numbers, axis=part.pack_axis)[0]
        return {part.attribute: packed, f"{part.name}_scale": scale, **named}

    def _matrix(self, layer, part):
        stored = getattr(layer, part.attribute).value
        return unpack_int4(stored, part.matrix[part.pack_axis], axis=part.pack_axis)

    def visible(self, layer, part):
        return self._matrix(layer, part).reshape(part.shape)

    def weight(self, layer, part):
        dtype = to_torch(layer.compute_dtype)
        numbers = self._matrix(layer, part).to(dtype)
        scale = getattr(layer, f"{part.name}_scale").value
        if _in_blocks(layer._int4_block_size):
            zero = getattr(layer, f"{part.name}_zero").value
            numbers = dequantize_with_sz_map(numbers, scale, zero, layer.g_idx.value, group_axis=part.group_axis)
        else:
            numbers = numbers / scale.unsqueeze(part.group_axis)
        return numbers.to(dtype).reshape(part.shape)

    def saved(self, layer, part):
        return [f"{part.name}_scale", f"{part.name}_zero", "g_idx"]


def _groups_of(block_size):
    """An initializer: the block in which each place lies."""
    return lambda shape, dtype=None: torch.arange(shape[0]) // block_size


def _in_blocks(block_size) -> bool:
    return block_size not in (None, -1)


def block_size_of(layer, config):
    """Inputs that share a scale: by the config, else by the layer's policy; None for all."""
    if hasattr(config, "block_size"):
        return config.block_size
    block_size = getattr(layer._policy, "block_size", None)
    return None if block_size == -1 else block_size
