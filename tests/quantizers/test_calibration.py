"""GPTQ and AWQ. Judge: what plain rounding loses, Keras on the same inputs, and a model's own outputs before."""

import keras
import numpy as np
import pytest
import torch
from keras.src.quantizers.awq import awq_quantize_matrix

import pellucid
from pellucid.errors import ArgumentError, ArgumentTypeError
from pellucid.models.calibrating import token_windows
from pellucid.quantizers import AWQConfig, GPTQConfig
from pellucid.quantizers.awq import awq_numbers
from pellucid.quantizers.gptq import InputProducts, gptq_numbers
from pellucid.quantizers.groups import (
    compute_quantization_parameters,
    dequantize_with_sz_map,
    quantize_with_zero_point,
)

torch.manual_seed(0)
WEIGHTS = torch.randn(6, 150)
INPUTS = torch.randn(400, 150) @ torch.randn(150, 150)  # inputs that go together, as real ones do


class Letters:
    def tokenize(self, text):
        return [ord(letter) % 20 for letter in text]


@pytest.mark.parametrize(
    "arguments", [{"group_size": -1}, {"group_size": 50}, {"group_size": 64, "activation_order": True}]
)
def test_gptq_loses_less_of_the_outputs_than_rounding(arguments):
    config = GPTQConfig(None, None, weight_bits=4, **arguments)
    products = InputProducts(150)
    products.update(INPUTS[:150])
    products.update(INPUTS[150:])
    torch.testing.assert_close(products.hessian, 2 * INPUTS.T @ INPUTS / 400, rtol=1e-3, atol=1e-1)
    near = dequantize_with_sz_map(*gptq_numbers(WEIGHTS, products.hessian, config))
    scale, zero, most = compute_quantization_parameters(WEIGHTS, bits=4, per_channel=True)
    plain = scale * (quantize_with_zero_point(WEIGHTS, scale, zero, most) - zero)
    lost, lost_plainly = (float(((WEIGHTS - w) @ INPUTS.T).square().mean()) for w in (near, plain))
    assert lost < 0.5 * lost_plainly


def test_without_ties_between_inputs_gptq_is_rounding():
    config = GPTQConfig(None, None, group_size=-1)
    numbers, scale, _, _ = gptq_numbers(WEIGHTS, torch.eye(150), config)
    own_scale, own_zero, most = compute_quantization_parameters(WEIGHTS, bits=4, per_channel=True)
    assert torch.equal(scale, own_scale)
    assert torch.equal(numbers, quantize_with_zero_point(WEIGHTS, own_scale, own_zero, most))


@pytest.mark.parametrize("group_size", [-1, 50, 64])
def test_awq_numbers_are_keras_s(group_size):
    config = AWQConfig(None, None, group_size=group_size)
    largest = INPUTS.abs().amax(dim=0)
    theirs = awq_quantize_matrix(WEIGHTS, largest, num_grid_points=20, group_size=group_size)
    for got, expected in zip(awq_numbers(WEIGHTS, largest, config), theirs, strict=True):
        np.testing.assert_allclose(got, keras.ops.convert_to_numpy(expected), rtol=1e-4)


@pytest.mark.parametrize("config", [GPTQConfig, AWQConfig])
def test_a_group_of_one_sign_comes_back(config):
    weights, made = torch.tensor([[15.0, 30.0], [-15.0, -30.0]]), config(None, None, group_size=-1)
    if config is GPTQConfig:
        near = dequantize_with_sz_map(*gptq_numbers(weights, torch.eye(2), made))
    else:
        numbers, scale, zero, awq_scales, g_idx = awq_numbers(weights, torch.ones(2), made)
        near = dequantize_with_sz_map(numbers, scale, zero, g_idx) / awq_scales
    torch.testing.assert_close(near, weights, atol=1.0, rtol=0)  # steps of 2


@pytest.mark.parametrize("config", [GPTQConfig, AWQConfig])
def test_a_calibrated_model_gives_nearly_what_it_gave(config):
    layers = pellucid.layers
    embedding, block = layers.Embedding(20, 16), pellucid.Sequential([layers.Dense(16), layers.Dense(16)])
    model = pellucid.Sequential([pellucid.Input((8,), dtype="int32"), embedding, block])
    x = np.arange(16).reshape(2, 8)
    before = model.predict(x, verbose=0)
    structure = {"pre_block_layers": [embedding], "sequential_blocks": [block]}
    settings = {"num_samples": 4, "sequence_length": 8, "group_size": 8, "quantization_layer_structure": structure}
    with pytest.warns(UserWarning, match="stays as it is"):  # the Embedding
        model.quantize(config=config(["so it goes, and on and on"], Letters(), **settings))
    dense = block.layers[0]
    assert dense.quantized_kernel.shape == (8, 16)
    assert not hasattr(dense, "_kernel")
    after = model.predict(x, verbose=0)
    assert np.abs(after - before).max() < 0.2 * np.abs(before).max()


def test_data_is_cut_into_windows_evenly_spread_and_repeated():
    config = GPTQConfig([[1, 2, 3]], Letters(), num_samples=2, sequence_length=3)
    assert [window.tolist() for window in token_windows(config)] == [[[1, 2, 3]], [[1, 2, 3]]]


def test_refusals():
    with pytest.raises(ArgumentError, match="needs data"):
        token_windows(GPTQConfig(None, None))
    with pytest.raises(ArgumentTypeError, match="list of texts"):
        token_windows(GPTQConfig("text", Letters()))
    model = pellucid.Sequential([pellucid.Input((8,)), pellucid.layers.Dense(2)])
    with pytest.raises(ArgumentError, match="block by block"):
        model.quantize(config=AWQConfig(["text"], Letters()))
