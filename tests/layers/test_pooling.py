"""Pooling layers: windows by hand, shapes and configs beside Keras, errors that know which axis the channels are."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import pellucid
from pellucid import Input, layers
from pellucid.errors import ArgumentError, ShapeError


def steps(*numbers):
    return np.array(numbers, "float32").reshape(1, -1, 1)


def test_max_pooling_takes_the_largest_of_each_window():
    x = steps(1, 5, 2, 4, 9)
    assert layers.MaxPooling1D(2)(x).squeeze().tolist() == [5, 4]
    assert layers.MaxPooling1D(2, padding="same")(x).squeeze().tolist() == [5, 4, 9]
    assert layers.MaxPooling1D(3, strides=1)(x).squeeze().tolist() == [5, 5, 9]


def test_average_pooling_counts_only_cells_of_the_input():
    assert layers.AveragePooling1D(2, padding="same")(steps(2, 4, 6)).squeeze().tolist() == [3, 6]


def test_max_pooling_of_negative_numbers_does_not_see_its_padding():
    assert layers.MaxPooling1D(2, padding="same")(steps(-3, -2, -1)).squeeze().tolist() == [-2, -1]


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("kind", ["MaxPooling", "AveragePooling"])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("pool_size", "strides"), [(2, None), (3, 2), (2, 3)])
def test_values_shapes_and_configs_are_kerass(rank, kind, data_format, padding, pool_size, strides):
    arguments = (pool_size, strides, padding, data_format, "it")
    ours, theirs = (getattr(library.layers, f"{kind}{rank}D")(*arguments) for library in (pellucid, keras))
    # Odd sizes: where a window of 3 needs uneven padding, Keras on PyTorch averages repeated edges (its bug; the
    # test of ops/pooling.py judges those by loops).
    sizes = (7, 5, 9)[:rank]
    shape = (2, *sizes, 3) if data_format == "channels_last" else (2, 3, *sizes)
    x = np.random.default_rng(0).normal(size=shape).astype("float32")
    np.testing.assert_allclose(ours(x), theirs(x).detach(), rtol=1e-6, atol=1e-6)
    for known in (shape, (None, *(n if n == 3 else None for n in shape[1:]))):
        assert ours.compute_output_shape(known) == tuple(theirs.compute_output_shape(known))
    assert list(ours.get_config()) == list(theirs.get_config())
    assert {**ours.get_config(), "dtype": None} == {**theirs.get_config(), "dtype": None}
    assert ours.built is theirs.built is True


def test_two_names_stand_for_one_class():
    assert layers.MaxPool2D is layers.MaxPooling2D
    assert layers.AvgPool3D is layers.AveragePooling3D


@pytest.mark.parametrize("given", ["values", "symbols"])
def test_a_window_that_eats_the_channels_says_that_the_input_looks_channels_first(given):
    x = np.zeros((1, 3, 32, 32), "float32") if given == "values" else Input((3, 32, 32))
    with pytest.raises(ShapeError) as error:
        layers.MaxPooling2D(4)(x)
    text = str(error.value)
    assert "would eat the channels" in text
    assert 'MaxPooling2D(..., data_format="channels_first")' in text


def test_a_window_larger_than_the_input_says_which_axis():
    with pytest.raises(ShapeError) as error:
        layers.AveragePooling2D((2, 5))(np.zeros((1, 4, 4, 2), "float32"))
    assert "The window of 5 is larger than the width of 4." in str(error.value)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"pool_size": 0}, "pool_size"),
        ({"pool_size": (2, 2, 2)}, "pool_size"),
        ({"strides": -1}, "strides"),
        ({"padding": "full"}, "padding"),
    ],
)
def test_wrong_arguments_are_named(arguments, word):
    with pytest.raises(ArgumentError) as error:
        layers.MaxPooling2D(**arguments)
    assert f"`{word}`" in str(error.value)
