"""MobileNet: a depthwise convolution and a 1x1 convolution in place of each convolution.

Below:  building.py holds what all applications share.
Above:  mobilenet_v2.py; its weights are published for several sizes of images, too.
Source: Howard et al. 2017, arXiv 1704.04861; keras.applications.mobilenet, Keras 3.15.
"""

from __future__ import annotations

import warnings
from dataclasses import replace

from pellucid.applications import imagenet_utils
from pellucid.applications.blocks import chain, channel_axis
from pellucid.applications.building import Asked, network, pooled_unnamed, sides_of
from pellucid.applications.published import Published
from pellucid.errors import ArgumentError
from pellucid.layers import (
    Activation,
    BatchNormalization,
    Conv2D,
    DepthwiseConv2D,
    Dropout,
    GlobalAveragePooling2D,
    ReLU,
    Reshape,
    ZeroPadding2D,
)

__all__ = ["MobileNet", "decode_predictions", "preprocess_input"]

# Filters and stride of each block.
BLOCKS = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1))
# How many times as many filters the published weights have, as their files write it; and the sizes of their images.
ALPHAS = {0.25: "2_5", 0.5: "5_0", 0.75: "7_5", 1.0: "1_0"}
SIDES = (128, 160, 192, 224)


def MobileNet(  # noqa: N802  (Keras's public spelling)
    input_shape=None,
    alpha=1.0,
    depth_multiplier=1,
    dropout=0.001,
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name=None,
):
    """MobileNet, as Keras 3.15 builds it.

    Args:
        alpha: how many times as many filters each layer has.
        depth_multiplier: how many maps a depthwise convolution makes of each.
        dropout: share of values dropped before the classifier.

    The others, and what is raised, are as in `ResNet50`. Without a name it is called by alpha and rows.
    """
    asked = Asked(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name)
    side, rows = sizes(asked, sides_of(input_shape) if input_shape else None, SIDES)
    if weights == "imagenet":
        check_published("depth_multiplier", depth_multiplier, (1,))
        check_published("alpha", alpha, tuple(ALPHAS))
    published = Published(f"mobilenet_{ALPHAS.get(alpha)}_{rows}_tf{{}}.h5", "mobilenet", without_top="_no_top")
    return network(
        replace(asked, name=name or f"mobilenet_{alpha:0.2f}_{rows}"),
        lambda x: body(x, alpha, depth_multiplier),
        published,
        size=side,
        top=lambda x, asked: top(x, asked, dropout),
        bare=pooled_unnamed,
    )


def sizes(asked: Asked, sides: tuple | None, published: tuple[int, ...]) -> tuple[int, int | None]:
    """The side of the usual image, and the rows that name the model.

    Args:
        sides: height and width of the user's images, where they are told.
        published: sides of images that there are weights for.
    """
    is_known = sides is not None and sides[0] == sides[1] and sides[0] in published
    side = sides[0] if sides is not None and is_known else 224
    if asked.weights != "imagenet":
        given = sides_of(asked.input_shape)[0] if asked.input_shape else side if asked.include_top else None
        return side, given
    if not is_known and not (asked.include_top and asked.input_shape is None):
        warnings.warn(
            f"There are no published weights for images of this size; those for {side}x{side} are taken. "
            f"There are some for input_shape=({side}, {side}, 3) and sides of {', '.join(map(str, published))}.",
            stacklevel=3,
        )
    return side, side


def check_published(word: str, value, published: tuple) -> None:
    """Raise where there are no published weights for this value of an argument."""
    if value not in published:
        raise ArgumentError(
            f"There are no published weights with this `{word}`.",
            got=f"{word}={value}",
            expected=", ".join(map(str, published)),
            fix="weights=None",
        )


def body(x, alpha: float, depth_multiplier: int):
    x = chain(
        x,
        Conv2D(int(32 * alpha), 3, padding="same", use_bias=False, strides=2, name="conv1"),
        *_norm_relu("conv1"),
    )
    for k, (filters, stride) in enumerate(BLOCKS, start=1):
        if stride == 2:
            x = ZeroPadding2D(((0, 1), (0, 1)), name=f"conv_pad_{k}")(x)
        padding = "valid" if stride == 2 else "same"
        x = chain(
            x,
            DepthwiseConv2D(
                3,
                padding=padding,
                depth_multiplier=depth_multiplier,
                strides=stride,
                use_bias=False,
                name=f"conv_dw_{k}",
            ),
            *_norm_relu(f"conv_dw_{k}"),
            Conv2D(int(filters * alpha), 1, padding="same", use_bias=False, name=f"conv_pw_{k}"),
            *_norm_relu(f"conv_pw_{k}"),
        )
    return x


def _norm_relu(name: str) -> tuple:
    return BatchNormalization(axis=channel_axis(), name=f"{name}_bn"), ReLU(6.0, name=f"{name}_relu")


def top(x, asked: Asked, dropout: float):
    return chain(
        x,
        GlobalAveragePooling2D(keepdims=True),
        Dropout(dropout, name="dropout"),
        Conv2D(asked.classes, 1, padding="same", name="conv_preds"),
        Reshape((asked.classes,), name="reshape_2"),
        Activation(asked.classifier_activation, name="predictions"),
    )


preprocess_input = imagenet_utils.preprocessing(__name__, "tf")
decode_predictions = imagenet_utils.decode_predictions
