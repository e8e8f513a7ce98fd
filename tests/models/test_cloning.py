"""clone_model: the same structure with fresh weights."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import errors, layers
from pellucid.models import Model, Sequential, clone_model


def shared():
    x = layers.Input((4,), name="x")
    dense = layers.Dense(4, name="dense")
    return Model(x, dense(dense(x)) + 1.0)


@pytest.mark.parametrize(
    "make",
    [
        shared,
        lambda: Sequential([layers.Input((4,)), layers.Dense(3), layers.Dense(2)]),
        lambda: Sequential([layers.Dense(3)]),
    ],
    ids=["functional", "sequential", "unbuilt"],
)
def test_a_clone_has_its_own_weights_and_gives_the_same_with_the_same(make):
    model = make()
    clone = clone_model(model)
    x = np.random.default_rng(0).normal(size=(2, 4)).astype("float32")
    model(x), clone(x)
    assert not set(map(id, model.weights)) & set(map(id, clone.weights))
    clone.set_weights(model.get_weights())
    assert clone(x).tolist() == model(x).tolist()


def test_a_shared_layer_stays_shared():
    assert len(clone_model(shared()).weights) == 2


def test_a_compiled_model_gives_a_compiled_clone():
    model = Sequential([layers.Input((4,)), layers.Dense(1)])
    model.compile("adam", "mse")
    assert clone_model(model).compiled


def test_clone_function_may_change_layers():
    model = Sequential([layers.Input((4,)), layers.Dense(3, activation="relu"), layers.Dense(2)])

    def widen(layer):
        return layers.Dense(layer.units * 2)

    assert [layer.units for layer in clone_model(model, clone_function=widen).layers] == [6, 4]


def test_call_function_may_add_layers():
    def twice(layer, *args, **kwargs):
        return layer(*args, **kwargs) * 2

    model = Model(x := layers.Input((2,)), layers.Identity()(x))
    clone = clone_model(model, call_function=twice)
    assert clone(np.ones((1, 2))).tolist() == [[2, 2]]


def test_a_model_of_its_own_class_cannot_be_cloned_layer_by_layer():
    class Own(Model):
        def call(self, x):
            return x

    with pytest.raises(errors.ArgumentError, match="from_config"):
        clone_model(Own(), clone_function=lambda layer: layer)
