"""What each kind of ONNX node computes, in PyTorch's functions; attributes are keywords, `opset` and `outputs` where needed.

Above:  network.py calls them. Beside: window_functions.py, recurrent_functions.py.
Kept true: a keyword's default is ONNX's. What has no counterpart raises, and network.py's node is named.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from pellucid.convert.onnx import shape_functions as shapes
from pellucid.convert.onnx.recurrent_functions import gru, lstm, rnn
from pellucid.convert.onnx.window_functions import (
    average_pool,
    convolution,
    convolution_transposed,
    max_pool,
    resize,
    upsample,
)


def _is_sizes(*xs) -> bool:
    """Whether all are sizes, or known whole numbers: arithmetic on them is Python's."""
    return any(isinstance(x, (list, int, torch.SymInt)) for x in xs)


def _arithmetic(function, of_sizes):
    def run(a, b, axis=None, broadcast=None):
        if _is_sizes(a, b):
            left, right = shapes.whole(a), shapes.whole(b)
            longest = max(len(left), len(right))
            left, right = (side * longest if len(side) == 1 else side for side in (left, right))
            found = [of_sizes(x, y) for x, y in zip(left, right, strict=True)]
            return found if isinstance(a, list) or isinstance(b, list) else found[0]
        return function(a, b)

    return run


def _divided(a, b):
    if isinstance(a, torch.Tensor) and not a.is_floating_point():
        return torch.div(a, b, rounding_mode="trunc")
    return a / b


# ---- elementwise


def _clip(x, least=None, most=None, min=None, max=None):
    ends = [least if min is None else min, most if max is None else max]
    ends = [end[0] if isinstance(end, list) else end for end in ends]
    ends = [None if end is None or abs(end) > 3e38 else end for end in ends]
    return x if ends == [None, None] else torch.clamp(x, *ends)


def _softmax(function):
    def run(x, axis=None, opset=13):
        if opset >= 13:
            return function(x, dim=-1 if axis is None else axis)
        axis = (1 if axis is None else axis) % x.ndim
        if axis == x.ndim - 1:
            return function(x, dim=axis)
        # Before opset 13 all axes from this one on counted as one.
        return function(x.flatten(axis), dim=axis).reshape(x.shape)

    return run


def _gelu(x, approximate="none"):
    return F.gelu(x, approximate=approximate)


def _hard_sigmoid(x, alpha=0.2, beta=0.5):
    if abs(alpha - 1 / 6) < 1e-6 and beta == 0.5:
        return F.hardsigmoid(x)
    return torch.clamp(x * alpha + beta, 0.0, 1.0)


def _selu(x, alpha=1.67326319217681884765625, gamma=1.05070102214813232421875):
    if abs(alpha - 1.6732632) > 1e-5 or abs(gamma - 1.050701) > 1e-5:
        raise NotImplementedError("Selu with numbers of its own")
    return F.selu(x)


def _shrink(x, lambd=0.5, bias=0.0):
    if bias not in (0.0, lambd):
        raise NotImplementedError("Shrink with a bias of its own")
    return F.softshrink(x, lambd) if bias else F.hardshrink(x, lambd)


def _prelu(x, slope):
    if slope.numel() == 1:
        return F.prelu(x, slope.reshape(1))
    if x.ndim > 1 and slope.ndim == x.ndim - 1 and all(size == 1 for size in slope.shape[1:]):
        return F.prelu(x, slope.reshape(-1))
    return torch.clamp(x, min=0) + slope * torch.clamp(x, max=0)


def _several(function):
    def run(first, *rest):
        for x in rest:
            first = function(first, x)
        return first

    return run


def _mean(*xs):
    return _several(torch.add)(*xs) / float(len(xs))


def _where(condition, a, b):
    if isinstance(condition, list):  # of sizes
        return [x if one else y for one, x, y in zip(condition, shapes.whole(a), shapes.whole(b), strict=True)]
    return torch.where(condition, a, b)


# ---- reductions


def _reduction(function):
    def run(x, axes_input=None, axes=None, keepdims=1, noop_with_empty_axes=0):
        if isinstance(x, list):
            return math.prod(x)
        found = axes_input if axes is None else axes
        along = shapes.whole(found) if found is not None else list(range(x.ndim))
        return function(x, tuple(axis % x.ndim for axis in along), bool(keepdims))

    return run


def _product(x, along, keepdims):
    for axis in sorted(along, reverse=True):
        x = x.prod(axis, keepdim=keepdims)
    return x


