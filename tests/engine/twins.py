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


def dense_softmax(library):
    """One hidden layer, three classes."""
    return dense(library, 4, 3, "softmax")


X, Y = numbers(50, 4), numbers(50, 3, seed=1)
FIT = {"epochs": 3, "batch_size": 8, "shuffle": False, "verbose": 0}


def histories(build, compile_with, x=X, y=Y, **fit_with):
    """Histories of both twins; `compile_with` is a dict, or a function of the library that gives one."""
    pair = twins(build)
    found = []
    for library, model in zip(LIBRARIES, pair, strict=True):
        model.compile(**(compile_with(library) if callable(compile_with) else compile_with))
        found.append(model.fit(x, y, **{**FIT, **fit_with}))
    for one, other in zip(pair[1].get_weights(), pair[0].get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
    return found[1], found[0]


def compiled(loss="mse", outputs=3, activation=None):
    """One of our models, ready to train."""
    model = dense(pellucid, 4, outputs, activation)
    model.compile("sgd", loss)
    return model
