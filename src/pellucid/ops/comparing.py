"""Comparisons and logic, element by element: which places fulfil something. Results are bools.

Below: promotion.py prepares the operands.
"""

from __future__ import annotations

import torch

from pellucid.graph.operation import operation
from pellucid.ops.promotion import common, pair, tensor


@operation
def equal(x1, x2):
    """Where x1 == x2."""
    return torch.eq(*pair(x1, x2))


@operation
def not_equal(x1, x2):
    """Where x1 != x2."""
    return torch.ne(*pair(x1, x2))


@operation
def less(x1, x2):
    """Where x1 < x2."""
    return torch.lt(*pair(x1, x2))


@operation
def less_equal(x1, x2):
    """Where x1 <= x2."""
    return torch.le(*pair(x1, x2))


@operation
def greater(x1, x2):
    """Where x1 > x2."""
    return torch.gt(*pair(x1, x2))


@operation
def greater_equal(x1, x2):
    """Where x1 >= x2."""
    return torch.ge(*pair(x1, x2))


@operation
def logical_and(x1, x2):
    """Where both are true, which every number but 0 is."""
    return torch.logical_and(tensor(x1), tensor(x2))


@operation
def logical_or(x1, x2):
    """Where one or both are true."""
    return torch.logical_or(tensor(x1), tensor(x2))


@operation
def logical_xor(x1, x2):
    """Where just one is true."""
    return torch.logical_xor(tensor(x1), tensor(x2))


@operation
def logical_not(x):
    """Where `x` is 0 or False."""
    return torch.logical_not(tensor(x))


@operation
def isclose(x1, x2, rtol=1e-5, atol=1e-8, equal_nan=False):
    """Where ``|x1 - x2| <= atol + rtol * |x2|``; integers must be equal."""
    x1, x2 = common(x1, x2)
    if not x1.is_floating_point() and not x1.is_complex():
        return torch.eq(x1, x2)
    return torch.isclose(x1, x2, rtol=rtol, atol=atol, equal_nan=equal_nan)


@operation
def allclose(x1, x2, rtol=1e-5, atol=1e-8, equal_nan=False):
    """Whether `isclose` holds at every place; one bool."""
    return torch.all(isclose(x1, x2, rtol=rtol, atol=atol, equal_nan=equal_nan))


@operation
def isin(x1, x2, assume_unique=False, invert=False):
    """Where an element of `x1` occurs anywhere in `x2` (with `invert`: does not).

    Args:
        assume_unique: both are known to hold no element twice, which may be faster.
    """
    x1, x2 = common(x1, x2)
    if x1.dtype == torch.bool:
        x1, x2 = x1.to(torch.int32), x2.to(torch.int32)
    return torch.isin(x1, x2, assume_unique=assume_unique, invert=invert)


@operation
def isfinite(x):
    """Where `x` is neither NaN nor infinite."""
    return torch.isfinite(tensor(x))


@operation
def isinf(x):
    """Where `x` is plus or minus infinity."""
    return torch.isinf(tensor(x))


@operation
def isnan(x):
    """Where `x` is NaN."""
    return torch.isnan(tensor(x))


@operation
def isneginf(x):
    """Where `x` is minus infinity."""
    return torch.isneginf(tensor(x))


@operation
def isposinf(x):
    """Where `x` is plus infinity."""
    return torch.isposinf(tensor(x))


@operation
def isreal(x):
    """Where `x` has no imaginary part."""
    return torch.isreal(tensor(x))


@operation
def signbit(x):
    """Where the sign bit is set: negative numbers, and -0.0."""
    return torch.signbit(tensor(x))
