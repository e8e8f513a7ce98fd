"""Files of whole models and of weights, with Keras as the other side: what one writes, the other opens."""

import keras
import numpy as np
import pytest
import torch

import pellucid
from models.saved_models import (
    GRAPHS,
    ROWS,
    inputs_for,
    model_of,
    names_in,
    output,
    outputs,
    sequential,
    values_for,
    vary,
)
from pellucid.errors import ArgumentError, FileError, MissingFileError, OrderError
from pellucid.saving import load_model


@ROWS
def test_a_file_of_ours_opens_in_keras(case, tmp_path):
    ours, x = model_of(pellucid, case), values_for(case)
    vary(ours)
    ours.save(tmp_path / "m.keras")
    theirs = keras.models.load_model(tmp_path / "m.keras")
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    if not case.keras_differs:
        np.testing.assert_allclose(output(theirs, x), output(ours, x), atol=1e-6, rtol=1e-6)


@ROWS
def test_a_file_of_keras_opens_here(case, tmp_path):
    if case.keras_differs and "raises" in case.keras_differs:
        return
    theirs, x = model_of(keras, case), values_for(case)
    vary(theirs)
    theirs.save(tmp_path / "m.keras")
    ours = load_model(tmp_path / "m.keras")
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    if not case.keras_differs:
        np.testing.assert_allclose(output(ours, x), output(theirs, x), atol=1e-6, rtol=1e-6)
    ours.save(tmp_path / "again.keras")
    assert names_in(tmp_path / "again.keras") == names_in(tmp_path / "m.keras")


@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize("writer", ["pellucid", "keras"])
def test_graphs_open_on_the_other_side(graph, writer, tmp_path):
    writing, reading = (pellucid, keras) if writer == "pellucid" else (keras, pellucid)
    written = graph(writing)
    vary(written)
    written.save(tmp_path / "m.keras")
    read = reading.models.load_model(tmp_path / "m.keras")
    x = inputs_for(written)
    expected = outputs(written, x)
    for key, y in outputs(read, x).items():
        np.testing.assert_allclose(y, expected[key], atol=1e-6)


@pytest.mark.parametrize("graph", GRAPHS)
def test_names_in_weight_files_are_those_of_keras(graph, tmp_path):
    graph(pellucid).save_weights(tmp_path / "ours.weights.h5")
    graph(keras).save_weights(tmp_path / "theirs.weights.h5")
    assert names_in(tmp_path / "ours.weights.h5") == names_in(tmp_path / "theirs.weights.h5")


@pellucid.saving.register_keras_serializable("test_saving")
class OurBlocks(pellucid.Model):
    def __init__(self, units=2, **kwargs):
        super().__init__(**kwargs)
        L = pellucid.layers
        self.units = units
        self.blocks = [L.Dense(3), L.Dense(3)]
        self.d = {"x": L.Dense(3)}
        self._hidden, self.z = L.Dense(3), L.Dense(units)

    def call(self, x):
        return _run_blocks(self, x)

    def get_config(self):
        return {"units": self.units, "name": self.name}


@keras.saving.register_keras_serializable("test_saving")
class KerasBlocks(keras.Model):
    def __init__(self, units=2, **kwargs):
        super().__init__(**kwargs)
        L = keras.layers
        self.units = units
        self.blocks = [L.Dense(3), L.Dense(3)]
        self.d = {"x": L.Dense(3)}
        self._hidden, self.z = L.Dense(3), L.Dense(units)

    def call(self, x):
        return _run_blocks(self, x)

    def get_config(self):
        return {"units": self.units, "name": self.name}


def _run_blocks(self, x):
    for layer in [*self.blocks, *self.d.values(), self._hidden, self.z]:
        x = layer(x)
    return x


def test_subclassed_models_go_both_ways_by_their_attributes(tmp_path):
    x = np.ones((2, 4), "float32")
    ours, theirs = OurBlocks(), KerasBlocks()
    ours(x), theirs(x)
    vary(theirs)
    theirs.save_weights(tmp_path / "theirs.weights.h5")
    ours.load_weights(tmp_path / "theirs.weights.h5")
    np.testing.assert_allclose(output(ours, x), output(theirs, x), rtol=1e-6)
    ours.save_weights(tmp_path / "ours.weights.h5")
    assert set(names_in(tmp_path / "ours.weights.h5")) == set(names_in(tmp_path / "theirs.weights.h5"))


def test_a_registered_subclass_loads_whole(tmp_path):
    x = np.ones((2, 4), "float32")
    model = OurBlocks(units=5, name="mine")
    model(x)
    model.save(tmp_path / "m.keras")
    again = load_model(tmp_path / "m.keras")
    assert type(again) is OurBlocks and again.units == 5
    np.testing.assert_array_equal(output(again, x), output(model, x))


