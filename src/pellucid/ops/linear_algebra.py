"""Linear algebra: factors, inverses, norms and solutions of matrices, which lie along the last two axes.

Below: promotion.py prepares the operands.
"""

from __future__ import annotations

import torch

from pellucid.errors import ArgumentError, OperationError, ShapeError
from pellucid.graph.operation import operation
from pellucid.ops.promotion import common, floating
from pellucid.ops.symbolic import inferred, output_of


def _matrix(x, square: bool = False) -> torch.Tensor:
    """`x` as a float tensor with two axes or more, the last two of one size if `square`."""
    x = floating(x)
    if x.ndim < 2:
        raise ShapeError("A matrix has two axes.", got=tuple(x.shape), expected="(..., rows, columns)")
    if square and x.shape[-1] != x.shape[-2]:
        raise ShapeError("A square matrix is needed.", got=tuple(x.shape), expected="(..., n, n)")
    return x


def _computed(function, reason, *args, **kwargs):
    """What a function of PyTorch gives; its refusal in our words."""
    try:
        return function(*args, **kwargs)
    except torch.linalg.LinAlgError as error:
        raise OperationError(reason, got=str(error).split("\n")[0]) from error


@operation
def cholesky(x, upper=False):
    """The lower triangular L (or the upper one) with ``x = L @ L.T``.

    Raises:
        OperationError: `x` is not positive definite.
    """
    return _computed(
        torch.linalg.cholesky, "The matrix is not positive definite.", _matrix(x, square=True), upper=upper
    )


@operation
def cholesky_inverse(x, upper=False):
    """The inverse of the matrix whose `cholesky` factor is `x`."""
    return torch.cholesky_inverse(_matrix(x, square=True), upper=upper)


@operation
def det(x):
    """The determinant."""
    return torch.linalg.det(_matrix(x, square=True))


@operation
def slogdet(x):
    """The sign of the determinant, and the logarithm of its absolute value."""
    return tuple(torch.linalg.slogdet(_matrix(x, square=True)))


@operation
def logdet(x):
    """The logarithm of the determinant; NaN where it is negative."""
    return torch.logdet(_matrix(x, square=True))


@operation
def eig(x):
    """Eigenvalues, and eigenvectors as columns; complex."""
    return tuple(torch.linalg.eig(_matrix(x, square=True)))


@operation
def eigh(x):
    """Eigenvalues in rising order, and eigenvectors as columns, of a symmetric matrix."""
    return tuple(torch.linalg.eigh(_matrix(x, square=True)))


@operation
def inv(x):
    """The inverse.

    Raises:
        OperationError: there is none.
    """
    return _computed(torch.linalg.inv, "The matrix has no inverse.", _matrix(x, square=True))


@operation
def pinv(x, rcond=None):
    """The pseudo-inverse; singular values below ``rcond`` times the largest count as 0."""
    return torch.linalg.pinv(_matrix(x), rtol=rcond)


@operation
def lu_factor(x):
    """L and U of the row-permuted matrix packed into one, and which row each row was exchanged with, from 0."""
    factors, pivots = torch.linalg.lu_factor(_matrix(x))
    return factors, pivots - 1


@operation
def matrix_rank(x, tol=None):
    """How many singular values lie above `tol`, as int32."""
    return torch.linalg.matrix_rank(_matrix(x), atol=tol).to(torch.int32)


_MATRIX_NORMS = (None, "fro", "nuc", float("inf"), float("-inf"), 1, -1, 2, -2)


@operation
def norm(x, ord=None, axis=None, keepdims=False):
    """The norm of vectors (one axis) or matrices (two); None takes the root of the sum of squares.

    Args:
        ord: which norm: a number or infinity; for matrices also ``"fro"`` and ``"nuc"``.

    Raises:
        OperationError: there is no such norm.
    """
    x = floating(x)
    axes = tuple(range(x.ndim)) if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
    if isinstance(ord, str) and (ord not in ("fro", "nuc") or len(axes) == 1):
        raise OperationError("There is no such norm.", got=repr(ord), expected="a number; 'fro' or 'nuc' for matrices")
    if len(axes) == 2 and ord not in _MATRIX_NORMS:
        raise OperationError(
            "There is no such matrix norm.", got=repr(ord), expected=", ".join(map(repr, _MATRIX_NORMS))
        )
    return torch.linalg.norm(x, ord=ord, dim=None if axis is None else axes, keepdim=keepdims)


