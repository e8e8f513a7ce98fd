"""Layers that move what is in images: RandomFlip, RandomRotation, RandomZoom, RandomTranslation.

Below: images.py; ops/warping.py reads images at moved places.
"""

from __future__ import annotations

import math

import torch

from pellucid import bounding_boxes as boxes_of
from pellucid import ops
from pellucid.errors import ArgumentError, UnsupportedError
from pellucid.graph.values import convert_to_tensor
from pellucid.layers.images import ImageLayer, bounds

_INTERPOLATIONS = ("nearest", "bilinear")


class RandomFlip(ImageLayer):
    """In training images mirrored, each with a chance of one half.

    Args:
        mode: "horizontal" (left and right), "vertical" (top and bottom), or "horizontal_and_vertical".

    Source: keras.layers.RandomFlip, Keras 3.15.
    """

    moves = True
    own = ("mode", "seed")

    def __init__(self, mode="horizontal_and_vertical", seed=None, data_format=None, **kwargs):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        if mode not in ("horizontal", "vertical", "horizontal_and_vertical"):
            raise ArgumentError(
                "This way to flip is not known.",
                got=repr(mode),
                expected="horizontal, vertical, horizontal_and_vertical",
            )
        self.mode = mode

    def get_random_transformation(self, data, training=True, seed=None):
        if not training:
            return None
        images = data["images"] if isinstance(data, dict) else data
        draws = self._uniform(self._shape_of_draws(data), 0.0, 1.0, seed)
        return {"flips": draws <= 0.5, "input_shape": tuple(images.shape)}

    def transform_images(self, images, transformation, training=True):
        images = self._computed(images)
        return self._moved(images, transformation, "nearest") if training and transformation else images

    def _moved(self, images, transformation, interpolation):
        flips = convert_to_tensor(transformation["flips"]).to(images.device)
        for word, axis in (("horizontal", self._height_axis + 1), ("vertical", self._height_axis)):
            if word in self.mode:
                images = torch.where(flips, images.flip(axis), images)
        return images

    def transform_bounding_boxes(self, bounding_boxes, transformation, training=True):
        if not (training and transformation):
            return bounding_boxes
        shape = transformation["input_shape"]
        high, wide = shape[self._height_axis], shape[self._height_axis + 1]
        drawn = convert_to_tensor(transformation["flips"])

        def move(boxes):
            flips = drawn.to(boxes.device).reshape(-1, *(1,) * (boxes.ndim - 1))
            left, top, right, bottom = boxes.split(1, dim=-1)
            if "horizontal" in self.mode:
                left, right = torch.where(flips, wide - right, left), torch.where(flips, wide - left, right)
            if "vertical" in self.mode:
                top, bottom = torch.where(flips, high - bottom, top), torch.where(flips, high - top, bottom)
            return torch.cat([left, top, right, bottom], dim=-1)

        return self._in_corners(bounding_boxes, (high, wide), move)


class Warping(ImageLayer):
    """Images read at moved places.

    Args:
        fill_mode: what lies outside: "reflect", "wrap", "constant" (`fill_value`) or "nearest".
        interpolation: "bilinear" or "nearest".
    """

    moves = True
    fills: tuple[str, ...] = ("reflect", "wrap", "constant", "nearest")
    warped = ("fill_mode", "interpolation", "fill_value", "seed")

    def __init__(self, fill_mode, interpolation, fill_value, **kwargs):
        super().__init__(**kwargs)
        told = ("fill_mode", fill_mode, self.fills), ("interpolation", interpolation, _INTERPOLATIONS)
        for word, value, known in told:
            if value not in known:
                raise UnsupportedError(f"This `{word}` is not known.", got=repr(value), expected=", ".join(known))
        self.fill_mode, self.interpolation, self.fill_value = fill_mode, interpolation, fill_value

    def transform_images(self, images, transformation, training=True):
        images = self._computed(images)
        return self._moved(images, transformation, self.interpolation) if training and transformation else images

    def _moved(self, images, transformation, interpolation):
        return ops.image.affine_transform(
            images,
            self._matrix(images, transformation).to(images.device),
            interpolation=interpolation,
            fill_mode=self.fill_mode,
            fill_value=self.fill_value,
            data_format=self.data_format,
        )


class RandomRotation(Warping):
    """In training images turned around their middle.

    Args:
        factor: how far at most, as a share of a full turn; or two shares. Positive turns to the left.

    Source: keras.layers.RandomRotation, Keras 3.15.
    """

    own = ("factor", *Warping.warped)

    def __init__(
        self,
        factor,
        fill_mode="reflect",
        interpolation="bilinear",
        seed=None,
        fill_value=0.0,
        data_format=None,
        **kwargs,
    ):
        super().__init__(fill_mode, interpolation, fill_value, seed=seed, data_format=data_format, **kwargs)
        self.factor = bounds("factor", factor, -1.0, 1.0)

    def get_random_transformation(self, data, training=True, seed=None):
        if not training:
            return None
        count, (high, wide) = self._count(data), self._size(data)
        angle = self._uniform((count,), self.factor[0] * 360.0, self.factor[1] * 360.0, seed)
        turn = angle * (math.pi / 180.0)
        cos, sin = torch.cos(turn), torch.sin(turn)
        x, y = 0.5 * (wide - 1), 0.5 * (high - 1)
        zero = torch.zeros_like(turn)
        matrix = torch.stack([cos, -sin, x - x * cos + y * sin, sin, cos, y - x * sin - y * cos, zero, zero], dim=-1)
        images = data["images"] if isinstance(data, dict) else data
        return {
            "angle": angle,
            "rotation_matrix": matrix[0] if images.ndim == 3 else matrix,
            "image_height": high,
            "image_width": wide,
            "batch_size": count,
        }

    def _matrix(self, images, transformation):
        matrix = transformation["rotation_matrix"]
        return matrix.unsqueeze(0) if images.ndim == 4 and matrix.ndim == 1 else matrix

    def transform_bounding_boxes(self, bounding_boxes, transformation, training=True):
        if not (training and transformation):
            return bounding_boxes
        high, wide = transformation["image_height"], transformation["image_width"]

        def move(boxes):
            angle = convert_to_tensor(transformation["angle"]).to(boxes.device)
            zero, one = torch.zeros_like(angle), torch.ones_like(angle)
            return boxes_of.affine_transform(boxes, angle, zero, zero, one, zero, zero, high, wide)

        return self._in_corners(bounding_boxes, (high, wide), move)


