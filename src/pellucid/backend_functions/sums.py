"""K's sums over axes: their arguments are `axis` and `keepdims`; bools count as numbers."""

from __future__ import annotations

from pellucid import ops
from pellucid.dtypes import standardize_dtype
from pellucid.settings import floatx


def _numbers(x):
    return ops.cast(x, floatx()) if standardize_dtype(x.dtype) == "bool" else x


def _over(make, name: str, note: str, prepare=None):
    def over(x, axis=None, keepdims=False):
        return make(x if prepare is None else prepare(x), axis=_axis(axis), keepdims=keepdims)

    over.__name__ = over.__qualname__ = name
    over.__doc__ = f"{note} over an axis, several, or all."
    return over


def _axis(axis):
    return tuple(axis) if isinstance(axis, list) else axis


def _bools(x):
    return ops.cast(x, "bool")


sum = _over(ops.sum, "sum", "The sum")
prod = _over(ops.prod, "prod", "The product")
mean = _over(ops.mean, "mean", "The mean", _numbers)
var = _over(ops.var, "var", "The variance", _numbers)
std = _over(ops.std, "std", "The standard deviation", _numbers)
max = _over(ops.max, "max", "The largest")
min = _over(ops.min, "min", "The smallest")
any = _over(ops.any, "any", "Whether any is true", _bools)
all = _over(ops.all, "all", "Whether all are true", _bools)


def argmax(x, axis=-1):
    """The index of the largest along an axis."""
    return ops.argmax(x, axis=axis)


def argmin(x, axis=-1):
    """The index of the smallest along an axis."""
    return ops.argmin(x, axis=axis)


def cumsum(x, axis=0):
    """Running sums along an axis."""
    return ops.cumsum(x, axis=axis)


def cumprod(x, axis=0):
    """Running products along an axis."""
    return ops.cumprod(x, axis=axis)
