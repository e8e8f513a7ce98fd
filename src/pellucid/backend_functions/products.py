"""K's sums of products: matrices, convolutions, pooling, normalization."""

from __future__ import annotations

from pellucid import ops
from pellucid.backend_functions.forms import int_shape, ndim, temporal_padding
from pellucid.errors import ArgumentError, ShapeError
from pellucid.settings import standardize_data_format


def dot(x, y):
    """The products over x's last axis and y's last but one, as Theano has it."""
    if ndim(x) > 2 or ndim(y) > 2:
        return ops.tensordot(x, y, axes=[[ndim(x) - 1], [max(ndim(y) - 2, 0)]])
    return ops.matmul(x, y)


def batch_dot(x, y, axes=None):
    """For each sample the products over one axis of x and one of y.

    Args:
        axes: an axis of each, or one for both; x's last and y's last but one (of two: last) if None. Not the batch axis.

    Raises:
        ShapeError: fewer than two axes, or other sizes along the two.
        ArgumentError: the batch axis, or several for one.
    """
    if ndim(x) < 2 or ndim(y) < 2:
        raise ShapeError("`batch_dot` takes values with a batch axis and another.", got=(int_shape(x), int_shape(y)))
    if axes is None:
        axes = (ndim(x) - 1, ndim(y) - 1 if ndim(y) == 2 else ndim(y) - 2)
    axes = (axes, axes) if isinstance(axes, int) else tuple(axes)
    if not all(isinstance(axis, int) for axis in axes):
        raise ArgumentError("`axes` of `batch_dot` are one axis of each.", got=axes, fix="axes=(2, 1)")
    of_x, of_y = axes[0] % ndim(x), axes[1] % ndim(y)
    if 0 in (of_x, of_y):
        raise ArgumentError("`batch_dot` goes along the batch axis.", got=axes, expected="axes from 1 on")
    sizes = x.shape[of_x], y.shape[of_y]
    if None not in sizes and sizes[0] != sizes[1]:
        raise ShapeError("The sizes along the two axes differ.", got=f"{sizes[0]} and {sizes[1]}", expected="equal")
    result = ops.einsum(_equation(ndim(x), ndim(y), of_x, of_y), x, y)
    return ops.expand_dims(result, 1) if ndim(x) == ndim(y) == 2 else result


def _equation(of_x, of_y, x_axis, y_axis) -> str:
    """Letters: a the batch, z what is summed over."""
    letters = iter("bcdefghijklmnopq")
    x = ["a", *(next(letters) for _ in range(of_x - 1))]
    y = ["a", *(next(letters) for _ in range(of_y - 1))]
    x[x_axis] = y[y_axis] = "z"
    kept = [letter for letter in (*x, *y[1:]) if letter != "z"]
    return f"{''.join(x)},{''.join(y)}->{''.join(kept)}"


def bias_add(x, bias, data_format=None):
    """x plus a bias for each channel, or for each place and channel."""
    if len(bias.shape) not in (1, ndim(x) - 1):
        raise ShapeError("The bias has other axes.", got=int_shape(bias), expected=f"1 axis, or {ndim(x) - 1}")
    if standardize_data_format(data_format) == "channels_first":
        if len(bias.shape) == 1:
            return ops.add(x, ops.reshape(bias, (1, -1, *(1,) * (ndim(x) - 2))))
        return ops.add(x, ops.expand_dims(ops.moveaxis(bias, -1, 0), 0))
    return ops.add(x, bias)


def batch_normalization(x, mean, var, beta, gamma, axis=-1, epsilon=1e-3):
    """``(x - mean) / sqrt(var + epsilon) * gamma + beta``."""
    result = ops.multiply(ops.subtract(x, mean), ops.rsqrt(ops.add(var, epsilon)))
    result = result if gamma is None else ops.multiply(result, gamma)
    return result if beta is None else ops.add(result, beta)


def conv1d(x, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    """Convolution over steps; `kernel` is (size, channels_in, channels_out), `padding` may be "causal"."""
    if padding == "causal":
        x, padding = temporal_padding(x, (dilation_rate * (kernel.shape[0] - 1), 0)), "valid"
    return _convolution(x, kernel, strides, padding, data_format, dilation_rate)


def conv2d(x, kernel, strides=(1, 1), padding="valid", data_format=None, dilation_rate=(1, 1)):
    """Convolution over images; `kernel` is (rows, columns, channels_in, channels_out)."""
    return _convolution(x, kernel, strides, padding, data_format, dilation_rate)


def conv3d(x, kernel, strides=(1, 1, 1), padding="valid", data_format=None, dilation_rate=(1, 1, 1)):
    """Convolution over volumes."""
    return _convolution(x, kernel, strides, padding, data_format, dilation_rate)


def _convolution(x, kernel, strides, padding, data_format, dilation_rate):
    return ops.conv(x, kernel, strides, padding, standardize_data_format(data_format), dilation_rate)


def conv2d_transpose(x, kernel, output_shape, strides=(1, 1), padding="valid", data_format=None, dilation_rate=(1, 1)):
    """The transpose of a convolution, giving `output_shape`; `kernel` is (rows, columns, channels_out, channels_in)."""
    data_format = standardize_data_format(data_format)
    first = 2 if data_format == "channels_first" else 1
    wanted, sizes = tuple(output_shape[first : first + 2]), x.shape[first : first + 2]
    reaches = [(k - 1) * rate + 1 for k, rate in zip(kernel.shape, dilation_rate, strict=False)]
    extra = tuple(
        out - (size - 1) * stride - reach + (2 * (reach // 2) if padding == "same" else 0)
        for out, size, stride, reach in zip(wanted, sizes, strides, reaches, strict=True)
    )
    if any(not 0 <= more < max(stride, 2) for more, stride in zip(extra, strides, strict=True)):
        raise ShapeError(
            "No transposed convolution of these gives that shape.", got=wanted, expected="near size * strides"
        )
    return ops.conv_transpose(x, kernel, strides, padding, extra, data_format, dilation_rate)


def depthwise_conv2d(x, depthwise_kernel, strides=(1, 1), padding="valid", data_format=None, dilation_rate=(1, 1)):
    """Each channel convolved by itself."""
    return ops.depthwise_conv(
        x, depthwise_kernel, strides, padding, standardize_data_format(data_format), dilation_rate
    )


def separable_conv2d(
    x, depthwise_kernel, pointwise_kernel, strides=(1, 1), padding="valid", data_format=None, dilation_rate=(1, 1)
):
    """Each channel convolved by itself, then all mixed at each place."""
    data_format = standardize_data_format(data_format)
    return ops.separable_conv(x, depthwise_kernel, pointwise_kernel, strides, padding, data_format, dilation_rate)


def pool2d(x, pool_size, strides=(1, 1), padding="valid", data_format=None, pool_mode="max"):
    """The largest value of each window, or its mean ("avg")."""
    return _pool(x, pool_size, strides, padding, data_format, pool_mode)


def pool3d(x, pool_size, strides=(1, 1, 1), padding="valid", data_format=None, pool_mode="max"):
    """The largest value of each window, or its mean ("avg")."""
    return _pool(x, pool_size, strides, padding, data_format, pool_mode)


def _pool(x, pool_size, strides, padding, data_format, pool_mode):
    modes = {"max": ops.max_pool, "avg": ops.average_pool}
    if pool_mode not in modes:
        raise ArgumentError("This pooling is not known.", got=pool_mode, expected=" or ".join(modes))
    return modes[pool_mode](x, pool_size, strides, padding, standardize_data_format(data_format))
