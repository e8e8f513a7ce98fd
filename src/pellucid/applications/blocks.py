"""What bodies of networks are made with: layers in a chain, the axis of channels, widths, padding before a stride.

Above: each family's module.
"""

from __future__ import annotations

from pellucid.settings import image_data_format


def chain(x, *layers):
    """The value after all layers, one after the other."""
    for layer in layers:
        x = layer(x)
    return x


def channel_axis(last: int = -1) -> int:
    """The axis of channels: `last`, or 1 where images are channels_first."""
    return last if image_data_format() == "channels_last" else 1


def channels_of(x) -> int:
    """How many channels a map has."""
    return x.shape[channel_axis()]


def rounded(width: float, lowest: float = 0.9) -> int:
    """The multiple of 8 that is nearest, at least 8, and never below this share of the width: ``rounded(36)`` is 40."""
    near = max(8, int(width + 4) // 8 * 8)
    return near + 8 if near < lowest * width else near


def halving_pad(x, window: int) -> tuple:
    """Zeros around a map so that a window with stride 2 meets the cells that it would meet in TensorFlow's "same".

    One zero less at the beginning where the side is even, or not known.
    """
    first = 1 if image_data_format() == "channels_last" else 2
    height, width = x.shape[first : first + 2]
    if height is None:
        height = width = 2
    half = window // 2
    return tuple((half - 1 + side % 2, half) for side in (height, width))
