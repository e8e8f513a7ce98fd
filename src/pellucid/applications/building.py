"""What all applications share: what a user may ask for, the image they begin with, their ends, their weights.

Below:  published.py says where published weights lie.
Above:  each family gives its body, a function from a symbolic image to a map, and where it has one, its own top.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from pellucid import activations
from pellucid.applications.blocks import chain
from pellucid.applications.published import Published
from pellucid.errors import ArgumentError, ShapeError
from pellucid.graph.graph import source_inputs
from pellucid.graph.symbol import KerasTensor, is_symbolic
from pellucid.layers.core import Dense
from pellucid.layers.global_pooling import GlobalAveragePooling2D, GlobalMaxPooling2D
from pellucid.layers.input import Input
from pellucid.models.functional import Functional
from pellucid.settings import image_data_format

IMAGENET_CLASSES = 1000


@dataclass(frozen=True)
class Asked:
    """What a user asks an application for, in Keras's words.

    Args:
        include_top: whether the classifier at the end is there.
        weights: None for fresh ones, "imagenet" for the published ones, or the path of a file.
        input_tensor: a symbolic image to begin from.
        input_shape: of one image, its channels included.
        pooling: without the top: "avg" or "max" pools globally, None leaves the map.
        classes, classifier_activation: of the top.
        name: of the model.
    """

    include_top: bool
    weights: Any
    input_tensor: Any
    input_shape: Any
    pooling: str | None
    classes: int
    classifier_activation: Any
    name: str | None


def constructor(module: str, title: str, build: Callable[[Asked], Functional], name: str | None = None):
    """A function that builds a network, with the arguments that most applications of Keras have.

    Args:
        module: where it lives.
        title: what it is called there.
        build: makes the model of what was asked.
        name: what its models are called; its own name in small letters if None.
    """
    own_name = name or title.lower()

    def construct(
        include_top=True,
        weights="imagenet",
        input_tensor=None,
        input_shape=None,
        pooling=None,
        classes=1000,
        classifier_activation="softmax",
        name=own_name,
    ):
        return build(
            Asked(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name)
        )

    return titled(construct, module, title)


def titled(construct, module: str, title: str, told: str = ""):
    """The function, named and documented as a constructor of this network.

    Args:
        told: lines about arguments that `Asked` does not tell.
    """
    construct.__name__ = construct.__qualname__ = title
    construct.__module__ = module
    words = (Asked.__doc__ or "").partition("Args:")[2].rstrip()
    construct.__doc__ = f"{title}, as Keras 3.15 builds it.\n\n    Args:{words}\n{told}\n    Raises:\n{_RAISES}"
    return construct


PREPARES = (
    "        include_preprocessing: whether the model itself brings values 0 to 255 to what it was trained with.\n"
)
_RAISES = """\
        ArgumentError: published weights and a top that is another than theirs; no such file of weights.
        MissingFileError: the published weights are not on this machine; the text says where they go.
        ShapeError: an image that the network cannot take.
        FileError: the file of weights is broken, or of another network.
