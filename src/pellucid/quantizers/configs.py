"""Quantization configs: how a layer or model is to be quantized, as plain data.

Below:  absmax.py holds the quantizers that a config may carry.
Beside: calibrated.py, the configs of modes that need data.
"""

from __future__ import annotations

from pellucid.errors import ArgumentError, UnsupportedError
from pellucid.graph.objects import deserialize_keras_object, serialize_keras_object
from pellucid.quantizers.absmax import AbsMaxQuantizer


class QuantizationConfig:
    """How to quantize: by which quantizers weights and inputs; a subclass says its `mode`.

    Args:
        weight_quantizer: for weights; the mode's own if None.
        activation_quantizer: for inputs; they stay as they are if None.
    """

    def __init__(self, weight_quantizer=None, activation_quantizer=None):
        self.weight_quantizer = weight_quantizer
        self.activation_quantizer = activation_quantizer

    @property
    def mode(self) -> str:
        """The quantization mode."""
        raise UnsupportedError(f"{type(self).__name__} has no mode.", fix="Int8QuantizationConfig()")

    def get_config(self) -> dict:
        """What is needed to make it again."""
        return {word: serialize_keras_object(getattr(self, word)) for word in _QUANTIZERS}

    @classmethod
    def from_config(cls, config):
        """Make it again from what `get_config` gave."""
        return cls(**{**config, **{word: deserialize_keras_object(config.get(word)) for word in _QUANTIZERS}})

    @staticmethod
    def weight_quantizer_or_default(config, default):
        """The config's quantizer for weights, or another where it has none."""
        return default if config is None or config.weight_quantizer is None else config.weight_quantizer

    @staticmethod
    def activation_quantizer_or_default(config, default):
        """The config's quantizer for inputs, which may be None; another where there is no config."""
        return default if config is None else config.activation_quantizer


_QUANTIZERS = ("weight_quantizer", "activation_quantizer")


class Int8QuantizationConfig(QuantizationConfig):
    """Weights, and by default inputs, as int8.

    Raises:
        ArgumentError: a quantizer of another dtype.
    """

    mode = "int8"

    def __init__(self, weight_quantizer=None, activation_quantizer="default"):
        if isinstance(activation_quantizer, str) and activation_quantizer == "default":
            activation_quantizer = AbsMaxQuantizer()
        super().__init__(weight_quantizer, activation_quantizer)
        _check_quantizer(self)


class Int4QuantizationConfig(QuantizationConfig):
    """Weights of 4 bits.

    Args:
        block_size: inputs that share one scale; None or -1 for all.

    Raises:
        ArgumentError: no such size, or quantizers that do not go with it.
    """

    mode = "int4"

    def __init__(self, weight_quantizer=None, activation_quantizer="default", block_size=128):
        if isinstance(activation_quantizer, str) and activation_quantizer == "default":
            activation_quantizer = None
        super().__init__(weight_quantizer, activation_quantizer)
        if block_size is not None and block_size != -1 and block_size <= 0:
            raise ArgumentError("`block_size` counts inputs.", got=block_size, expected="1 or more, None or -1")
        self.block_size = block_size
        in_blocks = block_size not in (None, -1)
        if in_blocks and not (self.weight_quantizer is None and self.activation_quantizer is None):
            raise ArgumentError(
                "Blocks are quantized in their own way, without quantizers.",
                got=f"block_size={block_size} and a quantizer",
                fix="block_size=None",
            )
        _check_quantizer(self, (-8, 7))

    def get_config(self):
        return {**super().get_config(), "block_size": self.block_size}

    @classmethod
    def from_config(cls, config):
        # Configs from before there were blocks had one scale for all inputs.
        return super().from_config({"block_size": None, **config})


class Float8QuantizationConfig(QuantizationConfig):
    """Training in float8."""

    mode = "float8"

    def __init__(self):
        super().__init__()

    def get_config(self):
        return {}

    @classmethod
    def from_config(cls, config):
        return cls()


def _check_quantizer(config, value_range=None):
    quantizer = config.weight_quantizer
    if quantizer is None:
        return
    if quantizer.output_dtype != "int8":
        raise ArgumentError(
            f"Weights of {config.mode} are stored as int8.", got=quantizer.output_dtype, expected="int8"
        )
    if value_range is not None and tuple(quantizer.value_range) != value_range:
        raise ArgumentError(
            f"Weights of {config.mode} have another range.", got=quantizer.value_range, expected=value_range
        )
