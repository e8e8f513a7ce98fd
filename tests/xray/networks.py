"""Small networks of every family, with branches and nesting, for the laws of tests/xray/test_laws.py.

Weights are drawn above 0 and activations never quite 0, so that what could reach does reach.
"""

from __future__ import annotations

import functools

import numpy as np

import pellucid
from pellucid import Input, Model, Sequential, layers
from xray.random_networks import RANDOM_NETWORKS

SMOOTH = "softplus"


def plain():
    x = Input((6, 7, 2), name="image")
    y = layers.Conv2D(3, 3, padding="same", strides=2, activation=SMOOTH, name="conv")(x)
    y = layers.AveragePooling2D(2, name="pool")(y)
    y = layers.Flatten(name="flatten")(y)
    return Model(x, layers.Dense(3, activation="tanh", name="dense")(y))


def holes():
    x = Input((9, 8, 2), name="image")
    y = layers.Conv2D(2, (3, 2), dilation_rate=(2, 3), name="dilated")(x)
    y = layers.DepthwiseConv2D(2, depth_multiplier=2, strides=2, padding="same", name="depthwise")(y)
    y = layers.Conv2D(4, 1, strides=2, groups=2, name="grouped")(y)
    return Model(x, layers.Permute((3, 1, 2), name="permute")(y))


def branches():
    x = Input((5, 6, 2), name="image")
    a = layers.Conv2D(3, 3, padding="same", name="a")(x)
    b = layers.Conv2D(3, (1, 5), padding="same", name="b")(x)
    c = layers.ZeroPadding2D(1, name="pad")(layers.Cropping2D(1, name="crop")(b))
    y = layers.Concatenate(name="join")([layers.Add(name="add")([a, c]), x])
    return Model(x, layers.Reshape((3, 10, 5), name="reshape")(y))


def nested():
    inner = Sequential(
        [Input((5, 4, 2)), layers.Conv2D(2, 2, name="c1"), layers.UpSampling2D(2, name="up")], name="enc"
    )
    x = Input((5, 4, 2), name="image")
    middle = Sequential([Input((5, 4, 2)), inner, layers.Conv2D(3, 3, name="c2")], name="mid")
    return Model(x, layers.Flatten(name="flatten")(middle(x)))


def shared():
    x = Input((4, 3), name="steps")
    dense = layers.Dense(3, activation=SMOOTH, name="dense")
    y = layers.Conv1D(3, 2, padding="causal", name="causal")(dense(x))
    return Model(x, layers.Dot(axes=2, name="dot")([dense(y), x]))


def operators():
    x = Input((4, 6), name="steps")
    y = x[:, 1:, ::2] + layers.Dense(3, name="dense")(x)[:, :-1]
    y = pellucid.ops.transpose(y * 2.0, (0, 2, 1))
    return Model(x, pellucid.ops.mean(y, axis=-1) + y[:, :, 0])


def normalized():
    x = Input((4, 5, 2), name="image")
    y = layers.BatchNormalization(name="batch")(layers.Conv2DTranspose(2, 3, strides=2, padding="same", name="back")(x))
    y = layers.LayerNormalization(name="layer")(layers.AveragePooling2D(3, strides=2, padding="same", name="pool")(y))
    return Model(x, layers.GlobalAveragePooling2D(name="global")(layers.Cropping2D(((1, 0), (2, 0)), name="crop")(y)))


def sequences():
    x = Input((5, 2), name="steps")
    y = layers.LSTM(3, return_sequences=True, name="lstm")(x)
    y = layers.TimeDistributed(layers.Dense(2), name="each")(y)
    return Model(x, layers.Cropping1D((1, 2), name="crop")(y))


def several_inputs():
    a, b = Input((3, 4), name="a"), Input((2, 4), name="b")
    y = layers.Concatenate(axis=1, name="join")([a, layers.Dense(4, name="dense")(b)])
    return Model([a, b], layers.Conv1D(2, 2, name="conv")(y))


def pooled():
    x = Input((6, 5, 2), name="image")
    y = layers.MaxPooling2D(2, name="pool")(layers.Conv2D(2, 2, name="conv")(x))
    return Model(x, layers.Flatten(name="flatten")(layers.Maximum(name="largest")([y, -y])))


SMOOTH_BY_HAND = [plain, holes, branches, nested, shared, operators, normalized, sequences, several_inputs]
SMOOTH_NETWORKS = [*SMOOTH_BY_HAND, *RANDOM_NETWORKS]
NETWORKS = [*SMOOTH_NETWORKS, pooled]


@functools.cache
def made(network, dtype="float64") -> Model:
    """The network with weights that differ from each other, computing in float64 so that small effects show."""
    before = pellucid.config.floatx()
    pellucid.config.set_floatx(dtype)
    try:
        model = network()
    finally:
        pellucid.config.set_floatx(before)
    rng = np.random.default_rng(1)
    # A kernel by the number of its terms, biases by less than 1: sums stay small, and nothing after them is saturated.
    terms = [np.prod(w.shape[:-1]) if w.ndim > 1 else 4 for w in model.get_weights()]
    model.set_weights([rng.uniform(0.5, 1.5, w.shape) / n for w, n in zip(model.get_weights(), terms, strict=True)])
    return model


def draw(model, seed: int = 0, batch: int = 1) -> list[np.ndarray]:
    """Values for each input."""
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(batch, *x.shape[1:])) for x in model.inputs]
