"""Order: sorting, the largest few, places in an order, and each value once.

Below: promotion.py prepares the operands.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch

from pellucid.axes import canonical
from pellucid.errors import ArgumentError, ShapeError
from pellucid.graph.operation import operation
from pellucid.graph.symbol import KerasTensor
from pellucid.ops.promotion import common, tensor
from pellucid.ops.symbolic import output_of


@operation
def sort(x, axis=-1):
    """The elements along `axis` in rising order; None lays `x` out flat."""
    x, axis = _one_axis(tensor(x), axis)
    if x.dtype == torch.bool:
        return torch.sort(x.to(torch.uint8), dim=axis).values.to(torch.bool)
    return torch.sort(x, dim=axis).values


@operation
def argsort(x, axis=-1):
    """The places of the elements along `axis` in rising order, equal ones as they come, as int32."""
    x, axis = _one_axis(tensor(x), axis)
    x = x.to(torch.uint8) if x.dtype == torch.bool else x
    return torch.argsort(x, dim=axis, stable=True).to(torch.int32)


@operation
def argpartition(x, kth, axis=-1):
    """The places along `axis`, those of the smallest ``kth + 1`` elements first, as int32.

    Raises:
        ArgumentError: `kth` is no whole number.
    """
    if not isinstance(kth, int):
        raise ArgumentError("`kth` is a whole number.", got=repr(kth), fix="kth=2")
    return argsort(x, axis=axis)


def _one_axis(x, axis):
    return (x.reshape(-1), 0) if axis is None else (x, canonical(axis, max(x.ndim, 1)))


class TopK(NamedTuple):
    """The largest elements and their places."""

    values: torch.Tensor
    indices: torch.Tensor


@operation
def top_k(x, k, sorted=True):
    """The `k` largest elements along the last axis, and their places as int32.

    Args:
        sorted: whether the largest comes first.
    """
    values, indices = torch.topk(tensor(x), k, sorted=sorted)
    return TopK(values, indices.to(torch.int32))


@operation
def in_top_k(targets, predictions, k):
    """Whether the prediction at each target is among the row's `k` largest; ties count.

    Shapes:
        targets      (rows,)
        predictions  (rows, classes)
    """
    targets, predictions = tensor(targets).long(), tensor(predictions)
    least = torch.topk(predictions, k).values[:, -1]
    return torch.take_along_dim(predictions, targets[:, None], dim=-1)[:, 0] >= least


@operation
def searchsorted(sorted_sequence, values, side="left"):
    """Before which place of a rising vector each value belongs, as int32.

    Args:
        side: before (``"left"``) or behind (``"right"``) equal elements.

    Raises:
        ShapeError: `sorted_sequence` is no vector.
    """
    if len(sorted_sequence.shape if hasattr(sorted_sequence, "shape") else np.shape(sorted_sequence)) != 1:
        raise ShapeError(
            "`searchsorted` searches in a vector.",
            got=tuple(np.shape(sorted_sequence)),
            expected="one axis",
            fix="ops.vectorized_map(lambda rows: ops.searchsorted(*rows), (sorted_sequence, values))",
        )
    sequence, values = common(sorted_sequence, values)
    return torch.searchsorted(sequence.contiguous(), values.contiguous(), side=side, out_int32=len(sequence) < 2**31)


@operation
def digitize(x, bins):
    """Into which bin each element falls, as int32: how many of the rising edges `bins` are not above it.

    Raises:
        ShapeError: `bins` is no vector.
    """
    x, bins = common(x, bins)
    if bins.ndim != 1:
        raise ShapeError("Bins are a vector of edges.", got=tuple(bins.shape), expected="one axis")
    if x.dtype == torch.bool:
        x, bins = x.to(torch.uint8), bins.to(torch.uint8)
    return torch.bucketize(x.contiguous(), bins.contiguous(), right=True).to(torch.int32)


@operation
def unique(
    x,
    sorted=True,
    return_index=False,
    return_inverse=False,
    return_counts=False,
    axis=None,
    size=None,
    fill_value=None,
):
    """Each element (or slice along `axis`) once.

    Args:
        sorted: in rising order; always so here.
        return_index: give also where each occurs first,
        return_inverse: for each element its place among the unique ones,
        return_counts: how often each occurs; all as int32.
        size: cut or fill up to so many.
        fill_value: what to fill up with; 0 if None.
    """
    x = tensor(x)
    values, inverse, counts = torch.unique(x, sorted=True, return_inverse=True, return_counts=True, dim=axis)
    dim = 0 if axis is None else canonical(axis, x.ndim)
    found = [_sized(values, dim, size, 0 if fill_value is None else fill_value)]
    if return_index:
        places = torch.arange(inverse.numel(), device=x.device)
        first = torch.full_like(counts, inverse.numel()).scatter_reduce(0, inverse.reshape(-1), places, "amin")
        found.append(_sized(first.to(torch.int32), 0, size, 1))
    if return_inverse:
        found.append(inverse.to(torch.int32))
    if return_counts:
        found.append(_sized(counts.to(torch.int32), 0, size, 0))
    return found[0] if len(found) == 1 else tuple(found)


def _sized(x, dim, size, filling):
    """Cut or filled up to `size` along an axis."""
    if size is None or x.shape[dim] == size:
        return x
    if x.shape[dim] > size:
        return torch.narrow(x, dim, 0, size)
    more = list(x.shape)
    more[dim] = size - x.shape[dim]
    return torch.cat((x, torch.full(more, filling, dtype=x.dtype, device=x.device)), dim=dim)


@output_of(unique)
def _unique_output(
    x, sorted=True, return_index=False, return_inverse=False, return_counts=False, axis=None, size=None, fill_value=None
):
    shape = (size,)
    if axis is not None:
        axis = canonical(axis, len(x.shape))
        shape = (*x.shape[:axis], size, *x.shape[axis + 1 :])
    inverse = x.shape if axis is None else (x.shape[axis],)
    shapes = [(size,)] * return_index + [inverse] * return_inverse + [(size,)] * return_counts
    outputs = [KerasTensor(shape, x.dtype), *(KerasTensor(one, "int32") for one in shapes)]
    return outputs[0] if len(outputs) == 1 else tuple(outputs)
