"""Flatten, Reshape, Permute and RepeatVector: orders by hand, shapes and configs beside Keras, errors as text."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import torch

import pellucid
from pellucid import Input, layers
from pellucid.errors import ArgumentError, ArgumentTypeError, ShapeError


def counted(*shape):
    """0, 1, 2, ... in row-major order, as a batch of one."""
    return np.arange(np.prod(shape), dtype="float32").reshape(1, *shape)


def test_flatten_lays_out_height_width_channels_in_row_major_order():
    flat = layers.Flatten()(counted(2, 3, 4))
    assert flat.tolist() == [list(range(24))]
    assert flat[0, (1 * 3 + 2) * 4 + 3] == counted(2, 3, 4)[0, 1, 2, 3]


def test_flatten_moves_channels_first_to_the_end_before():
    flat = layers.Flatten("channels_first")(counted(3, 2, 2))
    assert flat.tolist() == [[0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]]


def test_both_formats_flatten_the_same_image_alike():
    image = torch.as_tensor(counted(2, 3, 4))
    first = layers.Flatten("channels_first")(image.movedim(-1, 1))
    assert torch.equal(first, layers.Flatten("channels_last")(image))


def test_flatten_follows_the_global_format_and_takes_any_case():
    pellucid.config.set_image_data_format("channels_first")
    try:
        assert layers.Flatten().data_format == "channels_first"
    finally:
        pellucid.config.set_image_data_format("channels_last")
    assert layers.Flatten("Channels_First").data_format == "channels_first"


def test_a_config_from_before_data_formats_is_a_plain_reshape_whatever_the_setting():
    pellucid.config.set_image_data_format("channels_first")
    try:
        assert layers.Flatten.from_config({"name": "flat"}).data_format == "channels_last"
    finally:
        pellucid.config.set_image_data_format("channels_last")


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("shape", [(3,), (0, 4, 5), (3, 0, 5), (3, 4), (2, 3, 4, 5)])
def test_flatten_has_kerass_shapes_on_values(shape, data_format):
    x = np.random.default_rng(0).normal(size=shape).astype("float32")
    ours, theirs = layers.Flatten(data_format)(x), keras.layers.Flatten(data_format)(x)
    assert ours.shape == theirs.shape
    assert torch.equal(ours, theirs.detach())


@pytest.mark.parametrize("shape", [(None, 2, 3), (None, 2, None), (None,), (5, None), (None, 0, 3)])
def test_flatten_has_kerass_shapes_without_values(shape):
    ours = layers.Flatten()
    assert ours.compute_output_shape(shape) == keras.layers.Flatten().compute_output_shape(shape)
    assert ours(Input(batch_shape=shape)).shape == ours.compute_output_shape(shape)


@pytest.mark.parametrize("make", [layers.Flatten, lambda: layers.Reshape((6,)), lambda: layers.Permute((2, 1))])
def test_elements_that_only_move_keep_their_dtype(make):
    assert make()(Input((2, 3), dtype="int32")).dtype == "int32"
    assert make()(torch.ones(1, 2, 3, dtype=torch.bool)).dtype is torch.bool


def test_flatten_is_built_by_its_first_call_and_writes_its_shape_down():
    flatten = layers.Flatten()
    assert not flatten.built
    flatten(counted(2, 2))
    assert flatten.built
    assert flatten.get_build_config() == {"input_shape": (1, 2, 2)}


def test_flatten_refuses_a_single_number():
    with pytest.raises(ShapeError) as error:
        layers.Flatten()(np.float32(3))
    assert "at least 1 axis" in str(error.value)


@pytest.mark.parametrize(
    ("target", "shape"),
    [
        ((8, 1), (None, 8)),
        ((-1, 2), (None, 3, 4)),
        ((-1,), (None, None, 4)),
        ((2, -1), (3, None, 4)),
        ((3, 4), (None, None)),
        ((), (None, 1)),
        ((0, 3), (None, 0)),
    ],
)
def test_reshape_has_kerass_shapes_without_values(target, shape):
    ours, theirs = layers.Reshape(target), keras.layers.Reshape(target)
    assert ours.compute_output_shape(shape) == theirs.compute_output_shape(shape)
    assert ours.built is theirs.built is True


def test_reshape_keeps_row_major_order_and_finds_what_is_left():
    y = layers.Reshape((3, -1))(counted(2, 6))
    assert y.tolist() == [[[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]]


def test_a_reshape_that_does_not_fit_says_both_products():
    with pytest.raises(ShapeError) as error:
        layers.Reshape((3, 5))(counted(4, 4))
    text = str(error.value)
    assert "16 = 4*4" in text
    assert "15 = 3*5" in text


def test_a_reshape_with_a_rest_that_does_not_divide_says_so():
    with pytest.raises(ShapeError) as error:
        layers.Reshape((-1, 5))(Input((4, 4)))
    assert "5 times a whole number" in str(error.value)
    assert "Reshape((-1,))" in str(error.value)


@pytest.mark.parametrize("target", [(2, -2), (-1, -1)])
def test_reshape_refuses_sizes_that_are_none(target):
    with pytest.raises(ArgumentError) as error:
        layers.Reshape(target)
    assert f"got       {target}" in str(error.value)


def test_permute_counts_axes_from_one():
    x = counted(2, 3, 4)
    y = layers.Permute((3, 1, 2))(x)
    assert tuple(y.shape) == (1, 4, 2, 3)
    assert y[0, 3, 1, 2] == x[0, 1, 2, 3]
    assert layers.Permute((2, 1)).compute_output_shape((None, None, 5)) == (None, 5, None)


@pytest.mark.parametrize("dims", [(0, 1), (1, 4, 2), (1, 1)])
def test_permute_refuses_dims_that_are_no_permutation(dims):
    with pytest.raises(ArgumentError) as error:
        layers.Permute(dims)
    assert "counted from 1" in str(error.value)
    assert str(dims) in str(error.value)


def test_repeat_vector_stands_n_times():
    assert layers.RepeatVector(2)(np.array([[1, 2, 3]])).tolist() == [[[1, 2, 3], [1, 2, 3]]]
    assert layers.RepeatVector(4)(Input((3,))).shape == (None, 4, 3)


@pytest.mark.parametrize(
    ("n", "kind"), [(0, ArgumentError), (-1, ArgumentError), ("3", ArgumentTypeError), (True, ArgumentTypeError)]
)
def test_repeat_vector_refuses_what_is_no_count(n, kind):
    with pytest.raises(kind) as error:
        layers.RepeatVector(n)
    assert "how often" in str(error.value)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("Flatten", {}),
        ("Reshape", {"target_shape": [2, -1]}),
        ("Permute", {"dims": [2, 1]}),
        ("RepeatVector", {"n": 3}),
    ],
)
def test_configs_are_kerass(name, arguments):
    ours, theirs = (getattr(library.layers, name)(**arguments, name="it").get_config() for library in (pellucid, keras))
    assert list(ours) == list(theirs)
    assert {**ours, "dtype": None} == {**theirs, "dtype": None}
