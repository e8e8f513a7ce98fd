"""New values: constants, ranges, identities and grids.

Below: promotion.py; graph/scopes.py says on which device.
"""

from __future__ import annotations

import numpy as np
import torch

from pellucid.dtypes import result_type, standardize_dtype, to_torch
from pellucid.errors import ArgumentError, ArgumentTypeError
from pellucid.graph.operation import operation
from pellucid.graph.scopes import current_device
from pellucid.graph.symbol import KerasTensor
from pellucid.graph.values import convert_to_tensor
from pellucid.ops.promotion import kind, tensor


@operation
def array(x, dtype=None):
    """A tensor with the values of anything array-like."""
    return convert_to_tensor(x, dtype=dtype)


def zeros(shape, dtype=None):
    """A value of zeros; floatx unless a dtype is given."""
    return torch.zeros(_sizes(shape), dtype=to_torch(dtype), device=current_device())


def ones(shape, dtype=None):
    """A value of ones; floatx unless a dtype is given."""
    return torch.ones(_sizes(shape), dtype=to_torch(dtype), device=current_device())


def empty(shape, dtype=None):
    """A value whose elements are whatever lay in memory; floatx unless a dtype is given."""
    return torch.empty(_sizes(shape), dtype=to_torch(dtype), device=current_device())


def full(shape, fill_value, dtype=None):
    """A value filled with `fill_value`, which is broadcast to the shape; floatx unless a dtype is given."""
    shape, wanted = _sizes(shape), to_torch(dtype)
    if type(fill_value) in (bool, int, float):
        return torch.full(shape, fill_value, dtype=wanted, device=current_device())
    return torch.broadcast_to(convert_to_tensor(fill_value, dtype=dtype).to(wanted), shape).clone()


def _sizes(shape) -> tuple[int, ...]:
    """A shape from an int, a sequence, or a tensor of sizes."""
    if isinstance(shape, torch.Tensor):
        shape = shape.tolist()
    return (int(shape),) if isinstance(shape, (int, np.integer)) else tuple(int(size) for size in shape)


@operation
def zeros_like(x, dtype=None):
    """Zeros in the shape of `x`, and its dtype unless one is given."""
    return torch.zeros_like(tensor(x), dtype=_dtype_or_none(dtype))


@operation
def ones_like(x, dtype=None):
    """Ones in the shape of `x`, and its dtype unless one is given."""
    return torch.ones_like(tensor(x), dtype=_dtype_or_none(dtype))


@operation
def empty_like(x, dtype=None):
    """Whatever lay in memory, in the shape of `x`, and its dtype unless one is given."""
    return torch.empty_like(tensor(x), dtype=_dtype_or_none(dtype))


@operation
def full_like(x, fill_value, dtype=None):
    """`fill_value` in the shape of `x`, and its dtype unless one is given."""
    x = tensor(x)
    return full(x.shape, fill_value, dtype=dtype or standardize_dtype(x.dtype))


def _dtype_or_none(dtype):
    return None if dtype is None else to_torch(dtype)


@operation
def arange(start, stop=None, step=None, dtype=None):
    """Numbers from `start` up to, but without, `stop`; with one argument, from 0 up to it.

    Args:
        dtype: None takes the one that the given numbers make together.
    """
    if dtype is None:
        dtype = result_type(*(kind(x) for x in (start, stop, step) if x is not None))
    if stop is None:
        start, stop = 0, start
    start, stop, step = (_number(x) for x in (start, stop, 1 if step is None else step))
    return torch.arange(start, stop, step, dtype=to_torch(dtype), device=current_device())


def _number(x):
    """A Python number from a number, or a value with one element."""
    return x if isinstance(x, (int, float)) else x.item()


def eye(N, M=None, k=0, dtype=None):
    """Ones on a diagonal of a matrix of N rows and M columns, zeros elsewhere.

    Args:
        M: columns; as many as rows if None.
        k: which diagonal: 0 the main one, more to the right, less to the left.

    Raises:
        ArgumentTypeError: `N` or `M` is no whole number.
    """
    rows = _count("N", N)
    columns = rows if M is None else _count("M", M)
    down = torch.arange(rows, device=current_device())[:, None]
    across = torch.arange(columns, device=current_device())
    return (across - down == (0 if k is None else k)).to(to_torch(dtype))


