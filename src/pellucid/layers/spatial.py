"""Spatial: a layer over values with a batch axis, one to three spatial axes, and channels.

Below:  described.py keeps arguments, links.py says which places feed which.
Above:  padding.py, upsampling.py, pooling.py, global_pooling.py, adaptive_pooling.py.
Axes:   (batch, *spatial, channels), or (batch, channels, *spatial) with channels_first; links leave the batch out.
"""

from __future__ import annotations

from pellucid.layers.described import Described
from pellucid.layers.input_spec import InputSpec
from pellucid.links import Along
from pellucid.settings import standardize_data_format


class Spatial(Described):
    """The parent of layers that change the spatial axes and leave the channels alone. A sister sets `rank`."""

    rank: int

    def set_axes(self, data_format) -> None:
        """Keep the data format, and demand a value of that many axes."""
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    @property
    def spatial_axes(self) -> range:
        """The numbers of the spatial axes; the batch is axis 0."""
        first = 1 if self.data_format == "channels_last" else 2
        return range(first, first + self.rank)

    def with_sizes(self, shape, sizes) -> tuple:
        """A shape with these spatial sizes."""
        shape = list(shape)
        for axis, size in zip(self.spatial_axes, sizes, strict=True):
            shape[axis] = size
        return tuple(shape)

    def link_along(self, rules) -> Along:
        """The link of one rule for each spatial axis."""
        return Along({axis - 1: rule for axis, rule in zip(self.spatial_axes, rules, strict=True)})
