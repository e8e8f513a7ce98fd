"""Layers that give the same elements in another shape or order: Flatten, Reshape, Permute, RepeatVector.

Below:  links.py says which place goes where.
Beside: padding.py and upsampling.py make values larger or smaller.
Kept true: elements are counted in row-major order, the last axis fastest, and keep their dtype.
"""

from __future__ import annotations

import math

from pellucid import links
from pellucid.errors import ArgumentError, ArgumentTypeError, OrderError, ShapeError, product
from pellucid.graph.symbol import KerasTensor
from pellucid.layers.described import Described
from pellucid.layers.input_spec import InputSpec
from pellucid.layers.maps import note_map
from pellucid.ops.pieces import View
from pellucid.settings import standardize_data_format


class Rearranging(Described):
    """The parent of layers whose output holds just the input's elements, so that it has the input's dtype too."""

    def compute_output_spec(self, inputs):
        return KerasTensor(self.compute_output_shape(inputs.shape), dtype=inputs.dtype)


class Flatten(Rearranging):
    """All axes but the batch made one, in the order (*spatial, channels).

    With channels_last, and for values without spatial axes, this is a plain reshape: of (height, width, channels)
    the element (h, w, c) lands at ``(h*width + w)*channels + c``. With channels_first the channels are moved to the
    end before, so that both formats give the same order.

    Shapes:
        input   (batch, ...)
        output  (batch, product of the other sizes); (batch, 1) where there are none

    Source: keras.layers.Flatten, Keras 3.15.
    """

    flattens = True  # maps.py then tells products

    def __init__(self, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.keep({"data_format": standardize_data_format(data_format)})
        self.input_spec = InputSpec(min_ndim=1)

    def build(self, input_shape):
        self._ndim = len(input_shape)

    def call(self, inputs):
        if self.data_format == "channels_first" and inputs.ndim > 2:
            inputs = inputs.movedim(1, -1)
        flat = inputs.reshape(inputs.shape[0], math.prod(inputs.shape[1:]))
        note_map(flat, inputs.shape)
        return flat

    def pieces(self):
        return [View(lambda shape: (shape[0], math.prod(shape[1:])))] if self.data_format == "channels_last" else None

    def compute_output_shape(self, input_shape):
        sizes = input_shape[1:]
        return (input_shape[0], None if None in sizes else math.prod(sizes))

    @classmethod
    def from_config(cls, config):
        # Before Keras 2.1.6 there was no data format, and Flatten never moved an axis.
        return super().from_config({"data_format": "channels_last", **config})

    def links(self):
        if self.data_format == "channels_last":
            return links.Reshape()
        if not self.built:
            raise OrderError(
                f"'{self.name}' does not know yet how many axes its input has.", fix=f"{self.name}.build(input_shape)"
            )
        if self._ndim < 3:
            return links.Reshape()
        return links.Reshape(order=(*range(1, self._ndim - 1), 0))


class Reshape(Rearranging):
    """The same elements in row-major order under another shape.

    Shapes:
        input   (batch, ...)
        output  (batch, *target_shape)

    Args:
        target_shape: without the batch; one size may be -1, for what is left.

    Raises:
        ArgumentError: more than one -1, or sizes that are none.
        ShapeError: another number of elements.

    Source: keras.layers.Reshape, Keras 3.15.
    """

    def __init__(self, target_shape, **kwargs):
        super().__init__(**kwargs)
        self.keep({"target_shape": tuple(target_shape)})
        told = [size for size in self.target_shape if isinstance(size, int)]
        if told.count(-1) > 1 or min(told, default=0) < -1:
            raise ArgumentError(
                "`target_shape` holds sizes, one of which may be -1 for what is left.",
                got=self.target_shape,
                expected="sizes of 0 or more, and at most one -1",
                fix="Reshape((-1,))",
            )
        self.built = True

    def call(self, inputs):
        return inputs.reshape(inputs.shape[0], *self._target(tuple(inputs.shape)))

    def compute_output_shape(self, input_shape):
        return (input_shape[0], *self._target(tuple(input_shape)))

    def _target(self, shape) -> tuple:
        """The target with its -1 resolved; None where an unknown size of the input leaves it open."""
        sizes, target = shape[1:], self.target_shape
        if None in sizes or None in target:
            return tuple(None if size == -1 else size for size in target)
        count, told = math.prod(sizes), math.prod(size for size in target if size != -1)
        if -1 not in target and count == told:
            return target
        if -1 not in target or told == 0 or count % told:
            raise self._does_not_fit(shape, told)
        return tuple(count // told if size == -1 else size for size in target)

    def _does_not_fit(self, shape, told) -> ShapeError:
        sizes = shape[1:]
        known = tuple(size for size in self.target_shape if size != -1)
        last = known[-1] if known else 1
        fits = last > 0 and math.prod(sizes) % last == 0
        return ShapeError(
            f"The elements of each sample do not fill the shape {self.target_shape}.",
            got=f"{product(sizes)}, from input shape {shape}",
            expected=product(known) + (" times a whole number" if -1 in self.target_shape else ""),
            fix=f"Reshape((-1, {last}))" if fits and len(known) > 1 else "Reshape((-1,))",
        )

    def links(self):
        return links.Reshape()


class Permute(Rearranging):
    """The axes in another order: axis k of the output is axis ``dims[k-1]`` of the input.

    Args:
        dims: the numbers of the axes, counted from 1, without the batch: ``Permute((3, 1, 2))`` makes
            (batch, channels, height, width) from (batch, height, width, channels).

    Raises:
        ArgumentError: `dims` does not name each axis once.

    Source: keras.layers.Permute, Keras 3.15.
    """

    def __init__(self, dims, **kwargs):
        super().__init__(**kwargs)
        self.keep({"dims": tuple(dims)})
        wanted = tuple(range(1, len(self.dims) + 1))
        if tuple(sorted(self.dims)) != wanted:
            raise ArgumentError(
                "`dims` names each axis but the batch once, counted from 1.",
                got=self.dims,
                expected=f"{', '.join(map(str, wanted))} in any order",
                fix=f"Permute({wanted[::-1]})",
            )
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    def call(self, inputs):
        return inputs.permute(0, *self.dims)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], *(input_shape[axis] for axis in self.dims))

    def links(self):
        return links.Permute([axis - 1 for axis in self.dims])


class RepeatVector(Described):
    """The same vector `n` times.

    Shapes:
        input   (batch, features)
        output  (batch, n, features)

    Raises:
        ArgumentTypeError: `n` is no whole number.
        ArgumentError: `n` is not positive.

    Source: keras.layers.RepeatVector, Keras 3.15.
    """

    def __init__(self, n, **kwargs):
        super().__init__(**kwargs)
        self.keep({"n": n})
        if not isinstance(n, int) or isinstance(n, bool):
            raise ArgumentTypeError(
                "`n` says how often to repeat.", got=repr(n), expected="an int", fix="RepeatVector(3)"
            )
        if n <= 0:
            raise ArgumentError("`n` says how often to repeat.", got=n, expected="1 or more", fix="RepeatVector(3)")
        self.input_spec = InputSpec(ndim=2)

    def call(self, inputs):
        return inputs.unsqueeze(1).repeat(1, self.n, 1)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.n, input_shape[1])

    def links(self):
        return links.Follow(((links.Keep(), 1),))
