"""Convolution layers: Conv1D to Conv3D, depthwise, separable, and their transposes.

Below:  ops/convolution.py does the arithmetic, links.py says which places feed which.
Above:  engine/ runs these layers; convert/ moves their kernels to other frameworks.
Axes:   kernels are (*window, channels_in, channels_out), as Keras stores them, in both data formats.
"""

from __future__ import annotations

from pellucid import axes
from pellucid.errors import ArgumentError, ShapeError
from pellucid.layers import window_shapes
from pellucid.layers.described import Described
from pellucid.layers.input_spec import InputSpec
from pellucid.links import Along, Repeat, Slide, SlideBack, Whole
from pellucid.ops.convolution import convolve, convolve_depthwise
from pellucid.ops.transposed_convolution import convolve_transposed, transposed_crop
from pellucid.settings import standardize_data_format


class Convolving(Described):
    """The parent of all convolution layers: windows, strides, channels, activation.

    A sister sets `rank`, makes its kernels in `make_kernels` and computes in `convolve`.
    """

    rank: int
    paddings = ("valid", "same")

    def set_windows(self):
        """Check and complete the arguments that say how windows lie."""
        self.kernel_size = axes.sizes(self.kernel_size, self.rank, "kernel_size")
        self.strides = axes.sizes(self.strides, self.rank, "strides")
        self.dilation_rate = axes.sizes(self.dilation_rate, self.rank, "dilation_rate")
        self.data_format = standardize_data_format(self.data_format)
        self.padding = str(self.padding).lower()
        if self.padding not in self.paddings:
            raise ArgumentError(
                "Unknown `padding`.", got=repr(self.padding), expected=" or ".join(map(repr, self.paddings))
            )
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ArgumentError(
                "Strides and dilation cannot both be above 1.",
                got=f"strides={self.strides}, dilation_rate={self.dilation_rate}",
                expected="one of them 1",
            )
        self.input_spec = InputSpec(min_ndim=self.rank + 2)

    def check_positive(self, *names):
        """Raise unless these arguments are positive whole numbers, or None."""
        for name in names:
            value = getattr(self, name)
            if value is not None and (not isinstance(value, int) or value <= 0):
                raise ArgumentError(
                    f"`{name}` of {type(self).__name__} is too small.", got=repr(value), expected="1 or more"
                )

    def build(self, input_shape):
        channels = window_shapes.channels(input_shape, self.data_format)
        if channels is None:
            raise ShapeError(
                f"'{self.name}' needs to know the number of channels.",
                got=f"{tuple(input_shape)}, {self.data_format}",
                fix="Input(shape=(None, None, 3))",
            )
        self.compute_output_shape(input_shape)
        self.make_kernels(channels)
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                (self.channels_out(channels),),
                self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                name="bias",
            )
        self.input_spec = InputSpec(min_ndim=self.rank + 2, axes={axes.channels_axis(self.data_format): channels})

    def add_kernel(self, name: str, shape):
        """Make a kernel, with the initializer, regularizer and constraint of its name."""
        word = name.removesuffix("_kernel")
        return self.add_weight(
            shape,
            getattr(self, f"{word}_initializer"),
            regularizer=getattr(self, f"{word}_regularizer"),
            constraint=getattr(self, f"{word}_constraint"),
            name=name,
        )

    def channels_out(self, channels_in):
        """The number of channels that come out."""
        return self.filters

    def call(self, inputs):
        return self.activation(self.convolve(inputs, None if self.bias is None else self.bias.value))

    def compute_output_shape(self, input_shape):
        sizes = window_shapes.slid(
            self, input_shape, self.kernel_size, self.strides, self.dilation_rate, self.padding, self.data_format
        )
        channels = window_shapes.channels(input_shape, self.data_format)
        return window_shapes.with_channels(input_shape, sizes, self.channels_out(channels), self.data_format)

    def links(self):
        return self.link_along(Whole(getattr(self, "groups", 1)))

    def link_along(self, channels_rule, spatial_rule=None):
        """Windows over the spatial axes, and a rule for the channels."""
        first = 0 if self.data_format == "channels_last" else 1
        rules = {self.rank if self.data_format == "channels_last" else 0: channels_rule}
        for at in range(self.rank):
            window = (self.kernel_size[at], self.strides[at], self.dilation_rate[at])
            rules[first + at] = Slide(*window, self.padding) if spatial_rule is None else spatial_rule(*window)
        return Along(rules)


