"""EfficientNetV2 B0 to B3, S, M, L: EfficientNet with whole convolutions in its first stages.

Below:  efficientnet.py has the layers that both are made of.
Source: Tan and Le 2021, arXiv 2104.00298; keras.applications.efficientnet_v2, Keras 3.15.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

from pellucid.applications import imagenet_utils
from pellucid.applications.blocks import chain, channel_axis, channels_of, rounded
from pellucid.applications.building import PREPARES, Asked, network, titled
from pellucid.applications.efficientnet import added, convolution, depthwise, excited, norm, norm_swish, top
from pellucid.applications.imagenet_utils import TORCH_MEAN, TORCH_STD
from pellucid.applications.published import Published
from pellucid.initializers import Constant
from pellucid.layers import Activation, Normalization, Rescaling

__all__ = [
    "EfficientNetV2B0",
    "EfficientNetV2B1",
    "EfficientNetV2B2",
    "EfficientNetV2B3",
    "EfficientNetV2L",
    "EfficientNetV2M",
    "EfficientNetV2S",
    "decode_predictions",
    "preprocess_input",
]

# Stages: how many times wider inside, filters, stride of the first block, and how many blocks; all windows are 3x3.
# The first three are fused: one whole convolution in place of a 1x1 and a depthwise one, no weighed channels.
FUSED = 3
B = ((1, 16, 1, 1), (4, 32, 2, 2), (4, 48, 2, 2), (4, 96, 2, 3), (6, 112, 1, 5), (6, 192, 2, 8))
S = ((1, 24, 1, 2), (4, 48, 2, 4), (4, 64, 2, 4), (4, 128, 2, 6), (6, 160, 1, 9), (6, 256, 2, 15))
M = (
    *((1, 24, 1, 3), (4, 48, 2, 5), (4, 80, 2, 5), (4, 160, 2, 7)),
    *((6, 176, 1, 14), (6, 304, 2, 18), (6, 512, 1, 5)),
)
L = (
    *((1, 32, 1, 4), (4, 64, 2, 7), (4, 96, 2, 7), (4, 192, 2, 10)),
    *((6, 224, 1, 19), (6, 384, 2, 25), (6, 640, 1, 7)),
)
LAST = 1280  # filters of the last convolution
DROP_CONNECT = 0.2  # how often the last block is left out in training; earlier ones less
MOMENTUM = 0.9


@dataclass(frozen=True)
class Plan:
    """What makes one of the networks.

    Args:
        stages: as above.
        stem: filters of the first convolution.
        size: height and width of images.
        hashes: of the published files.
        width, depth: how many times as many filters, and blocks.
    """

    stages: tuple
    stem: int
    size: int
    hashes: tuple[str, str]
    width: float = 1.0
    depth: float = 1.0

    def filters(self, filters: int) -> int:
        return rounded(filters * self.width, lowest=0)


def _sister(title: str, plan: Plan):
    own_name = title.lower().replace("v2", "v2-")

    def construct(
        include_top=True,
        weights="imagenet",
        input_tensor=None,
        input_shape=None,
        pooling=None,
        classes=1000,
        classifier_activation="softmax",
        include_preprocessing=True,
        name=own_name,
    ):
        asked = Asked(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name)
        return efficientnet_v2(asked, plan, own_name, include_preprocessing)

    return titled(construct, __name__, title, PREPARES)


def efficientnet_v2(asked: Asked, plan: Plan, file: str, include_preprocessing: bool):
    def whole(x):
        return body(prepared(x, plan) if include_preprocessing else x, plan)

    published = Published(f"{file}{{}}.h5", "efficientnet_v2", plan.hashes)
    last = partial(top, dropout=0.2, bias_initializer=Constant(0.0))
    return network(asked, whole, published, size=plan.size, top=last)


def prepared(x, plan: Plan):
    """Values 0 to 255, as the weights were trained for: B0 to B3 with ImageNet's mean, the others from -1 to 1."""
    if plan.stages is not B or channels_of(x) != 3:
        return Rescaling(1.0 / 128.0, offset=-1)(x)
    variance = [deviation**2 for deviation in TORCH_STD]
    return chain(x, Rescaling(1.0 / 255), Normalization(mean=list(TORCH_MEAN), variance=variance, axis=channel_axis(3)))


