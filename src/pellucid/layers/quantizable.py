"""Quantizable: a layer's side of quantization. It describes its weights as parts, and computes with what a mode makes of them.

Below:  adapting.py (LoRA, which comes on top), quantized/ (one file for each mode).
Above:  core.py, einsum_dense.py, embedding.py, reversible_embedding.py.
Kept true: a quantized call is the layer's own product, with inputs as their quantizer rounds them and with the
           weight that its numbers stand for; gradients pass the rounding as if it were not there.
"""

from __future__ import annotations

import torch

from pellucid import dtype_policies, quantizers
from pellucid.layers.adapting import Adapting
from pellucid.layers.quantized.calibrated import AWQ, GPTQ
from pellucid.layers.quantized.float8 import Float8
from pellucid.layers.quantized.int4 import Int4, block_size_of
from pellucid.layers.quantized.int8 import Int8
from pellucid.layers.quantized.part import Part
from pellucid.quantizers import AbsMaxQuantizer, QuantizationConfig

_MODES = {mode.name: mode for mode in (Int8(), Int4(), Float8(), GPTQ(), AWQ())}


class Quantizable(Adapting):
    """A layer whose weights may be stored in fewer bits.

    A sister names its `quantization_modes`, describes its weights in `parts`, and writes its product in `combine`.
    """

    quantization_modes: tuple[str, ...] = tuple(_MODES)
    rounds_inputs = True
    inputs_quantizer = None
    _watcher = None

    def parts(self) -> list[Part]:
        """Its weights; the main one first."""
        raise NotImplementedError

    def combine(self, x, weight):
        """The product of inputs and main weight, without bias and activation."""
        raise NotImplementedError

    def finish(self, y):
        """What comes after the product."""
        return y

    def input_axes(self, ndim: int):
        """The axes of the input that share a scale."""
        return -1

    @classmethod
    def from_config(cls, config):
        if isinstance(config.get("quantization_config"), dict):
            config = {**config, "quantization_config": quantizers.deserialize(config["quantization_config"])}
        return super().from_config(config)

    @property
    def _mode(self):
        return _MODES[self.quantization_mode]

    def make_main(self, shape, initializer=None):
        """Make the main weight, or what holds it in the mode of the layer's policy."""
        mode = self.quantization_mode
        if mode is not None:
            self.quantized_build(shape, mode, self.quantization_config)
        if mode is None or mode == "float8":
            self.add_main(shape, initializer)

    def quantized_build(self, input_shape, mode, config=None):
        """Make the weights that hold the quantized ones."""
        if mode not in self.quantization_modes:
            raise self._no_mode(mode)
        if self.rounds_inputs:
            own = AbsMaxQuantizer() if mode == "int8" else None
            self.inputs_quantizer = QuantizationConfig.activation_quantizer_or_default(config, own)
        self._part_shape = tuple(input_shape)
        for part in self.parts():
            _MODES[mode].build(self, part, config)
        self._is_quantized = True

    def quantize(self, mode=None, type_check=True, config=None):
        if mode not in self.quantization_modes:
            raise self._no_mode(mode)
        if type_check and "_may_quantize" not in type(self).__dict__:
            raise self._no("quantize")
        self.quantization_config = config
        self._part_shape = tuple(getattr(self, "_" + self.main).shape)
        way, numbers = _MODES[mode], {}
        for part in self.parts():
            numbers |= way.numbers(self, part, getattr(self, part.attribute).value, config)
            if way.replaces:
                delattr(self, part.attribute)
        self.quantized_build(self._part_shape, mode, config)
        for name, value in numbers.items():
            getattr(self, name).assign(value)
        if self.quantization_mode is None:
            self.dtype_policy = dtype_policies.get(f"{self._policy_word(mode, config)}_from_{self.dtype_policy.name}")

    def _policy_word(self, mode, config) -> str:
        if mode == "int4":
            return f"int4/{block_size_of(self, config) or -1}"
        return config.dtype_policy_string() if mode in ("gptq", "awq") else mode

    # ---- the call

    def quantized_call(self, inputs, training=None):
        mode = self.quantization_mode
        if mode not in self.quantization_modes:
            raise self._no_mode(mode)
        if self._watcher is not None:
            self._watcher.update(inputs.reshape(-1, self._watcher.rows))
        part = self.parts()[0]
        if mode == "float8":
            return self._float8_call(inputs, part, training)
        x = self.rounded(inputs) if self.rounds_inputs else inputs
        y = self.combine(x, self._mode.weight(self, part))
        return self.finish(self.adapted(y, inputs))

    def _float8_call(self, inputs, part, training):
        if self.lora_enabled:
            raise self._no("LoRA in float8")
        y = _MODES["float8"].product(self, part, inputs, training)
        return self.activation(y if self.bias is None else y + _MODES["float8"].bias(self))

    def adapted(self, y, inputs):
        """A product with what LoRA adds to it."""
        return (y + self.combine(inputs, self.lora_delta().to(y.dtype))).to(y.dtype) if self.lora_enabled else y

    def rounded(self, x):
        """Inputs as their quantizer rounds them; gradients pass as if it had not."""
        if not self.inputs_quantizer:
            return x
        numbers, scale = self.inputs_quantizer(x, axis=self.input_axes(x.ndim))
        near = numbers.to(x.dtype) / scale
        return x + (near - x).detach() if torch.is_grad_enabled() and x.requires_grad else near

    def watch_inputs(self):
        """From now on note of the inputs what gptq or awq needs to choose numbers."""
        self._watcher = self._mode.watcher(self, self.parts()[0])

    def choose_numbers(self, config):
        """Choose the numbers by the inputs seen; the floating-point weight goes."""
        watcher, self._watcher = self._watcher, None
        for name, value in self._mode.chosen(self, self.parts()[0], watcher, config).items():
            getattr(self, name).assign(value)
        delattr(self, "_" + self.main)
        setattr(self, f"is_{self.quantization_mode}_calibrated", True)

    def _visible_weight(self):
        return self._mode.visible(self, self.parts()[0])

    # ---- files

    def _saved(self):
        if not self._is_quantized:
            return super()._saved()
        own = [] if self.quantization_mode in ("gptq", "awq") else ["_" + self.main]
        return [*own, "bias", *self._mode.saved(self, self.parts()[0])]

    def _merged(self):
        if not self._is_quantized or not self.lora_enabled:
            return super()._merged()
        part = self.parts()[0]
        value = self._mode.weight(self, part).float() + self.lora_delta()
        # Rounded as at first, by the mode's own quantizer.
        plain = self.quantization_config if hasattr(self.quantization_config, "block_size") else None
        return self._mode.numbers(self, part, value, plain if plain and plain.weight_quantizer is None else None)

    def load_own_variables(self, store):
        super().load_own_variables(store)
        if self.quantization_mode in ("gptq", "awq"):
            setattr(self, f"is_{self.quantization_mode}_calibrated", True)
