"""Products of whole values: matrices, vectors, tensors, and Einstein's sums.

Below:  promotion.py brings both to one dtype.
Dtypes: int8 times int8 is added up as int32; on CUDA, integers are multiplied as floats, since there is no other way.
"""

from __future__ import annotations

import torch

from pellucid import settings
from pellucid.dtypes import result_type, to_torch
from pellucid.errors import ArgumentError, ShapeError
from pellucid.graph.operation import operation
from pellucid.ops.promotion import common, tensor


@operation
def matmul(x1, x2):
    """The matrix product over the last axis of `x1` and the one before the last of `x2`; axes before are broadcast."""
    if (
        isinstance(x1, torch.Tensor)
        and isinstance(x2, torch.Tensor)
        and x1.dtype == x2.dtype
        and x1.is_floating_point()
    ):
        return torch.matmul(*common(x1, x2))
    x1, x2 = common(x1, x2)
    dtype = torch.int32 if x1.dtype == torch.int8 else x1.dtype
    return _in_able_dtype(torch.matmul, x1.to(dtype), x2.to(dtype))


def _in_able_dtype(product, x1, x2) -> torch.Tensor:
    """A product of two values of one dtype, computed in one in which PyTorch has it there."""
    dtype = x1.dtype
    able = dtype
    if dtype == torch.bool or (x1.is_cuda and not (x1.is_floating_point() or x1.is_complex())):
        able = to_torch(settings.floatx()) if dtype.itemsize < 4 else torch.float64
    return product(x1.to(able), x2.to(able)).to(dtype)


@operation
def dot(x1, x2):
    """The sum of products over the last axis of `x1` and the one before the last of `x2` (or its only one)."""
    x1, x2 = common(x1, x2)
    if x1.ndim == 0 or x2.ndim == 0:
        return torch.multiply(x1, x2)
    if x2.ndim > 2:
        return _in_able_dtype(lambda a, b: torch.tensordot(a, b, dims=([-1], [-2])), x1, x2)
    return _in_able_dtype(torch.matmul, x1, x2)


@operation
def inner(x1, x2):
    """The sum of products over the last axes of both."""
    return _in_able_dtype(torch.inner, *common(x1, x2))


@operation
def outer(x1, x2):
    """Each element of `x1` times each one of `x2`: rows for those of `x1`."""
    x1, x2 = tensor(x1), tensor(x2)
    return x1.reshape(-1, 1) * x2.reshape(1, -1)


@operation
def vdot(x1, x2):
    """The sum of products of two vectors, the first one conjugated; other values are laid out flat."""
    x1, x2 = common(x1, x2)
    return _in_able_dtype(torch.vdot, x1.reshape(-1), x2.reshape(-1))


@operation
def tensordot(x1, x2, axes=2):
    """The sum of products over several axes.

    Args:
        axes: how many of the last axes of `x1` meet the first ones of `x2`; or a pair: axes of `x1`, axes of `x2`.
    """
    x1, x2 = common(x1, x2)
    if not isinstance(axes, int):
        axes = tuple([one] if isinstance(one, int) else list(one) for one in axes)
    return _in_able_dtype(lambda a, b: torch.tensordot(a, b, dims=axes), x1, x2)


@operation
def kron(x1, x2):
    """Kronecker's product: `x2` once for each element of `x1`, times it."""
    return torch.kron(tensor(x1), tensor(x2))


@operation
def cross(x1, x2, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """The cross product of vectors of 3 (or 2) numbers.

    Args:
        axisa, axisb: along which axis the vectors lie in `x1` and `x2`.
        axisc: along which axis they lie in the result.
        axis: one axis for all three.

    Raises:
        ShapeError: vectors of another length.
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    x1, x2 = common(x1, x2)
    a, b = torch.moveaxis(x1, axisa, -1), torch.moveaxis(x2, axisb, -1)
    for x in (a, b):
        if x.shape[-1] not in (2, 3) and not x.is_meta:
            raise ShapeError("The cross product is of vectors with 2 or 3 numbers.", got=x.shape[-1], expected="2 or 3")
    if a.shape[-1] == b.shape[-1] == 2:
        return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    a, b = (torch.nn.functional.pad(x, (0, 1)) if x.shape[-1] == 2 else x for x in (a, b))
    return torch.moveaxis(torch.linalg.cross(*torch.broadcast_tensors(a, b)), -1, axisc)


@operation
def cdist(x, y):
    """The distance of each row of `x` to each row of `y`; axes before the last two are broadcast.

    Raises:
        ShapeError: a vector, or rows of different lengths.
    """
    x, y = common(x, y, float)
    if x.ndim < 2 or y.ndim < 2 or x.shape[-1] != y.shape[-1]:
        raise ShapeError("Distances are between rows of one length.", got=f"{tuple(x.shape)} and {tuple(y.shape)}")
    return torch.sqrt(torch.sum(torch.square(x.unsqueeze(-2) - y.unsqueeze(-3)), dim=-1))


@operation
def einsum(subscripts, *operands, **kwargs):
    """Einstein's sum: letters name axes; those missing behind the arrow are summed over.

    ``einsum("ij,jk->ik", a, b)`` is the matrix product.

    Raises:
        ArgumentError: `subscripts` is no string.
    """
    if not isinstance(subscripts, str):
        raise ArgumentError("`subscripts` is a string.", got=repr(subscripts), expected='such as "ij,jk->ik"')
    values = [tensor(x) for x in operands]
    if len({x.dtype for x in values}) > 1:
        dtype = to_torch(result_type(*(x.dtype for x in values)))
        values = [x.to(dtype) for x in values]
    given = values[0].dtype
    result = torch.int32 if given == torch.int8 else given
    able = result
    if given == torch.bool or (values[0].is_cuda and not (given.is_floating_point or given.is_complex)):
        able = torch.float64
    return torch.einsum(subscripts.replace(" ", ""), *(x.to(able) for x in values)).to(result)
