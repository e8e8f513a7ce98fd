"""Normalization layers lowered: the channels on axis 1, the normalized axes at the end, as PyTorch wants them.

Below:  site.py.
Kept true: Keras's momentum is the share that is kept, PyTorch's the share that is new.
"""

from __future__ import annotations

import torch

from pellucid.convert.flow import Value, Weight
from pellucid.convert.lowering.site import Site


def batch_normalization(site: Site, layer, x: Value, mask: Value | None = None) -> Value:
    """BatchNormalization; a mask counts only in training."""
    if layer.renorm:
        raise site.refuse("PyTorch and ONNX have no renorm", got="renorm=True", fix="renorm=False")
    channels = layer.moving_mean.shape[0]
    weights = {
        "weight": _or_plain(site, layer.gamma, torch.ones, channels),
        "bias": _or_plain(site, layer.beta, torch.zeros, channels),
        "running_mean": site.weight(layer.moving_mean),
        "running_var": site.weight(layer.moving_variance),
    }
    if layer.gamma is None and layer.beta is None:
        del weights["weight"], weights["bias"]
    axis = layer.axis % x.ndim
    y = site.emit(
        "batch_norm",
        site.permute(x, _moved(axis, 1, x.ndim)),
        weights=weights,
        epsilon=layer.epsilon,
        momentum=_rest(layer.momentum),
    )
    return site.permute(y, _moved(1, axis, x.ndim))


def _rest(share: float) -> float:
    """What a share leaves of 1, without the noise of binary fractions."""
    return round(1.0 - share, 12)


def _or_plain(site: Site, variable, values, size) -> Weight | None:
    return site.weight(variable) if variable is not None else Weight(values(size))


def _moved(source: int, target: int, ndim: int) -> tuple[int, ...]:
    """The order of axes in which axis `source` stands at `target`."""
    rest = [axis for axis in range(ndim) if axis != source]
    return (*rest[:target], source, *rest[target:])


def _to_the_end(several, ndim: int) -> tuple[list[int], list[int]]:
    """The order in which these axes stand last, and the order that undoes it."""
    several = sorted(axis % ndim for axis in several)
    order = [axis for axis in range(ndim) if axis not in several] + several
    return order, [order.index(axis) for axis in range(ndim)]


def layer_normalization(site: Site, layer, x: Value) -> Value:
    """LayerNormalization."""
    if layer.rms_scaling:
        raise site.refuse("PyTorch and ONNX have no such scaling", got="rms_scaling=True", fix="RMSNormalization()")
    order, back = _to_the_end(layer.axis, x.ndim)
    x = site.permute(x, order)
    weights = {"weight": site.weight(layer.gamma), "bias": site.weight(layer.beta)}
    sizes = x.shape[x.ndim - len(layer.axis) :]
    if weights["weight"] is None and weights["bias"] is not None:
        weights["weight"] = Weight(torch.ones(sizes))
    y = site.emit("layer_norm", x, weights=weights, sizes=tuple(sizes), epsilon=layer.epsilon)
    return site.permute(y, back)


def rms_normalization(site: Site, layer, x: Value) -> Value:
    """RMSNormalization."""
    order, back = _to_the_end(layer.axis, x.ndim)
    x = site.permute(x, order)
    sizes = x.shape[x.ndim - len(layer.axis) :]
    weights = {"weight": site.weight(layer.scale)}
    y = site.emit("rms_norm", x, weights=weights, sizes=tuple(sizes), epsilon=layer.epsilon)
    return site.permute(y, back)


def group_normalization(site: Site, layer, x: Value) -> Value:
    """GroupNormalization."""
    axis = layer.axis % x.ndim
    x = site.permute(x, _moved(axis, 1, x.ndim))
    channels = x.shape[1]
    weights = {}
    if layer.gamma is not None or layer.beta is not None:
        weights = {
            "weight": _or_plain(site, layer.gamma, torch.ones, channels),
            "bias": _or_plain(site, layer.beta, torch.zeros, channels),
        }
    y = site.emit("group_norm", x, weights=weights, groups=layer.groups, epsilon=layer.epsilon)
    return site.permute(y, _moved(1, axis, x.ndim))


def unit_normalization(site: Site, layer, x: Value) -> Value:
    """UnitNormalization: each sample divided by its length."""
    several = layer.axis if isinstance(layer.axis, (list, tuple)) else [layer.axis]
    squares = site.reduce("sum", site.binary("multiply", x, x), several, keepdims=True)
    return site.binary("divide", x, site.emit("sqrt", site.emit("clamp", squares, least=1e-12, most=None)))
