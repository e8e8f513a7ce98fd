"""Models in the words of Keras 1.2.2, for make.py."""

from keras.layers import (
    ELU,
    GRU,
    LSTM,
    Activation,
    AtrousConvolution1D,
    AtrousConvolution2D,
    AveragePooling2D,
    BatchNormalization,
    Bidirectional,
    ConvLSTM2D,
    Convolution1D,
    Convolution2D,
    Convolution3D,
    Cropping2D,
    Deconvolution2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GaussianNoise,
    GlobalAveragePooling2D,
    Highway,
    Input,
    LeakyReLU,
    LocallyConnected1D,
    Masking,
    MaxoutDense,
    MaxPooling1D,
    MaxPooling2D,
    MaxPooling3D,
    Merge,
    ParametricSoftplus,
    Permute,
    PReLU,
    RepeatVector,
    Reshape,
    SimpleRNN,
    SpatialDropout2D,
    SReLU,
    ThresholdedReLU,
    TimeDistributed,
    UpSampling2D,
    ZeroPadding1D,
    ZeroPadding2D,
    merge,
)
from keras.models import Model, Sequential
from keras.optimizers import SGD, Adam, RMSprop
from keras.regularizers import l1l2


class Case:
    def __init__(self, name, model, shapes, whole=None, targets=None, runs=True):
        self.name, self.model, self.shapes, self.whole = name, model, shapes, whole
        self.targets, self.runs, self.zipped = targets, runs, False


def cases(age):
    yield Case("dense", dense(), [(4,)], targets=[(2,)])
    yield Case("sgd", small(SGD(lr=0.1, momentum=0.9, decay=0.1, nesterov=True)), [(4,)], targets=[(2,)])
    yield Case("rmsprop", small(RMSprop(lr=0.01)), [(4,)], targets=[(2,)])
    yield Case("conv_th", conv("th"), [(2, 8, 9)])
    yield Case("conv_tf", conv("tf"), [(8, 9, 2)])
    yield Case("spatial_th", spatial("th"), [(2, 6, 7)])
    yield Case("spatial_tf", spatial("tf"), [(6, 7, 2)])
    yield Case("conv1d", conv1d(), [(9, 3)])
    yield Case("conv3d", conv3d(), [(2, 5, 5, 6)])
    yield Case("recurrent", recurrent(), [(5, 3)])
    yield Case("recurrent_gpu", recurrent("gpu"), [(5, 3)])
    yield Case("words", words(), [(6,)], whole=9)
    yield Case("convlstm", convlstm(), [(3, 2, 5, 5)])
    yield Case("activations", activations(), [(4, 3)])
    yield Case("branches", branches(), [(3,), (4,)])
    yield Case("graph", graph(), [(4,)])
    yield Case("nested", nested(), [(4,)])
    yield Case("gone_maxout", Sequential([MaxoutDense(3, input_dim=4)]), [(4,)])
    yield Case("gone_highway", Sequential([Highway(input_dim=4)]), [(4,)])
    yield Case("gone_srelu", Sequential([SReLU(input_shape=(4,))]), [(4,)])
    yield Case("gone_softplus", Sequential([ParametricSoftplus(input_shape=(4,))]), [(4,)])
    yield Case("gone_local", Sequential([LocallyConnected1D(2, 3, input_shape=(6, 2))]), [(6, 2)])


def dense():
    model = Sequential(name="stack")
    model.add(Dense(5, input_dim=4, init="he_normal", activation="tanh", W_regularizer=l1l2(0.01, 0.02)))
    model.add(Dropout(0.0))
    model.add(Dense(output_dim=3, bias=False, activation="hard_sigmoid", W_constraint="nonneg"))
    model.add(Dense(2, activation="softmax"))
    model.compile(Adam(lr=0.01), "mse", metrics=["accuracy"])
    return model


def small(optimizer):
    model = Sequential([Dense(3, input_dim=4, activation="tanh"), Dense(2)])
    model.compile(optimizer, "mean_absolute_error")
    return model


def conv(order):
    shape = (2, 8, 9) if order == "th" else (8, 9, 2)
    axis = 1 if order == "th" else -1
    return Sequential(
        [
            Convolution2D(3, 3, 1, border_mode="same", dim_ordering=order, input_shape=shape, activation="relu"),
            BatchNormalization(axis=axis, mode=0),
            MaxPooling2D((2, 2), dim_ordering=order),
            Convolution2D(4, 2, 2, subsample=(2, 2), dim_ordering=order),
            AtrousConvolution2D(2, 2, 1, atrous_rate=(1, 1), dim_ordering=order),
            AveragePooling2D((1, 2), border_mode="valid", dim_ordering=order),
            Flatten(),
            Dense(3),
        ]
    )


