"""NASNetMobile and NASNetLarge: cells that a search found, each fed by the two cells before it.

Below:  building.py holds what all applications share.
Kept true: weights' paths have Keras's scopes, `normal_A_block_0/block_1/...`.
Source: Zoph et al. 2017, arXiv 1707.07012; keras.applications.nasnet, Keras 3.15.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from pellucid.applications import imagenet_utils
from pellucid.applications.blocks import chain, channels_of, halving_pad
from pellucid.applications.building import Asked, classifier, network, pooled_unnamed, refuse_channels_first
from pellucid.applications.published import Published
from pellucid.layers import (
    Activation,
    Add,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Cropping2D,
    MaxPooling2D,
    SeparableConv2D,
    ZeroPadding2D,
)
from pellucid.naming import name_scope

__all__ = ["NASNetLarge", "NASNetMobile", "decode_predictions", "preprocess_input"]


@dataclass(frozen=True)
class Plan:
    """What makes one of the two networks.

    Args:
        size: height and width of images.
        filters: of the first normal cells; twice and four times as many later.
        depth: normal cells between two reductions.
        stem: filters of the first convolution.
        skips_reduction: whether the cell after a reduction is fed by what came before it.
    """

    size: int
    filters: int
    depth: int
    stem: int
    skips_reduction: bool
    published: Published


MOBILE = Plan(
    size=224,
    filters=44,
    depth=4,
    stem=32,
    skips_reduction=False,
    published=Published(
        "nasnet_mobile{}.h5",
        "nasnet",
        ("020fb642bf7360b370c678b08e0adf61", "1ed92395b5b598bdda52abe5c0dbfd63"),
        without_top="_no_top",
        original="NASNet-mobile{}.h5",
    ),
)
LARGE = Plan(
    size=331,
    filters=168,
    depth=6,
    stem=96,
    skips_reduction=True,
    published=Published(
        "nasnet_large{}.h5",
        "nasnet",
        ("11577c9a518f0070763c2b964a382f17", "d81d89dc07e6e56530c4e77faddd61b5"),
        without_top="_no_top",
        original="NASNet-large{}.h5",
    ),
)


def nasnet(asked: Asked, plan: Plan):
    refuse_channels_first("NASNet")
    return network(
        asked,
        partial(body, plan=plan),
        plan.published,
        size=plan.size,
        top=partial(classifier, pool=None),
        bare=pooled_unnamed,
    )


def norm(name: str) -> BatchNormalization:
    return BatchNormalization(axis=-1, momentum=0.9997, epsilon=1e-3, name=name)


def pointwise(filters: int, name: str) -> Conv2D:
    return Conv2D(filters, 1, padding="same", use_bias=False, kernel_initializer="he_normal", name=name)


def body(x, plan: Plan):
    x = chain(
        x,
        Conv2D(plan.stem, 3, strides=2, use_bias=False, kernel_initializer="he_normal", name="stem_conv1"),
        norm("stem_bn1"),
    )
    before, x = x, reduced(x, None, plan.filters // 4, "stem_1")
    before, x = x, reduced(x, before, plan.filters // 2, "stem_2")
    filters = plan.filters
    for stage in range(3):
        if stage:
            skipped, filters = before, 2 * filters
            before, x = x, reduced(x, before, filters, f"reduce_{stage * plan.depth}")
            before = skipped if plan.skips_reduction else before
        first = stage * plan.depth + (1 if stage else 0)
        for cell in range(first, first + plan.depth):
            before, x = x, normal(x, before, filters, str(cell))
    return Activation("relu")(x)


def normal(x, before, filters: int, name: str):
    """A cell that keeps height and width; `before` is what the cell before the last gave."""
    with name_scope(f"normal_A_block_{name}"):
        return _normal(x, before, filters, name)


def _normal(x, before, filters: int, name: str):
    p = fitted(before, x, filters, name)
    h = chain(x, Activation("relu"), pointwise(filters, f"normal_conv_1_{name}"), norm(f"normal_bn_1_{name}"))

    def mean(x, part: str):
        return AveragePooling2D(3, strides=1, padding="same", name=f"normal_{part}_{name}")(x)

    def look(x, window: int, part: str):
        return separable(x, filters, window, f"normal_{part}_{name}", f"block_{part[-1]}")

    def add(k: int, *maps):
        return Add(name=f"normal_add_{k}_{name}")(list(maps))

    parts = [
        p,
        add(1, look(h, 5, "left1"), look(p, 3, "right1")),
        add(2, look(p, 5, "left2"), look(p, 3, "right2")),
        add(3, mean(h, "left3"), p),
        add(4, mean(p, "left4"), mean(p, "right4")),
        add(5, look(h, 3, "left5"), h),
    ]
    return Concatenate(axis=-1, name=f"normal_concat_{name}")(parts)


def reduced(x, before, filters: int, name: str):
    """A cell that halves height and width."""
    with name_scope(f"reduction_A_block_{name}"):
        return _reduced(x, before, filters, name)


def _reduced(x, before, filters: int, name: str):
    p = fitted(before, x, filters, name)
    h = chain(x, Activation("relu"), pointwise(filters, f"reduction_conv_1_{name}"), norm(f"reduction_bn_1_{name}"))
    padded = ZeroPadding2D(halving_pad(h, 3), name=f"reduction_pad_1_{name}")(h)

    def pool(layer, part: str):
        return layer(3, strides=2, name=f"reduction_{part}_{name}")(padded)

    def look(x, window: int, part: str):
        return separable(x, filters, window, f"reduction_{part}_{name}", f"block_{part[-1]}", stride=2)

    def add(word: str | None, *maps):
        return Add(name=word and f"reduction_{word}_{name}")(list(maps))

    first = add("add_1", look(h, 5, "left1"), look(p, 7, "right1"))
    second = add("add_2", pool(MaxPooling2D, "left2"), look(p, 7, "right2"))
    third = add("add3", pool(AveragePooling2D, "left3"), look(p, 5, "right3"))
    mean = AveragePooling2D(3, strides=1, padding="same", name=f"reduction_left4_{name}")(first)
    fourth = add(None, second, mean)
    last = separable(first, filters, 3, f"reduction_left4_{name}", "block_5")
    fifth = add("add4", last, pool(MaxPooling2D, "right5"))
    return Concatenate(axis=-1, name=f"reduction_concat_{name}")([second, third, fourth, fifth])


def separable(x, filters: int, window: int, name: str, block: str, stride: int = 1):
    """Two separable convolutions, each after a ReLU; the first may halve the map."""
    x, padding = Activation("relu")(x), "same"
    if stride == 2:
        x, padding = ZeroPadding2D(halving_pad(x, window), name=f"separable_conv_1_pad_{name}")(x), "valid"

    def convolution(k: int, **kwargs):
        return SeparableConv2D(filters, window, use_bias=False, name=f"separable_conv_{k}_{name}", **kwargs)

    with name_scope(block), name_scope(f"separable_conv_block_{name}"):
        return chain(
            x,
            convolution(1, strides=stride, padding=padding),
            norm(f"separable_conv_1_bn_{name}"),
            Activation("relu"),
            convolution(2, padding="same"),
            norm(f"separable_conv_2_bn_{name}"),
        )


def fitted(before, x, filters: int, name: str):
    """What an earlier cell gave, in as many rows and channels as this one works with."""
    if before is None:
        return x
    if before.shape[-2] != x.shape[-2]:
        with name_scope("adjust_block"), name_scope(f"adjust_reduction_block_{name}"):
            return halved(before, filters, name)
    if channels_of(before) != filters:
        projection = pointwise(filters, f"adjust_conv_projection_{name}")
        with name_scope("adjust_block"), name_scope(f"adjust_projection_block_{name}"):
            return chain(before, Activation("relu"), projection, norm(f"adjust_bn_{name}"))
    return before


def halved(x, filters: int, name: str):
    """Every second cell, from the first on and from the second on, side by side."""
    x = Activation("relu", name=f"adjust_relu_1_{name}")(x)
    moves = ((), (ZeroPadding2D(((0, 1), (0, 1))), Cropping2D(((1, 0), (1, 0)))))
    halves = [
        chain(
            x,
            *moved,
            AveragePooling2D(1, strides=2, name=f"adjust_avg_pool_{k}_{name}"),
            pointwise(filters // 2, f"adjust_conv_{k}_{name}"),
        )
        for k, moved in enumerate(moves, start=1)
    ]
    return chain(halves, Concatenate(axis=-1), norm(f"adjust_bn_{name}"))


def NASNetMobile(  # noqa: N802  (Keras's public spelling)
    input_shape=None,
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="nasnet_mobile",
):
    """NASNetMobile, as Keras 3.15 builds it; arguments, and what is raised, are as in `ResNet50`."""
    if not include_top and input_shape is None:
        input_shape = (224, 224, 3)
    asked = Asked(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name)
    return nasnet(asked, MOBILE)


def NASNetLarge(  # noqa: N802  (Keras's public spelling)
    input_shape=None,
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="nasnet_large",
):
    """NASNetLarge, as Keras 3.15 builds it; arguments, and what is raised, are as in `ResNet50`."""
    asked = Asked(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name)
    return nasnet(asked, LARGE)


preprocess_input = imagenet_utils.preprocessing(__name__, "tf")
decode_predictions = imagenet_utils.decode_predictions
