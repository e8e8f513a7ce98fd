"""Reductions: values along axes become one: sums, means, extremes, where they lie, and whether all or any hold.

Below: promotion.py prepares the operand; statistics.py has medians and quantiles, nans.py what leaves NaN out.
Axes:  `axis` is an int, a tuple or list of ints, or None for all; an empty tuple reduces nothing.
"""

from __future__ import annotations

import torch

from pellucid.dtypes import result_type, standardize_dtype, to_torch
from pellucid.errors import ArgumentError
from pellucid.graph.operation import operation
from pellucid.ops.promotion import floating, tensor

# Sums of small integers overflow soon; these are added up as int32.
SMALL = frozenset({torch.bool, torch.uint8, torch.int8, torch.int16})


@operation
def sum(x, axis=None, keepdims=False):
    """The sum along `axis`; bools and small integers are added up as int32."""
    x = tensor(x)
    if is_empty(axis):
        return x
    dtype = torch.int32 if x.dtype in SMALL else x.dtype
    return torch.sum(x, dim=torch_axes(axis), keepdim=keepdims, dtype=dtype)


@operation
def prod(x, axis=None, keepdims=False, dtype=None):
    """The product along `axis`; bools and small integers are multiplied as int32."""
    x = tensor(x)
    wanted = to_torch(dtype) if dtype else torch.int32 if x.dtype in SMALL else x.dtype
    return one_by_one(
        lambda x, axis: torch.prod(x, dim=axis, keepdim=keepdims, dtype=wanted), x.to(wanted), axis, keepdims
    )


def one_by_one(reduce, x, axis, keepdims) -> torch.Tensor:
    """Reduce along several axes with a function that takes one, the last axis first."""
    if axis is None:
        flat = reduce(x.reshape(-1), 0)
        return flat.reshape((1,) * x.ndim) if keepdims else flat.reshape(())
    for one in sorted((a % x.ndim for a in axis_list(axis)), reverse=True):
        x = reduce(x, one)
    return x


@operation
def mean(x, axis=None, keepdims=False):
    """The mean along `axis`; of integers as a float."""
    x = tensor(x)
    if is_empty(axis):
        return x
    if not (x.is_floating_point() or x.is_complex()):
        x = x.to(to_torch(result_type(x.dtype, "float32")))
    return torch.mean(x, torch_axes(axis), keepdim=keepdims)


@operation
def max(x, axis=None, keepdims=False, initial=None):
    """The largest element along `axis`, at least `initial`.

    Raises:
        ArgumentError: no elements, and no `initial`.
    """
    return _extreme(torch.amax, torch.maximum, x, axis, keepdims, initial)


@operation
def min(x, axis=None, keepdims=False, initial=None):
    """The smallest element along `axis`, at most `initial`.

    Raises:
        ArgumentError: no elements, and no `initial`.
    """
    return _extreme(torch.amin, torch.minimum, x, axis, keepdims, initial)


def _extreme(reduce, choose, x, axis, keepdims, initial):
    x = tensor(x)
    if is_empty(axis):
        return x
    if x.numel() == 0:
        if initial is None:
            raise ArgumentError("No element is the extreme one of an empty value.", got=tuple(x.shape), fix="initial=0")
        shape = torch.sum(x, dim=torch_axes(axis), keepdim=keepdims).shape
        return torch.full(shape, initial, dtype=x.dtype, device=x.device)
    if x.dtype in (torch.uint16, torch.uint32):  # PyTorch stores these, but does not compare them
        return _extreme(reduce, choose, x.long(), axis, keepdims, initial).to(x.dtype)
    extreme = reduce(x, dim=axis_list(axis), keepdim=keepdims)
    return extreme if initial is None else choose(extreme, tensor(initial, standardize_dtype(x.dtype)))


@operation
def amax(x, axis=None, keepdims=False):
    """The largest element along `axis`."""
    x = tensor(x)
    return x if is_empty(axis) else torch.amax(x, dim=axis_list(axis), keepdim=keepdims)


@operation
def amin(x, axis=None, keepdims=False):
    """The smallest element along `axis`."""
    x = tensor(x)
    return x if is_empty(axis) else torch.amin(x, dim=axis_list(axis), keepdim=keepdims)


