"""Images that are bent: boxes go where Keras moves them; pixels of an elastic image move by hand."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import torch

from pellucid import layers, ops

RNG = np.random.default_rng(0)
IMAGES = RNG.uniform(0, 255, (2, 10, 8, 3)).astype("float32")
BOXES = np.array([[[2, 1, 4, 3], [6, 4, 8, 6]], [[0, 0, 8, 10], [3, 3, 4, 9]]], "float32")


def given():
    return {"boxes": torch.tensor(BOXES), "labels": torch.tensor([[1, 2], [3, 4]])}


@pytest.mark.parametrize(
    ("name", "kwargs"),
    [("RandomShear", {"x_factor": 0.4, "y_factor": 0.5}), ("RandomPerspective", {"factor": (0.5, 1.0)})],
)
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_boxes_move_as_in_keras(name, kwargs, data_format):
    images = torch.tensor(IMAGES if data_format == "channels_last" else np.moveaxis(IMAGES, -1, 1).copy())
    for seed in range(5):
        told = {**kwargs, "data_format": data_format, "seed": seed, "bounding_box_format": "xyxy"}
        ours, theirs = getattr(layers, name)(**told), getattr(keras.layers, name)(**told)
        draw = theirs.get_random_transformation(images)
        found, expected = (layer.transform_bounding_boxes(given(), draw) for layer in (ours, theirs))
        np.testing.assert_allclose(found["boxes"], expected["boxes"], atol=1e-4)
        assert found["labels"].tolist() == expected["labels"].tolist()


@pytest.mark.parametrize(
    "make", [layers.RandomPerspective, layers.RandomShear, lambda **k: layers.RandomRotation(0.3, **k)]
)
def test_boxes_come_back_in_the_format_they_came_in(make):
    layer = make(seed=1, bounding_box_format="xyxy")
    relative = make(seed=1, bounding_box_format="rel_xyxy")
    draw = layer.get_random_transformation(IMAGES)
    size = torch.tensor([8.0, 10.0, 8.0, 10.0])
    found = relative.transform_bounding_boxes({**given(), "boxes": given()["boxes"] / size}, draw)["boxes"] * size
    torch.testing.assert_close(found, layer.transform_bounding_boxes(given(), draw)["boxes"])


@pytest.mark.parametrize("name", ["RandomShear", "RandomPerspective"])
def test_boxes_stay_around_what_they_were_around(name):
    """A bright patch in a square image, its box, and a move: the box still goes around the patch."""
    image = np.zeros((1, 40, 40, 1), "float32")
    image[0, 14:22, 12:26] = 1.0
    kwargs = {"x_factor": 0.3, "fill_mode": "constant"} if name == "RandomShear" else {"scale": 0.5}
    for seed in range(4):
        layer = getattr(layers, name)(**kwargs, seed=seed, bounding_box_format="xyxy")
        boxes = {"boxes": np.array([[[12.0, 14.0, 26.0, 22.0]]], "float32"), "labels": np.array([[1]])}
        out = layer({"images": image, "bounding_boxes": boxes}, training=True)
        rows, columns = np.nonzero(out["images"][0, ..., 0].numpy() > 0.5)
        seen = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        np.testing.assert_allclose(out["bounding_boxes"]["boxes"][0, 0], seen, atol=2.0)


def test_an_elastic_image_is_read_where_its_draw_says():
    layer = layers.RandomElasticTransform(seed=3)
    draw = {"apply_transform": torch.tensor([True, False]), "distortion_factor": 0.5, "seed": 7}
    found = layer.transform_images(IMAGES, draw)
    assert layer.get_elastic_transform_params(10, 8, 0.5) == (10 * 0.05, 8 * 0.025)
    expected = ops.image.elastic_transform(IMAGES, alpha=0.5, sigma=0.2, fill_mode="reflect", seed=7)
    torch.testing.assert_close(found[0], expected[0].clamp(0, 255))
    assert torch.equal(found[1], torch.as_tensor(IMAGES[1])) and not torch.equal(found[0], torch.as_tensor(IMAGES[0]))


def test_masks_move_as_their_elastic_image():
    layer = layers.RandomElasticTransform(seed=3, interpolation="nearest", value_range=(0, 1))
    masks = RNG.integers(0, 9, (2, 10, 8, 3))
    out = layer({"images": masks / 9, "segmentation_masks": masks}, training=True)
    assert torch.equal((out["images"] * 9).round().long(), out["segmentation_masks"])


@pytest.mark.parametrize("kwargs", [{"factor": 0}, {"scale": 0}])
def test_nothing_is_bent_where_nothing_may_be(kwargs):
    assert torch.equal(layers.RandomElasticTransform(**kwargs)(IMAGES, training=True), torch.as_tensor(IMAGES))


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: layers.RandomShear(1.2), "number or two"),
        (lambda: layers.RandomShear(0.1, interpolation="bicubic"), "`interpolation` is not known"),
        (lambda: layers.RandomPerspective(scale=1.5), "`scale` is a share"),
        (lambda: layers.RandomElasticTransform(fill_mode="edge"), "`fill_mode` is not known"),
        (lambda: layers.RandomElasticTransform(value_range=1), "two numbers"),
        (
            lambda: layers.RandomElasticTransform(bounding_box_format="xyxy")(
                {"images": IMAGES, "bounding_boxes": given()}, training=True
            ),
            "what becomes of boxes",
        ),
    ],
)
def test_mistakes_are_told(make, text):
    with pytest.raises((ValueError, NotImplementedError), match=text):
        make()
