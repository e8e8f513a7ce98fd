"""What each PyTorch operation of a tape is in OpenVINO: one table, from operation to translation.

Below:  held.py.
Above:  openvino_lowering.py looks operations up; one that is missing sends the whole tape to PyTorch.
Kept true: arguments are those of the PyTorch operation, with Held values in place of tensors that depend on the
        inputs; weights stay tensors.
"""

from __future__ import annotations

import numpy as np
import torch

from pellucid.engine.inference.held import Held, constant, opset, together
from pellucid.engine.inference.openvino_windows import WINDOWS
from pellucid.engine.inference.tape import Refused

aten = torch.ops.aten


# ---- each element by itself


def _each(make):
    return lambda x, *args, **kwargs: x.with_node(make(x.node, *args, **kwargs))


def _number(x, value):
    return opset.constant(value, x.get_element_type())


def _gelu(x, approximate="none"):
    return opset.gelu(x, "tanh" if approximate == "tanh" else "erf")


def _clamp(x, low=None, high=None):
    return opset.clamp(x, -np.inf if low is None else float(low), np.inf if high is None else float(high))


def _elu(x, alpha=1.0, scale=1.0, input_scale=1.0):
    if scale != 1.0 or input_scale != 1.0:
        raise Refused("a scaled elu")
    return opset.elu(x, float(alpha))


def _softplus(x, beta=1.0, threshold=20.0):
    if beta != 1.0:
        raise Refused("softplus with a beta")
    return opset.softplus(x)


def _power(x, exponent):
    return opset.multiply(x, x) if exponent == 2 else opset.power(x, _number(x, exponent))


def _same(x, **_):
    return x


EACH = {
    aten.relu.default: opset.relu,
    aten.sigmoid.default: opset.sigmoid,
    aten.tanh.default: opset.tanh,
    aten.exp.default: opset.exp,
    aten.log.default: opset.log,
    aten.sqrt.default: opset.sqrt,
    aten.rsqrt.default: lambda x: opset.power(x, _number(x, -0.5)),
    aten.reciprocal.default: lambda x: opset.power(x, _number(x, -1.0)),
    aten.abs.default: opset.abs,
    aten.neg.default: opset.negative,
    aten.bitwise_not.default: opset.logical_not,
    aten.logical_not.default: opset.logical_not,
    aten.erf.default: opset.erf,
    aten.sin.default: opset.sin,
    aten.cos.default: opset.cos,
    aten.floor.default: opset.floor,
    aten.gelu.default: _gelu,
    aten.silu.default: lambda x: opset.swish(x),
    aten.mish.default: opset.mish,
    aten.hardswish.default: opset.hswish,
    aten.hardsigmoid.default: opset.hsigmoid,
    aten.elu.default: _elu,
    aten.softplus.default: _softplus,
    aten.leaky_relu.default: lambda x, slope=0.01: opset.prelu(x, _number(x, slope)),
    aten.hardtanh.default: lambda x, low=-1.0, high=1.0: _clamp(x, low, high),
    aten.clamp.default: _clamp,
    aten.clamp_min.default: lambda x, low: _clamp(x, low),
    aten.clamp_max.default: lambda x, high: _clamp(x, None, high),
    aten.pow.Tensor_Scalar: _power,
    aten.mul.Scalar: lambda x, y: opset.multiply(x, _number(x, y)),
    aten.rsub.Scalar: lambda x, y, alpha=1: opset.subtract(_number(x, y), opset.multiply(x, _number(x, alpha))),
}


# ---- two values, broadcast against each other


def _pair(make):
    def translate(a, b, *, alpha=1):
        if alpha != 1:
            raise Refused("an addition with a factor")
        (first, second), order = together([a, b])
        return Held(make(first, second).output(0), order)

    return translate


PAIR = {
    aten.add.Tensor: opset.add,
    aten.sub.Tensor: opset.subtract,
    aten.mul.Tensor: opset.multiply,
    aten.div.Tensor: opset.divide,
    aten.maximum.default: opset.maximum,
    aten.minimum.default: opset.minimum,
}


COMPARISONS = {
    "gt": opset.greater,
    "ge": opset.greater_equal,
    "lt": opset.less,
    "le": opset.less_equal,
    "eq": opset.equal,
    "ne": opset.not_equal,
}


