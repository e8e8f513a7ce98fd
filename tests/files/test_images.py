"""Images from files and arrays, beside Keras's and pillow's own."""

from __future__ import annotations

import io

import keras
import numpy as np
import pytest
from PIL import Image

from pellucid import errors, utils


@pytest.fixture
def path(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (6, 9, 4)).astype("uint8")
    Image.fromarray(pixels).save(tmp_path / "i.png")
    return tmp_path / "i.png"


@pytest.mark.parametrize("color_mode", ["rgb", "rgba", "grayscale"])
@pytest.mark.parametrize("kwargs", [{}, {"target_size": (4, 4)}, {"target_size": (3, 8), "interpolation": "lanczos"}])
@pytest.mark.parametrize("keep_aspect_ratio", [False, True])
def test_images_are_read_as_keras_does(path, color_mode, kwargs, keep_aspect_ratio):
    kwargs = {**kwargs, "color_mode": color_mode, "keep_aspect_ratio": keep_aspect_ratio}
    theirs, ours = keras.utils.load_img(path, **kwargs), utils.load_img(path, **kwargs)
    assert ours.mode == theirs.mode
    for data_format in ("channels_last", "channels_first"):
        expected = keras.utils.img_to_array(theirs, data_format=data_format)
        got = utils.img_to_array(ours, data_format=data_format)
        assert got.dtype == expected.dtype
        np.testing.assert_array_equal(got, expected)


def test_bytes_and_names_name_the_same_image(path):
    from_bytes = utils.load_img(io.BytesIO(path.read_bytes()))
    assert from_bytes.tobytes() == utils.load_img(str(path)).tobytes() == utils.load_img(path).tobytes()


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("scale", [True, False])
def test_arrays_become_the_images_that_keras_makes(channels, scale):
    x = np.random.default_rng(0).uniform(0, 255, (5, 4, channels)).astype("float32")
    theirs, ours = keras.utils.array_to_img(x, scale=scale), utils.array_to_img(x, scale=scale)
    assert ours.mode == theirs.mode
    assert ours.tobytes() == theirs.tobytes()
    assert utils.array_to_img(x.transpose(2, 0, 1), "channels_first", scale).tobytes() == ours.tobytes()


def test_grey_above_255_keeps_its_values():
    x = np.array([[[0.0], [1000.0]]])
    assert np.array(utils.array_to_img(x, scale=False)).tolist() == [[0, 1000]]


@pytest.mark.parametrize("name", ["i.png", "i.bmp"])
def test_what_is_saved_reads_back(tmp_path, name):
    x = np.random.default_rng(0).integers(0, 256, (5, 4, 3)).astype("float32")
    utils.save_img(tmp_path / name, x, scale=False)
    np.testing.assert_array_equal(utils.img_to_array(utils.load_img(tmp_path / name)), x)


def test_jpeg_loses_its_transparency_and_says_so(tmp_path):
    with pytest.warns(UserWarning, match="no transparency") as warned:
        utils.save_img(tmp_path / "i.jpg", np.zeros((2, 2, 4)))
    assert warned[0].filename == __file__
    assert utils.load_img(tmp_path / "i.jpg").mode == "RGB"


def test_what_is_no_image_is_refused(tmp_path, path):
    (tmp_path / "n.png").write_text("no image")
    with pytest.raises(errors.FileError, match=r"no image(?s:.*)n\.png"):
        utils.load_img(tmp_path / "n.png")
    (tmp_path / "half.png").write_bytes(path.read_bytes()[:100])
    with pytest.raises(errors.FileError, match="no image"):
        utils.load_img(tmp_path / "half.png")
    with pytest.raises(errors.ArgumentTypeError, match="names no file"):
        utils.load_img(3)
    with pytest.raises(errors.ArgumentError, match="Unknown `color_mode`"):
        utils.load_img(path, color_mode="cmyk")
    with pytest.raises(errors.ArgumentError, match="Unknown `interpolation`"):
        utils.load_img(path, target_size=(2, 2), interpolation="sharp")
    with pytest.raises(errors.ShapeError, match="two or three axes"):
        utils.img_to_array(np.zeros(3))
    with pytest.raises(errors.ShapeError, match="three axes"):
        utils.array_to_img(np.zeros((2, 2)))
    with pytest.raises(errors.ShapeError, match="1, 3 or 4 channels"):
        utils.array_to_img(np.zeros((2, 2, 2)))


def test_without_pillow_an_error_says_what_to_install(monkeypatch, path):
    monkeypatch.setitem(__import__("sys").modules, "PIL", None)
    with pytest.raises(errors.MissingPackageError, match="pip install pillow"):
        utils.load_img(path)
