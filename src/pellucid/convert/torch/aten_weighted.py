"""ATen's linear maps, normalizations, embeddings and attention as operations of a flow.

Below:  reading.py calls the rules. Beside: aten.py.
"""

from __future__ import annotations

import torch

from pellucid.convert.flow import Value
from pellucid.convert.torch.aten import front
from pellucid.convert.torch.reading import Known, Reading, Seen


def _prelu(reading: Reading, node, x, alpha) -> Seen:
    value, size = front(reading, node, x), alpha.tensor.numel()
    tail = [1] * max(value.ndim - 2, 0)
    shaped = Known(alpha.tensor.reshape([size, *tail][: max(value.ndim - 1, 1)]), alpha.source, alpha.learns)
    return Seen(reading.emit(node, "prelu", value, weights={"weight": shaped}))


def _linear(reading: Reading, node, x, weight, bias=None):
    if not isinstance(weight, Known) or not isinstance(x, Seen):
        return NotImplemented
    if x.batch == x.value.ndim - 1:
        raise reading.refuse(node, "it mixes the samples of a batch")
    weights = {"weight": weight, "bias": bias}
    return Seen(reading.emit(node, "linear", x.value, batch=x.batch, weights=weights), x.batch)


def _addmm(reading: Reading, node, bias, x, weight, beta=1, alpha=1):
    if (beta, alpha) != (1, 1) or not isinstance(weight, Known) or not isinstance(bias, Known):
        return NotImplemented
    turned = Known(weight.tensor.T, weight.source, weight.learns)
    return _linear(reading, node, x, turned, bias)


def _batch_norm(reading, node, x, weight, bias, mean, variance, training, momentum, epsilon, *_) -> Seen:
    if mean is None or training:
        raise reading.refuse(node, "it normalizes by the batch at hand", got="track_running_stats=False")
    weights = {"weight": weight, "bias": bias, "running_mean": mean, "running_var": variance}
    settings = {"epsilon": float(epsilon), "momentum": float(momentum)}
    return Seen(reading.emit(node, "batch_norm", front(reading, node, x), weights=weights, **settings))


def _layer_norm(reading, node, x, sizes, weight=None, bias=None, epsilon=1e-5, *_) -> Seen:
    if x.batch >= x.value.ndim - len(sizes):
        raise reading.refuse(node, "it mixes the samples of a batch")
    weights = {"weight": weight, "bias": bias}
    settings = {"sizes": tuple(sizes), "epsilon": float(epsilon)}
    return Seen(reading.emit(node, "layer_norm", x.value, batch=x.batch, weights=weights, **settings), x.batch)


def _rms_norm(reading, node, x, sizes, weight=None, epsilon=None) -> Seen:
    value = front(reading, node, x)
    settings = {"sizes": tuple(sizes), "epsilon": 1.1920929e-07 if epsilon is None else float(epsilon)}
    return Seen(reading.emit(node, "rms_norm", value, weights={"weight": weight}, **settings))


def _group_norm(reading, node, x, groups, weight=None, bias=None, epsilon=1e-5, *_) -> Seen:
    weights = {"weight": weight, "bias": bias}
    value = front(reading, node, x)
    return Seen(reading.emit(node, "group_norm", value, weights=weights, groups=groups, epsilon=float(epsilon)))


def _instance_norm(reading, node, x, weight, bias, mean, variance, uses_input, momentum, epsilon, *_) -> Seen:
    if not uses_input:  # statistics that were kept are those of a batch normalization in use
        return _batch_norm(reading, node, x, weight, bias, mean, variance, False, momentum, epsilon)
    return _group_norm(reading, node, x, front(reading, node, x).shape[1], weight, bias, epsilon)


def _embedding(reading, node, weight, x, *_, **__) -> Seen:
    return Seen(reading.emit(node, "embedding", x.value, batch=x.batch, weights={"weight": weight}), x.batch)


def _attention(
    reading, node, query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, enable_gqa=False
):
    if enable_gqa:
        raise reading.refuse(node, "its heads share keys", got="enable_gqa=True")
    mask = attn_mask
    is_bool = isinstance(mask, Seen) and mask.value.dtype == "bool"
    if is_causal or is_bool or any(x.value.ndim != 4 or x.batch for x in (query, key, value)):
        return NotImplemented
    turned = []
    for x in (query, key, value):
        old = front(reading, node, x)
        shape = tuple(old.shape[axis] for axis in (0, 2, 1, 3))
        turned += reading.emit_values(node, "permute", old, outputs=[Value(shape, old.dtype)], order=(0, 2, 1, 3))
    bias = () if mask is None else (reading.operand(node, _float_mask(reading, node, mask)),)
    fake = node.meta["val"]
    y = Value(tuple(reading.new_value(fake).shape[axis] for axis in (0, 2, 1, 3)), turned[0].dtype)
    scale = turned[0].shape[-1] ** -0.5 if scale is None else float(scale)
    reading.emit_values(node, "attention", *turned, *bias, outputs=[y], scale=scale)
    return Seen(reading.emit(node, "permute", y, order=(0, 2, 1, 3)))


def _float_mask(reading, node, mask):
    if isinstance(mask, Known) and not mask.tensor.is_floating_point():
        blocked = torch.zeros(mask.tensor.shape, device=mask.tensor.device).masked_fill(~mask.tensor, float("-inf"))
        return Known(blocked, mask.source)
    return mask


WEIGHTED_RULES = {
    "prelu": _prelu,
    "linear": _linear,
    "addmm": _addmm,
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "rms_norm": _rms_norm,
    "group_norm": _group_norm,
    "instance_norm": _instance_norm,
    "embedding": _embedding,
    "scaled_dot_product_attention": _attention,
}
