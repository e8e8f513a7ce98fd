"""Layers that give images another size: Resizing, CenterCrop, RandomCrop.

Below: images.py.
"""

from __future__ import annotations

import torch

from pellucid import ops
from pellucid.dtypes import is_int_dtype, standardize_dtype
from pellucid.errors import ArgumentError, ShapeError
from pellucid.layers.images import ImageLayer


class Sized(ImageLayer):
    """Images of one height and width, whatever came in."""

    moves = True
    own: tuple[str, ...] = ("height", "width")

    def __init__(self, height, width, **kwargs):
        super().__init__(**kwargs)
        for name, size in (("height", height), ("width", width)):
            if not isinstance(size, int) or size < 1:
                raise ArgumentError(f"`{name}` is in pixels.", got=repr(size), expected="1 or more")
        self.height, self.width = height, width

    def _cropped(self, images, top: int, left: int, height: int, width: int):
        axis = self._height_axis % images.ndim
        return images.narrow(axis, top, height).narrow(axis + 1, left, width)

    def _middle(self, size) -> tuple[int, int, int, int]:
        """Top, left, height and width of the largest part in the middle that has the proportions of the output."""
        high, wide = size
        height = max(min(high, int(float(wide * self.height) / self.width)), 1)
        width = max(min(wide, int(float(high * self.width) / self.height)), 1)
        return (high - height) // 2, (wide - width) // 2, height, width

    def _resized(self, images, interpolation="bilinear"):
        return ops.image.resize(
            images, (self.height, self.width), interpolation=interpolation, data_format=self.data_format
        )

    def links(self):
        """What is cut off or blended depends on the size of what comes in."""
        return

    def compute_output_shape(self, input_shape):
        if len(input_shape) not in (3, 4) or isinstance(input_shape[0], (list, tuple)):
            raise ShapeError("An image has three axes, a batch of them four.", got=input_shape)
        shape = list(input_shape)
        shape[self._height_axis], shape[self._height_axis + 1] = self.height, self.width
        return tuple(shape)