def _where(condition, a, b):
    (condition, a, b), order = together([condition, a, b])
    return Held(opset.select(condition, a, b).output(0), order)


# ---- sums of products


def _product(x, w):
    """``x @ w``; a weight that lies transposed stays as it lies."""
    if isinstance(w, Held):
        return opset.matmul(_node(x), w.logical(), False, False)
    lies_transposed = not w.is_contiguous() and w.mT.is_contiguous()
    return opset.matmul(x.logical(), constant(w.mT if lies_transposed else w), False, lies_transposed)


def _node(x):
    return x.logical() if isinstance(x, Held) else constant(x)


def _product_and_sum(bias, x, w, *, beta=1, alpha=1):
    if beta != 1 or alpha != 1:
        raise Refused("a product with factors")
    return Held.plain(opset.add(_product(x, w), _node(bias)))


def _attention(query, key, value, dropout_p=0.0, is_causal=False, *, attn_mask=None, scale=None):
    more = [] if attn_mask is None else [_node(attn_mask)]
    query_node = _node(query)
    if scale is not None:
        width = query_node.get_shape()[-1]
        query_node = opset.multiply(query_node, opset.constant(np.float32(scale * width**0.5)))
    result = opset.scaled_dot_product_attention(query_node, _node(key), _node(value), *more, causal=is_causal)
    return Held.plain(result), None


def _embedding(weight, index, *_, **__):
    return Held.plain(opset.gather(constant(weight), index.logical(), opset.constant(0)))


# ---- sums over axes


def _over(make):
    def translate(x, axes=None, keepdim=False, *, dtype=None):
        axes = [axes] if isinstance(axes, int) else list(axes or range(x.rank))
        node = make(x.node, [x.axis(axis) for axis in axes], keep_dims=True)
        result = x.with_node(node)
        if keepdim:
            return result
        for axis in sorted((axis % x.rank for axis in axes), reverse=True):
            result = _squeeze(result, axis)
        return result

    return translate


_mean, _sum, _largest = _over(opset.reduce_mean), _over(opset.reduce_sum), _over(opset.reduce_max)


def _variance_and_mean(x, axes=None, *, correction=1, keepdim=False):
    if correction != 0:
        raise Refused("a variance of a sample")
    away = OPERATIONS[aten.sub.Tensor](x, _mean(x, axes, True))
    return _mean(away.with_node(opset.multiply(away.node, away.node)), axes, keepdim), _mean(x, axes, keepdim)


def _log_sum_exp(x, axes, keepdim=False):
    largest = _largest(x, axes, True)
    away = OPERATIONS[aten.sub.Tensor](x, largest)
    total = _sum(away.with_node(opset.exp(away.node)), axes, True)
    result = OPERATIONS[aten.add.Tensor](total.with_node(opset.log(total.node)), largest)
    return result if keepdim else _sum(result, axes)


def _softmax_or_zeros(x, axis):
    """A row of minus infinities, all of it masked, gives zeros."""
    softmax = opset.softmax(x.node, x.axis(axis))
    nothing = opset.equal(_largest(x, axis, True).node, _number(x.node, -np.inf))
    return x.with_node(opset.select(nothing, _number(x.node, 0.0), softmax))


def _softmax(make):
    return lambda x, axis, _half=False: x.with_node(make(x.node, x.axis(axis)))


# ---- the same values in another form


def _view(x, shape):
    return Held.plain(opset.reshape(x.logical(), opset.constant(np.array(shape, np.int64)), False))


def _squeeze(x, axis):
    if x.shape[axis] != 1:
        return x
    return x.without(axis, opset.squeeze(x.node, [x.axis(axis)]))


def _swap(x, a=0, b=1):
    axes = list(range(x.rank))
    if x.rank > 1:
        axes[a], axes[b] = axes[b], axes[a]
    return x.moved(axes)


def _slice(x, axis=0, start=None, end=None, step=1):
    size = x.shape[axis]
    begin, stop, step = slice(start, end, step).indices(size)
    if (begin, stop, step) == (0, size, 1):
        return x
    ends = [opset.constant(np.array([value], np.int64)) for value in (begin, stop, step, x.axis(axis))]
    return x.with_node(opset.slice(x.node, *ends))


