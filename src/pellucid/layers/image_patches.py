"""Layers that mix the images of a batch, or cover a part of each: MixUp, CutMix, RandomErasing.

Below: image_values.py.
"""

from __future__ import annotations

import torch

from pellucid import ops, random
from pellucid.errors import ArgumentError, UnsupportedError
from pellucid.graph.values import convert_to_tensor
from pellucid.layers.image_values import BYTES, Valued
from pellucid.layers.images import ImageLayer, bounds


class Mixing(ImageLayer):
    """In training each image mixed with another one of its batch, and so are their labels."""

    def _order(self, data, dtype, seed):
        """Which image each one is mixed with."""
        return random.shuffle(torch.arange(self._count(data), dtype=dtype), seed=self._seed(seed))

    def transform_labels(self, labels, transformation, training=True):
        if not training or transformation is None:
            return labels
        return self._mixed(labels, transformation)

    def _mixed(self, values, transformation):
        """Values of each image and of the other one, each with its weight."""
        values = convert_to_tensor(values)
        weight = convert_to_tensor(transformation["mix_weight"]).to(values.device)
        weight = weight.reshape(-1, *(1,) * (values.ndim - 1))
        return weight * values + (1.0 - weight) * _taken(values, transformation)


def _taken(values, transformation):
    """For each image, what the other one has."""
    return values[convert_to_tensor(transformation["permutation_order"]).long().to(values.device)]


class MixUp(Mixing):
    """In training sums of two images, weighted, and of their labels; boxes of both.

    Args:
        alpha: of the beta distribution that weights are drawn from; the smaller, the clearer one image is seen.

    Source: keras.layers.MixUp, Keras 3.15; Zhang et al. 2018, arxiv.org/abs/1710.09412.
    """

    own = ("alpha", "seed")

    def __init__(self, alpha=0.2, data_format=None, seed=None, **kwargs):
        super().__init__(data_format=data_format, seed=seed, **kwargs)
        self.alpha = alpha

    def get_random_transformation(self, data, training=True, seed=None):
        if not training:
            return None
        order = self._order(data, torch.int64, seed)
        weight = random.beta((self._count(data),), self.alpha, self.alpha, seed=self._seed(seed))
        return {"mix_weight": weight, "permutation_order": order}

    def transform_images(self, images, transformation=None, training=True):
        images = convert_to_tensor(images)
        if not training:
            return images
        images = self._computed(images)
        weight = ops.cast(transformation["mix_weight"], images.dtype).to(images.device).reshape(-1, 1, 1, 1)
        return weight * images + (1.0 - weight) * _taken(images, transformation)

    def transform_segmentation_masks(self, segmentation_masks, transformation, training=True):
        return self._mixed(segmentation_masks, transformation) if training else segmentation_masks

    def transform_bounding_boxes(self, bounding_boxes, transformation, training=True):
        if not training:
            return bounding_boxes
        given = {word: convert_to_tensor(bounding_boxes[word]) for word in ("boxes", "labels")}
        return {
            word: torch.cat([values, _taken(values, transformation)], dim=min(1, values.ndim - 1))
            for word, values in given.items()
        }


class CutMix(Mixing):
    """In training a rectangle of each image taken from another one, and their labels mixed by the areas.

    Args:
        factor: alpha at most of the beta distribution that areas are drawn from; or two bounds from 0 to 1.

    Raises:
        UnsupportedError: there are boxes: of one that is cut, nobody knows the rest.

    Source: keras.layers.CutMix, Keras 3.15; Yun et al. 2019, arxiv.org/abs/1905.04899.
    """

    own = ("factor", "seed")

    def __init__(self, factor=1.0, seed=None, data_format=None, **kwargs):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = bounds("factor", factor, 0.0, 1.0)

    def get_random_transformation(self, data, training=True, seed=None):
        images = data["images"] if isinstance(data, dict) else data
        if not training or not self._is_batch(images):
            return None
        height, width = self._size(data)
        alpha = self._uniform((), *self.factor, seed) + 1e-6
        kept = random.beta((self._count(data),), alpha, alpha, seed=self._seed(seed))
        ratio = torch.sqrt(1.0 - kept)
        left, right, top, bottom = edges = _rectangle(self, data, (ratio, ratio), seed)
        kept = 1.0 - (right - left) * (bottom - top) / (width * height)
        return {
            "permutation_order": self._order(data, torch.int32, seed),
            "batch_masks": _inside(self, data, edges),
            "mix_weight": kept.reshape(-1, 1, 1, 1),
        }

    def transform_images(self, images, transformation=None, training=True):
        images = self._computed(convert_to_tensor(images))
        return self._cut(images, transformation) if training and transformation is not None else images

    def transform_segmentation_masks(self, segmentation_masks, transformation, training=True):
        masks = convert_to_tensor(segmentation_masks)
        return self._cut(masks, transformation) if training and transformation is not None else masks

    def _cut(self, values, transformation):
        inside = convert_to_tensor(transformation["batch_masks"]).to(values.device)
        if inside.shape[self._channels_axis] != values.shape[self._channels_axis]:
            inside = inside.narrow(self._channels_axis, 0, 1)
        return torch.where(inside, _taken(values, transformation), values)

    def transform_bounding_boxes(self, bounding_boxes, transformation, training=True):
        raise UnsupportedError(
            "CutMix does not know what becomes of boxes.", got='data with "bounding_boxes"', fix="layers.MixUp(...)"
        )


