"""`pellucid convert`: what comes out computes the same, in Keras too."""

import zipfile

import keras
import numpy as np
import pytest

import pellucid
from models.saved_models import output, sequential
from models.test_old_files import FOLDER, outputs, told
from pellucid import cli
from pellucid.errors import ArgumentError, FileError
from pellucid.models.converting import convert
from pellucid.saving import load_model


@pytest.mark.parametrize("target", ["new.keras", "new.h5", "new.safetensors"])
def test_an_old_file_becomes_a_new_one_of_the_same_outputs(target, tmp_path):
    path, known = told("keras1_theano", "conv_th.h5", tmp_path)
    done = convert(path, tmp_path / target)
    assert f"{done.layers} layers" in str(done) and "all equal bit for bit" in str(done)
    np.testing.assert_allclose(
        outputs(load_model(tmp_path / target, compile=False), known["x"])[0], known["y"][0], atol=2e-6
    )


def test_keras_3_opens_what_was_a_file_of_keras_1(tmp_path):
    path, known = told("keras1_theano", "nested.h5", tmp_path)
    convert(path, tmp_path / "new.keras")
    theirs = keras.models.load_model(tmp_path / "new.keras")
    np.testing.assert_allclose(output(theirs, known["x"][0]), known["y"][0], atol=1e-6)


def test_training_goes_on_after_a_conversion(tmp_path):
    path, known = told("keras2_theano", "amsgrad.h5", tmp_path)
    convert(path, tmp_path / "new.keras")
    model = load_model(tmp_path / "new.keras")
    model.train_on_batch(known["x"][0], known["t"][0])
    for w, expected in zip(model.get_weights(), known["w"], strict=True):
        np.testing.assert_allclose(w, expected, atol=1e-5)


def test_weights_alone_can_be_had(tmp_path):
    model = sequential(pellucid)
    model.save(tmp_path / "m.keras")
    convert(tmp_path / "m.keras", tmp_path / "w.weights.h5")
    other = sequential(keras)
    other.load_weights(tmp_path / "w.weights.h5")
    np.testing.assert_array_equal(other.get_weights()[0], model.get_weights()[0])


def test_what_is_there_stays_unless_forced(tmp_path, capsys):
    sequential(pellucid).save(tmp_path / "a.keras")
    sequential(pellucid).save(tmp_path / "b.keras")
    with pytest.raises(FileError, match=r"there already(?s:.*)--force"):
        convert(tmp_path / "a.keras", tmp_path / "b.keras")
    with pytest.raises(ArgumentError, match="into itself"):
        convert(tmp_path / "a.keras", tmp_path / "a.keras", overwrite=True)
    with pytest.raises(ArgumentError, match=r"does not say what it shall be(?s:.*)\.safetensors"):
        convert(tmp_path / "a.keras", tmp_path / "c.onnx")
    assert cli.main(["convert", str(tmp_path / "a.keras"), str(tmp_path / "b.keras")]) == 2
    assert cli.main(["convert", str(tmp_path / "a.keras"), str(tmp_path / "b.keras"), "--force"]) == 0
    assert "read back, all equal" in capsys.readouterr().out


def test_warnings_of_the_old_file_become_notes(tmp_path):
    with zipfile.ZipFile(FOLDER / "keras2_theano.zip") as archive:
        path = archive.extract("nadam.h5", tmp_path)
    assert "Nadam's momentum" in str(convert(path, tmp_path / "new.keras"))
