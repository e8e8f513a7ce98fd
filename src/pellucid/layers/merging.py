"""Layers that make one value of several, element by element: Add, Subtract, Multiply, Average, Maximum, Minimum.

Below:  ops/arithmetic.py does the arithmetic.
Above:  joining.py adds Concatenate and Dot to the same parent.
Kept true: inputs broadcast; one with fewer axes gets axes of size 1 behind the batch.
"""

from __future__ import annotations

import functools

from pellucid.errors import ArgumentError, ShapeError
from pellucid.layers.base import Layer
from pellucid.links import Same
from pellucid.ops import arithmetic, reductions
from pellucid.ops.comparing import logical_or
from pellucid.ops.indexing import where
from pellucid.ops.pieces import Sum
from pellucid.ops.shaping import broadcast_to, expand_dims


class Merge(Layer):
    """The parent of all layers that take a list of values and give one.

    A sister checks shapes in `build` and computes in `merge`.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def merge(self, inputs):
        """One value of several."""
        raise NotImplementedError

    def call(self, inputs):
        if not isinstance(inputs, (list, tuple)):
            raise _no_list(self, f"a single {type(inputs).__name__}")
        return self.merge(inputs)

    def shapes_of(self, input_shape) -> list[tuple]:
        """The inputs' shapes.

        Raises:
            ArgumentError: the shape of a single input, or none at all.
        """
        if not input_shape or not all(isinstance(shape, (list, tuple)) for shape in input_shape):
            raise _no_list(self, f"input shape {input_shape}")
        return [tuple(shape) for shape in input_shape]

    def masks_of(self, inputs, mask) -> list | None:
        """The masks, one for each input; None where there are none at all.

        Raises:
            ArgumentError: not as many masks as inputs.
        """
        if mask is None:
            return None
        for word, given in (("mask", mask), ("inputs", inputs)):
            if not isinstance(given, (list, tuple)):
                raise ArgumentError(
                    f"`{word}` of {type(self).__name__} is a list.", got=type(given).__name__, expected="a list"
                )
        if len(mask) != len(inputs):
            raise ArgumentError(
                "There is one mask, or None, for each input.",
                got=f"{len(mask)} masks",
                expected=f"{len(inputs)} of them",
            )
        return None if all(one is None for one in mask) else list(mask)


def _no_list(layer, got) -> ArgumentError:
    return ArgumentError(
        f"{type(layer).__name__} merges a list of values.",
        got=got,
        expected="a list",
        fix=f"{type(layer).__name__}()([a, b])",
    )


class Elementwise(Merge):
    """The parent of layers that merge values place by place. A sister computes in `merge`.

    Shapes:
        inputs  a list of shapes that broadcast, of equal batch size
        output  the shape that they broadcast to

    Raises:
        ArgumentError: no list.
        ShapeError: sizes that do not broadcast, or different batch sizes.
    """

    def build(self, input_shape):
        shapes = self.shapes_of(input_shape)
        if len({shape[0] for shape in shapes if shape} - {None}) > 1:
            raise ShapeError(
                f"{type(self).__name__} merges values of one batch size.",
                got=", ".join(map(str, shapes)),
                expected="equal sizes on axis 0",
            )
        self.compute_output_shape(shapes)

    def call(self, inputs):
        if isinstance(inputs, (list, tuple)) and len({x.ndim for x in inputs}) > 1:
            most = max(x.ndim for x in inputs)
            inputs = [x[(slice(None), *(None,) * (most - x.ndim))] for x in inputs]
        return super().call(inputs)

    def compute_output_shape(self, input_shape):
        shapes = self.shapes_of(input_shape)
        batch = {shape[0] for shape in shapes if shape} - {None}
        sizes = functools.reduce(self._broadcast, (shape[1:] for shape in shapes))
        return (batch.pop() if len(batch) == 1 else None, *sizes)

    def _broadcast(self, a: tuple, b: tuple) -> tuple:
        longest = max(len(a), len(b))
        rows = zip(*((1,) * (longest - len(shape)) + shape for shape in (a, b)), strict=True)
        sizes = []
        for m, n in rows:
            if None not in (m, n) and 1 not in (m, n) and m != n:
                raise ShapeError(
                    f"{type(self).__name__} cannot merge these: sizes {m} and {n} do not broadcast.",
                    got=f"{a} and {b}, without the batch",
                    expected="equal sizes, or 1, on each axis counted from the last",
                    fix="Concatenate()([a, b]), if they should stand side by side",
                )
            sizes.append(None if None in (m, n) else n if m == 1 else m)
        return tuple(sizes)

    def compute_mask(self, inputs, mask=None):
        masks = self.masks_of(inputs, mask)
        if masks is None or any(one is None for one in masks):
            return None
        return functools.reduce(logical_or, masks)

    def links(self):
        return Same()


class Add(Elementwise):
    """The sum of several values. See Elementwise.

    Source: keras.layers.Add, Keras 3.15.
    """

    def merge(self, inputs):
        return functools.reduce(arithmetic.add, inputs)

    def pieces(self):
        return [Sum()]


class Average(Elementwise):
    """The mean of several values. See Elementwise.

    Source: keras.layers.Average, Keras 3.15.
    """

    def merge(self, inputs):
        return functools.reduce(arithmetic.add, inputs) / len(inputs)


class Subtract(Elementwise):
    """The first value minus the second. See Elementwise.

    Raises:
        ArgumentError: not exactly two values.

    Source: keras.layers.Subtract, Keras 3.15.
    """

    def build(self, input_shape):
        super().build(input_shape)
        if len(input_shape) != 2:
            raise ArgumentError(
                "Subtract takes two values.", got=f"{len(input_shape)} of them", expected=2, fix="Subtract()([a, b])"
            )

    def merge(self, inputs):
        first, second = inputs
        return arithmetic.subtract(first, second)


class Multiply(Elementwise):
    """The product of several values; what a mask hides counts as 1. See Elementwise.

    Source: keras.layers.Multiply, Keras 3.15.
    """

    def merge(self, inputs):
        masks = [_spread_mask(x) for x in inputs]
        if all(mask is None for mask in masks):
            return functools.reduce(arithmetic.multiply, inputs)
        shown = [x if mask is None else where(mask, x, 1) for x, mask in zip(inputs, masks, strict=True)]
        output = functools.reduce(arithmetic.multiply, shown)
        if any(mask is None for mask in masks):
            return output
        return _with_mask(output, functools.reduce(logical_or, masks), hidden=0)


class Extreme(Elementwise):
    """The parent of Maximum and Minimum: what a mask hides takes no part. A sister computes in `choose`."""

    def choose(self, x1, x2):
        """The one of two values that counts, place by place."""
        raise NotImplementedError

    def merge(self, inputs):
        output, shown = inputs[0], _spread_mask(inputs[0])
        for x in inputs[1:]:
            mask = _spread_mask(x)
            x = x if mask is None else where(mask, x, output)
            output = output if shown is None else where(shown, output, x)
            shown = None if mask is None or shown is None else logical_or(shown, mask)
            output = self.choose(output, x)
        return output if shown is None else _with_mask(output, shown)


class Maximum(Extreme):
    """The largest of several values. See Elementwise.

    Source: keras.layers.Maximum, Keras 3.15.
    """

    choose = staticmethod(arithmetic.maximum)


class Minimum(Extreme):
    """The smallest of several values. See Elementwise.

    Source: keras.layers.Minimum, Keras 3.15.
    """

    choose = staticmethod(arithmetic.minimum)


def _spread_mask(x):
    """The mask that came with a value, spread over its last axis; None where there is none."""
    mask = getattr(x, "_keras_mask", None)
    return None if mask is None else broadcast_to(expand_dims(mask, -1), tuple(x.shape))


def _with_mask(output, shown, hidden=None):
    """A value with the mask of what is shown; `hidden` fills the rest."""
    if hidden is not None:
        output = where(shown, output, hidden)
    output._keras_mask = reductions.any(shown, axis=-1)
    return output


def add(inputs, **kwargs):
    """The sum of several values, as `Add` gives it."""
    return Add(**kwargs)(inputs)


def average(inputs, **kwargs):
    """The mean of several values, as `Average` gives it."""
    return Average(**kwargs)(inputs)


def subtract(inputs, **kwargs):
    """The first value minus the second, as `Subtract` gives it."""
    return Subtract(**kwargs)(inputs)


def multiply(inputs, **kwargs):
    """The product of several values, as `Multiply` gives it."""
    return Multiply(**kwargs)(inputs)


def maximum(inputs, **kwargs):
    """The largest of several values, as `Maximum` gives it."""
    return Maximum(**kwargs)(inputs)


def minimum(inputs, **kwargs):
    """The smallest of several values, as `Minimum` gives it."""
    return Minimum(**kwargs)(inputs)
