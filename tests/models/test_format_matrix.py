"""Every row of the layer cases through every kind of file that Keras reads, both ways: what one writes, the other opens."""

import keras
import numpy as np
import pytest

import pellucid
from models.saved_models import GRAPHS, ROWS, inputs_for, model_of, operations, output, outputs, values_for, vary

WHOLE = {"m.keras": {}, "m.h5": {}, "folder": {"zipped": False}}
WEIGHTS = {"w.weights.h5": {}, "w.weights.json": {"max_shard_size": 1e-3}}
X, Y = np.random.default_rng(0).normal(size=(2, 8, 4)).astype("float32")


def raises_in_keras(case):
    return bool(case.keras_differs) and "raises" in case.keras_differs


def reads_its_own(case, path) -> bool:
    """Whether Keras opens its own .h5 file of a row: it loses an axis that is a list, and some of its own names."""
    theirs = model_of(keras, case)
    vary(theirs)
    theirs.save(path)
    try:
        check_same(theirs, keras.models.load_model(path, compile=False), case, values_for(case))
    except (AssertionError, TypeError, ValueError):
        return False
    return True


def check_same(written, read, case, x):
    for a, b in zip(written.get_weights(), read.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    if not case.keras_differs:
        np.testing.assert_allclose(output(read, x), output(written, x), atol=1e-6, rtol=1e-6)


@pytest.mark.heavy
@pytest.mark.parametrize("writer", ["pellucid", "keras"])
@ROWS
def test_a_row_goes_through_every_kind_of_file(case, writer, tmp_path):
    if raises_in_keras(case):
        return
    writing, reading = (pellucid, keras) if writer == "pellucid" else (keras, pellucid)
    written, x = model_of(writing, case), values_for(case)
    vary(written)
    for name, words in WHOLE.items():
        if name == "m.h5" and reading is keras and not reads_its_own(case, tmp_path / "own.h5"):
            continue
        written.save(tmp_path / name, **words)
        check_same(written, reading.models.load_model(tmp_path / name, compile=False), case, x)
    for name, words in WEIGHTS.items():
        written.save_weights(tmp_path / name, **words)
        read = model_of(reading, case)
        read.load_weights(tmp_path / name)
        check_same(written, read, case, x)


@pytest.mark.heavy
@pytest.mark.parametrize("writer", ["pellucid", "keras"])
@pytest.mark.parametrize("graph", [graph for graph in GRAPHS if graph is not operations])
def test_a_graph_goes_through_every_kind_of_file(graph, writer, tmp_path):
    writing, reading = (pellucid, keras) if writer == "pellucid" else (keras, pellucid)
    written = graph(writing)
    vary(written)
    x = inputs_for(written)
    expected = outputs(written, x)
    found = []
    for name, words in WHOLE.items():
        written.save(tmp_path / name, **words)
        found.append(reading.models.load_model(tmp_path / name, compile=False))
    for name, words in WEIGHTS.items():
        written.save_weights(tmp_path / name, **words)
        found.append(graph(reading))
        found[-1].load_weights(tmp_path / name)
    for read in found:
        for key, y in outputs(read, x).items():
            np.testing.assert_allclose(y, expected[key], atol=1e-6)


OPTIMIZERS = {"SGD": {"momentum": 0.9}, "Adam": {"amsgrad": True}, "RMSprop": {"momentum": 0.5, "centered": True}}


def stack(library, name):
    L = library.layers
    model = library.Sequential([library.Input((4,)), L.Dense(3, activation="tanh"), L.BatchNormalization(), L.Dense(4)])
    model.compile(getattr(library.optimizers, name)(0.01, **OPTIMIZERS[name]), "mse", metrics=["mae"])
    return model


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("writer", ["pellucid", "keras"])
@pytest.mark.parametrize("kind", ["m.keras", "folder", "w.weights.h5", "w.weights.json"])
def test_the_next_step_is_the_same_after_every_kind_of_file(kind, writer, name, tmp_path):
    writing, reading = (pellucid, keras) if writer == "pellucid" else (keras, pellucid)
    written = stack(writing, name)
    vary(written)
    for _ in range(3):
        written.train_on_batch(X, Y)
    if kind in WHOLE:
        written.save(tmp_path / kind, **WHOLE[kind])
        read = reading.models.load_model(tmp_path / kind)
    else:
        written.save_weights(tmp_path / kind, **WEIGHTS[kind])
        read = stack(reading, name)
        read.optimizer.build(read.trainable_variables)
        read.load_weights(tmp_path / kind)
    for model in (written, read):
        model.train_on_batch(X, Y)
    for a, b in zip(written.get_weights(), read.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)