class RandomZoom(Warping):
    """In training images seen from nearer or farther.

    Args:
        height_factor, width_factor: how much more is seen at most, as a share; or two shares. -0.2 brings things 20 %
            nearer. Width as height if None.

    Source: keras.layers.RandomZoom, Keras 3.15.
    """

    own = ("height_factor", "width_factor", *Warping.warped)

    def __init__(
        self,
        height_factor,
        width_factor=None,
        fill_mode="reflect",
        interpolation="bilinear",
        seed=None,
        fill_value=0.0,
        data_format=None,
        **kwargs,
    ):
        super().__init__(fill_mode, interpolation, fill_value, seed=seed, data_format=data_format, **kwargs)
        self.height_factor, self.width_factor = height_factor, width_factor
        self._high = bounds("height_factor", height_factor, -1.0, 1.0)
        self._wide = None if width_factor is None else bounds("width_factor", width_factor, -1.0, 1.0)

    def get_random_transformation(self, data, training=True, seed=None):
        if not training:
            return None
        shape = (self._count(data), 1)
        high = self._uniform(shape, 1.0 + self._high[0], 1.0 + self._high[1], seed)
        wide = high if self._wide is None else self._uniform(shape, 1.0 + self._wide[0], 1.0 + self._wide[1], seed)
        images = data["images"] if isinstance(data, dict) else data
        return {"height_zoom": high, "width_zoom": wide, "input_shape": tuple(images.shape)}

    def _matrix(self, images, transformation):
        across, down = (ops.cast(transformation[word], "float32")[:, 0] for word in ("width_zoom", "height_zoom"))
        high, wide = self._size(images)
        zero = torch.zeros_like(across)
        rows = [across, zero, (wide - 1) / 2 * (1 - across), zero, down, (high - 1) / 2 * (1 - down), zero, zero]
        matrix = torch.stack(rows, dim=-1)
        return matrix[0] if images.ndim == 3 else matrix

    def transform_bounding_boxes(self, bounding_boxes, transformation, training=True):
        if not (training and transformation):
            return bounding_boxes
        shape = transformation["input_shape"]
        high, wide = shape[self._height_axis], shape[self._height_axis + 1]
        across, down = (convert_to_tensor(transformation[word]) for word in ("width_zoom", "height_zoom"))
        left, top = (wide - 1) / 2 * (1 - across), (high - 1) / 2 * (1 - down)

        def move(boxes):
            """What is seen is as wide as the zoom says, and becomes the whole image."""
            corner, size = torch.cat([left, top, left, top], -1), torch.cat([across, down, across, down], -1)
            return (boxes - corner.to(boxes).unsqueeze(1)) / size.to(boxes).unsqueeze(1)

        return self._in_corners(bounding_boxes, (high, wide), move)


class RandomTranslation(Warping):
    """In training images moved down and to the right.

    Args:
        height_factor, width_factor: how far at most, as a share of the size; or two shares. Negative moves up and left.

    Source: keras.layers.RandomTranslation, Keras 3.15.
    """

    own = ("height_factor", "width_factor", *Warping.warped)

    def __init__(
        self,
        height_factor,
        width_factor,
        fill_mode="reflect",
        interpolation="bilinear",
        seed=None,
        fill_value=0.0,
        data_format=None,
        **kwargs,
    ):
        super().__init__(fill_mode, interpolation, fill_value, seed=seed, data_format=data_format, **kwargs)
        self.height_factor, self.width_factor = height_factor, width_factor
        self._high = bounds("height_factor", height_factor, -1.0, 1.0)
        self._wide = bounds("width_factor", width_factor, -1.0, 1.0)

    def get_random_transformation(self, data, training=True, seed=None):
        if not training:
            return None
        shape, (high, wide) = (self._count(data), 1), self._size(data)
        down = self._uniform(shape, *self._high, seed) * high
        across = self._uniform(shape, *self._wide, seed) * wide
        images = data["images"] if isinstance(data, dict) else data
        return {"translations": torch.cat([across, down], dim=1).float(), "input_shape": tuple(images.shape)}

    def _matrix(self, images, transformation):
        across, down = convert_to_tensor(transformation["translations"]).unbind(-1)
        one, zero = torch.ones_like(across), torch.zeros_like(across)
        matrix = torch.stack([one, zero, -across, zero, one, -down, zero, zero], dim=-1)
        return matrix[0] if images.ndim == 3 else matrix

    def transform_bounding_boxes(self, bounding_boxes, transformation, training=True):
        if not (training and transformation):
            return bounding_boxes
        shape = transformation["input_shape"]
        way = convert_to_tensor(transformation["translations"]).repeat(1, 2)
        size = shape[self._height_axis], shape[self._height_axis + 1]

        def move(boxes):
            return boxes + (way.to(boxes).unsqueeze(1) if boxes.ndim == 3 else way.to(boxes))

        return self._in_corners(bounding_boxes, size, move)
