"""VGG16 beside Keras's: the same layers, names and parameters; the same numbers on a small image."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from pellucid import applications, errors


def test_without_its_top_it_has_kerass_layers_and_numbers():
    keras.utils.clear_session()  # so that both number their layers from the start
    ours = applications.VGG16(weights=None, include_top=False, input_shape=(32, 32, 3), pooling="avg")
    theirs = keras.applications.VGG16(weights=None, include_top=False, input_shape=(32, 32, 3), pooling="avg")
    theirs.set_weights(ours.get_weights())
    assert [layer.name for layer in ours.layers][1:] == [layer.name for layer in theirs.layers][1:]
    image = np.random.default_rng(0).random((1, 32, 32, 3), dtype="float32")
    np.testing.assert_allclose(ours.predict(image, verbose=0), theirs.predict(image, verbose=0), rtol=1e-4, atol=1e-6)


@pytest.mark.heavy
def test_with_its_top_it_has_138_million_parameters():
    assert applications.VGG16(weights=None).count_params() == 138_357_544


@pytest.mark.parametrize("mode", ["caffe", "tf", "torch"])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_images_are_prepared_as_keras_does(mode, data_format):
    from keras.src.applications.imagenet_utils import preprocess_input as theirs

    from pellucid.applications.imagenet import preprocess_input

    shape = (2, 5, 4, 3) if data_format == "channels_last" else (2, 3, 5, 4)
    image = np.random.default_rng(0).integers(0, 256, shape).astype("float32")
    before = image.copy()
    np.testing.assert_allclose(
        preprocess_input(image, data_format, mode), theirs(image.copy(), data_format, mode=mode), rtol=1e-5, atol=1e-5
    )
    assert np.array_equal(image, before)


def test_too_small_an_image_is_refused():
    with pytest.raises(errors.ShapeError, match="32 or more"):
        applications.VGG16(weights=None, include_top=False, input_shape=(16, 16, 3))


@pytest.mark.parametrize("name", ["v.weights.h5", "v.keras", "v.h5"])
def test_weights_may_come_from_a_file(name, tmp_path):
    kwargs = {"include_top": False, "input_shape": (32, 32, 3)}
    source = applications.VGG16(weights=None, **kwargs)
    source.save_weights(tmp_path / name) if name.endswith("weights.h5") else source.save(tmp_path / name)
    model = applications.VGG16(weights=tmp_path / name, **kwargs)
    np.testing.assert_array_equal(model.get_weights()[0], source.get_weights()[0])


def test_published_weights_that_are_not_there_are_told(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(errors.UnsupportedError, match=r"not on this machine(?s:.*)vgg16_weights_tf"):
        applications.VGG16()
