"""The same elements in another shape or order: reshape, transpose, broadcast, repeat, flip.

Below: promotion.py prepares the operand; joining.py puts several values together.
Kept true: elements are counted in row-major order, the last axis fastest.
"""

from __future__ import annotations

import numpy as np
import torch

from pellucid import places
from pellucid.axes import canonical
from pellucid.errors import ArgumentError, ShapeError, product
from pellucid.graph.operation import operation
from pellucid.graph.symbol import KerasTensor
from pellucid.ops.promotion import tensor
from pellucid.ops.symbolic import inferred, output_of


@operation
def reshape(x, newshape):
    """The same elements in row-major order under another shape; one size may be -1, for what is left.

    Raises:
        ShapeError: another number of elements.
    """
    x = tensor(x)
    sizes = whole_numbers(newshape)
    try:
        return torch.reshape(x, sizes)
    except RuntimeError as error:
        raise _does_not_fit(x, sizes) from error


def _does_not_fit(x, sizes) -> ShapeError:
    told = [size for size in sizes if size >= 0]
    return ShapeError(
        f"{x.numel()} elements do not fill a value of shape {tuple(sizes)}.",
        got=product(tuple(x.shape)),
        expected=product(tuple(told)) + (" times a whole number" if -1 in sizes else ""),
        fix=f"ops.reshape(x, (-1, {told[-1]}))"
        if told and told[-1] and x.numel() % told[-1] == 0
        else "ops.reshape(x, (-1,))",
    )


@output_of(reshape)
def _reshape_output(x, newshape):
    if isinstance(newshape, KerasTensor):
        return KerasTensor((None,) * newshape.shape[0], x.dtype)
    given = tuple(newshape) if isinstance(newshape, (list, tuple)) else whole_numbers(newshape)
    known = all(size is not None and not isinstance(size, KerasTensor) for size in given)
    if not known or (None in x.shape and -1 not in given):
        return KerasTensor([int(size) if isinstance(size, int) and size >= 0 else None for size in given], x.dtype)
    if None in x.shape:
        return KerasTensor([None if size == -1 else size for size in given], x.dtype)
    return inferred(reshape, x, given)


def whole_numbers(given) -> tuple[int, ...]:
    """Sizes from one int, a sequence, an array or a tensor."""
    if type(given) is tuple and all(type(size) is int for size in given):
        return given
    if isinstance(given, torch.Tensor):
        given = given.tolist()
    return (int(given),) if isinstance(given, (int, np.integer)) else tuple(int(size) for size in given)


@operation
def ravel(x):
    """All elements in row-major order along one axis."""
    return torch.ravel(tensor(x))


@operation
def transpose(x, axes=None):
    """The axes in another order: axis k of the result is axis ``axes[k]`` of `x`; None turns the order around."""
    x = tensor(x)
    return torch.permute(x, tuple(range(x.ndim))[::-1] if axes is None else whole_numbers(axes))


@operation
def moveaxis(x, source, destination):
    """Axes `source` moved to the places `destination`; the others keep their order."""
    return torch.moveaxis(tensor(x), source, destination)


@operation
def swapaxes(x, axis1, axis2):
    """Two axes exchanged."""
    return torch.swapaxes(tensor(x), axis1, axis2)


@operation
def expand_dims(x, axis):
    """New axes of size 1 at the places `axis` of the result."""
    x = tensor(x)
    if isinstance(axis, int):
        return torch.unsqueeze(x, canonical(axis, x.ndim + 1))
    ndim = x.ndim + len(axis)
    for place in sorted(canonical(one, ndim) for one in axis):
        x = torch.unsqueeze(x, place)
    return x


@operation
def squeeze(x, axis=None):
    """Without axes of size 1: those named, or all.

    Raises:
        ShapeError: a named axis has another size.
    """
    x = tensor(x)
    if axis is None:
        return torch.squeeze(x)
    axes = (axis,) if isinstance(axis, int) else tuple(axis)
    for one in axes:
        if x.shape[canonical(one, x.ndim)] != 1:
            raise ShapeError(
                f"Axis {one} cannot be left out: it has more than one element.",
                got=tuple(x.shape),
                expected=f"size 1 on axis {one}",
            )
    return torch.squeeze(x, axes)


