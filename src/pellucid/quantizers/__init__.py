"""Quantizers: numbers in fewer bits, and how layers are told to keep theirs so."""

from pellucid.quantizers.absmax import (
    AbsMaxQuantizer,
    Quantizer,
    abs_max_quantize,
    abs_max_quantize_grouped_with_zero_point,
)
from pellucid.quantizers.calibrated import AWQConfig, GPTQConfig
from pellucid.quantizers.configs import (
    Float8QuantizationConfig,
    Int4QuantizationConfig,
    Int8QuantizationConfig,
    QuantizationConfig,
)
from pellucid.quantizers.fake import fake_quant_with_min_max_vars
from pellucid.quantizers.float8 import compute_float8_amax_history, compute_float8_scale, quantize_and_dequantize
from pellucid.quantizers.lookup import deserialize, get, serialize
from pellucid.quantizers.packing import pack_int4, unpack_int4

__all__ = [
    "AWQConfig",
    "AbsMaxQuantizer",
    "Float8QuantizationConfig",
    "GPTQConfig",
    "Int4QuantizationConfig",
    "Int8QuantizationConfig",
    "QuantizationConfig",
    "Quantizer",
    "abs_max_quantize",
    "abs_max_quantize_grouped_with_zero_point",
    "compute_float8_amax_history",
    "compute_float8_scale",
    "deserialize",
    "fake_quant_with_min_max_vars",
    "get",
    "pack_int4",
    "quantize_and_dequantize",
    "serialize",
    "unpack_int4",
]
