"""Functions of one value, element by element: signs, rounding, powers, logarithms, complex parts.

Below:  promotion.py prepares the operand.
Dtypes: a function whose results have fractions gives floats also for integers.
"""

from __future__ import annotations

import torch

from pellucid.errors import ArgumentTypeError
from pellucid.graph.operation import operation
from pellucid.ops.promotion import counting, floating, tensor, tensors


@operation
def absolute(x):
    """|x|; of complex numbers their length."""
    x = tensor(x)
    return x if x.dtype == torch.bool else torch.abs(x)


@operation
def abs(x):
    """|x|; of complex numbers their length."""
    x = tensor(x)
    return x if x.dtype == torch.bool else torch.abs(x)


@operation
def fabs(x):
    """|x| as a float.

    Raises:
        ArgumentTypeError: complex numbers.
    """
    x = floating(x)
    if x.is_complex():
        raise ArgumentTypeError("`fabs` takes real numbers.", got=x.dtype, fix="ops.abs(x)")
    return torch.abs(x)


@operation
def negative(x):
    """-x."""
    return torch.negative(tensor(x))


@operation
def sign(x):
    """-1, 0 or 1 by the sign of `x`; of complex numbers the unit of the same angle."""
    x = tensor(x)
    return torch.sgn(x) if x.is_complex() else torch.sign(x)


@operation
def square(x):
    """x * x."""
    return torch.square(counting(x))


@operation
def sqrt(x):
    """The square root; NaN below 0."""
    return torch.sqrt(floating(x))


@operation
def rsqrt(x):
    """1 / sqrt(x)."""
    return torch.rsqrt(floating(x))


@operation
def cbrt(x):
    """The cube root, also of negative numbers."""
    x = _float_or_double(x)
    return torch.sign(x) * torch.abs(x) ** (1.0 / 3.0)


@operation
def reciprocal(x):
    """1 / x."""
    return torch.reciprocal(tensor(x))


@operation
def exp(x):
    """e to the power of `x`."""
    return torch.exp(floating(x))


@operation
def exp2(x):
    """2 to the power of `x`."""
    return torch.exp2(floating(x))


@operation
def expm1(x):
    """exp(x) - 1, exact near 0."""
    return torch.expm1(floating(x))


@operation
def log(x):
    """The natural logarithm; NaN below 0."""
    return torch.log(floating(x))


@operation
def log10(x):
    """The logarithm to base 10."""
    return torch.log10(floating(x))


@operation
def log1p(x):
    """log(1 + x), exact near 0."""
    return torch.log1p(floating(x))


@operation
def log2(x):
    """The logarithm to base 2."""
    return torch.log2(floating(x))


@operation
def ceil(x):
    """The next whole number towards plus infinity, as a float."""
    return torch.ceil(floating(x))


@operation
def floor(x):
    """The next whole number towards minus infinity, as a float."""
    return torch.floor(floating(x))


@operation
def trunc(x):
    """The whole part, towards 0."""
    x = tensor(x)
    return x if x.dtype == torch.bool else torch.trunc(x)


@operation
def round(x, decimals=0):
    """The nearest number with so many decimals, halves to the even one; negative `decimals` round to tens."""
    x = tensor(x)
    if x.is_floating_point() or x.dtype == torch.bool or decimals >= 0:
        return torch.round(x, decimals=decimals) if x.is_floating_point() else x
    return torch.round(floating(x), decimals=decimals).to(x.dtype)


@operation
def nan_to_num(x, nan=0.0, posinf=None, neginf=None):
    """`x` with NaN and the infinities replaced; None takes the dtype's largest and smallest number."""
    return torch.nan_to_num(tensor(x), nan=nan, posinf=posinf, neginf=neginf)


@operation
def angle(x):
    """The angle of complex numbers in radians; of real ones 0 or pi."""
    return torch.angle(tensor(x))


@operation
def conj(x):
    """The complex conjugate."""
    return torch.conj(tensor(x)).resolve_conj()


@operation
def conjugate(x):
    """The complex conjugate."""
    return torch.conj(tensor(x)).resolve_conj()


@operation
def polar(abs_, angle):
    """Complex numbers of these lengths and angles in radians."""
    length, angle = tensors((floating(abs_), floating(angle)))
    return torch.complex(length * torch.cos(angle), length * torch.sin(angle))


@operation
def real(x):
    """The real part."""
    return torch.real(tensor(x))


@operation
def imag(x):
    """The imaginary part."""
    x = tensor(x)
    return torch.imag(x) if x.is_complex() else torch.zeros_like(x)


@operation
def copy(x):
    """The same values in memory of their own."""
    return torch.clone(tensor(x))


@operation
def erf(x):
    """The error function."""
    return torch.erf(floating(x))


@operation
def erfc(x):
    """1 - erf(x), exact for large `x`."""
    return torch.erfc(floating(x))


@operation
def erfinv(x):
    """The inverse of the error function, for -1 to 1."""
    return torch.erfinv(floating(x))


@operation
def i0(x):
    """The modified Bessel function of the first kind and order 0."""
    return torch.i0(_float_or_double(x))


def _float_or_double(x) -> torch.Tensor:
    """`x` as a float; int64 needs float64 to keep its digits."""
    x = tensor(x)
    return x.double() if x.dtype == torch.int64 else floating(x)
