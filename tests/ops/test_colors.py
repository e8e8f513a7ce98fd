"""Colors against Keras and by hand."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
import pytest
import torch

from pellucid.errors import DtypeError, ShapeError
from pellucid.graph.symbol import KerasTensor
from pellucid.ops import colors

IMAGES = np.random.default_rng(9).uniform(size=(2, 5, 4, 3)).astype("float32")
IMAGES[0, 0] = [[0, 0, 0], [1, 1, 1], [0.5, 0.5, 0.2], [0.3, 0.7, 0.7]]


@pytest.mark.parametrize("name", ["rgb_to_grayscale", "rgb_to_hsv", "hsv_to_rgb"])
def test_colors_are_kerass(name):
    ours, theirs = getattr(colors, name), getattr(keras.ops.image, name)
    for images in (IMAGES, IMAGES[0]):
        np.testing.assert_allclose(ours(images), theirs(images), atol=1e-6)
        first = np.moveaxis(images, -1, -3)
        np.testing.assert_allclose(ours(first, "channels_first"), theirs(first, "channels_first"), atol=1e-6)
    assert ours(KerasTensor((None, 8, None, 3))).shape == (None, 8, None, 1 if name == "rgb_to_grayscale" else 3)
    assert ours(torch.tensor(IMAGES).half()).dtype == torch.float16


def test_there_and_back_again():
    np.testing.assert_allclose(colors.hsv_to_rgb(colors.rgb_to_hsv(IMAGES)), IMAGES, atol=1e-6)
    assert colors.rgb_to_hsv([[[1.0, 0.0, 0.0], [0.0, 0.5, 0.0]]]).tolist() == [
        [[0, 1, 1], [pytest.approx(1 / 3), 1, 0.5]]
    ]


def test_black_has_a_finite_gradient():
    x = torch.zeros(1, 1, 3, requires_grad=True)
    colors.rgb_to_hsv(x).sum().backward()
    assert torch.isfinite(x.grad).all()


def test_gray_images_and_bytes_stay():
    gray = np.full((2, 2, 1), 7, "uint8")
    assert colors.rgb_to_grayscale(gray).tolist() == gray.tolist()
    assert colors.rgb_to_grayscale(np.full((2, 2, 3), 100, "uint8")).flatten().tolist() == [99] * 4  # 0.9999 * 100


def test_what_is_no_color_is_told():
    with pytest.raises(ShapeError, match="The images have 2 channels"):
        colors.rgb_to_grayscale(np.ones((4, 4, 2)))
    with pytest.raises(ShapeError, match="The images have 4 channels"):
        colors.rgb_to_hsv(np.ones((4, 4, 4)))
    with pytest.raises(DtypeError, match=r"uint8[\s\S]*/ 255"):
        colors.hsv_to_rgb(np.ones((4, 4, 3), "uint8"))
    with pytest.raises(ShapeError, match="5 axes"):
        colors.rgb_to_hsv(np.ones((1, 1, 4, 4, 3)))
