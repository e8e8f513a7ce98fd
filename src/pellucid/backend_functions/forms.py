"""K's functions of shape, axes and dtype."""

from __future__ import annotations

import math

import numpy as np

from pellucid import ops
from pellucid.dtypes import standardize_dtype
from pellucid.errors import ArgumentError, ShapeError
from pellucid.graph.symbol import KerasTensor
from pellucid.graph.variable import Variable
from pellucid.settings import floatx, standardize_data_format


def shape(x):
    """The shape; None where a symbol's size is not known."""
    return ops.shape(x)


def int_shape(x) -> tuple:
    """The shape as a tuple, None where a size is not known."""
    return tuple(x.shape)


def ndim(x) -> int:
    """The number of axes."""
    return len(x.shape)


def dtype(x) -> str:
    """The dtype's name."""
    return standardize_dtype(x.dtype)


def count_params(x) -> int:
    """The number of elements."""
    return math.prod(x.shape)


def is_sparse(tensor) -> bool:
    """Whether this is a sparse tensor."""
    return bool(getattr(tensor, "is_sparse", False))


def to_dense(tensor):
    """A sparse tensor as a dense one; others as they are."""
    return tensor.to_dense() if is_sparse(tensor) else tensor


def cast(x, dtype):
    """x in another dtype."""
    return ops.cast(x, dtype)


def cast_to_floatx(x):
    """x in the default dtype: tensors stay tensors, all else becomes an array."""
    if isinstance(x, (KerasTensor, Variable)) or ops.is_tensor(x):
        return ops.cast(x, floatx())
    return np.asarray(x, dtype=floatx())


def arange(start, stop=None, step=1, dtype="int32"):
    """Numbers from `start` up to `stop`; from 0 up to `start` where there is no stop."""
    if stop is None:
        start, stop = 0, max(start, 0)
    return ops.arange(start, stop, step, dtype=dtype)


def eye(size, dtype=None, name=None):
    """The identity matrix, as a variable."""
    return Variable(ops.eye(size, dtype=dtype or floatx()), name=name)


def ones_like(x, dtype=None, name=None):
    """Ones in the shape of x."""
    return ops.ones_like(x, dtype=dtype)


def zeros_like(x, dtype=None, name=None):
    """Zeros in the shape of x."""
    return ops.zeros_like(x, dtype=dtype)


def one_hot(indices, num_classes):
    """A 1 at each index, along a new last axis."""
    return ops.one_hot(indices, num_classes)


# ---- the same values in another form


def reshape(x, shape):
    """The same values in another shape, in row-major order."""
    return ops.reshape(x, tuple(shape))


def flatten(x):
    """All axes made one, the batch too."""
    return ops.reshape(x, (-1,))


def expand_dims(x, axis=-1):
    """One more axis, of size 1."""
    return ops.expand_dims(x, axis)


def squeeze(x, axis):
    """Without an axis of size 1."""
    return ops.squeeze(x, axis=axis)


def transpose(x):
    """The axes in reverse order."""
    return ops.transpose(x)


def permute_dimensions(x, pattern):
    """The axes in another order."""
    return ops.transpose(x, tuple(pattern))


def concatenate(tensors, axis=-1):
    """Values joined along an axis."""
    return ops.concatenate([to_dense(x) for x in tensors], axis=axis)


def stack(x, axis=0):
    """Values joined along a new axis."""
    return ops.stack(x, axis=axis)


def tile(x, n):
    """x, repeated as a whole along each axis."""
    return ops.tile(x, (n,) if isinstance(n, int) else tuple(n))


def repeat(x, n):
    """``(batch, features)`` as ``(batch, n, features)``.

    Raises:
        ShapeError: another number of axes.
    """
    if ndim(x) != 2:
        raise ShapeError("`repeat` takes values with two axes.", got=int_shape(x), expected="(batch, features)")
    return ops.repeat(ops.expand_dims(x, 1), n, axis=1)


def repeat_elements(x, rep, axis):
    """Each element `rep` times along an axis."""
    return ops.repeat(x, rep, axis=axis)


def reverse(x, axes):
    """x backwards along some axes."""
    return ops.flip(x, axis=axes if isinstance(axes, int) else tuple(axes))


def gather(reference, indices):
    """The rows of `reference` at some indices."""
    return ops.take(reference, indices, axis=0)


# ---- images, volumes and sequences


def resize_images(x, height_factor, width_factor, data_format, interpolation="nearest"):
    """Images made larger by whole factors."""
    first = 2 if _is_channels_first(data_format) else 1
    size = tuple(n * by for n, by in zip(x.shape[first : first + 2], (height_factor, width_factor), strict=True))
    return ops.image.resize(x, size, interpolation=interpolation, data_format=data_format)


def resize_volumes(x, depth_factor, height_factor, width_factor, data_format):
    """Volumes made larger by whole factors, each value repeated."""
    first = 2 if _is_channels_first(data_format) else 1
    for axis, factor in enumerate((depth_factor, height_factor, width_factor), first):
        x = ops.repeat(x, factor, axis=axis)
    return x


def temporal_padding(x, padding=(1, 1)):
    """Zeros before and behind the steps of ``(batch, steps, features)``."""
    return _padded(x, (padding,), "channels_last")


def spatial_2d_padding(x, padding=((1, 1), (1, 1)), data_format=None):
    """Zeros around the rows and columns of images."""
    return _padded(x, padding, data_format)


def spatial_3d_padding(x, padding=((1, 1), (1, 1), (1, 1)), data_format=None):
    """Zeros around volumes."""
    return _padded(x, padding, data_format)


def _padded(x, padding, data_format):
    padding = [tuple(pair) for pair in padding]
    if len(padding) != ndim(x) - 2 or any(len(pair) != 2 for pair in padding):
        raise ArgumentError(
            "`padding` is a pair for each axis between batch and channels.",
            got=padding,
            expected=f"{ndim(x) - 2} pairs",
        )
    channels_first = _is_channels_first(data_format)
    return ops.pad(x, [(0, 0), *[(0, 0)] * channels_first, *padding, *[(0, 0)] * (not channels_first)])


def _is_channels_first(data_format) -> bool:
    return standardize_data_format(data_format) == "channels_first"
