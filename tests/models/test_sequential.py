"""Sequential models: with and without an Input, built late, changed later."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import pellucid
from pellucid import errors, layers
from pellucid.models import Sequential


def test_a_stack_with_an_input_is_built_at_once():
    model = Sequential([layers.Input((4,)), layers.Dense(3), layers.Dense(2)])
    assert model.built
    assert model.output_shape == (None, 2)
    assert model.weights[0].path == "sequential/dense/kernel"


def test_a_stack_without_an_input_is_built_by_its_first_call():
    model = Sequential([layers.Dense(3), layers.Dense(2)])
    assert not model.built
    with pytest.raises(AttributeError, match="input's shape"):
        _ = model.output_shape
    assert model(np.ones((5, 4))).shape == (5, 2)
    assert model.count_params() == 4 * 3 + 3 + 3 * 2 + 2


def test_build_takes_a_shape_with_the_batch():
    model = Sequential([layers.Dense(3)])
    model.build((None, 4))
    assert model.input_shape == (None, 4)


def test_layers_are_added_and_taken_off():
    model = Sequential([layers.Input((4,)), layers.Dense(3)])
    model.add(layers.Dense(2))
    assert model.output_shape == (None, 2)
    assert model.pop().units == 2
    assert model.output_shape == (None, 3)
    assert len(model.layers) == 1


def test_keras_2s_input_shape_is_understood():
    with pytest.warns(UserWarning, match="input_shape"):
        model = Sequential([layers.Dense(3, input_shape=(4,)), layers.Dense(2)])
    assert model.output_shape == (None, 2)


def test_layers_with_several_inputs_do_not_fit_a_stack():
    class Two(layers.Layer):
        def call(self, a, b):
            return a + b

    with pytest.raises(errors.ArgumentError, match="one input"):
        Sequential([layers.Input((2,)), Two()])


def test_a_function_is_no_layer_and_the_error_says_what_makes_it_one():
    with pytest.raises(errors.ArgumentError, match="Lambda"):
        Sequential([lambda x: x])


def test_nested_stacks_count_their_layers_and_weights_as_keras_does():
    def make(library):
        layer = library.layers
        inner = library.Sequential([layer.Dense(3, name="a"), layer.Dense(2, name="b")], name="inner")
        return library.Sequential([library.Input((4,)), inner, layer.Dense(1, name="c")], name="outer")

    ours, theirs = make(pellucid), make(keras)
    theirs.set_weights(ours.get_weights())
    x = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")
    np.testing.assert_allclose(ours.predict(x, verbose=0), theirs.predict(x, verbose=0), rtol=1e-6)
    assert [w.path for w in ours.weights] == [w.path for w in theirs.weights]


def test_a_config_makes_the_same_stack_again():
    model = Sequential([layers.Input((4,)), layers.Dense(3, activation="relu"), layers.Dropout(0.2)])
    again = Sequential.from_config(model.get_config())
    assert again.get_config() == model.get_config()
    assert keras.Sequential.from_config(model.get_config()).count_params() == model.count_params()


def test_a_mask_travels_through_the_stack():
    seen = []

    class Reads(layers.Layer):
        def compute_mask(self, x, mask):
            return mask

        def call(self, x, mask=None):
            seen.append(mask)
            return x

    model = Sequential([layers.Embedding(5, 2, mask_zero=True), Reads()])
    model(np.array([[1, 0, 2]]))
    assert seen[-1].tolist() == [[True, False, True]]
