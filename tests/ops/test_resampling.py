"""Images in another size, against Keras and by hand."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
import pytest
import torch

from pellucid.errors import ArgumentError, ShapeError
from pellucid.graph.symbol import KerasTensor
from pellucid.ops.resampling import resize, scale_and_translate

DRAWN = np.random.default_rng(7)
IMAGES = DRAWN.uniform(size=(2, 12, 14, 3)).astype("float32")
BYTES = (IMAGES * 255).astype("uint8")
SIZES = [(6, 7), (24, 30), (20, 7)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("interpolation", "antialias"),
    [("nearest", False), ("nearest", True), ("bilinear", False), ("bilinear", True), ("bicubic", True)],
)
def test_sizes_are_changed_as_in_keras(interpolation, antialias, size):
    arguments = {"interpolation": interpolation, "antialias": antialias}
    for images in (IMAGES, IMAGES[0], BYTES):
        ours, theirs = resize(images, size, **arguments), keras.ops.image.resize(images, size, **arguments)
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
        assert ours.dtype == theirs.dtype
    first = np.moveaxis(IMAGES, -1, 1)
    ours = resize(first, size, **arguments, data_format="channels_first")
    np.testing.assert_allclose(ours.movedim(1, -1), resize(IMAGES, size, **arguments), atol=1e-6)


def test_bicubic_is_tensorflows_and_jaxs():
    # Keras's own tests name these numbers for its backends other than PyTorch: a = -0.5.
    x = np.array([0, 1, 254, 255], "uint8").reshape(1, 2, 2, 1)
    wanted = [[0, 0, 0, 0], [53, 53, 53, 54], [201, 202, 202, 202], [255, 255, 255, 255]]
    assert resize(x, (4, 4), "bicubic").reshape(4, 4).tolist() == wanted


@pytest.mark.parametrize("interpolation", ["bicubic", "lanczos3", "lanczos5"])
@pytest.mark.parametrize("antialias", [False, True])
def test_constant_images_stay_constant(interpolation, antialias):
    for size in SIZES:
        y = resize(np.full((1, 9, 8, 1), 3.0, "float32"), size, interpolation, antialias)
        np.testing.assert_allclose(y, 3.0, rtol=1e-5)


def test_both_ways_to_cubic_weights_agree():
    grown = resize(IMAGES, (24, 30), "bicubic")
    scale, still = np.array([2.0, 30 / 14], "float32"), np.zeros(2, "float32")
    by_matrices = scale_and_translate(IMAGES, (2, 24, 30, 3), scale, still, (1, 2), "cubic", antialias=False)
    np.testing.assert_allclose(grown, by_matrices, atol=1e-5)


@pytest.mark.parametrize("size", [(6, 6), (20, 5), (5, 20)])
@pytest.mark.parametrize(
    "arguments",
    [{"crop_to_aspect_ratio": True}, {"pad_to_aspect_ratio": True}, {"pad_to_aspect_ratio": True, "fill_value": 2.0}],
)
def test_aspect_ratios_are_kept_as_in_keras(size, arguments):
    np.testing.assert_allclose(
        resize(IMAGES, size, **arguments), keras.ops.image.resize(IMAGES, size, **arguments), atol=1e-5
    )


@pytest.mark.parametrize("method", ["linear", "bicubic", "lanczos3", "lanczos5"])
@pytest.mark.parametrize("antialias", [False, True])
def test_scaling_and_moving_is_kerass(method, antialias):
    arguments = (
        (2, 9, 20, 3),
        np.array([0.8, 1.5], "float32"),
        np.array([0.3, -1.0], "float32"),
        (1, 2),
        method,
        antialias,
    )
    for images in (IMAGES, BYTES):
        ours, theirs = scale_and_translate(images, *arguments), keras.ops.image.scale_and_translate(images, *arguments)
        np.testing.assert_allclose(ours, theirs, atol=3e-5)
        assert ours.dtype == theirs.dtype


def test_symbols_keep_unknown_sizes():
    assert resize(KerasTensor((None, None, None, 3)), (15, 16), "bicubic").shape == (None, 15, 16, 3)
    assert resize(KerasTensor((None, 3, 9, 9), "uint8"), (4, 5), data_format="channels_first").shape == (None, 3, 4, 5)


def test_gradients_pass():
    x = torch.tensor(IMAGES, requires_grad=True)
    resize(x, (5, 5), "lanczos3").sum().backward()
    assert torch.isfinite(x.grad).all()


def test_what_cannot_be_had_is_told():
    with pytest.raises(ArgumentError, match=r"'cubic'[\s\S]*'bicubic'"):
        resize(IMAGES, (4, 4), "cubic")
    with pytest.raises(ArgumentError, match="'reflect'"):
        resize(IMAGES, (4, 4), fill_mode="reflect")
    with pytest.raises(ArgumentError, match="both"):
        resize(IMAGES, (4, 4), crop_to_aspect_ratio=True, pad_to_aspect_ratio=True)
    for size in ((0, 4), (3,), (4, -1)):
        with pytest.raises(ArgumentError, match="two positive ints"):
            resize(IMAGES, size)
    with pytest.raises(ShapeError, match="2 axes"):
        resize(IMAGES[0, 0], (4, 4))
    with pytest.raises(ArgumentError, match="'area'"):
        scale_and_translate(IMAGES, IMAGES.shape, [1.0], [0.0], (1,), "area")
