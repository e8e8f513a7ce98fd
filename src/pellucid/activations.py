"""Activations: the functions that layers know by name, and names and configs turned into them and back.

Below:  ops/activation.py computes; graph/objects.py reads and writes configs.
Above:  every layer with an `activation` argument.
Kept true: a function that is the same in `ops` is the same object here.
"""

from __future__ import annotations

from pellucid.errors import ArgumentError
from pellucid.graph.identifiers import named
from pellucid.graph.objects import deserialize_keras_object, serialize_keras_object
from pellucid.ops import activation as _ops
from pellucid.ops.activation import (
    celu,
    elu,
    exponential,
    glu,
    hard_shrink,
    hard_sigmoid,
    hard_silu,
    hard_tanh,
    leaky_relu,
    log_sigmoid,
    log_softmax,
    mish,
    relu6,
    selu,
    sigmoid,
    silu,
    soft_shrink,
    softmax,
    softplus,
    softsign,
    sparse_plus,
    sparse_sigmoid,
    sparsemax,
    squareplus,
    tanh_shrink,
    threshold,
)
from pellucid.ops.trigonometry import tanh

__all__ = [
    "celu", "deserialize", "elu", "exponential", "gelu", "get", "glu", "hard_shrink", "hard_sigmoid",
    "hard_silu", "hard_swish", "hard_tanh", "leaky_relu", "linear", "log_sigmoid", "log_softmax", "mish",
    "relu", "relu6", "selu", "serialize", "sigmoid", "silu", "soft_shrink", "softmax", "softplus", "softsign",
    "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus", "swish", "tanh", "tanh_shrink", "threshold",
]  # fmt: skip

swish = silu
hard_swish = hard_silu


def relu(x, negative_slope=0.0, max_value=None, threshold=0.0):
    """``x`` above `threshold` but at most `max_value`; below it, ``negative_slope * (x - threshold)``."""
    if negative_slope == 0 and max_value is None and threshold == 0:
        return _ops.relu(x)
    return _ops.rectify(x, negative_slope=negative_slope, max_value=max_value, threshold=threshold)


def gelu(x, approximate=False):
    """``x * P(X <= x)`` for a standard normal X; exact, unlike `ops.gelu`, unless told otherwise."""
    return _ops.gelu(x, approximate=approximate)


def linear(x):
    """``x`` itself."""
    return x


ACTIVATIONS = {
    function.__name__: function
    for function in (
        celu, elu, exponential, gelu, glu, hard_shrink, hard_sigmoid, hard_silu, hard_tanh, leaky_relu, linear,
        log_sigmoid, log_softmax, mish, relu, relu6, selu, sigmoid, silu, soft_shrink, softmax, softplus, softsign,
        sparse_plus, sparse_sigmoid, sparsemax, squareplus, tanh, tanh_shrink, threshold,
    )
}  # fmt: skip
# Not a name of Keras 3, which had better refuse a file that says it than take its own function of another slope.
_OLD = {"hard_sigmoid_of_keras_2": _ops.hard_sigmoid_of_keras_2}
_BY_NAME = {**ACTIVATIONS, **_OLD, "swish": silu, "hard_swish": hard_silu}
_NAMES = {function: name for name, function in {**ACTIVATIONS, **_OLD}.items()} | {_ops.relu: "relu"}


def get(identifier):
    """The activation that an identifier stands for: a name, a config, a callable, or None for `linear`.

    Raises:
        UnknownNameError: a name that is in no table.
        ArgumentError: nothing of the kind.
    """
    if identifier is None:
        return linear
    if isinstance(identifier, str):
        return _named(identifier)
    found = deserialize_keras_object(identifier) if isinstance(identifier, dict) else identifier
    if callable(found):
        return found
    raise ArgumentError(
        "This is no activation.", got=repr(identifier)[:200], expected="a name or a callable", fix='activation="relu"'
    )


def serialize(activation):
    """The name of a built-in activation; the config of any other.

    Raises:
        ArgumentError: an object that cannot be written as plain data.
    """
    try:
        return _NAMES[activation]
    except (KeyError, TypeError):
        config = serialize_keras_object(activation)
    if isinstance(config, dict) and "config" in config:
        return config
    raise ArgumentError(
        "This activation has no name to be written by.", got=repr(activation)[:200],
        fix="@pellucid.saving.register_keras_serializable() before its def",
    )  # fmt: skip


def deserialize(config, custom_objects=None):
    """The activation of a name or config, as `serialize` wrote it.

    Raises:
        UnknownNameError: a name that is in no table.
    """
    found = deserialize_keras_object(config, module_objects=_BY_NAME, custom_objects=custom_objects)
    return _named(found) if isinstance(found, str) else found


def _named(name):
    return named(name, _BY_NAME, "activation", fix='activation="{}"', typical="relu")
