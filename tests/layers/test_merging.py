"""Add, Subtract, Multiply, Average, Maximum, Minimum: sums by hand, masks, broadcasting beside Keras, errors as text."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import torch

import pellucid
from pellucid import Input, layers
from pellucid.errors import ArgumentError, ShapeError

NAMES = ["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"]


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("Add", [5, 5]),
        ("Subtract", [-3, 3]),
        ("Multiply", [4, 4]),
        ("Average", [2.5, 2.5]),
        ("Maximum", [4, 4]),
        ("Minimum", [1, 1]),
    ],
)
def test_two_values_by_hand(name, result):
    pair = [np.array([[1.0, 4.0]]), np.array([[4.0, 1.0]])]
    assert getattr(layers, name)()(pair).tolist() == [result]
    assert getattr(layers, name.lower())(pair).tolist() == [result]


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"Subtract"}))
def test_three_values_are_merged_in_turn(name):
    three = [np.full((1, 2), n, "float32") for n in (1, 2, 6)]
    wanted = {"Add": 9, "Multiply": 12, "Average": 3, "Maximum": 6, "Minimum": 1}[name]
    assert getattr(layers, name)()(three).tolist() == [[wanted, wanted]]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shapes", [[(2, 3, 4), (2, 1, 4)], [(2, 4), (2, 3, 4)], [(2, 3, 1), (2, 4)]])
def test_inputs_broadcast_as_in_keras(name, shapes):
    rng = np.random.default_rng(0)
    values = [rng.normal(size=shape).astype("float32") for shape in shapes]
    ours, theirs = getattr(layers, name)(), getattr(keras.layers, name)()
    np.testing.assert_allclose(ours(values), theirs(values).detach(), rtol=1e-6, atol=1e-6)
    for batch in (2, None):
        known = [(batch, *shape[1:]) for shape in shapes]
        assert ours.compute_output_shape(known) == theirs.compute_output_shape(known)


def test_one_known_batch_size_is_the_batch_size():
    assert layers.Add()([Input(batch_shape=(None, 3)), Input(batch_shape=(2, 3))]).shape == (2, 3)


def masked(numbers):
    return layers.Masking()(torch.tensor([numbers], dtype=torch.float32).unsqueeze(-1))


@pytest.mark.parametrize(
    ("name", "values", "mask"),
    [
        ("Add", [0, 3, -1, -7], [False, True, True, True]),
        ("Multiply", [0, 3, -1, 12], [False, True, True, True]),
        ("Maximum", [0, 3, -1, -3], [False, True, True, True]),
        ("Minimum", [0, 3, -1, -4], [False, True, True, True]),
    ],
)
def test_what_a_mask_hides_takes_no_part(name, values, mask):
    y = getattr(layers, name)()([masked([0, 3, 0, -3]), masked([0, 0, -1, -4])])
    assert y.flatten().tolist() == values
    assert y._keras_mask.flatten().tolist() == mask


def test_a_value_without_a_mask_takes_the_mask_away():
    y = layers.Maximum()([masked([0, -3]), torch.tensor([[[-1.0], [-4.0]]])])
    assert y.flatten().tolist() == [-1, -3]
    assert getattr(y, "_keras_mask", None) is None


@pytest.mark.parametrize("name", NAMES)
def test_configs_are_kerass(name):
    ours, theirs = (getattr(library.layers, name)(name="it").get_config() for library in (pellucid, keras))
    assert {**ours, "dtype": None} == {**theirs, "dtype": None}


@pytest.mark.parametrize("given", [np.ones((2, 3), "float32"), "symbol"])
def test_a_single_value_is_no_list(given):
    with pytest.raises(ArgumentError) as error:
        layers.Add()(Input((3,)) if isinstance(given, str) else given)
    assert "Add merges a list of values." in str(error.value)
    assert "Add()([a, b])" in str(error.value)


def test_sizes_that_do_not_broadcast_are_told():
    with pytest.raises(ShapeError) as error:
        layers.Add()([Input((3, 4)), Input((2, 4))])
    assert "sizes 3 and 2 do not broadcast" in str(error.value)
    assert "Concatenate" in str(error.value)


def test_batches_of_different_sizes_are_refused():
    with pytest.raises(ShapeError) as error:
        layers.Multiply()([np.ones((2, 3), "float32"), np.ones((4, 3), "float32")])
    assert "one batch size" in str(error.value)


@pytest.mark.parametrize("count", [1, 3])
def test_subtract_takes_two(count):
    with pytest.raises(ArgumentError) as error:
        layers.Subtract()([Input((3,))] * count)
    assert f"got       {count} of them" in str(error.value)


@pytest.mark.parametrize(
    ("inputs", "mask", "word"), [([1, 2], 3, "`mask`"), (1, [2, 3], "`inputs`"), ([1, 2], [3], "one mask")]
)
def test_masks_are_as_many_as_inputs(inputs, mask, word):
    with pytest.raises(ArgumentError) as error:
        layers.Add().compute_mask(inputs, mask)
    assert word in str(error.value)
