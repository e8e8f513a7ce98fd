"""VGG16: thirteen convolutions in five blocks, and three Dense.

Above:  vgg19.py has more convolutions and is the same in all else.
Source: Simonyan and Zisserman 2014, arXiv 1409.1556; keras.applications.vgg16, Keras 3.15.
"""

from __future__ import annotations

from functools import partial

from pellucid.applications import imagenet_utils
from pellucid.applications.blocks import chain
from pellucid.applications.building import Asked, constructor, network, pooled_unnamed
from pellucid.applications.published import KERNELS, Published
from pellucid.layers import Conv2D, Dense, Flatten, MaxPooling2D

__all__ = ["VGG16", "decode_predictions", "preprocess_input"]

FILTERS = (64, 128, 256, 512, 512)  # of each block


def vgg(asked: Asked, depths: tuple[int, ...], file: str, hashes: tuple[str, str]):
    """The model with so many convolutions in its blocks."""
    published = Published(file + KERNELS, file, hashes)
    return network(asked, partial(body, depths=depths), published, top=top, bare=pooled_unnamed)


def body(x, depths: tuple[int, ...]):
    for block, (filters, depth) in enumerate(zip(FILTERS, depths, strict=True), start=1):
        for k in range(1, depth + 1):
            x = Conv2D(filters, 3, activation="relu", padding="same", name=f"block{block}_conv{k}")(x)
        x = MaxPooling2D(2, strides=2, name=f"block{block}_pool")(x)
    return x


def top(x, asked: Asked):
    return chain(
        x,
        Flatten(name="flatten"),
        Dense(4096, activation="relu", name="fc1"),
        Dense(4096, activation="relu", name="fc2"),
        Dense(asked.classes, activation=asked.classifier_activation, name="predictions"),
    )


def sister(module: str, title: str, depths: tuple[int, ...], hashes: tuple[str, str]):
    return constructor(module, title, partial(vgg, depths=depths, file=title.lower(), hashes=hashes))


VGG16 = sister(
    __name__, "VGG16", (2, 2, 3, 3, 3), ("64373286793e3c8b2b4e3219cbf3544b", "6d6bbae143d832006294945121d1f1fc")
)

preprocess_input = imagenet_utils.preprocessing(__name__, "caffe")
decode_predictions = imagenet_utils.decode_predictions
