"""Normalization: moments of a value, and values scaled by them: batch, layer, root mean square, unit length.

Below:  PyTorch's fused kernels, where an axis lies as they want it and gradients allow it.
Above:  layers/normalization.py; ops/nn.py is the public door.
Kept true: statistics of 16-bit values are computed in 32 bits; variances are those of the population.
"""

from __future__ import annotations

import math
import warnings

import torch
import torch.nn.functional as F

from pellucid import settings
from pellucid.axes import canonical
from pellucid.errors import ArgumentError, ShapeError, UnsupportedError
from pellucid.graph.operation import operation
from pellucid.ops.promotion import floating, tensor

_HALVES = (torch.float16, torch.bfloat16)


@operation
def moments(x, axes, keepdims=False, synchronized=False):
    """Mean and population variance over `axes`, an int or several.

    Raises:
        UnsupportedError: `synchronized`.
    """
    if synchronized:
        raise UnsupportedError(
            "Moments over several devices cannot be had.", got="synchronized=True", fix="synchronized=False"
        )
    x = floating(x)
    exact = x.float() if x.dtype in _HALVES else x
    axes = (axes,) if isinstance(axes, int) else tuple(axes)
    mean = exact.mean(axes, keepdim=True)
    # Squares of differences: the difference of squares cancels where the mean is large.
    variance = (exact - mean).square().mean(axes, keepdim=True)
    found = (mean, variance) if keepdims else (mean.squeeze(axes), variance.squeeze(axes))
    return tuple(_within(one, x.dtype) for one in found)


def _within(x, dtype):
    if dtype == torch.float16:
        most = torch.finfo(dtype).max
        x = x.clamp(-most, most)
    return x.to(dtype)


@operation
def batch_normalization(x, mean, variance, axis, offset=None, scale=None, epsilon=1e-3):
    """``(x - mean) / sqrt(variance + epsilon) * scale + offset`` with one of each for every place along `axis`.

    Shapes:
        mean, variance, scale, offset  (x.shape[axis],)

    Raises:
        ShapeError: one of them has another shape.
    """
    x = floating(x)
    axis = canonical(axis, x.ndim)
    given = {"mean": mean, "variance": variance, "scale": scale, "offset": offset}
    mean, variance, scale, offset = (_vector(word, one, x.shape[axis]) for word, one in given.items())
    if not (mean.requires_grad or variance.requires_grad) and x.dtype == mean.dtype == variance.dtype:
        return _fused(x, axis, mean, variance, scale, offset, epsilon)
    broad = [-1 if k == axis else 1 for k in range(x.ndim)]
    factor = torch.rsqrt(variance + epsilon)
    factor = (factor if scale is None else factor * scale).view(broad)
    centered = x - mean.view(broad)
    return centered * factor if offset is None else torch.addcmul(offset.view(broad), centered, factor)


def _fused(x, axis, mean, variance, scale, offset, epsilon):
    if axis == x.ndim - 1 and x.ndim != 2:
        # Seen as an image of height 1 in PyTorch's order of axes: its channels_last kernel reads it as it lies.
        seen = x.reshape(1, 1, -1, x.shape[-1]).permute(0, 3, 1, 2)
        y = F.batch_norm(seen, mean, variance, scale, offset, False, 0.0, epsilon)
        return y.permute(0, 2, 3, 1).reshape(x.shape)
    seen = x if axis == 1 else x.movedim(axis, 1)
    y = F.batch_norm(seen, mean, variance, scale, offset, False, 0.0, epsilon)
    return y if axis == 1 else y.movedim(1, axis)


def _vector(word, given, size):
    if given is None:
        return None
    given = tensor(given)
    if tuple(given.shape) != (size,):
        raise ShapeError(
            f"`{word}` takes one number for each place along the axis.", got=tuple(given.shape), expected=(size,)
        )
    return given


