"""Convolutions, pooling and normalizations of a tape in OpenVINO: operations whose values lie channels first.

Above: openvino_operations.py joins this table with its own.
"""

from __future__ import annotations

import numpy as np
import torch
from openvino import opset14

from pellucid.engine.inference.held import Held, constant, opset
from pellucid.engine.inference.tape import Refused

aten = torch.ops.aten


def _convolution(x, kernel, bias, stride, padding, dilation, transposed, output_padding, groups):
    if isinstance(kernel, Held) or isinstance(bias, Held):
        raise Refused("a convolution whose kernel depends on the inputs")
    node = x.logical()
    if transposed:
        result = _transposed(node, kernel, stride, padding, dilation, output_padding, groups)
    elif groups == 1:
        result = opset.convolution(node, constant(kernel), stride, padding, padding, dilation)
    else:
        result = opset.group_convolution(node, constant(_in_groups(kernel, groups)), stride, padding, padding, dilation)
    if bias is not None:
        result = opset.add(result, constant(_along_channels(bias, len(kernel.shape))))
    return Held.plain(result)


def _transposed(node, kernel, stride, padding, dilation, output_padding, groups):
    make = opset.convolution_backprop_data if groups == 1 else opset.group_convolution_backprop_data
    return make(
        node,
        constant(kernel if groups == 1 else _in_groups(kernel, groups)),
        strides=stride,
        pads_begin=padding,
        pads_end=padding,
        dilations=dilation,
        output_padding=output_padding,
    )


def _in_groups(kernel, groups):
    return kernel.reshape(groups, kernel.shape[0] // groups, *kernel.shape[1:])


def _along_channels(vector, rank):
    return vector.reshape(1, -1, *(1,) * (rank - 2))


def _window(given, axes):
    """One size for each axis: PyTorch also writes [2] for all axes, and [] for the default."""
    return list(given) * axes if len(given) == 1 else list(given)


def _pooling(axes, kernel, stride, padding, ceil_mode):
    kernel = _window(kernel, axes)
    return (
        kernel,
        _window(stride, axes) if stride else kernel,
        _window(padding, axes),
        "ceil_torch" if ceil_mode else "floor",
    )


def _max_pooling(axes):
    def translate(x, kernel, stride=(), padding=(0,), dilation=(1,), ceil_mode=False):
        kernel, stride, padding, rounding = _pooling(axes, kernel, stride, padding, ceil_mode)
        result = opset14.max_pool(
            x.logical(), stride, _window(dilation, axes), padding, padding, kernel, rounding_type=rounding
        )
        return Held.plain(result.output(0)), None

    return translate


def _average_pooling(axes):
    def translate(x, kernel, stride=(), padding=(0,), ceil_mode=False, count_include_pad=True, divisor_override=None):
        if divisor_override is not None:
            raise Refused("pooling with a divisor of its own")
        kernel, stride, padding, rounding = _pooling(axes, kernel, stride, padding, ceil_mode)
        return Held.plain(
            opset14.avg_pool(x.logical(), stride, padding, padding, kernel, not count_include_pad, rounding)
        )

    return translate


def _batch_norm(x, gamma, beta, mean, variance, training, momentum, epsilon):
    if training or any(isinstance(part, Held) for part in (gamma, beta, mean, variance)):
        raise Refused("normalization by the batch")
    scale = (variance.double() + epsilon).rsqrt() * (1.0 if gamma is None else gamma.double())
    shift = (0.0 if beta is None else beta.double()) - mean.double() * scale
    scale, shift = (constant(_along_channels(part.float(), x.rank)) for part in (scale, shift))
    return Held.plain(opset.add(opset.multiply(x.logical(), scale), shift)), None, None


def _layer_norm(x, shape, gamma, beta, epsilon):
    axes = np.arange(-len(shape), 0, dtype=np.int64)
    result = opset.mvn(x.logical(), opset.constant(axes), True, float(epsilon), "inside_sqrt")
    if gamma is not None:
        result = opset.multiply(result, constant(gamma))
    if beta is not None:
        result = opset.add(result, constant(beta))
    return Held.plain(result), None, None


def _group_norm(x, gamma, beta, batch, channels, size, groups, epsilon):
    gamma = torch.ones(channels) if gamma is None else gamma
    beta = torch.zeros(channels) if beta is None else beta
    result = opset.group_normalization(x.logical(), constant(gamma), constant(beta), groups, float(epsilon))
    return Held.plain(result), None, None


WINDOWS = {
    aten.convolution.default: _convolution,
    aten.max_pool2d_with_indices.default: _max_pooling(2),
    aten.max_pool3d_with_indices.default: _max_pooling(3),
    aten.avg_pool2d.default: _average_pooling(2),
    aten.avg_pool3d.default: _average_pooling(3),
    aten.native_batch_norm.default: _batch_norm,
    aten.native_layer_norm.default: _layer_norm,
    aten.native_group_norm.default: _group_norm,
}
