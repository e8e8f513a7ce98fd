"""Operations without weights raised: activations, arithmetic, shapes, reductions.

Below:  place.py.
"""

from __future__ import annotations

import numpy as np

from pellucid import layers
from pellucid.convert.flow import Op
from pellucid.convert.raising.place import Place
from pellucid.graph.symbol import KerasTensor


def activation(name: str):
    """The Activation of this name."""
    return lambda place, x: layers.Activation(name, name=place.name())(x)


def function(name: str):
    """The function of `pellucid.ops` of this name."""
    return lambda place, *args: place.run(name, *args)


def relu(place: Place, x):
    """ReLU."""
    return layers.ReLU(name=place.name())(x)


def leaky_relu(place: Place, x):
    """LeakyReLU."""
    return layers.LeakyReLU(float(place.settings["slope"]), name=place.name())(x)


def elu(place: Place, x):
    """ELU."""
    return layers.ELU(float(place.settings["alpha"]), name=place.name())(x)


def celu(place: Place, x):
    """``ops.celu``."""
    return place.run("celu", x, alpha=float(place.settings["alpha"]))


def gelu(place: Place, x):
    """GELU: the exact one as a layer, the tanh formula as a function."""
    if place.settings["approximate"]:
        return place.run("gelu", x, approximate=True)
    return layers.Activation("gelu", name=place.name())(x)


def shrink(name: str):
    """``ops.hard_shrink`` and ``ops.soft_shrink``."""
    return lambda place, x: place.run(name, x, threshold=float(place.settings["threshold"]))


def clamp(place: Place, x):
    """ReLU with a most value, or ops.clip."""
    least, most = place.settings["least"], place.settings["most"]
    if least == 0 and most is not None:
        return layers.ReLU(max_value=float(most), name=place.name())(x)
    if least is None or most is None:
        return place.run("maximum", x, least) if most is None else place.run("minimum", x, most)
    return place.run("clip", x, float(least), float(most))


def softmax(place: Place, x):
    """Softmax."""
    return layers.Softmax(axis=_from_the_end(place.settings["axis"], x), name=place.name())(x)


def log_softmax(place: Place, x):
    """``ops.log_softmax``."""
    return place.run("log_softmax", x, axis=place.settings["axis"])


def _from_the_end(axis: int, x) -> int:
    return -1 if axis == len(x.shape) - 1 else axis


_MERGES = {"add": "Add", "subtract": "Subtract", "multiply": "Multiply", "maximum": "Maximum", "minimum": "Minimum"}


def binary(kind: str):
    """A merging layer of two values, or a function of a value and a number or array."""

    def rule(place: Place, a, b):
        symbols = [isinstance(x, KerasTensor) for x in (a, b)]
        if all(symbols) and kind in _MERGES and len(a.shape) == len(b.shape):
            return getattr(layers, _MERGES[kind])(name=place.name())([a, b])
        return place.run(kind, a, b)

    return rule


def dropout(place: Place, x):
    """Dropout, SpatialDropout, AlphaDropout."""
    rate, style = place.settings["rate"], place.settings["style"]
    if style == "alpha":
        return layers.AlphaDropout(rate, name=place.name())(x)
    if style == "channels" and len(x.shape) in (4, 5):
        kind = getattr(layers, f"SpatialDropout{len(x.shape) - 2}D")
        return kind(rate, data_format="channels_first", name=place.name())(x)
    if style == "channels" and len(x.shape) == 3:
        return layers.Dropout(rate, noise_shape=(None, x.shape[1], 1), name=place.name())(x)
    return layers.Dropout(rate, name=place.name())(x)


def noise(place: Place, x):
    """GaussianNoise."""
    return layers.GaussianNoise(place.settings["deviation"], name=place.name())(x)


# ---- reductions


_GLOBAL = {"mean": "Average", "max": "Max"}


def reduction(kind: str):
    """A global pooling where all spatial axes go, else a function."""

    def rule(place: Place, x):
        axes, keepdims = place.settings["axes"], place.settings["keepdims"]
        if kind in _GLOBAL and len(x.shape) in (4, 5) and axes == tuple(range(2, len(x.shape))):
            layer = getattr(layers, f"Global{_GLOBAL[kind]}Pooling{len(x.shape) - 2}D")
            return layer(data_format="channels_first", keepdims=keepdims, name=place.name())(x)
        return place.run(kind, x, axis=axes if len(axes) > 1 else axes[0], keepdims=keepdims)

    return rule


