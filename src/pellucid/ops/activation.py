"""Activation functions on single elements, and the softmax family along axes.

Below:  PyTorch's own kernels, forward and backward, wherever there is one.
Above:  activations.py offers them to layers by name; ops/nn.py is their public door.
Kept true: what comes out has the shape and dtype of what goes in; whole numbers become floatx first
           where the function has fractions (`relu` and its clipped sisters have none).
"""

from __future__ import annotations

import math
import warnings

import torch
import torch.nn.functional as F

from pellucid.axes import canonical
from pellucid.errors import ShapeError
from pellucid.graph.operation import operation
from pellucid.graph.values import shape_of
from pellucid.ops.promotion import floating, tensor


@operation
def relu(x):
    """The positive part: ``max(x, 0)``."""
    return F.relu(tensor(x))


@operation
def relu6(x):
    """The positive part, at most 6: ``min(max(x, 0), 6)``."""
    return F.relu6(tensor(x))


@operation
def rectify(x, negative_slope=0.0, max_value=None, threshold=0.0):
    """``x`` above `threshold` but at most `max_value`; below it, ``negative_slope * (x - threshold)``.

    Source: keras.activations.relu, Keras 3.15.
    """
    x = tensor(x)
    if threshold != 0:
        positive = torch.where(x > threshold, x, torch.zeros_like(x))
    else:
        positive = F.relu(x)
    if max_value is not None:
        positive = positive.clamp(0.0, max_value) if x.is_floating_point() else positive.clamp(0, int(max_value))
    if negative_slope == 0:
        return positive
    return positive - negative_slope * F.relu(threshold - x)


@operation
def leaky_relu(x, negative_slope=0.2):
    """``x`` where positive, ``negative_slope * x`` elsewhere."""
    return F.leaky_relu(floating(x), negative_slope)


@operation
def elu(x, alpha=1.0):
    """``x`` where positive, ``alpha * (exp(x) - 1)`` elsewhere. Source: arXiv:1511.07289."""
    return F.elu(floating(x), alpha)


@operation
def selu(x):
    """``1.0507 * elu(x, alpha=1.6733)``: keeps mean 0 and variance 1 through layers. Source: arXiv:1706.02515."""
    return F.selu(floating(x))


@operation
def celu(x, alpha=1.0):
    """``x`` where positive, ``alpha * (exp(x / alpha) - 1)`` elsewhere. Source: arXiv:1704.07483."""
    return F.celu(floating(x), alpha)


@operation
def gelu(x, approximate=True):
    """``x * P(X <= x)`` for a standard normal X. Source: arXiv:1606.08415.

    Args:
        approximate: by the tanh formula, up to 4.7e-4 away from the exact one. `activations.gelu` is exact by default.
    """
    return F.gelu(floating(x), approximate="tanh" if approximate else "none")


@operation
def silu(x):
    """``x * sigmoid(x)``, also known as swish. Source: arXiv:1710.05941."""
    return F.silu(floating(x))


swish = silu


@operation
def mish(x):
    """``x * tanh(softplus(x))``. Source: arXiv:1908.08681."""
    return F.mish(floating(x))


@operation
def glu(x, axis=-1):
    """``a * sigmoid(b)`` for the two halves of `x` along `axis`. Source: arXiv:1612.08083.

    Raises:
        ShapeError: the size along `axis` is odd.
    """
    x = floating(x)
    size = x.shape[canonical(axis, x.ndim)]
    if size % 2:
        raise ShapeError(
            f"`glu` halves axis {axis}, and its size is odd.",
            got=f"{size} in a value of shape {tuple(x.shape)}",
            expected="an even size",
        )
    return F.glu(x, dim=axis)


@operation
def sigmoid(x):
    """``1 / (1 + exp(-x))``."""
    return torch.sigmoid(floating(x))


@operation
def log_sigmoid(x):
    """``log(sigmoid(x))``, exact also where the sigmoid is nearly 0."""
    return F.logsigmoid(floating(x))


@operation
def hard_sigmoid(x):
    """``x / 6 + 0.5``, cut to 0...1. Keras 1 and 2 used ``0.2 * x + 0.5``."""
    return F.hardsigmoid(floating(x))


@operation
def hard_sigmoid_of_keras_2(x):
    """``0.2 * x + 0.5``, cut to 0...1: the `hard_sigmoid` of Keras 1 and 2, and of models from their files."""
    return torch.clamp(0.2 * floating(x) + 0.5, 0, 1)