class Resizing(Sized):
    """Images in another size.

    Args:
        height, width: of what comes out, in pixels.
        interpolation: "bilinear", "nearest", "bicubic", "lanczos3", "lanczos5".
        crop_to_aspect_ratio: keep proportions, and cut off what is too much.
        pad_to_aspect_ratio: keep proportions, and put `fill_value` around.
        antialias: whether what becomes smaller is smoothed.

    Source: keras.layers.Resizing, Keras 3.15.
    """

    draws = False
    own: tuple[str, ...] = (
        *Sized.own,
        "interpolation", "crop_to_aspect_ratio", "pad_to_aspect_ratio", "fill_mode", "fill_value", "antialias",
    )  # fmt: skip

    def __init__(
        self,
        height,
        width,
        interpolation="bilinear",
        crop_to_aspect_ratio=False,
        pad_to_aspect_ratio=False,
        fill_mode="constant",
        fill_value=0.0,
        antialias=False,
        data_format=None,
        **kwargs,
    ):
        super().__init__(height, width, data_format=data_format, **kwargs)
        self.interpolation, self.antialias = interpolation, bool(antialias)
        self.crop_to_aspect_ratio, self.pad_to_aspect_ratio = crop_to_aspect_ratio, pad_to_aspect_ratio
        self.fill_mode, self.fill_value = fill_mode, fill_value

    def get_random_transformation(self, data, training=True, seed=None):
        return self._size(data)

    def transform_images(self, images, transformation=None, training=True):
        return self._moved(images, transformation, self.interpolation)

    def transform_segmentation_masks(self, segmentation_masks, transformation, training=True):
        return self._moved(segmentation_masks, transformation, "nearest")

    def _moved(self, images, transformation, interpolation):
        resized = ops.image.resize(
            images,
            (self.height, self.width),
            interpolation=interpolation,
            antialias=self.antialias,
            crop_to_aspect_ratio=self.crop_to_aspect_ratio,
            pad_to_aspect_ratio=self.pad_to_aspect_ratio,
            fill_mode=self.fill_mode,
            fill_value=self.fill_value,
            data_format=self.data_format,
        )
        dtype = standardize_dtype(images.dtype)
        if standardize_dtype(resized.dtype) == dtype:
            return resized
        return ops.saturate_cast(ops.round(resized) if is_int_dtype(dtype) else resized, dtype)

    def transform_bounding_boxes(self, bounding_boxes, transformation, training=True):
        given = bounding_boxes["boxes"]
        is_none = ((given == -1).all(-1) | (given == 0).all(-1)).unsqueeze(-1)
        moved = self._in_corners(bounding_boxes, transformation, self._mover(transformation), (self.height, self.width))
        moved["boxes"] = torch.where(is_none, torch.zeros_like(moved["boxes"]), moved["boxes"])
        return moved

    def _mover(self, size):
        high, wide = size
        down, across = self.height / high, self.width / wide
        top = left = 0.0
        if self.pad_to_aspect_ratio:
            down = across = min(down, across)
            top, left = (self.height - high * down) // 2, (self.width - wide * across) // 2
        elif self.crop_to_aspect_ratio:
            down = across = max(down, across)
            top, left = -((high * down - self.height) // 2), -((wide * across - self.width) // 2)

        def move(boxes):
            scale = boxes.new_tensor([across, down, across, down])
            return boxes * scale + boxes.new_tensor([left, top, left, top])

        return move


class CenterCrop(Sized):
    """The middle of images; of smaller ones as much as there is, made larger.

    Args:
        height, width: of what comes out, in pixels.

    Source: keras.layers.CenterCrop, Keras 3.15.
    """

    draws = False

    def __init__(self, height, width, data_format=None, **kwargs):
        super().__init__(height, width, data_format=data_format, **kwargs)

    def get_random_transformation(self, data, training=True, seed=None):
        return {"input_shape": tuple((data["images"] if isinstance(data, dict) else data).shape)}

    def transform_images(self, images, transformation=None, training=True):
        return self._moved(self._computed(images), transformation, "bilinear")

    def transform_segmentation_masks(self, segmentation_masks, transformation, training=True):
        return self._moved(segmentation_masks, transformation, "nearest")

    def _moved(self, images, transformation, interpolation):
        high, wide = self._size(images)
        if high >= self.height and wide >= self.width:
            top, left = (high - self.height) // 2, (wide - self.width) // 2
            return self._cropped(images, top, left, self.height, self.width)
        return self._resized(self._cropped(images, *self._middle((high, wide))), interpolation)

    def transform_bounding_boxes(self, bounding_boxes, transformation, training=True):
        shape = transformation["input_shape"]
        size = shape[self._height_axis], shape[self._height_axis + 1]
        is_larger = size[0] >= self.height and size[1] >= self.width
        top, left = (size[0] - self.height) // 2, (size[1] - self.width) // 2
        height, width = self.height, self.width
        if not is_larger:
            top, left, height, width = self._middle(size)

        def move(boxes):
            moved = boxes - boxes.new_tensor([left, top, left, top])
            limits = boxes.new_tensor([width, height, width, height])
            scale = boxes.new_tensor([self.width / width, self.height / height] * 2)
            return torch.minimum(moved.clamp(min=0), limits) * scale

        return self._in_corners(bounding_boxes, size, move, (self.height, self.width))


class RandomCrop(Sized):
    """In training a part of images at a random place, the same for a batch; otherwise images as they are.

    Images that are too small give their middle, made larger.

    Args:
        height, width: of what comes out in training, in pixels.

    Source: keras.layers.RandomCrop, Keras 3.15.
    """

    own: tuple[str, ...] = (*Sized.own, "seed")

    def __init__(self, height, width, seed=None, data_format=None, name=None, **kwargs):
        super().__init__(height, width, seed=seed, data_format=data_format, name=name, **kwargs)

    def get_random_transformation(self, data, training=True, seed=None):
        high, wide = self._size(data)
        if high is None or wide is None:
            raise ArgumentError(
                "The images' size is not known.", got=(high, wide), fix="Input((height, width, channels))"
            )
        if not (training and high > self.height and wide > self.width):
            return self._middle((high, wide))[:2]
        top = self._uniform((), 0.0, float(high - self.height + 1), seed)
        left = self._uniform((), 0.0, float(wide - self.width + 1), seed)
        return int(top), int(left)

    def transform_images(self, images, transformation, training=True):
        return self._moved(self._computed(images), transformation, "bilinear") if training else images

    def _moved(self, images, transformation, interpolation):
        (top, left), (high, wide) = transformation, self._size(images)
        part = self._cropped(images, top, left, min(self.height, high - top), min(self.width, wide - left))
        if self._size(part) == (self.height, self.width):
            return part
        return ops.cast(self._resized(part, interpolation), standardize_dtype(images.dtype))

    def transform_bounding_boxes(self, bounding_boxes, transformation, training=True):
        if not training:
            return bounding_boxes
        top, left = transformation

        def move(boxes):
            return (boxes - boxes.new_tensor([left, top, left, top])).clamp(min=0)

        return self._in_corners(bounding_boxes, (self.height, self.width), move)
