"""What `pellucid check` tells of files of every kind and age, and that it builds nothing."""

import json
import zipfile

import numpy as np
import pytest
import torch

import pellucid
from files.bad_files import patched
from models.saved_models import nested, sequential
from models.test_old_files import FOLDER
from pellucid import cli
from pellucid.errors import FileError
from pellucid.models import making
from pellucid.models.checking import check


@pytest.fixture
def model():
    found = sequential(pellucid)
    found.compile("adam", "mse")
    found.train_on_batch(np.ones((2, 4), "float32"), np.ones((2, 2), "float32"))
    return found


def golden(age, name, tmp_path):
    with zipfile.ZipFile(FOLDER / f"{age}.zip") as archive:
        return archive.extract(name, tmp_path)


@pytest.mark.parametrize(
    ("ending", "kind"), [("m.keras", "zip"), ("m.h5", "HDF5"), ("m.safetensors", "safetensors"), ("folder", "folder")]
)
def test_a_model_is_told_alike_from_every_kind_of_file(model, ending, kind, tmp_path):
    model.save(tmp_path / ending, zipped=None if "." in ending else False)
    told = check(tmp_path / ending)
    assert kind in told.kind and told.opens and told.age == 3 and told.optimizer == "Adam"
    assert told.arrays == len(model.weights)
    assert told.values == model.count_params() == sum(layer.values for layer in told.layers)
    assert told.optimizer_arrays == len(model.optimizer.variables)
    assert told.checksums == told.arrays + told.optimizer_arrays
    rows = {layer.path: layer for layer in told.layers}
    assert rows[model.layers[0].name].class_name == "Dense" and rows[model.layers[0].name].values == 15


@pytest.mark.parametrize(("name", "shard"), [("w.weights.h5", None), ("w.weights.json", 60 / 2**30)])
def test_weights_alone_are_told_by_their_paths(name, shard, tmp_path):
    model = nested(pellucid)
    model.save_weights(tmp_path / name, max_shard_size=shard)
    told = check(tmp_path / name)
    assert (told.arrays, told.values, told.age) == (len(model.weights), model.count_params(), None)
    assert "layers/dense" in {layer.path for layer in told.layers}


def test_a_state_dict_is_told_by_its_modules(tmp_path):
    module = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3))
    torch.save(module.state_dict(), tmp_path / "m.pt")
    told = check(tmp_path / "m.pt")
    assert told.opens and "PyTorch" in told.kind
    assert [(layer.path, layer.arrays, layer.values) for layer in told.layers] == [("0", 2, 15), ("1", 4, 12)]


def test_the_layers_inside_models_are_told_with_their_paths(tmp_path):
    model = nested(pellucid)
    model.save(tmp_path / "m.keras")
    inner = model.layers[1]
    rows = {layer.path: layer.values for layer in check(tmp_path / "m.keras").layers}
    assert rows[inner.name] == inner.count_params()
    assert rows[f"{inner.name}/{inner.layers[1].name}"] == inner.layers[1].count_params()


def test_nothing_is_built(model, tmp_path, monkeypatch):
    model.save(tmp_path / "m.keras")

    def built(*args):
        raise AssertionError("a model was made")

    monkeypatch.setattr(making, "built", built)
    monkeypatch.setattr(pellucid.layers.Dense, "__init__", built)
    assert check(tmp_path / "m.keras").opens


@pytest.mark.parametrize(
    ("age", "name", "expected", "version"),
    [
        ("keras1_theano", "conv_th.h5", 1, "1.2.2"),
        ("keras2_theano", "conv.h5", 2, "2.2.4"),
        ("tf_keras", "objects.keras", 2, "2.21.0"),
    ],
)
def test_the_age_is_told(age, name, expected, version, tmp_path):
    told = check(golden(age, name, tmp_path))
    assert (told.age, told.version, told.opens) == (expected, version, True)
    assert f"by Keras {version}" in str(told)


def test_what_would_be_refused_is_told_with_the_reason(tmp_path):
    told = check(golden("keras1_theano", "gone_maxout.h5", tmp_path))
    assert not told.opens
    assert "no longer has: MaxoutDense" in str(told) and "maxoutdense_1" in str(told)
    told = check(golden("tf_keras", "lambda_code.h5", tmp_path))
    assert "bytecode, which is never run" in told.problems[0].message and "twice" in told.problems[0].fix


@pellucid.saving.register_keras_serializable("test_checking")
class Doubling(pellucid.layers.Layer):
    def call(self, x):
        return x * 2


def test_names_of_yours_are_told(tmp_path):
    pellucid.Sequential([pellucid.Input((2,)), Doubling()]).save(tmp_path / "m.keras")
    assert check(tmp_path / "m.keras").opens
    del pellucid.saving.get_custom_objects()["test_checking>Doubling"]
    try:
        told = check(tmp_path / "m.keras")
    finally:
        pellucid.saving.get_custom_objects()["test_checking>Doubling"] = Doubling
    assert told.needs == ("Doubling",) and "of yours: Doubling" in str(told)


def test_damage_is_told(model, tmp_path):
    model.save_weights(tmp_path / "w.weights.h5")
    data = (tmp_path / "w.weights.h5").read_bytes()
    at = data.find(np.ascontiguousarray(model.get_weights()[0]).tobytes())
    (tmp_path / "w.weights.h5").write_bytes(patched(data, at, b"\1\2\3"))
    told = check(tmp_path / "w.weights.h5")
    assert "checksum is wrong" in str(told) and not told.opens


def test_a_file_of_another_kind_is_an_error(tmp_path):
    (tmp_path / "x.keras").write_text("model")
    with pytest.raises(FileError, match=r"no file of a model(?s:.*)\.safetensors"):
        check(tmp_path / "x.keras")


def test_the_page_fits_80_columns(tmp_path):
    text = str(check(golden("tf_keras", "nested.keras", tmp_path)))
    assert max(map(len, text.splitlines())) <= 80 + len(str(tmp_path))
    assert any(line.startswith(" outer/inner/dense_") and "| Dense " in line for line in text.splitlines())


def test_the_command_says_it_and_sets_the_exit_code(model, tmp_path, capsys):
    model.save(tmp_path / "m.keras")
    assert cli.main(["check", str(tmp_path / "m.keras")]) == 0
    assert "opens      yes" in capsys.readouterr().out
    assert cli.main(["check", str(tmp_path / "m.keras"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["opens"] is True
    assert cli.main(["check", golden("keras1_theano", "gone_srelu.h5", tmp_path)]) == 1
    assert cli.main(["check", str(tmp_path / "gone.keras")]) == 2
    assert "no such file" in capsys.readouterr().err


def test_a_summary_needs_only_the_file(model, tmp_path, capsys):
    model.save(tmp_path / "m.safetensors")
    assert cli.main(["summary", str(tmp_path / "m.safetensors")]) == 0
    assert "Total params: 35" in capsys.readouterr().out
