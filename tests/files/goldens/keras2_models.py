"""Models in the words of Keras 2.2.4 and of tf_keras, for make.py; `K` is one or the other."""


class Case:
    """One model.

    Args:
        shapes: of its inputs, without the batch axis.
        whole: inputs are whole numbers below this.
        targets: shapes of what it is trained on; None for models that are not compiled.
        runs: whether this machine can compute it.
        zipped: whether it is also saved as .keras, where that Keras knows it.
    """

    def __init__(self, name, model, shapes, whole=None, targets=None, runs=True, zipped=True):
        self.name, self.model, self.shapes, self.whole = name, model, shapes, whole
        self.targets, self.runs, self.zipped = targets, runs, zipped


def cases(age):
    if age == "tf_keras":
        import tf_keras as K
    elif age == "tensorflow_1":
        from tensorflow import keras as K
    else:
        import keras as K
    L, O = K.layers, K.optimizers
    if age in ("tensorflow_1", "keras3"):
        yield from of_tensorflow_1(K) if age == "tensorflow_1" else of_keras_3(K)
        return
    first = "channels_first" if age == "keras2_theano" else "channels_last"
    yield Case("dense", dense(K), [(4,)], targets=[(2,)])
    yield Case("sgd", small(K, O.SGD(0.1, momentum=0.9, nesterov=True)), [(4,)], targets=[(2,)])
    yield Case("rmsprop", small(K, O.RMSprop(0.01)), [(4,)], targets=[(2,)])
    for name in ("Adagrad", "Adadelta", "Adamax", "Nadam"):
        yield Case(name.lower(), small(K, getattr(O, name)(0.01)), [(4,)], targets=[(2,)])
    if age == "tf_keras":
        yield from newer(K)
    else:
        yield Case("decay", small(K, O.SGD(0.1, decay=0.5)), [(4,)], targets=[(2,)])
        yield Case("amsgrad", small(K, O.Adam(0.01, amsgrad=True)), [(4,)], targets=[(2,)])
    yield Case("conv", conv(K, first), [(2, 8, 9) if first == "channels_first" else (8, 9, 2)])
    yield Case("spatial", spatial(K, first), [(2, 6, 7) if first == "channels_first" else (6, 7, 2)])
    yield Case("conv1d", conv1d(K), [(9, 3)])
    yield Case("conv3d", conv3d(K, first), [(2, 5, 5, 6) if first == "channels_first" else (5, 5, 6, 2)])
    yield Case("flatten_first", flatten_first(K), [(2, 3, 4)])
    yield Case("recurrent", recurrent(K), [(5, 3)])
    if age != "keras2_theano":  # it gives weights of two cells the same name, and cannot save them
        yield Case("cells", cells(K), [(5, 3)])
    yield Case("words", words(K), [(6,)], whole=9)
    yield Case("states", states(K), [(5, 3), (4, 3)])
    yield Case("convlstm", convlstm(K, first), [(3, 2, 5, 5) if first == "channels_first" else (3, 5, 5, 2)])
    yield Case("activations", activations(K), [(4, 3)])
    yield Case("graph", graph(K), [(4,), (4,)])
    yield Case("nested", nested(K), [(4,)])
    yield Case("nested_end", nested_end(K), [(4,)])
    yield Case("two_heads", two_heads(K), [(4,)], targets=[(1,), (2,)])
    yield Case("gone_local", K.models.Sequential([L.LocallyConnected1D(2, 3, input_shape=(6, 2))]), [(6, 2)])
    yield Case("lambda_code", with_lambda(K, lambda x: x * 2), [(4,)], zipped=False)
    yield Case("lambda_name", with_lambda(K, doubled), [(4,)], zipped=False)
    if age == "keras2_tensorflow":
        yield from cudnn(K)


def doubled(x):
    return x * 2


def dense(K):
    L = K.layers
    model = K.models.Sequential(name="stack")
    regular, limit = K.regularizers.l1_l2(0.01, 0.02), K.constraints.non_neg()
    model.add(L.Dense(5, input_dim=4, kernel_initializer="he_normal", activation="tanh", kernel_regularizer=regular))
    model.add(L.Dropout(0.0))
    model.add(L.Dense(3, use_bias=False, activation="hard_sigmoid", kernel_constraint=limit))
    model.add(L.Dense(2, activation="softmax"))
    model.compile(K.optimizers.Adam(0.01), "mse", metrics=["accuracy"])
    return model