class RandomErasing(Valued):
    """In training some images with a rectangle covered.

    Args:
        factor: how likely at most, from 0 to 1; or two bounds of the chance.
        scale: the square of the rectangle's height and width at most, as a share of the image's; or two bounds.
        fill_value: what covers it: a number, one for each of three channels, or None for noise.

    Source: keras.layers.RandomErasing, Keras 3.15; Zhong et al. 2017, arxiv.org/abs/1708.04896.
    """

    own = ("factor", "scale", "fill_value", "value_range", "seed")

    def __init__(
        self,
        factor=1.0,
        scale=(0.02, 0.33),
        fill_value=None,
        value_range=BYTES,
        seed=None,
        data_format=None,
        **kwargs,
    ):
        super().__init__(value_range, seed=seed, data_format=data_format, **kwargs)
        self.factor, self.scale = (bounds(*told, 0.0, 1.0) for told in (("factor", factor), ("scale", scale)))
        numbers = fill_value if isinstance(fill_value, (tuple, list)) and len(fill_value) == 3 else [fill_value]
        if fill_value is not None and any(not isinstance(one, (int, float)) for one in numbers):
            raise ArgumentError(
                "`fill_value` is a number, three, or None for noise.", got=repr(fill_value), fix="fill_value=0"
            )
        self.fill_value = fill_value

    def get_random_transformation(self, data, training=True, seed=None):
        if not training:
            return None
        ratios = torch.sqrt(self._uniform((self._count(data), 2), *self.scale, seed))
        inside = _inside(self, data, _rectangle(self, data, ratios.unbind(-1), seed))
        chosen = self._chosen(data, self.factor, seed)
        return {"apply_erasing": chosen, "batch_masks": inside, "fill_value": self._clipped(self._filling(data, seed))}

    def _filling(self, data, seed):
        images = data["images"] if isinstance(data, dict) else data
        if self.fill_value is None:
            noise = random.normal(tuple(images.shape), seed=self._seed(seed))
            return noise * self.value_range[1]
        filling = torch.tensor(self.fill_value, dtype=torch.float32)
        return filling[:, None, None] if filling.ndim and self._channels_axis == -3 else filling

    def transform_images(self, images, transformation=None, training=True):
        images = self._computed(convert_to_tensor(images))
        if not training or transformation is None:
            return images
        inside = convert_to_tensor(transformation["batch_masks"]).to(images.device)
        filling = ops.cast(transformation["fill_value"], images.dtype).to(images.device)
        covered = torch.where(inside, filling, images)
        return torch.where(self._each(transformation["apply_erasing"], images), covered, images)


def _rectangle(layer, data, ratios, seed):
    """Left, right, top and bottom edge of a rectangle in each image, whose sides are shares of the image's."""
    edges = []
    for ratio, size in zip(ratios, reversed(layer._size(data)), strict=True):
        length = ratio * size
        start = layer._uniform(length.shape, 0.0, 1.0, seed) * (size - length)
        edges += [start, start + length]
    return edges


def _inside(layer, data, edges):
    """Which places of each image lie in its rectangle, for each channel."""
    images = data["images"] if isinstance(data, dict) else data
    left, right, top, bottom = (edge[:, None, None] for edge in edges)
    down, across = (torch.arange(size, device=left.device) for size in layer._size(data))
    down = down[:, None]
    inside = (across >= left) & (across < right) & (down >= top) & (down < bottom)
    axis = layer._channels_axis
    return inside.unsqueeze(axis).repeat_interleave(images.shape[axis], dim=axis)
