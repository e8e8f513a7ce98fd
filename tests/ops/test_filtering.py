"""Blur, edges and structural similarity, against Keras and by hand."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
import pytest
import torch

from pellucid.errors import ShapeError
from pellucid.graph.symbol import KerasTensor
from pellucid.ops import filtering

DRAWN = np.random.default_rng(10)
IMAGES = DRAWN.uniform(size=(2, 14, 13, 3)).astype("float32")
OTHERS = DRAWN.uniform(size=IMAGES.shape).astype("float32")


@pytest.mark.parametrize(("size", "sigma"), [((3, 3), (1.0, 1.0)), ((5, 5), (1.0, 0.4)), ((7, 7), (0.5, 3.0))])
def test_blur_is_kerass(size, sigma):
    for images in (IMAGES, IMAGES[0]):
        theirs = keras.ops.image.gaussian_blur(images, size, sigma, data_format="channels_last")
        np.testing.assert_allclose(filtering.gaussian_blur(images, size, sigma), theirs, atol=1e-6)
        first = np.moveaxis(images, -1, -3)
        np.testing.assert_allclose(
            filtering.gaussian_blur(first, size, sigma, "channels_first"),
            np.moveaxis(theirs.numpy(), -1, -3),
            atol=1e-6,
        )


@pytest.mark.parametrize("size", [(4, 4), (2, 5), (3, 6), (1, 3)])
def test_blur_keeps_the_size_and_spreads_a_point(size):
    point = np.zeros((15, 15, 1), "float32")
    point[7, 7] = 1
    y = filtering.gaussian_blur(point, size, (1.0, 1.0))
    assert y.shape == point.shape
    assert y.sum().item() == pytest.approx(1)
    assert tuple(int((y.sum(axis) > 0).sum()) for axis in (1, 0)) == size


def test_edges_are_kerass():
    np.testing.assert_allclose(filtering.sobel_edges(IMAGES), keras.ops.image.sobel_edges(IMAGES), atol=1e-6)
    first = np.moveaxis(IMAGES, -1, 1)
    theirs = keras.ops.image.sobel_edges(first, data_format="channels_first")
    np.testing.assert_allclose(filtering.sobel_edges(first, data_format="channels_first"), theirs, atol=1e-6)


def test_a_ramp_to_the_right_has_slope_eight():
    ramp = np.tile(np.arange(5.0), (5, 1)).reshape(1, 5, 5, 1)
    assert filtering.sobel_edges(ramp)[0, 2, 2, 0].tolist() == [0, 8]  # (1+2+1) * 2


@pytest.mark.parametrize(
    "arguments", [{}, {"filter_size": 7, "max_val": 2.0}, {"filter_sigma": 2.0, "k1": 0.1, "k2": 0.2}]
)
def test_similarity_is_kerass(arguments):
    for one, other in ((IMAGES, OTHERS), (IMAGES[0], OTHERS[0])):
        theirs = keras.ops.image.ssim(one, other, **arguments)
        np.testing.assert_allclose(filtering.ssim(one, other, **arguments), theirs, atol=1e-5)
    assert filtering.ssim(IMAGES, IMAGES).tolist() == pytest.approx([1, 1])


def test_symbols_and_dtypes():
    images = KerasTensor((None, 16, None, 3))
    assert filtering.gaussian_blur(images).shape == images.shape
    assert filtering.sobel_edges(images).shape == (*images.shape, 2)
    assert filtering.ssim(images, images).shape == (None,)
    assert filtering.gaussian_blur(torch.ones(4, 4, 1, dtype=torch.bfloat16)).dtype == torch.bfloat16


def test_what_is_no_image_is_told():
    with pytest.raises(ShapeError, match="2 axes"):
        filtering.gaussian_blur(IMAGES[0, 0])
    with pytest.raises(ShapeError, match="3 axes"):
        filtering.sobel_edges(IMAGES[0])
    with pytest.raises(ShapeError, match="`image2`"):
        filtering.ssim(IMAGES, IMAGES[0, 0])
    with pytest.raises(ShapeError, match="place by place"):
        filtering.ssim(IMAGES, IMAGES[:, :13])
