"""Layers that change colors at random: RandomBrightness, RandomContrast.

Below: images.py.
"""

from __future__ import annotations

import torch

from pellucid.errors import ArgumentError
from pellucid.layers.images import ImageLayer, bounds


class Coloring(ImageLayer):
    """Images whose values change, and whose places stay.

    Args:
        factor: how much, drawn for each image between two bounds.
        value_range: the smallest and the largest value of images.
    """

    limits = (-1.0, 1.0)

    def __init__(self, factor, value_range=(0, 255), seed=None, **kwargs):
        super().__init__(seed=seed, **kwargs)
        self.factor = bounds("factor", factor, *self.limits)
        if not isinstance(value_range, (tuple, list)) or len(value_range) != 2:
            raise ArgumentError("`value_range` is two numbers.", got=repr(value_range), fix="value_range=(0, 255)")
        self.value_range = sorted(value_range)

    def _drawn(self, data, seed, low=None, high=None):
        """A number for each image, between the factor's bounds or others."""
        low, high = self.factor if low is None else (low, high)
        return self._uniform(self._shape_of_draws(data), low, high, seed)

    def _clipped(self, images):
        return images.clamp(*self.value_range)

    def get_config(self):
        own = ("factor", "value_range", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}


class RandomBrightness(Coloring):
    """In training images brighter or darker: a number is added to all values.

    Args:
        factor: how much at most, as a share of `value_range`; or two shares from -1 to 1.

    Source: keras.layers.RandomBrightness, Keras 3.15.
    """

    def get_random_transformation(self, data, training=True, seed=None):
        low, high = self.value_range
        if not training:
            return {"rgb_delta": torch.zeros(self._shape_of_draws(data))}
        return {"rgb_delta": self._drawn(data, seed) * (high - low)}

    def transform_images(self, images, transformation, training=True):
        images = self._computed(images)
        return self._clipped(images + transformation["rgb_delta"].to(images)) if training else images


class RandomContrast(Coloring):
    """In training images of more or less contrast: values move away from, or to, the mean of their channel.

    Args:
        factor: how much at most, from 0 to 1; or two numbers, for less and for more.

    Source: keras.layers.RandomContrast, Keras 3.15.
    """

    limits = (0.0, 1.0)

    def get_random_transformation(self, data, training=True, seed=None):
        if not training:
            return {"contrast_factor": torch.zeros(self._shape_of_draws(data))}
        low, high = self.factor
        return {"contrast_factor": self._drawn(data, seed, 1.0 - low, 1.0 + high)}

    def transform_images(self, images, transformation, training=True):
        images = self._computed(images)
        if not training:
            return images
        mean = images.mean(dim=(self._height_axis, self._height_axis + 1), keepdim=True)
        return self._clipped((images - mean) * transformation["contrast_factor"].to(images) + mean)
