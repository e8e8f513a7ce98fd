"""Arithmetic of two values, element by element, with broadcasting: sums, products, quotients, powers, extremes.

Below:  promotion.py prepares the operands.
Dtypes: the result has the dtype that both make together; quotients are floating-point.
"""

from __future__ import annotations

import torch

from pellucid.dtypes import result_type, to_torch
from pellucid.errors import ArgumentTypeError
from pellucid.graph.operation import operation
from pellucid.ops.promotion import common, counting, kind, pair, tensor


@operation
def add(x1, x2):
    """x1 + x2."""
    return torch.add(*pair(x1, x2))


@operation
def subtract(x1, x2):
    """x1 - x2; a bool counts as 0 or 1 of the other's dtype."""
    x1, x2 = pair(x1, x2)
    if getattr(x1, "dtype", None) == torch.bool:
        x1 = x1.to(x2.dtype)
    if getattr(x2, "dtype", None) == torch.bool:
        x2 = x2.to(x1.dtype)
    return torch.subtract(x1, x2)


@operation
def multiply(x1, x2):
    """x1 * x2."""
    return torch.multiply(*pair(x1, x2))


@operation
def divide(x1, x2):
    """x1 / x2; integers give floats."""
    return torch.divide(*pair(x1, x2))


@operation
def true_divide(x1, x2):
    """x1 / x2; integers give floats."""
    return torch.divide(*pair(x1, x2))


@operation
def divide_no_nan(x1, x2):
    """x1 / x2, and 0 where x2 is 0."""
    x1, x2 = common(x1, x2, float)
    zero = x2 == 0
    # The inner `where` keeps the gradient finite as well.
    return torch.where(zero, 0, x1 / torch.where(zero, 1, x2))


@operation
def floor_divide(x1, x2):
    """The whole part, towards minus infinity, of x1 / x2."""
    x1, x2 = common(x1, x2)
    return torch.floor_divide(x1, x2).to(x1.dtype)


@operation
def mod(x1, x2):
    """The remainder of x1 / x2, with the sign of x2."""
    x1, x2 = pair(x1, x2)
    return torch.remainder(*_counted(x1, x2))


@operation
def fmod(x1, x2):
    """The remainder of x1 / x2, with the sign of x1."""
    x1, x2 = pair(x1, x2)
    return torch.fmod(*_counted(x1, x2))


def _counted(x1, x2) -> tuple:
    """Two bools as int32."""
    if getattr(x1, "dtype", None) == torch.bool and getattr(x2, "dtype", None) == torch.bool:
        return x1.to(torch.int32), x2.to(torch.int32)
    return x1, x2


@operation
def power(x1, x2):
    """x1 to the power of x2."""
    return torch.pow(*pair(x1, x2))


@operation
def maximum(x1, x2):
    """The larger of both; NaN where one is NaN."""
    return torch.maximum(*common(x1, x2))


@operation
def minimum(x1, x2):
    """The smaller of both; NaN where one is NaN."""
    return torch.minimum(*common(x1, x2))


@operation
def fmax(x1, x2):
    """The larger of both; where one is NaN, the other."""
    return torch.fmax(*common(x1, x2))


@operation
def fmin(x1, x2):
    """The smaller of both; where one is NaN, the other."""
    return torch.fmin(*common(x1, x2))


@operation
def clip(x, x_min, x_max):
    """`x`, with what lies outside of x_min to x_max moved to the nearer end."""
    x = counting(x)
    if type(x_min) in (int, float) and type(x_max) in (int, float) and x.is_floating_point():
        return torch.clip(x, x_min, x_max)
    return torch.clip(x, tensor(x_min), tensor(x_max))


@operation
def arctan2(x1, x2):
    """The angle in radians of the point (x2, x1), from -pi to pi."""
    return torch.arctan2(*common(x1, x2, float))


@operation
def hypot(x1, x2):
    """The length of the hypotenuse: sqrt(x1**2 + x2**2)."""
    return torch.hypot(*_wide(x1, x2))


@operation
def heaviside(x1, x2):
    """0 where x1 < 0, x2 where it is 0, 1 where it is more."""
    return torch.heaviside(*(common(x1, x2) if _is_bool(x1, x2) else _wide(x1, x2)))


def _is_bool(x1, x2) -> bool:
    return result_type(kind(tensor(x1)), kind(tensor(x2))) == "bool"


def _wide(x1, x2) -> tuple:
    """Both as floats; int64 needs float64 to keep its digits."""
    x1, x2 = tensor(x1), tensor(x2)
    if torch.int64 in (x1.dtype, x2.dtype) and not (x1.is_floating_point() or x2.is_floating_point()):
        return x1.double(), x2.double()
    return common(x1, x2, float)


@operation
def logaddexp(x1, x2):
    """log(exp(x1) + exp(x2)), without overflow."""
    return torch.logaddexp(*common(x1, x2, float))


@operation
def logaddexp2(x1, x2):
    """log2(2**x1 + 2**x2), without overflow."""
    return torch.logaddexp2(*common(x1, x2, float))


@operation
def ldexp(x1, x2):
    """x1 * 2**x2.

    Raises:
        ArgumentTypeError: `x2` is not of an integer dtype.
    """
    x1, x2 = tensor(x1), tensor(x2)
    if x2.is_floating_point() or x2.is_complex() or x2.dtype == torch.bool:
        raise ArgumentTypeError("The exponent is a whole number.", got=x2.dtype, fix='ops.cast(x2, "int32")')
    return torch.ldexp(x1, x2).to(to_torch(result_type(x1.dtype, x2.dtype, float)))


@operation
def nextafter(x1, x2):
    """The next number after x1 on the way to x2."""
    dtype = result_type(kind(tensor(x1)), kind(tensor(x2)), float)
    return torch.nextafter(tensor(x1, "float64"), tensor(x2, "float64")).to(to_torch(dtype))


@operation
def gcd(x1, x2):
    """The greatest common divisor of integers."""
    return torch.gcd(*common(x1, x2))


@operation
def lcm(x1, x2):
    """The least common multiple of integers."""
    return torch.lcm(*common(x1, x2))
