"""Boxes between formats, clipped, moved and compared, beside Keras and by hand."""

from __future__ import annotations

import itertools

import keras
import numpy as np
import pytest

from pellucid import bounding_boxes

BOXES = np.array([[[10.0, 20.0, 110.0, 220.0], [5.0, 5.0, 6.0, 7.0]], [[0.0, 0.0, 200.0, 300.0], [1.0, 2.0, 3.0, 4.0]]])
SIZE = {"height": 300, "width": 200}
theirs = keras.utils.bounding_boxes


@pytest.mark.parametrize(("source", "target"), list(itertools.product(bounding_boxes.FORMATS, repeat=2)))
def test_formats_are_kerass_and_lead_back(source, target):
    boxes = theirs.convert_format(BOXES, "xyxy", source, **SIZE)
    found = bounding_boxes.convert_format(boxes, source, target, **SIZE)
    np.testing.assert_allclose(found, theirs.convert_format(boxes, source, target, **SIZE), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(
        bounding_boxes.convert_format(found, target, source, **SIZE), boxes, rtol=1e-4, atol=1e-4
    )


def test_a_box_by_hand():
    found = bounding_boxes.convert_format([[10.0, 20.0, 30.0, 60.0]], "xyxy", "center_xywh")
    assert found.tolist() == [[20, 40, 20, 40]]


def test_boxes_are_cut_off_and_empty_ones_lose_their_label():
    given = {"boxes": np.array([[-5.0, 10.0, 50.0, 400.0], [250.0, 10.0, 260.0, 20.0]]), "labels": np.array([3, 4])}
    found = bounding_boxes.clip_to_image_size(given, **SIZE)
    assert found["boxes"].tolist() == [[0, 10, 50, 300], [200, 10, 200, 20]]
    assert found["labels"].tolist() == [3, -1] and given["labels"].tolist() == [3, 4]


def test_crops_and_borders():
    assert bounding_boxes.crop([[10.0, 20.0, 30.0, 60.0]], 15, 5, 30, 20).tolist() == [[5, 5, 20, 30]]
    assert bounding_boxes.pad([[10.0, 20.0, 30.0, 60.0]], 1, 2).tolist() == [[12, 21, 32, 61]]


def test_moved_boxes_are_kerass():
    rng = np.random.default_rng(0)
    names = ("angle", "translate_x", "translate_y", "scale", "shear_x", "shear_y")
    lows = (-90, -0.3, -0.3, 0.5, -20, -20)
    highs = (90, 0.3, 0.3, 1.5, 20, 20)
    draws = {name: rng.uniform(a, b, 2).astype("float32") for name, a, b in zip(names, lows, highs, strict=True)}
    boxes = BOXES.astype("float32")
    given = {name: keras.ops.convert_to_tensor(draw) for name, draw in draws.items()}
    expected = theirs.affine_transform(keras.ops.convert_to_tensor(boxes), **given, **SIZE)
    np.testing.assert_allclose(bounding_boxes.affine_transform(boxes, **draws, **SIZE), expected, rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("encoding", ["center_xywh", "center_yxhw"])
@pytest.mark.parametrize("variance", [None, [0.1, 0.1, 0.2, 0.2]])
def test_deltas_are_kerass_and_lead_back(encoding, variance):
    anchors = BOXES[0] + np.array([1.0, 2.0, 5.0, 9.0])
    found = bounding_boxes.encode_box_to_deltas(anchors, BOXES[0], "xyxy", "xyxy", encoding, variance)
    expected = theirs.encode_box_to_deltas(anchors, BOXES[0], "xyxy", "xyxy", encoding, variance)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    back = bounding_boxes.decode_deltas_to_boxes(anchors, found, "xyxy", "xyxy", encoding, variance)
    np.testing.assert_allclose(back, BOXES[0], rtol=1e-4, atol=1e-3)


def test_overlaps_are_kerass():
    first, second = BOXES[0], BOXES[1]
    for boxes in ((first, second), (BOXES, BOXES[::-1].copy())):
        np.testing.assert_allclose(
            bounding_boxes.compute_iou(*boxes, "xyxy"), theirs.compute_iou(*boxes, "xyxy"), rtol=1e-5, atol=1e-7
        )
    masked = bounding_boxes.compute_iou(first, -np.ones((1, 4)), "xyxy", use_masking=True)
    assert masked.tolist() == [[-1], [-1]]
    np.testing.assert_allclose(
        bounding_boxes.compute_ciou(first, second, "xyxy"),
        theirs.compute_ciou(first, second, "xyxy"),
        rtol=1e-5,
        atol=1e-6,
    )


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: bounding_boxes.convert_format(BOXES[..., :3], "xyxy", "xywh"), "four numbers"),
        (lambda: bounding_boxes.convert_format(BOXES, "xyxy", "corners"), "not known"),
        (lambda: bounding_boxes.convert_format(BOXES, "xyxy", "rel_xyxy"), "image's size"),
        (lambda: bounding_boxes.clip_to_image_size({"boxes": BOXES}), "at a size"),
        (lambda: bounding_boxes.clip_to_image_size({"boxes": BOXES}, **SIZE, bounding_box_format="xywh"), "corners"),
        (lambda: bounding_boxes.encode_box_to_deltas(BOXES, BOXES, "xyxy", "xyxy", "xyxy"), "by centers"),
        (lambda: bounding_boxes.compute_ciou(BOXES, BOXES, "rel_xyxy"), "in pixels"),
    ],
)
def test_mistakes_are_told(call, text):
    with pytest.raises((ValueError, NotImplementedError), match=text):
        call()
