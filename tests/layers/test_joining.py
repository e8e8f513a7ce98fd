"""Concatenate and Dot: values by hand, axes beside Keras, masks, errors as text."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import torch

import pellucid
from pellucid import Input, layers
from pellucid.errors import ArgumentError, ArgumentTypeError, ShapeError


def draw(*shapes):
    rng = np.random.default_rng(0)
    return [rng.normal(size=shape).astype("float32") for shape in shapes]


def test_concatenate_puts_values_side_by_side():
    a, b = np.array([[1, 2]]), np.array([[3]])
    assert layers.Concatenate()([a, b]).tolist() == [[1, 2, 3]]
    assert layers.concatenate([a, a], axis=0).tolist() == [[1, 2], [1, 2]]


@pytest.mark.parametrize("axis", [-1, -2, 1, 2, 0])
def test_concatenate_is_kerass_along_every_axis(axis):
    values = draw(*[tuple(n + k * (at == axis % 3) for at, n in enumerate((2, 3, 4))) for k in range(3)])
    ours, theirs = layers.Concatenate(axis), keras.layers.Concatenate(axis)
    assert np.array_equal(ours(values), theirs(values).detach())
    shapes = [value.shape for value in values]
    assert ours.compute_output_shape(shapes) == theirs.compute_output_shape(shapes)
    unknown = [(None, *shape[1:]) for shape in shapes]
    assert ours.compute_output_shape(unknown) == theirs.compute_output_shape(unknown)


def test_an_unknown_size_makes_the_sum_unknown():
    assert layers.Concatenate(1)([Input((None, 4)), Input((3, 4))]).shape == (None, None, 4)


def test_concatenate_joins_masks_too():
    masked = layers.Masking()(torch.tensor([[[0.0, 0.0], [1.0, 2.0]]]))
    plain = torch.tensor([[[0.0, 0.0], [3.0, 4.0]]])
    assert layers.Concatenate(axis=1)([masked, plain])._keras_mask.tolist() == [[False, True, True, True]]
    assert layers.Concatenate(axis=2)([masked, plain])._keras_mask.tolist() == [[True, True]]


@pytest.mark.parametrize(
    ("shapes", "text"),
    [([(2, 3, 4), (2, 2, 4)], "equal sizes on axis 1"), ([(2, 3), (2, 3, 4)], "the same number of axes")],
)
def test_values_that_do_not_fit_side_by_side_are_told(shapes, text):
    with pytest.raises(ShapeError) as error:
        layers.Concatenate()(draw(*shapes))
    assert text in str(error.value)
    assert str(shapes[1]) in str(error.value)


def test_an_axis_that_is_not_there_is_refused():
    with pytest.raises(ArgumentError) as error:
        layers.Concatenate(axis=3)(draw((2, 3), (2, 3)))
    assert "no axis 3" in str(error.value)


def test_dot_of_vectors_is_one_number_a_sample():
    assert layers.Dot(1)([np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]])]).tolist() == [[11]]
    assert layers.dot([np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]])]).tolist() == [[11]]


def test_normalized_dot_is_the_cosine():
    y = layers.Dot(1, normalize=True)([np.array([[3.0, 4.0]]), np.array([[6.0, 8.0]])])
    assert float(y) == pytest.approx(1)


@pytest.mark.parametrize("normalize", [False, True])
@pytest.mark.parametrize(
    ("shapes", "axes"),
    [
        ([(2, 4), (2, 4)], -1),
        ([(2, 3, 4), (2, 5, 4)], 2),
        ([(2, 3, 4), (2, 3, 5)], (1, 1)),
        ([(2, 3, 4), (2, 4)], (2, 1)),
        ([(2, 4), (2, 3, 4)], (1, -1)),
        ([(2, 3, 5), (2, 1, 6, 3)], (-2, -1)),
    ],
)
def test_dot_is_kerass(shapes, axes, normalize):
    values = draw(*shapes)
    ours, theirs = (library.layers.Dot(axes, normalize, name="it") for library in (pellucid, keras))
    np.testing.assert_allclose(ours(values), theirs(values).detach(), rtol=1e-5, atol=1e-6)
    assert ours.compute_output_shape(shapes) == theirs.compute_output_shape(shapes)
    assert {**ours.get_config(), "dtype": None} == {**theirs.get_config(), "dtype": None}


@pytest.mark.parametrize(
    ("axes", "kind"),
    [("1", ArgumentTypeError), ((1, 2, 3), ArgumentError), ((1, "2"), ArgumentError), (None, ArgumentTypeError)],
)
def test_dot_takes_one_axis_or_two(axes, kind):
    with pytest.raises(kind) as error:
        layers.Dot(axes)
    assert "one number or two" in str(error.value)


def test_dot_over_sizes_that_differ_says_both():
    with pytest.raises(ShapeError) as error:
        layers.Dot(1)([Input((3, 4)), Input((2, 4))])
    assert "got       3 and 2" in str(error.value)


def test_dot_does_not_sum_over_the_batch():
    with pytest.raises(ArgumentError) as error:
        layers.Dot(0)(draw((2, 3), (2, 3)))
    assert "cannot sum over the batch" in str(error.value)


def test_dot_takes_two_values():
    with pytest.raises(ArgumentError) as error:
        layers.Dot(1)(draw((2, 3), (2, 3), (2, 3)))
    assert "Dot takes two values." in str(error.value)
