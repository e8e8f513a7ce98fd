"""Activations lowered: those of layers, and those that are layers.

Below:  site.py.
"""

from __future__ import annotations

from pellucid import activations
from pellucid.convert.flow import Value
from pellucid.convert.lowering.site import Site

# Our name -> the word of a flow, and its settings where it has some.
PLAIN: dict[str, tuple[str, dict]] = {
    "celu": ("celu", {"alpha": 1.0}),
    "elu": ("elu", {"alpha": 1.0}),
    "exponential": ("exp", {}),
    "gelu": ("gelu", {"approximate": False}),
    "hard_shrink": ("hard_shrink", {"threshold": 0.5}),
    "hard_sigmoid": ("hard_sigmoid", {}),
    "hard_silu": ("hard_swish", {}),
    "hard_tanh": ("clamp", {"least": -1.0, "most": 1.0}),
    "leaky_relu": ("leaky_relu", {"slope": 0.2}),
    "log_sigmoid": ("log_sigmoid", {}),
    "log_softmax": ("log_softmax", {"axis": -1}),
    "mish": ("mish", {}),
    "relu": ("relu", {}),
    "relu6": ("clamp", {"least": 0.0, "most": 6.0}),
    "selu": ("selu", {}),
    "sigmoid": ("sigmoid", {}),
    "silu": ("silu", {}),
    "soft_shrink": ("soft_shrink", {"threshold": 0.5}),
    "softmax": ("softmax", {"axis": -1}),
    "softplus": ("softplus", {}),
    "softsign": ("softsign", {}),
    "tanh": ("tanh", {}),
}


def activated(site: Site, x: Value, function) -> Value:
    """A value behind an activation."""
    name = activations.serialize(function) if function in activations.ACTIVATIONS.values() else None
    if name == "linear":
        return x
    if name in PLAIN:
        kind, settings = PLAIN[name]
        if "axis" in settings:
            settings = {"axis": x.ndim - 1}
        return site.emit(kind, x, **settings)
    if name in _BUILT_UP:
        return _BUILT_UP[name](site, x)
    shown = name or getattr(function, "__name__", repr(function))
    raise site.refuse(f"neither PyTorch nor ONNX has its activation, {shown}", got=shown, fix='activation="relu"')


def _glu(site: Site, x: Value, axis: int = -1) -> Value:
    half = None if x.shape[axis] is None else x.shape[axis] // 2
    if half is None:
        raise site.refuse("`glu` halves a size that only a run tells")
    gate = site.emit("sigmoid", site.slice(x, axis, half, None))
    return site.binary("multiply", site.slice(x, axis, 0, half), gate)


def _tanh_shrink(site: Site, x: Value) -> Value:
    return site.binary("subtract", x, site.emit("tanh", x))


def _sparse_sigmoid(site: Site, x: Value) -> Value:
    cut = site.emit("clamp", x, least=-1.0, most=1.0)
    return site.binary("multiply", site.binary("add", cut, 1.0), 0.5)


def _squareplus(site: Site, x: Value) -> Value:
    root = site.emit("sqrt", site.binary("add", site.binary("multiply", x, x), 4.0))
    return site.binary("multiply", site.binary("add", x, root), 0.5)


_BUILT_UP = {"glu": _glu, "tanh_shrink": _tanh_shrink, "sparse_sigmoid": _sparse_sigmoid, "squareplus": _squareplus}


# ---- layers


def activation(site: Site, layer, x: Value) -> Value:
    """Activation."""
    return activated(site, x, layer.activation)


def relu(site: Site, layer, x: Value) -> Value:
    """ReLU with its three numbers."""
    slope, most, threshold = float(layer.negative_slope), layer.max_value, float(layer.threshold)
    if threshold == 0 and slope == 0:
        return site.emit("relu", x) if most is None else site.emit("clamp", x, least=0.0, most=float(most))
    if threshold == 0 and most is None:
        return site.emit("leaky_relu", x, slope=slope)
    above = site.binary("multiply", x, site.cast(site.binary("greater", x, threshold, dtype="bool"), x.dtype))
    if threshold == 0:
        above = site.emit("relu", x)
    if most is not None:
        above = site.emit("clamp", above, least=0.0, most=float(most))
    if slope == 0:
        return above
    below = site.emit("relu", site.binary("subtract", threshold, x))
    return site.binary("subtract", above, site.binary("multiply", below, slope))


def leaky_relu(site: Site, layer, x: Value) -> Value:
    """LeakyReLU."""
    return site.emit("leaky_relu", x, slope=float(layer.negative_slope))


def elu(site: Site, layer, x: Value) -> Value:
    """ELU."""
    return site.emit("elu", x, alpha=float(layer.alpha))


def prelu(site: Site, layer, x: Value) -> Value:
    """PReLU: alpha is broadcast from the last axis, with all axes but the batch."""
    return site.emit("prelu", x, weights={"weight": site.weight(layer.alpha)})


def softmax(site: Site, layer, x: Value, mask: Value | None = None) -> Value:
    """Softmax, over one axis or several."""
    if mask is not None:
        raise site.refuse("a mask reaches it, and its counterparts know none")
    several = layer.axis if isinstance(layer.axis, (list, tuple)) else [layer.axis]
    return softmax_over(site, x, several)


def softmax_over(site: Site, x: Value, several) -> Value:
    """The softmax over axes that count as one."""
    if len(several) == 1:
        return site.emit("softmax", x, axis=several[0] % x.ndim)
    far = site.emit("exp", site.binary("subtract", x, site.reduce("max", x, several, keepdims=True)))
    return site.binary("divide", far, site.reduce("sum", far, several, keepdims=True))
