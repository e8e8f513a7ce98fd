"""Layers that let others do the work: the same as those others do, one after the other."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import torch

from pellucid import layers

RNG = np.random.default_rng(0)
IMAGES = RNG.uniform(0, 255, (2, 7, 9, 3)).astype("float32")
MASKS = RNG.integers(0, 3, (2, 7, 9, 1))
PARTS = [
    "random_shear", "random_translation", "random_rotation", "random_brightness", "random_color_degeneration",
    "random_contrast", "random_sharpness", "random_posterization", "solarization", "auto_contrast", "equalization",
]  # fmt: skip


def of_keras(theirs, name, images, draw):
    """What one part of a layer of Keras's makes of images; it may write into them."""
    return getattr(theirs, name).transform_images(images.clone(), draw)


def test_rand_augment_draws_kerass_parts_and_does_what_they_do():
    for seed in range(6):
        ours, theirs = (library.RandAugment(num_ops=3, factor=0.4, seed=seed) for library in (layers, keras.layers))
        draw = theirs.get_random_transformation(IMAGES)
        assert list(draw["transforms"]) == PARTS
        assert ours.get_random_transformation(IMAGES)["layer_idxes"].tolist() == draw["layer_idxes"].tolist()
        expected = torch.tensor(IMAGES)
        found = ours.transform_images(IMAGES, draw)
        for index in draw["layer_idxes"].tolist():
            expected = of_keras(theirs, PARTS[index], expected, draw["transforms"][PARTS[index]])
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-2)


def test_masks_and_boxes_go_through_the_same_parts_in_the_same_order():
    layer = layers.RandAugment(num_ops=2, seed=0, bounding_box_format="xyxy")
    draw = layer.get_random_transformation(IMAGES) | {"layer_idxes": torch.tensor([2, 1])}  # turned, then shifted
    boxes = {"boxes": torch.tensor([[[2.0, 1, 6, 5]], [[1.0, 1, 4, 4]]]), "labels": torch.tensor([[1], [2]])}
    masks, moved = torch.tensor(MASKS), boxes
    for name in ("random_rotation", "random_translation"):
        part = getattr(layer, name)
        masks = part.transform_segmentation_masks(masks, draw["transforms"][name])
        moved = part.transform_bounding_boxes(moved, draw["transforms"][name])
    assert torch.equal(layer.transform_segmentation_masks(MASKS, draw), masks)
    assert torch.equal(layer.transform_bounding_boxes(boxes, draw)["boxes"], moved["boxes"])
    assert not torch.equal(moved["boxes"], boxes["boxes"])


@pytest.mark.parametrize("all_ops", [True, False])
def test_aug_mix_weighs_images_and_what_its_chains_make_of_them(all_ops):
    ours, theirs = (library.AugMix(factor=0.4, all_ops=all_ops, seed=1) for library in (layers, keras.layers))
    draw = ours.get_random_transformation(IMAGES)
    used = {step["layer_name"] for chain in draw["chain_transforms"] for step in chain}
    assert len(draw["chain_transforms"]) == 3 and used and used <= set(PARTS if all_ops else PARTS[:3] + PARTS[7:])
    assert draw["chain_mixing_weights"].sum() == pytest.approx(1)
    found = ours.transform_images(IMAGES, draw)
    mixed = torch.zeros(IMAGES.shape)
    for weight, chain in zip(draw["chain_mixing_weights"], draw["chain_transforms"], strict=True):
        changed = torch.tensor(IMAGES)
        for step in chain:
            changed = of_keras(theirs, step["layer_name"], changed, step["transformation"])
        mixed += weight * changed
    share = draw["weight_sample"]
    np.testing.assert_allclose(
        found, (share * torch.tensor(IMAGES) + (1 - share) * mixed).clamp(0, 255), rtol=1e-4, atol=1e-2
    )


def test_aug_mix_without_chains_changes_nothing():
    layer = layers.AugMix(chain_depth=0)
    torch.testing.assert_close(layer(IMAGES, training=True), torch.as_tensor(IMAGES))
    masks = layer({"images": IMAGES, "segmentation_masks": MASKS}, training=True)["segmentation_masks"]
    torch.testing.assert_close(masks, torch.as_tensor(MASKS).float())


def test_a_factor_left_out_leaves_its_part_out():
    layer = layers.RandomColorJitter(hue_factor=(0.5, 0.5), seed=1)
    assert layer.random_brightness is layer.random_contrast is layer.random_saturation is None
    assert set(layer.get_random_transformation(IMAGES)) == {"random_hue"}
    layer, alone = layers.RandomColorJitter(hue_factor=(0.5, 0.5), seed=1), layers.RandomHue((0.5, 0.5), seed=1)
    assert torch.equal(layer(IMAGES, training=True), alone(IMAGES, training=True))


def test_jitter_that_is_given_no_draw_draws():
    layer = layers.RandomColorJitter(brightness_factor=(0.2, 0.2))
    found = layer.transform_images(IMAGES, None)
    torch.testing.assert_close(found, torch.as_tensor(IMAGES + 51).clamp(0, 255))


@pytest.mark.parametrize("make", [lambda: layers.RandAugment(factor=2), lambda: layers.AugMix(factor=(0, -1))])
def test_mistakes_are_told(make):
    with pytest.raises(ValueError, match="`factor` is a number or two"):
        make()
