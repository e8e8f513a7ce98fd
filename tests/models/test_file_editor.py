"""Weights in files, edited: what Keras's editor does with the same files is the judge."""

import h5py
import keras
import numpy as np
import pytest

import pellucid
from pellucid.errors import ArgumentError, FileError, UnknownNameError
from pellucid.saving import KerasFileEditor, load_model

X = np.ones((2, 2), "float32")


def network(library, deep=False):
    inputs = x = library.Input((2,))
    for name in ("first", "middle")[: 2 if deep else 1]:
        x = library.layers.Dense(3, name=name)(x)
    return library.Model(inputs, library.layers.Dense(3, name="last")(x))


def shapes(tree):
    return {name: shapes(value) if isinstance(value, dict) else tuple(value.shape) for name, value in tree.items()}


@pytest.fixture
def path(tmp_path):
    network(pellucid).save(tmp_path / "m.keras")
    return str(tmp_path / "m.keras")


@pytest.mark.parametrize("ending", ["m.keras", "m.weights.h5"])
def test_it_holds_what_kerass_holds(ending, tmp_path):
    model = network(pellucid)
    model.compile("adam", "mse")
    model.fit(X, np.ones((2, 3)), verbose=0)
    (model.save if ending == "m.keras" else model.save_weights)(tmp_path / ending)
    ours, theirs = KerasFileEditor(tmp_path / ending), keras.saving.KerasFileEditor(str(tmp_path / ending))
    assert shapes(ours.weights_dict) == shapes(theirs.weights_dict)
    assert np.array_equal(ours.weights_dict["layers"]["dense"]["0"], model.get_weights()[0])
    assert (ours.config is None) == (theirs.config is None) and ours.metadata == theirs.metadata
    assert ours.compare(model) == {
        "status": "success",
        "error_count": 0,
        "match_count": len(shapes_of(shapes(ours.weights_dict))),
    }


def shapes_of(tree):
    return [place for value in tree.values() for place in (shapes_of(value) if isinstance(value, dict) else [value])]


def test_weights_of_an_older_network_are_brought_to_a_deeper_one(path, tmp_path):
    editor, deep = KerasFileEditor(path), network(pellucid, deep=True)
    assert editor.compare(deep) == {
        "status": "error",
        "error_count": 1,
        "match_count": 4,
    }  # a new layer
    kernel, bias = np.full((3, 3), 2.0, "float32"), np.full(3, 5.0, "float32")
    editor.rename_object("dense_1", "dense_2")  # as `last` is called behind a new one
    editor.add_object("layers/dense_1", {"0": kernel})
    editor.add_weights("layers/dense_1", {"1": bias})
    assert editor.compare(deep)["status"] == "success"
    editor.resave_weights(tmp_path / "new.weights.h5")
    deep.load_weights(tmp_path / "new.weights.h5")
    before = load_model(path).get_weights()
    for ours, expected in zip(deep.get_weights(), [*before[:2], kernel, bias, *before[2:]], strict=True):
        assert np.array_equal(ours, expected)
    theirs = network(keras, deep=True)
    theirs.load_weights(tmp_path / "new.weights.h5")
    assert np.array_equal(theirs.get_weights()[2], kernel)
    assert KerasFileEditor(path).compare(network(pellucid))["status"] == "success"  # the first file is as it was


def test_differences_are_printed(path, capsys):
    editor = KerasFileEditor(path)
    editor.delete_weight("layers/dense", "1")
    editor.delete_object("dense_1")
    editor.add_object("more", {"0": np.zeros(2)})
    assert editor.compare(network(pellucid))["error_count"] == 3
    said = capsys.readouterr().out
    for line in (
        "/layers/dense/1: the weight is in the model alone",
        "/layers/dense_1: the object is in the model alone",
    ):
        assert line in said
    assert "/more: the object is in the file alone" in said
    editor.summary()
    said = capsys.readouterr().out
    assert "dense ('first')" in said and "0: shape=(2, 3), dtype=float32" in said


def test_bfloat16_stays_bfloat16(tmp_path):
    model = pellucid.Sequential([pellucid.Input((2,)), pellucid.layers.Dense(2, dtype="bfloat16")])
    model.save_weights(tmp_path / "m.weights.h5")
    KerasFileEditor(tmp_path / "m.weights.h5").save(tmp_path / "n.weights.h5")
    again = pellucid.models.clone_model(model)
    again.load_weights(tmp_path / "n.weights.h5")
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), again.get_weights(), strict=True))


WRONG = {
    "unknown": (lambda e: e.delete_object("dens"), UnknownNameError, "such as 'layers/dense'"),
    "unknown path": (lambda e: e.rename_object("layer/dense", "x"), UnknownNameError, "no such object"),
    "path of a new one": (lambda e: e.add_object("nets/a", {"0": np.ones(1)}), UnknownNameError, "no such object"),
    "two of a name": (lambda e: (e.add_object("dense", {"0": np.ones(1)}), e.delete_object("dense")), UnknownNameError, "2 objects"),
    "unknown weight": (lambda e: e.delete_weight("dense", "7"), UnknownNameError, "0, 1"),
    "new path": (lambda e: e.rename_object("dense", "layers/x"), ArgumentError, "without slashes"),
    "name taken": (lambda e: e.rename_object("dense", "dense_1"), ArgumentError, "another of this name"),
    "no dict": (lambda e: e.add_weights("dense", [1]), ArgumentError, '"0": kernel'),
    "ending": (lambda e: e.save("m.h5"), ArgumentError, r"\.weights\.h5"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_what_cannot_be_is_told(wrong, path):
    act, kind, words = WRONG[wrong]
    with pytest.raises(kind, match=words):
        act(KerasFileEditor(path))


def test_files_that_are_none_are_refused(tmp_path):
    with pytest.raises(ArgumentError, match=r"\.keras or \.weights\.h5"):
        KerasFileEditor("m.h5")
    with h5py.File(tmp_path / "m.weights.h5", "w") as file:
        file["layers"] = h5py.ExternalLink("other.h5", "/layers")
    with pytest.raises(FileError, match="link"):
        KerasFileEditor(tmp_path / "m.weights.h5")
