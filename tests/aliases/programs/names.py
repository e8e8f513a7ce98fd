"""Imports in all the ways there are, and what is told of names that are not there."""

import sys

import keras
import keras.layers as layers_of_keras
import tensorflow as tf
import tf_keras
from keras.layers import *  # noqa: F403
from tensorflow import keras as keras_of_tf
from tensorflow.keras import backend as K
from tensorflow.keras.applications.resnet50 import ResNet50, preprocess_input
from tensorflow.keras.layers import Dense as DenseOfTensorFlow
from tensorflow.keras.layers.experimental.preprocessing import Rescaling
from tensorflow.keras.preprocessing import sequence, text
from tensorflow.keras.preprocessing.text import Tokenizer
from tensorflow.python.keras.engine.base_layer import Layer

assert Dense is DenseOfTensorFlow is keras.layers.Dense is layers_of_keras.Dense is tf_keras.layers.Dense  # noqa: F405
assert tf.keras.layers.Dense is keras_of_tf.layers.Dense and issubclass(Rescaling, Layer)
assert K.backend() == keras.backend.backend() == "torch" and K.floatx() == "float32"
assert keras.losses.mse is not None and keras.__version__ == tf.keras.__version__
assert ResNet50.__name__ == "ResNet50" and callable(preprocess_input)
assert text.Tokenizer is Tokenizer and callable(sequence.pad_sequences)
keras.layers.something = 1  # a program may hang things on modules; ours stay clean
assert not hasattr(sys.modules["pellucid.layers"], "something")
assert not hasattr(tf, "constant") and "GradientTape" not in dir(tf)


def told(statement):
    try:
        exec(statement)
    except (ImportError, AttributeError, NotImplementedError) as error:
        return str(error)
    raise AssertionError(statement)


assert "asks TensorFlow itself for `tensorflow.constant`" in told("tf.constant(1)")
assert "keras.ops.convert_to_tensor" in told("tf.constant(1)")
assert "`tensorflow.data`" in told("from tensorflow import data")
assert "`tensorflow.data`" in told("import tensorflow.data.experimental")
assert "no `keras.layers.Dence`" in told("from keras.layers import Dence") and "Dense" in told("keras.layers.Dence")
assert "Keras's inside" in told("import keras.src.layers") and "Keras's inside" in told("keras.src")
assert "torchrun" in told("keras.utils.multi_gpu_model(None)")
print("done")
