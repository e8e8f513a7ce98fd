"""Convolution layers: Conv1D to Conv3D, depthwise, separable, and their transposes.

Below:  ops/convolution.py does the arithmetic, links.py says which places feed which.
Above:  engine/ runs these layers; convert/ moves their kernels to other frameworks.
Axes:   kernels are (*window, channels_in, channels_out), as Keras stores them, in both data formats.
"""

from __future__ import annotations

from pellucid.errors import ArgumentError
from pellucid.layers.adapting import Adapting, in_effect
from pellucid.layers.convolving import Convolving
from pellucid.layers.core import activation_pieces
from pellucid.links import Repeat
from pellucid.ops.convolution import convolve, convolve_depthwise
from pellucid.ops.pieces import Convolution


class Conv(Adapting, Convolving):
    """Weighted sums over windows: ``activation(conv(x, kernel) + bias)``.

    Shapes:
        input   (batch, *spatial, channels), or (batch, channels, *spatial) with channels_first
        kernel  (*kernel_size, channels / groups, filters)
        bias    (filters,)
        output  (batch, *windows, filters)

    Args:
        filters: channels that come out.
        kernel_size, strides, dilation_rate: one number, or one for each spatial axis.
        padding: "valid" (none), "same" (as many windows as strides fit; the odd cell at the end), and for Conv1D "causal".
        groups: parts into which the channels are split, each convolved by itself.

    Raises:
        ArgumentError: numbers that are too small, or filters or channels that the groups do not divide.
        ShapeError: a window larger than the input.

    Source: keras.layers.Conv1D, Conv2D, Conv3D, Keras 3.15.
    """

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        dilation_rate=1,
        groups=1,
        activation=None,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        lora_rank=None,
        lora_alpha=None,
        **kwargs,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.keep(locals())
        self.set_windows()
        self.check_positive("filters", "groups")
        if filters % groups:
            raise ArgumentError("The groups must divide the filters.", got=f"filters={filters}, groups={groups}")

    kernel = in_effect("kernel")

    def make_kernels(self, channels):
        if channels % self.groups:
            raise ArgumentError(
                "The groups must divide the channels.", got=f"{channels} channels, groups={self.groups}"
            )
        self.add_main((*self.kernel_size, channels // self.groups, self.filters))

    def convolve(self, x, bias):
        return convolve(x, self.main_value(), bias, self.strides, self.padding, self.data_format, self.dilation_rate)

    def pieces(self):
        after = activation_pieces(self.activation)
        if after is None or not self.is_plain or self.rank != 2 or self.data_format != "channels_last":
            return None
        weights = (self._kernel,) if self.bias is None else (self._kernel, self.bias)
        return [Convolution(self.strides, self.padding, self.dilation_rate, self.groups, *weights), *after]


class Conv1D(Conv):
    """Convolution along one axis of steps. See Conv."""

    rank = 1
    paddings = ("valid", "same", "causal")


class Conv2D(Conv):
    """Convolution over height and width. See Conv."""

    rank = 2


class Conv3D(Conv):
    """Convolution over depth, height and width. See Conv."""

    rank = 3


class DepthwiseConv(Convolving):
    """A convolution of each channel by itself, `depth_multiplier` times.

    Shapes:
        kernel  (*kernel_size, channels, depth_multiplier)
        output  (batch, *windows, channels * depth_multiplier); channel c makes c*depth_multiplier + m

    Raises:
        ArgumentError: numbers that are too small.
        ShapeError: a window larger than the input.

    Source: keras.layers.DepthwiseConv1D, DepthwiseConv2D, Keras 3.15.
    """

    def __init__(
        self,
        kernel_size,
        strides=1,
        padding="valid",
        depth_multiplier=1,
        data_format=None,
        dilation_rate=1,
        activation=None,
        use_bias=True,
        depthwise_initializer="glorot_uniform",
        bias_initializer="zeros",
        depthwise_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        depthwise_constraint=None,
        bias_constraint=None,
        **kwargs,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.keep(locals())
        self.set_windows()
        self.check_positive("depth_multiplier")

    def make_kernels(self, channels):
        self.kernel = self.add_weight(
            (*self.kernel_size, channels, self.depth_multiplier),
            self.depthwise_initializer,
            regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint,
            name="kernel",
        )

    def channels_out(self, channels_in):
        return None if channels_in is None else channels_in * self.depth_multiplier

    def convolve(self, x, bias):
        return convolve_depthwise(
            x, self.kernel.value, bias, self.strides, self.padding, self.data_format, self.dilation_rate
        )

    def links(self):
        return self.link_along(Repeat(self.depth_multiplier))


class DepthwiseConv1D(DepthwiseConv):
    """Depthwise convolution along one axis of steps. See DepthwiseConv."""

    rank = 1


class DepthwiseConv2D(DepthwiseConv):
    """Depthwise convolution over height and width. See DepthwiseConv."""

    rank = 2


class SeparableConv(Convolving):
    """A depthwise convolution, then a mix of the channels at each place.

    Shapes:
        depthwise_kernel  (*kernel_size, channels, depth_multiplier)
        pointwise_kernel  (*ones, channels * depth_multiplier, filters)
        output            (batch, *windows, filters)

    Raises:
        ArgumentError: numbers that are too small.
        ShapeError: a window larger than the input.

    Source: keras.layers.SeparableConv1D, SeparableConv2D, Keras 3.15.
    """

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        dilation_rate=1,
        depth_multiplier=1,
        activation=None,
        use_bias=True,
        depthwise_initializer="glorot_uniform",
        pointwise_initializer="glorot_uniform",
        bias_initializer="zeros",
        depthwise_regularizer=None,
        pointwise_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        depthwise_constraint=None,
        pointwise_constraint=None,
        bias_constraint=None,
        **kwargs,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.keep(locals())
        self.set_windows()
        self.check_positive("filters", "depth_multiplier")

    def make_kernels(self, channels):
        self.depthwise_kernel = self.add_kernel(
            "depthwise_kernel", (*self.kernel_size, channels, self.depth_multiplier)
        )
        ones = (1,) * self.rank
        self.pointwise_kernel = self.add_kernel(
            "pointwise_kernel", (*ones, channels * self.depth_multiplier, self.filters)
        )

    def convolve(self, x, bias):
        x = convolve_depthwise(
            x, self.depthwise_kernel.value, None, self.strides, self.padding, self.data_format, self.dilation_rate
        )
        return convolve(x, self.pointwise_kernel.value, bias, data_format=self.data_format)


class SeparableConv1D(SeparableConv):
    """Separable convolution along one axis of steps. See SeparableConv."""

    rank = 1
    paddings = ("valid", "same", "causal")


class SeparableConv2D(SeparableConv):
    """Separable convolution over height and width. See SeparableConv."""

    rank = 2
