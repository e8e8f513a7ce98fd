"""Fitting: images cut in the middle to the form of a frame, then resized, so that nothing is stretched.

Below:  resampling.py resizes.
"""

from __future__ import annotations

import numpy as np

from pellucid.errors import ArgumentError, ShapeError
from pellucid.graph.values import convert_to_tensor
from pellucid.ops.resampling import resize


def smart_resize(x, size, interpolation="bilinear", data_format="channels_last"):
    """Images in another size, of which the longer side was cut first.

    Args:
        x: (height, width, channels), with or without a batch axis, or channels first.
        size: height and width.

    Returns:
        An array for an array, a tensor for a tensor.

    Raises:
        ArgumentError: not two sizes.
        ShapeError: no image.

    Source: keras.preprocessing.image.smart_resize, Keras 3.15.
    """
    if len(size) != 2:
        raise ArgumentError("`size` is a height and a width.", got=size, expected="(224, 224)")
    image = convert_to_tensor(x)
    if image.ndim not in (3, 4):
        raise ShapeError("This is no image.", got=tuple(image.shape), expected="(height, width, channels)")
    first = image.ndim - 3 if data_format == "channels_last" else image.ndim - 2
    height, width = image.shape[first : first + 2]
    for axis, (side, other, wanted) in enumerate(((height, width, size), (width, height, size[::-1])), start=first):
        kept = max(min(side, int(other * wanted[0] / wanted[1])), 1)
        image = image.narrow(axis, (side - kept) // 2, kept)
    image = resize(image, tuple(size), interpolation=interpolation, data_format=data_format)
    return image.cpu().numpy() if isinstance(x, np.ndarray) else image
