"""VGG16: thirteen convolutions in five blocks, and three Dense.

Below:  imagenet.py holds what all applications share.
Source: Simonyan and Zisserman 2014, arXiv 1409.1556; keras.applications.VGG16, Keras 3.15.
"""

from __future__ import annotations

from pellucid.applications import imagenet
from pellucid.errors import ArgumentError
from pellucid.layers.convolution import Conv2D
from pellucid.layers.core import Dense
from pellucid.layers.global_pooling import GlobalAveragePooling2D, GlobalMaxPooling2D
from pellucid.layers.pooling import MaxPooling2D
from pellucid.layers.reshaping import Flatten
from pellucid.models.functional import Functional

__all__ = ["VGG16", "decode_predictions", "preprocess_input"]

# Convolutions in each block, and their filters.
BLOCKS = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))
WEIGHTS = "vgg16_weights_tf_dim_ordering_tf_kernels{}.h5"


def VGG16(  # noqa: N802  (Keras's public spelling)
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="vgg16",
) -> Functional:
    """VGG16 for images of 224x224, or without its top for images of 32x32 and more.

    Args:
        include_top: whether the three Dense at the end are there.
        weights: None for fresh ones, "imagenet", or a path.
        input_tensor: a symbolic image to begin from.
        input_shape: height, width and channels, without the top.
        pooling: without the top: "avg" or "max" pools globally, None leaves the map.
        classes, classifier_activation: of the top.

    Raises:
        ArgumentError: published weights with another number of classes.
        ShapeError: an image that the network cannot take.
    """
    if weights == "imagenet" and include_top and classes != 1000:
        raise ArgumentError("The published weights have 1000 classes.", got=f"classes={classes}", fix="weights=None")
    inputs = x = imagenet.image_input(input_tensor, input_shape, default=224, least=32, include_top=include_top)
    for k, (depth, filters) in enumerate(BLOCKS, start=1):
        for conv in range(1, depth + 1):
            x = Conv2D(filters, 3, activation="relu", padding="same", name=f"block{k}_conv{conv}")(x)
        x = MaxPooling2D(2, strides=2, name=f"block{k}_pool")(x)
    if include_top:
        x = Flatten(name="flatten")(x)
        x = Dense(4096, activation="relu", name="fc1")(x)
        x = Dense(4096, activation="relu", name="fc2")(x)
        x = Dense(classes, activation=classifier_activation, name="predictions")(x)
    elif pooling is not None:
        x = {"avg": GlobalAveragePooling2D, "max": GlobalMaxPooling2D}[pooling]()(x)
    model = Functional(inputs, x, name=name)
    imagenet.load_weights(model, weights, WEIGHTS.format("" if include_top else "_notop"))
    return model


def preprocess_input(x, data_format=None):
    """Images with values 0 to 255 as VGG16 wants them: blue, green, red, less ImageNet's mean."""
    return imagenet.preprocess_input(x, data_format=data_format, mode="caffe")


decode_predictions = imagenet.decode_predictions