def _arg(function):
    def run(x, axis=0, keepdims=1, select_last_index=0):
        return function(x, dim=axis, keepdim=bool(keepdims))

    return run


def _global_average(x):
    return getattr(F, f"adaptive_avg_pool{x.ndim - 2}d")(x, (1,) * (x.ndim - 2))


def _global_max(x):
    return getattr(F, f"adaptive_max_pool{x.ndim - 2}d")(x, (1,) * (x.ndim - 2))


# ---- weights


def _gemm(a, b, c=None, alpha=1.0, beta=1.0, transA=0, transB=0, broadcast=None):
    if transA:
        raise NotImplementedError("Gemm that turns its first input")
    weight = b if transB else b.T
    if alpha != 1:
        weight = weight * alpha
    if c is not None and beta != 1:
        c = c * beta
    if c is not None and c.ndim == 1 and c.shape[0] == weight.shape[0]:
        return F.linear(a, weight, c)
    y = F.linear(a, weight)
    return y if c is None else y + c


def _batch_norm(
    x,
    scale,
    offset,
    mean,
    variance,
    epsilon=1e-5,
    momentum=0.9,
    training_mode=0,
    spatial=1,
    is_test=1,
    consumed_inputs=None,
):
    if training_mode or not spatial:
        raise NotImplementedError("BatchNormalization in training")
    return F.batch_norm(x, mean.detach(), variance.detach(), scale, offset, False, 1 - momentum, epsilon)


def _layer_norm(x, scale, offset=None, axis=-1, epsilon=1e-5, stash_type=1):
    return F.layer_norm(x, x.shape[axis:] if axis < 0 else x.shape[axis - x.ndim :], scale, offset, epsilon)


def _rms_norm(x, scale, axis=-1, epsilon=1e-5, stash_type=1):
    return F.rms_norm(x, x.shape[axis:] if axis < 0 else x.shape[axis - x.ndim :], scale, epsilon)


def _instance_norm(x, scale, offset, epsilon=1e-5):
    return F.group_norm(x, x.shape[1], scale, offset, epsilon)


