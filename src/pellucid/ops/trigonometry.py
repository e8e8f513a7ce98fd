"""Trigonometric and hyperbolic functions and their inverses, in radians.

Below: promotion.py prepares the operand.
"""

from __future__ import annotations

import torch

from pellucid.graph.operation import operation
from pellucid.ops.promotion import floating, tensor


@operation
def sin(x):
    """The sine."""
    return torch.sin(floating(x))


@operation
def cos(x):
    """The cosine."""
    return torch.cos(floating(x))


@operation
def tan(x):
    """The tangent."""
    return torch.tan(floating(x))


@operation
def arcsin(x):
    """The angle whose sine is `x`, from -pi/2 to pi/2."""
    return torch.arcsin(floating(x))


@operation
def arccos(x):
    """The angle whose cosine is `x`, from 0 to pi."""
    return torch.arccos(floating(x))


@operation
def arctan(x):
    """The angle whose tangent is `x`, from -pi/2 to pi/2."""
    return torch.arctan(floating(x))


@operation
def sinh(x):
    """The hyperbolic sine."""
    return torch.sinh(floating(x))


@operation
def cosh(x):
    """The hyperbolic cosine."""
    return torch.cosh(floating(x))


@operation
def tanh(x):
    """The hyperbolic tangent."""
    return torch.tanh(floating(x))


@operation
def arcsinh(x):
    """The inverse hyperbolic sine."""
    return torch.arcsinh(floating(x))


@operation
def arccosh(x):
    """The inverse hyperbolic cosine; NaN below 1."""
    return torch.arccosh(floating(x))


@operation
def arctanh(x):
    """The inverse hyperbolic tangent; NaN outside of -1 to 1."""
    return torch.arctanh(floating(x))


@operation
def sinc(x):
    """sin(pi x) / (pi x), and 1 at 0."""
    return torch.sinc(floating(x))


@operation
def deg2rad(x):
    """Degrees as radians."""
    x = tensor(x)
    return torch.deg2rad(x.double() if x.dtype == torch.int64 else floating(x))


@operation
def rad2deg(x):
    """Radians as degrees."""
    x = tensor(x)
    return torch.rad2deg(x.double() if x.dtype == torch.int64 else floating(x))
