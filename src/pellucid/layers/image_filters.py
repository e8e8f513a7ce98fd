"""Layers that blur and sharpen images at random: RandomGaussianBlur, RandomSharpness.

Below: image_values.py; ops/filtering.py and ops/convolution.py slide the windows, with zeros around images.
"""

from __future__ import annotations

import torch

from pellucid import ops
from pellucid.errors import ArgumentError
from pellucid.graph.values import convert_to_tensor
from pellucid.layers.image_colors import Toning
from pellucid.layers.image_values import BYTES, Valued
from pellucid.layers.images import bounds


class RandomSharpness(Toning):
    """In training images that are sharper, or softer.

    Args:
        factor: 0 for the mean of each pixel and those around it, 0.5 for images as they are, 1 for as much away from
            that mean; a number stands for what lies below it too.

    Source: keras.layers.RandomSharpness, Keras 3.15.
    """

    limits = (0.0, 1.0)
    keeps_dtype = False

    def _recolored(self, images, transformation):
        share = self._each(transformation["factor"], images) * 2
        window = torch.full((3, 3, images.shape[self._channels_axis], 1), 1 / 13, dtype=images.dtype)
        window[1, 1] = 5 / 13
        soft = ops.depthwise_conv(images, window.to(images.device), padding="same", data_format=self.data_format)
        return self._clipped(images + (1.0 - share) * (soft - images))


class RandomGaussianBlur(Valued):
    """In training some images blurred by a bell curve.

    Args:
        factor: how likely at most, from 0 to 1; or two bounds of the chance.
        kernel_size: height and width of the window, odd numbers of pixels; or one for both.
        sigma: standard deviation of the bell at most, from 0 to 1 pixels; or two bounds. One draw for a batch.

    Source: keras.layers.RandomGaussianBlur, Keras 3.15.
    """

    own = ("factor", "kernel_size", "sigma", "value_range", "seed")

    def __init__(self, factor=1.0, kernel_size=3, sigma=1.0, value_range=BYTES, data_format=None, seed=None, **kwargs):
        super().__init__(value_range, data_format=data_format, seed=seed, **kwargs)
        self.factor, self.sigma = (bounds(*told, 0.0, 1.0) for told in (("factor", factor), ("sigma", sigma)))
        sizes = kernel_size if isinstance(kernel_size, (tuple, list)) else (kernel_size,) * 2
        if len(sizes) != 2 or any(not isinstance(size, (int, float)) or size % 2 != 1 for size in sizes):
            raise ArgumentError(
                "`kernel_size` is an odd number of pixels, or two.", got=repr(kernel_size), fix="kernel_size=3"
            )
        self.kernel_size = tuple(sizes)

    def get_random_transformation(self, data, training=True, seed=None):
        if not training:
            return None
        chosen = self._chosen(data, self.factor, seed)
        return {"should_apply_blur": chosen, "blur_factor": self._uniform((2,), *self.sigma, seed) + 1e-6}

    def transform_images(self, images, transformation=None, training=True):
        images = self._computed(convert_to_tensor(images))
        if not training or transformation is None:
            return images
        sigma = convert_to_tensor(transformation["blur_factor"])
        blurred = ops.image.gaussian_blur(
            images, kernel_size=self.kernel_size, sigma=sigma, data_format=self.data_format
        )
        return self._clipped(torch.where(self._each(transformation["should_apply_blur"], images), blurred, images))
