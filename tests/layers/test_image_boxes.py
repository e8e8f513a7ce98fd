"""As many boxes for each image: by hand."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import layers


def data(count):
    boxes = {"boxes": np.ones((2, count, 4), "float32"), "labels": np.zeros((2, count), "int64")}
    return {"images": np.zeros((2, 4, 4, 3)), "bounding_boxes": boxes}


def test_missing_boxes_are_filled_in():
    layer = layers.MaxNumBoundingBoxes(3, fill_value=-2, bounding_box_format="xyxy")
    found = layer(data(1))["bounding_boxes"]
    assert found["boxes"][0].tolist() == [[1] * 4, [-2] * 4, [-2] * 4]
    assert found["labels"].tolist() == [[0, -2, -2]] * 2
    assert layer.from_config(layer.get_config()).fill_value == -2


def test_boxes_above_the_number_are_dropped():
    found = layers.MaxNumBoundingBoxes(2, bounding_box_format="xyxy")(data(5))["bounding_boxes"]
    assert found["boxes"].shape == (2, 2, 4) and found["labels"].tolist() == [[0, 0]] * 2


@pytest.mark.parametrize("batch", [(), (None,)])
def test_shapes_are_told(batch):
    layer = layers.MaxNumBoundingBoxes(7)
    shape = {"images": (*batch, 4, 4, 3), "bounding_boxes": {"boxes": (*batch, 5, 4), "labels": (*batch, 5)}}
    assert layer.compute_output_shape(shape)["bounding_boxes"] == {"boxes": (*batch, 7, 4), "labels": (*batch, 7)}
    assert shape["bounding_boxes"]["labels"] == (*batch, 5)
    with pytest.raises(KeyError, match="how to fill these up"):
        layer.compute_output_shape({"bounding_boxes": {**shape["bounding_boxes"], "scores": (*batch, 5)}})
