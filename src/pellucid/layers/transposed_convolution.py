"""Transposed convolutions: Conv1DTranspose to Conv3DTranspose.

Below:  convolving.py is the parent; ops/transposed_convolution.py does the arithmetic and says what is cropped.
Axes:   kernels are (*window, filters, channels), as Keras stores them.
"""

from __future__ import annotations

from pellucid import axes
from pellucid.errors import ArgumentError
from pellucid.layers import window_shapes
from pellucid.layers.convolving import Convolving
from pellucid.links import SlideBack, Whole
from pellucid.ops.transposed_convolution import convolve_transposed, transposed_crop


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
