"""Images prepared and classes named as Keras does; what is given stays as it is."""

from __future__ import annotations

import json

import keras
import numpy as np
import pytest
import torch
from keras.src.applications import imagenet_utils as theirs

import pellucid
from pellucid import Input, Model, errors
from pellucid.applications import imagenet_utils as ours


def image(data_format: str, *leading: int, dtype: str = "float32"):
    shape = (5, 4, 3) if data_format == "channels_last" else (3, 5, 4)
    return np.random.default_rng(0).integers(0, 256, (*leading, *shape)).astype(dtype)


@pytest.mark.parametrize("mode", ours.MODES)
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("leading", [(2,), ()])
@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8"])
def test_arrays_are_prepared_as_keras_does(mode, data_format, leading, dtype):
    x = image(data_format, *leading, dtype=dtype)
    expected = theirs.preprocess_input(x.copy(), data_format, mode=mode)
    before = x.copy()
    got = ours.preprocess_input(x, data_format, mode)
    assert got.dtype == expected.dtype
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-5)
    assert np.array_equal(x, before)


@pytest.mark.parametrize("mode", ours.MODES)
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("dtype", ["float32", "uint8"])
def test_tensors_are_prepared_like_arrays(mode, data_format, dtype):
    x = image(data_format, 2, dtype=dtype)
    got = ours.preprocess_input(torch.tensor(x), data_format, mode)
    np.testing.assert_allclose(got.numpy(), ours.preprocess_input(x, data_format, mode), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("mode", ours.MODES)
def test_a_model_may_hold_the_preparation(mode):
    inputs = Input((5, 4, 3))
    model = Model(inputs, ours.preprocess_input(inputs, mode=mode))
    x = image("channels_last", 2)
    np.testing.assert_allclose(model(x), ours.preprocess_input(x, mode=mode), rtol=1e-5, atol=1e-5)


def test_an_unknown_mode_is_refused():
    with pytest.raises(errors.ArgumentError, match=r"Unknown `mode`(?s:.*)'caffe', 'tf', 'torch'"):
        ours.preprocess_input(image("channels_last"), mode="jax")


def test_classes_are_named_by_the_file_in_kerass_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    names = {str(k): [f"n{k:08}", f"class {k}"] for k in range(1000)}
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "imagenet_class_index.json").write_text(json.dumps(names))
    monkeypatch.setattr(theirs, "CLASS_INDEX", names)
    preds = np.random.default_rng(0).permutation(3000).reshape(3, 1000).astype("float32") / 3000
    assert ours.decode_predictions(preds, top=4) == theirs.decode_predictions(preds, top=4)
    assert ours.decode_predictions(torch.tensor(preds)) == theirs.decode_predictions(preds)
    assert ours.decode_predictions(preds, top=1)[0][0][1] == f"class {preds[0].argmax()}"


def test_without_that_file_an_error_says_where_it_goes(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(errors.MissingFileError) as error:
        ours.decode_predictions(np.zeros((1, 1000)))
    text = str(error.value)
    assert "'imagenet_class_index.json' is not on this machine" in text
    assert f"{tmp_path}/models/imagenet_class_index.json, MD5 c2c37ea517e94d9795004a39431a14cb" in text
    assert theirs.CLASS_INDEX_PATH in text


@pytest.mark.parametrize("shape", [(1, 10), (1000,), (1, 1, 1000)])
def test_what_is_no_table_of_probabilities_is_refused(shape):
    with pytest.raises(errors.ShapeError, match=r"1000 classes(?s:.*)\(samples, 1000\)"):
        ours.decode_predictions(np.zeros(shape))


MODULES = [
    name for name in dir(pellucid.applications) if hasattr(getattr(keras.applications, name, None), "preprocess_input")
]


@pytest.mark.parametrize("name", MODULES)
def test_each_family_prepares_images_as_keras_does(name):
    x = image("channels_last", 2)
    expected = getattr(keras.applications, name).preprocess_input(x.copy())
    got = getattr(pellucid.applications, name).preprocess_input(x)
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-5)
