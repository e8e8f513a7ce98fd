"""Wrong programs: arguments of layers, and shapes when they are built or called."""

import numpy as np

from wrong_programs.row import Wrong


def _flatten_of_unknown(k):
    x = k.layers.Flatten()(k.Input((None, None, 3)))
    return k.layers.Dense(10)(x)


def _conv_then_flatten(k, size):
    inputs = k.Input((size, size, 256))
    return k.layers.Flatten()(inputs)


def _dense_after_other_flatten(k):
    head = k.layers.Dense(10, name="head")
    head(_conv_then_flatten(k, 8))
    return head(_conv_then_flatten(k, 16))


def _normalized_twice(k):
    layer = k.layers.LayerNormalization()
    layer(np.ones((2, 3), "float32"))
    return layer(np.ones((2, 5), "float32"))


def _weights_after_build(k):
    class Late(k.layers.Layer):
        def call(self, x):
            self.inner = k.layers.Dense(2)
            return self.inner(x)

    layer = Late()
    layer.build((None, 3))
    layer.late = k.layers.Dense(2)


# fmt: off
ARGUMENTS = [
    Wrong("Dense with negative units", lambda k: k.layers.Dense(-3), ("units", "-3")),
    Wrong("Dense with no units", lambda k: k.layers.Dense(0), ("units", "0")),
    Wrong("Dense with units as text", lambda k: k.layers.Dense("ten"), ("units", "'ten'")),
    Wrong("Dense with a fraction of units", lambda k: k.layers.Dense(2.5), ("units", "2.5"), ValueError),
    Wrong("Dense with an unknown argument", lambda k: k.layers.Dense(3, unit_count=4), ("unit_count", "Dense")),
    Wrong("Dense with a mistyped activation", lambda k: k.layers.Dense(3, activation="rleu"), ("rleu", "relu")),
    Wrong("Dense with a mistyped initializer", lambda k: k.layers.Dense(3, kernel_initializer="glorot_unifrom"), ("glorot_uniform",)),
    Wrong("Dense with a mistyped regularizer", lambda k: k.layers.Dense(3, kernel_regularizer="l3"), ("l3", "L2")),
    Wrong("Dense with a mistyped constraint", lambda k: k.layers.Dense(3, kernel_constraint="nonneg"), ("nonneg", "NonNeg")),
    Wrong("a layer with a mistyped dtype", lambda k: k.layers.Dense(3, dtype="flaot32"), ("flaot32", "float32")),
    Wrong("a layer with a slash in its name", lambda k: k.layers.Dense(3, name="a/b"), ("a/b", "a_b")),
    Wrong("a layer with a number as name", lambda k: k.layers.Dense(3, name=7), ("7", "name")),
    Wrong("Conv2D without filters", lambda k: k.layers.Conv2D(0, 3), ("filters", "0")),
    Wrong("Conv2D with three kernel sizes", lambda k: k.layers.Conv2D(4, (3, 3, 3)), ("kernel_size", "(3, 3, 3)")),
    Wrong("Conv2D with a mistyped padding", lambda k: k.layers.Conv2D(4, 3, padding="smae"), ("padding", "smae", "same")),
    Wrong("Conv2D with causal padding", lambda k: k.layers.Conv2D(4, 3, padding="causal"), ("padding", "causal")),
    Wrong("Conv2D with a mistyped data format", lambda k: k.layers.Conv2D(4, 3, data_format="channel_last"), ("channel_last", "channels_last")),
    Wrong("Conv2D with strides and dilation", lambda k: k.layers.Conv2D(4, 3, strides=2, dilation_rate=2), ("strides", "dilation_rate")),
    Wrong("Conv2D with stride 0", lambda k: k.layers.Conv2D(4, 3, strides=0), ("strides", "0")),
    Wrong("Conv2D with filters not divisible by groups", lambda k: k.layers.Conv2D(4, 3, groups=3), ("groups", "3", "4")),
    Wrong("Dropout above 1", lambda k: k.layers.Dropout(1.5), ("rate", "1.5")),
    Wrong("MaxPooling2D of pool size 0", lambda k: k.layers.MaxPooling2D(0), ("pool_size", "0")),
    Wrong("Embedding of no places", lambda k: k.layers.Embedding(0, 4), ("input_dim", "0"), ValueError),
    Wrong("Reshape to two unknown sizes", lambda k: k.layers.Reshape((-1, -1))(k.Input((6,))), ("-1",)),
    Wrong("Permute that forgets an axis", lambda k: k.layers.Permute((1, 3)), ("Permute", "(1, 3)")),
    Wrong("RepeatVector of a fraction", lambda k: k.layers.RepeatVector(2.5), ("2.5",)),
    Wrong("ZeroPadding2D of text", lambda k: k.layers.ZeroPadding2D("same"), ("padding", "'same'"), (ValueError, TypeError)),
    Wrong("UpSampling2D of an unknown interpolation", lambda k: k.layers.UpSampling2D(2, interpolation="cubik"), ("interpolation", "cubik", "bicubic"), ValueError),
    Wrong("LeakyReLU with a negative slope below 0", lambda k: k.layers.LeakyReLU(negative_slope=-1), ("negative_slope", "-1")),
    Wrong("ReLU with a negative greatest value", lambda k: k.layers.ReLU(max_value=-1), ("max_value", "-1")),
    Wrong("GroupNormalization of an indivisible number", lambda k: k.layers.GroupNormalization(groups=3)(k.Input((4, 4))), ("3", "4", "groups")),
    Wrong("GaussianNoise below 0", lambda k: k.layers.GaussianNoise(-1), ("stddev", "-1")),
    Wrong("TimeDistributed of a number", lambda k: k.layers.TimeDistributed(3), ("3"),),
    Wrong("Dot over no axes", lambda k: k.layers.Dot(axes="x"), ("axes", "'x'")),
    Wrong("Input without a shape", lambda k: k.Input(), ("shape",)),
    Wrong("Input with a shape and a batch shape", lambda k: k.Input((3,), batch_shape=(2, 3)), ("shape", "batch_shape")),
    Wrong("Input of a negative size", lambda k: k.Input((-1,)), ("(-1,)",)),
    Wrong("Input of text", lambda k: k.Input("three"), ("'three'",)),
    Wrong("Input of one number", lambda k: k.Input(3), ("3", "(3,)")),
]
# fmt: on