def body(x, plan: Plan):
    x = chain(x, convolution(plan.filters(plan.stem), 3, "stem_conv", strides=2), *norm_swish("stem_", MOMENTUM))
    total, number = sum(stage[-1] for stage in plan.stages), 0
    for stage, (widening, filters, stride, blocks) in enumerate(plan.stages, start=1):
        block = fused if stage <= FUSED else inverted
        for k in range(math.ceil(plan.depth * blocks)):
            name = f"block{stage}{chr(ord('a') + k)}_"
            first_stride = stride if k == 0 else 1
            y = block(x, widening, plan.filters(filters), first_stride, name)
            x = added(y, x, DROP_CONNECT * number / total, name) if first_stride == 1 else y
            number += 1
    return chain(x, convolution(plan.filters(LAST), 1, "top_conv"), *norm_swish("top_", MOMENTUM))


def inverted(inputs, widening: int, filters: int, stride: int, name: str):
    """Widen, look around, weigh channels, narrow."""
    width = widening * channels_of(inputs)
    x = chain(
        inputs,
        convolution(width, 1, f"{name}expand_conv"),
        *norm_swish(f"{name}expand_", MOMENTUM),
        depthwise(3, stride, "same", f"{name}dwconv2"),
        *norm_swish(name, MOMENTUM),
    )
    x = excited(x, channels_of(inputs) // 4, name)
    return chain(x, convolution(filters, 1, f"{name}project_conv"), norm(f"{name}project_bn", MOMENTUM))


def fused(x, widening: int, filters: int, stride: int, name: str):
    """Widen and look around at once, then narrow; where nothing is widened, one convolution does it all."""
    if widening == 1:
        return chain(
            x,
            convolution(filters, 3, f"{name}project_conv", strides=stride),
            norm(f"{name}project_bn", MOMENTUM),
            Activation("swish", name=f"{name}project_activation"),
        )
    return chain(
        x,
        convolution(widening * channels_of(x), 3, f"{name}expand_conv", strides=stride),
        *norm_swish(f"{name}expand_", MOMENTUM),
        convolution(filters, 1, f"{name}project_conv"),
        norm(f"{name}project_bn", MOMENTUM),
    )


EfficientNetV2B0 = _sister(
    "EfficientNetV2B0",
    Plan(B, 32, 224, ("21ecbf6da12460d5c40bb2f29ceb2188", "893217f2bb855e2983157299931e43ff")),
)
EfficientNetV2B1 = _sister(
    "EfficientNetV2B1",
    Plan(B, 32, 240, ("069f0534ff22adf035c89e2d9547a9dc", "0e80663031ca32d657f9caa404b6ec37"), 1.0, 1.1),
)
EfficientNetV2B2 = _sister(
    "EfficientNetV2B2",
    Plan(B, 32, 260, ("424e49f28180edbde1e94797771950a7", "1dfe2e7a5d45b6632553a8961ea609eb"), 1.1, 1.2),
)
EfficientNetV2B3 = _sister(
    "EfficientNetV2B3",
    Plan(B, 32, 300, ("1f1fc43bd98a6e4fd8fdfd551e02c7a0", "f6abf7b5849ac99a89b50dd3fd532856"), 1.2, 1.4),
)
EfficientNetV2S = _sister(
    "EfficientNetV2S",
    Plan(S, 24, 384, ("e1d88a8495beba45748fedd0cecbe016", "af0682fb74e8c54910f2d4393339c070")),
)
EfficientNetV2M = _sister(
    "EfficientNetV2M",
    Plan(M, 24, 480, ("a3bf6aa3276309f4fc6a34aa114c95cd", "1b8dc055df72dde80d614482840fe342")),
)
EfficientNetV2L = _sister(
    "EfficientNetV2L",
    Plan(L, 32, 480, ("27e6d408b53c7ebc868fefa357689935", "b0b66b5c863aef5b46e8608fe1711615")),
)

preprocess_input = imagenet_utils.preprocessing(__name__, None)
decode_predictions = imagenet_utils.decode_predictions