@operation
def ptp(x, axis=None, keepdims=False):
    """The largest minus the smallest element along `axis`."""
    x = tensor(x)
    if is_empty(axis):
        return torch.zeros_like(x)
    axes = axis_list(axis)
    return torch.amax(x, dim=axes, keepdim=keepdims) - torch.amin(x, dim=axes, keepdim=keepdims)


@operation
def all(x, axis=None, keepdims=False):
    """Whether every element along `axis` is true."""
    return _quantified(torch.all, x, axis, keepdims)


@operation
def any(x, axis=None, keepdims=False):
    """Whether an element along `axis` is true."""
    return _quantified(torch.any, x, axis, keepdims)


def _quantified(quantifier, x, axis, keepdims):
    x = tensor(x)
    if is_empty(axis):
        return x.to(torch.bool)
    # uint8 would give uint8.
    return quantifier(x, dim=torch_axes(axis), keepdim=keepdims).to(torch.bool)


@operation
def count_nonzero(x, axis=None):
    """How many elements along `axis` are not 0, as int32."""
    x = tensor(x)
    if is_empty(axis):
        return torch.ne(x, 0).to(torch.int32)
    return torch.sum(torch.ne(x, 0), dim=torch_axes(axis), dtype=torch.int32)


@operation
def var(x, axis=None, keepdims=False):
    """The mean square distance from the mean along `axis`: divided by n, not n - 1."""
    x = tensor(x)
    wanted = to_torch(result_type(x.dtype, float))
    if is_empty(axis):
        return torch.zeros_like(x, dtype=wanted)
    wide = x.to(to_torch(result_type(x.dtype, "float32")))
    return torch.var(wide, dim=torch_axes(axis), keepdim=keepdims, correction=0).to(wanted)


@operation
def std(x, axis=None, keepdims=False):
    """The square root of the variance along `axis`: divided by n, not n - 1."""
    x = floating(x)
    if is_empty(axis):
        return torch.zeros_like(x)
    return torch.std(x, dim=torch_axes(axis), keepdim=keepdims, correction=0)


@operation
def average(x, axis=None, weights=None):
    """The mean along `axis`, each element counted with its weight.

    Args:
        weights: of the shape of `x`, or one for each place along `axis`.
    """
    x = tensor(x)
    weights = None if weights is None else tensor(weights)
    dtype = to_torch(result_type(x.dtype, float, *([] if weights is None else [weights.dtype])))
    x = x.to(dtype)
    if is_empty(axis):
        return x
    if weights is None:
        return torch.mean(x, torch_axes(axis))
    weights = weights.to(dtype)
    if weights.ndim == 1 and x.ndim > 1 and isinstance(axis, int):
        weights = weights.reshape([-1 if k == axis % x.ndim else 1 for k in range(x.ndim)])
    weights = weights.expand(x.shape)
    return torch.sum(x * weights, dim=torch_axes(axis)) / torch.sum(weights, dim=torch_axes(axis))


@operation
def argmax(x, axis=None, keepdims=False):
    """Where the largest element along `axis` lies, the first of equals, as int32; None counts in row-major order."""
    return _place_of_extreme(torch.argmax, x, axis, keepdims)


@operation
def argmin(x, axis=None, keepdims=False):
    """Where the smallest element along `axis` lies, the first of equals, as int32; None counts in row-major order."""
    return _place_of_extreme(torch.argmin, x, axis, keepdims)


def _place_of_extreme(find, x, axis, keepdims):
    x = tensor(x)
    x = x.to(torch.uint8) if x.dtype == torch.bool else x
    return find(x, dim=axis, keepdim=keepdims).to(torch.int32)


@operation
def logsumexp(x, axis=None, keepdims=False):
    """log(sum(exp(x))) along `axis`, without overflow."""
    x = floating(x)
    return torch.logsumexp(x, dim=tuple(range(x.ndim)) if axis is None else axis, keepdim=keepdims)


def is_empty(axis) -> bool:
    """Whether `axis` names no axes at all, which PyTorch takes for all of them."""
    return isinstance(axis, (tuple, list)) and not axis


def torch_axes(axis):
    """`axis` as PyTorch's `dim`: lists become tuples."""
    return tuple(axis) if isinstance(axis, list) else axis


def axis_list(axis) -> tuple[int, ...]:
    """`axis` as a tuple; empty for all axes, as `torch.amax` wants it."""
    return () if axis is None else (axis,) if not isinstance(axis, (tuple, list)) else tuple(axis)
