"""LoRA: a frozen weight, and two small ones whose product is added. Judge: sums by hand, and Keras on the same weights."""

import keras
import numpy as np
import pytest

import pellucid
from pellucid.errors import ArgumentError, OrderError, UnsupportedError

LAYERS = [
    ("Dense", {"units": 3}, (None, 4)),
    ("EinsumDense", {"equation": "abc,cde->abde", "output_shape": (None, 2, 5)}, (None, 3, 4)),
    ("Embedding", {"input_dim": 7, "output_dim": 3}, (None, 5)),
    ("Conv2D", {"filters": 3, "kernel_size": 2}, (None, 5, 5, 2)),
]


def adapted(module, name, arguments, shape):
    layer = getattr(module.layers, name)(**arguments)
    layer.build(shape)
    layer.enable_lora(2, lora_alpha=3.0)
    return layer


def inputs(name, shape):
    shape = (2, *shape[1:])
    if name == "Embedding":
        return np.arange(np.prod(shape)).reshape(shape) % 7
    return np.random.default_rng(0).normal(size=shape).astype("float32")


@pytest.mark.parametrize(("name", "arguments", "shape"), LAYERS)
def test_an_adapted_layer_computes_what_keras_computes(name, arguments, shape):
    ours, theirs = (adapted(module, name, arguments, shape) for module in (pellucid, keras))
    rng = np.random.default_rng(1)
    values = [rng.normal(size=v.shape).astype("float32") for v in theirs.weights]
    for layer in (ours, theirs):
        layer.set_weights(values)
    assert [v.name for v in ours.weights] == [v.name for v in theirs.weights]
    assert [v.name for v in ours.trainable_weights] == [v.name for v in theirs.trainable_weights]
    x = inputs(name, shape)
    np.testing.assert_allclose(ours(x).detach().numpy(), theirs(x).detach().numpy(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("name", "arguments", "shape"), LAYERS)
def test_saved_weights_hold_the_merged_weight(name, arguments, shape):
    layer = adapted(pellucid, name, arguments, shape)
    b = getattr(layer, f"lora_{layer.main}_b")
    b.assign(np.ones(b.shape))
    x = inputs(name, shape)
    before = layer(x).detach()
    store = {}
    layer.save_own_variables(store)
    plain = getattr(pellucid.layers, name)(**arguments)
    plain.build(shape)
    plain.load_own_variables(store)
    np.testing.assert_allclose(plain(x).detach(), before, rtol=1e-4, atol=1e-5)
    layer.load_own_variables(store)
    np.testing.assert_allclose(layer(x).detach(), before, rtol=1e-4, atol=1e-5)


def test_the_kernel_in_effect_has_the_product_added():
    layer = pellucid.layers.Dense(1, use_bias=False)
    layer.build((None, 2))
    layer.enable_lora(1, lora_alpha=2)
    layer.set_weights([[[10], [20]], [[1], [2]], [[5]]])  # kernel, a, b
    assert layer.kernel.tolist() == [[10 + 2 * 1 * 5], [20 + 2 * 2 * 5]]
    assert layer(np.ones((1, 2))).tolist() == [[60.0]]


def test_the_argument_adapts_at_build_and_stays_in_the_config():
    layer = pellucid.layers.Dense(2, lora_rank=1)
    layer.build((None, 3))
    assert layer.lora_enabled and not layer._kernel.trainable
    assert layer.get_config()["lora_alpha"] == 1
    assert "lora_rank" not in pellucid.layers.Dense(2).get_config()


def test_refusals_say_what_to_do():
    constrained = pellucid.layers.Dense(2, kernel_constraint="non_neg")
    constrained.build((None, 3))
    with pytest.raises(ArgumentError, match="exclude each other"):
        constrained.enable_lora(1)
    unbuilt = pellucid.layers.Dense(2)
    with pytest.raises(OrderError, match="no weights to adapt yet"):
        unbuilt.enable_lora(1)
    with pytest.raises(AttributeError, match="no `kernel` yet"):
        _ = unbuilt.kernel
    unbuilt.build((None, 3))
    unbuilt.enable_lora(1)
    with pytest.raises(OrderError, match="adapted already"):
        unbuilt.enable_lora(1)


def test_gptq_takes_no_lora():
    layer = pellucid.layers.Dense(2, dtype="gptq/4/8_from_float32")
    layer.build((None, 3))
    with pytest.raises(UnsupportedError, match="does not go with GPTQ"):
        layer.enable_lora(1)


@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "bfloat16"])
def test_weights_of_16_bits_are_merged_too(dtype):
    layer = pellucid.layers.Dense(2, dtype=dtype)
    layer.build((None, 3))
    layer.enable_lora(1)
    store = {}
    layer.save_own_variables(store)
    np.testing.assert_array_equal(np.asarray(store["0"], "float32"), np.asarray(layer._kernel.numpy(), "float32"))
