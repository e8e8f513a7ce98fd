"""Inception's branches in words: ``"48 1x1, 64 5x5"`` is two convolutions, each normalized, with a ReLU.

Above:     inception_v3.py and inception_resnet_v2.py are tables of such words.
Words:     ``96 3x3`` 96 filters, "same"; ``96 3x3 valid``; ``96 3x3/2`` valid, with stride 2;
           ``384 1x3+3x1`` two convolutions side by side, joined; ``... as name`` names what joins them;
           ``avg`` mean over 3x3, "same"; ``max/2`` maximum over 3x3 with stride 2.
"""

from __future__ import annotations

from pellucid.applications.blocks import chain, channel_axis
from pellucid.layers import Activation, AveragePooling2D, BatchNormalization, Concatenate, Conv2D, MaxPooling2D


def mixed(x, branches: tuple[str, ...], name: str):
    """All branches of a map, joined along the channels."""
    return joined([branch(x, words) for words in branches], name)


def joined(maps: list, name: str | None = None):
    return Concatenate(axis=channel_axis(3), name=name)(maps)


def branch(x, words: str):
    """The map after all steps."""
    for step in words.split(", "):
        x = _step(x, step)
    return x


def _step(x, words: str):
    if words == "avg":
        return AveragePooling2D(3, strides=1, padding="same")(x)
    if words == "max/2":
        return MaxPooling2D(3, strides=2)(x)
    words, _, name = words.partition(" as ")
    filters, windows, *rest = words.split()
    windows, _, stride = windows.partition("/")
    padding = "valid" if stride or rest else "same"
    maps = [
        convolved(x, int(filters), tuple(map(int, window.split("x"))), int(stride or 1), padding)
        for window in windows.split("+")
    ]
    return maps[0] if len(maps) == 1 else joined(maps, name or None)


def convolved(x, filters: int, window, stride: int = 1, padding: str = "same", name: str | None = None):
    """A convolution, normalized without a scale, with a ReLU."""
    return chain(
        x,
        Conv2D(filters, window, strides=stride, padding=padding, use_bias=False, name=name),
        BatchNormalization(axis=channel_axis(3), scale=False, name=name and f"{name}_bn"),
        Activation("relu", name=name and f"{name}_ac"),
    )
