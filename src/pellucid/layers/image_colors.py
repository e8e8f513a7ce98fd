"""Layers that change colors at random: one number for each image, and a formula for its values.

Below: image_values.py; ops/colors.py knows gray, and hue, saturation and value.
"""

from __future__ import annotations

import torch

from pellucid import ops, random
from pellucid.errors import ShapeError
from pellucid.graph.values import convert_to_tensor
from pellucid.layers.image_values import BYTES, Valued, rescaled
from pellucid.layers.images import ImageLayer, bounds, share
from pellucid.settings import epsilon


class Coloring(Valued):
    """Images whose values change in training, and whose places stay.

    Args:
        factor: how much, drawn for each image between two bounds.
    """

    limits = (-1.0, 1.0)
    own: tuple[str, ...] = ("factor", "value_range", "seed")
    keeps_dtype = True  # outside training images come out in the dtype they came in

    def __init__(self, factor, value_range=BYTES, seed=None, **kwargs):
        super().__init__(value_range, seed=seed, **kwargs)
        self.factor = bounds("factor", factor, *self.limits)

    def transform_images(self, images, transformation, training=True):
        images = convert_to_tensor(images)
        if training:
            return self._recolored(self._computed(images), transformation)
        return images if self.keeps_dtype else self._computed(images)

    def _recolored(self, images, transformation):
        """Images after a draw, in the compute dtype."""
        raise NotImplementedError

    def _drawn(self, data, seed, low=None, high=None):
        """A number for each image, between the factor's bounds or others."""
        low, high = self.factor if low is None else (low, high)
        return self._uniform(self._shape_of_draws(data), low, high, seed)


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

    def _recolored(self, images, transformation):
        return self._clipped(images + self._each(transformation["rgb_delta"], images))


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

    def _recolored(self, images, transformation):
        mean = images.mean(dim=(self._height_axis, self._height_axis + 1), keepdim=True)
        return self._clipped((images - mean) * self._each(transformation["contrast_factor"], images) + mean)


class Toning(Coloring):
    """A color layer whose draw is a `factor` for each image."""

    def __init__(self, factor, value_range=BYTES, data_format=None, seed=None, **kwargs):
        super().__init__(factor, value_range, seed=seed, data_format=data_format, **kwargs)

    def get_random_transformation(self, data, training=True, seed=None):
        return {"factor": self._factor(data, seed)} if training else None

    def _factor(self, data, seed):
        return self._uniform((self._count(data),), *self.factor, seed)

    def transform_images(self, images, transformation=None, training=True):
        return super().transform_images(images, transformation, training)

    def _in_hsv(self, images, change):
        """Images after `change` of hue, saturation and value."""
        axis = self._channels_axis
        images = ops.image.rgb_to_hsv(images, data_format=self.data_format)
        images = torch.cat(change(*images.split(1, dim=axis)), dim=axis)
        return ops.image.hsv_to_rgb(images, data_format=self.data_format)


class RandomHue(Toning):
    """In training images of other hues.

    Args:
        factor: how far around the circle of colors at most, either way; 1 is half of it. Or two numbers from 0 to 1.

    Source: keras.layers.RandomHue, Keras 3.15.
    """

    limits = (0.0, 1.0)

    def _factor(self, data, seed):
        sides = self._uniform((self._count(data),), 0.0, 1.0, seed)
        return torch.where(sides > 0.5, -0.5, 0.5) * super()._factor(data, seed)

    def _recolored(self, images, transformation):
        turn = self._each(transformation["factor"], images)
        images = rescaled(images, self.value_range, (0, 1))
        images = self._in_hsv(images, lambda hue, saturation, value: (hue + turn, saturation, value))
        return rescaled(images.clamp(0, 1), (0, 1), self.value_range)


class RandomSaturation(Toning):
    """In training images of paler or stronger colors.

    Args:
        factor: 0 for gray, 0.5 for colors as they are, 1 for the strongest; a number stands for what lies below it too.

    Source: keras.layers.RandomSaturation, Keras 3.15.
    """

    def _factor(self, data, seed):
        share = super()._factor(data, seed)
        return share / (1 - share + epsilon())

    def _recolored(self, images, transformation):
        times = self._each(transformation["factor"], images)
        return self._in_hsv(images, lambda hue, saturation, value: (hue, self._clipped(saturation * times), value))


