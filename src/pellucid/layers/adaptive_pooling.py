"""Adaptive pooling layers: the input in as many windows as the output has cells.

Below:  ops/pooling.py does the arithmetic.
Beside: pooling.py is told the window's size instead.
"""

from __future__ import annotations

from pellucid import axes
from pellucid.errors import ArgumentError, ArgumentTypeError
from pellucid.layers.spatial import Spatial
from pellucid.links import Adaptive
from pellucid.ops.pooling import adaptive_average_pool, adaptive_max_pool


class AdaptivePooling(Spatial):
    """One value for each channel and window; the windows share each axis as evenly as they can.

    A sister sets `rank` and computes in `pool`.

    Shapes:
        input   (batch, *sizes, channels), or (batch, channels, *sizes) with channels_first
        output  (batch, *output_size, channels), or likewise

    Args:
        output_size: windows along each spatial axis, one number or one for each.

    Raises:
        ArgumentTypeError: `output_size` is neither.
        ArgumentError: numbers that are not positive.

    Source: keras.layers.AdaptiveMaxPooling2D, AdaptiveAveragePooling2D and their sisters, Keras 3.15.
    """

    def __init__(self, output_size, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.keep({"output_size": output_size, "data_format": data_format})
        self.set_axes(data_format)
        is_sequence = isinstance(output_size, (tuple, list))
        if not isinstance(output_size, int) and not (is_sequence and len(output_size) == self.rank):
            # Keras calls a wrong length a wrong value for one axis, and a wrong type for more.
            kind = ArgumentError if is_sequence and self.rank == 1 else ArgumentTypeError
            raise kind(
                f"`output_size` of {type(self).__name__} says how many windows along {', '.join(axes.SPATIAL[self.rank])}.",
                got=repr(output_size),
                expected="an int" + (f", or {self.rank} of them" if self.rank > 1 else ""),
                fix=f"{type(self).__name__}({(4,) * self.rank if self.rank > 1 else 4})",
            )
        self.output_size = axes.sizes(output_size, self.rank, "output_size")

    def pool(self, inputs, output_size, data_format):
        """The pooling itself, of ops/pooling.py."""
        raise NotImplementedError

    def call(self, inputs):
        return self.pool(inputs, self.output_size, self.data_format)

    def compute_output_shape(self, input_shape):
        return self.with_sizes(input_shape, self.output_size)

    def links(self):
        return self.link_along([Adaptive()] * self.rank)


class AdaptiveMaxPooling1D(AdaptivePooling):
    """The largest value of each of `output_size` windows of steps. See AdaptivePooling."""

    rank = 1
    pool = staticmethod(adaptive_max_pool)


class AdaptiveMaxPooling2D(AdaptivePooling):
    """The largest value of each window of an image. See AdaptivePooling."""

    rank = 2
    pool = staticmethod(adaptive_max_pool)


class AdaptiveMaxPooling3D(AdaptivePooling):
    """The largest value of each window of a volume. See AdaptivePooling."""

    rank = 3
    pool = staticmethod(adaptive_max_pool)


class AdaptiveAveragePooling1D(AdaptivePooling):
    """The mean of each of `output_size` windows of steps. See AdaptivePooling."""

    rank = 1
    pool = staticmethod(adaptive_average_pool)


class AdaptiveAveragePooling2D(AdaptivePooling):
    """The mean of each window of an image. See AdaptivePooling."""

    rank = 2
    pool = staticmethod(adaptive_average_pool)


class AdaptiveAveragePooling3D(AdaptivePooling):
    """The mean of each window of a volume. See AdaptivePooling."""

    rank = 3
    pool = staticmethod(adaptive_average_pool)
