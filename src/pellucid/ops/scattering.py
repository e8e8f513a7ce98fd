"""Windows into values, and writing at given places: each gives a new value.

Below: promotion.py prepares the operands.
"""

from __future__ import annotations

import torch

from pellucid.dtypes import standardize_dtype
from pellucid.errors import ArgumentError, ShapeError
from pellucid.graph.operation import operation
from pellucid.graph.symbol import KerasTensor
from pellucid.ops.promotion import tensor
from pellucid.ops.shaping import whole_numbers
from pellucid.ops.symbolic import output_of


@operation
def scatter(indices, values, shape):
    """A value of zeros with `values` added at `indices`.

    Shapes:
        indices  (..., k)            coordinates on the first k axes
        values   (..., *shape[k:])
    """
    values, shape = tensor(values), whole_numbers(shape)
    zeros = torch.zeros(shape, dtype=values.dtype, device=values.device)
    places, values = _places(indices, values, shape)
    return zeros.index_put(places, values, accumulate=True)


def _places(indices, values, shape) -> tuple[tuple, torch.Tensor]:
    """Coordinates as PyTorch's tuple of index vectors, and the values flat beside them."""
    indices = tensor(indices).long()
    depth = indices.shape[-1]
    return tuple(indices.reshape(-1, depth).unbind(1)), values.reshape(-1, *shape[depth:])


_REDUCTIONS = {"max": "amax", "min": "amin", "mul": "prod"}


@operation
def scatter_update(inputs, indices, updates, reduction=None):
    """A copy of `inputs` with `updates` put in at `indices`, or joined with what is there.

    Shapes:
        indices  (n, k)                    coordinates on the first k axes
        updates  (n, *inputs.shape[k:])

    Args:
        reduction: None replaces; ``"add"``, ``"max"``, ``"min"`` and ``"mul"`` join, repeated places included.

    Raises:
        ArgumentError: another reduction.
    """
    if reduction not in (None, "add", *_REDUCTIONS):
        raise ArgumentError("Unknown `reduction`.", got=repr(reduction), expected="None, 'add', 'max', 'min' or 'mul'")
    inputs = tensor(inputs)
    updates = tensor(updates, standardize_dtype(inputs.dtype))
    places, updates = _places(indices, updates, inputs.shape)
    if reduction in (None, "add"):
        return inputs.index_put(places, updates, accumulate=reduction == "add")
    depth = len(places)
    flat = torch.zeros_like(places[0])
    for coordinate, size in zip(places, inputs.shape, strict=False):
        flat = flat * size + torch.where(coordinate < 0, coordinate + size, coordinate)
    rows = inputs.reshape(-1, *inputs.shape[depth:])
    index = flat.reshape(-1, *(1,) * (rows.ndim - 1)).expand(updates.shape)
    return rows.scatter_reduce(0, index, updates, _REDUCTIONS[reduction]).reshape(inputs.shape)


@operation
def slice(inputs, start_indices, shape):
    """The window of this shape that begins at `start_indices`; -1 in the shape reaches to the end.

    Raises:
        ShapeError: not one start and one size for each axis.
    """
    inputs, sizes = tensor(inputs), whole_numbers(shape)
    starts = _starts(start_indices)
    if not len(sizes) == len(starts) == inputs.ndim:
        raise ShapeError(
            "A window has one start and one size for each axis.",
            got=f"{len(starts)} starts, {len(sizes)} sizes",
            expected=f"{inputs.ndim} of each",
        )
    for axis, (start, size) in enumerate(zip(starts, sizes, strict=True)):
        inputs = torch.narrow(inputs, axis, start, inputs.shape[axis] - start if size == -1 else size)
    return inputs


@output_of(slice)
def _slice_output(inputs, start_indices, shape):
    sizes = whole_numbers(shape)
    starts = [None] * start_indices.shape[0] if isinstance(start_indices, KerasTensor) else _starts(start_indices)
    if not len(sizes) == len(starts) == len(inputs.shape):
        raise ShapeError(
            "A window has one start and one size for each axis.", got=f"{len(starts)} starts, {len(sizes)} sizes"
        )
    rest = [None if None in (size, start) else size - start for size, start in zip(inputs.shape, starts, strict=True)]
    return KerasTensor([left if size == -1 else size for size, left in zip(sizes, rest, strict=True)], inputs.dtype)


def _starts(start_indices) -> tuple[int, ...]:
    if isinstance(start_indices, (list, tuple)):
        return tuple(int(start) for start in start_indices)
    return whole_numbers(tensor(start_indices))


@operation
def slice_update(inputs, start_indices, updates):
    """A copy of `inputs` with `updates` in the window that begins at `start_indices`."""
    result, updates = tensor(inputs).clone(), tensor(updates)
    if isinstance(start_indices, torch.Tensor) and start_indices.is_meta:
        return result
    window = result
    for axis, (start, size) in enumerate(zip(_starts(start_indices), updates.shape, strict=True)):
        window = torch.narrow(window, axis, start, size)
    window.copy_(updates)
    return result