def _group_norm(x, scale, offset, num_groups, epsilon=1e-5, stash_type=1, opset=21):
    if opset < 21:  # one number for each group then
        scale, offset = (one.repeat_interleave(x.shape[1] // num_groups) for one in (scale, offset))
    return F.group_norm(x, num_groups, scale, offset, epsilon)


def _dropout(x, ratio_input=None, training_input=None, ratio=0.5, seed=None, is_test=1, outputs=1):
    rate = ratio if ratio_input is None else ratio_input
    y = F.dropout(x, rate, training=False)
    return (y, None) if outputs > 1 else y


def _cumulative(x, axis, exclusive=0, reverse=0):
    if exclusive or reverse:
        raise NotImplementedError("it adds up backwards, or leaves an element out")
    return torch.cumsum(x, axis[0] if isinstance(axis, list) else axis)


def _local_response(x, size, alpha=1e-4, beta=0.75, bias=1.0):
    return F.local_response_norm(x, size, alpha, beta, bias)


def _einsum(*xs, equation):
    return torch.einsum(equation, *xs)


FUNCTIONS = {
    "Shape": shapes.sizes_of,
    "Reshape": shapes.reshape,
    "Flatten": shapes.flatten,
    "Transpose": shapes.transpose,
    "Squeeze": shapes.squeeze,
    "Unsqueeze": shapes.unsqueeze,
    "Concat": shapes.concat,
    "Slice": shapes.part,
    "Gather": shapes.gather,
    "Expand": shapes.expand,
    "Tile": shapes.tile,
    "Split": shapes.split,
    "Pad": shapes.pad,
    "ConstantOfShape": shapes.constant_of_shape,
    "Cast": shapes.cast,
    "Range": shapes.places,
    "Identity": lambda x: x,
    "Add": _arithmetic(torch.add, lambda a, b: a + b),
    "Sub": _arithmetic(torch.sub, lambda a, b: a - b),
    "Mul": _arithmetic(torch.mul, lambda a, b: a * b),
    "Div": _arithmetic(_divided, lambda a, b: a // b),
    "Pow": lambda a, b: torch.pow(a, b[0] if isinstance(b, list) else b),
    "Max": _several(torch.maximum),
    "Min": _several(torch.minimum),
    "Sum": _several(torch.add),
    "Mean": _mean,
    "Equal": _arithmetic(torch.eq, lambda a, b: a == b),
    "Less": torch.lt,
    "LessOrEqual": torch.le,
    "Greater": torch.gt,
    "GreaterOrEqual": torch.ge,
    "And": torch.logical_and,
    "Or": torch.logical_or,
    "Not": torch.logical_not,
    "Where": _where,
    "Clip": _clip,
    "Relu": F.relu,
    "LeakyRelu": lambda x, alpha=0.01: F.leaky_relu(x, alpha),
    "Elu": lambda x, alpha=1.0: F.elu(x, alpha),
    "Celu": lambda x, alpha=1.0: F.celu(x, alpha),
    "Selu": _selu,
    "Gelu": _gelu,
    "Mish": F.mish,
    "Sigmoid": torch.sigmoid,
    "Tanh": torch.tanh,
    "Softplus": F.softplus,
    "Softsign": lambda x: x / (1 + torch.abs(x)),
    "HardSigmoid": _hard_sigmoid,
    "HardSwish": F.hardswish,
    "Shrink": _shrink,
    "PRelu": _prelu,
    "Softmax": _softmax(torch.softmax),
    "LogSoftmax": _softmax(torch.log_softmax),
    "Exp": torch.exp,
    "Log": torch.log,
    "Sqrt": torch.sqrt,
    "Neg": torch.neg,
    "Abs": torch.abs,
    "Erf": torch.erf,
    "Sin": torch.sin,
    "Cos": torch.cos,
    "Floor": torch.floor,
    "Ceil": torch.ceil,
    "Sign": torch.sign,
    "Round": torch.round,
    "Tan": torch.tan,
    "Asin": torch.asin,
    "Acos": torch.acos,
    "Atan": torch.atan,
    "Sinh": torch.sinh,
    "Cosh": torch.cosh,
    "Asinh": torch.asinh,
    "Acosh": torch.acosh,
    "Atanh": torch.atanh,
    "Mod": lambda a, b, fmod=0: torch.fmod(a, b) if fmod else torch.remainder(a, b),
    "Xor": torch.logical_xor,
    "ThresholdedRelu": lambda x, alpha=1.0: torch.where(x > alpha, x, 0.0),
    "Trilu": lambda x, k=0, upper=1: torch.triu(x, k) if upper else torch.tril(x, k),
    "CumSum": _cumulative,
    "LRN": _local_response,
    "DepthToSpace": shapes.depth_to_space,
    "SpaceToDepth": lambda x, blocksize: shapes.space_to_depth(x, blocksize),
    "Reciprocal": torch.reciprocal,
    "ReduceMean": _reduction(lambda x, along, keep: x.mean(along, keepdim=keep)),
    "ReduceSum": _reduction(lambda x, along, keep: x.sum(along, keepdim=keep)),
    "ReduceMax": _reduction(lambda x, along, keep: x.amax(along, keepdim=keep)),
    "ReduceMin": _reduction(lambda x, along, keep: x.amin(along, keepdim=keep)),
    "ReduceProd": _reduction(_product),
    "ReduceL2": _reduction(lambda x, along, keep: torch.sqrt((x * x).sum(along, keepdim=keep))),
    "ReduceL1": _reduction(lambda x, along, keep: torch.abs(x).sum(along, keepdim=keep)),
    "ReduceLogSum": _reduction(lambda x, along, keep: torch.log(x.sum(along, keepdim=keep))),
    "ReduceLogSumExp": _reduction(lambda x, along, keep: torch.logsumexp(x, along, keepdim=keep)),
    "ReduceSumSquare": _reduction(lambda x, along, keep: (x * x).sum(along, keepdim=keep)),
    "ArgMax": _arg(torch.argmax),
    "ArgMin": _arg(torch.argmin),
    "GlobalAveragePool": _global_average,
    "GlobalMaxPool": _global_max,
    "MatMul": torch.matmul,
    "Gemm": _gemm,
    "Einsum": _einsum,
    "BatchNormalization": _batch_norm,
    "LayerNormalization": _layer_norm,
    "RMSNormalization": _rms_norm,
    "InstanceNormalization": _instance_norm,
    "GroupNormalization": _group_norm,
    "Dropout": _dropout,
    "Conv": convolution,
    "ConvTranspose": convolution_transposed,
    "MaxPool": max_pool,
    "AveragePool": average_pool,
    "Resize": resize,
    "Upsample": upsample,
    "LSTM": lstm,
    "GRU": gru,
    "RNN": rnn,
}  # fmt: skip
