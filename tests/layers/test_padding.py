"""ZeroPadding and Cropping: cells by hand, shapes and configs beside Keras, errors as text."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import pellucid
from pellucid import Input, layers
from pellucid.errors import ArgumentError, ShapeError

RANKS = {1: (7,), 2: (7, 6), 3: (7, 6, 8)}


def test_zero_padding_puts_zeros_before_and_after():
    x = np.array([[[1], [2]]])
    assert layers.ZeroPadding1D((1, 2))(x).squeeze().tolist() == [0, 1, 2, 0, 0]
    image = np.array([[[[1], [2]]]])
    assert layers.ZeroPadding2D(((1, 0), (0, 1)))(image).squeeze().tolist() == [[0, 0, 0], [1, 2, 0]]


def test_cropping_cuts_before_and_after():
    x = np.arange(5).reshape(1, 5, 1)
    assert layers.Cropping1D((1, 2))(x).squeeze().tolist() == [1, 2]
    image = np.arange(6).reshape(1, 2, 3, 1)
    assert layers.Cropping2D(((1, 0), (0, 1)))(image).squeeze().tolist() == [3, 4]
    assert layers.Cropping2D()(image).squeeze().tolist() == [[0, 1, 2], [3, 4, 5]]


def test_cropping_undoes_padding():
    x = np.arange(24.0, dtype="float32").reshape(1, 2, 3, 4, 1)
    edges = ((1, 0), (0, 2), (3, 1))
    assert np.array_equal(layers.Cropping3D(edges)(layers.ZeroPadding3D(edges)(x)), x)


@pytest.mark.parametrize("kind", ["ZeroPadding", "Cropping"])
@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("form", ["number", "numbers", "pairs", "lists"])
def test_values_shapes_and_configs_are_kerass(kind, rank, data_format, form):
    word = "padding" if kind == "ZeroPadding" else "cropping"
    forms = {
        "number": 2,
        "numbers": (1, 2) if rank == 1 else (1, 2, 0)[:rank],
        "pairs": (0, 1) if rank == 1 else ((0, 1), (2, 0), (1, 1))[:rank],
        "lists": [1, 0] if rank == 1 else [[1, 0], [0, 2], [1, 2]][:rank],
    }
    arguments = {word: forms[form], "name": "it"}
    if (kind, rank) != ("Cropping", 1):
        arguments["data_format"] = data_format
    ours, theirs = (getattr(library.layers, f"{kind}{rank}D")(**arguments) for library in (pellucid, keras))
    sizes = RANKS[rank]
    shape = (2, 3, *sizes) if arguments.get("data_format") == "channels_first" else (2, *sizes, 3)
    x = np.random.default_rng(rank).normal(size=shape).astype("float32")
    assert np.array_equal(ours(x), theirs(x).detach())
    for known in (shape, (None, *shape[1:]), (None, *(n if n == 3 else None for n in shape[1:]))):
        assert ours.compute_output_shape(known) == tuple(theirs.compute_output_shape(known))
    assert list(ours.get_config()) == list(theirs.get_config())
    assert {**ours.get_config(), "dtype": None} == {**theirs.get_config(), "dtype": None}


@pytest.mark.parametrize(
    "wrong", [(1,), (1, 2, 3, 4), "1", ((1, 2), (3, 4, 5)), ((1, 2), (3, -4)), ((1, 2), "3"), -1, 1.5]
)
@pytest.mark.parametrize("name", ["ZeroPadding2D", "Cropping2D"])
def test_edges_that_are_none_are_refused(name, wrong):
    with pytest.raises(ArgumentError) as error:
        getattr(layers, name)(wrong)
    assert "before and after along height, width" in str(error.value)
    assert f"fix       {name}(((1, 1), (1, 1)))" in str(error.value)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("given", ["values", "symbols"])
def test_cropping_that_leaves_nothing_says_where(data_format, given):
    shape = (3, 7, 9, 5) if data_format == "channels_last" else (3, 5, 7, 9)
    x = np.zeros(shape, "float32") if given == "values" else Input(batch_shape=shape)
    with pytest.raises(ShapeError) as error:
        layers.Cropping2D(((0, 0), (5, 4)), data_format=data_format)(x)
    assert "Cropping 5 + 4 of 9 leaves nothing along width." in str(error.value)


def test_another_number_of_axes_is_refused():
    with pytest.raises(ShapeError) as error:
        layers.ZeroPadding2D()(np.zeros((2, 3, 4), "float32"))
    assert "4 axes" in str(error.value)


def test_a_layer_without_weights_writes_its_input_shape_down_as_in_keras():
    for library in (pellucid, keras):
        layer = library.layers.ZeroPadding2D()
        layer(library.Input((4, 5, 2)))
        assert library.saving.serialize_keras_object(layer)["build_config"] == {"input_shape": (None, 4, 5, 2)}
