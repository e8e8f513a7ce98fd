"""ConvNeXt Tiny, Small, Base, Large, XLarge: convolutions arranged as transformers are, with windows of 7x7.

Below:  layers/residual.py has LayerScale, StochasticDepth.
Source: Liu et al. 2022, arXiv 2201.03545; keras.applications.convnext, Keras 3.15.
"""

from __future__ import annotations

from pellucid.applications import imagenet_utils
from pellucid.applications.blocks import chain, channels_of
from pellucid.applications.building import PREPARES, Asked, network, pooled_unnamed, refuse_channels_first, titled
from pellucid.applications.imagenet_utils import TORCH_MEAN, TORCH_STD
from pellucid.applications.published import Published
from pellucid.layers import (
    Activation,
    Conv2D,
    Dense,
    GlobalAveragePooling2D,
    LayerNormalization,
    Normalization,
)
from pellucid.layers.residual import LayerScale
from pellucid.models.sequential import Sequential

__all__ = [
    "ConvNeXtBase",
    "ConvNeXtLarge",
    "ConvNeXtSmall",
    "ConvNeXtTiny",
    "ConvNeXtXLarge",
    "decode_predictions",
    "preprocess_input",
]
SCALE = 1e-6  # what each block's part in the sum begins with


def _sister(title: str, depths: tuple[int, ...], width: int, hashes: tuple[str, str]):
    own_name = title.lower().replace("convnext", "convnext_")
    published = Published(f"{own_name}{{}}.h5", "convnext", hashes)
    widths = tuple(width * 2**stage for stage in range(4))

    def construct(
        include_top=True,
        include_preprocessing=True,
        weights="imagenet",
        input_tensor=None,
        input_shape=None,
        pooling=None,
        classes=1000,
        classifier_activation="softmax",
        name=own_name,
    ):
        asked = Asked(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name)
        return convnext(asked, depths, widths, published, include_preprocessing)

    return titled(construct, __name__, title, PREPARES)


def convnext(asked: Asked, depths, widths, published: Published, include_preprocessing: bool):
    refuse_channels_first("ConvNeXt")

    def whole(x):
        return body(prepared(x, asked.name) if include_preprocessing else x, depths, widths, asked.name)

    return network(asked, whole, published, top=top, bare=pooled_and_normalized)


def prepared(x, name: str | None):
    """Values 0 to 255 less ImageNet's mean, by its deviation; other than colours stay as they are."""
    if channels_of(x) != 3:
        return x
    mean, variance = [255 * mean for mean in TORCH_MEAN], [(deviation * 255) ** 2 for deviation in TORCH_STD]
    return Normalization(mean=mean, variance=variance, name=f"{name}_prestem_normalization")(x)


def norm(name: str | None = None) -> LayerNormalization:
    return LayerNormalization(epsilon=1e-6, name=name)


def body(x, depths, widths, name: str | None):
    stem = [Conv2D(widths[0], 4, strides=4, name=f"{name}_stem_conv"), norm(f"{name}_stem_layernorm")]
    x = Sequential(stem, name=f"{name}_stem")(x)
    for stage, (depth, width) in enumerate(zip(depths, widths, strict=True)):
        if stage:
            x = halved(width, stage - 1, name)(x)
        for k in range(depth):
            x = block(x, f"{name}_stage_{stage}_block_{k}")
    return x


def halved(width: int, k: int, name: str | None) -> Sequential:
    layers = [
        norm(f"{name}_downsampling_layernorm_{k}"),
        Conv2D(width, 2, strides=2, name=f"{name}_downsampling_conv_{k}"),
    ]
    return Sequential(layers, name=f"{name}_downsampling_block_{k}")


def block(inputs, name: str):
    """Look around in each channel by itself, then mix channels at each place; added to what came in."""
    width = channels_of(inputs)
    x = chain(
        inputs,
        Conv2D(width, 7, padding="same", groups=width, name=f"{name}_depthwise_conv"),
        norm(f"{name}_layernorm"),
        Dense(4 * width, name=f"{name}_pointwise_conv_1"),
        Activation("gelu", name=f"{name}_gelu"),
        Dense(width, name=f"{name}_pointwise_conv_2"),
        LayerScale(SCALE, width, name=f"{name}_layer_scale"),
        Activation("linear", name=f"{name}_identity"),
    )
    return inputs + x


def top(x, asked: Asked):
    name = f"{asked.name}_head"
    return chain(
        x,
        GlobalAveragePooling2D(name=f"{name}_gap"),
        norm(f"{name}_layernorm"),
        Dense(asked.classes, activation=asked.classifier_activation, name=f"{name}_dense"),
    )


def pooled_and_normalized(x, asked: Asked):
    return norm()(pooled_unnamed(x, asked))


SHALLOW, DEEP = (3, 3, 9, 3), (3, 3, 27, 3)  # blocks of the four stages

ConvNeXtTiny = _sister(
    "ConvNeXtTiny",
    SHALLOW,
    96,
    (
        "8ae6e78ce2933352b1ef4008e6dd2f17bc40771563877d156bc6426c7cf503ff",
        "d547c096cabd03329d7be5562c5e14798aa39ed24b474157cef5e85ab9e49ef1",
    ),
)
ConvNeXtSmall = _sister(
    "ConvNeXtSmall",
    DEEP,
    96,
    (
        "ce1277d8f1ee5a0ef0e171469089c18f5233860ceaf9b168049cb9263fd7483c",
        "6fc8009faa2f00c1c1dfce59feea9b0745eb260a7dd11bee65c8e20843da6eab",
    ),
)
ConvNeXtBase = _sister(
    "ConvNeXtBase",
    DEEP,
    128,
    (
        "52cbb006d3dadd03f6e095a8ca1aca47aecdd75acb4bc74bce1f5c695d0086e6",
        "40a20c5548a5e9202f69735ecc06c990e6b7c9d2de39f0361e27baeb24cb7c45",
    ),
)
ConvNeXtLarge = _sister(
    "ConvNeXtLarge",
    DEEP,
    192,
    (
        "070c5ed9ed289581e477741d3b34beffa920db8cf590899d6d2c67fba2a198a6",
        "96f02b6f0753d4f543261bc9d09bed650f24dd6bc02ddde3066135b63d23a1cd",
    ),
)
ConvNeXtXLarge = _sister(
    "ConvNeXtXLarge",
    DEEP,
    256,
    (
        "c1f5ccab661354fc3a79a10fa99af82f0fbf10ec65cb894a3ae0815f17a889ee",
        "de3f8a54174130e0cecdc71583354753d557fcf1f4487331558e2a16ba0cfe05",
    ),
)

preprocess_input = imagenet_utils.preprocessing(__name__, None)
decode_predictions = imagenet_utils.decode_predictions
