"""Borders added and cut away, against Keras."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
import pytest

from pellucid.errors import ArgumentError, ShapeError
from pellucid.graph.symbol import KerasTensor
from pellucid.ops.framing import crop_images, pad_images

IMAGES = np.arange(2 * 9 * 11 * 3).reshape(2, 9, 11, 3)
FRAMES = [
    ({"top": 1, "bottom": 2}, {"left": 0, "right": 3}),
    ({"top": 2, "height": 0}, {"left": 1, "width": 0}),
    ({"bottom": 2, "height": 0}, {"right": 1, "width": 0}),
]


def arguments(frame, word, height, width):
    targets = {"height": height, "width": width}
    named = {**frame[0], **frame[1]}
    return {f"target_{k}" if k in targets else f"{k}_{word}": targets.get(k, v) for k, v in named.items()}


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_frames_are_kerass(frame, data_format):
    images = IMAGES if data_format == "channels_last" else np.moveaxis(IMAGES, -1, 1)
    for word, ours, theirs, size in (
        ("padding", pad_images, keras.ops.image.pad_images, (14, 13)),
        ("cropping", crop_images, keras.ops.image.crop_images, (5, 6)),
    ):
        told = {**arguments(frame, word, *size), "data_format": data_format}
        for given in (images, images[0]):
            y = ours(given, **told)
            np.testing.assert_array_equal(y, theirs(given, **told))
            assert ours(KerasTensor(given.shape), **told).shape == tuple(y.shape)


def test_unknown_sizes_become_the_targets():
    x = KerasTensor((None, None, None, 3))
    assert pad_images(x, 1, 2, target_height=20, target_width=30).shape == (None, 20, 30, 3)
    assert pad_images(x, 1, 2, 3, 4).shape == (None, None, None, 3)
    assert crop_images(x, 1, 2, 3, target_width=8).shape == (None, None, 8, 3)


def test_contradictions_are_told():
    with pytest.raises(
        ArgumentError, match=r"Exactly two of three.*\n.*top_padding=1, bottom_padding=2, target_height=3"
    ):
        pad_images(IMAGES, 1, 2, 2, 2, target_height=3)
    for images in (IMAGES, KerasTensor((None, 9, 11, 3))):
        with pytest.raises(ShapeError, match=r"bottom_padding=-5 for images of shape"):
            pad_images(images, 1, 1, target_height=5, target_width=12)
        with pytest.raises(ShapeError, match=r"target_height=-1"):
            crop_images(images, 5, 1, 5, 1)
    with pytest.raises(ShapeError, match="2 axes"):
        crop_images(IMAGES[0, 0], 1, 1, 1, 1)
