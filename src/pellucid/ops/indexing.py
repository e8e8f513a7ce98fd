"""Elements by their places: reading them, choosing between values, and writing into a copy.

Below: promotion.py prepares the operands.
Kept true: nothing is changed in place; writing gives a new value.
"""

from __future__ import annotations

import torch

from pellucid.axes import canonical
from pellucid.dtypes import result_type
from pellucid.errors import ArgumentError, UnsupportedError
from pellucid.graph.operation import operation
from pellucid.graph.symbol import KerasTensor
from pellucid.graph.values import shape_of
from pellucid.ops.promotion import kind, tensor
from pellucid.ops.shaping import whole_numbers
from pellucid.ops.symbolic import inferred, output_of


@operation
def get_item(x, key):
    """``x[key]``, as NumPy reads it; a negative step of a slice included."""
    x = tensor(x)
    if type(key) is int:
        return x[key]
    parts = tuple(key) if isinstance(key, (list, tuple)) else (key,)
    parts, turned = _forwards(x, parts)
    found = x[parts if len(parts) != 1 else parts[0]]
    return torch.flip(found, turned) if turned else found


def _forwards(x, parts) -> tuple[tuple, list[int]]:
    """Slices with negative steps as forward ones, and the axes of the result to be turned around; PyTorch has none."""
    if not any(isinstance(part, slice) and part.step is not None and part.step < 0 for part in parts):
        return parts, []
    named = sum(part is not None and part is not Ellipsis for part in parts)
    axis, out_axis, result, turned = 0, 0, [], []
    for part in parts:
        if part is Ellipsis:
            axis, out_axis = axis + x.ndim - named, out_axis + x.ndim - named
        elif isinstance(part, slice):
            if part.step is not None and part.step < 0:
                places = range(*part.indices(x.shape[axis]))
                part = slice(places[-1], places[0] + 1, -part.step) if len(places) else slice(0, 0)
                turned.append(out_axis)
            axis, out_axis = axis + 1, out_axis + 1
        elif part is None:
            out_axis += 1
        else:
            axis += 1
        result.append(part)
    return tuple(result), turned


@output_of(get_item)
def _get_item_output(x, key):
    parts = tuple(key) if isinstance(key, (list, tuple)) else (key,)
    if sum(part is Ellipsis for part in parts) > 1:
        raise ArgumentError("An index has one `...` at most.", got=repr(key), fix="x[..., 0]")
    found = inferred(get_item, x, key)
    if not all(part is None or part is Ellipsis or isinstance(part, (int, slice)) for part in parts):
        return found
    shape = list(found.shape)
    for axis, out_axis in _sliced_axes(parts, x.ndim):
        # A slice of an unknown size may find less than it asks for.
        shape[out_axis] = None if x.shape[axis] is None else shape[out_axis]
    return KerasTensor(shape, found.dtype)


def _sliced_axes(parts, ndim) -> list[tuple[int, int]]:
    """For each slice of a plain index, its axis before and after."""
    axis = out_axis = 0
    pairs = []
    for part in parts:
        if part is Ellipsis:
            skipped = ndim - sum(other is not None and other is not Ellipsis for other in parts)
            axis, out_axis = axis + skipped, out_axis + skipped
            continue
        if isinstance(part, slice):
            pairs.append((axis, out_axis))
        axis += part is not None
        out_axis += not isinstance(part, int)
    return pairs


@operation
def take(x, indices, axis=None):
    """The elements (or slices) of `x` at these places along `axis`; None counts in row-major order; -1 is the last."""
    x, places = tensor(x), tensor(indices).long()
    if axis is None:
        x, axis = x.reshape(-1), 0
    axis = canonical(axis, x.ndim)
    places = torch.where(places < 0, places + x.shape[axis], places)
    if axis == 0 and x.ndim == 2:
        return torch.nn.functional.embedding(places, x)
    found = torch.index_select(x, axis, places.reshape(-1))
    return found.reshape(x.shape[:axis] + places.shape + x.shape[axis + 1 :])


