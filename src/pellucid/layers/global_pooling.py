"""Global pooling layers: the largest value or the mean of each channel, over all spatial axes.

Below:  ops/reductions.py does the arithmetic.
Beside: pooling.py slides a window instead.
"""

from __future__ import annotations

import torch

from pellucid.layers.spatial import Spatial
from pellucid.links import Follow, Keep, Whole
from pellucid.ops import reductions
from pellucid.ops.pieces import SpatialMean


class GlobalPooling(Spatial):
    """One value for each channel. A sister sets `rank` and computes in `reduce`.

    Shapes:
        input   (batch, *sizes, channels), or (batch, channels, *sizes) with channels_first
        output  (batch, channels); with `keepdims`, the input's axes, the spatial ones of size 1

    Args:
        keepdims: whether the spatial axes stay, with size 1.

    Source: keras.layers.GlobalMaxPooling2D, GlobalAveragePooling2D and their sisters, Keras 3.15.
    """

    def __init__(self, data_format=None, keepdims=False, **kwargs):
        super().__init__(**kwargs)
        self.keep({"data_format": data_format, "keepdims": keepdims})
        self.set_axes(data_format)
        self._build_at_init()

    def reduce(self, x, axis, keepdims):
        """The reduction itself, of ops/reductions.py."""
        raise NotImplementedError

    def call(self, inputs):
        return self.reduce(inputs, tuple(self.spatial_axes), self.keepdims)

    def compute_output_shape(self, input_shape):
        if self.keepdims:
            return self.with_sizes(input_shape, (1,) * self.rank)
        return (input_shape[0], input_shape[-1 if self.data_format == "channels_last" else 1])

    def links(self):
        whole = ((Whole(), None),) * self.rank
        if self.data_format == "channels_first":
            return Follow(((Keep(), 0), *whole))
        return Follow((*whole, (Keep(), self.rank if self.keepdims else 0)))


class GlobalMaxPooling(GlobalPooling):
    """The largest value of each channel. See GlobalPooling."""

    reduce = staticmethod(reductions.max)


class GlobalMaxPooling1D(GlobalMaxPooling):
    """The largest value of each channel over all steps. See GlobalPooling."""

    rank = 1


class GlobalMaxPooling2D(GlobalMaxPooling):
    """The largest value of each channel of an image. See GlobalPooling."""

    rank = 2


class GlobalMaxPooling3D(GlobalMaxPooling):
    """The largest value of each channel of a volume. See GlobalPooling."""

    rank = 3


class GlobalAveragePooling(GlobalPooling):
    """The mean of each channel. See GlobalPooling."""

    reduce = staticmethod(reductions.mean)

    def pieces(self):
        is_plain = self.rank == 2 and self.data_format == "channels_last" and not self.keepdims
        return [SpatialMean()] if is_plain else None


class GlobalAveragePooling1D(GlobalAveragePooling):
    """The mean of each channel over all steps, or over those that the mask lets through. See GlobalPooling."""

    rank = 1

    def __init__(self, data_format=None, keepdims=False, **kwargs):
        super().__init__(data_format, keepdims, **kwargs)
        self.supports_masking = True

    def call(self, inputs, mask=None):
        if mask is None:
            return super().call(inputs)
        axis = self.spatial_axes[0]
        keep = mask.to(torch.bool).unsqueeze(-1 if self.data_format == "channels_last" else 1)
        total = torch.where(keep, inputs, 0).sum(axis, keepdim=self.keepdims)
        return total / keep.to(inputs.dtype).sum(axis, keepdim=self.keepdims)

    def compute_mask(self, inputs, mask=None):
        return None


class GlobalAveragePooling2D(GlobalAveragePooling):
    """The mean of each channel of an image. See GlobalPooling."""

    rank = 2


class GlobalAveragePooling3D(GlobalAveragePooling):
    """The mean of each channel of a volume. See GlobalPooling."""

    rank = 3
