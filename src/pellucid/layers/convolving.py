"""What all convolution layers share: windows, strides, channels, activation.

Below:  described.py keeps arguments, window_shapes.py counts windows, links.py says which places feed which.
Above:  convolution.py and transposed_convolution.py.
"""

from __future__ import annotations

from pellucid import axes
from pellucid.errors import ArgumentError, ShapeError
from pellucid.layers import window_shapes
from pellucid.layers.described import Described
from pellucid.layers.input_spec import InputSpec
from pellucid.links import Along, Slide, Whole
from pellucid.settings import standardize_data_format


class Convolving(Described):
    """The parent of all convolution layers: windows, strides, channels, activation.

    A sister sets `rank`, makes its kernels in `make_kernels` and computes in `convolve`.
    """

    rank: int
    paddings: tuple[str, ...] = ("valid", "same")

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