def _count(word, number) -> int:
    whole = isinstance(number, (int, np.integer)) or (
        isinstance(number, (np.ndarray, torch.Tensor)) and "int" in str(number.dtype) and number.ndim == 0
    )
    if not whole or isinstance(number, KerasTensor):
        raise ArgumentTypeError(f"`{word}` is a whole number.", got=repr(number), fix=f"{word}=3")
    return int(number)


def identity(n, dtype=None):
    """The square matrix of `n` rows with ones on the main diagonal."""
    return eye(n, dtype=dtype)


def tri(N, M=None, k=0, dtype=None):
    """Ones on and below the k-th diagonal of a matrix of N rows and M columns, zeros above."""
    shape = (N, N if M is None else M)
    return torch.tril(torch.ones(shape, dtype=to_torch(dtype), device=current_device()), diagonal=k)


@operation
def meshgrid(*x, indexing="xy"):
    """Coordinates of the grid that vectors span, one value for each.

    Args:
        indexing: ``"xy"`` lets the first vector run along axis 1, ``"ij"`` along axis 0.

    Raises:
        ArgumentError: neither of both.
    """
    if indexing not in ("xy", "ij"):
        raise ArgumentError("Unknown `indexing`.", got=repr(indexing), expected="'xy' or 'ij'")
    return list(torch.meshgrid([tensor(one).reshape(-1) for one in x], indexing=indexing)) if x else []


@operation
def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0):
    """`num` numbers in equal steps from `start` to `stop`; with arrays, along the new `axis`.

    Args:
        endpoint: whether `stop` is the last number, or the first one left out.
        retstep: whether to give the step as well.
    """
    wanted, (first, last) = _ends(start, stop, dtype)
    parts = num - 1 if endpoint else num
    step = (last - first) / parts if parts > 0 else torch.full_like(last - first, torch.nan)
    along = torch.arange(num, dtype=first.dtype, device=first.device)
    along = along.reshape(-1, *(1,) * step.ndim)
    line = first + along * step if parts > 0 else first + along * 0.0
    if endpoint and num > 1:
        # The last step may miss the end by a rounding error.
        line = torch.where(along == num - 1, last, line)
    line = torch.moveaxis(line, 0, axis).to(wanted)
    return (line, step.to(wanted)) if retstep else line


def _ends(start, stop, dtype):
    """The dtype of the result, and both ends as floats of one shape."""
    if dtype is None:
        dtype = result_type(kind(start), kind(stop), float)
    wide = "float64" if standardize_dtype(dtype) == "float64" else "float32"
    if "int" in standardize_dtype(dtype):
        wide = "float64"
    return to_torch(dtype), torch.broadcast_tensors(tensor(start, wide), tensor(stop, wide))


@operation
def logspace(start, stop, num=50, endpoint=True, base=10, dtype=None, axis=0):
    """`num` numbers from ``base**start`` to ``base**stop``, each the same factor above the one before."""
    if dtype is None:
        dtype = result_type(kind(start), kind(stop), float)
    wide = "float64" if "64" in standardize_dtype(dtype) else "float32"
    exponents = linspace(start, stop, num=num, endpoint=endpoint, dtype=wide, axis=axis)
    return torch.pow(tensor(base, wide), exponents).to(to_torch(dtype))


@operation
def geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    """`num` numbers from `start` to `stop`, each the same factor above the one before; both of one sign."""
    wanted, (first, last) = _ends(start, stop, dtype)
    logs = linspace(torch.log10(first.abs()), torch.log10(last.abs()), num=num, endpoint=endpoint, axis=axis)
    return (torch.pow(10.0, logs) * torch.sign(first).unsqueeze(axis if first.ndim else 0)).to(wanted)