def small(K, optimizer):
    L = K.layers
    model = K.models.Sequential([L.Dense(3, input_dim=4, activation="tanh"), L.Dense(2)])
    model.compile(optimizer, "mean_absolute_error", metrics=["mae", "mean_squared_error"])
    return model


def conv(K, order):
    L = K.layers
    shape, axis = ((2, 8, 9), 1) if order == "channels_first" else ((8, 9, 2), -1)
    return K.models.Sequential(
        [
            L.Conv2D(3, (3, 1), padding="same", data_format=order, input_shape=shape, activation="relu"),
            L.BatchNormalization(axis=axis),
            L.MaxPooling2D((2, 2), data_format=order),
            L.Conv2D(4, (2, 2), strides=2, data_format=order),
            L.Conv2D(2, (2, 1), dilation_rate=(1, 1), data_format=order, use_bias=False),
            L.AveragePooling2D((1, 2), data_format=order),
            L.Flatten(data_format=order),
            L.Dense(3),
        ]
    )


def spatial(K, order):
    L = K.layers
    shape = (2, 6, 7) if order == "channels_first" else (6, 7, 2)
    stack = [
        L.ZeroPadding2D((1, 2), data_format=order, input_shape=shape),
        L.Cropping2D(((1, 1), (1, 2)), data_format=order),
        L.SpatialDropout2D(0.2, data_format=order),
        L.Conv2DTranspose(3, (3, 3), strides=2, data_format=order),
        L.UpSampling2D((2, 1), data_format=order),
    ]
    if order == "channels_last":  # Theano has no such
        stack += [
            L.SeparableConv2D(3, (2, 2), depth_multiplier=2, data_format=order),
            L.DepthwiseConv2D((2, 2), depth_multiplier=2, data_format=order),
        ]
    return K.models.Sequential([*stack, L.GlobalAveragePooling2D(data_format=order)])


def conv1d(K):
    L = K.layers
    return K.models.Sequential(
        [
            L.ZeroPadding1D(1, input_shape=(9, 3)),
            L.Conv1D(4, 3, padding="causal", dilation_rate=2, activation="relu"),
            L.MaxPooling1D(2),
            L.Conv1D(2, 2, use_bias=False),
            L.UpSampling1D(2),
            L.Cropping1D((1, 0)),
            L.GlobalMaxPooling1D(),
        ]
    )


def conv3d(K, order):
    L = K.layers
    shape = (2, 5, 5, 6) if order == "channels_first" else (5, 5, 6, 2)
    return K.models.Sequential(
        [
            L.Conv3D(2, (2, 3, 2), data_format=order, input_shape=shape),
            L.MaxPooling3D((2, 1, 2), data_format=order),
            L.Flatten(data_format=order),
            L.Dense(2),
        ]
    )


def flatten_first(K):
    L = K.layers
    return K.models.Sequential([L.Flatten(data_format="channels_first", input_shape=(2, 3, 4)), L.Dense(3)])


def recurrent(K):
    L = K.layers
    return K.models.Sequential(
        [
            L.Masking(9.0, input_shape=(5, 3)),
            L.LSTM(4, return_sequences=True, implementation=1),
            L.GRU(3, return_sequences=True, recurrent_activation="sigmoid", reset_after=True),
            L.GRU(3, return_sequences=True, reset_after=False),
            L.Bidirectional(L.LSTM(2, return_sequences=True, recurrent_activation="hard_sigmoid"), merge_mode="concat"),
            L.TimeDistributed(L.Dense(3)),
            L.SimpleRNN(3, go_backwards=True),
            L.RepeatVector(2),
            L.Bidirectional(L.GRU(2), merge_mode="sum"),
        ]
    )


def cells(K):
    L = K.layers
    stack = L.RNN([L.LSTMCell(3), L.GRUCell(2, reset_after=False)], return_sequences=True, input_shape=(5, 3))
    return K.models.Sequential([stack, L.RNN(L.SimpleRNNCell(2))])