@operation
def layer_normalization(x, gamma=None, beta=None, axis=-1, epsilon=None, **kwargs):
    """``(x - mean) / sqrt(variance + epsilon) * gamma + beta`` with the moments over `axis`, an int or several.

    Shapes:
        gamma, beta  the sizes along `axis`, or any that broadcast with `x`
    """
    epsilon = settings.epsilon() if epsilon is None else epsilon
    x = floating(x)
    axis = _canonical_axes(axis, x.ndim)
    if kwargs.pop("rms_scaling", False):
        warnings.warn("`rms_scaling` divides by the variance; ops.rms_normalization is the real thing.", stacklevel=3)
        return _scaled_by_variance(x, gamma, axis, epsilon)
    exact = x.float() if x.dtype in _HALVES else x
    gamma, beta = (None if one is None else tensor(one).to(exact.dtype) for one in (gamma, beta))
    if _is_fusable(x, axis, gamma, beta):
        return F.layer_norm(exact, _sizes(x, axis), gamma, beta, epsilon).to(x.dtype)
    centered = exact - exact.mean(axis, keepdim=True)
    y = centered * torch.rsqrt(centered.square().mean(axis, keepdim=True) + epsilon)
    y = y if gamma is None else y * _broadcast(gamma, x, axis)
    y = y if beta is None else y + _broadcast(beta, x, axis)
    return y.to(x.dtype)


def _scaled_by_variance(x, gamma, axis, epsilon):
    exact = x.float() if x.dtype in _HALVES else x
    y = exact * torch.rsqrt(exact.var(axis, correction=0, keepdim=True) + epsilon)
    return (y if gamma is None else y * _broadcast(tensor(gamma).to(y.dtype), x, axis)).to(x.dtype)


@operation
def rms_normalization(x, scale=None, axis=-1, epsilon=None):
    """``x / sqrt(mean(x ** 2) + epsilon) * scale`` with the mean over `axis`. Source: arXiv:1910.07467."""
    epsilon = settings.epsilon() if epsilon is None else epsilon
    x = floating(x)
    if x.ndim == 0:
        x = x.unsqueeze(0)
    axis = _canonical_axes(axis, x.ndim)
    exact = x.float() if x.dtype in _HALVES else x
    scale = None if scale is None else tensor(scale).to(exact.dtype)
    if _is_fusable(x, axis, scale):
        return F.rms_norm(exact, _sizes(x, axis), scale, epsilon).to(x.dtype)
    y = exact * torch.rsqrt(exact.square().mean(axis, keepdim=True) + epsilon)
    return (y if scale is None else y * _broadcast(scale, x, axis)).to(x.dtype)


@operation
def normalize(x, axis=-1, order=2, epsilon=None):
    """`x` divided by its length along `axis`, so that it has length 1; lengths below `epsilon` count as `epsilon`.

    Args:
        axis: an int, several, or None for all.
        order: of the norm that measures the length: 1 for sums of magnitudes, 2 for Euclid's.

    Raises:
        ArgumentError: an order that is no whole number from 1.
    """
    if not isinstance(order, int) or order < 1:
        raise ArgumentError("The `order` of a norm is a whole number from 1.", got=repr(order), fix="order=2")
    x = floating(x)
    if x.ndim == 0:
        x = x.unsqueeze(0)
    axis = None if axis is None else _canonical_axes(axis, x.ndim)
    length = torch.linalg.vector_norm(x, order, dim=axis, keepdim=True)
    return x / length.clamp_min(settings.epsilon() if epsilon is None else epsilon)


def _canonical_axes(axis, ndim):
    return sorted(canonical(one, ndim) for one in (axis if isinstance(axis, (tuple, list)) else (axis,)))


def _sizes(x, axis):
    return tuple(x.shape[k] for k in axis)


def _is_fusable(x, axis, *weights):
    """Whether these are the last axes, and the weights lie along them, as PyTorch's kernels want it."""
    sizes = _sizes(x, axis)
    return axis == list(range(axis[0], x.ndim)) and all(one is None or tuple(one.shape) == sizes for one in weights)


def _broadcast(weight, x, axis):
    """A weight with the sizes along `axis`, spread over all axes of `x`; others broadcast as they are."""
    if weight.ndim == x.ndim or axis == [x.ndim - 1]:
        return weight
    shape = [x.shape[k] if k in axis else 1 for k in range(x.ndim)]
    return weight.reshape(shape) if weight.numel() == math.prod(shape) else weight
