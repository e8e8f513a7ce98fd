"""EfficientNetB0 to B7: one network of inverted blocks, made wider and deeper step by step.

Below:  building.py holds what all applications share.
Above:  efficientnet_v2.py has the same blocks, but for the first stages.
Source: Tan and Le 2019, arXiv 1905.11946; keras.applications.efficientnet, Keras 3.15.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

from pellucid.applications import imagenet_utils
from pellucid.applications.blocks import chain, channel_axis, channels_of, halving_pad, rounded
from pellucid.applications.building import Asked, constructor, network
from pellucid.applications.imagenet_utils import TORCH_STD
from pellucid.applications.published import Published
from pellucid.initializers import VarianceScaling
from pellucid.layers import (
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    GlobalAveragePooling2D,
    Multiply,
    Normalization,
    Rescaling,
    Reshape,
    ZeroPadding2D,
)

__all__ = [
    "EfficientNetB0",
    "EfficientNetB1",
    "EfficientNetB2",
    "EfficientNetB3",
    "EfficientNetB4",
    "EfficientNetB5",
    "EfficientNetB6",
    "EfficientNetB7",
    "decode_predictions",
    "preprocess_input",
]

# Stages of B0: how many times wider inside, filters, window, stride of the first block, and how many blocks.
STAGES = (
    (1, 16, 3, 1, 1),
    (6, 24, 3, 2, 2),
    (6, 40, 5, 2, 2),
    (6, 80, 3, 2, 3),
    (6, 112, 5, 1, 3),
    (6, 192, 5, 2, 4),
    (6, 320, 3, 1, 1),
)
STEM, LAST = 32, 1280  # filters of the first and of the last convolution
DROP_CONNECT = 0.2  # how often the last block is left out in training; earlier ones less


@dataclass(frozen=True)
class Scaled:
    """How much larger than B0 a network is.

    Args:
        width, depth: how many times as many filters, and blocks.
        size: height and width of images.
        dropout: share of values dropped before the classifier.
        hashes: of the published files.
    """

    width: float
    depth: float
    size: int
    dropout: float
    hashes: tuple[str, str]

    def filters(self, filters: int) -> int:
        return rounded(filters * self.width)

    def blocks(self, blocks: int) -> int:
        return math.ceil(blocks * self.depth)


def efficientnet(asked: Asked, scaled: Scaled, file: str):
    prepares_again = asked.weights == "imagenet"
    return network(
        asked,
        partial(body, scaled=scaled, prepares_again=prepares_again),
        Published(f"{file}{{}}.h5", "/keras-applications", scaled.hashes),
        size=scaled.size,
        top=partial(top, dropout=scaled.dropout),
    )


def body(x, scaled: Scaled, prepares_again: bool):
    x = chain(x, Rescaling(1.0 / 255.0), Normalization(axis=channel_axis(3)))
    if prepares_again:  # the published weights were trained so
        x = Rescaling([1.0 / math.sqrt(deviation) for deviation in TORCH_STD])(x)
    x = chain(
        x,
        ZeroPadding2D(halving_pad(x, 3), name="stem_conv_pad"),
        convolution(scaled.filters(STEM), 3, "stem_conv", strides=2, padding="valid"),
        *norm_swish("stem_", 0.99),
    )
    total, number = sum(scaled.blocks(stage[-1]) for stage in STAGES), 0
    for stage, (widening, filters, window, stride, blocks) in enumerate(STAGES, start=1):
        for k in range(scaled.blocks(blocks)):
            name = f"block{stage}{chr(ord('a') + k)}_"
            drop = DROP_CONNECT * number / total
            x = inverted(x, widening, scaled.filters(filters), window, stride if k == 0 else 1, drop, name)
            number += 1
    return chain(x, convolution(scaled.filters(LAST), 1, "top_conv"), *norm_swish("top_", 0.99))


def inverted(inputs, widening: int, filters: int, window: int, stride: int, drop: float, name: str):
    """Widen, look around, weigh channels, narrow; added to what came in where sizes agree."""
    x, width = inputs, widening * channels_of(inputs)
    if widening > 1:
        x = chain(x, convolution(width, 1, f"{name}expand_conv"), *norm_swish(f"{name}expand_", 0.99))
    if stride == 2:
        x = ZeroPadding2D(halving_pad(x, window), name=f"{name}dwconv_pad")(x)
    x = chain(
        x,
        depthwise(window, stride, "valid" if stride == 2 else "same", f"{name}dwconv"),
        *norm_swish(name, 0.99),
    )
    x = excited(x, channels_of(inputs) // 4, name)
    x = chain(x, convolution(filters, 1, f"{name}project_conv"), norm(f"{name}project_bn", 0.99))
    return added(x, inputs, drop, name) if stride == 1 else x


def convolution(filters: int, window: int, name: str, **kwargs) -> Conv2D:
    kwargs = {"padding": "same", "use_bias": False, **kwargs}
    return Conv2D(filters, window, kernel_initializer=drawn(2.0, "truncated_normal"), name=name, **kwargs)


def depthwise(window: int, stride: int, padding: str, name: str) -> DepthwiseConv2D:
    return DepthwiseConv2D(
        window,
        strides=stride,
        padding=padding,
        use_bias=False,
        depthwise_initializer=drawn(2.0, "truncated_normal"),
        name=name,
    )


def drawn(scale: float, distribution: str) -> VarianceScaling:
    return VarianceScaling(scale, "fan_out", distribution)


def norm(name: str, momentum: float) -> BatchNormalization:
    return BatchNormalization(axis=channel_axis(3), momentum=momentum, name=name)


def norm_swish(name: str, momentum: float) -> tuple:
    return norm(f"{name}bn", momentum), Activation("swish", name=f"{name}activation")


def excited(x, narrow: int, name: str):
    """Each channel times a number from 0 to 1 that the means of all channels give."""
    width = channels_of(x)
    weights = chain(
        x,
        GlobalAveragePooling2D(name=f"{name}se_squeeze"),
        Reshape((1, 1, width) if channel_axis() == -1 else (width, 1, 1), name=f"{name}se_reshape"),
        convolution(max(1, narrow), 1, f"{name}se_reduce", activation="swish", use_bias=True),
        convolution(width, 1, f"{name}se_expand", activation="sigmoid", use_bias=True),
    )
    return Multiply(name=f"{name}se_excite")([x, weights])


def added(x, inputs, drop: float, name: str):
    """What came in beside what came of it, which is left out at times in training; alone if sizes differ."""
    if channels_of(x) != channels_of(inputs):
        return x
    if drop > 0:
        x = Dropout(drop, noise_shape=(None, 1, 1, 1), name=f"{name}drop")(x)
    return Add(name=f"{name}add")([x, inputs])


def top(x, asked: Asked, dropout: float, **kwargs):
    return chain(
        x,
        GlobalAveragePooling2D(name="avg_pool"),
        Dropout(dropout, name="top_dropout"),
        Dense(
            asked.classes,
            activation=asked.classifier_activation,
            kernel_initializer=drawn(1.0 / 3.0, "uniform"),
            name="predictions",
            **kwargs,
        ),
    )


def _sister(title: str, *scaled):
    return constructor(__name__, title, partial(efficientnet, scaled=Scaled(*scaled), file=title.lower()))


EfficientNetB0 = _sister(
    "EfficientNetB0", 1.0, 1.0, 224, 0.2, ("902e53a9f72be733fc0bcb005b3ebbac", "50bc09e76180e00e4465e1a485ddc09d")
)
EfficientNetB1 = _sister(
    "EfficientNetB1", 1.0, 1.1, 240, 0.2, ("1d254153d4ab51201f1646940f018540", "74c4e6b3e1f6a1eea24c589628592432")
)
EfficientNetB2 = _sister(
    "EfficientNetB2", 1.1, 1.2, 260, 0.3, ("b15cce36ff4dcbd00b6dd88e7857a6ad", "111f8e2ac8aa800a7a99e3239f7bfb39")
)
EfficientNetB3 = _sister(
    "EfficientNetB3", 1.2, 1.4, 300, 0.3, ("ffd1fdc53d0ce67064dc6a9c7960ede0", "af6d107764bb5b1abb91932881670226")
)
EfficientNetB4 = _sister(
    "EfficientNetB4", 1.4, 1.8, 380, 0.4, ("18c95ad55216b8f92d7e70b3a046e2fc", "ebc24e6d6c33eaebbd558eafbeedf1ba")
)
EfficientNetB5 = _sister(
    "EfficientNetB5", 1.6, 2.2, 456, 0.4, ("ace28f2a6363774853a83a0b21b9421a", "38879255a25d3c92d5e44e04ae6cec6f")
)
EfficientNetB6 = _sister(
    "EfficientNetB6", 1.8, 2.6, 528, 0.5, ("165f6e37dce68623721b423839de8be5", "9ecce42647a20130c1f39a5d4cb75743")
)
EfficientNetB7 = _sister(
    "EfficientNetB7", 2.0, 3.1, 600, 0.5, ("8c03f828fec3ef71311cd463b6759d99", "cbcfe4450ddf6f3ad90b1b398090fe4a")
)

preprocess_input = imagenet_utils.preprocessing(__name__, None)
decode_predictions = imagenet_utils.decode_predictions
