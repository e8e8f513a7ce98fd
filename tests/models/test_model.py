"""Models written as classes, and what every model can do."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import torch

import pellucid
from pellucid import errors, layers
from pellucid.models import Model, Sequential


class Block(Model):
    """Two Dense in a list, one in a dict, and one plain."""

    def __init__(self, units=3, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.stack = [layers.Dense(4, activation="relu"), layers.Dense(4)]
        self.heads = {"main": layers.Dense(units)}
        self.scale = layers.Dense(1, use_bias=False)

    def call(self, x, training=None):
        for layer in self.stack:
            x = layer(x)
        return self.heads["main"](x) * self.scale(x)


def test_a_subclass_finds_layers_in_lists_and_dicts():
    model = Block()
    model(np.ones((2, 5)))
    assert len(model.layers) == 4
    assert len(model.weights) == 7
    assert model.count_params() == 5 * 4 + 4 + 4 * 4 + 4 + 4 * 3 + 3 + 4


def test_a_subclass_is_built_by_a_shape():
    model = Block()
    model.build((None, 5))
    assert model.built
    assert len(model.weights) == 7


def test_a_subclass_without_get_config_is_made_again_by_its_arguments():
    model = Block(units=6, name="six")
    again = Block.from_config(model.get_config())
    assert (again.units, again.name) == (6, "six")


def test_a_subclass_is_a_layer_in_a_graph():
    x = layers.Input((5,))
    model = Model(x, Block()(x))
    assert model.output_shape == (None, 3)
    assert len(model.weights) == 7


def test_a_model_without_call_says_so():
    class Empty(Model):
        pass

    with pytest.raises(NotImplementedError, match="def call"):
        Empty()(np.ones((1, 2)))


def test_get_layer_names_the_nearest():
    model = Sequential([layers.Input((2,)), layers.Dense(1, name="encoder"), layers.Dense(1, name="decoder")])
    assert model.get_layer(index=1).name == "decoder"
    with pytest.raises(ValueError, match='get_layer\\("encoder"\\)'):
        model.get_layer("encodr")


def test_set_weights_changes_nothing_unless_all_fit():
    model = Sequential([layers.Input((2,)), layers.Dense(3)])
    before = model.get_weights()
    with pytest.raises(errors.ShapeError) as caught:
        model.set_weights([np.zeros((2, 3)), np.zeros(4)])
    assert "4, shape (4,)" in str(caught.value)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_a_state_tree_comes_and_goes():
    model = Sequential([layers.Input((2,)), layers.Dense(3, name="d")], name="m")
    tree = model.get_state_tree(value_format="numpy_array")
    assert tree["trainable_variables"]["m"]["d"]["kernel"].shape == (2, 3)
    tree["trainable_variables"]["m"]["d"]["bias"] = np.ones(3)
    model.set_state_tree(tree)
    assert model.get_weights()[1].tolist() == [1, 1, 1]


def test_a_penalty_added_in_call_is_in_the_losses_once():
    class Adds(layers.Layer):
        def call(self, x):
            self.add_loss(torch.sum(x))
            return x

    model = Sequential([layers.Input((2,)), Adds(), layers.Dense(1, kernel_regularizer="l2")])
    model(np.ones((3, 2)))
    model(np.ones((3, 2)))
    assert len(model.losses) == 2
    assert float(model.losses[0]) == 6


def test_stateless_call_leaves_the_model_as_it_was():
    model = Sequential([layers.Input((2,)), layers.BatchNormalization(momentum=0.0)])
    before = model.get_weights()
    x = np.array([[1.0, 2.0], [3.0, 6.0]], "float32")
    values = [[v.value for v in group] for group in (model.trainable_variables, model.non_trainable_variables)]
    _, after = model.stateless_call(*values, x, training=True)
    assert after[0].tolist() == [2, 4]
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


@pytest.mark.parametrize("policy", ["float16", "bfloat16", "float64", "mixed_bfloat16", "mixed_float16"])
def test_dtype_policies_set_the_dtypes_of_weights_and_values(policy):
    def make(library):
        layer = library.layers
        return library.Sequential(
            [
                library.Input((6, 6, 2)),
                layer.Conv2D(3, 3, activation="relu", dtype=policy),
                layer.BatchNormalization(dtype=policy),
                layer.Flatten(dtype=policy),
                layer.Dense(2, dtype=policy),
            ]
        )

    ours, theirs = make(pellucid), make(keras)
    x = np.random.default_rng(0).normal(size=(2, 6, 6, 2)).astype("float32")
    y = ours(x)
    assert pellucid.backend.standardize_dtype(y.dtype) == keras.backend.standardize_dtype(theirs(x).dtype)
    assert [w.dtype for w in ours.weights] == [keras.backend.standardize_dtype(w.dtype) for w in theirs.weights]
    theirs.set_weights([keras.ops.convert_to_tensor(w.value.float().detach().numpy()) for w in ours.weights])
    np.testing.assert_allclose(
        y.float().detach().numpy(), theirs(x).float().detach().numpy(), rtol=1e-1 if "16" in policy else 1e-6, atol=0.1
    )