@operation
def take_along_axis(x, indices, axis=None):
    """For each place of `indices`, the element of `x` which lies there along `axis` and beside it on the others."""
    x, places = tensor(x), tensor(indices).long()
    size = x.numel() if axis is None else x.shape[axis]
    places = torch.where(places < 0, places + size, places)
    if axis is None:
        return torch.take_along_dim(x.reshape(-1), places.reshape(-1), dim=0)
    return torch.take_along_dim(x, places, dim=axis)


@operation
def where(condition, x1=None, x2=None):
    """`x1` where the condition holds, `x2` where not; with the condition alone, the places where it holds.

    Raises:
        ArgumentError: only one of `x1` and `x2`.
    """
    condition = tensor(condition)
    condition = condition if condition.dtype == torch.bool else condition.to(torch.bool)
    if (x1 is None) != (x2 is None):
        raise ArgumentError("`where` takes both values, or none.", got="one value", fix="ops.where(condition, x1, x2)")
    if x1 is None:
        return torch.stack(torch.where(_with_values("where", condition)))
    if type(x1) in (int, float) or type(x2) in (int, float):
        dtype = result_type(kind(x1), kind(x2))
        return torch.where(condition, tensor(x1, dtype), tensor(x2, dtype))
    return torch.where(condition, tensor(x1), tensor(x2))


@output_of(where)
def _where_output(condition, x1=None, x2=None):
    if x1 is None and x2 is None:
        return KerasTensor((len(condition.shape), None), "int64")
    return inferred(where, condition, x1, x2)


def _with_values(name, x) -> torch.Tensor:
    """`x`, unless it has a shape only."""
    if x.is_meta:
        raise UnsupportedError(
            f"The shape of what `{name}` gives depends on values, so it has no place in a symbolic model.",
            got=f"a symbolic value of shape {tuple(x.shape)}",
            fix=f"call ops.{name} on values",
        )
    return x


@operation
def nonzero(x):
    """The places where `x` is not 0, as int32: one row of coordinates for each axis."""
    return torch.nonzero(_with_values("nonzero", tensor(x))).T.to(torch.int32)


@operation
def select(condlist, choicelist, default=0):
    """At each place the choice of the first condition that holds there; `default` where none does.

    Raises:
        ArgumentError: no lists, or lists of different lengths.
    """
    if not isinstance(condlist, (list, tuple)) or not isinstance(choicelist, (list, tuple)):
        raise ArgumentError(
            "Conditions and choices are lists.", got=f"{type(condlist).__name__}, {type(choicelist).__name__}"
        )
    if not condlist or len(condlist) != len(choicelist):
        raise ArgumentError(
            "Each condition has one choice.",
            got=f"{len(condlist)} conditions, {len(choicelist)} choices",
            expected="as many",
        )
    chosen = tensor(default)
    for condition, choice in reversed(list(zip(condlist, choicelist, strict=True))):
        chosen = torch.where(tensor(condition).to(torch.bool), tensor(choice), chosen)
    return chosen


@output_of(nonzero)
def _nonzero_output(x):
    return tuple(KerasTensor((None,), "int32") for _ in x.shape)


@operation
def unravel_index(indices, shape):
    """Coordinates of flat indices in a value of this shape, one for each axis."""
    rest, coordinates = tensor(indices), []
    flat_dtype = rest.dtype
    for size in reversed(whole_numbers(shape)):
        coordinates.append(torch.remainder(rest, size).to(flat_dtype))
        rest = torch.div(rest, size, rounding_mode="floor")
    return tuple(reversed(coordinates))


@operation
def size(x):
    """The number of elements, as an int32."""
    x = tensor(x)
    return torch.tensor(x.numel(), dtype=torch.int32, device=x.device)


def ndim(x) -> int:
    """The number of axes; known of symbolic tensors too."""
    return len(shape_of(x))
