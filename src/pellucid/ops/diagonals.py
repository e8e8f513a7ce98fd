"""Diagonals and triangles of matrices, and matrices made from vectors.

Below: promotion.py prepares the operand; axes 0 and 1 (or the last two, for triangles) hold the matrix.
"""

from __future__ import annotations

import torch

from pellucid.errors import ArgumentError, ArgumentTypeError, ShapeError
from pellucid.graph.operation import operation
from pellucid.graph.symbol import KerasTensor
from pellucid.ops.promotion import tensor
from pellucid.ops.reductions import SMALL
from pellucid.ops.symbolic import inferred, output_of


@operation
def diag(x, k=0):
    """The k-th diagonal of a matrix; of a vector, the matrix that has it there and 0 elsewhere.

    Raises:
        ShapeError: more than two axes.
    """
    x = tensor(x)
    if x.ndim not in (1, 2):
        raise ShapeError("`diag` takes a vector or a matrix.", got=tuple(x.shape), expected="one or two axes")
    return torch.diag(x, diagonal=k)


@output_of(diag)
def _diag_output(x, k=0):
    found = inferred(diag, x, k=k)
    return KerasTensor((None,), x.dtype) if len(x.shape) == 2 and None in x.shape else found


@operation
def diagflat(x, k=0):
    """The matrix with all elements of `x` on its k-th diagonal and 0 elsewhere."""
    return torch.diagflat(tensor(x), offset=k)


@operation
def diagonal(x, offset=0, axis1=0, axis2=1):
    """The diagonal in the plane of two axes, along a new last axis.

    Args:
        offset: which diagonal: 0 the main one, more towards higher places of `axis2`.

    Raises:
        ShapeError: fewer than two axes.
    """
    return torch.diagonal(_plane(x), offset, axis1, axis2)


@output_of(diagonal)
def _diagonal_output(x, offset=0, axis1=0, axis2=1):
    found = inferred(diagonal, x, offset=offset, axis1=axis1, axis2=axis2)
    # The shorter of two sides is not known where one is not.
    return KerasTensor((*found.shape[:-1], None), x.dtype) if None in (x.shape[axis1], x.shape[axis2]) else found


@operation
def trace(x, offset=0, axis1=0, axis2=1):
    """The sum of a `diagonal`; bools and small integers are added up as int32."""
    x = _plane(x)
    dtype = torch.int32 if x.dtype in SMALL else x.dtype
    return torch.sum(torch.diagonal(x, offset, axis1, axis2), dim=-1, dtype=dtype)


def _plane(x) -> torch.Tensor:
    x = tensor(x)
    if x.ndim < 2:
        raise ShapeError("Diagonals lie in planes.", got=tuple(x.shape), expected="two axes or more")
    return x


@operation
def tril(x, k=0):
    """The elements on and below the k-th diagonal of the last two axes; 0 above."""
    return torch.tril(tensor(x), diagonal=k)


@operation
def triu(x, k=0):
    """The elements on and above the k-th diagonal of the last two axes; 0 below."""
    return torch.triu(tensor(x), diagonal=k)


@operation
def vander(x, N=None, increasing=False):
    """The powers of each element of a vector as a row, the highest first unless `increasing`.

    Args:
        N: how many powers; as many as elements if None.

    Raises:
        ShapeError: no vector.
        ArgumentError, ArgumentTypeError: `N` is no whole number from 0, or `increasing` no bool.
    """
    x = tensor(x)
    if x.ndim != 1:
        raise ShapeError("Powers are taken of a vector.", got=tuple(x.shape), expected="one axis")
    if N is not None and not isinstance(N, int):
        raise ArgumentTypeError("`N` is a whole number.", got=repr(N), fix="N=3")
    if N is not None and N < 0:
        raise ArgumentError("`N` cannot be negative.", got=N, expected="0 or more")
    if not isinstance(increasing, bool):
        raise ArgumentTypeError("`increasing` is True or False.", got=repr(increasing))
    exponents = torch.arange(x.shape[0] if N is None else N, device=x.device)
    powers = torch.pow(x[:, None], exponents if increasing else exponents.flip(0))
    return powers.to(torch.int32 if x.dtype == torch.bool else x.dtype)
