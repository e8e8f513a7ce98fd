"""Small networks of every family, with branches and nesting, for the laws of tests/xray/test_laws.py.

Weights are drawn above 0 and activations never quite 0, so that what could reach does reach.
"""

from __future__ import annotations

import numpy as np

import pellucid
from pellucid import Input, Model, Sequential, layers

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


def _image_layers(rng):
    """Layers that take an image and give one, drawn with their arguments; {shape} of what they need at least."""
    odd = {"kernel_size": int(rng.integers(1, 4)), "padding": str(rng.choice(["same", "valid"]))}
    spaced = {"strides": 2} if rng.random() < 0.4 else {"dilation_rate": 2} if rng.random() < 0.4 else {}
    filters = int(rng.integers(1, 3)) * 2
    pool = {"pool_size": 2, "padding": odd["padding"], "strides": int(rng.integers(1, 3))}
    return [
        lambda: layers.Conv2D(filters, **odd, **spaced),
        lambda: layers.Conv2D(filters, **odd, groups=2, activation=SMOOTH),
        lambda: layers.DepthwiseConv2D(odd["kernel_size"], padding=odd["padding"], depth_multiplier=2),
        lambda: layers.SeparableConv2D(filters, 2, padding=odd["padding"]),
        lambda: layers.Conv2DTranspose(filters, **odd, strides=2),
        lambda: layers.AveragePooling2D(**pool),
        lambda: layers.AdaptiveAveragePooling2D((3, 2)),
        lambda: layers.UpSampling2D((1, 2), interpolation=str(rng.choice(["nearest", "bilinear"]))),
        lambda: layers.ZeroPadding2D(((1, 0), (0, 2))),
        lambda: layers.Cropping2D(((0, 1), (1, 0))),
        lambda: layers.BatchNormalization(axis=int(rng.integers(1, 4))),
        lambda: layers.GroupNormalization(2),
        lambda: layers.Dense(filters, activation=SMOOTH),
        lambda: layers.Permute((2, 1, 3)),
        lambda: layers.TimeDistributed(layers.Conv1D(filters, 2, padding="same")),
    ]


def _grown(x, rng, most: int):
    """Some layers more, side ways and nested models among them; an image never gets smaller than 3 by 3, nor large."""
    for _ in range(most):
        kind = rng.choice(["layer", "layer", "layer", "sum", "join", "nested"])
        made = _image_layers(rng)[rng.integers(15)]
        if kind == "layer":
            y = made()(x)
        elif kind == "nested":
            inner = Input(x.shape[1:])
            y = Model(inner, layers.Conv2D(2, 2, padding="same")(made()(inner)))(x)
        else:
            a, b = (layers.Conv2D(2, size, padding="same")(x) for size in (1, 3))
            y = a + b if kind == "sum" else layers.Concatenate(axis=int(rng.integers(1, 4)))([a, b])
        if min(y.shape[1:3]) >= 3 and y.shape[1] * y.shape[2] * y.shape[3] <= 200 and y.shape[3] % 2 == 0:
            x = y
    return x


def random_network(seed: int):
    """A function that makes the same network each time: drawn layers on an image, and an end."""

    def network():
        rng = np.random.default_rng(seed)
        image = Input((5, 6, 2), name="image")
        ends = [
            lambda x: x,
            lambda x: layers.Dense(2)(layers.Flatten(data_format="channels_first")(x)),
            lambda x: layers.Flatten()(x),
            lambda x: layers.GlobalAveragePooling2D()(x),
            lambda x: layers.LSTM(2, return_sequences=True)(layers.Reshape((x.shape[1], -1))(x)),
            lambda x: layers.Softmax(axis=[1, 2])(x),
        ]
        return Model(image, ends[rng.integers(len(ends))](_grown(image, rng, 5)))

    network.__name__ = f"random{seed}"
    return network


RANDOM_NETWORKS = [random_network(seed) for seed in range(16)]
SMOOTH_NETWORKS = [plain, holes, branches, nested, shared, operators, normalized, sequences, several_inputs]
SMOOTH_NETWORKS += RANDOM_NETWORKS
NETWORKS = [*SMOOTH_NETWORKS, pooled]


def made(network, dtype="float64") -> Model:
    """The network with weights that differ from each other, computing in float64 so that small effects show."""
    before = pellucid.config.floatx()
    pellucid.config.set_floatx(dtype)
    try:
        model = network()
    finally:
        pellucid.config.set_floatx(before)
    rng = np.random.default_rng(1)
    # A kernel by the number of its terms, so that sums stay small and nothing after them is saturated.
    terms = [np.prod(w.shape[:-1]) if w.ndim > 1 else 1 for w in model.get_weights()]
    model.set_weights([rng.uniform(0.5, 1.5, w.shape) / n for w, n in zip(model.get_weights(), terms, strict=True)])
    return model


def draw(model, seed: int = 0, batch: int = 1) -> list[np.ndarray]:
    """Values for each input."""
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(batch, *x.shape[1:])) for x in model.inputs]
