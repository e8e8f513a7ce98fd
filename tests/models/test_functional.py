"""Functional models, beside Keras on PyTorch where there is something to compare."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import torch

import pellucid
from pellucid import errors, layers
from pellucid.models import Functional, Model, Sequential


def branches(library):
    """Two inputs, a shared layer, a nested model, arithmetic, two outputs."""
    layer = library.layers
    image, extra = library.Input((6, 6, 2), name="image"), library.Input((3,), name="extra")
    inner_in = library.Input((6, 6, 2))
    inner = library.Model(inner_in, layer.Conv2D(4, 3, name="inner_conv")(inner_in), name="inner")
    flat = layer.Flatten(name="flat")(layer.MaxPooling2D(name="pool")(inner(image)))
    shared = layer.Dense(5, activation="tanh", name="shared")
    joined = layer.Concatenate(name="joined")([shared(flat)[:, :4], shared(flat) * 2.0, extra])
    score = layer.Dense(1, name="score")(joined)
    return library.Model({"image": image, "extra": extra}, [score, joined + 1.0], name="branches")


def data():
    rng = np.random.default_rng(0)
    return {
        "image": rng.normal(size=(3, 6, 6, 2)).astype("float32"),
        "extra": rng.normal(size=(3, 3)).astype("float32"),
    }


def test_a_branched_nested_shared_model_gives_kerass_numbers():
    ours, theirs = branches(pellucid), branches(keras)
    theirs.set_weights(ours.get_weights())
    for mine, other in zip(ours.predict(data(), verbose=0), theirs.predict(data(), verbose=0), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-6)
    assert [layer.name for layer in ours.layers] == [layer.name for layer in theirs.layers]
    assert [w.shape for w in ours.weights] == [tuple(w.shape) for w in theirs.weights]
    assert ours.count_params() == theirs.count_params()


def test_a_config_makes_the_same_graph_again():
    model = branches(pellucid)
    again = Model.from_config(model.get_config())
    again.set_weights(model.get_weights())
    for mine, other in zip(again.predict(data(), verbose=0), model.predict(data(), verbose=0), strict=True):
        assert np.array_equal(mine, other)
    assert again.get_config() == model.get_config()


def test_a_model_is_json_and_back():
    model = branches(pellucid)
    again = pellucid.models.model_from_json(model.to_json())
    assert [layer.name for layer in again.layers] == [layer.name for layer in model.layers]


def test_a_config_of_keras_makes_our_model():
    theirs = branches(keras)
    ours = Model.from_config(theirs.get_config())
    ours.set_weights(theirs.get_weights())
    for mine, other in zip(ours.predict(data(), verbose=0), theirs.predict(data(), verbose=0), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-6)


def test_graph_nodes_of_keras_1_and_2_are_read():
    config = {
        "name": "old",
        "layers": [
            {
                "class_name": "InputLayer",
                "name": "in",
                "config": {"batch_input_shape": [None, 2], "name": "in"},
                "inbound_nodes": [],
            },
            {
                "class_name": "Dense",
                "name": "d",
                "config": {"units": 3, "name": "d"},
                "inbound_nodes": [[["in", 0, 0, {}]]],
            },
            {
                "class_name": "Add",
                "name": "a",
                "config": {"name": "a"},
                "inbound_nodes": [[["d", 0, 0, {}], ["d", 0, 0, {}]]],
            },
        ],
        "input_layers": [["in", 0, 0]],
        "output_layers": [["a", 0, 0]],
    }
    model = Model.from_config(config)
    model.set_weights([np.ones((2, 3)), np.zeros(3)])
    assert model.predict(np.array([[1.0, 2.0]]), verbose=0).tolist() == [[6, 6, 6]]


def test_a_model_between_two_layers_shares_their_weights():
    inputs = layers.Input((4,))
    first = layers.Dense(3, name="first")(inputs)
    second = layers.Dense(2, name="second")(first)
    whole, head, tail = Model(inputs, second), Model(inputs, first), Model(first, second)
    x = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
    np.testing.assert_allclose(
        tail.predict(head.predict(x, verbose=0), verbose=0), whole.predict(x, verbose=0), rtol=1e-6
    )
    assert tail.get_layer("second") is whole.get_layer("second")


def test_a_layers_own_symbols_make_a_model():
    model = Sequential([layers.Input((4,)), layers.Dense(3, name="a"), layers.Dense(2, name="b")])
    middle = Model(model.inputs, model.get_layer("a").output)
    assert middle.output_shape == (None, 3)
    assert model.get_layer("b").input is model.get_layer("a").output


@pytest.mark.parametrize("give", [lambda d: d, lambda d: [d["extra"], d["image"]]], ids=["dict", "sorted list"])
def test_inputs_come_as_a_dict_or_in_the_order_of_its_keys(give):
    inputs = {"extra": layers.Input((3,), name="extra"), "image": layers.Input((6, 6, 2), name="image")}
    model = Model(inputs, layers.Flatten()(inputs["image"]))
    with pytest.warns() if give(data()).__class__ is list else _nothing():
        assert model.predict(give(data()), verbose=0).shape == (3, 72)


def _nothing():
    import contextlib

    return contextlib.nullcontext()


def test_outputs_come_in_the_form_they_were_given():
    x = layers.Input((2,))
    model = Model(x, {"twice": x * 2, "both": (x, x + 1)})
    found = model.predict(np.array([[1.0, 2.0]]), verbose=0)
    assert found["twice"].tolist() == [[2, 4]]
    assert isinstance(found["both"], tuple)


def test_a_missing_last_axis_of_one_is_added_and_an_extra_one_taken_off():
    column = Model(x := layers.Input((3, 1)), layers.Flatten()(x))
    assert column.predict(np.ones((2, 3)), verbose=0).shape == (2, 3)
    row = Model(x := layers.Input((3,)), x * 2)
    assert row.predict(np.ones((2, 3, 1)), verbose=0).shape == (2, 3)


def test_a_symbolic_call_with_known_sizes_tells_sizes():
    model = Model(x := layers.Input((None, 4)), layers.Dense(2)(x))
    assert model(layers.Input((7, 4), batch_size=3)).shape == (3, 7, 2)
    assert model.compute_output_shape((5, 9, 4)) == (5, 9, 2)


def test_training_reaches_nested_layers():
    inner = Sequential([layers.Input((100,)), layers.Dropout(0.5)])
    model = Model(x := layers.Input((100,)), inner(x))
    ones = np.ones((1, 100), dtype="float32")
    assert (model(ones, training=True) == 0).any()
    assert torch.equal(model(ones, training=False), torch.ones(1, 100))


def test_freezing_a_model_freezes_its_layers():
    model = branches(pellucid)
    model.trainable = False
    assert model.trainable_weights == []
    assert len(model.non_trainable_weights) == len(model.weights)
    model.get_layer("shared").trainable = True
    assert model.trainable_weights == []
    model.trainable = True
    assert len(model.trainable_weights) == len(model.weights)


def test_a_subclass_that_gives_its_graph_to_init_is_functional():
    class Wide(Model):
        def __init__(self, units):
            x = layers.Input((2,))
            super().__init__(inputs=x, outputs=layers.Dense(units)(x))
            self.units = units

    model = Wide(7)
    assert isinstance(model, Functional)
    assert model.predict(np.ones((1, 2)), verbose=0).shape == (1, 7)


def test_names_are_numbered_as_keras_does():
    assert [branches(pellucid).name, Model(x := layers.Input((1,)), x + 1).name] == ["branches", "functional"]
    assert [layers.Dense(1).name, layers.Dense(1).name, layers.Conv2D(1, 1).name] == ["dense", "dense_1", "conv2d"]


def test_outputs_must_be_symbols():
    with pytest.raises(errors.ArgumentError) as caught:
        Model(layers.Input((2,)), np.ones(3))
    assert "symbolic" in str(caught.value)


def operations(library):
    """A graph of bare operations; Keras's configs keep axes, shapes and the like with the operation."""
    x, ops = library.Input((4, 6)), library.ops
    y = ops.concatenate([ops.reshape(x, (-1, 24)), ops.mean(x, axis=1)], axis=-1)
    z = (
        ops.expand_dims(ops.max(y, axis=-1, keepdims=True), 1) * 2.0
        + ops.transpose(ops.relu(x[:, :2]), (0, 2, 1))[:, :1]
    )
    return library.Model(x, ops.softmax(z, axis=-1))


def test_operations_in_a_config_of_keras_are_ours():
    theirs = operations(keras)
    ours = Model.from_config(theirs.get_config())
    x = np.random.default_rng(0).normal(size=(2, 4, 6)).astype("float32")
    np.testing.assert_allclose(ours.predict(x, verbose=0), theirs.predict(x, verbose=0), rtol=1e-6)
    again = Model.from_config(ours.get_config())
    assert np.array_equal(again.predict(x, verbose=0), ours.predict(x, verbose=0))