@operation
def broadcast_to(x, shape):
    """`x` repeated along axes of size 1, and along new ones in front, until it has this shape."""
    return torch.broadcast_to(tensor(x), whole_numbers(shape))


@output_of(broadcast_to)
def _broadcast_to_output(x, shape):
    shape = whole_numbers(shape)
    # An unknown size is 1, or the one wanted.
    sizes = [wanted if size is None else size for size, wanted in zip(x.shape[::-1], shape[::-1], strict=False)]
    return inferred(broadcast_to, KerasTensor([*x.shape[: x.ndim - len(sizes)], *sizes[::-1]], x.dtype), shape)


@operation
def tile(x, repeats):
    """`x` laid side by side, ``repeats[k]`` times along axis k; a shorter `repeats` counts for the last axes."""
    return torch.tile(tensor(x), whole_numbers(repeats))


@operation
def repeat(x, repeats, axis=None):
    """Each element `repeats` times in a row along `axis`; None lays `x` out flat before.

    Args:
        repeats: one number, or one for each place along `axis`.
    """
    x = tensor(x)
    if axis is None:
        x, axis = torch.ravel(x), 0
    axis = canonical(axis, x.ndim)
    counts = whole_numbers(repeats)
    if len(counts) > 1:
        if not x.is_meta:
            _check_counts(counts, x.shape[axis])
        index = np.repeat(np.arange(len(counts)), counts)
        return torch.index_select(x, axis, tensor(index))
    shape = list(x.shape)
    spread = x.unsqueeze(axis + 1).expand(*shape[: axis + 1], counts[0], *shape[axis + 1 :])
    return spread.reshape(*shape[:axis], shape[axis] * counts[0], *shape[axis + 1 :])


@output_of(repeat)
def _repeat_output(x, repeats, axis=None):
    counts = whole_numbers(repeats)
    size = places.size(x.shape) if axis is None else x.shape[canonical(axis, x.ndim)]
    if len(counts) > 1 and size is not None:
        _check_counts(counts, size)
    return inferred(repeat, x, repeats, axis=axis)


def _check_counts(counts, size):
    if len(counts) != size:
        raise ShapeError("Each place along the axis has one number of repeats.", got=len(counts), expected=size)


@operation
def flip(x, axis=None):
    """The order of the elements turned around along `axis`; None takes every axis."""
    x = tensor(x)
    return torch.flip(x, tuple(range(x.ndim)) if axis is None else whole_numbers(axis))


@operation
def fliplr(x):
    """The order of the elements turned around along axis 1."""
    return torch.fliplr(tensor(x))


@operation
def flipud(x):
    """The order of the elements turned around along axis 0."""
    return torch.flipud(tensor(x))


@operation
def rot90(array, k=1, axes=(0, 1)):
    """Turned by 90 degrees `k` times in the plane of two axes, from the first towards the second.

    Raises:
        ArgumentError: not two different axes.
    """
    array = tensor(array)
    if array.ndim < 2:
        raise ArgumentError("Only a plane can be turned.", got=f"{array.ndim} axes", expected="2 or more")
    if len(axes) != 2 or axes[0] == axes[1]:
        raise ArgumentError("A plane has two different axes.", got=axes, expected="such as (0, 1)")
    return torch.rot90(array, k=k, dims=tuple(canonical(axis, array.ndim) for axis in axes))


@operation
def roll(x, shift, axis=None):
    """Elements moved on by `shift` places along `axis`, round the end to the front; None rolls `x` laid flat."""
    if isinstance(axis, (list, tuple)) and isinstance(shift, int):
        shift = (shift,) * len(axis)
    return torch.roll(tensor(x), shift, dims=axis)
