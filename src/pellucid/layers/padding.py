"""Layers that add or cut off cells at the edges: ZeroPadding1D to 3D, Cropping1D to 3D.

Below: spatial.py knows the axes, links.py says which place goes where.
"""

from __future__ import annotations

import operator

import torch.nn.functional as F

from pellucid import axes
from pellucid.errors import ArgumentError, ShapeError
from pellucid.layers.spatial import Spatial
from pellucid.links import Shift
from pellucid.ops.pieces import Padding


class Edged(Spatial):
    """The parent: so many cells before and after along each spatial axis.

    A sister names the argument that says how many in `word`.
    """

    word: str

    def set_edges(self, edges, data_format) -> None:
        """Check and complete the arguments; with one spatial axis its pair stands alone."""
        self.set_axes(data_format)
        self._edges = self._pairs(edges)
        setattr(self, self.word, self._edges[0] if self.rank == 1 else self._edges)

    def _pairs(self, given) -> tuple[tuple[int, ...], ...]:
        """A pair (before, after) for each spatial axis; one number counts for both ends, one for all axes too."""
        ends = (given,) * self.rank if self.rank == 1 or isinstance(given, int) else given
        try:
            pairs = tuple(tuple(map(operator.index, (end, end) if isinstance(end, int) else end)) for end in ends)
        except TypeError:
            pairs = ()
        if len(pairs) != self.rank or any(len(pair) != 2 or min(pair) < 0 for pair in pairs):
            example = ((1, 1),) * self.rank if self.rank > 1 else (1, 1)
            raise ArgumentError(
                f"`{self.word}` says how many cells lie before and after along {', '.join(axes.SPATIAL[self.rank])}.",
                got=repr(given),
                expected="0 or more: one number, "
                + ("(before, after)" if self.rank == 1 else "or a pair for each axis"),
                fix=f"{type(self).__name__}({example})",
            )
        return pairs


class ZeroPadding(Edged):
    """Cells of 0 around the spatial axes.

    Shapes:
        input   (batch, *sizes, channels), or (batch, channels, *sizes) with channels_first
        output  the same axes; along each ``before + size + after``

    Args:
        padding: cells at each end: one number; one for each axis; or a pair (before, after) for each. ZeroPadding1D
            takes a number or a pair.

    Raises:
        ArgumentError: negative numbers, or not one entry for each axis.

    Source: keras.layers.ZeroPadding1D, ZeroPadding2D, ZeroPadding3D, Keras 3.15.
    """

    word = "padding"

    def __init__(self, padding=1, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.keep({"padding": padding, "data_format": data_format})
        self.set_edges(padding, data_format)

    def call(self, inputs):
        behind = () if self.data_format == "channels_first" else (0, 0)
        return F.pad(inputs, (*behind, *(cells for pair in reversed(self._edges) for cells in pair)))

    def compute_output_shape(self, input_shape):
        sizes = (input_shape[axis] for axis in self.spatial_axes)
        return self.with_sizes(
            input_shape,
            [None if n is None else n + sum(pair) for n, pair in zip(sizes, self._edges, strict=True)],
        )

    def links(self):
        return self.link_along(Shift(before) for before, _ in self._edges)


class ZeroPadding1D(ZeroPadding):
    """Steps of 0 before and after. See ZeroPadding."""

    rank = 1


class ZeroPadding2D(ZeroPadding):
    """Rows and columns of 0 around images. See ZeroPadding."""

    rank = 2

    def __init__(self, padding=(1, 1), data_format=None, **kwargs):
        super().__init__(padding, data_format, **kwargs)

    def pieces(self):
        return [Padding(self._edges)] if self.data_format == "channels_last" else None


class ZeroPadding3D(ZeroPadding):
    """Cells of 0 around volumes. See ZeroPadding."""

    rank = 3

    def __init__(self, padding=((1, 1), (1, 1), (1, 1)), data_format=None, **kwargs):
        super().__init__(padding, data_format, **kwargs)


class Cropping(Edged):
    """Without the cells at the ends of the spatial axes.

    Shapes:
        input   (batch, *sizes, channels), or (batch, channels, *sizes) with channels_first
        output  the same axes; along each ``size - before - after``

    Args:
        cropping: cells at each end: one number; one for each axis; or a pair (before, after) for each. Cropping1D
            takes a number or a pair, and the channels last.

    Raises:
        ArgumentError: negative numbers, or not one entry for each axis.
        ShapeError: nothing would be left.

    Source: keras.layers.Cropping1D, Cropping2D, Cropping3D, Keras 3.15.
    """

    word = "cropping"

    def __init__(self, cropping, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.keep({"cropping": cropping, "data_format": data_format})
        self.set_edges(cropping, data_format)

    def call(self, inputs):
        self._check_left(inputs.shape)
        for axis, (before, after) in zip(self.spatial_axes, self._edges, strict=True):
            inputs = inputs.narrow(axis, before, inputs.shape[axis] - before - after)
        return inputs

    def compute_output_shape(self, input_shape):
        return self.with_sizes(input_shape, self._check_left(input_shape))

    def _check_left(self, shape) -> list:
        """The sizes that are left.

        Raises:
            ShapeError: none along some axis.
        """
        sizes = [shape[axis] for axis in self.spatial_axes]
        left = [None if n is None else n - sum(pair) for n, pair in zip(sizes, self._edges, strict=True)]
        for name, n, rest, pair in zip(axes.SPATIAL[self.rank], sizes, left, self._edges, strict=True):
            if rest is not None and rest <= 0:
                raise ShapeError(
                    f"Cropping {' + '.join(map(str, pair))} of {n} leaves nothing along {name}.",
                    got=f"input shape {tuple(shape)}, cropping={self.cropping}",
                    expected=f"less than {n} in all along {name}",
                    fix="crop less, or give a larger input",
                )
        return left

    def links(self):
        return self.link_along(Shift(-before) for before, _ in self._edges)


class Cropping1D(Cropping):
    """Without the first and last steps of (batch, steps, channels). See Cropping."""

    rank = 1

    def __init__(self, cropping=(1, 1), **kwargs):
        super().__init__(cropping, "channels_last", **kwargs)

    def get_config(self):
        config = super().get_config()
        del config["data_format"]
        return config


class Cropping2D(Cropping):
    """Without the rows and columns at the edges of images. See Cropping."""

    rank = 2

    def __init__(self, cropping=((0, 0), (0, 0)), data_format=None, **kwargs):
        super().__init__(cropping, data_format, **kwargs)


class Cropping3D(Cropping):
    """Without the cells at the edges of volumes. See Cropping."""

    rank = 3

    def __init__(self, cropping=((1, 1), (1, 1), (1, 1)), data_format=None, **kwargs):
        super().__init__(cropping, data_format, **kwargs)
