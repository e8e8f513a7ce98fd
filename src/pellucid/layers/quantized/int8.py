"""int8: whole numbers from -127 to 127, and a scale for each output."""

from __future__ import annotations

from pellucid.dtypes import to_torch
from pellucid.layers.quantized.part import Mode, Part
from pellucid.quantizers import AbsMaxQuantizer, QuantizationConfig


class Int8(Mode):
    """Weights as int8, inputs rounded to int8 at each call."""

    name = "int8"

    def build(self, layer, part: Part, config):
        setattr(layer, part.attribute, _frozen(layer, part.shape, part.name, "zeros", "int8"))
        setattr(layer, f"{part.name}_scale", _frozen(layer, part.scale_shape, f"{part.name}_scale", "ones"))

    def numbers(self, layer, part, value, config):
        own = AbsMaxQuantizer(axis=part.reduced)
        numbers, scale = QuantizationConfig.weight_quantizer_or_default(config, own)(value, to_numpy=True)
        return {part.attribute: numbers, f"{part.name}_scale": part.stored_scale(scale)}

    def weight(self, layer, part):
        scale = part.weight_scale(getattr(layer, f"{part.name}_scale").value)
        return getattr(layer, part.attribute).value.to(to_torch(layer.compute_dtype)) / scale

    def saved(self, layer, part):
        return [f"{part.name}_scale"]


def _frozen(layer, shape, name, initializer, dtype=None):
    """A weight without gradients."""
    return layer.add_weight(shape, initializer, dtype=dtype, trainable=False, name=name)
