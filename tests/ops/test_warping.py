"""Values read between elements, against Keras and by hand."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
import pytest
import torch

from pellucid.errors import ArgumentError, ShapeError, UnsupportedError
from pellucid.graph.symbol import KerasTensor
from pellucid.ops import warping

DRAWN = np.random.default_rng(8)
IMAGES = DRAWN.uniform(size=(2, 9, 11, 3)).astype("float32")
BYTES = (IMAGES * 255).astype("uint8")
MODES = ["constant", "nearest", "wrap", "mirror", "reflect"]
CORNERS = np.array([[0, 0], [10, 0], [0, 8], [10, 8]], "float32")
MOVED = CORNERS + DRAWN.uniform(-2, 2, CORNERS.shape).astype("float32")
TRANSFORMS = np.array(
    [[1.13, 0.11, -1.3, 0.23, 0.91, 2.7, 0, 0], [0.97, -0.17, 1.1, 0.01, 1.19, -3.3, 0, 0]], "float32"
)


def agree(name, *arguments, **more):
    given = [x.copy() if isinstance(x, np.ndarray) else x for x in arguments]  # Keras writes into its arguments
    theirs = getattr(keras.ops.image, name)(*given, **more)
    ours = getattr(warping, name)(*arguments, **more)
    np.testing.assert_allclose(ours, theirs, atol=2e-4)
    assert ours.dtype == theirs.dtype


@pytest.mark.parametrize("fill_mode", MODES)
@pytest.mark.parametrize("order", [0, 1])
def test_coordinates_are_read_as_in_keras(order, fill_mode):
    places = DRAWN.uniform(-12, 20, (3, 5, 4)).astype("float32")
    agree("map_coordinates", IMAGES[0], places, order, fill_mode=fill_mode, fill_value=3)
    agree("map_coordinates", BYTES[0], places, order, fill_mode=fill_mode)


def test_halfway_is_the_mean_and_the_outside_as_told():
    x = np.array([1.0, 2.0, 4.0])
    assert warping.map_coordinates(x, [[0.5, 1.5]], 1).tolist() == [1.5, 3.0]
    outside = {"constant": 9, "nearest": 4, "wrap": 1, "mirror": 2, "reflect": 4}
    for mode, value in outside.items():
        assert warping.map_coordinates(x, [[3]], 0, mode, 9).tolist() == [value]
    assert warping.map_coordinates(np.array([5.0]), [[3]], 0, "mirror").tolist() == [5]


@pytest.mark.parametrize("fill_mode", MODES)
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_affine_transforms_are_kerass(interpolation, fill_mode):
    more = {"interpolation": interpolation, "fill_mode": fill_mode, "fill_value": 0.5}
    agree("affine_transform", IMAGES, TRANSFORMS, **more)
    agree("affine_transform", IMAGES[0], TRANSFORMS[0], **more)
    agree("affine_transform", np.moveaxis(IMAGES, -1, 1), TRANSFORMS, **more, data_format="channels_first")


def test_a_transform_may_project():
    # By hand, k = 1 + x: output pixel 1 shows input pixel 2 / 2, and output pixel 2 shows input pixel 4 / 3.
    x = np.array([0.0, 3.0, 6.0, 9.0]).reshape(1, 4, 1)
    y = warping.affine_transform(x, np.array([2.0, 0, 0, 0, 1, 0, 1, 0]))
    assert y.flatten().tolist() == pytest.approx([0, 3, 4, 4.5])


def test_the_transform_given_stays_as_it_is():
    given = torch.tensor(TRANSFORMS)
    warping.affine_transform(IMAGES, given)
    assert given.tolist() == TRANSFORMS.tolist()


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_perspectives_are_kerass(interpolation):
    agree("perspective_transform", IMAGES[0], CORNERS, MOVED, interpolation=interpolation)
    agree(
        "perspective_transform",
        IMAGES,
        np.stack([CORNERS, MOVED]),
        np.stack([MOVED, CORNERS]),
        interpolation=interpolation,
    )
    agree("perspective_transform", np.moveaxis(IMAGES, -1, 1), CORNERS, MOVED, data_format="channels_first")


def test_elastic_moves_are_repeatable_and_can_be_none():
    first, again, other = (warping.elastic_transform(IMAGES, seed=seed) for seed in (3, 3, 4))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    np.testing.assert_allclose(warping.elastic_transform(IMAGES, alpha=0.0), IMAGES)
    assert warping.elastic_transform(BYTES[0], seed=1).dtype == torch.uint8


def test_symbols_keep_unknown_sizes():
    images = KerasTensor((None, 9, None, 3))
    assert warping.affine_transform(images, KerasTensor((None, 8))).shape == images.shape
    assert warping.perspective_transform(images, CORNERS, MOVED).shape == images.shape
    assert warping.elastic_transform(images).shape == images.shape
    assert warping.map_coordinates(KerasTensor((5, 5)), KerasTensor((2, None, 7)), 1).shape == (None, 7)


def test_what_does_not_fit_is_told():
    with pytest.raises(ShapeError, match=r"2 coordinates for inputs of shape \(9, 11, 3\)"):
        warping.map_coordinates(IMAGES[0], np.zeros((2, 4)), 1)
    with pytest.raises(ShapeError, match="two or more axes"):
        warping.map_coordinates(IMAGES[0], np.zeros(3), 1)
    with pytest.raises(UnsupportedError, match="order=3"):
        warping.map_coordinates(IMAGES[0], np.zeros((3, 4)), 3)
    with pytest.raises(ArgumentError, match=r"'edge'[\s\S]*'nearest'"):
        warping.map_coordinates(IMAGES[0], np.zeros((3, 4)), 1, "edge")
    with pytest.raises(ArgumentError, match="'cubic'"):
        warping.affine_transform(IMAGES, TRANSFORMS, "cubic")
    with pytest.raises(ShapeError, match=r"8 numbers[\s\S]*\(1, 2, 8\)"):
        warping.affine_transform(IMAGES, TRANSFORMS[None])
    with pytest.raises(ShapeError, match=r"`end_points`[\s\S]*\(3, 2\)"):
        warping.perspective_transform(IMAGES, CORNERS, MOVED[:3])
    with pytest.raises(ShapeError, match="end point"):
        warping.perspective_transform(IMAGES, CORNERS, MOVED[None])
