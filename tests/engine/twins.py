"""Twins: the same model in Keras and here, with the same weights, for tests that compare training."""

import contextlib
import io

import keras
import numpy as np

import pellucid

LIBRARIES = (keras, pellucid)


def numbers(*shape, seed=0):
    """Small numbers, the same each time."""
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def classes(count, kinds, seed=0):
    """Class numbers, the same each time."""
    return np.random.default_rng(seed).integers(0, kinds, count)


def twins(build):
    """Two models of one function ``build(library)``; the second has the first's weights."""
    of_keras, of_ours = build(keras), build(pellucid)
    of_ours.set_weights(of_keras.get_weights())
    return of_keras, of_ours


def dense(library, inputs=4, outputs=3, activation=None):
    """One hidden layer."""
    return library.Sequential(
        [library.Input((inputs,)), library.layers.Dense(5, "tanh"), library.layers.Dense(outputs, activation)]
    )


def two_outputs(library):
    """A functional model with the outputs "a" (3 numbers) and "b" (1 number)."""
    x = library.Input((4,), name="x")
    hidden = library.layers.Dense(5, "tanh")(x)
    a = library.layers.Dense(3, "softmax", name="a")(hidden)
    b = library.layers.Dense(1, name="b")(hidden)
    return library.Model(x, [a, b])


def same_history(ours, keras_history, tolerance=1e-5):
    """Fail unless both histories have the same names, in the same order, and nearly the same numbers."""
    assert list(ours.history) == list(keras_history.history)
    for name, expected in keras_history.history.items():
        np.testing.assert_allclose(ours.history[name], expected, rtol=tolerance, atol=tolerance, err_msg=name)


def quietly(function, *args, **kwargs):
    """Call without what it prints."""
    with contextlib.redirect_stdout(io.StringIO()):
        return function(*args, **kwargs)