class RandomColorDegeneration(Toning):
    """In training images that are grayer: a share of their gray in place of their colors.

    Args:
        factor: the share at most, 1 for all gray; or two shares. Below 0 colors become stronger.

    Source: keras.layers.RandomColorDegeneration, Keras 3.15.
    """

    def _factor(self, data, seed):
        return self._uniform((self._count(data), 1, 1, 1), *self.factor, seed)

    def _recolored(self, images, transformation):
        gray = ops.image.rgb_to_grayscale(images, data_format=self.data_format)
        return self._clipped(images + self._each(transformation["factor"], images) * (gray - images))

    def compute_output_shape(self, input_shape):
        if len(input_shape) not in (3, 4) or input_shape[self._channels_axis] not in (3, None):
            raise ShapeError(
                "Only images of three colors lose them.",
                got=tuple(input_shape),
                expected="(batch, height, width, 3) or (height, width, 3)",
            )
        return input_shape


class RandomPosterization(Toning):
    """In training images whose values keep their first bits alone.

    Args:
        factor: how many of eight bits stay; or two numbers from 1 to 8, of which the second is never drawn.

    Source: keras.layers.RandomPosterization, Keras 3.15.
    """

    limits = (1, 8)

    def get_random_transformation(self, data, training=True, seed=None):
        if not training:
            return None
        (low, high), count = self.factor, self._count(data)
        if low == high:
            return {"shift_factor": torch.full((count,), 8 - int(low), dtype=torch.uint8)}
        return {"shift_factor": 8 - random.randint((count,), low, high, dtype="uint8", seed=self._seed(seed))}

    def _recolored(self, images, transformation):
        bits = self._each(transformation["shift_factor"], images).to(torch.uint8)
        seen = rescaled(images, self.value_range, BYTES).to(torch.uint8)
        return rescaled(self._computed(seen >> bits << bits), BYTES, self.value_range)


class RandomInvert(Coloring):
    """In training some images as their negatives: the largest value less each value.

    Args:
        factor: how likely at most, from 0 to 1; or two bounds of the chance.

    Source: keras.layers.RandomInvert, Keras 3.15.
    """

    limits = (0.0, 1.0)

    def __init__(self, factor=1.0, value_range=BYTES, seed=None, data_format=None, **kwargs):
        super().__init__(factor, value_range, seed=seed, data_format=data_format, **kwargs)

    def get_random_transformation(self, data, training=True, seed=None):
        return {"apply_inversion": self._chosen(data, self.factor, seed)} if training else None

    def _recolored(self, images, transformation):
        return torch.where(self._each(transformation["apply_inversion"], images), self.value_range[1] - images, images)


class Solarization(Coloring):
    """In training images made brighter, and whose values above a threshold are then turned around.

    Args:
        addition_factor: how much is added at most, as a share of the range; or two shares from 0 to 1.
        threshold_factor: the highest threshold, likewise.

    Source: keras.layers.Solarization, Keras 3.15.
    """

    own = ("addition_factor", "threshold_factor", "value_range", "seed")
    keeps_dtype = False

    def __init__(self, addition_factor=0.0, threshold_factor=0.0, value_range=BYTES, seed=None, **kwargs):
        super().__init__(0.0, value_range, seed=seed, **kwargs)
        self.addition_factor = bounds("addition_factor", addition_factor, 0.0, 1.0)
        self.threshold_factor = bounds("threshold_factor", threshold_factor, 0.0, 1.0)

    def get_random_transformation(self, data, training=True, seed=None):
        if not training:
            return None
        words = {"additions": self.addition_factor, "thresholds": self.threshold_factor}
        return {word: self._drawn(data, seed, 255 * low, 255 * high) for word, (low, high) in words.items()}

    def _recolored(self, images, transformation):
        if transformation is None:
            return images
        added, threshold = (self._each(transformation[word], images) for word in ("additions", "thresholds"))
        images = (rescaled(images, self.value_range, BYTES) + added).clamp(*BYTES)
        return rescaled(torch.where(images < threshold, images, 255 - images), BYTES, self.value_range)


class RandomGrayscale(ImageLayer):
    """In training some images in gray, all channels alike.

    Args:
        factor: how likely, from 0 to 1.

    Source: keras.layers.RandomGrayscale, Keras 3.15.
    """

    own = ("factor", "seed")

    def __init__(self, factor=0.5, data_format=None, seed=None, **kwargs):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = share("factor", factor)

    def get_random_transformation(self, data, training=True, seed=None):
        if not training:
            return None
        return (self._uniform((self._count(data),), 0.0, 1.0, seed) < self.factor).reshape(-1, 1, 1, 1)

    def transform_images(self, images, transformation, training=True):
        images = convert_to_tensor(images)
        if not training:
            return images
        chosen = self.get_random_transformation(images) if transformation is None else transformation
        gray = ops.image.rgb_to_grayscale(images, data_format=self.data_format)
        return torch.where(self._each(chosen, images), gray, images)
