"""The values of images: the range that they lie in, and the parent of layers that ask for it.

Below:  images.py.
Above:  image_colors.py, image_filters.py, image_histograms.py and image_patches.py change values.
"""

from __future__ import annotations

from pellucid.errors import ArgumentError
from pellucid.layers.images import ImageLayer

BYTES = (0, 255)


class Valued(ImageLayer):
    """Images whose values lie in a known range.

    Args:
        value_range: the smallest and the largest value of images.
    """

    def __init__(self, value_range=BYTES, **kwargs):
        super().__init__(**kwargs)
        self.value_range = ordered(value_range)

    def _clipped(self, images):
        return images.clamp(*self.value_range)


def ordered(value_range) -> list:
    """The smallest and the largest value.

    Raises:
        ArgumentError: not two numbers.
    """
    if not isinstance(value_range, (tuple, list)) or len(value_range) != 2:
        raise ArgumentError("`value_range` is two numbers.", got=repr(value_range), fix="value_range=(0, 255)")
    return sorted(value_range)


def rescaled(images, source, target):
    """Images whose values lay in one range, in another."""
    (low, high), (new_low, new_high) = source, target
    if (low, high) == (new_low, new_high):
        return images
    return (images - low) / (high - low) * (new_high - new_low) + new_low
