"""MobileNetV2: blocks that are wide inside and narrow where they are added.

Below:  mobilenet.py is the first version.
Source: Sandler et al. 2018, arXiv 1801.04381; keras.applications.mobilenet_v2, Keras 3.15.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from pellucid.applications import imagenet_utils
from pellucid.applications.blocks import chain, channel_axis, channels_of, halving_pad, rounded
from pellucid.applications.building import Asked, classifier, network, pooled_unnamed, sides_of
from pellucid.applications.mobilenet import check_published, sizes
from pellucid.applications.published import KERNELS, Published
from pellucid.graph.symbol import is_symbolic
from pellucid.layers import Add, BatchNormalization, Conv2D, DepthwiseConv2D, ReLU, ZeroPadding2D

__all__ = ["MobileNetV2", "decode_predictions", "preprocess_input"]

# How many times wider a block is inside, its filters, how many there are, and the stride of the first.
BLOCKS = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
ALPHAS = (0.35, 0.5, 0.75, 1.0, 1.3, 1.4)
SIDES = (96, 128, 160, 192, 224)


def MobileNetV2(  # noqa: N802  (Keras's public spelling)
    input_shape=None,
    alpha=1.0,
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name=None,
):
    """MobileNetV2, as Keras 3.15 builds it.

    Args:
        alpha: how many times as many filters each layer has.

    The others, and what is raised, are as in `ResNet50`. Without a name it is called by alpha and rows.
    """
    asked = Asked(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name)
    shape = input_shape or (input_tensor.shape[1:] if is_symbolic(input_tensor) else None)
    side, rows = sizes(asked, sides_of(shape) if shape else None, SIDES)
    if weights == "imagenet":
        check_published("alpha", alpha, ALPHAS)
    file = KERNELS.format(f"_{float(alpha)}_{rows}{{}}")
    return network(
        replace(asked, name=name or f"mobilenetv2_{alpha:0.2f}_{rows}"),
        partial(body, alpha=alpha),
        Published(f"mobilenet_v2{file}", "mobilenet_v2", without_top="_no_top"),
        size=side,
        top=partial(classifier, pool=None),
        bare=pooled_unnamed,
    )


def norm(name: str) -> BatchNormalization:
    return BatchNormalization(axis=channel_axis(), epsilon=1e-3, momentum=0.999, name=name)


def body(x, alpha: float):
    x = chain(
        x,
        Conv2D(rounded(32 * alpha), 3, strides=2, padding="same", use_bias=False, name="Conv1"),
        norm("bn_Conv1"),
        ReLU(6.0, name="Conv1_relu"),
    )
    number = 0
    for widening, filters, depth, stride in BLOCKS:
        for k in range(depth):
            name = f"block_{number}_" if number else "expanded_conv_"
            x = inverted(x, widening, rounded(int(filters * alpha)), stride if k == 0 else 1, name)
            number += 1
    last = rounded(1280 * alpha) if alpha > 1.0 else 1280
    return chain(x, Conv2D(last, 1, use_bias=False, name="Conv_1"), norm("Conv_1_bn"), ReLU(6.0, name="out_relu"))


def inverted(inputs, widening: int, filters: int, stride: int, name: str):
    """Widen (the first block does not), look around, narrow; added to what came in where sizes agree."""
    x, width = inputs, channels_of(inputs)
    if widening > 1:
        expand = Conv2D(widening * width, 1, padding="same", use_bias=False, name=f"{name}expand")
        x = chain(x, expand, norm(f"{name}expand_BN"), ReLU(6.0, name=f"{name}expand_relu"))
    if stride == 2:
        x = ZeroPadding2D(halving_pad(x, 3), name=f"{name}pad")(x)
    padding = "valid" if stride == 2 else "same"
    x = chain(
        x,
        DepthwiseConv2D(3, strides=stride, use_bias=False, padding=padding, name=f"{name}depthwise"),
        norm(f"{name}depthwise_BN"),
        ReLU(6.0, name=f"{name}depthwise_relu"),
        Conv2D(filters, 1, padding="same", use_bias=False, name=f"{name}project"),
        norm(f"{name}project_BN"),
    )
    return Add(name=f"{name}add")([inputs, x]) if width == filters and stride == 1 else x


preprocess_input = imagenet_utils.preprocessing(__name__, "tf")
decode_predictions = imagenet_utils.decode_predictions
