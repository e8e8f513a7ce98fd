"""Images that are mixed or covered: labels, boxes and masks by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pellucid import layers

IMAGES = np.arange(2 * 2 * 3 * 1, dtype="float32").reshape(2, 2, 3, 1)
HALF = {"mix_weight": torch.tensor([0.5, 0.25]), "permutation_order": torch.tensor([1, 0])}


def test_mixed_images_labels_and_masks_are_weighted_sums():
    layer = layers.MixUp()
    found = layer.transform_images(IMAGES, HALF)
    assert found[0].flatten().tolist() == [3, 4, 5, 6, 7, 8]  # halfway between k and k + 6
    assert found[1].flatten().tolist() == [1.5, 2.5, 3.5, 4.5, 5.5, 6.5]
    assert layer.transform_labels(np.eye(2), HALF).tolist() == [[0.5, 0.5], [0.75, 0.25]]
    assert layer.transform_labels([4.0, 8.0], HALF).tolist() == [6, 5]
    assert torch.equal(layer.transform_segmentation_masks(IMAGES, HALF), found)


def test_a_mixed_image_has_the_boxes_of_both():
    boxes = {"boxes": torch.arange(16.0).reshape(2, 2, 4), "labels": torch.tensor([[1, 2], [3, 4]])}
    found = layers.MixUp(bounding_box_format="xyxy").transform_bounding_boxes(boxes, HALF)
    assert found["labels"].tolist() == [[1, 2, 3, 4], [3, 4, 1, 2]]
    assert found["boxes"][1].tolist() == [*boxes["boxes"][1].tolist(), *boxes["boxes"][0].tolist()]


def test_a_rectangle_of_another_image_takes_its_share_of_the_labels():
    layer = layers.CutMix(seed=4)
    images = np.stack([np.full((20, 30, 3), value, "float32") for value in range(4)])
    masks = images[..., :1]
    labels = np.eye(4, dtype="float32")
    out = layer({"images": images, "labels": labels, "segmentation_masks": masks}, training=True)
    assert torch.equal(out["images"][..., :1], out["segmentation_masks"])
    for number, image in enumerate(out["images"]):
        kept = float((image[..., 0] == number).float().mean())
        assert out["labels"][number].sum() == pytest.approx(1)
        assert kept < 1 and out["labels"][number, number] == pytest.approx(kept, abs=0.1)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_a_covered_rectangle_has_the_size_that_was_drawn(data_format):
    images = np.zeros((3, 40, 60, 3) if data_format == "channels_last" else (3, 3, 40, 60), "float32")
    layer = layers.RandomErasing((1, 1), scale=(0.25, 0.25), fill_value=[5.0, 6.0, 7.0], data_format=data_format)
    out = layer(images, training=True)
    out = out if data_format == "channels_last" else out.movedim(1, -1)
    assert out.reshape(-1, 3).unique(dim=0).tolist() == [[0, 0, 0], [5, 6, 7]]
    assert [(one[..., 0] > 0).sum().item() for one in out] == pytest.approx([20 * 30] * 3, abs=0)


def test_noise_that_covers_stays_in_the_range():
    out = layers.RandomErasing((1, 1), scale=1.0, value_range=(0, 1), seed=0)(np.zeros((2, 9, 9, 3)), training=True)
    assert 0 <= out.min() and 0 < out.max() <= 1


@pytest.mark.parametrize("kwargs", [{"factor": 0}, {"scale": 0}])
def test_nothing_is_covered_where_nothing_may_be(kwargs):
    assert torch.equal(layers.RandomErasing(**kwargs)(IMAGES, training=True), torch.as_tensor(IMAGES))


def test_one_image_alone_is_not_cut():
    assert layers.CutMix().get_random_transformation(IMAGES[0]) is None
    assert torch.equal(layers.CutMix()(IMAGES[0], training=True), torch.as_tensor(IMAGES[0]))


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: layers.CutMix(factor=2), "number or two"),
        (lambda: layers.RandomErasing(fill_value=(1, 2)), "`fill_value` is a number, three"),
        (lambda: layers.RandomErasing(scale=-1), "`scale` is a number or two"),
        (
            lambda: layers.CutMix(bounding_box_format="xyxy")(
                {"images": IMAGES, "bounding_boxes": {"boxes": np.zeros((2, 1, 4)), "labels": np.zeros((2, 1))}},
                training=True,
            ),
            "what becomes of boxes",
        ),
    ],
)
def test_mistakes_are_told(make, text):
    with pytest.raises((ValueError, NotImplementedError), match=text):
        make()
