"""DenseNet121, DenseNet169, DenseNet201: each step adds 32 channels to all that came before it.

Below:  building.py holds what all applications share.
Source: Huang et al. 2016, arXiv 1608.06993; keras.applications.densenet, Keras 3.15.
"""

from __future__ import annotations

from functools import partial

from pellucid.applications import imagenet_utils
from pellucid.applications.blocks import chain, channels_of
from pellucid.applications.building import Asked, constructor, network, refuse_channels_first
from pellucid.applications.published import KERNELS, Published
from pellucid.applications.resnet import norm, relu
from pellucid.layers import AveragePooling2D, Concatenate, Conv2D, MaxPooling2D, ZeroPadding2D

__all__ = ["DenseNet121", "DenseNet169", "DenseNet201", "decode_predictions", "preprocess_input"]

GROWTH = 32  # channels that a step adds


def densenet(asked: Asked, depths: tuple[int, ...], file: str, hashes: tuple[str, str]):
    """The model with so many steps in its blocks."""
    refuse_channels_first("DenseNet")
    return network(asked, partial(body, depths=depths), Published(file + KERNELS, "densenet", hashes))


def body(x, depths: tuple[int, ...]):
    x = chain(
        x,
        ZeroPadding2D(3),
        Conv2D(64, 7, strides=2, use_bias=False, name="conv1_conv"),
        norm("conv1_bn"),
        relu("conv1_relu"),
        ZeroPadding2D(1),
        MaxPooling2D(3, strides=2, name="pool1"),
    )
    for block, depth in enumerate(depths, start=2):
        if block > 2:
            x = halved(x, f"pool{block - 1}")
        for k in range(1, depth + 1):
            x = grown(x, f"conv{block}_block{k}")
    return chain(x, norm("bn"), relu("relu"))


def halved(x, name: str):
    """Half of the channels, on half of the height and width."""
    narrow = Conv2D(channels_of(x) // 2, 1, use_bias=False, name=f"{name}_conv")
    return chain(x, norm(f"{name}_bn"), relu(f"{name}_relu"), narrow, AveragePooling2D(2, name=f"{name}_pool"))


def grown(x, name: str):
    """What came in, and new channels beside it."""
    new = chain(
        x,
        norm(f"{name}_0_bn"),
        relu(f"{name}_0_relu"),
        Conv2D(4 * GROWTH, 1, use_bias=False, name=f"{name}_1_conv"),
        norm(f"{name}_1_bn"),
        relu(f"{name}_1_relu"),
        Conv2D(GROWTH, 3, padding="same", use_bias=False, name=f"{name}_2_conv"),
    )
    return Concatenate(axis=3, name=f"{name}_concat")([x, new])


def _sister(title: str, depths: tuple[int, ...], hashes: tuple[str, str]):
    return constructor(__name__, title, partial(densenet, depths=depths, file=title.lower(), hashes=hashes))


DenseNet121 = _sister(
    "DenseNet121", (6, 12, 24, 16), ("9d60b8095a5708f2dcce2bca79d332c7", "30ee3e1110167f948a6b9946edeeb738")
)
DenseNet169 = _sister(
    "DenseNet169", (6, 12, 32, 32), ("d699b8f76981ab1b30698df4c175e90b", "b8c4d4c20dd625c148057b9ff1c1176b")
)
DenseNet201 = _sister(
    "DenseNet201", (6, 12, 48, 32), ("1ceb130c1ea1b78c3bf6114dbdfd8807", "c13680b51ded0fb44dff2d8f86ac8bb1")
)

preprocess_input = imagenet_utils.preprocessing(__name__, "torch")
decode_predictions = imagenet_utils.decode_predictions
