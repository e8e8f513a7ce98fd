"""gptq and awq: weights of few bits that were chosen by data; until then the layer computes with its own.

Kept true: numbers are stored as (columns, rows) of the kernel's matrix, 4-bit ones packed along columns.
Source: arXiv 2210.17323 (GPTQ), arXiv 2306.00978 (AWQ).
"""

from __future__ import annotations

import math

import torch

from pellucid.layers.quantized.part import Mode, Part
from pellucid.quantizers import pack_int4, unpack_int4
from pellucid.quantizers.awq import LargestInputs, awq_numbers
from pellucid.quantizers.gptq import InputProducts, gptq_numbers
from pellucid.quantizers.groups import dequantize_with_sz_map


class Calibrated(Mode):
    """The parent: a matrix of numbers, and for each group of its rows a scale and a zero point."""

    replaces = False

    def build(self, layer, part: Part, config):
        setattr(layer, f"is_{self.name}_calibrated", False)
        rows, columns = matrix_of(part.shape)
        layer.original_kernel_shape = layer.kernel_shape = part.shape
        setattr(layer, f"{self.name}_unpacked_column_size", columns)
        source = layer._policy if config is None else config
        layer._weight_bits, group_size = source.weight_bits, source.group_size
        groups = 1 if group_size == -1 else math.ceil(rows / group_size)
        shapes = {
            "quantized_kernel": ((_packed(layer, columns), rows), "zeros", "uint8"),
            "kernel_scale": ((columns, groups), "ones", None),
            "kernel_zero": ((columns, groups), "zeros", "uint8"),
            **self.own_shapes(rows),
            "g_idx": ((rows,), "zeros", "float32"),
        }
        for name, (shape, initializer, dtype) in shapes.items():
            word = "kernel" if name == "quantized_kernel" else name
            setattr(layer, name, layer.add_weight(shape, initializer, dtype, trainable=False, name=word))

    def own_shapes(self, rows) -> dict:
        """Further weights: shape, initializer, dtype."""
        return {}

    def numbers_of(self, layer, part):
        """The stored numbers, unpacked: (columns, rows)."""
        stored = layer.quantized_kernel.value
        if layer._weight_bits != 4:
            return stored
        return unpack_int4(stored, matrix_of(part.shape)[1], axis=0, dtype="uint8")

    def is_calibrated(self, layer) -> bool:
        """Whether the numbers have been chosen."""
        return getattr(layer, f"is_{self.name}_calibrated")

    def visible(self, layer, part):
        return self.numbers_of(layer, part) if self.is_calibrated(layer) else getattr(layer, part.attribute)

    def weight(self, layer, part):
        if not self.is_calibrated(layer):
            return getattr(layer, part.attribute).value
        numbers, scale, zero = self.numbers_of(layer, part), layer.kernel_scale.value, layer.kernel_zero.value
        return self.unscaled(layer, dequantize_with_sz_map(numbers, scale, zero, layer.g_idx.value).T).reshape(
            part.shape
        )

    def unscaled(self, layer, matrix):
        """The kernel's matrix, without what was done to it before its numbers were chosen."""
        return matrix

    def chosen(self, layer, part, watcher, config) -> dict:
        """The values of the stored weights, by attribute, as the inputs that were seen ask for."""
        matrix = getattr(layer, part.attribute).value.detach().reshape(matrix_of(part.shape)).T
        named = self.choose(matrix, watcher, config)
        numbers = named["quantized_kernel"].to(torch.uint8)
        named["quantized_kernel"] = pack_int4(numbers, axis=0, dtype="uint8")[0] if config.weight_bits == 4 else numbers
        return named

    def watcher(self, layer, part):
        """What is noted of the inputs."""
        raise NotImplementedError

    def choose(self, matrix, watcher, config) -> dict:
        """Numbers and scales of a matrix (columns, rows)."""
        raise NotImplementedError

    def saved(self, layer, part):
        return ["quantized_kernel", "kernel_scale", "kernel_zero", *self.own_shapes(0), "g_idx"]


class GPTQ(Calibrated):
    """Numbers of 2, 3, 4 or 8 bits."""

    name = "gptq"

    def watcher(self, layer, part):
        return InputProducts(matrix_of(part.shape)[0], getattr(layer, part.attribute).value.device)

    def choose(self, matrix, watcher, config):
        found = gptq_numbers(matrix, watcher.hessian, config)
        return dict(zip(("quantized_kernel", "kernel_scale", "kernel_zero", "g_idx"), found, strict=True))


class AWQ(Calibrated):
    """Numbers of 4 bits, of a kernel whose rows were scaled first."""

    name = "awq"

    def watcher(self, layer, part):
        return LargestInputs(matrix_of(part.shape)[0], getattr(layer, part.attribute).value.device)

    def choose(self, matrix, watcher, config):
        words = ("quantized_kernel", "kernel_scale", "kernel_zero", "awq_scales", "g_idx")
        return dict(zip(words, awq_numbers(matrix, watcher.largest, config), strict=True))

    def own_shapes(self, rows):
        return {"awq_scales": ((rows,), "ones", None)}

    def unscaled(self, layer, matrix):
        return matrix / layer.awq_scales.value.unsqueeze(-1)


def matrix_of(shape) -> tuple:
    """(rows, columns) of a kernel; with three axes the largest one stands alone."""
    if len(shape) == 2:
        return tuple(shape)
    first, middle, last = shape
    return (first, middle * last) if first == max(shape) else (first * middle, last)


def _packed(layer, columns) -> int:
    return (columns + 1) // 2 if layer._weight_bits == 4 else columns