OPTIMIZERS = [
    ("SGD", {"momentum": 0.9}), ("RMSprop", {"momentum": 0.5, "centered": True}), ("Adam", {"amsgrad": True}),
    ("AdamW", {}), ("Adagrad", {}), ("Adadelta", {}), ("Adamax", {}), ("Adafactor", {}), ("Nadam", {}), ("Ftrl", {}),
    ("Lion", {}), ("Lamb", {}), ("Muon", {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "kwargs"), OPTIMIZERS, ids=[name for name, _ in OPTIMIZERS])
@pytest.mark.parametrize("writer", ["pellucid", "keras"])
def test_the_next_training_step_is_the_same(name, kwargs, writer, tmp_path):
    writing, reading = (pellucid, keras) if writer == "pellucid" else (keras, pellucid)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(8, 4)).astype("float32"), rng.normal(size=(8, 2)).astype("float32")
    written = sequential(writing)
    vary(written)
    written.compile(getattr(writing.optimizers, name)(learning_rate=0.01, **kwargs), "mse", metrics=["mae"])
    for _ in range(3):
        written.train_on_batch(x, y)
    written.save(tmp_path / "m.keras")
    read = reading.models.load_model(tmp_path / "m.keras")
    assert int(read.optimizer.iterations.numpy()) == 3
    for model in (written, read):
        model.train_on_batch(x, y)
    for a, b in zip(written.get_weights(), read.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_without_compile_a_model_comes_without_an_optimizer(tmp_path):
    model = sequential(pellucid)
    model.compile("adam", "mse")
    model.save(tmp_path / "m.keras")
    assert not load_model(tmp_path / "m.keras", compile=False).compiled


def test_bfloat16_weights_keep_their_bits(tmp_path):
    model = pellucid.Sequential([pellucid.Input((3,)), pellucid.layers.Dense(2, dtype="bfloat16")])
    model.save(tmp_path / "m.keras")
    again = load_model(tmp_path / "m.keras")
    theirs = keras.models.load_model(tmp_path / "m.keras")
    for a, b, c in zip(model.weights, again.weights, theirs.weights, strict=True):
        assert torch.equal(a.value, b.value) and torch.equal(a.value, c.value)


def test_weights_of_another_model_are_refused_and_nothing_changes(tmp_path):
    wide = pellucid.Sequential([pellucid.Input((4,)), pellucid.layers.Dense(3), pellucid.layers.Dense(9)])
    wide.save_weights(tmp_path / "w.weights.h5")
    model = pellucid.Sequential([pellucid.Input((4,)), pellucid.layers.Dense(3), pellucid.layers.Dense(2)])
    before = model.get_weights()
    with pytest.raises(FileError, match=r"1 objects cannot be loaded(?s:.*)layers/dense_1"):
        model.load_weights(tmp_path / "w.weights.h5")
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_skip_mismatch_loads_what_fits_and_tells_the_rest(tmp_path):
    wide = pellucid.Sequential([pellucid.Input((4,)), pellucid.layers.Dense(3), pellucid.layers.Dense(9)])
    wide.save_weights(tmp_path / "w.weights.h5")
    model = pellucid.Sequential([pellucid.Input((4,)), pellucid.layers.Dense(3), pellucid.layers.Dense(2)])
    last = model.layers[1].get_weights()
    with pytest.warns(UserWarning, match="layers/dense_1"):
        model.load_weights(tmp_path / "w.weights.h5", skip_mismatch=True)
    np.testing.assert_array_equal(model.layers[0].get_weights()[0], wide.layers[0].get_weights()[0])
    np.testing.assert_array_equal(model.layers[1].get_weights()[0], last[0])


@pytest.mark.parametrize(
    ("act", "kind", "text"),
    [
        (lambda model, folder: model.save(folder / "m.txt"), ArgumentError, "ends with .keras"),
        (lambda model, folder: model.save_weights(folder / "m.h5"), ArgumentError, "ends with .weights.h5"),
        (lambda model, folder: load_model(folder / "none.keras"), MissingFileError, "no such file"),
        (lambda model, folder: model.load_weights(folder / "none.weights.h5"), MissingFileError, "no such file"),
        (lambda model, folder: model.save(folder), ArgumentError, "ends with .keras"),
        (lambda model, folder: pellucid.Sequential([pellucid.layers.Dense(2)]).save_weights(folder / "m.weights.h5"),
         OrderError, "before there are any"),
    ],
)  # fmt: skip
def test_refusals_say_what_to_type(act, kind, text, tmp_path):
    with pytest.raises(kind, match=text):
        act(sequential(pellucid), tmp_path)


def test_an_unknown_class_is_named(tmp_path):
    model = OurBlocks()
    model(np.ones((1, 4), "float32"))
    model.save(tmp_path / "m.keras")
    registered = pellucid.saving.get_custom_objects()
    kept = registered.pop("test_saving>OurBlocks")
    try:
        with pytest.raises(TypeError, match="OurBlocks"):
            load_model(tmp_path / "m.keras")
        assert type(load_model(tmp_path / "m.keras", custom_objects={"OurBlocks": OurBlocks})) is OurBlocks
    finally:
        registered["test_saving>OurBlocks"] = kept