"""


def classifier(x, asked: Asked, pool: str | None = "avg_pool", **kwargs):
    """The top that most networks have: the average over the map, and a Dense."""
    dense = Dense(asked.classes, activation=asked.classifier_activation, name="predictions", **kwargs)
    return chain(x, GlobalAveragePooling2D(name=pool), dense)


def pooled(x, asked: Asked, average: str | None = "avg_pool", most: str | None = "max_pool"):
    """What comes in place of the top: one number a channel, or the map; and names of the layers for it."""
    if asked.pooling is None:
        return x
    return GlobalAveragePooling2D(name=average)(x) if asked.pooling == "avg" else GlobalMaxPooling2D(name=most)(x)


pooled_unnamed = partial(pooled, average=None, most=None)


def network(
    asked: Asked,
    body: Callable,
    published: Published,
    *,
    size: int | None = 224,
    least: int = 32,
    top: Callable = classifier,
    bare: Callable = pooled,
) -> Functional:
    """The model: image, body, its end, and its weights.

    Args:
        size: height and width of images where nothing is said and the top is there; None if the top takes any.
        least: the smallest height and width.
        top: makes the classes' probabilities of what the body gave, and of what was asked.
        bare: what comes in place of the top.
    """
    check(asked)
    image = image_of(asked, size, least)
    weights = published.path(asked.include_top) if asked.weights == "imagenet" else asked.weights
    x = (top if asked.include_top else bare)(body(image), asked)
    model = Functional(image if asked.input_tensor is None else source_inputs(image), x, name=asked.name)
    if weights is not None:
        model.load_weights(weights)
    return model


def check(asked: Asked) -> None:
    """Raise where what was asked cannot be had, whatever the network.

    Raises:
        ArgumentError: the weights are nothing that is known, or another top's; or the pooling is unknown.
    """
    weights = asked.weights
    if weights not in (None, "imagenet") and not os.path.exists(weights):
        raise ArgumentError(
            "There are no such weights.",
            got=f"weights={weights!r}",
            expected='None, "imagenet", or the path of a file',
        )
    if weights == "imagenet" and asked.include_top and asked.classes != IMAGENET_CLASSES:
        raise ArgumentError(
            "The published weights have 1000 classes.", got=f"classes={asked.classes}", fix="weights=None"
        )
    known = {activations.get(None), activations.get("softmax")}
    if weights is not None and asked.include_top and activations.get(asked.classifier_activation) not in known:
        raise ArgumentError(
            "Weights from a file are those of a softmax.",
            got=f"classifier_activation={asked.classifier_activation!r}",
            expected='"softmax", or None for what goes into it',
        )
    if asked.pooling not in (None, "avg", "max"):
        raise ArgumentError("Unknown `pooling`.", got=repr(asked.pooling), expected='None, "avg" or "max"')


def image_of(asked: Asked, size: int | None, least: int) -> KerasTensor:
    """The symbolic image that a network begins with.

    Raises:
        ShapeError: no image, too small an image, or another than the published top was made for.
    """
    shape = shape_of(asked, size, least)
    if asked.input_tensor is None:
        return Input(shape=shape)
    if is_symbolic(asked.input_tensor):
        return asked.input_tensor
    return Input(tensor=asked.input_tensor, shape=shape)


def shape_of(asked: Asked, size: int | None, least: int) -> tuple:
    """Shape of the image: what was asked, or the usual one."""
    side = size if asked.include_top else None
    shape = tuple(asked.input_shape) if asked.input_shape else of_sides(side, side)
    needs_size = asked.include_top and size is not None
    if needs_size and asked.weights == "imagenet" and shape != of_sides(size, size):
        raise ShapeError(
            "The published weights with their top are for images of one size.",
            got=f"input_shape={shape}",
            expected=of_sides(size, size),
            fix="include_top=False, or leave input_shape away",
        )
    if len(shape) != 3 or any(side is not None and side < least for side in sides_of(shape)):
        raise ShapeError(
            "This is no image that the network can take.",
            got=f"input_shape={shape}",
            expected=f"height and width of {least} or more, and channels",
            fix=f"input_shape={of_sides(size or 224, size or 224)}",
        )
    if needs_size and None in shape:
        raise ShapeError(
            "The top needs a fixed image size.",
            got=f"input_shape={shape}",
            fix="include_top=False, or give height and width",
        )
    _check_channels(asked, shape)
    return shape


def _check_channels(asked: Asked, shape: tuple) -> None:
    channels = shape[-1] if image_data_format() == "channels_last" else shape[0]
    if asked.weights == "imagenet" and channels != 3:
        raise ShapeError(
            "The published weights are for images of 3 channels.", got=f"input_shape={shape}", fix="weights=None"
        )
    if channels not in (1, 3):
        warnings.warn(f"Images mostly have 1 or 3 channels; input_shape={shape} has {channels}.", stacklevel=7)


def of_sides(height: int | None, width: int | None) -> tuple:
    """Shape of a colour image in the order of `image_data_format`."""
    return (height, width, 3) if image_data_format() == "channels_last" else (3, height, width)


def sides_of(shape: tuple) -> tuple:
    """Height and width in the shape of an image."""
    return shape[:2] if image_data_format() == "channels_last" else shape[1:]


def refuse_channels_first(title: str) -> None:
    """Raise where images are channels_first, for a network that has one order of axes only.

    Raises:
        ArgumentError: they are.
    """
    if image_data_format() == "channels_first":
        raise ArgumentError(
            f"{title} is for channels_last images only.",
            got='image_data_format() == "channels_first"',
            fix='config.set_image_data_format("channels_last")',
        )
