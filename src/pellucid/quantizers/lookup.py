"""Quantizers by name, to and from plain data; and one config from a mode, a config, or both."""

from __future__ import annotations

from pellucid.dtype_policies.quantized import QUANTIZATION_MODES
from pellucid.errors import ArgumentError
from pellucid.graph.objects import deserialize_keras_object, serialize_keras_object
from pellucid.naming import to_snake_case
from pellucid.quantizers.absmax import AbsMaxQuantizer, Quantizer
from pellucid.quantizers.calibrated import AWQConfig, GPTQConfig
from pellucid.quantizers.configs import (
    Float8QuantizationConfig,
    Int4QuantizationConfig,
    Int8QuantizationConfig,
    QuantizationConfig,
)

_CLASSES = (
    Quantizer,
    AbsMaxQuantizer,
    QuantizationConfig,
    Int8QuantizationConfig,
    Int4QuantizationConfig,
    Float8QuantizationConfig,
    GPTQConfig,
    AWQConfig,
)
QUANTIZERS = {name: cls for cls in _CLASSES for name in (cls.__name__, to_snake_case(cls.__name__))}
_BY_MODE = {"int8": Int8QuantizationConfig, "int4": Int4QuantizationConfig, "float8": Float8QuantizationConfig}
_WITH_DATA = {"gptq": GPTQConfig, "awq": AWQConfig}


def get(identifier, **kwargs):
    """The quantizer or quantization config that is meant by a name, a config, a class, or an instance; None stays None.

    Raises:
        ArgumentError: nothing of these.
    """
    found = identifier
    if isinstance(identifier, dict):
        found = deserialize(identifier)
    elif isinstance(identifier, str):
        found = QUANTIZERS.get(identifier)
    if isinstance(found, type):
        return found(**kwargs)
    if (found is None and identifier is None) or callable(found) or isinstance(found, QuantizationConfig):
        return found
    raise ArgumentError("This is no quantizer.", got=repr(identifier), expected=", ".join(c.__name__ for c in _CLASSES))


def serialize(initializer):
    """A quantizer as plain data."""
    return serialize_keras_object(initializer)


def deserialize(config, custom_objects=None):
    """The quantizer that plain data stands for."""
    return deserialize_keras_object(config, module_objects=QUANTIZERS, custom_objects=custom_objects)


def resolve_config(mode, config) -> QuantizationConfig:
    """One config, from a mode, a config, or both.

    Raises:
        ArgumentError: no such mode, neither given, or two that contradict each other.
    """
    if isinstance(config, str):
        mode, config = config, None
    if mode is not None and mode not in QUANTIZATION_MODES:
        raise ArgumentError(
            "There is no such quantization mode.", got=repr(mode), expected=", ".join(QUANTIZATION_MODES)
        )
    if config is None:
        return _default_config(mode)
    if not isinstance(config, QuantizationConfig):
        raise ArgumentError("This is no quantization config.", got=repr(config), fix="config=Int8QuantizationConfig()")
    if mode not in (None, config.mode):
        raise ArgumentError("Mode and config contradict each other.", got=f"{mode!r} and {config.mode!r}")
    needed = _WITH_DATA.get(config.mode, QuantizationConfig)
    if config.mode not in QUANTIZATION_MODES or not isinstance(config, needed):
        raise ArgumentError("This config is of another kind.", got=type(config).__name__, expected=needed.__name__)
    return config


def _default_config(mode):
    if mode is None:
        raise ArgumentError("Nothing says how to quantize.", fix='quantize("int8")')
    if mode in _WITH_DATA:
        raise ArgumentError(
            f"{mode} needs data.", got="no config", fix=f"config={_WITH_DATA[mode].__name__}(dataset, tokenizer)"
        )
    return _BY_MODE[mode]()
