"""Quantized layers. Judge: Keras on the same weights, and sums by hand."""

import keras
import numpy as np
import pytest
import torch

import pellucid
from pellucid.errors import ArgumentError, OrderError, UnsupportedError

LAYERS = [
    ("Dense", {"units": 5, "activation": "tanh"}, (None, 6)),
    ("EinsumDense", {"equation": "ab,bcd->acd", "output_shape": (4, 3), "bias_axes": "d"}, (None, 6)),
    ("EinsumDense", {"equation": "abcde,afce->acdbf", "output_shape": (2, 4, 3, 5)}, (2, 3, 2, 4, 6)),
    ("Embedding", {"input_dim": 7, "output_dim": 5}, (None, 4)),
    ("ReversibleEmbedding", {"input_dim": 7, "output_dim": 5, "tie_weights": False}, (None, 4)),
]
CONFIGS = {
    "int8": lambda q: q.Int8QuantizationConfig(),
    "int8, weights only": lambda q: q.Int8QuantizationConfig(activation_quantizer=None),
    "int4": lambda q: q.Int4QuantizationConfig(block_size=None),
    "int4, blocks": lambda q: q.Int4QuantizationConfig(block_size=4),
    "float8": lambda q: q.Float8QuantizationConfig(),
}


def inputs(name, shape):
    shape = (2, *shape[1:])
    if "Embedding" in name:
        return np.arange(np.prod(shape)).reshape(shape) % 7
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def quantized_pair(name, arguments, shape, word, lora=False):
    """Ours and Keras's, with the same weights, quantized."""
    pair = [getattr(module.layers, name)(**arguments) for module in (pellucid, keras)]
    rng = np.random.default_rng(1)
    for layer in pair:
        layer.build(shape)
    values = [rng.normal(size=v.shape).astype("float32") for v in pair[0].weights]
    for layer, module in zip(pair, (pellucid, keras), strict=True):
        layer.set_weights(values)
        layer.quantize(config=CONFIGS[word](module.quantizers))
        if lora:
            layer.enable_lora(2)
            main = "embeddings" if "Embedding" in name else "kernel"
            for letter in "ab":
                v = getattr(layer, f"lora_{main}_{letter}")
                v.assign(np.linspace(-1, 1, np.prod(v.shape)).reshape(v.shape))
    return pair


CASES = [
    pytest.param(name, arguments, shape, word, id=f"{name}-{len(shape)}-{word}")
    for name, arguments, shape in LAYERS
    for word in CONFIGS
    if not (word == "float8" and "Embedding" in name)
]


@pytest.mark.parametrize(("name", "arguments", "shape", "word"), CASES)
def test_a_quantized_layer_holds_and_computes_what_keras_does(name, arguments, shape, word):
    ours, theirs = quantized_pair(name, arguments, shape, word)
    assert ours.dtype_policy.name == theirs.dtype_policy.name
    assert [v.name for v in ours.weights] == [v.name for v in theirs.weights]
    for v, w in zip(ours.weights, theirs.weights, strict=True):
        np.testing.assert_allclose(v.numpy(), keras.ops.convert_to_numpy(w), rtol=1e-5)
    x = inputs(name, shape)
    np.testing.assert_allclose(ours(x).detach().numpy(), theirs(x).detach().numpy(), rtol=1e-4, atol=1e-4)


# Keras adapts neither a kernel whose last axis is summed over, nor saves two tables.
@pytest.mark.parametrize(("name", "arguments", "shape"), [LAYERS[0], LAYERS[1], LAYERS[3]])
@pytest.mark.parametrize("word", ["int8", "int4", "int4, blocks"])
def test_lora_on_top_and_its_saved_weights_are_keras_s(name, arguments, shape, word):
    ours, theirs = quantized_pair(name, arguments, shape, word, lora=True)
    x = inputs(name, shape)
    np.testing.assert_allclose(ours(x).detach().numpy(), theirs(x).detach().numpy(), rtol=1e-4, atol=1e-4)
    own, other = {}, {}
    ours.save_own_variables(own)
    theirs.save_own_variables(other)
    assert list(own) == list(other)
    for key in own:
        assert np.asarray(own[key]).shape == tuple(other[key].shape)


