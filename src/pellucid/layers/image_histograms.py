"""Layers that spread the values of images over their range: AutoContrast, Equalization, and CLAHE.

Below: image_values.py. Nothing is drawn: each image says itself what becomes of its values.
"""

from __future__ import annotations

import torch

from pellucid import ops
from pellucid.dtypes import standardize_dtype
from pellucid.graph.values import convert_to_tensor
from pellucid.layers.image_values import BYTES, Valued, rescaled
from pellucid.links import Mix, Same, Unknown


class AutoContrast(Valued):
    """Each channel of an image stretched, so that its values fill their whole range; a constant one stays as it is.

    Source: keras.layers.AutoContrast, Keras 3.15.
    """

    draws = False
    own = ("value_range",)

    def __init__(self, value_range=BYTES, **kwargs):
        super().__init__(value_range, **kwargs)

    def transform_images(self, images, transformation=None, training=True):
        given = self._computed(convert_to_tensor(images))
        images, places = rescaled(given, self.value_range, BYTES), (self._height_axis, self._height_axis + 1)
        low, high = images.amin(places, keepdim=True), images.amax(places, keepdim=True)
        is_constant = ~(high > low)
        scale = 255.0 / torch.where(is_constant, 1.0, high - low)
        spread = (images * scale + -low * scale).clamp(*BYTES)
        return torch.where(is_constant, given, rescaled(spread, BYTES, self.value_range))

    def links(self):
        return Mix(self._height_axis, self._height_axis + 1)


class Equalization(Valued):
    """In training the values of each channel changed so that each is about equally frequent in the batch.

    Args:
        bins: how many values are told apart.

    Source: keras.layers.Equalization, Keras 3.15.
    """

    draws = False
    own = ("value_range", "bins")

    def __init__(self, value_range=BYTES, bins=256, data_format=None, **kwargs):
        super().__init__(value_range, data_format=data_format, **kwargs)
        self.bins = bins

    def transform_images(self, images, transformation, training=True):
        images = convert_to_tensor(images)
        if not training:
            return images
        channels = self._computed(images).unbind(self._channels_axis)
        return torch.stack([self._equalized(one) for one in channels], self._channels_axis)

    def _equalized(self, channel):
        low, high = self.value_range
        scale = 255 / (high - low)
        channel = channel * scale + (0 - low * scale)
        # The two ways to number a value differ in rounding; both are Keras's.
        numbers = (channel.float() * (self.bins - 1) / 255).int().clamp(0, self.bins - 1)
        counts = torch.bincount(numbers.flatten(), minlength=self.bins)
        below = counts.cumsum(0)
        first = counts[counts.nonzero()[0, 0]]
        table = ((below - first) * 255 / (below[-1] - first).clamp(min=1)).round().clamp(*BYTES)
        found = table[(channel / 255.0 * (self.bins - 1)).clamp(0, self.bins - 1).int()].to(channel.dtype)
        found = torch.where((counts > 0).sum() <= 1, channel, found)
        back = (high - low) / 255
        return found * back + low

    def links(self):
        return Same(in_training=Unknown())


class ContrastLimitedAdaptiveHistogramEqualization(Valued):
    """Each value replaced by its rank among those around it: in the four nearest of a grid of tiles, blended.

    Args:
        clip_limit: how much more frequent than others a value may count; what is above is dealt out to all. 0 for any.
        tile_grid_size: rows and columns of tiles.

    Source: keras.layers.ContrastLimitedAdaptiveHistogramEqualization, Keras 3.15; Zuiderveld 1994.
    """

    draws = False
    own = ("value_range", "clip_limit", "tile_grid_size")

    def __init__(self, value_range=BYTES, clip_limit=4.0, tile_grid_size=(8, 8), data_format=None, **kwargs):
        super().__init__(value_range, data_format=data_format, **kwargs)
        self.clip_limit, self.tile_grid_size = clip_limit, tuple(tile_grid_size)

    def transform_images(self, images, transformation=None, training=True):
        images = convert_to_tensor(images)
        dtype = standardize_dtype(images.dtype)
        seen = images.movedim(self._channels_axis, -3)  # (..., channels, height, width)
        found = self._ranked(rescaled(seen.float(), self.value_range, BYTES).clamp(*BYTES).long())
        found = rescaled(found, BYTES, self.value_range).movedim(-3, self._channels_axis)
        return ops.cast(found, dtype)

    def _ranked(self, values):
        """Whole numbers from 0 to 255, (..., height, width), as their ranks from 0 to 255."""
        sizes, grid = values.shape[-2:], self.tile_grid_size
        tile = [-(-size // count) for size, count in zip(sizes, grid, strict=True)]
        ranks = self._ranks(values, tile).flatten(-3)
        (above, below, down), (left, right, across) = (
            _nearest(size, cell, count, values.device) for size, cell, count in zip(sizes, tile, grid, strict=True)
        )

        def read(row, column):
            places = (row[:, None] * grid[1] + column) * 256 + values
            return ranks.gather(-1, places.flatten(-2)).reshape(values.shape)

        top = read(above, left) * (1 - across) + read(above, right) * across
        bottom = read(below, left) * (1 - across) + read(below, right) * across
        return top * (1 - down[:, None]) + bottom * down[:, None]

    def _ranks(self, values, tile):
        """The rank of each of 256 values in each tile: (..., rows, columns, 256)."""
        (rows, columns), (high, wide) = self.tile_grid_size, tile
        after = [(0, rows * high - values.shape[-2]), (0, columns * wide - values.shape[-1])]
        values = ops.pad(values, [(0, 0)] * (values.ndim - 2) + after, mode="symmetric")
        tiles = values.unflatten(-1, (columns, wide)).unflatten(-3, (rows, high)).transpose(-2, -3).flatten(-2)
        counts = torch.zeros(*tiles.shape[:-1], 256, device=tiles.device)
        counts = counts.scatter_add(-1, tiles, torch.ones_like(tiles, dtype=counts.dtype))
        if self.clip_limit > 0:
            # Whole counts, as Keras on PyTorch and OpenCV have it.
            kept = counts.clamp(max=int(self.clip_limit * high * wide / 256.0))
            counts = kept + (counts - kept).sum(-1, keepdim=True) / 256.0
        below = counts.cumsum(-1)
        first = below[..., :1]
        others = high * wide - first
        return ((below - first) * 255.0 / torch.where(others == 0, 1.0, others)).clamp(*BYTES)


def _nearest(size: int, cell: int, count: int, device):
    """For each place along an axis the tile before it, the tile behind it, and the share of the latter."""
    places = (torch.arange(size, dtype=torch.float32, device=device) - cell / 2.0) / cell + 1.0
    before = places.floor()
    return *((before.long() + more).clamp(0, count - 1) for more in (-1, 0)), places - before
