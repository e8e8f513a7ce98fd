"""Layers that make the spatial axes longer: UpSampling1D to 3D.

Below: spatial.py knows the axes, ops/resampling.py interpolates, links.py says which place goes where.
"""

from __future__ import annotations

import torch

from pellucid import axes
from pellucid.errors import ArgumentError, ArgumentTypeError
from pellucid.layers.spatial import Spatial
from pellucid.links import Blend, Repeat
from pellucid.ops.resampling import resize

# The cells on each side of a place that an interpolation takes into account.
REACH = {"nearest": 0, "bilinear": 1, "bicubic": 2, "lanczos3": 3, "lanczos5": 5}


class UpSampling(Spatial):
    """Each cell `size` times in a row along each spatial axis.

    Shapes:
        input   (batch, *sizes, channels), or (batch, channels, *sizes) with channels_first
        output  the same axes; along each ``times * size``

    Args:
        size: how many times, one number or one for each spatial axis.

    Raises:
        ArgumentError: numbers that are not positive, or another number of them.

    Source: keras.layers.UpSampling1D, UpSampling2D, UpSampling3D, Keras 3.15.
    """

    def __init__(self, size=2, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.keep({"size": size, "data_format": data_format})
        self.set_axes(data_format)
        self.times = axes.sizes(size, self.rank, "size")
        self.size = self.times

    def call(self, inputs):
        return self.repeated(inputs)

    def repeated(self, x: torch.Tensor) -> torch.Tensor:
        """Each cell repeated, in one copy."""
        first, last = self.spatial_axes[0], self.spatial_axes[-1] + 1
        before, sizes, behind = x.shape[:first], x.shape[first:last], x.shape[last:]
        spread = [size for n, times in zip(sizes, self.times, strict=True) for size in (n, times)]
        for axis in reversed(self.spatial_axes):
            x = x.unsqueeze(axis + 1)
        longer = [n * times for n, times in zip(sizes, self.times, strict=True)]
        return x.expand(*before, *spread, *behind).reshape(*before, *longer, *behind)

    def compute_output_shape(self, input_shape):
        sizes = (input_shape[axis] for axis in self.spatial_axes)
        return self.with_sizes(
            input_shape, [None if n is None else n * times for n, times in zip(sizes, self.times, strict=True)]
        )

    def links(self):
        return self.link_along(map(Repeat, self.times))


class UpSampling1D(UpSampling):
    """Each step of (batch, steps, channels) `size` times in a row. See UpSampling.

    Raises:
        ArgumentTypeError: `size` is no whole number.
    """

    rank = 1

    def __init__(self, size=2, **kwargs):
        if not isinstance(size, int) or isinstance(size, bool):
            raise ArgumentTypeError(
                "`size` of UpSampling1D is one number.", got=repr(size), expected="an int", fix="size=2"
            )
        super().__init__(size, "channels_last", **kwargs)
        self.size = size

    def get_config(self):
        config = super().get_config()
        del config["data_format"]
        return config


class UpSampling2D(UpSampling):
    """Larger images: each cell repeated, or the cells between computed from their neighbours. See UpSampling.

    Args:
        interpolation: "nearest" repeats each cell; "bilinear", "bicubic", "lanczos3" and "lanczos5" are those of
            `pellucid.ops.image.resize`.

    Raises:
        ArgumentError: another interpolation.
    """

    rank = 2

    def __init__(self, size=(2, 2), data_format=None, interpolation="nearest", **kwargs):
        super().__init__(size, data_format, **kwargs)
        self.keep({"interpolation": str(interpolation).lower()})
        if self.interpolation not in REACH:
            raise ArgumentError(
                "Unknown `interpolation` of UpSampling2D.",
                got=repr(interpolation),
                expected=" or ".join(map(repr, REACH)),
                fix='interpolation="bilinear"',
            )

    def call(self, inputs):
        if self.interpolation == "nearest":
            return self.repeated(inputs)
        size = [inputs.shape[axis] * times for axis, times in zip(self.spatial_axes, self.times, strict=True)]
        return resize(inputs, size, self.interpolation, data_format=self.data_format)

    def links(self):
        if self.interpolation == "nearest":
            return super().links()
        return self.link_along(Blend(times, REACH[self.interpolation]) for times in self.times)


class UpSampling3D(UpSampling):
    """Each cell of a volume repeated along depth, height and width. See UpSampling."""

    rank = 3

    def __init__(self, size=(2, 2, 2), data_format=None, **kwargs):
        super().__init__(size, data_format, **kwargs)
