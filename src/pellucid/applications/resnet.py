"""ResNet50, ResNet101, ResNet152: stacks of bottlenecks, each added to what came into it.

Below:  building.py holds what all applications share.
Source: He et al. 2015, arXiv 1512.03385; keras.applications.resnet, Keras 3.15.
"""

from __future__ import annotations

from functools import partial

from pellucid.applications import imagenet_utils
from pellucid.applications.blocks import chain, channel_axis
from pellucid.applications.building import Asked, constructor, network
from pellucid.applications.published import KERNELS, Published
from pellucid.layers import Activation, Add, BatchNormalization, Conv2D, MaxPooling2D, ZeroPadding2D

__all__ = ["ResNet50", "ResNet101", "ResNet152", "decode_predictions", "preprocess_input"]

FILTERS = (64, 128, 256, 512)  # of the four stacks, conv2 to conv5


def norm(name: str) -> BatchNormalization:
    return BatchNormalization(axis=channel_axis(3), epsilon=1.001e-5, name=name)


def relu(name: str) -> Activation:
    return Activation("relu", name=name)


def resnet(asked: Asked, depths: tuple[int, ...], file: str, hashes: tuple[str, str]):
    """The model with so many bottlenecks in its stacks."""
    published = Published(file + KERNELS, "resnet", hashes)
    return network(asked, partial(body, depths=depths), published)


def body(x, depths: tuple[int, ...]):
    x = chain(
        x,
        ZeroPadding2D(3, name="conv1_pad"),
        Conv2D(64, 7, strides=2, name="conv1_conv"),
        norm("conv1_bn"),
        relu("conv1_relu"),
        ZeroPadding2D(1, name="pool1_pad"),
        MaxPooling2D(3, strides=2, name="pool1_pool"),
    )
    for stack, (filters, depth) in enumerate(zip(FILTERS, depths, strict=True), start=2):
        for k in range(1, depth + 1):
            stride = 2 if k == 1 and stack > 2 else 1
            x = bottleneck(x, filters, f"conv{stack}_block{k}", stride, projects=k == 1)
    return x


def bottleneck(x, filters: int, name: str, stride: int, projects: bool):
    """Narrow, look around, widen; the first of a stack projects its input to the new size."""
    shortcut = x
    if projects:
        shortcut = chain(x, Conv2D(4 * filters, 1, strides=stride, name=f"{name}_0_conv"), norm(f"{name}_0_bn"))
    x = chain(
        x,
        Conv2D(filters, 1, strides=stride, name=f"{name}_1_conv"),
        norm(f"{name}_1_bn"),
        relu(f"{name}_1_relu"),
        Conv2D(filters, 3, padding="same", name=f"{name}_2_conv"),
        norm(f"{name}_2_bn"),
        relu(f"{name}_2_relu"),
        Conv2D(4 * filters, 1, name=f"{name}_3_conv"),
        norm(f"{name}_3_bn"),
    )
    return chain([shortcut, x], Add(name=f"{name}_add"), relu(f"{name}_out"))


def _sister(title: str, depths: tuple[int, ...], hashes: tuple[str, str]):
    return constructor(__name__, title, partial(resnet, depths=depths, file=title.lower(), hashes=hashes))


ResNet50 = _sister("ResNet50", (3, 4, 6, 3), ("2cb95161c43110f7111970584f804107", "4d473c1dd8becc155b73f8504c6f6626"))
ResNet101 = _sister(
    "ResNet101", (3, 4, 23, 3), ("f1aeb4b969a6efcfb50fad2f0c20cfc5", "88cf7a10940856eca736dc7b7e228a21")
)
ResNet152 = _sister(
    "ResNet152", (3, 8, 36, 3), ("100835be76be38e30d865e96f2aaae62", "ee4c566cf9a93f14d82f913c2dc6dd0c")
)

preprocess_input = imagenet_utils.preprocessing(__name__, "caffe")
decode_predictions = imagenet_utils.decode_predictions
