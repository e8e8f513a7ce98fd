"""K's functions of each element, with K's names for their arguments."""

from __future__ import annotations

from pellucid import ops, random

# These need no other names for their arguments.
cos, sin, exp, log, square, sign = ops.cos, ops.sin, ops.exp, ops.log, ops.square, ops.sign
sigmoid, tanh, softplus, softsign = ops.sigmoid, ops.tanh, ops.softplus, ops.softsign


def abs(x):
    """Absolute values."""
    return ops.abs(x)


def round(x):
    """The nearest whole numbers, halves to the even one."""
    return ops.round(x)


def sqrt(x):
    """Square roots; those of negative numbers are 0."""
    return ops.sqrt(ops.maximum(x, 0.0))


def pow(x, a):
    """x to the power a."""
    return ops.power(x, a)


def maximum(x, y):
    """The larger of two, for each element."""
    return ops.maximum(x, y)


def minimum(x, y):
    """The smaller of two, for each element."""
    return ops.minimum(x, y)


def _compared(make, name: str, sign: str):
    def compare(x, y):
        return make(x, y)

    compare.__name__ = compare.__qualname__ = name
    compare.__doc__ = f"``x {sign} y``, for each element."
    return compare


equal = _compared(ops.equal, "equal", "==")
not_equal = _compared(ops.not_equal, "not_equal", "!=")
less = _compared(ops.less, "less", "<")
less_equal = _compared(ops.less_equal, "less_equal", "<=")
greater = _compared(ops.greater, "greater", ">")
greater_equal = _compared(ops.greater_equal, "greater_equal", ">=")


def clip(x, min_value, max_value):
    """x, no smaller than `min_value` and no larger than `max_value`; None is no bound."""
    if min_value is not None and max_value is not None and _are_numbers(min_value, max_value):
        max_value = max_value if max_value > min_value else min_value
    if min_value is not None:
        x = ops.maximum(x, min_value)
    return x if max_value is None else ops.minimum(x, max_value)


def _are_numbers(*values) -> bool:
    return all(isinstance(value, (int, float)) for value in values)


def relu(x, alpha=0.0, max_value=None, threshold=0.0):
    """``alpha * (x - threshold)`` below the threshold, 0 there by default; x above it, at most `max_value`."""
    below = alpha * (x - threshold)
    above = x if max_value is None else ops.minimum(x, max_value)
    return ops.where(ops.greater_equal(x, threshold) if threshold else ops.greater(x, 0.0), above, below)


def elu(x, alpha=1.0):
    """``alpha * (exp(x) - 1)`` below 0, x above."""
    return ops.elu(x, alpha=alpha)


def hard_sigmoid(x):
    """``0.2 * x + 0.5`` between 0 and 1, the slope of Keras 1 and 2."""
    return clip(0.2 * x + 0.5, 0.0, 1.0)


def softmax(x, axis=-1):
    """Shares that sum to 1 along an axis, or along several."""
    return ops.softmax(x, axis=tuple(axis) if isinstance(axis, list) else axis)


def l2_normalize(x, axis=None):
    """x divided by its length along an axis; a length below 1e-6 counts as 1e-6."""
    squares = ops.sum(ops.square(x), axis=tuple(axis) if isinstance(axis, list) else axis, keepdims=True)
    return x * ops.rsqrt(ops.maximum(squares, 1e-12))


def in_top_k(predictions, targets, k):
    """Whether each target is among the k largest predictions."""
    return ops.in_top_k(targets, predictions, k)


def dropout(x, level, noise_shape=None, seed=None):
    """x with a share of `level` set to 0, the rest scaled up."""
    return random.dropout(x, level, noise_shape=noise_shape, seed=seed)
