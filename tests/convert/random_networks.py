"""Networks drawn at random: layers that move, mix, join and share values in any order that shapes allow."""

from __future__ import annotations

import random

from pellucid import Model, layers


def draw(seed: int, equal: bool = False) -> Model:
    """A network of one to three inputs; with `equal`, all sizes of its maps agree."""
    return _Drawing(random.Random(seed), equal).model()


class _Drawing:
    def __init__(self, rng: random.Random, equal: bool):
        self.rng = rng
        self.size = (3, 3, 3) if equal else rng.choice([(4, 3, 2), (2, 5, 3), (4, 6, 1), (1, 1, 5), (3, 2, 4)])
        self.values: list = []
        self.shared: dict = {}

    def model(self) -> Model:
        inputs = [layers.Input(self.size)]
        if self.rng.random() < 0.4:
            inputs.append(layers.Input((self.rng.choice([4, 6]),)))
        if self.rng.random() < 0.2:
            inputs.append(layers.Input(self.size[1:]))
        self.values = inputs[:]
        for _ in range(self.rng.randint(3, 12)):
            x = self.rng.choice(self.values[-4:])
            y = self.next(x)
            if y is not None:
                self.values.append(y)
        ends = [x for x in self.values[len(inputs) :] if not self._is_read(x)] or [self.values[-1]]
        used = self._used(inputs, ends)
        return Model(used, ends[: self.rng.randint(1, 3)] if len(used) == len(self._used(inputs, ends[:3])) else ends)

    def _is_read(self, x) -> bool:
        return any(x is y for other in self.values for y in self._sources(other))

    def _sources(self, x):
        operation, index, _ = x._keras_history
        return operation._inbound_nodes[index].input_tensors

    def _used(self, inputs, ends):
        seen, stack = set(), list(ends)
        while stack:
            x = stack.pop()
            if id(x) not in seen:
                seen.add(id(x))
                stack += self._sources(x)
        return [x for x in inputs if id(x) in seen]

    def next(self, x):
        """A layer on this value, or None where the shapes do not allow the one drawn."""
        kinds = {4: self.on_map, 3: self.on_sequence, 2: self.on_vector}
        return self.rng.choice([kinds[len(x.shape)], kinds[len(x.shape)], self.on_any])(x)

    def on_map(self, x):
        L, rng = layers, self.rng
        height, width, channels = x.shape[1:]
        return rng.choice([
            lambda: L.Conv2D(rng.choice([2, 3]), rng.choice([1, 2, 3]), padding="same", strides=rng.choice([1, 1, 2]))(x),
            lambda: L.Conv2D(3, 1, activation=rng.choice(["relu", "softmax", "linear"]))(x),
            lambda: L.DepthwiseConv2D(2, padding="same")(x),
            lambda: L.SeparableConv2D(3, 2, padding="same")(x),
            lambda: L.Conv2DTranspose(2, 2, strides=2, padding="same")(x) if height < 5 else None,
            lambda: L.MaxPooling2D(2, padding="same")(x),
            lambda: L.AveragePooling2D(2, strides=1, padding="same")(x),
            lambda: L.ZeroPadding2D(((1, 0), (0, 2)))(x) if height < 6 else None,
            lambda: L.UpSampling2D(2)(x) if height < 4 else None,
            lambda: L.GlobalAveragePooling2D(keepdims=rng.random() < 0.5)(x),
            lambda: L.BatchNormalization(axis=rng.choice([1, 2, 3]))(x),
            lambda: L.LayerNormalization(axis=rng.choice([-1, [1, 2], [1, 2, 3]]))(x),
            lambda: L.PReLU(shared_axes=rng.choice([None, [1, 2], [1], [3]]))(x),
            lambda: L.Softmax(axis=rng.choice([1, 2, 3, -1]))(x),
            lambda: L.Flatten(data_format=rng.choice(["channels_last", "channels_last", "channels_first"]))(x),
            lambda: L.Reshape((-1,))(x),
            lambda: L.Reshape((height * width, channels))(x),
            lambda: L.Reshape((height, width * channels))(x),
            lambda: L.Reshape((width, height, channels))(x),
            lambda: L.Permute(rng.choice([(2, 1, 3), (3, 1, 2), (1, 3, 2), (2, 3, 1)]))(x),
            lambda: L.Dense(2)(x),
            lambda: L.TimeDistributed(L.Conv1D(2, 1))(x),
            lambda: L.TimeDistributed(L.Flatten())(x),
        ])()  # fmt: skip

    def on_sequence(self, x):
        L, rng = layers, self.rng
        steps, features = x.shape[1:]
        return rng.choice([
            lambda: L.Conv1D(3, 2, padding="same")(x),
            lambda: L.MaxPooling1D(2, padding="same")(x),
            lambda: L.UpSampling1D(2)(x) if steps < 8 else None,
            lambda: L.GlobalMaxPooling1D()(x),
            lambda: L.LSTM(2, return_sequences=rng.random() < 0.5)(x) if features < 30 else None,
            lambda: L.Bidirectional(L.SimpleRNN(2, activation="relu", return_sequences=True))(x) if features < 30 else None,
            lambda: L.TimeDistributed(L.Dense(3))(x),
            lambda: L.Dense(3, activation=rng.choice(["relu", "softmax"]))(x),
            lambda: L.BatchNormalization(axis=rng.choice([1, 2]))(x),
            lambda: L.LayerNormalization()(x),
            lambda: L.SpatialDropout1D(0.5)(x),
            lambda: L.Permute((2, 1))(x),
            lambda: L.Flatten()(x),
            lambda: L.Reshape((steps, features, 1))(x),
            lambda: L.Reshape((features, steps))(x),
        ])()  # fmt: skip

    def on_vector(self, x):
        L, rng = layers, self.rng
        size = x.shape[1]
        return rng.choice([
            lambda: L.Dense(rng.choice([3, 4, size, self._map_size()]), activation=rng.choice(["relu", "linear"]))(x),
            lambda: self._shared_dense(x),
            lambda: L.BatchNormalization()(x),
            lambda: L.LayerNormalization()(x),
            lambda: L.PReLU()(x),
            lambda: L.Dropout(0.5)(x),
            lambda: L.Reshape(self.size)(x) if size == self._map_size() else None,
            lambda: L.Reshape((1, 1, size))(x),
            lambda: L.Reshape((2, size // 2))(x) if size % 2 == 0 else None,
            lambda: L.RepeatVector(3)(x) if size < 30 else None,
            lambda: L.Multiply()([x, L.Dense(size, activation="relu")(x)]) if size < 80 else None,
        ])()  # fmt: skip

    def on_any(self, x):
        L, rng = layers, self.rng
        alike = [y for y in self.values if y.shape == x.shape]
        joins = [y for y in self.values if y.shape[:-1] == x.shape[:-1]]
        near = [y for y in self.values if len(y.shape) == 2 and y.shape[-1] == x.shape[-1]]
        return rng.choice([
            lambda: L.Activation(rng.choice(["relu", "softmax", "linear"]))(x),
            lambda: L.ReLU()(x),
            lambda: L.Add()([x, rng.choice(alike)]),
            lambda: L.Maximum()([x, rng.choice(alike)]),
            lambda: L.Concatenate()([x, rng.choice(joins), *([rng.choice(joins)] if rng.random() < 0.3 else [])]),
            lambda: L.Multiply()([x, rng.choice(near)]) if near else None,
            lambda: x + rng.choice(alike),
            lambda: x * 2.0,
            lambda: L.Lambda(lambda v: v * 2.0 + 1.0, output_shape=tuple(x.shape[1:]))(x),
        ])()  # fmt: skip

    def _map_size(self) -> int:
        height, width, channels = self.size
        return height * width * channels

    def _shared_dense(self, x):
        size = x.shape[1]
        dense = self.shared.setdefault(size, layers.Dense(3))
        return dense(x)
