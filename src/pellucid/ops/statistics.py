"""Statistics: quantiles, counts by value and by bin, correlations.

Below: promotion.py prepares the operands.
"""

from __future__ import annotations

import math

import torch

from pellucid import settings
from pellucid.axes import canonical
from pellucid.dtypes import result_type, to_torch
from pellucid.errors import ArgumentError, ArgumentTypeError, ShapeError
from pellucid.graph.operation import operation
from pellucid.graph.symbol import KerasTensor
from pellucid.ops.promotion import common, floating, kind, tensor
from pellucid.ops.symbolic import output_of


@operation
def quantile(x, q, axis=None, method="linear", keepdims=False):
    """The number below which a share `q` of the elements along `axis` lies.

    Args:
        q: from 0 to 1; several give several results along a new first axis.
        method: what lies between two elements: linear, lower, higher, midpoint or nearest.
    """
    return along_axes(torch.quantile, x, q, axis, method, keepdims)


@operation
def percentile(x, q, axis=None, method="linear", keepdims=False):
    """The `quantile` for shares in percent."""
    return along_axes(torch.quantile, x, share(q), axis, method, keepdims)


@operation
def median(x, axis=None, keepdims=False):
    """The middle element along `axis`; of an even number the mean of the two in the middle."""
    return along_axes(torch.quantile, x, 0.5, axis, "linear", keepdims)


def share(percent) -> torch.Tensor:
    """Percent as shares of 1."""
    return tensor(percent, settings.floatx()) / 100.0


def along_axes(find, x, q, axis, method, keepdims) -> torch.Tensor:
    """A quantile function of PyTorch, which takes one axis, over several."""
    x = tensor(x)
    wanted = to_torch(result_type(x.dtype, float))
    wide = x.to(to_torch(result_type(x.dtype, "float32")))
    if axis is None:
        axes = tuple(range(x.ndim))
    else:
        axes = tuple(canonical(one, x.ndim) for one in ((axis,) if isinstance(axis, int) else axis))
    others = [k for k in range(x.ndim) if k not in axes]
    q = tensor(q).to(wide.dtype)
    rows = torch.permute(wide, (*others, *axes)).reshape(
        *(x.shape[k] for k in others), math.prod(x.shape[k] for k in axes)
    )
    found = find(rows, q, dim=-1, interpolation=method)
    if keepdims:
        found = found.reshape(*q.shape, *(1 if k in axes else x.shape[k] for k in range(x.ndim)))
    return found.to(wanted)


@operation
def bincount(x, weights=None, minlength=0, sparse=False):
    """How often each whole number from 0 occurs, row by row; with weights, the sum of the weights.

    Args:
        weights: of the shape of `x`.
        minlength: at least so many counts.

    Raises:
        ArgumentError: `sparse` asked for.
    """
    if sparse:
        raise ArgumentError("PyTorch tensors are dense.", got="sparse=True", fix="sparse=False")
    x = tensor(x)
    if weights is None:
        weights, dtype = torch.ones_like(x, dtype=torch.int32), torch.int32
    else:
        weights = tensor(weights)
        dtype = to_torch(result_type(x.dtype, weights.dtype))
    x = x.long()
    length = max(minlength, int(x.max()) + 1 if x.numel() else 0)
    counts = torch.zeros(*x.shape[:-1], length, dtype=dtype, device=x.device)
    return counts.scatter_add(-1, x, weights.to(dtype))


@output_of(bincount)
def _bincount_output(x, weights=None, minlength=0, sparse=False):
    dtype = "int32" if weights is None else result_type(x.dtype, kind(weights))
    return KerasTensor((*x.shape[:-1], None), dtype)


@operation
def histogram(x, bins=10, range=None):
    """How many elements of a vector lie in each of `bins` equal bins, and the edges of the bins.

    Args:
        range: the lowest and the highest edge; None takes the smallest and the largest element.

    Raises:
        ArgumentTypeError: `bins` is no whole number.
        ArgumentError: `bins` is negative, or `range` no pair in rising order.
        ShapeError: more than one axis.
    """
    _check_histogram(bins, range)
    x = floating(x)
    if x.ndim > 1:
        raise ShapeError("A histogram is made of a vector.", got=tuple(x.shape), fix="ops.histogram(ops.ravel(x))")
    low, high = range or ((x.min(), x.max()) if x.numel() else (0.0, 1.0))
    low, high = (torch.as_tensor(edge, dtype=x.dtype, device=x.device) for edge in (low, high))
    flat = low == high
    low, high = torch.where(flat, low - 0.5, low), torch.where(flat, high + 0.5, high)
    edges = low + (high - low) * torch.arange(bins + 1, dtype=x.dtype, device=x.device) / bins
    inside = (x >= low) & (x <= high)
    # The last bin holds its upper edge as well.
    places = torch.searchsorted(edges, x.contiguous(), right=True).sub(1).clamp(0, bins - 1)
    counts = torch.zeros(bins, dtype=x.dtype, device=x.device).scatter_add(0, places, inside.to(x.dtype))
    return counts, edges


def _check_histogram(bins, range):
    if not isinstance(bins, int):
        raise ArgumentTypeError("`bins` is a whole number.", got=repr(bins), fix="bins=10")
    if bins < 0:
        raise ArgumentError("`bins` cannot be negative.", got=bins, fix="bins=10")
    if range and (not isinstance(range, tuple) or len(range) != 2 or range[1] < range[0]):
        raise ArgumentError("`range` is a pair in rising order.", got=repr(range), expected="such as (0.0, 1.0)")


@operation
def corrcoef(x):
    """Pearson's correlation of each row of `x` with each other row."""
    x = tensor(x)
    return torch.corrcoef(x.double() if x.dtype == torch.int64 else floating(x))


@operation
def correlate(x1, x2, mode="valid"):
    """Sums of products of two vectors, one moved along the other.

    Args:
        mode: ``"valid"`` where they overlap wholly, ``"same"`` as many as the longer has, ``"full"`` all overlaps.

    Raises:
        ArgumentError: another mode.
        ShapeError: no vectors.
    """
    if mode not in ("valid", "same", "full"):
        raise ArgumentError("Unknown `mode`.", got=repr(mode), expected="'valid', 'same' or 'full'")
    x1, x2 = common(x1, x2)
    dtype = torch.float64 if x1.dtype == torch.int64 else x1.dtype if x1.is_floating_point() else torch.float32
    x1, x2 = x1.to(dtype), x2.to(dtype)
    if x1.ndim != 1 or x2.ndim != 1:
        raise ShapeError(
            "Vectors are correlated.", got=f"{tuple(x1.shape)} and {tuple(x2.shape)}", expected="one axis each"
        )
    whole = torch.nn.functional.conv1d(x1[None, None], x2[None, None], padding=x2.shape[0] - 1)[0, 0]
    size1, size2 = x1.shape[0], x2.shape[0]
    keep = {"valid": abs(size1 - size2) + 1, "same": max(size1, size2), "full": size1 + size2 - 1}[mode]
    first = (whole.shape[0] - keep) // 2
    return whole[first : first + keep]
