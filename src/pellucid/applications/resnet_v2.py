"""ResNet50V2, ResNet101V2, ResNet152V2: bottlenecks that normalize before they convolve, so that the sum stays untouched.

Below:  resnet.py is the first version; widths of the stacks are the same.
Source: He et al. 2016, arXiv 1603.05027; keras.applications.resnet_v2, Keras 3.15.
"""

from __future__ import annotations

from functools import partial

from pellucid.applications import imagenet_utils
from pellucid.applications.blocks import chain
from pellucid.applications.building import Asked, constructor, network
from pellucid.applications.published import KERNELS, Published
from pellucid.applications.resnet import FILTERS, norm, relu
from pellucid.layers import Add, Conv2D, MaxPooling2D, ZeroPadding2D

__all__ = ["ResNet50V2", "ResNet101V2", "ResNet152V2", "decode_predictions", "preprocess_input"]


def resnet_v2(asked: Asked, depths: tuple[int, ...], file: str, hashes: tuple[str, str]):
    """The model with so many bottlenecks in its stacks."""
    published = Published(file + KERNELS, "resnet", hashes)
    return network(asked, partial(body, depths=depths), published)


def body(x, depths: tuple[int, ...]):
    x = chain(
        x,
        ZeroPadding2D(3, name="conv1_pad"),
        Conv2D(64, 7, strides=2, name="conv1_conv"),
        ZeroPadding2D(1, name="pool1_pad"),
        MaxPooling2D(3, strides=2, name="pool1_pool"),
    )
    for stack, (filters, depth) in enumerate(zip(FILTERS, depths, strict=True), start=2):
        for k in range(1, depth + 1):
            stride = 2 if k == depth and stack < 5 else 1
            x = bottleneck(x, filters, f"conv{stack}_block{k}", stride, projects=k == 1)
    return chain(x, norm("post_bn"), relu("post_relu"))


def bottleneck(x, filters: int, name: str, stride: int, projects: bool):
    """Normalize, narrow, look around, widen; the last of a stack halves the map."""
    ready = chain(x, norm(f"{name}_preact_bn"), relu(f"{name}_preact_relu"))
    shortcut = x
    if projects:
        shortcut = Conv2D(4 * filters, 1, strides=stride, name=f"{name}_0_conv")(ready)
    elif stride > 1:
        shortcut = MaxPooling2D(1, strides=stride)(x)
    x = chain(
        ready,
        Conv2D(filters, 1, use_bias=False, name=f"{name}_1_conv"),
        norm(f"{name}_1_bn"),
        relu(f"{name}_1_relu"),
        ZeroPadding2D(1, name=f"{name}_2_pad"),
        Conv2D(filters, 3, strides=stride, use_bias=False, name=f"{name}_2_conv"),
        norm(f"{name}_2_bn"),
        relu(f"{name}_2_relu"),
        Conv2D(4 * filters, 1, name=f"{name}_3_conv"),
    )
    return Add(name=f"{name}_out")([shortcut, x])


def _sister(title: str, depths: tuple[int, ...], hashes: tuple[str, str]):
    return constructor(__name__, title, partial(resnet_v2, depths=depths, file=title.lower(), hashes=hashes))


ResNet50V2 = _sister(
    "ResNet50V2", (3, 4, 6, 3), ("3ef43a0b657b3be2300d5770ece849e0", "fac2f116257151a9d068a22e544a4917")
)
ResNet101V2 = _sister(
    "ResNet101V2", (3, 4, 23, 3), ("6343647c601c52e1368623803854d971", "c0ed64b8031c3730f411d2eb4eea35b5")
)
ResNet152V2 = _sister(
    "ResNet152V2", (3, 8, 36, 3), ("a49b44d1979771252814e80f8ec446f9", "ed17cf2e0169df9d443503ef94b23b33")
)

preprocess_input = imagenet_utils.preprocessing(__name__, "tf")
decode_predictions = imagenet_utils.decode_predictions
