"""Layers that change the boxes of images alone: MaxNumBoundingBoxes.

Below: images.py.
"""

from __future__ import annotations

from torch.nn.functional import pad

from pellucid.errors import MissingKeyError
from pellucid.graph.values import convert_to_tensor
from pellucid.layers.images import ImageLayer
from pellucid.links import Same


class MaxNumBoundingBoxes(ImageLayer):
    """As many boxes for each image: those above the number are dropped, missing ones filled in.

    Args:
        max_number: boxes of each image.
        fill_value: the coordinates and the label of a box that is none.

    Source: keras.layers.MaxNumBoundingBoxes, Keras 3.15.
    """

    draws = False
    own = ("max_number", "fill_value")

    def __init__(self, max_number, fill_value=-1, **kwargs):
        super().__init__(**kwargs)
        self.max_number, self.fill_value = int(max_number), int(fill_value)

    def transform_images(self, images, transformation=None, training=True):
        return images

    def transform_labels(self, labels, transformation=None, training=True):
        return labels

    def transform_segmentation_masks(self, segmentation_masks, transformation=None, training=True):
        return segmentation_masks

    def transform_bounding_boxes(self, bounding_boxes, transformation, training=True):
        given = {word: convert_to_tensor(bounding_boxes[word]) for word in ("boxes", "labels")}
        return {**bounding_boxes, **{word: self._filled(values) for word, values in given.items()}}

    def _filled(self, values):
        """The second axis cut, or filled up."""
        values = values[:, : self.max_number]
        behind = (0, 0) * (values.ndim - 2)
        return pad(values, (*behind, 0, self.max_number - values.shape[1]), value=self.fill_value)

    def compute_output_shape(self, input_shape):
        if not isinstance(input_shape, dict) or "bounding_boxes" not in input_shape:
            return input_shape
        boxes = input_shape["bounding_boxes"]
        if set(boxes) - {"boxes", "labels"}:
            raise MissingKeyError("Nobody knows how to fill these up.", got=sorted(boxes), expected="boxes, labels")
        axis = len(boxes["boxes"]) - 2
        counted = {word: (*shape[:axis], self.max_number, *shape[axis + 1 :]) for word, shape in boxes.items()}
        return {**input_shape, "bounding_boxes": counted}

    def links(self):
        return Same()
