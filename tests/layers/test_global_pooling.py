"""Global pooling layers: sums by hand, masks, shapes and configs beside Keras."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import torch

import pellucid
from pellucid import layers


def test_one_value_for_each_channel():
    x = np.array([[[1, 10], [2, 20], [6, 0]]], "float32")
    assert layers.GlobalMaxPooling1D()(x).tolist() == [[6, 20]]
    assert layers.GlobalAveragePooling1D()(x).tolist() == [[3, 10]]
    assert layers.GlobalAveragePooling1D("channels_first")(x.swapaxes(1, 2)).tolist() == [[3, 10]]


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_masked_steps_are_not_averaged(data_format, keepdims):
    x = torch.tensor([[[1.0, 10.0], [2.0, 20.0], [6.0, 0.0]]])
    mask = torch.tensor([[True, False, True]])
    given = x if data_format == "channels_last" else x.swapaxes(1, 2)
    y = layers.GlobalAveragePooling1D(data_format, keepdims)(given, mask=mask)
    assert y.flatten().tolist() == [3.5, 5]
    assert y.shape == layers.GlobalAveragePooling1D(data_format, keepdims)(given).shape


def test_the_mask_comes_with_the_input_and_ends_there():
    x = torch.tensor([[[1.0], [0.0], [3.0]]])
    y = layers.GlobalAveragePooling1D()(layers.Masking()(x))
    assert y.tolist() == [[2]]
    assert getattr(y, "_keras_mask", None) is None


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("kind", ["GlobalMaxPooling", "GlobalAveragePooling"])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("keepdims", [False, True])
def test_values_shapes_and_configs_are_kerass(rank, kind, data_format, keepdims):
    ours, theirs = (
        getattr(library.layers, f"{kind}{rank}D")(data_format, keepdims, name="it") for library in (pellucid, keras)
    )
    sizes = (4, 2, 5)[:rank]
    shape = (2, *sizes, 3) if data_format == "channels_last" else (2, 3, *sizes)
    x = np.random.default_rng(0).normal(size=shape).astype("float32")
    np.testing.assert_allclose(ours(x), theirs(x).detach(), rtol=1e-6, atol=1e-6)
    for known in (shape, (None, *(n if n == 3 else None for n in shape[1:]))):
        assert ours.compute_output_shape(known) == tuple(theirs.compute_output_shape(known))
    assert list(ours.get_config()) == list(theirs.get_config())
    assert {**ours.get_config(), "dtype": None} == {**theirs.get_config(), "dtype": None}
    assert ours.built is theirs.built is True


def test_ties_share_the_gradient_as_in_keras():
    gradients = []
    for library in (pellucid, keras):
        x = torch.tensor([[[2.0], [2.0], [1.0]]], requires_grad=True)
        library.layers.GlobalMaxPooling1D()(x).sum().backward()
        gradients.append(x.grad.flatten().tolist())
    assert gradients[0] == gradients[1] == [0.5, 0.5, 0]