@operation
def qr(x, mode="reduced"):
    """Q with orthogonal columns and the upper triangular R with ``x = Q @ R``.

    Args:
        mode: ``"reduced"`` gives as many columns as needed, ``"complete"`` a square Q.

    Raises:
        ArgumentError: another mode.
    """
    if mode not in ("reduced", "complete"):
        raise ArgumentError("Unknown `mode`.", got=repr(mode), expected="'reduced' or 'complete'")
    return tuple(torch.linalg.qr(_matrix(x), mode=mode))


@operation
def svd(x, full_matrices=True, compute_uv=True):
    """U, the singular values in falling order, and V transposed; without `compute_uv` the values alone."""
    x = _matrix(x)
    return tuple(torch.linalg.svd(x, full_matrices=full_matrices)) if compute_uv else torch.linalg.svdvals(x)


def _with_known_sides(function):
    """Say the output of a factoring, whose shape depends on which side of the matrix is shorter."""

    @output_of(function)
    def output(x, *args, **kwargs):
        if len(x.shape) < 2 or None in x.shape[-2:]:
            raise ShapeError("A matrix with unknown sides has no known factors.", got=x.shape, expected="both sizes")
        return inferred(function, x, *args, **kwargs)


_with_known_sides(qr)
_with_known_sides(svd)


@operation
def solve(a, b):
    """The x with ``a @ x = b``.

    Shapes:
        a  (..., n, n)
        b  (..., n) or (..., n, columns)

    Raises:
        ShapeError: `a` is not square, or `b` does not fit it.
        OperationError: `a` has no inverse.
    """
    a, b = _fitting(a, b)
    return _computed(torch.linalg.solve, "The matrix has no inverse.", a, b)


@operation
def solve_triangular(a, b, lower=False):
    """The x with ``a @ x = b``, where only the upper (or lower) triangle of `a` counts."""
    a, b = _fitting(a, b)
    if b.ndim == a.ndim - 1:
        return torch.linalg.solve_triangular(a, b.unsqueeze(-1), upper=not lower).squeeze(-1)
    return torch.linalg.solve_triangular(a, b, upper=not lower)


def _fitting(a, b) -> tuple[torch.Tensor, torch.Tensor]:
    a, b = common(_matrix(a, square=True), floating(b))
    if b.ndim < 1:
        raise ShapeError("The right side is a vector or a matrix.", got=tuple(b.shape), expected="(..., n)")
    axis = -2 if a.ndim == b.ndim else -1
    if a.ndim - b.ndim in (0, 1) and a.shape[axis] != b.shape[axis]:
        raise ShapeError(
            "Both sides have different numbers of rows.", got=tuple(b.shape), expected=f"{a.shape[-1]} rows"
        )
    return a, b


@operation
def lstsq(a, b, rcond=None):
    """The x for which ``a @ x`` comes nearest to `b`.

    Shapes:
        a  (rows, columns)
        b  (rows,) or (rows, k)

    Args:
        rcond: singular values below this share of the largest count as 0.

    Raises:
        ShapeError: other shapes.
    """
    a, b = common(floating(a), floating(b))
    if a.ndim != 2 or b.ndim not in (1, 2) or a.shape[0] != b.shape[0]:
        raise ShapeError(
            "These are no two sides of an equation.",
            got=f"{tuple(a.shape)} and {tuple(b.shape)}",
            expected="(m, n) and (m, k)",
        )
    columns = b if b.ndim == 2 else b[:, None]
    if rcond is not None and (a.is_cuda or a.is_meta):
        # CUDA has no driver that takes rcond.
        solution = torch.linalg.pinv(a, rtol=rcond) @ columns
    else:
        driver = None if rcond is None else "gelsd"
        solution = torch.linalg.lstsq(a, columns, rcond=rcond, driver=driver).solution
    return solution if b.ndim == 2 else solution[:, 0]