# fmt: off
SHAPES = [
    Wrong("Dense after Flatten of an unknown size", _flatten_of_unknown, ("GlobalAveragePooling2D", "height")),
    Wrong("Conv2D on three axes", lambda k: k.layers.Conv2D(4, 3)(k.Input((28, 28))), ("(None, 28, 28)", "4 axes", "(batch, height, width, channels)", "Input(shape=(28, 28, 1))")),
    Wrong("Conv1D on images", lambda k: k.layers.Conv1D(4, 3)(k.Input((28, 28, 3))), ("(None, 28, 28, 3)", "3 axes")),
    Wrong("Conv2D without a known number of channels", lambda k: k.layers.Conv2D(4, 3)(k.Input((28, 28, None))), ("channels", "None"), ValueError),
    Wrong("Conv2D with channels not divisible by groups", lambda k: k.layers.Conv2D(4, 3, groups=2)(k.Input((8, 8, 3))), ("groups", "3")),
    Wrong("Conv2D whose kernel is larger than the image", lambda k: k.layers.Conv2D(4, 5)(k.Input((3, 3, 1))), ("5", "3", 'padding="same"')),
    Wrong("Conv2D called with other channels", lambda k: _twice(k, k.layers.Conv2D(4, 3), (8, 8, 3), (8, 8, 5)), ("3", "(None, 8, 8, 5)")),
    Wrong("Conv2D called with channels in front", lambda k: _twice(k, k.layers.Conv2D(4, 3), (8, 8, 3), (3, 8, 8)), ('data_format="channels_first"',)),
    Wrong("pooling that eats the channels", lambda k: k.layers.MaxPooling2D()(k.Input((1, 28, 28))), ("channels_first", "data_format")),
    Wrong("pooling of vectors", lambda k: k.layers.MaxPooling2D()(k.Input((28,))), ("(None, 28)", "4 axes")),
    Wrong("pooling larger than the map", lambda k: k.layers.AveragePooling2D(4)(k.Input((2, 2, 8))), ("window of 4", "height of 2")),
    Wrong("global pooling of vectors", lambda k: k.layers.GlobalAveragePooling2D()(k.Input((28,))), ("4 axes",)),
    Wrong("Dense on another number of features", lambda k: _twice(k, k.layers.Dense(4), (3,), (5,)), ("3", "5")),
    Wrong("Dense after the Flatten of a larger map", _dense_after_other_flatten, ("16384 = 8*8*256", "65536 = 16*16*256", "head")),
    Wrong("Dense on a number per sample, without axes", lambda k: k.layers.Dense(4)(k.Input(())), ("2",)),
    Wrong("Reshape to another number of elements", lambda k: k.layers.Reshape((10, 10))(k.Input((8, 8, 3))), ("192 = 8*8*3", "100 = 10*10")),
    Wrong("Reshape whose -1 does not come out", lambda k: k.layers.Reshape((5, -1))(k.Input((8, 8))), ("64 = 8*8", "5")),
    Wrong("Concatenate of different heights", lambda k: k.layers.Concatenate()([k.Input((8, 8, 3)), k.Input((4, 8, 3))]), ("(None, 8, 8, 3)", "(None, 4, 8, 3)")),
    Wrong("Concatenate of one value", lambda k: k.layers.Concatenate()(k.Input((3,))), ("list",)),
    Wrong("Concatenate over an axis that is not there", lambda k: k.layers.Concatenate(axis=5)([k.Input((3,)), k.Input((3,))]), ("5",)),
    Wrong("Add of different sizes", lambda k: k.layers.Add()([k.Input((8,)), k.Input((4,))]), ("(8,)", "(4,)")),
    Wrong("Subtract of three values", lambda k: k.layers.Subtract()([k.Input((8,))] * 3), ("2", "3")),
    Wrong("Dot of different sizes", lambda k: k.layers.Dot(axes=1)([k.Input((8,)), k.Input((4,))]), ("8", "4")),
    Wrong("Dot of three values", lambda k: k.layers.Dot(axes=1)([k.Input((8,))] * 3), ("2", "3")),
    Wrong("Permute of another number of axes", lambda k: k.layers.Permute((2, 1))(k.Input((3, 4, 5))), ("(None, 3, 4, 5)", "3 axes"), ),
    Wrong("Cropping2D of everything", lambda k: k.layers.Cropping2D(4)(k.Input((8, 8, 3))), ("8", "4")),
    Wrong("BatchNormalization over an axis that is not there", lambda k: k.layers.BatchNormalization(axis=4)(k.Input((3,))), ("axis", "4")),
    Wrong("BatchNormalization over an unknown size", lambda k: k.layers.BatchNormalization()(k.Input((3, None))), ("axis", "None")),
    Wrong("LayerNormalization called with other features", _normalized_twice, ("[3]", "(2, 5)"), RuntimeError),
    Wrong("EinsumDense with an equation without arrow", lambda k: k.layers.EinsumDense("ab,bc", 4)(k.Input((3,))), ("ab,bc", "->")),
    Wrong("EinsumDense of another number of axes", lambda k: k.layers.EinsumDense("abc,cd->abd", (None, 4))(k.Input((3,))), ("abc,cd->abd", "3 axes"), ValueError),
    Wrong("TimeDistributed on vectors", lambda k: k.layers.TimeDistributed(k.layers.Dense(3))(k.Input((4,))), ("3 axes",), ValueError),
    Wrong("RepeatVector on images", lambda k: k.layers.RepeatVector(3)(k.Input((4, 4))), ("2 axes",)),
    Wrong("a build by a shape that is none", lambda k: k.layers.Dense(3).build("abc"), ("'c'",), (ValueError, TypeError)),
    Wrong("a model made for other images", lambda k: k.Sequential([k.Input((8, 8, 3)), k.layers.Flatten(), k.layers.Dense(2)])(np.zeros((1, 9, 9, 3), "float32")), ("192 = 8*8*3", "243 = 9*9*3", "sequential/dense")),
    Wrong("a layer set after build", _weights_after_build, ("late", "__init__ or build")),
]
# fmt: on

