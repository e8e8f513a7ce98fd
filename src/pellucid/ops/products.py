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
from pellucid.graph.symbol import KerasTensor
from pellucid.graph.values import shape_of
from pellucid.ops import processor
from pellucid.ops.matrices import linear
from pellucid.ops.promotion import common, tensor
from pellucid.ops.symbolic import inferred, output_of


@operation
def matmul(x1, x2):
    """The matrix product over the last axis of `x1` and the one before the last of `x2`; axes before are broadcast."""
    if (
        isinstance(x1, torch.Tensor)
        and isinstance(x2, torch.Tensor)
        and x1.dtype == x2.dtype
        and x1.is_floating_point()
    ):
        x1, x2 = tensor(x1), tensor(x2)
        return linear(x1, x2, None) if processor.is_onednn_quicker() and x2.ndim == 2 else torch.matmul(x1, x2)
    x1, x2 = tensor(x1), tensor(x2)
    if x1.dtype == x2.dtype == torch.int8:
        return _in_able_dtype(torch.matmul, x1.to(torch.int32), x2.to(torch.int32))
    return _in_able_dtype(torch.matmul, *common(x1, x2))


@output_of(matmul)
def _matmul_output(x1, x2):
    return inferred(matmul, *_of_one_size(x1, [-1], x2, [_rows_axis(x2)]))


def _rows_axis(x2) -> int:
    """Which axis of the second factor is summed over: the one before the last, or the only one."""
    return -2 if len(shape_of(x2)) > 1 else -1


def _of_one_size(x1, axes1, x2, axes2) -> tuple:
    """Both, an unknown size that meets a known one of the other taken for it."""
    shape1, shape2 = list(shape_of(x1)), list(shape_of(x2))
    if not shape1 or not shape2:
        return x1, x2
    for one, other in zip(axes1, axes2, strict=True):
        shape1[one], shape2[other] = shape1[one] or shape2[other], shape2[other] or shape1[one]
    return tuple(
        KerasTensor(shape, x.dtype) if isinstance(x, KerasTensor) else x for x, shape in ((x1, shape1), (x2, shape2))
    )


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


@output_of(dot)
def _dot_output(x1, x2):
    return inferred(dot, *_of_one_size(x1, [-1], x2, [_rows_axis(x2)]))


@operation
def inner(x1, x2):
    """The sum of products over the last axes of both."""
    return _in_able_dtype(torch.inner, *common(x1, x2))


@output_of(inner)
def _inner_output(x1, x2):
    return inferred(inner, *_of_one_size(x1, [-1], x2, [-1]))


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
    axes1, axes2 = _met_axes(axes)
    return _in_able_dtype(lambda a, b: torch.tensordot(a, b, dims=(axes1, axes2)), *common(x1, x2))


@output_of(tensordot)
def _tensordot_output(x1, x2, axes=2):
    return inferred(tensordot, *_of_one_size(x1, _met_axes(axes)[0], x2, _met_axes(axes)[1]), axes=axes)


def _met_axes(axes) -> tuple[list[int], list[int]]:
    """The axes of each factor that are summed over."""
    if isinstance(axes, int):
        return list(range(-axes, 0)), list(range(axes))
    first, second = ([side] if isinstance(side, int) else list(side) for side in axes)
    return first, second


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
    given = [x.dtype for x in values]
    result = given[0] if len(set(given)) == 1 else to_torch(result_type(*given))
    if result == torch.int8 and len(set(given)) == 1:
        result = torch.int32
    able = result
    if result == torch.bool or (values[0].is_cuda and not (result.is_floating_point or result.is_complex)):
        able = torch.float64
    return torch.einsum(subscripts.replace(" ", ""), *(x.to(able) for x in values)).to(result)


@output_of(einsum)
def _einsum_output(subscripts, *operands, **kwargs):
    """An unknown size is the one that the same letter has elsewhere."""
    sides = [side.strip() for side in subscripts.split("->")[0].split(",")]
    sizes = {}
    for letters, x in zip(sides, operands, strict=False):
        sizes.update(
            {letter: size for letter, size in _lettered(letters, shape_of(x)) if size is not None and size != 1}
        )
    filled = []
    for letters, x in zip(sides, operands, strict=False):
        if isinstance(x, KerasTensor):
            named = dict(enumerate(letter for letter, _ in _lettered(letters, x.shape)))
            x = KerasTensor([size or sizes.get(named[k]) for k, size in enumerate(x.shape)], x.dtype)
        filled.append(x)
    return inferred(einsum, subscripts, *filled, **kwargs)


def _lettered(letters: str, shape) -> list[tuple]:
    """The letter and the size of each axis; an axis under dots is named by its place before the last of them."""
    before, dots, after = letters.replace(" ", "").partition("...")
    dotted = range(len(before) + len(after) - len(shape), 0) if dots else ()
    return list(zip([*before, *dotted, *after], shape, strict=False))
