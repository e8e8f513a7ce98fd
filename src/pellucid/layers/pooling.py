"""Pooling layers: the largest value or the mean of each window, MaxPooling1D to 3D and AveragePooling1D to 3D.

Below:  ops/pooling.py does the arithmetic, window_shapes.py says how many windows fit.
Beside: global_pooling.py takes one window for all, adaptive_pooling.py as many windows as one asks for.
"""

from __future__ import annotations

from pellucid import axes
from pellucid.errors import ArgumentError, ShapeError
from pellucid.layers import window_shapes
from pellucid.layers.spatial import Spatial
from pellucid.links import Slide
from pellucid.ops.pieces import Largest
from pellucid.ops.pooling import average_pool, max_pool


class Pooling(Spatial):
    """One value for each window and channel. A sister sets `rank` and computes in `pool`.

    Shapes:
        input   (batch, *sizes, channels), or (batch, channels, *sizes) with channels_first
        output  the same axes; along each ``(n - pool_size) // stride + 1`` with "valid", ``ceil(n / stride)`` with "same"

    Args:
        pool_size, strides: one number, or one for each spatial axis; None strides are the `pool_size`.
        padding: "valid" (none) or "same" (the odd cell at the end); padding takes no part in a result.

    Raises:
        ArgumentError: another padding, or numbers that are not positive.
        ShapeError: a window larger than the input.

    Source: keras.layers.MaxPooling2D, AveragePooling2D and their sisters, Keras 3.15.
    """

    def __init__(self, pool_size, strides=None, padding="valid", data_format=None, name=None, **kwargs):
        super().__init__(name=name, **kwargs)
        self.keep(
            {"pool_size": pool_size, "padding": str(padding).lower(), "strides": strides, "data_format": data_format}
        )
        self.set_axes(data_format)
        self.pool_size = axes.sizes(pool_size, self.rank, "pool_size")
        self.strides = self.pool_size if strides is None else axes.sizes(strides, self.rank, "strides")
        if self.padding not in ("valid", "same"):
            raise ArgumentError(
                f"Unknown `padding` of {type(self).__name__}.",
                got=repr(padding),
                expected="'valid' or 'same'",
                fix='padding="same"',
            )
        self._build_at_init()

    def pool(self, inputs, pool_size, strides, padding, data_format):
        """The pooling itself, of ops/pooling.py."""
        raise NotImplementedError

    def call(self, inputs):
        try:
            return self.pool(inputs, self.pool_size, self.strides, self.padding, self.data_format)
        except ShapeError:
            self.compute_output_shape(inputs.shape)  # says more: which axis the channels are
            raise

    def compute_output_shape(self, input_shape):
        ones = (1,) * self.rank
        layout = (self.pool_size, self.strides, ones, self.padding, self.data_format)
        return self.with_sizes(input_shape, window_shapes.slid(self, input_shape, *layout))

    def links(self):
        return self.link_along(
            Slide(*cell, padding=self.padding) for cell in zip(self.pool_size, self.strides, strict=True)
        )


class MaxPooling(Pooling):
    """The largest value of each window. See Pooling."""

    pool = staticmethod(max_pool)

    def pieces(self):
        may_begin_early = self.padding == "same" and 1 in self.strides
        if self.rank != 2 or self.data_format != "channels_last" or may_begin_early:
            return None
        return [Largest(self.pool_size, self.strides, self.padding)]


class MaxPooling1D(MaxPooling):
    """The largest value of each window of steps. See Pooling."""

    rank = 1

    def __init__(self, pool_size=2, strides=None, padding="valid", data_format=None, name=None, **kwargs):
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)


class MaxPooling2D(MaxPooling):
    """The largest value of each window of an image. See Pooling."""

    rank = 2

    def __init__(self, pool_size=(2, 2), strides=None, padding="valid", data_format=None, name=None, **kwargs):
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)


class MaxPooling3D(MaxPooling):
    """The largest value of each window of a volume. See Pooling."""

    rank = 3

    def __init__(self, pool_size=(2, 2, 2), strides=None, padding="valid", data_format=None, name=None, **kwargs):
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)


class AveragePooling(Pooling):
    """The mean of each window, over those of its cells that lie within the input. See Pooling."""

    pool = staticmethod(average_pool)


class AveragePooling1D(AveragePooling):
    """The mean of each window of steps. See Pooling."""

    rank = 1


class AveragePooling2D(AveragePooling):
    """The mean of each window of an image. See Pooling."""

    rank = 2


class AveragePooling3D(AveragePooling):
    """The mean of each window of a volume. See Pooling."""

    rank = 3