# fmt: off
DTYPES = [
    Wrong("Embedding of an index too large", lambda k: k.layers.Embedding(4, 2)(np.array([[1, 9]])), ("9", "0 to 3"), (ValueError, IndexError)),
    Wrong("Embedding of a float index too large", lambda k: k.layers.Embedding(4, 2)(np.array([[1.0, 9.0]])), ("9", "0 to 3"), (ValueError, IndexError)),
    Wrong("Embedding of a negative index", lambda k: k.layers.Embedding(4, 2)(np.array([[-1]])), ("-1", "0 to 3", "x + 1"), (ValueError, IndexError)),
    Wrong("Dense on text", lambda k: k.layers.Dense(2)(np.array([["a", "b"]])), ("numbers",), (ValueError, TypeError)),
    Wrong("Dense on objects", lambda k: k.layers.Dense(2)(np.array([[None, {}]], dtype=object)), ("numbers",), (ValueError, TypeError)),
    Wrong("Dense on complex numbers", lambda k: k.layers.Dense(2)(np.ones((1, 2), "complex64")), ("complex64", "ops.real(x)"), (ValueError, TypeError)),
    Wrong("a cast to an unknown dtype", lambda k: k.ops.cast([1], "float33"), ("float33", "float32")),
    Wrong("a floatx that is no float", lambda k: k.config.set_floatx("int32"), ("int32", "float32")),
    Wrong("an unknown dtype policy", lambda k: k.config.set_dtype_policy("mixed_float17"), ("mixed_float17", "mixed_float16")),
]
# fmt: on


def _twice(k, layer, first, second):
    layer(k.Input(first))
    return layer(k.Input(second))
