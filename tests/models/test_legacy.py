"""Legacy HDF5 files, with Keras as the other side."""

import h5py
import keras
import numpy as np
import pytest

import pellucid
from models.saved_models import (
    GRAPHS,
    ROWS,
    inputs_for,
    model_of,
    nested,
    operations,
    output,
    outputs,
    sequential,
    values_for,
    vary,
)
from pellucid.errors import ArgumentError, FileError
from pellucid.saving import load_model

# In this form Keras finds no operations again, not even its own.
LAYERS_ONLY = [graph for graph in GRAPHS if graph is not operations]


@ROWS
def test_a_legacy_file_of_keras_opens_here(case, tmp_path):
    if case.keras_differs and "raises" in case.keras_differs:
        return
    theirs, x = model_of(keras, case), values_for(case)
    vary(theirs)
    theirs.save(tmp_path / "m.h5")
    ours = load_model(tmp_path / "m.h5", compile=False)
    if not case.keras_differs:
        np.testing.assert_allclose(output(ours, x), output(theirs, x), atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("graph", LAYERS_ONLY)
@pytest.mark.parametrize("writer", ["pellucid", "keras"])
def test_graphs_open_on_the_other_side(graph, writer, tmp_path):
    writing, reading = (pellucid, keras) if writer == "pellucid" else (keras, pellucid)
    written = graph(writing)
    vary(written)
    written.save(tmp_path / "m.h5")
    read = reading.models.load_model(tmp_path / "m.h5", compile=False)
    x = inputs_for(written)
    expected = outputs(written, x)
    for key, y in outputs(read, x).items():
        np.testing.assert_allclose(y, expected[key], atol=1e-6)


@pytest.mark.parametrize("writing", [pellucid, keras], ids=["pellucid", "keras"])
def test_the_next_training_step_is_the_same(writing, tmp_path):
    # Keras itself gives the optimizer of such a file no variables, so it cannot read this back.
    x, y = np.random.default_rng(0).normal(size=(2, 8, 4)).astype("float32")
    y = y[:, :2]
    written = sequential(writing)
    vary(written)
    written.compile("adam", "mse", metrics=["mae"])
    for _ in range(3):
        written.train_on_batch(x, y)
    written.save(tmp_path / "m.h5")
    read = load_model(tmp_path / "m.h5")
    for model in (written, read):
        model.train_on_batch(x, y)
    for a, b in zip(written.get_weights(), read.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


@pytest.mark.parametrize("library", [pellucid, keras], ids=["pellucid", "keras"])
def test_weights_load_by_order_into_a_model_of_other_names(library, tmp_path):
    source = nested(library)
    vary(source)
    source.save(tmp_path / "m.h5")
    target = nested(pellucid)
    target.load_weights(tmp_path / "m.h5")
    np.testing.assert_array_equal(target.layers[-1].get_weights()[0], source.layers[-1].get_weights()[0])


def test_weights_load_by_name_where_the_name_is_known(tmp_path):
    L = pellucid.layers
    source = pellucid.Sequential([pellucid.Input((4,)), L.Dense(3, name="a"), L.Dense(2, name="b")])
    source.save(tmp_path / "m.h5")
    target = pellucid.Sequential([pellucid.Input((4,)), L.Dense(3, name="c"), L.Dense(3, name="a", use_bias=True)])
    before = target.get_weights()
    with pytest.raises(FileError, match="cannot take these values"):
        target.load_weights(tmp_path / "m.h5", by_name=True)
    np.testing.assert_array_equal(target.get_weights()[2], before[2])
    fitting = pellucid.Sequential([pellucid.Input((4,)), L.Dense(3, name="a"), L.Dense(7, name="c")])
    fitting.load_weights(tmp_path / "m.h5", by_name=True)
    np.testing.assert_array_equal(fitting.get_weights()[0], source.get_weights()[0])


def test_lists_of_names_in_parts_are_joined(tmp_path):
    model = sequential(keras)
    model.save(tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5", "r+") as h5:
        names = h5["model_weights"].attrs["layer_names"]
        del h5["model_weights"].attrs["layer_names"]
        h5["model_weights"].attrs["layer_names0"], h5["model_weights"].attrs["layer_names1"] = names[:1], names[1:]
    assert len(load_model(tmp_path / "m.h5", compile=False).layers) == len(model.layers)


def test_what_does_not_fit_is_told(tmp_path):
    sequential(keras).save(tmp_path / "m.h5")
    model = pellucid.Sequential([pellucid.Input((4,)), pellucid.layers.Dense(3)])
    with pytest.raises(FileError, match=r"another model(?s:.*)3 layers with weights"):
        model.load_weights(tmp_path / "m.h5")
    with pytest.raises(ArgumentError, match="`by_name` is for files of Keras 2"):
        model.load_weights(tmp_path / "m.keras", by_name=True)
    with pytest.warns(UserWarning, match="how the model was compiled"):
        load_model(tmp_path / "m.h5")
