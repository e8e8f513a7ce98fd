"""Xception: separable convolutions, two or three in a block, each block added to what came into it.

Below:  building.py holds what all applications share.
Source: Chollet 2016, arXiv 1610.02357; keras.applications.xception, Keras 3.15.
"""

from __future__ import annotations

from pellucid.applications import imagenet_utils
from pellucid.applications.blocks import chain, channel_axis
from pellucid.applications.building import Asked, constructor, network, pooled_unnamed
from pellucid.applications.published import KERNELS, Published
from pellucid.layers import Activation, Add, BatchNormalization, Conv2D, MaxPooling2D, SeparableConv2D

__all__ = ["Xception", "decode_predictions", "preprocess_input"]

# Blocks that halve the map: number, and filters of its two convolutions. Blocks 5 to 12 keep it.
HALVING = {2: (128, 128), 3: (256, 256), 4: (728, 728), 13: (728, 1024)}
PUBLISHED = Published(
    "xception" + KERNELS, "xception", ("0a58e3b7378bc2990ea3b43d5981f1f6", "b0042744bf5b25fce3cb969f33bebb97")
)


def xception(asked: Asked):
    return network(asked, body, PUBLISHED, size=299, least=71, bare=pooled_unnamed)


def norm(name: str | None = None) -> BatchNormalization:
    return BatchNormalization(axis=channel_axis(), name=name)


def relu(name: str) -> Activation:
    return Activation("relu", name=f"{name}_act")


def separable(filters: int, name: str) -> tuple:
    return SeparableConv2D(filters, 3, padding="same", use_bias=False, name=name), norm(f"{name}_bn")


def body(x):
    for k, (filters, stride) in enumerate(((32, 2), (64, 1)), start=1):
        name = f"block1_conv{k}"
        x = chain(x, Conv2D(filters, 3, strides=stride, use_bias=False, name=name), norm(f"{name}_bn"), relu(name))
    for block in range(2, 14):
        x = halved(x, block, *HALVING[block]) if block in HALVING else kept(x, f"block{block}")
    for k, filters in enumerate((1536, 2048), start=1):
        name = f"block14_sepconv{k}"
        x = chain(x, *separable(filters, name), relu(name))
    return x


def halved(x, block: int, first: int, second: int):
    """Two convolutions and a pool, added to a projection of what came in."""
    name = f"block{block}"
    shortcut = chain(x, Conv2D(second, 1, strides=2, padding="same", use_bias=False), norm())
    if block > 2:  # what comes into the second block has just been through a ReLU
        x = relu(f"{name}_sepconv1")(x)
    x = chain(
        x,
        *separable(first, f"{name}_sepconv1"),
        relu(f"{name}_sepconv2"),
        *separable(second, f"{name}_sepconv2"),
        MaxPooling2D(3, strides=2, padding="same", name=f"{name}_pool"),
    )
    return Add()([x, shortcut])


def kept(inputs, name: str):
    """Three convolutions, added to what came in."""
    x = inputs
    for k in range(1, 4):
        x = chain(x, relu(f"{name}_sepconv{k}"), *separable(728, f"{name}_sepconv{k}"))
    return Add()([x, inputs])


Xception = constructor(__name__, "Xception", xception)

preprocess_input = imagenet_utils.preprocessing(__name__, "tf")
decode_predictions = imagenet_utils.decode_predictions
