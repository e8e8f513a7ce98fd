"""Colors of images: gray, and hue, saturation and value instead of red, green and blue.

Below:  images.py says what an image is.
Source: ITU-R BT.601 for the weights of gray; Foley and van Dam for hue, saturation and value.
"""

from __future__ import annotations

import torch

from pellucid.errors import ShapeError
from pellucid.graph.operation import operation
from pellucid.ops.images import channels_axis, check_float, check_image, check_three_channels
from pellucid.ops.promotion import tensor

GRAY = (0.2989, 0.587, 0.114)


@operation
def rgb_to_grayscale(images, data_format=None):
    """One channel ``0.2989 red + 0.587 green + 0.114 blue``; gray images stay as they are.

    Raises:
        ShapeError: no image, or neither 1 nor 3 channels.
    """
    images = tensor(images)
    check_image(images.shape)
    axis = channels_axis(data_format)
    if images.shape[axis] == 1:
        return images
    if images.shape[axis] != 3:
        raise ShapeError(
            f"The images have {images.shape[axis]} channels.",
            got=tuple(images.shape),
            expected="3 (colors) or 1 (gray)",
        )
    red, green, blue = images.unbind(axis)
    return (GRAY[0] * red + GRAY[1] * green + GRAY[2] * blue).to(images.dtype).unsqueeze(axis)


@operation
def rgb_to_hsv(images, data_format=None):
    """Red, green and blue from 0 to 1 as hue (a full turn is 1), saturation and value.

    Raises:
        ShapeError: no image, or not 3 channels.
        DtypeError: whole numbers.
    """
    images = tensor(images)
    _check(images, data_format)
    axis = channels_axis(data_format)
    images = torch.where(images.abs() < torch.finfo(images.dtype).eps, 0.0, images)
    red, green, blue = images.unbind(axis)
    value = images.amax(axis)
    spread = value - images.amin(axis)
    # Divisors that nobody reads are 1, which keeps gradients finite.
    saturation = spread / torch.where(value > 0, value, 1.0)
    sixth = 1.0 / (6.0 * torch.where(spread > 0, spread, 1.0))
    of_green = sixth * (blue - red) + 2.0 / 6.0
    of_blue = sixth * (red - green) + 4.0 / 6.0
    hue = torch.where(value == red, sixth * (green - blue), torch.where(value == green, of_green, of_blue))
    hue = torch.where(hue < 0, hue + 1.0, hue)
    grayish = (value > 0).to(value.dtype)
    return torch.stack([torch.where(spread > 0, hue, 0.0), saturation * grayish, value], axis)


@operation
def hsv_to_rgb(images, data_format=None):
    """Hue (a full turn is 1), saturation and value as red, green and blue.

    Raises:
        ShapeError: no image, or not 3 channels.
        DtypeError: whole numbers.
    """
    images = tensor(images)
    _check(images, data_format)
    axis = channels_axis(data_format)
    hue, saturation, value = images.unbind(axis)
    turn = torch.remainder(hue, 1.0) * 6.0
    # How much of each color a pure hue has: a trapeze around its own sixth of the circle.
    pure = ((turn - 3.0).abs() - 1.0, 2.0 - (turn - 2.0).abs(), 2.0 - (turn - 4.0).abs())
    return torch.stack([value * (1.0 - saturation + saturation * one.clamp(0.0, 1.0)) for one in pure], axis)


def _check(images, data_format):
    check_image(images.shape)
    check_float(images)
    check_three_channels(images.shape, data_format)
