"""Layers that join values along an axis: Concatenate puts them side by side, Dot sums over an axis they share.

Below: merging.py has the parent of all layers that take several values.
"""

from __future__ import annotations

import math

import torch

from pellucid import axes
from pellucid.errors import ArgumentError, ArgumentTypeError, ShapeError
from pellucid.layers.merging import Merge
from pellucid.links import Each, Follow, Join, Keep, Whole
from pellucid.ops import joining, reductions
from pellucid.ops.comparing import logical_or
from pellucid.ops.creation import ones_like, zeros_like
from pellucid.ops.normalizing import normalize
from pellucid.ops.shaping import expand_dims


class Concatenate(Merge):
    """Values one after the other along an axis.

    Shapes:
        inputs  a list of shapes that differ on that axis alone
        output  the same, with the sum of their sizes on it

    Args:
        axis: counted with the batch, from either end.

    Raises:
        ArgumentError: no list, or no such axis.
        ShapeError: other sizes differ.

    Source: keras.layers.Concatenate, Keras 3.15.
    """

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.axis = axis

    def build(self, input_shape):
        shapes = self.shapes_of(input_shape)
        if len(set(map(len, shapes))) > 1:
            raise self._does_not_fit(shapes, "values with the same number of axes")
        self._joined = axes.canonical(self.axis, len(shapes[0]))
        for at, sizes in enumerate(zip(*shapes, strict=True)):
            if at != self._joined and len(set(sizes) - {None}) > 1:
                raise self._does_not_fit(shapes, f"equal sizes on axis {at}")

    def _does_not_fit(self, shapes, expected) -> ShapeError:
        return ShapeError(
            f"These do not fit side by side along axis {self.axis}.",
            got=", ".join(map(str, shapes)),
            expected=expected,
            fix="Concatenate(axis=...) with the one axis on which they differ",
        )

    def merge(self, inputs):
        return joining.concatenate(inputs, axis=self.axis)

    def compute_output_shape(self, input_shape):
        shapes = self.shapes_of(input_shape)
        sizes = [shape[self.axis] for shape in shapes]
        output = list(shapes[0])
        output[self.axis] = None if None in sizes else sum(sizes)
        return tuple(output)

    def compute_mask(self, inputs, mask=None):
        masks = self.masks_of(inputs, mask)
        if masks is None:
            return None
        spread = [_spread(one, x) for one, x in zip(masks, inputs, strict=True)]
        return reductions.any(joining.concatenate(spread, axis=self.axis), axis=-1)

    def get_config(self):
        return {**super().get_config(), "axis": self.axis}

    def links(self):
        return Join(self._joined - 1) if self._joined else None


def _spread(mask, x):
    """A mask as large as its value; all true where there is none."""
    if mask is None:
        return ones_like(x, dtype="bool")
    if len(mask.shape) < len(x.shape):
        return logical_or(expand_dims(mask, -1), zeros_like(x, dtype="bool"))
    return mask


class Dot(Merge):
    """Sums of products along an axis that two values share, for each sample of the batch.

    Shapes:
        inputs  two shapes, (batch, ..., n, ...) each, with n on the axis of each
        output  (batch, other axes of the first, other axes of the second); (batch, 1) where there are none

    Args:
        axes: one number for both, or one for each, counted with the batch.
        normalize: whether the values are first divided by their length along these axes, for cosines.

    Raises:
        ArgumentTypeError: `axes` is no number and no pair.
        ArgumentError: `axes` holds others, or names the batch; not exactly two values.
        ShapeError: the sizes on the shared axis differ.

    Source: keras.layers.Dot, Keras 3.15.
    """

    def __init__(self, axes, normalize=False, **kwargs):
        super().__init__(**kwargs)
        if not isinstance(axes, (int, list, tuple)):
            raise ArgumentTypeError(
                "`axes` of Dot is one number or two.", got=repr(axes), expected="an int or two", fix="Dot(-1)"
            )
        if not isinstance(axes, int) and (len(axes) != 2 or not all(isinstance(axis, int) for axis in axes)):
            raise ArgumentError(
                "`axes` of Dot is one number or two.", got=repr(axes), expected="two ints", fix="Dot((1, 2))"
            )
        self.axes = axes
        self.normalize = normalize

    def build(self, input_shape):
        shapes = self.shapes_of(input_shape)
        self._ndims = tuple(map(len, shapes))
        shared = self._shared(self._ndims)
        sizes = [shape[axis] for shape, axis in zip(shapes, shared, strict=True)]
        if None not in sizes and sizes[0] != sizes[1]:
            raise ShapeError(
                f"Dot sums over axis {shared[0]} of the first value and axis {shared[1]} of the second, and their sizes differ.",
                got=f"{sizes[0]} and {sizes[1]}, of {shapes[0]} and {shapes[1]}",
                expected="equal sizes",
                fix="Dot((first axis, second axis))",
            )

    def _shared(self, ndims) -> tuple[int, int]:
        """The axis of each value to sum over, counted from 0."""
        if len(ndims) != 2:
            raise ArgumentError(
                "Dot takes two values.", got=f"{len(ndims)} of them", expected=2, fix=f"Dot({self.axes})([a, b])"
            )
        given = (self.axes,) * 2 if isinstance(self.axes, int) else self.axes
        first, second = (axes.canonical(axis, ndim) for axis, ndim in zip(given, ndims, strict=True))
        if 0 in (first, second):
            raise ArgumentError(
                "Dot cannot sum over the batch.", got=f"axes={self.axes}", expected="axes from 1", fix="Dot(1)"
            )
        return first, second

    def merge(self, inputs):
        first, second = inputs
        axis, other = self._shared((first.ndim, second.ndim))
        if self.normalize:
            first, second = normalize(first, axis=axis), normalize(second, axis=other)
        return _summed_products(first.movedim(axis, -1), second.movedim(other, 1))

    def compute_output_shape(self, input_shape):
        shapes = [list(shape) for shape in self.shapes_of(input_shape)]
        for shape, axis in zip(shapes, self._shared(tuple(map(len, shapes))), strict=True):
            del shape[axis]
        output = (*shapes[0], *shapes[1][1:])
        return output if len(output) > 1 else (*output, 1)

    def compute_mask(self, inputs, mask=None):
        return None

    def get_config(self):
        return {**super().get_config(), "axes": self.axes, "normalize": self.normalize}

    def links(self):
        follows, at = [], 0
        for ndim, shared in zip(self._ndims, self._shared(self._ndims), strict=True):
            rules = []
            for axis in range(1, ndim):
                rules.append((Whole(), None) if axis == shared else (Keep(), at))
                at += axis != shared
            follows.append(Follow(tuple(rules)))
        return Each(tuple(follows))


def _summed_products(rows: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
    """The matrix product of (batch, *left, n) and (batch, n, *right): (batch, *left, *right)."""
    batch, *left, n = rows.shape
    right = columns.shape[2:]
    y = rows.reshape(batch, math.prod(left), n) @ columns.reshape(batch, n, math.prod(right))
    return y.reshape(batch, *left, *right) if left or right else y.reshape(batch, 1)


def concatenate(inputs, axis=-1, **kwargs):
    """Values one after the other along an axis, as `Concatenate` gives them."""
    return Concatenate(axis=axis, **kwargs)(inputs)


def dot(inputs, axes=-1, **kwargs):
    """Sums of products along an axis, as `Dot` gives them."""
    return Dot(axes=axes, **kwargs)(inputs)