def arg(kind: str):
    """``ops.argmax`` and ``ops.argmin``."""
    return lambda place, x: place.run(kind, x, axis=place.settings["axes"][0], keepdims=place.settings["keepdims"])


# ---- shapes


def reshape(place: Place, x):
    """Reshape."""
    return layers.Reshape(place.settings["target"], name=place.name())(x)


def permute(place: Place, x):
    """Permute."""
    return layers.Permute(place.settings["order"][1:], name=place.name())(x)


def concat(place: Place, *values):
    """Concatenate."""
    axis = place.settings["axis"]
    return layers.Concatenate(axis=_from_the_end(axis, values[0]), name=place.name())(list(values))


def part(place: Place, x):
    """``x[:, a:b]``."""
    start, stop, step, axis = (place.settings[word] for word in ("start", "stop", "step", "axis"))
    key = (*[slice(None)] * axis, slice(start or None, stop, None if step == 1 else step))
    return place.run("get_item", x, key)


def select(place: Place, x):
    """``x[:, 0]``."""
    return place.run("get_item", x, (*[slice(None)] * place.settings["axis"], place.settings["index"]))


def expand(place: Place, x):
    """RepeatVector for vectors, else a product with ones."""
    sizes = place.op.output.shape
    if len(sizes) == 3 and x.shape[1] == 1 and sizes[2] == x.shape[2] and sizes[1] != 1:
        vector = layers.Reshape((x.shape[2],), name=place.name("vector"))(x)
        return layers.RepeatVector(sizes[1], name=place.name())(vector)
    if None in sizes[1:]:
        raise place.refuse("it needs every size", got=sizes)
    return place.run("multiply", x, np.ones((1, *sizes[1:]), "float32"))


def repeat(place: Place, x):
    """``ops.repeat``."""
    return place.run("repeat", x, place.settings["times"], axis=place.settings["axis"])


def flip(place: Place, x):
    """``ops.flip``."""
    return place.run("flip", x, axis=place.settings["axes"])


def cast(place: Place, x):
    """``ops.cast``."""
    return place.run("cast", x, place.op.output.dtype)


def filled(place: Place, x):
    """``ops.zeros_like`` and ``ops.ones_like``."""
    name = {0.0: "zeros_like", 1.0: "ones_like"}[place.settings["number"]]
    return place.run(name, x, dtype=place.op.output.dtype)


# ---- products


def attention(place: Place, query, key, value, bias=None):
    """``ops.dot_product_attention``."""
    return place.run("dot_product_attention", query, key, value, bias=bias, scale=place.settings["scale"])


def einsum(place: Place, *values):
    """``ops.einsum``; an EinsumDense where the second factor is a weight."""
    equation = place.settings["equation"]
    if len(values) == 2 and isinstance(values[1], Op) and not isinstance(values[0], Op):
        return _einsum_dense(place, values[0], values[1], equation)
    return place.run("einsum", equation, *(_as_array(place, x) for x in values))


def matmul(place: Place, a, b):
    """``ops.matmul``."""
    return place.run("matmul", _as_array(place, a), _as_array(place, b))


def _as_array(place: Place, x):
    if not isinstance(x, Op):
        return x
    if x.kind == "parameter":
        raise place.refuse("a weight that learns is a factor here", got=x.layer)
    return x.weights["value"].tensor.cpu().numpy()


def _einsum_dense(place: Place, x, factor: Op, equation: str):
    weight = factor.weights["value"]
    key = f"{factor.owner}:{equation}"
    if key in place.model.layers:
        return place.model.layers[key](x)
    sizes = place.op.output.shape[1:]
    layer = place.model.layers[key] = layers.EinsumDense(equation, sizes, name=place.name())
    y = layer(x)
    place.give(layer.kernel, weight.tensor, weight)
    layer.trainable = factor.kind == "parameter" and factor.trainable
    return y


def for_each_sample(place: Place, _, parameter):
    """A weight, once for each sample."""
    return parameter


def identity(place: Place, x):
    """Identity."""
    return layers.Identity(name=place.name())(x)
