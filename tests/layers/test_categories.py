"""CategoryEncoding, Discretization, Hashing and HashedCrossing; Keras (torch backend), NumPy and sums by hand judge."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import torch

import pellucid
from pellucid import layers

INDEX = np.array([[0, 1, 3], [3, 3, 2]])


@pytest.mark.parametrize("mode", ["one_hot", "multi_hot", "count"])
@pytest.mark.parametrize("index", [INDEX, INDEX[:, :1], INDEX[0], np.array(2)], ids=["rows", "column", "row", "one"])
def test_category_encoding_is_kerass(mode, index):
    if index.ndim == 0 and mode == "count":
        index = index.reshape(1)
    ours = layers.CategoryEncoding(5, output_mode=mode)(index)
    theirs = keras.layers.CategoryEncoding(5, output_mode=mode)(index)
    assert ours.dtype is theirs.dtype and ours.tolist() == theirs.tolist()


def test_counts_may_weigh():
    layer = layers.CategoryEncoding(4, output_mode="count")
    found = layer(INDEX, count_weights=np.array([[0.1, 0.2, 0.3], [1.0, 2.0, 4.0]]))
    np.testing.assert_allclose(found.numpy(), [[0.1, 0.2, 0, 0.3], [0, 0, 4, 3]], rtol=1e-6)


@pytest.mark.parametrize("mode", ["int", "one_hot", "multi_hot", "count"])
def test_discretization_is_kerass(mode):
    values = np.array([[-1.0, 0.0, 0.1, 0.5, 9.0], [0.5, 0.5, -3.0, 1.0, 0.99]], "float32")
    ours = layers.Discretization([0.0, 0.5, 1.0], output_mode=mode)(values)
    theirs = keras.layers.Discretization([0.0, 0.5, 1.0], output_mode=mode)(values)
    assert ours.dtype is theirs.dtype and ours.tolist() == theirs.tolist()
    if mode == "int":
        assert ours.numpy().tolist() == np.digitize(values, [0.0, 0.5, 1.0]).tolist()


def test_discretization_learns_bins_that_are_equally_full():
    values = np.random.default_rng(0).normal(size=(2000, 1)).astype("float32")
    for data in (values, iter(np.array_split(values, 7))):
        layer = layers.Discretization(num_bins=4)
        layer.adapt(data)
        np.testing.assert_allclose(layer.bin_boundaries, np.quantile(values, [0.25, 0.5, 0.75]), atol=0.05)
    shares = np.bincount(layer(values).numpy().ravel()) / 2000
    np.testing.assert_allclose(shares, 0.25, atol=0.03)
    again = layers.Discretization.from_config(layer.get_config())
    assert again(values).tolist() == layer(values).tolist()


def test_hashing_puts_words_where_tensorflow_does():
    words = [["A"], ["B"], ["C"], ["D"], ["E"]]
    assert layers.Hashing(num_bins=3)(words).tolist() == [[1], [0], [1], [1], [2]]
    assert layers.Hashing(num_bins=3, salt=133)(words).tolist() == [[0], [0], [2], [1], [0]]
    masked = layers.Hashing(num_bins=3, mask_value="")([["A"], ["B"], [""], ["C"], ["D"]])
    assert masked.tolist() == [[1], [1], [0], [2], [2]]
    numbers = layers.Hashing(num_bins=3)(torch.arange(4)).tolist()
    assert numbers == layers.Hashing(num_bins=3)(["0", "1", "2", "3"]).tolist()
    rows = layers.Hashing(num_bins=3, output_mode="multi_hot")([["A", "B"], ["E", "E"]])
    assert rows.tolist() == [[1, 1, 0], [0, 0, 1]]


def test_crossed_features_land_where_tensorflow_puts_them():
    layer = layers.HashedCrossing(num_bins=1000)
    assert layer((np.array([["A"], ["B"]]), np.array([[101], [102]]))).tolist() == [[891], [576]]
    assert layer(("A", 101)).tolist() == 891
    ones = layers.HashedCrossing(num_bins=5, output_mode="one_hot")((["A", "B"], [101, 102]))
    at = layers.HashedCrossing(num_bins=5)((["A", "B"], [101, 102]))
    assert ones.tolist() == np.eye(5)[at.numpy()].tolist()


def test_shapes_of_symbols_are_those_of_values():
    symbol = pellucid.Input((3,), dtype="int64")
    for layer in (
        layers.CategoryEncoding(5),
        layers.CategoryEncoding(5, output_mode="one_hot"),
        layers.Hashing(4),
        layers.Hashing(4, output_mode="multi_hot"),
        layers.Discretization([0.5, 1.5], output_mode="one_hot"),
    ):
        outputs, found = layer(symbol), layer(INDEX)
        assert outputs.shape[1:] == tuple(found.shape[1:])
        assert outputs.dtype == str(found.dtype).removeprefix("torch.")


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: layers.CategoryEncoding(), "number of categories"),
        (lambda: layers.CategoryEncoding(3, output_mode="int"), "not known"),
        (lambda: layers.CategoryEncoding(3)(INDEX, count_weights=INDEX), "for counting"),
        (lambda: layers.Discretization(), "bounds that are given, or a number"),
        (lambda: layers.Discretization(num_bins=3)([1.0]), "not known yet"),
        (lambda: layers.Discretization([1.0]).adapt([2.0]), "nothing to learn"),
        (lambda: layers.Hashing(0), "how many bins"),
        (lambda: layers.Hashing(3, dtype="float32"), "whole numbers"),
        (lambda: layers.Hashing(3, salt="s"), "one whole number, or two"),
        (lambda: layers.HashedCrossing(3)(["a"]), "two inputs or more"),
        (lambda: layers.HashedCrossing(3)((np.ones((2, 2), int), np.ones((2, 2), int))), "one shape"),
        (lambda: layers.HashedCrossing(3)((np.ones(2), np.ones(2))), "words and whole numbers"),
    ],
)
def test_mistakes_are_told(make, text):
    with pytest.raises((ValueError, TypeError), match=text):
        make()