def _select(x, axis, index):
    node = opset.gather(x.node, opset.constant(np.int64(index % x.shape[axis])), opset.constant(np.int64(x.axis(axis))))
    return x.without(axis, node)


def _split(x, size, axis=0):
    return tuple(_slice(x, axis, start, start + size) for start in range(0, x.shape[axis], size))


def _join(values, axis=0):
    held = next(value for value in values if isinstance(value, Held))
    nodes = [
        value.lying(held.order) if isinstance(value, Held) else constant(_as_lying(value, held.order))
        for value in values
    ]
    return held.with_node(opset.concat(nodes, held.axis(axis)))


def _as_lying(tensor, order):
    return tensor.permute([order.index(axis) for axis in range(len(order))])


def _stack(values, axis=0):
    rank = next(value for value in values if isinstance(value, Held)).rank
    axis %= rank + 1
    wider = [value.with_axis(axis) if isinstance(value, Held) else value.unsqueeze(axis) for value in values]
    return _join(wider, axis)


def _expand(x, sizes, **_):
    while x.rank < len(sizes):
        x = x.with_axis(0)
    shape = [old if new == -1 else new for old, new in zip(x.shape, sizes, strict=True)]
    lying = [shape[x.order.index(axis)] for axis in range(x.rank)]
    return x.with_node(opset.broadcast(x.node, opset.constant(np.array(lying, np.int64))))


def _repeat(x, times):
    while x.rank < len(times):
        x = x.with_axis(0)
    lying = [times[x.order.index(axis)] for axis in range(x.rank)]
    return x.with_node(opset.tile(x.node, opset.constant(np.array(lying, np.int64))))


def _pad(x, pad, value=0):
    ends = [[0] * x.rank, [0] * x.rank]
    for at, amount in enumerate(pad):
        ends[at % 2][x.axis(-1 - at // 2)] = amount
    before, after = (opset.constant(np.array(end, np.int64)) for end in ends)
    return x.with_node(opset.pad(x.node, before, after, "constant", _number(x.node, value)))


OPERATIONS = {
    **{operation: _each(make) for operation, make in EACH.items()},
    **{operation: _pair(make) for operation, make in PAIR.items()},
    **{getattr(aten, name).Tensor: _pair(make) for name, make in COMPARISONS.items()},
    **{getattr(aten, name).Scalar: _pair(make) for name, make in COMPARISONS.items()},
    **WINDOWS,
    aten.where.self: _where,
    aten.zeros_like.default: lambda x, **_: torch.zeros(x.shape),
    aten.ones_like.default: lambda x, **_: torch.ones(x.shape),
    aten.mm.default: lambda x, w: Held.plain(_product(x, w)),
    aten.bmm.default: lambda x, w: Held.plain(_product(x, w)),
    aten.addmm.default: _product_and_sum,
    aten._scaled_dot_product_flash_attention_for_cpu.default: _attention,
    aten.embedding.default: _embedding,
    aten.mean.dim: _mean,
    aten.sum.dim_IntList: _sum,
    aten.amax.default: _largest,
    aten.var_mean.correction: _variance_and_mean,
    aten.logsumexp.default: _log_sum_exp,
    aten.amin.default: _over(opset.reduce_min),
    aten._softmax.default: _softmax(opset.softmax),
    aten._safe_softmax.default: _softmax_or_zeros,
    aten._log_softmax.default: _softmax(opset.log_softmax),
    aten.view.default: _view,
    aten._unsafe_view.default: _view,
    aten.reshape.default: _view,
    aten.permute.default: lambda x, axes: x.moved(axes),
    aten.transpose.int: _swap,
    aten.t.default: _swap,
    aten.unsqueeze.default: lambda x, axis: x.with_axis(axis),
    aten.squeeze.dim: _squeeze,
    aten.expand.default: _expand,
    aten.repeat.default: _repeat,
    aten.cat.default: _join,
    aten.stack.default: _stack,
    aten.slice.Tensor: _slice,
    aten.select.int: _select,
    aten.split.Tensor: _split,
    aten.unsafe_split.Tensor: _split,
    aten.unbind.int: lambda x, axis=0: tuple(_select(x, axis, at) for at in range(x.shape[axis])),
    aten.constant_pad_nd.default: _pad,
    aten.clone.default: _same,
    aten.alias.default: _same,
    aten.detach.default: _same,
}