@pytest.mark.parametrize("word", ["int8", "int4", "int4, blocks"])
@pytest.mark.parametrize("tied", [True, False])
def test_the_way_back_is_keras_s(word, tied):
    arguments = {"input_dim": 7, "output_dim": 5, "tie_weights": tied, "logit_soft_cap": 3.0}
    ours, theirs = quantized_pair("ReversibleEmbedding", arguments, (None, 4), word)
    x = np.random.default_rng(2).normal(size=(2, 4, 5)).astype("float32")
    got, expected = (layer(x, reverse=True).detach().numpy() for layer in (ours, theirs))
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4)


def test_gradients_pass_the_rounding():
    layer = pellucid.layers.Dense(1, use_bias=False)
    layer.build((None, 2))
    layer.set_weights([[[127.0], [-254.0]]])
    layer.quantize("int8")
    x = torch.tensor([[0.3, 0.4]], requires_grad=True)
    layer(x).sum().backward()
    np.testing.assert_allclose(x.grad, [[128.0, -254.0]], rtol=1e-5)  # 127/254 of 127 rounds to 64: 64 * 2


def test_int8_numbers_by_hand():
    layer = pellucid.layers.Dense(1, use_bias=False)
    layer.build((None, 3))
    layer.set_weights([[[127.0], [-3.0], [64.0]]])
    layer.quantize("int8")
    assert layer.kernel.numpy().tolist() == [[127], [-3], [64]]
    assert layer.kernel_scale.numpy().tolist() == pytest.approx([1.0])


def test_float8_scales_follow_the_largest_values():
    layer = pellucid.layers.Dense(2, use_bias=False)
    layer.build((None, 2))
    layer.set_weights([[[1.0, 0.0], [0.0, 1.0]]])
    layer.quantize("float8")
    optimizer = pellucid.optimizers.SGD(0.0)
    optimizer.build(layer.trainable_variables)
    for _ in range(2):
        layer.zero_grad()
        layer(torch.tensor([[3.0, -7.0]]), training=True).sum().backward()
        optimizer.apply([v.value.grad for v in layer.trainable_variables], layer.trainable_variables)
    assert layer.inputs_amax_history.numpy()[0] == 7.0
    assert float(layer.inputs_scale.numpy()) == pytest.approx(7 / 448)


def test_a_policy_quantizes_at_build_and_when_it_is_set():
    built = pellucid.layers.Dense(2, dtype="int8_from_float32")
    built.build((None, 3))
    later = pellucid.layers.Dense(2)
    later.build((None, 3))
    later.dtype_policy = "int8_from_float32"
    assert [v.dtype for v in built.weights] == [v.dtype for v in later.weights] == ["float32", "int8", "float32"]
    again = pellucid.layers.Dense.from_config(later.get_config())
    assert isinstance(again.quantization_config, pellucid.quantizers.Int8QuantizationConfig)


def test_refusals():
    layer = pellucid.layers.Dense(2)
    with pytest.raises(OrderError, match="no weights to quantize yet"):
        layer.quantize("int8")
    layer.build((None, 3))
    with pytest.raises(ArgumentError, match="no such quantization mode"):
        layer.quantize("int7")
    with pytest.raises(ArgumentError, match="GPTQ needs data"):
        layer.dtype_policy = "gptq/4/8_from_float32"
    layer = pellucid.layers.Dense(2)
    layer.build((None, 3))
    layer.quantize("int8")
    with pytest.raises(OrderError, match="quantized already"):
        layer.quantize("int4")
    plain = pellucid.layers.Flatten()
    plain.build((None, 3))
    with pytest.raises(UnsupportedError, match="Flatten has no `quantize`"):
        plain.quantize("int8")


def test_a_model_quantizes_the_layers_that_are_meant():
    model = pellucid.Sequential(
        [pellucid.Input((4,)), pellucid.layers.Dense(3, name="a"), pellucid.layers.Dense(2, name="b")]
    )
    model.quantize("int8", filters="a")
    assert [layer.quantization_mode for layer in model.layers] == ["int8", None]
    assert model.predict(np.ones((1, 4)), verbose=0).shape == (1, 2)


def test_a_quantized_layer_in_time_distributed_stays_so():
    inner = pellucid.layers.Dense(2, use_bias=False)
    layer = pellucid.layers.TimeDistributed(inner)
    layer.build((None, 3, 4))
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32"))
    inner.quantize("int8")
    torch.testing.assert_close(layer(x), inner(x))
