"""Images: what a value must be to count as one, and one or many of them treated alike.

Above:  colors.py, filtering.py, framing.py, patches.py, resizing.py, warping.py; ops/image.py is the public door.
Axes:   (height, width, channels) or (batch, height, width, channels); with channels_first the channels lead the height.
"""

from __future__ import annotations

import torch

from pellucid.errors import ArgumentError, DtypeError, ShapeError
from pellucid.settings import standardize_data_format


def check_image(shape, name: str = "images", ranks=(3, 4)) -> None:
    """Whether a shape is that of an image or a batch of them.

    Raises:
        ShapeError: another number of axes.
    """
    if len(shape) not in ranks:
        words = {3: "(height, width, channels)", 4: "(batch, height, width, channels)"}
        raise ShapeError(
            f"`{name}` are one image or a batch of them.",
            got=f"{len(shape)} axes: {tuple(shape)}",
            expected=" or ".join(words[rank] for rank in ranks),
            fix="ops.expand_dims(images, -1)" if len(shape) == 2 else "ops.reshape(images, ...)",
        )


def check_one_of(name: str, given, known) -> None:
    """Whether an argument is one of the words it may be.

    Raises:
        ArgumentError: it is not.
    """
    if given not in known:
        expected = ", ".join(map(repr, known))
        raise ArgumentError(
            f"Unknown `{name}`.", got=repr(given), expected=expected, fix=f"{name}={next(iter(known))!r}"
        )


def check_float(images: torch.Tensor) -> None:
    """Whether images hold fractions.

    Raises:
        DtypeError: they do not.
    """
    if not images.is_floating_point():
        raise DtypeError(
            "These colors are fractions from 0 to 1.",
            got=str(images.dtype).removeprefix("torch."),
            expected="a float dtype",
            fix='ops.cast(images, "float32") / 255',
        )


def check_three_channels(shape, data_format) -> None:
    """Whether images have red, green and blue, or hue, saturation and value.

    Raises:
        ShapeError: another number of channels.
    """
    channels = shape[channels_axis(data_format)]
    if channels != 3:
        raise ShapeError(f"The images have {channels} channels.", got=tuple(shape), expected="3 channels")


def channels_axis(data_format) -> int:
    """Where the channels of an image or a batch lie, counted from the end."""
    return -1 if standardize_data_format(data_format) == "channels_last" else -3


def height_axis(data_format) -> int:
    """Where the height lies, counted from the end; the width is next."""
    return -3 if standardize_data_format(data_format) == "channels_last" else -2


def batch_channels_first(images: torch.Tensor, data_format) -> torch.Tensor:
    """One or many images seen as (batch, channels, height, width); no copy."""
    images = images if images.ndim == 4 else images.unsqueeze(0)
    return images if channels_axis(data_format) == -3 else images.permute(0, 3, 1, 2)


def batch_channels_last(images: torch.Tensor, data_format) -> torch.Tensor:
    """One or many images seen as (batch, height, width, channels); no copy."""
    images = images if images.ndim == 4 else images.unsqueeze(0)
    return images if channels_axis(data_format) == -1 else images.permute(0, 2, 3, 1)


def from_channels_first(images: torch.Tensor, data_format, ndim: int) -> torch.Tensor:
    """`batch_channels_first` undone, for images that had `ndim` axes."""
    images = images if channels_axis(data_format) == -3 else images.permute(0, 2, 3, 1)
    return images if ndim == 4 else images.squeeze(0)


def from_channels_last(images: torch.Tensor, data_format, ndim: int) -> torch.Tensor:
    """`batch_channels_last` undone, for images that had `ndim` axes."""
    images = images if channels_axis(data_format) == -1 else images.permute(0, 3, 1, 2)
    return images if ndim == 4 else images.squeeze(0)