def spatial(order):
    shape = (2, 6, 7) if order == "th" else (6, 7, 2)
    out = (None, 3, 13, 17) if order == "th" else (None, 13, 17, 3)
    return Sequential(
        [
            ZeroPadding2D((1, 2), dim_ordering=order, input_shape=shape),
            Cropping2D(((1, 1), (1, 2)), dim_ordering=order),
            SpatialDropout2D(0.2, dim_ordering=order),
            Deconvolution2D(3, 3, 3, out, subsample=(2, 2), dim_ordering=order),
            UpSampling2D((2, 1), dim_ordering=order),
            Convolution2D(2, 2, 2, dim_ordering=order, bias=False),
            GlobalAveragePooling2D(dim_ordering=order),
        ]
    )


def conv1d():
    return Sequential(
        [
            ZeroPadding1D(1, input_shape=(9, 3)),
            Convolution1D(4, 3, border_mode="same", activation="relu"),
            MaxPooling1D(2, stride=2),
            AtrousConvolution1D(3, 2, atrous_rate=2),
            Convolution1D(2, 2, subsample_length=1, bias=False),
            Flatten(),
        ]
    )


def conv3d():
    return Sequential(
        [
            Convolution3D(2, 2, 3, 2, dim_ordering="th", input_shape=(2, 5, 5, 6)),
            MaxPooling3D((2, 1, 2), dim_ordering="th"),
            Flatten(),
            Dense(2),
        ]
    )


def recurrent(consume_less="cpu"):
    return Sequential(
        [
            Masking(9.0, input_shape=(5, 3)),
            LSTM(4, return_sequences=True, consume_less=consume_less, forget_bias_init="one"),
            GRU(3, return_sequences=True, consume_less=consume_less, inner_activation="sigmoid"),
            Bidirectional(LSTM(2, return_sequences=True), merge_mode="concat"),
            TimeDistributed(Dense(3)),
            SimpleRNN(3, go_backwards=True),
            RepeatVector(2),
            Bidirectional(GRU(2), merge_mode="sum"),
        ]
    )


def words():
    model = Sequential([Embedding(9, 4, input_length=6, mask_zero=True), LSTM(3, dropout_W=0.1, dropout_U=0.1)])
    model.add(Dense(2, activation="sigmoid"))
    return model


def convlstm():
    return Sequential(
        [
            ConvLSTM2D(2, 3, 1, dim_ordering="th", border_mode="same", input_shape=(3, 2, 5, 5)),
            Flatten(),
            Dense(2),
        ]
    )


def activations():
    return Sequential(
        [
            LeakyReLU(0.1, input_shape=(4, 3)),
            ELU(0.7),
            PReLU(),
            GaussianNoise(0.1),
            ThresholdedReLU(0.2),
            Activation("softplus"),
            Permute((2, 1)),
            Reshape((12,)),
        ]
    )


def branches():
    left = Sequential([Dense(3, input_dim=3, name="left")], name="left_stack")
    right = Sequential([Dense(5, input_dim=4, name="zero"), Dense(3, name="right")], name="right_stack")
    model = Sequential(name="joined")
    model.add(Merge([left, right], mode="concat"))
    model.add(Dense(2, name="top"))
    return model


def graph():
    x = Input((4,), name="x")
    a, b = Dense(3, name="a")(x), Dense(3, name="b")(x)
    parts = [merge([a, b], mode=mode, name=mode) for mode in ("sum", "mul", "ave", "max")]
    parts += [merge([a, b], mode="dot", dot_axes=1, name="dot"), merge([a, b], mode="cos", dot_axes=1, name="cos")]
    parts[-1] = Flatten()(parts[-1])
    return Model(x, merge(parts, mode="concat", concat_axis=-1, name="all"))


def nested():
    inner = Sequential([Dense(3, input_dim=4), BatchNormalization(), Dense(2)], name="inner")
    x = Input((4,))
    outer = Model(x, Dense(3)(inner(x)), name="outer")
    y = Input((4,))
    return Model(y, outer(y))