class Conv(Convolving):
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
        **kwargs,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.keep(locals())
        self.set_windows()
        self.check_positive("filters", "groups")
        if filters % groups:
            raise ArgumentError("The groups must divide the filters.", got=f"filters={filters}, groups={groups}")

    def make_kernels(self, channels):
        if channels % self.groups:
            raise ArgumentError(
                "The groups must divide the channels.", got=f"{channels} channels, groups={self.groups}"
            )
        self.kernel = self.add_kernel("kernel", (*self.kernel_size, channels // self.groups, self.filters))

    def convolve(self, x, bias):
        return convolve(x, self.kernel.value, bias, self.strides, self.padding, self.data_format, self.dilation_rate)


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


class ConvTranspose(Convolving):
    """The way back of a convolution's shapes: each input cell spreads over a window of the output.

    Shapes:
        kernel  (*kernel_size, filters, channels)
        output  (batch, *sizes, filters); "same": n*stride, "valid": (n-1)*stride + max(reach, stride)

    Args:
        output_padding: how much longer the output is than the shortest it can be; None for the sizes above.

    Raises:
        ArgumentError: numbers that are too small, or an output padding not below the stride.

    Source: keras.layers.Conv1DTranspose, Conv2DTranspose, Conv3DTranspose, Keras 3.15.
    """

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        output_padding=None,
        data_format=None,
        dilation_rate=1,
        activation=None,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        **kwargs,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.keep(locals())
        self.set_windows()
        self.check_positive("filters")
        if output_padding is not None:
            self.output_padding = axes.sizes(output_padding, self.rank, "output_padding", least=0)
            if any(pad >= stride for pad, stride in zip(self.output_padding, self.strides, strict=True)):
                raise ArgumentError(
                    "`output_padding` must be below the strides.",
                    got=self.output_padding,
                    expected=f"below {self.strides}",
                )

    def make_kernels(self, channels):
        self.kernel = self.add_kernel("kernel", (*self.kernel_size, self.filters, channels))

    def convolve(self, x, bias):
        return convolve_transposed(
            x,
            self.kernel.value,
            bias,
            self.strides,
            self.padding,
            self.output_padding,
            self.data_format,
            self.dilation_rate,
        )

    def compute_output_shape(self, input_shape):
        sizes = window_shapes.spatial_sizes(input_shape, self.data_format)
        longer = self.output_padding or (None,) * self.rank
        spread = [
            self._spread(*cell)
            for cell in zip(sizes, self.kernel_size, self.strides, self.dilation_rate, longer, strict=True)
        ]
        return window_shapes.with_channels(input_shape, spread, self.filters, self.data_format)

    def _spread(self, size, cell, stride, gap, longer):
        if size is None:
            return None
        reach = (cell - 1) * gap + 1
        if longer is None:
            return size * stride + (max(reach - stride, 0) if self.padding == "valid" else 0)
        crop = 2 * (reach // 2) if self.padding == "same" else 0
        return (size - 1) * stride + reach - crop + longer

    def links(self):
        longer = iter(self.output_padding or (None,) * self.rank)

        def spread(cell, stride, gap):
            crop = transposed_crop(self.padding, (cell - 1) * gap + 1, stride, next(longer))
            return SlideBack(cell, stride, gap, crop)

        return self.link_along(Whole(), spread)


class Conv1DTranspose(ConvTranspose):
    """Transposed convolution along one axis of steps. See ConvTranspose."""

    rank = 1


class Conv2DTranspose(ConvTranspose):
    """Transposed convolution over height and width. See ConvTranspose."""

    rank = 2


class Conv3DTranspose(ConvTranspose):
    """Transposed convolution over depth, height and width. See ConvTranspose."""

    rank = 3