def states(K):
    """An encoder whose last state is the first of a decoder."""
    L = K.layers
    x, y = L.Input((5, 3)), L.Input((4, 3))
    _, h, c = L.LSTM(2, return_state=True)(x)
    decoded = L.LSTM(2, return_sequences=True, name="decoder")(y, initial_state=[h, c])
    both = L.Bidirectional(L.GRU(2))(decoded, initial_state=[h, c])
    return K.models.Model([x, y], [L.Dense(2)(decoded), both])


def words(K):
    L = K.layers
    model = K.models.Sequential([L.Embedding(9, 4, input_length=6, mask_zero=True), L.LSTM(3, dropout=0.1)])
    model.add(L.Dense(2, activation="sigmoid"))
    return model


def convlstm(K, order):
    L = K.layers
    shape = (3, 2, 5, 5) if order == "channels_first" else (3, 5, 5, 2)
    layer = L.ConvLSTM2D(2, (3, 1), data_format=order, padding="same", input_shape=shape)
    return K.models.Sequential([layer, L.Flatten(data_format=order), L.Dense(2)])


def activations(K):
    L = K.layers
    return K.models.Sequential(
        [
            L.LeakyReLU(0.1, input_shape=(4, 3)),
            L.ELU(0.7),
            L.PReLU(shared_axes=[1]),
            L.GaussianNoise(0.1),
            L.ThresholdedReLU(0.2),
            L.Activation("softplus"),
            L.ReLU(max_value=2.0, negative_slope=0.1, threshold=0.3),
            L.Softmax(),
            L.Permute((2, 1)),
            L.Reshape((12,)),
            L.ActivityRegularization(0.1),
            L.Activation("hard_sigmoid"),
        ]
    )


