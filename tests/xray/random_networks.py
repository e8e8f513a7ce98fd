"""Random networks from fixed seeds: images, sequences, several inputs and outputs, shared and nested layers.

All of them are smooth, and small enough for a Jacobian. The same seed gives the same network each time.
"""

from __future__ import annotations

import numpy as np

from pellucid import Input, Model, layers, ops

SMOOTH = "softplus"


def _image_layers(rng):
    """Layers that take an image and give one, drawn with their arguments."""
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
        lambda: layers.EinsumDense("abcd,de->abce", (None, None, filters), bias_axes="e"),
        lambda: layers.RMSNormalization(axis=int(rng.integers(1, 4))),
        lambda: layers.PReLU(shared_axes=[1, 2]),
        lambda: layers.Dropout(0.5),
    ]


def _step_layers(rng):
    """Layers that take steps and give some."""
    units = int(rng.integers(1, 3)) * 2
    back = bool(rng.random() < 0.5)
    return [
        lambda: layers.LSTM(units, return_sequences=True, go_backwards=back),
        lambda: layers.GRU(units, return_sequences=True),
        lambda: layers.Bidirectional(layers.SimpleRNN(units // 2, return_sequences=True)),
        lambda: layers.RNN([layers.SimpleRNNCell(2), layers.GRUCell(units)], return_sequences=True),
        lambda: layers.Conv1D(units, 2, padding="causal", dilation_rate=2, activation=SMOOTH),
        lambda: layers.Conv1D(units, 3, strides=2, padding="same"),
        lambda: layers.SeparableConv1D(units, 2),
        lambda: layers.Conv1DTranspose(units, 2, strides=2),
        lambda: layers.AveragePooling1D(2, strides=1),
        lambda: layers.LayerNormalization(),
        lambda: layers.TimeDistributed(layers.Dense(units, activation=SMOOTH)),
        lambda: layers.Dense(units),
        lambda: layers.Permute((2, 1)),
        lambda: layers.Cropping1D((1, 0)),
        lambda: layers.ZeroPadding1D((1, 1)),
        lambda: layers.UpSampling1D(2),
        lambda: layers.Reshape((2, -1)),
    ]


def _beside(x, y, rng):
    """Two ways that meet again: by sum, product, side by side, or by attention."""
    ways = ["sum", "join", "mean"] if len(x.shape) == 4 else ["sum", "join", "product", "heads", "dot"]
    kind = rng.choice(ways)
    if kind == "join":
        return layers.Concatenate(axis=int(rng.integers(1, len(x.shape))))([x, y])
    if kind == "heads":
        return layers.MultiHeadAttention(2, 2)(x, y)
    if kind == "dot":
        return layers.Dot(axes=2)([x, y])
    return {
        "sum": lambda: x + y,
        "mean": lambda: layers.Average()([x, y]),
        "product": lambda: layers.Multiply()([x, y]),
    }[str(kind)]()


def _split_ways(x, rng):
    """Side ways of a value that have its size."""
    if len(x.shape) == 4:
        return [layers.Conv2D(2, size, padding="same")(x) for size in (1, 3)]
    return [layers.Conv1D(2, size, padding="same", activation=SMOOTH)(x) for size in (1, 2)]


def _fits(y) -> bool:
    """Whether a value is neither too small to go on with, nor too large for a Jacobian."""
    least = 3 if len(y.shape) == 4 else 2
    return min(y.shape[1:-1]) >= least and np.prod(y.shape[1:]) <= 120 and y.shape[-1] % 2 == 0


def _grown(x, rng, most: int):
    """Some layers more, side ways, shared and nested ones among them."""
    draw_from = _image_layers if len(x.shape) == 4 else _step_layers
    for _ in range(most):
        kind = rng.choice(["layer", "layer", "layer", "beside", "nested", "shared"])
        made = draw_from(rng)
        made = made[rng.integers(len(made))]
        if kind == "layer":
            y = made()(x)
        elif kind == "nested":
            inner = Input(x.shape[1:])
            inside = Model(inner, made()(inner))
            y = Model(inner, inside(inner) * 2.0)(x)
        elif kind == "shared":
            layer = layers.Dense(x.shape[-1], activation=SMOOTH)
            y = layer(layer(x))
        else:
            y = _beside(*_split_ways(x, rng), rng)
        x = y if _fits(y) else x
    return x


def _ended(x, rng):
    """The end of a network."""
    ends = [
        lambda: x,
        lambda: layers.Dense(2)(layers.Flatten()(x)),
        lambda: layers.Flatten()(x),
        lambda: ops.transpose(x, (0, *range(2, len(x.shape)), 1))[:, 1:],
        lambda: ops.mean(x, axis=1),
    ]
    if len(x.shape) == 4:
        ends += [
            lambda: layers.Dense(2)(layers.Flatten(data_format="channels_first")(x)),
            lambda: layers.GlobalAveragePooling2D()(x),
            lambda: layers.LSTM(2, return_sequences=True)(layers.Reshape((x.shape[1], -1))(x)),
            lambda: layers.Softmax(axis=[1, 2])(x),
        ]
    else:
        ends += [lambda: layers.GRU(2)(x), lambda: layers.RepeatVector(2)(layers.GlobalAveragePooling1D()(x))]
    return ends[rng.integers(len(ends))]()


def random_network(seed: int):
    """A function that makes the network of a seed: of an image, of steps, or of both with two outputs."""

    def network():
        rng = np.random.default_rng(seed)
        image, steps = Input((5, 6, 2), name="image"), Input((4, 2), name="steps")
        if seed % 4 == 0:
            return Model(image, _ended(_grown(image, rng, 5), rng))
        if seed % 4 == 1:
            return Model(steps, _ended(_grown(steps, rng, 5), rng))
        if seed % 4 == 2:
            other = Input((4, 2), name="other")
            grown = _grown(steps, rng, 1)
            joined = layers.Concatenate(axis=1)([grown, layers.Dense(grown.shape[-1])(other)])
            return Model([steps, other], _grown(joined, rng, 3))
        y = _grown(image, rng, 2)
        rows = layers.Dense(2, activation=SMOOTH)(layers.Reshape((y.shape[1], -1))(y))  # products with 0 tell nothing
        turned = layers.Dense(y.shape[1])(layers.Permute((2, 1))(steps))
        return Model([image, steps], [_ended(y, rng), _grown(layers.Dot(axes=(1, 2))([rows, turned]), rng, 1)])

    network.__name__ = f"random{seed}"
    return network


RANDOM_NETWORKS = [random_network(seed) for seed in range(20)]
MANY_NETWORKS = [random_network(seed) for seed in range(20, 260)]


def sharp_network(seed: int):
    """The same with maxima, which have no useful derivative."""

    def network():
        rng = np.random.default_rng(seed)
        image = Input((4, 5, 2), name="image")
        y = layers.MaxPooling2D(2, strides=1, padding=str(rng.choice(["same", "valid"])))(image)
        y = [layers.Maximum, layers.Minimum][seed % 2]()([y, layers.Conv2D(2, 2, padding="same", use_bias=False)(y)])
        ends = [layers.GlobalMaxPooling2D(), layers.AdaptiveMaxPooling2D((2, 2)), layers.Flatten()]
        return Model(image, ends[seed % 3](y))

    network.__name__ = f"sharp{seed}"
    return network


SHARP_NETWORKS = [sharp_network(seed) for seed in range(4)]