@operation
def hard_silu(x):
    """``x * hard_sigmoid(x)``, also known as hard swish. Source: arXiv:1905.02244."""
    return F.hardswish(floating(x))


hard_swish = hard_silu


@operation
def sparse_sigmoid(x):
    """``(x + 1) / 2``, cut to 0...1. Source: arXiv:1901.02324."""
    return 0.5 * (F.hardtanh(floating(x)) + 1)


@operation
def hard_tanh(x):
    """``x``, cut to -1...1."""
    return F.hardtanh(tensor(x))


@operation
def exponential(x):
    """``exp(x)``, under the name that layers know it by."""
    return torch.exp(floating(x))


@operation
def tanh_shrink(x):
    """``x - tanh(x)``."""
    return F.tanhshrink(floating(x))


@operation
def soft_shrink(x, threshold=0.5):
    """``x`` moved by `threshold` towards 0, and 0 within it."""
    return F.softshrink(floating(x), threshold)


@operation
def hard_shrink(x, threshold=0.5):
    """``x`` where ``abs(x) > threshold``, else 0."""
    return F.hardshrink(floating(x), threshold)


@operation
def threshold(x, threshold, default_value):
    """``x`` where above `threshold`, else `default_value`."""
    return F.threshold(tensor(x), threshold, default_value)


@operation
def softplus(x):
    """``log(exp(x) + 1)``."""
    return F.softplus(floating(x))


@operation
def softsign(x):
    """``x / (abs(x) + 1)``."""
    return F.softsign(floating(x))


@operation
def squareplus(x, b=4):
    """``(x + sqrt(x ** 2 + b)) / 2``, a smooth relu. Source: arXiv:2112.11687."""
    x = floating(x)
    return (x + torch.sqrt(x * x + b)) / 2


@operation
def sparse_plus(x):
    """0 up to -1, ``(x + 1) ** 2 / 4`` up to 1, ``x`` from there."""
    x = floating(x)
    # Clamped first: a square that nobody reads must not overflow and spoil the gradient.
    return torch.where(x < 1, (x.clamp(-1, 1) + 1).square() / 4, x)


@operation
def softmax(x, axis=-1):
    """``exp(x) / sum(exp(x))`` along an axis, several axes together, or all of them (None)."""
    _warn_of_one(x, axis)
    return _along(torch.softmax, floating(x), axis)


@operation
def log_softmax(x, axis=-1):
    """``log(softmax(x))``, exact also where the softmax is nearly 0."""
    return _along(torch.log_softmax, floating(x), axis)


@operation
def sparsemax(x, axis=-1):
    """The nearest point to `x` with no negative entries and sum 1 along `axis`. Source: arXiv:1602.02068."""
    x = floating(x)
    axis = canonical(axis, x.ndim)
    ordered = x.sort(dim=axis, descending=True).values
    places = [-1 if k == axis else 1 for k in range(x.ndim)]
    rank = torch.arange(1, x.shape[axis] + 1, dtype=x.dtype, device=x.device).view(places)
    excess = ordered.cumsum(axis) - 1
    kept = (rank * ordered > excess).sum(axis, keepdim=True)
    return F.relu(x - excess.gather(axis, kept - 1) / kept)


def _warn_of_one(x, axis):
    shape = shape_of(x)
    if type(axis) is int and -len(shape) <= axis < len(shape) and shape[axis] == 1:
        warnings.warn(
            f"softmax along axis {axis} of shape {tuple(shape)}: that axis has size 1, so every result is 1. "
            "Use sigmoid for a single probability.",
            stacklevel=4,
        )


def _along(function, x, axis):
    """`function` along one axis, or along several as if they were one."""
    if axis is None:
        return function(x.reshape(-1), -1).reshape(x.shape)
    if not isinstance(axis, (tuple, list)):
        return function(x, canonical(axis, x.ndim))
    axis = [canonical(one, x.ndim) for one in axis]
    last = list(range(x.ndim - len(axis), x.ndim))
    moved = x.movedim(axis, last)
    kept = moved.shape[: x.ndim - len(axis)]
    together = function(moved.reshape(*kept, math.prod(moved.shape[len(kept) :])), -1)
    return together.reshape(moved.shape).movedim(last, axis)
