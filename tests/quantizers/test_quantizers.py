"""Quantizers and their configs. Judge: Keras on the same numbers, and sums by hand."""

import keras
import numpy as np
import pytest
import torch

from pellucid import quantizers
from pellucid.errors import ArgumentError, ArgumentTypeError, ShapeError, UnsupportedError
from pellucid.quantizers import groups
from pellucid.quantizers.groups import compute_quantization_parameters
from pellucid.quantizers.lookup import resolve_config

NUMBERS = np.random.default_rng(0).normal(size=(7, 6)).astype("float32")
CALLS = [
    ("abs_max_quantize", (NUMBERS,), {"axis": 0}),
    ("abs_max_quantize", (NUMBERS,), {"axis": (0, 1), "value_range": (-8, 7)}),
    ("abs_max_quantize", (NUMBERS,), {"axis": -1, "to_numpy": True}),
    ("abs_max_quantize_grouped_with_zero_point", (NUMBERS,), {"block_size": 3}),
    ("abs_max_quantize_grouped_with_zero_point", (NUMBERS,), {"block_size": 3, "to_numpy": True}),
    ("compute_quantization_parameters", (NUMBERS,), {"bits": 4}),
    ("compute_quantization_parameters", (NUMBERS,), {"bits": 4, "per_channel": True, "symmetric": True}),
    ("compute_quantization_parameters", (NUMBERS,), {"bits": 4, "per_channel": True, "group_size": 4}),
    ("compute_quantization_parameters", (NUMBERS,), {"bits": 8, "per_channel": True, "signed": True}),
    ("compute_float8_scale", (np.float32(3), np.float32(0.5), np.float32(448)), {}),
    ("compute_float8_scale", (np.float32(0), np.float32(0.5), np.float32(448)), {}),
    ("compute_float8_amax_history", (NUMBERS, np.arange(4, dtype="float32")), {}),
    ("quantize_and_dequantize", (NUMBERS, np.float32(0.01), "float8_e4m3fn", "float32"), {}),
    ("fake_quant_with_min_max_vars", (NUMBERS, np.float32(-1), np.float32(0.7)), {}),
    ("fake_quant_with_min_max_vars", (NUMBERS, -np.ones(6, "float32"), np.arange(1, 7, dtype="float32")), {"axis": 1}),
    ("fake_quant_with_min_max_vars", (NUMBERS, np.float32(-1), np.float32(1)), {"num_bits": 4, "narrow_range": True}),
]


def holder(modules, name):
    return next(module for module in modules if hasattr(module, name))


def arrays(found):
    found = found if isinstance(found, tuple) else (found,)
    return [np.asarray(x.detach() if isinstance(x, torch.Tensor) else x) for x in found]


@pytest.mark.parametrize(("name", "args", "kwargs"), CALLS)
def test_numbers_are_keras_s(name, args, kwargs):
    args = [torch.from_numpy(x) if isinstance(x, np.ndarray) else x for x in args]
    modules = ((quantizers, groups), (keras.src.quantizers,))
    ours, theirs = (getattr(holder(found, name), name)(*args, **kwargs) for found in modules)
    for got, expected in zip(arrays(ours), arrays(theirs), strict=True):
        assert got.dtype == expected.dtype
        np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("dtype", ["int8", "uint8"])
def test_packed_numbers_come_back(axis, dtype):
    low, high = (-8, 8) if dtype == "int8" else (0, 16)
    numbers = torch.from_numpy(np.random.default_rng(0).integers(low, high, (3, 5)).astype(dtype))
    packed, shape, length = quantizers.pack_int4(numbers, axis=axis, dtype=dtype)
    expected = keras.quantizers.pack_int4(numbers, axis=axis, dtype=dtype)
    assert packed.tolist() == expected[0].tolist()
    assert (shape, length) == (tuple(expected[1]), expected[2])
    assert quantizers.unpack_int4(packed, length, axis=axis, dtype=dtype).tolist() == numbers.tolist()


def test_two_numbers_share_a_byte():
    packed, _, _ = quantizers.pack_int4(torch.tensor([3, -1, 7], dtype=torch.int8))
    assert packed.tolist() == [3 - 16, 7]  # 0xF3, 0x07


def test_fake_quantization_hands_gradients_of_clipped_values_to_the_range():
    x = torch.tensor([-2.0, 0.5, 3.0], requires_grad=True)
    least, most = torch.tensor(-1.0, requires_grad=True), torch.tensor(1.0, requires_grad=True)
    quantizers.fake_quant_with_min_max_vars(x, least, most).backward(torch.tensor([1.0, 10.0, 100.0]))
    assert x.grad.tolist() == [0.0, 10.0, 0.0]
    assert (float(least.grad), float(most.grad)) == (1.0, 100.0)


@pytest.mark.parametrize(
    "config",
    [
        quantizers.Int8QuantizationConfig(quantizers.AbsMaxQuantizer(axis=0), None),
        quantizers.Int4QuantizationConfig(block_size=64),
        quantizers.Float8QuantizationConfig(),
        quantizers.GPTQConfig(None, None, weight_bits=8, group_size=-1),
        quantizers.AWQConfig(None, None, num_grid_points=3),
    ],
    ids=lambda config: config.mode,
)
def test_configs_come_back(config):
    again = quantizers.deserialize(quantizers.serialize(config))
    assert type(again) is type(config)
    assert again.get_config() == config.get_config()
    assert quantizers.get(config) is config


REFUSED = [
    (lambda: quantizers.AbsMaxQuantizer(value_range=(-200, 200)), ArgumentError, "more than int8 holds"),
    (lambda: quantizers.Int4QuantizationConfig(block_size=-3), ArgumentError, "counts inputs"),
    (lambda: quantizers.Int4QuantizationConfig(quantizers.AbsMaxQuantizer()), ArgumentError, "without quantizers"),
    (
        lambda: quantizers.Int4QuantizationConfig(quantizers.AbsMaxQuantizer(), block_size=None),
        ArgumentError,
        "another range",
    ),
    (lambda: quantizers.GPTQConfig(None, None, weight_bits=5), ArgumentError, "other sizes"),
    (lambda: quantizers.GPTQConfig(None, None, hessian_damping=2), ArgumentError, "is a share"),
    (lambda: quantizers.AWQConfig(None, None, group_size=0), ArgumentError, "counts inputs"),
    (lambda: quantizers.AWQConfig(None, None, num_samples=0), ArgumentError, "too small"),
    (lambda: quantizers.get("no_such"), ArgumentError, "no quantizer"),
    (lambda: resolve_config("gptq", None), ArgumentError, "needs data"),
    (lambda: resolve_config(None, None), ArgumentError, "Nothing says how"),
    (lambda: resolve_config("int8", quantizers.Float8QuantizationConfig()), ArgumentError, "contradict"),
    (lambda: quantizers.QuantizationConfig().mode, UnsupportedError, "has no mode"),
    (lambda: quantizers.Quantizer().get_config(), UnsupportedError, "no `get_config`"),
    (lambda: quantizers.pack_int4(torch.ones(2)), ArgumentTypeError, "come as bytes"),
    (lambda: quantizers.unpack_int4(torch.ones(2, dtype=torch.int8), 2, dtype="int16"), ArgumentError, "into bytes"),
    (lambda: compute_quantization_parameters(torch.ones(2), bits=4), ShapeError, "no matrix"),
]


@pytest.mark.parametrize(("call", "error", "text"), REFUSED)
def test_refusals(call, error, text):
    with pytest.raises(error, match=text):
        call()
