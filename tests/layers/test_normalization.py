"""Normalization where Keras on PyTorch is no judge, and what a user gets wrong."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pellucid import errors, layers


def test_layer_normalization_along_an_inner_axis_is_numpys_formula():
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 2)).astype("float32")
    layer = layers.LayerNormalization(axis=1)
    layer.build(x.shape)
    gamma, beta = np.array([1.0, 2.0, 3.0], "float32"), np.array([0.5, 0.0, -1.0], "float32")
    layer.set_weights([gamma, beta])
    centred = x - x.mean(axis=1, keepdims=True)
    expected = centred / np.sqrt(x.var(axis=1, keepdims=True) + 1e-3)
    expected = expected * gamma.reshape(3, 1, 1) + beta.reshape(3, 1, 1)
    np.testing.assert_allclose(layer(x).detach().numpy(), expected, rtol=1e-5, atol=1e-6)


def test_batch_normalization_keeps_the_variance_of_the_population():
    layer = layers.BatchNormalization(momentum=0.5)
    layer(np.array([[1.0], [3.0]]), training=True)  # mean 2, population variance 1; from 0 and 1, half way
    assert [w.tolist() for w in layer.get_weights()[2:]] == [[1.0], [pytest.approx(1.0)]]


def test_batch_normalization_of_a_frozen_layer_uses_running_statistics():
    layer = layers.BatchNormalization(epsilon=0.0)
    layer.build((None, 1))
    layer.trainable = False
    assert layer(torch.tensor([[4.0], [8.0]]), training=True).tolist() == [[4.0], [8.0]]


def test_group_normalization_names_a_number_of_groups_that_fits():
    with pytest.raises(errors.ArgumentError) as caught:
        layers.GroupNormalization(groups=4).build((None, 6))
    assert "groups=4, 6 channels" in str(caught.value)
    assert "groups=2" in str(caught.value)


@pytest.mark.parametrize("layer", ["BatchNormalization", "LayerNormalization", "GroupNormalization"])
def test_float64_stays_as_fine_as_it_is(layer):
    kwargs = {"groups": 1} if layer == "GroupNormalization" else {}
    x = np.random.default_rng(0).normal(size=(4, 6))
    y = getattr(layers, layer)(dtype="float64", epsilon=1e-3, **kwargs)(x).detach().numpy()
    if layer == "BatchNormalization":
        wanted = x / np.sqrt(1 + 1e-3)
    else:
        wanted = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-3)
    np.testing.assert_allclose(y, wanted, rtol=1e-13)
