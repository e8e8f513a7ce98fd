"""Reductions and running sums that leave NaN out.

Below: reductions.py and statistics.py do the same with it.
Kept true: where everything along an axis is NaN, so is the result (a sum is 0, a product 1, a place -1).
"""

from __future__ import annotations

import torch

from pellucid.graph.operation import operation
from pellucid.ops import cumulative, reductions, statistics
from pellucid.ops.promotion import floating, tensor
from pellucid.ops.reductions import axis_list, is_empty, torch_axes


@operation
def nansum(x, axis=None, keepdims=False):
    """The sum along `axis`, NaN counted as 0."""
    return reductions.sum(_filled(x, 0), axis=axis, keepdims=keepdims)


@operation
def nanprod(x, axis=None, keepdims=False):
    """The product along `axis`, NaN counted as 1."""
    return reductions.prod(_filled(x, 1), axis=axis, keepdims=keepdims)


@operation
def nanmax(x, axis=None, keepdims=False):
    """The largest element along `axis` that is not NaN."""
    return _extreme(torch.amax, x, float("-inf"), axis, keepdims)


@operation
def nanmin(x, axis=None, keepdims=False):
    """The smallest element along `axis` that is not NaN."""
    return _extreme(torch.amin, x, float("inf"), axis, keepdims)


def _extreme(reduce, x, never_chosen, axis, keepdims):
    x = tensor(x)
    if is_empty(axis):
        return x
    extreme = reduce(_filled(x, never_chosen), dim=axis_list(axis), keepdim=keepdims)
    if not x.is_floating_point():
        return extreme
    return torch.where(torch.all(torch.isnan(x), dim=torch_axes(axis), keepdim=keepdims), torch.nan, extreme)


@operation
def nanmean(x, axis=None, keepdims=False):
    """The mean along `axis` of what is not NaN."""
    x = floating(x)
    return x if is_empty(axis) else torch.nanmean(x, dim=torch_axes(axis), keepdim=keepdims)


@operation
def nanvar(x, axis=None, keepdims=False):
    """The variance along `axis` of what is not NaN: divided by n, not n - 1."""
    x = floating(x)
    if is_empty(axis):
        return torch.where(torch.isnan(x), x, 0)
    known = ~torch.isnan(x)
    away = torch.where(known, x - torch.nanmean(x, dim=torch_axes(axis), keepdim=True), 0)
    square = torch.square(away.abs()) if x.is_complex() else torch.square(away)
    axes = torch_axes(axis)
    return torch.sum(square, dim=axes, keepdim=keepdims) / torch.sum(known, dim=axes, keepdim=keepdims)


@operation
def nanstd(x, axis=None, keepdims=False):
    """The square root of `nanvar`."""
    return torch.sqrt(nanvar(x, axis=axis, keepdims=keepdims))


@operation
def nanmedian(x, axis=None, keepdims=False):
    """The median along `axis` of what is not NaN."""
    x = tensor(x)
    return x if is_empty(axis) else nanquantile(x, 0.5, axis=axis, keepdims=keepdims)


@operation
def nanquantile(x, q, axis=None, method="linear", keepdims=False):
    """The `quantile` along `axis` of what is not NaN."""
    return statistics.along_axes(torch.nanquantile, x, q, axis, method, keepdims)


@operation
def nanpercentile(x, q, axis=None, method="linear", keepdims=False):
    """The `percentile` along `axis` of what is not NaN."""
    return statistics.along_axes(torch.nanquantile, x, statistics.share(q), axis, method, keepdims)


@operation
def nanargmax(x, axis=None, keepdims=False):
    """Where the largest element along `axis` that is not NaN lies, as int32; -1 if there is none."""
    return _place(reductions.argmax, x, float("-inf"), axis, keepdims)


@operation
def nanargmin(x, axis=None, keepdims=False):
    """Where the smallest element along `axis` that is not NaN lies, as int32; -1 if there is none."""
    return _place(reductions.argmin, x, float("inf"), axis, keepdims)


def _place(find, x, never_chosen, axis, keepdims):
    x = tensor(x)
    place = find(_filled(x, never_chosen), axis=axis, keepdims=keepdims)
    if not x.is_floating_point():
        return place
    return torch.where(torch.all(torch.isnan(x), dim=axis, keepdim=keepdims), -1, place)


@operation
def nancumsum(x, axis=None, dtype=None):
    """Running sums along `axis`, NaN counted as 0."""
    return cumulative.cumsum(_filled(x, 0), axis=axis, dtype=dtype)


@operation
def nancumprod(x, axis=None, dtype=None):
    """Running products along `axis`, NaN counted as 1."""
    return cumulative.cumprod(_filled(x, 1), axis=axis, dtype=dtype)


def _filled(x, filling) -> torch.Tensor:
    """`x` with another number in place of NaN."""
    x = tensor(x)
    return torch.where(torch.isnan(x), filling, x) if x.is_floating_point() or x.is_complex() else x
