"""Small networks that conversions are tried on, in channels_last: each by its sizes, so that H, W, C may differ or agree.

`fill` gives a model small whole numbers for weights, so that every sum in float32 is exact.
"""

from __future__ import annotations

import numpy as np

from pellucid import Model, Sequential
from pellucid.layers import (
    LSTM,
    Add,
    BatchNormalization,
    Bidirectional,
    Concatenate,
    Conv2D,
    Conv2DTranspose,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    Input,
    Layer,
    LayerNormalization,
    MaxPooling2D,
    MultiHeadAttention,
    Permute,
    Reshape,
    UpSampling2D,
)


def fill(model, seed: int = 0, most: int = 2):
    """The model with small whole numbers for weights; variances are powers of 4, so that their roots are exact."""
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        if "variance" in weight.path:
            weight.assign(4.0 ** rng.integers(0, 2, weight.shape) - 1e-3)
        elif str(weight.dtype).startswith("float"):
            weight.assign(rng.integers(-most, most + 1, weight.shape).astype("float32"))
    return model


def cnn(shape=(8, 6, 3)) -> Model:
    """Convolutions, pooling, Flatten, Dense: the network of every course."""
    x = inputs = Input(shape)
    x = Conv2D(4, 3, padding="same", activation="relu")(x)
    x = MaxPooling2D(2)(x)
    x = BatchNormalization()(x)
    x = Flatten()(x)
    x = Dropout(0.5)(x)
    x = Dense(5, activation="relu")(x)
    return Model(inputs, Dense(3)(x), name="cnn")


def unet(shape=(8, 12, 3), classes: int = 4) -> Model:
    """Down, up, and maps carried across; the output is a map."""
    inputs = Input(shape)
    kept, x = [], inputs
    for filters in (4, 6):
        x = Conv2D(filters, 3, padding="same", activation="relu")(x)
        kept.append(x)
        x = MaxPooling2D(2)(x)
    x = Conv2D(8, 3, padding="same", activation="relu")(x)
    for filters, across in zip((6, 4), reversed(kept), strict=True):
        x = Conv2DTranspose(filters, 2, strides=2, padding="same")(x)
        x = Concatenate()([x, across])
        x = Conv2D(filters, 3, padding="same", activation="relu")(x)
    return Model(inputs, Conv2D(classes, 1, activation="softmax")(x), name="unet")


def autoencoder(shape=(8, 6, 2), code: int = 5) -> Model:
    """Two models in one: convolutions to a code, and a Dense with a Reshape back to a map."""
    encoder = Sequential(
        [Input(shape), Conv2D(4, 3, strides=2, padding="same", activation="relu"), Flatten(), Dense(code)],
        name="encoder",
    )
    height, width = shape[0] // 2, shape[1] // 2
    decoder = Sequential(
        [
            Input((code,)),
            Dense(height * width * 3, activation="relu"),
            Reshape((height, width, 3)),
            Conv2DTranspose(4, 3, strides=2, padding="same", activation="relu"),
            UpSampling2D(1),
            Conv2D(shape[-1], 3, padding="same"),
        ],
        name="decoder",
    )
    inputs = Input(shape)
    return Model(inputs, decoder(encoder(inputs)), name="autoencoder")


def crnn(shape=(8, 12, 1), letters: int = 5) -> Model:
    """Reads a line of text: columns of a map are the steps of a bidirectional LSTM."""
    x = inputs = Input(shape)
    x = Conv2D(4, 3, padding="same", activation="relu")(x)
    x = MaxPooling2D((2, 2))(x)
    x = Permute((2, 1, 3))(x)
    x = Reshape((shape[1] // 2, shape[0] // 2 * 4))(x)
    x = Bidirectional(LSTM(3, return_sequences=True))(x)
    return Model(inputs, Dense(letters, activation="softmax")(x), name="crnn")


class Places(Layer):
    """Adds a vector of its own to each token."""

    def build(self, input_shape):
        self.table = self.add_weight(tuple(input_shape[1:]), "random_normal", name="table")

    def call(self, x):
        return x + self.table.value

    def compute_output_shape(self, input_shape):
        return input_shape


def vit(shape=(8, 12, 3), patch: int = 4, width: int = 8, heads: int = 2) -> Model:
    """Patches as tokens, attention between them, and a Dense on all of them."""
    inputs = Input(shape)
    tokens = (shape[0] // patch) * (shape[1] // patch)
    x = Places()(Reshape((tokens, width))(Conv2D(width, patch, strides=patch)(inputs)))
    for _ in range(2):
        normal = LayerNormalization(epsilon=1e-6)(x)
        x = Add()([x, MultiHeadAttention(heads, width // heads)(normal, normal)])
        normal = LayerNormalization(epsilon=1e-6)(x)
        x = Add()([x, Dense(width)(Dense(2 * width, activation="gelu")(normal))])
    x = LayerNormalization(epsilon=1e-6)(x)
    x = Flatten()(x)
    return Model(inputs, Dense(3)(x), name="vit")


def classifier_with_pooling(shape=(8, 6, 3)) -> Model:
    """No Flatten: channels are averaged, so nothing is moved but the input."""
    x = inputs = Input(shape)
    x = Conv2D(4, 3, activation="relu")(x)
    return Model(inputs, Dense(3)(GlobalAveragePooling2D()(x)), name="pooled")