def graph(K):
    L = K.layers
    x, y = L.Input((4,), name="x"), L.Input((4,), name="y")
    shared = L.Dense(3, name="shared")
    a, b = shared(x), shared(y)
    parts = [getattr(L, kind)()([a, b]) for kind in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")]
    parts.append(L.Dot(1)([a, b]))
    parts.append(L.Dot(1, normalize=True)([b, a]))
    return K.models.Model([x, y], [L.Concatenate()(parts), L.BatchNormalization()(b)])


def nested(K):
    L = K.layers
    inner = K.models.Sequential([L.Dense(3, input_dim=4), L.BatchNormalization(), L.Dense(2)], name="inner")
    x = L.Input((4,))
    outer = K.models.Model(x, L.Dense(3)(inner(x)), name="outer")
    y = L.Input((4,))
    return K.models.Model(y, L.Dense(2)(outer(y)))


def nested_end(K):
    L = K.layers
    x = L.Input((4,))
    hidden = L.Dense(4)(x)
    inner = K.models.Model(x, L.Dense(4)(L.BatchNormalization()(hidden)), name="inner")
    y = L.Input((4,))
    first = inner(y)
    return K.models.Model(y, [inner(L.Activation("tanh")(first)), first])


def two_heads(K):
    L = K.layers
    x = L.Input((4,), name="x")
    h = L.Dense(3, activation="relu", name="h")(x)
    model = K.models.Model(x, [L.Dense(1, name="p")(h), L.Dense(2, activation="softmax", name="q")(h)])
    losses = {"p": "mse", "q": "categorical_crossentropy"}
    model.compile("adam", losses, metrics={"p": ["mae"], "q": ["acc"]}, loss_weights={"p": 1.0, "q": 0.2})
    return model


def with_lambda(K, function):
    L = K.layers
    return K.models.Sequential([L.Dense(3, input_dim=4), L.Lambda(function, name="twice"), L.Dense(2)])


def cudnn(K):
    """Models that only a GPU runs; their outputs are those of the same weights in plain layers, moved by Keras itself."""
    L = K.layers
    for layer in (L.CuDNNLSTM, L.CuDNNGRU):
        layer._process_batch = _of_the_right_shape
    for name, fast, plain in (
        ("cudnn_lstm", L.CuDNNLSTM, lambda *a, **k: L.LSTM(*a, recurrent_activation="sigmoid", **k)),
        ("cudnn_gru", L.CuDNNGRU, lambda *a, **k: L.GRU(*a, recurrent_activation="sigmoid", reset_after=True, **k)),
    ):
        both = []
        for layer in (fast, plain):
            stack = [layer(3, return_sequences=True, input_shape=(5, 2)), L.Bidirectional(layer(2)), L.Dense(2)]
            both.append(K.models.Sequential(stack))
        yield Case(name, both[0], [(5, 2)], runs=False)
        yield Case(name + "_plain", Moved(*both), [(5, 2)])


def _of_the_right_shape(self, x, initial_state):
    """In place of an operation that cannot even stand in a graph without a GPU."""
    from keras import backend

    every = backend.repeat_elements(x[:, :, :1], self.units, 2)
    return (every if self.return_sequences else every[:, -1]), list(initial_state)


class Moved:
    """A model whose weights come from another one's file."""

    def __init__(self, source, target):
        self.source, self.target = source, target

    def get_weights(self):
        return self.source.get_weights()

    def set_weights(self, weights):
        import os
        import tempfile

        self.source.set_weights(weights)
        path = os.path.join(tempfile.mkdtemp(), "moved.h5")
        self.source.save_weights(path)
        self.target.load_weights(path)

    def predict(self, x):
        return self.target.predict(x)

    def save(self, path):
        self.target.save(path)


def of_tensorflow_1(K):
    """What tf.keras of TensorFlow 1.15 wrote in its own way."""
    import tensorflow as tf

    L = K.layers
    yield Case("conv", conv(K, "channels_last"), [(8, 9, 2)])
    yield Case("recurrent", recurrent(K), [(5, 3)])
    yield Case("cells", cells(K), [(5, 3)])
    yield Case("states", states(K), [(5, 3), (4, 3)])
    yield Case("words", words(K), [(6,)], whole=9)
    yield Case("activations", activations(K), [(4, 3)])
    yield Case("graph", graph(K), [(4,), (4,)])
    yield Case("nested", nested(K), [(4,)])
    yield Case("nested_end", nested_end(K), [(4,)])
    x = L.Input((4, 6))
    y = tf.nn.relu(x * 2.0 + 1.0) - tf.reduce_mean(x, axis=-1, keepdims=True)
    y = tf.concat([y, 3.0 - x], axis=-1)
    y = tf.reshape(tf.exp(-y) + tf.maximum(y, 0.5), (-1, 48))
    y = tf.squeeze(tf.expand_dims(tf.sqrt(tf.square(y)) / 2.0, 1), 1)
    z = tf.matmul(tf.stack([y, y[:, ::-1]], axis=1)[..., 3:9], x[:, 1:, :], transpose_b=True)
    y = tf.concat([y[:, 1:20], tf.transpose(z, [0, 2, 1])[:, :, 0]], -1)
    yield Case("operations", K.Model(x, L.Dense(2)(tf.nn.softmax(y))), [(4, 6)])


def of_keras_3(K):
    """Layers that Keras 3 runs with TensorFlow only, as they learn vocabularies."""
    import numpy as np

    L = K.layers
    numbers, words = L.IntegerLookup(name="numbers"), L.TextVectorization(name="words")
    numbers.adapt(np.array([3, 9, 9, 27]))
    words.adapt(np.array(["so it is", "so be it", "be so"]))
    yield Case("numbers", K.Sequential([L.Input((2,), dtype="int64"), numbers, L.Embedding(5, 2)]), [(2,)], whole=30)
    yield Case("words", K.Sequential([L.Input((1,), dtype="string"), words, L.Embedding(9, 2)]), [(1,)], runs=False)


def newer(K):
    """What tf_keras has and Keras 2.2.4 had not."""
    import tensorflow as tf

    L, O = K.layers, K.optimizers
    losses = K.losses
    yield Case("adamw", small(K, O.AdamW(0.01, weight_decay=0.1)), [(4,)], targets=[(2,)])
    yield Case("ftrl", small(K, O.Ftrl(0.01)), [(4,)], targets=[(2,)])
    schedule = O.schedules.ExponentialDecay(0.1, 2, 0.5)
    yield Case("schedule", small(K, O.SGD(schedule, momentum=0.9)), [(4,)], targets=[(2,)])
    for name in ("SGD", "Adam", "RMSprop", "Adagrad", "Adadelta", "Adamax", "Nadam", "Ftrl"):
        older = getattr(O.legacy, name)
        more = {"decay": 0.1, "momentum": 0.9} if name == "SGD" else {"amsgrad": True} if name == "Adam" else {}
        yield Case("legacy_" + name.lower(), small(K, older(0.01, **more)), [(4,)], targets=[(2,)])
    model = dense(K)
    metrics = [
        K.metrics.CategoricalAccuracy(),
        K.metrics.AUC(),
        K.metrics.Precision(),
        K.metrics.TopKCategoricalAccuracy(2),
    ]
    model.compile(O.Adam(0.01), losses.CategoricalCrossentropy(label_smoothing=0.1), metrics=metrics)
    yield Case("objects", model, [(4,)], targets=[(2,)])
    yield Case("attention", attention(K), [(5, 4)])
    yield Case("normal", normal(K), [(4, 5, 6)])
    yield Case("operations", operations(K, tf), [(4, 6)], zipped=False)
    x = L.Input((4,), dtype="float32")
    mixed = K.Model(x, L.Dense(2, dtype=K.mixed_precision.Policy("mixed_bfloat16"))(x))
    yield Case("mixed", mixed, [(4,)], runs=False)
    yield Case("functions", K.Sequential([L.Input((4,)), *(L.Dense(4, activation=word) for word in FUNCTIONS)]), [(4,)])
    yield Case("named", named(K), [(4,), (4,)], zipped=False)


FUNCTIONS = ("elu", "selu", "softplus", "softsign", "swish", "gelu", "exponential", "relu", "hard_sigmoid", "mish")


def attention(K):
    L = K.layers
    x = L.Input((5, 4))
    many = L.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True)
    one = L.Attention(use_scale=True)([x, x])
    other = L.AdditiveAttention()([x, x, one])
    return K.Model(x, L.Concatenate()([L.LayerNormalization()(many), one, other]))


