"""InceptionResNetV2: mixtures of branches, each added, made small, to what came into it.

Below:  inception.py reads the words of the tables.
Source: Szegedy et al. 2016, arXiv 1602.07261; keras.applications.inception_resnet_v2, Keras 3.15.
"""

from __future__ import annotations

from pellucid.applications import imagenet_utils
from pellucid.applications.blocks import channels_of
from pellucid.applications.building import Asked, constructor, network, pooled_unnamed
from pellucid.applications.inception import branch, convolved, mixed
from pellucid.applications.inception_v3 import STEM
from pellucid.applications.published import KERNELS, Published
from pellucid.layers import Activation, Conv2D
from pellucid.layers.residual import CustomScaleLayer

__all__ = ["InceptionResNetV2", "decode_predictions", "preprocess_input"]

# What makes the map of each stage; then its blocks: name, branches, and the scale of each block.
STAGES = (
    (
        "mixed_5b",
        ("96 1x1", "48 1x1, 64 5x5", "64 1x1, 96 3x3, 96 3x3", "avg, 64 1x1"),
        "block35",
        ("32 1x1", "32 1x1, 32 3x3", "32 1x1, 48 3x3, 64 3x3"),
        [0.17] * 10,
    ),
    (
        "mixed_6a",
        ("384 3x3/2", "256 1x1, 256 3x3, 384 3x3/2", "max/2"),
        "block17",
        ("192 1x1", "128 1x1, 160 1x7, 192 7x1"),
        [0.1] * 20,
    ),
    (
        "mixed_7a",
        ("256 1x1, 384 3x3/2", "256 1x1, 288 3x3/2", "256 1x1, 288 3x3, 320 3x3/2", "max/2"),
        "block8",
        ("192 1x1", "192 1x1, 224 1x3, 256 3x1"),
        [0.2] * 9 + [1.0],
    ),
)
LAST = "block8_10"  # has no ReLU at its end
PUBLISHED = Published(
    "inception_resnet_v2" + KERNELS,
    "inception_resnet_v2",
    ("e693bd0210a403b3192acc6073ad2e96", "d19885ff4a710c122648d3b5c3b684e4"),
)


def inception_resnet_v2(asked: Asked):
    return network(asked, body, PUBLISHED, size=299, least=75, bare=pooled_unnamed)


def body(x):
    x = branch(x, STEM)
    for name, branches, block, block_branches, scales in STAGES:
        x = mixed(x, branches, name)
        for k, scale in enumerate(scales, start=1):
            x = residual(x, block_branches, scale, f"{block}_{k}")
    return convolved(x, 1536, 1, name="conv_7b")


def residual(x, branches: tuple[str, ...], scale: float, name: str):
    """The branches, brought to as many channels as came in, made small and added."""
    y = mixed(x, branches, f"{name}_mixed")
    y = Conv2D(channels_of(x), 1, padding="same", name=f"{name}_conv")(y)
    x = CustomScaleLayer(scale)([x, y])
    return x if name == LAST else Activation("relu", name=f"{name}_ac")(x)


InceptionResNetV2 = constructor(__name__, "InceptionResNetV2", inception_resnet_v2, name="inception_resnet_v2")

preprocess_input = imagenet_utils.preprocessing(__name__, "tf")
decode_predictions = imagenet_utils.decode_predictions
