"""Single images made brighter, darker, or of other colours, as NumPy arrays.

Above: generator.py draws the numbers; the door `pellucid.preprocessing.image`.
"""

from __future__ import annotations

import numpy as np

from pellucid.errors import ArgumentError, MissingPackageError
from pellucid.files.images import array_to_img, img_to_array


def apply_channel_shift(x, intensity, channel_axis=0):
    """An image with `intensity` added, cut to what its values lay between."""
    x = np.asarray(x)
    return np.clip(x + intensity, x.min(), x.max())


def random_channel_shift(x, intensity_range, channel_axis=0):
    """An image with a number between ``-intensity_range`` and ``intensity_range`` added, as in `apply_channel_shift`."""
    return apply_channel_shift(x, np.random.uniform(-intensity_range, intensity_range), channel_axis)


def apply_brightness_shift(x, brightness, scale=True):
    """An image made `brightness` times as bright by pillow, in steps of 1 from 0 to 255.

    Args:
        x: (height, width, channels), or as `image_data_format` says.
        scale: whether its smallest and largest value become 0 and 255 first. Without it values from 0 to 255 stay as
            they are; an image with others is scaled, and back.

    Raises:
        MissingPackageError: pillow is not installed.
    """
    low, high = np.min(x), np.max(x)
    is_outside = low < 0 or high > 255
    image = _enhancing()(array_to_img(x, scale=is_outside or scale)).enhance(brightness)
    found = img_to_array(image)
    return found / 255 * (high - low) + low if is_outside and not scale else found


def _enhancing():
    try:
        from PIL.ImageEnhance import Brightness
    except ImportError as error:
        raise MissingPackageError("Images are made brighter by pillow.", fix="pip install pillow") from error
    return Brightness


def random_brightness(x, brightness_range, scale=True):
    """An image made brighter by a number within `brightness_range`, a pair; as in `apply_brightness_shift`.

    Raises:
        ArgumentError: no pair.
    """
    if len(brightness_range) != 2:
        raise ArgumentError("`brightness_range` is a pair.", got=brightness_range, fix="brightness_range=(0.5, 1.5)")
    return apply_brightness_shift(x, np.random.uniform(*brightness_range), scale)
