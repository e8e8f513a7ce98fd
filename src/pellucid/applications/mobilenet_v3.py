"""MobileNetV3Small and MobileNetV3Large: inverted blocks that weigh their channels by what the whole map holds.

Below:  mobilenet_v2.py has the same norm, mobilenet.py the check of widths.
Source: Howard et al. 2019, arXiv 1905.02244; keras.applications.mobilenet_v3, Keras 3.15.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from pellucid.applications import imagenet_utils
from pellucid.applications.blocks import chain, channels_of, halving_pad, rounded
from pellucid.applications.building import PREPARES, Asked, network, titled
from pellucid.applications.mobilenet import check_published
from pellucid.applications.mobilenet_v2 import norm
from pellucid.applications.published import Published
from pellucid.layers import (
    Activation,
    Add,
    Conv2D,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    Multiply,
    ReLU,
    Rescaling,
    ZeroPadding2D,
)

__all__ = ["decode_predictions", "preprocess_input"]

# Blocks: how many times wider inside, filters, window, stride, whether channels are weighed, and the activation.
SMALL = (
    (1, 16, 3, 2, True, "relu"),
    (72 / 16, 24, 3, 2, False, "relu"),
    (88 / 24, 24, 3, 1, False, "relu"),
    (4, 40, 5, 2, True, "swish"),
    *[(6, 40, 5, 1, True, "swish")] * 2,
    *[(3, 48, 5, 1, True, "swish")] * 2,
    (6, 96, 5, 2, True, "swish"),
    *[(6, 96, 5, 1, True, "swish")] * 2,
)
LARGE = (
    (1, 16, 3, 1, False, "relu"),
    (4, 24, 3, 2, False, "relu"),
    (3, 24, 3, 1, False, "relu"),
    (3, 40, 5, 2, True, "relu"),
    *[(3, 40, 5, 1, True, "relu")] * 2,
    (6, 80, 3, 2, False, "swish"),
    (2.5, 80, 3, 1, False, "swish"),
    *[(2.3, 80, 3, 1, False, "swish")] * 2,
    *[(6, 112, 3, 1, True, "swish")] * 2,
    (6, 160, 5, 2, True, "swish"),
    *[(6, 160, 5, 1, True, "swish")] * 2,
)
# MD5 of the published files, with the top and without, by size and alpha.
HASHES = {
    "large_224_0.75": ("765b44a33ad4005b3ac83185abf1d0eb", "40af19a13ebea4e2ee0c676887f69a2e"),
    "large_224_1.0": ("59e551e166be033d707958cf9e29a6a7", "07fb09a5933dd0c8eaafa16978110389"),
    "large_minimalistic_224_1.0": ("675e7b876c45c57e9e63e6d90a36599c", "ec5221f64a2f6d1ef965a614bdae7973"),
    "small_224_0.75": ("cb65d4e5be93758266aa0a7f2c6708b7", "ebdb5cc8e0b497cd13a7c275d475c819"),
    "small_224_1.0": ("8768d4c2e7dee89b9d02b2d03d65d862", "d3e8ec802a04aa4fc771ee12a9a9b836"),
    "small_minimalistic_224_1.0": ("99cd97fb2fcdad2bf028eb838de69e37", "cde8136e733e811080d9fcd8a252f7e4"),
}


TOLD = f"""\
        alpha: how many times as many filters each layer has.
        minimalistic: only windows of 3x3, ReLU, and no weighed channels, for simple processors.
        dropout_rate: share of values dropped before the classifier.
{PREPARES}"""


@dataclass(frozen=True)
class Chosen:
    """What the user chose of the network itself: see TOLD."""

    alpha: float
    minimalistic: bool
    dropout_rate: float
    include_preprocessing: bool

    def activation(self, kind: str):
        return ReLU() if self.minimalistic or kind == "relu" else Activation("hard_swish")


# Of each size: its blocks, and filters of the convolution in the top.
SIZES = {"small": (SMALL, 1024), "large": (LARGE, 1280)}


def _sister(title: str, size: str):
    def construct(
        input_shape=None,
        alpha=1.0,
        minimalistic=False,
        include_top=True,
        weights="imagenet",
        input_tensor=None,
        classes=1000,
        pooling=None,
        dropout_rate=0.2,
        classifier_activation="softmax",
        include_preprocessing=True,
        name=title,
    ):
        asked = Asked(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name)
        return mobilenet_v3(asked, Chosen(alpha, minimalistic, dropout_rate, include_preprocessing), size)

    return titled(construct, __name__, title, TOLD)


def mobilenet_v3(asked: Asked, chosen: Chosen, size: str):
    if asked.weights == "imagenet":
        check_published("alpha", chosen.alpha, (1.0,) if chosen.minimalistic else (0.75, 1.0))
    blocks, last = SIZES[size]
    told = f"{size}{'_minimalistic' if chosen.minimalistic else ''}_224_{float(chosen.alpha)}"
    file = f"weights_mobilenet_v3_{told}_float{{}}.h5"
    published = Published(file, "mobilenet_v3", HASHES.get(told, ()), without_top="_no_top_v2")
    return network(
        asked,
        partial(body, chosen=chosen, blocks=blocks),
        published,
        size=None,
        top=partial(top, chosen=chosen, last=last),
    )


def body(x, chosen: Chosen, blocks: tuple):
    if chosen.include_preprocessing:
        x = Rescaling(1 / 127.5, offset=-1.0)(x)
    x = chain(
        x,
        Conv2D(16, 3, strides=2, padding="same", use_bias=False, name="conv"),
        norm("conv_bn"),
        chosen.activation("swish"),
    )
    for k, block in enumerate(blocks):
        x = inverted(x, block, chosen, f"expanded_conv_{k}_" if k else "expanded_conv_")
    return chain(
        x,
        Conv2D(rounded(6 * channels_of(x)), 1, padding="same", use_bias=False, name="conv_1"),
        norm("conv_1_bn"),
        chosen.activation("swish"),
    )


def inverted(inputs, block: tuple, chosen: Chosen, name: str):
    """Widen (the first block does not), look around, weigh channels, narrow; added to what came in where sizes agree."""
    widening, filters, window, stride, weighs, kind = block
    filters, window = rounded(filters * chosen.alpha), 3 if chosen.minimalistic else window
    x, width = inputs, rounded(channels_of(inputs) * widening)
    if name != "expanded_conv_":
        expand = Conv2D(width, 1, padding="same", use_bias=False, name=f"{name}expand")
        x = chain(x, expand, norm(f"{name}expand_bn"), chosen.activation(kind))
    if stride == 2:
        x = ZeroPadding2D(halving_pad(x, window), name=f"{name}depthwise_pad")(x)
    padding = "valid" if stride == 2 else "same"
    x = chain(
        x,
        DepthwiseConv2D(window, strides=stride, padding=padding, use_bias=False, name=f"{name}depthwise"),
        norm(f"{name}depthwise_bn"),
        chosen.activation(kind),
    )
    if weighs and not chosen.minimalistic:
        x = weighed(x, width, f"{name}squeeze_excite_")
    x = chain(x, Conv2D(filters, 1, padding="same", use_bias=False, name=f"{name}project"), norm(f"{name}project_bn"))
    return Add(name=f"{name}add")([inputs, x]) if stride == 1 and channels_of(inputs) == filters else x


def weighed(x, width: int, name: str):
    """Each channel times a number from 0 to 1 that the means of all channels give."""
    weights = chain(
        x,
        GlobalAveragePooling2D(keepdims=True, name=f"{name}avg_pool"),
        Conv2D(rounded(width / 4), 1, padding="same", name=f"{name}conv"),
        ReLU(name=f"{name}relu"),
        Conv2D(width, 1, padding="same", name=f"{name}conv_1"),
    )
    weights = ReLU(6.0)(weights + 3.0) * (1 / 6)
    return Multiply(name=f"{name}mul")([x, weights])


def top(x, asked: Asked, chosen: Chosen, last: int):
    last = rounded(last * chosen.alpha) if chosen.alpha > 1.0 else last
    x = chain(
        x,
        GlobalAveragePooling2D(keepdims=True),
        Conv2D(last, 1, padding="same", name="conv_2"),
        chosen.activation("swish"),
    )
    if chosen.dropout_rate > 0:
        x = Dropout(chosen.dropout_rate)(x)
    return chain(
        x,
        Conv2D(asked.classes, 1, padding="same", name="logits"),
        Flatten(),
        Activation(asked.classifier_activation, name="predictions"),
    )


MobileNetV3Small = _sister("MobileNetV3Small", "small")
MobileNetV3Large = _sister("MobileNetV3Large", "large")

preprocess_input = imagenet_utils.preprocessing(__name__, None)
decode_predictions = imagenet_utils.decode_predictions
