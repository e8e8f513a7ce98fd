"""Layers over images, one draw at a time: Keras computes the same from the same draw; some are seen by hand."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import torch

import pellucid
from pellucid import layers

RNG = np.random.default_rng(0)
IMAGES = RNG.uniform(0, 255, (2, 7, 9, 3)).astype("float32")
BOXES = {"boxes": np.array([[[1.0, 2, 5, 6]], [[0.0, 1, 8, 3]]], "float32"), "labels": np.array([[1], [2]])}
CASES = {
    "Resizing": {"height": 5, "width": 4},
    "CenterCrop": {"height": 5, "width": 4},
    "RandomCrop": {"height": 5, "width": 4},
    "RandomFlip": {},
    "RandomRotation": {"factor": 0.3},
    "RandomZoom": {"height_factor": (-0.4, 0.2), "width_factor": 0.3},
    "RandomTranslation": {"height_factor": 0.3, "width_factor": (0.1, 0.4)},
    "RandomBrightness": {"factor": 0.4},
    "RandomContrast": {"factor": 0.5},
}
FORMATS = ("channels_last", "channels_first")


def laid(images, data_format):
    return images if data_format == "channels_last" else np.moveaxis(images, -1, -3).copy()


def pair(name, data_format="channels_last", **more):
    kwargs = {**CASES[name], "data_format": data_format, **more}
    return getattr(layers, name)(**kwargs), getattr(keras.layers, name)(**kwargs)


@pytest.mark.parametrize("data_format", FORMATS)
@pytest.mark.parametrize("name", CASES)
def test_images_after_a_draw_are_kerass(name, data_format):
    ours, theirs = pair(name, data_format)
    images = torch.as_tensor(laid(IMAGES, data_format))
    for _ in range(3):
        draw = theirs.get_random_transformation(images, training=True)
        found = ours.transform_images(images, draw, training=True)
        expected = theirs.transform_images(images.clone(), draw, training=True)  # Keras writes into what it is given
        assert found.shape == expected.shape and found.dtype is expected.dtype
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-2)
        assert tuple(ours.compute_output_shape(images.shape)) == tuple(found.shape)


@pytest.mark.parametrize("name", [name for name in CASES if name not in ("RandomBrightness", "RandomContrast")])
def test_masks_keep_their_classes(name):
    layer, _ = pair(name)
    masks = RNG.integers(0, 3, (2, 7, 9, 1))
    found = layer({"images": IMAGES, "segmentation_masks": masks}, training=True)["segmentation_masks"]
    assert set(found.unique().tolist()) <= {0, 1, 2}


@pytest.mark.parametrize("name", CASES)
def test_outside_training_images_stay_and_in_it_draws_differ(name):
    layer, _ = pair(name, **({"seed": 1} if name not in ("Resizing", "CenterCrop") else {}))
    if name not in ("Resizing", "CenterCrop", "RandomCrop"):
        np.testing.assert_allclose(layer(IMAGES, training=False), IMAGES)
        big = np.repeat(IMAGES[:1], 8, axis=0)
        out = layer(big, training=True).numpy()
        assert any(not np.array_equal(out[0], other) for other in out[1:])
    assert tuple(layer(IMAGES[0], training=True).shape) == tuple(layer.compute_output_shape(IMAGES[0].shape))


@pytest.mark.parametrize("name", CASES)
def test_config_makes_it_again_and_keras_takes_it(name):
    layer, theirs = pair(name, "channels_first")
    config = layer.get_config()
    assert set(theirs.get_config()) == set(config)
    assert type(layer).from_config(config).get_config() == config
    assert type(theirs).from_config(theirs.get_config())


@pytest.mark.parametrize("mode", ["horizontal", "vertical", "horizontal_and_vertical"])
def test_boxes_are_mirrored_with_their_image(mode):
    layer = layers.RandomFlip(mode, bounding_box_format="xyxy")
    draw = {"flips": torch.tensor([True, False]).reshape(2, 1, 1, 1), "input_shape": IMAGES.shape}
    found = layer.transform_bounding_boxes({k: torch.as_tensor(v) for k, v in BOXES.items()}, draw)["boxes"]
    left, top, right, bottom = 1, 2, 5, 6
    if "horizontal" in mode:
        left, right = 9 - right, 9 - left
    if "vertical" in mode:
        top, bottom = 7 - bottom, 7 - top
    assert found.tolist() == [[[left, top, right, bottom]], [[0, 1, 8, 3]]]


def test_boxes_go_where_their_image_goes():
    """A bright patch, its box, and a move: the box still goes around the patch."""
    image = np.zeros((1, 40, 40, 1), "float32")
    image[0, 10:16, 20:30] = 1.0
    boxes = {"boxes": np.array([[[20.0, 10.0, 30.0, 16.0]]], "float32"), "labels": np.array([[1]])}
    for layer in (
        layers.RandomTranslation((0.2, 0.2), (-0.25, -0.25), fill_mode="constant", bounding_box_format="xyxy"),
        layers.RandomZoom((-0.5, -0.5), fill_mode="constant", bounding_box_format="xyxy"),
        layers.RandomZoom((0.5, 0.5), fill_mode="constant", bounding_box_format="xyxy"),
        layers.RandomRotation((0.25, 0.25), fill_mode="constant", bounding_box_format="xyxy"),
        layers.Resizing(20, 80, bounding_box_format="xyxy"),
        layers.CenterCrop(30, 36, bounding_box_format="xyxy"),
    ):
        out = layer({"images": image, "bounding_boxes": boxes}, training=True)
        rows, columns = np.nonzero(out["images"][0, ..., 0].numpy() > 0.5)
        left, top, right, bottom = out["bounding_boxes"]["boxes"][0, 0].tolist()
        seen = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        np.testing.assert_allclose([left, top, right, bottom], seen, atol=1.6, err_msg=layer.name)
        assert out["bounding_boxes"]["labels"].tolist() == [[1]]


def test_a_network_that_begins_with_them_trains():
    model = pellucid.Sequential(
        [
            pellucid.Input((7, 9, 3)),
            layers.Resizing(8, 8),
            layers.RandomFlip("horizontal", seed=0),
            layers.RandomRotation(0.1, seed=0),
            layers.RandomContrast(0.2, seed=0),
            layers.Rescaling(1 / 255),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )
    model.compile("sgd", "mse")
    assert np.isfinite(model.fit(IMAGES, np.zeros((2, 2)), epochs=2, verbose=0).history["loss"]).all()


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: layers.Resizing(0, 3), "in pixels"),
        (lambda: layers.RandomFlip("sideways"), "way to flip"),
        (lambda: layers.RandomRotation(1.5), "number or two"),
        (lambda: layers.RandomRotation(0.1, fill_mode="mirror"), "not known"),
        (lambda: layers.RandomBrightness(0.1, value_range=3), "two numbers"),
        (lambda: layers.RandomContrast(-0.1), "number or two"),
        (lambda: layers.RandomFlip()(np.ones((3, 3))), "three axes"),
        (lambda: layers.RandomFlip()({"images": IMAGES, "bounding_boxes": BOXES}), "format of the boxes"),
        (lambda: layers.RandomFlip(bounding_box_format="xyxy")({"images": IMAGES, "bounding_boxes": 3}), "as a dict"),
    ],
)
def test_mistakes_are_told(make, text):
    with pytest.raises((ValueError, NotImplementedError), match=text):
        make()