def normal(K):
    L = K.layers
    return K.Sequential(
        [
            L.Input((4, 5, 6)),
            L.Rescaling(0.5, offset=0.1),
            L.GroupNormalization(3),
            L.LayerNormalization(axis=[2, 3]),
            L.UnitNormalization(),
            L.BatchNormalization(axis=[3], renorm=False),
            L.EinsumDense("abcd,de->abce", (None, None, 3), bias_axes="e"),
            L.Conv2D(4, 2, groups=1),
            L.Conv2DTranspose(2, 2, strides=2, output_padding=1),
            L.DepthwiseConv2D(2),
            L.GlobalAveragePooling2D(keepdims=True),
            L.Flatten(),
            L.Identity(),
        ]
    )


def operations(K, tf):
    x = K.layers.Input((4, 6))
    y = x * 2.0 + 1.0
    y = tf.nn.relu(y) - tf.reduce_mean(x, axis=-1, keepdims=True)
    y = tf.concat([y, 3.0 - x], axis=-1)
    y = y[:, 1:, ::2] / 2.0
    y = tf.reshape(y, (-1, 18))
    y = tf.math.square(y) ** 0.5 + tf.exp(-y)
    y = tf.expand_dims(y, 1)
    y = tf.transpose(tf.tile(y, [1, 2, 1]), [0, 2, 1])
    y = tf.stack([y[..., 0], y[:, :, 1]], axis=1)
    y = tf.clip_by_value(tf.matmul(y, y, transpose_b=True), -5.0, 50.0)
    y = tf.squeeze(tf.math.reduce_sum(y, axis=1, keepdims=True), 1)
    return K.Model(x, K.layers.Dense(2)(tf.nn.softmax(y)))


def named(K):
    L = K.layers
    a, b = L.Input((4,), name="a"), L.Input((4,), name="b")
    return K.Model({"a": a, "b": b}, {"sum": L.Add()([a, b]), "dense": L.Dense(2)(a)})
