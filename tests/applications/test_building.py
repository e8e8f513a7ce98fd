"""What may be asked of any application: weights, images, tops; and what is said of what cannot be had."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import pellucid
from applications.comparing import answer, both, draw_weights, images, rows
from pellucid import Input, applications, errors, layers

SMALL = {"include_top": False, "input_shape": (32, 32, 3)}
LIGHT = {"alpha": 0.25, "include_top": False, "input_shape": (32, 32, 3)}  # of MobileNet


@pytest.mark.parametrize("name", ["v.weights.h5", "v.keras", "v.h5"])
def test_weights_may_come_from_a_file_of_kerass(name, tmp_path):
    theirs, _ = both("MobileNet", **LIGHT)
    draw_weights(theirs)
    theirs.save_weights(tmp_path / name) if name.endswith("weights.h5") else theirs.save(tmp_path / name)
    ours = applications.MobileNet(weights=tmp_path / name, **LIGHT)
    image = images(theirs)
    np.testing.assert_allclose(answer(pellucid, ours, image), answer(keras, theirs, image), rtol=1e-4, atol=1e-4)


def test_published_weights_are_found_where_keras_keeps_them(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "models").mkdir()
    kwargs = {"alpha": 0.35, "include_top": False, "input_shape": (96, 96, 3)}
    theirs, _ = both("MobileNetV2", **kwargs)
    theirs.save(tmp_path / "models" / "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_96_no_top.h5")
    ours = applications.MobileNetV2(**kwargs)
    for got, expected in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("include_top", [True, False])
def test_published_weights_that_are_not_there_are_told(tmp_path, monkeypatch, include_top):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(errors.MissingFileError) as error:
        applications.ResNet50(include_top=include_top)
    text = str(error.value)
    file = f"resnet50_weights_tf_dim_ordering_tf_kernels{'' if include_top else '_notop'}.h5"
    md5 = "2cb95161c43110f7111970584f804107" if include_top else "4d473c1dd8becc155b73f8504c6f6626"
    assert f"'{file}' is not on this machine" in text
    assert f"{tmp_path}/models/{file}, MD5 {md5}" in text
    assert text.endswith(f"https://storage.googleapis.com/tensorflow/keras-applications/resnet/{file}")


def test_a_network_begins_from_a_given_tensor_and_what_leads_to_it():
    def built(library):
        inputs = library.Input((40, 40, 3))
        x = library.layers.Conv2D(3, 3, name="before")(inputs)
        return library.applications.MobileNet(weights=None, alpha=0.25, include_top=False, input_tensor=x)

    theirs, ours = built(keras), built(pellucid)
    assert rows(ours)[1:] == rows(theirs)[1:]
    assert [x.shape for x in ours.inputs] == [tuple(x.shape) for x in theirs.inputs] == [(None, 40, 40, 3)]


def test_a_frozen_network_is_a_layer_of_another():
    base = applications.MobileNet(weights=None, **LIGHT)
    base.trainable = False
    inputs = Input((32, 32, 3))
    outputs = layers.Dense(2)(layers.Flatten()(base(inputs, training=False)))
    model = pellucid.Model(inputs, outputs)
    assert [weight.path for weight in model.trainable_weights] == ["dense/kernel", "dense/bias"]


def test_images_may_be_channels_first():
    keras.config.set_image_data_format("channels_first")
    pellucid.config.set_image_data_format("channels_first")
    try:
        theirs, ours = both("MobileNet", alpha=0.25, include_top=False, input_shape=(3, 32, 48))
        assert rows(ours) == rows(theirs)
    finally:
        keras.config.set_image_data_format("channels_last")
        pellucid.config.set_image_data_format("channels_last")


REFUSED = {
    "too small an image": ({**SMALL, "input_shape": (16, 32, 3)}, errors.ShapeError, "32 or more"),
    "no image": ({**SMALL, "input_shape": (32, 32)}, errors.ShapeError, "no image that the network can take"),
    "a top without a size": ({"input_shape": (None, None, 3)}, errors.ShapeError, "needs a fixed image size"),
    "unknown pooling": ({**SMALL, "pooling": "sum"}, errors.ArgumentError, 'Unknown `pooling`(?s:.*)"avg" or "max"'),
    "no such file": ({"weights": "no.h5"}, errors.ArgumentError, "no such weights(?s:.*)path of a file"),
    "other classes": ({"weights": "imagenet", "classes": 10}, errors.ArgumentError, "published weights have 1000"),
    "another activation": (
        {"weights": "imagenet", "classifier_activation": "relu"},
        errors.ArgumentError,
        "those of a softmax",
    ),
    "another size for the published top": (
        {"weights": "imagenet", "input_shape": (64, 64, 3)},
        errors.ShapeError,
        r"images of one size(?s:.*)\(224, 224, 3\)",
    ),
    "grey images for published weights": (
        {"weights": "imagenet", **SMALL, "input_shape": (32, 32, 1)},
        errors.ShapeError,
        "images of 3 channels",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_had_is_refused_here_and_by_keras(what):
    kwargs, kind, text = REFUSED[what]
    kwargs = {"weights": None, **kwargs}
    with pytest.raises(kind, match=text):
        applications.ResNet50(**kwargs)
    if what != "unknown pooling":  # which Keras takes for none
        with pytest.raises(ValueError):
            keras.applications.ResNet50(**kwargs)


def test_images_of_other_channels_are_warned_of():
    with pytest.warns(UserWarning, match="has 5") as warned:
        applications.VGG16(weights=None, include_top=False, input_shape=(32, 32, 5))
    assert warned[0].filename == __file__


@pytest.mark.parametrize("name", ["ConvNeXtTiny", "DenseNet121", "NASNetLarge"])
def test_some_networks_have_one_order_of_axes(name):
    pellucid.config.set_image_data_format("channels_first")
    try:
        with pytest.raises(errors.ArgumentError, match=r"channels_last images only(?s:.*)set_image_data_format"):
            getattr(applications, name)(weights=None)
    finally:
        pellucid.config.set_image_data_format("channels_last")


def test_published_weights_of_mobilenets_are_chosen_by_alpha_and_size(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))

    def wanted(name, **kwargs):
        with pytest.raises(errors.MissingFileError) as error:
            getattr(applications, name)(**kwargs)
        return str(error.value).rpartition("/")[2]

    assert wanted("MobileNet") == "mobilenet_1_0_224_tf.h5"
    small = {"alpha": 0.25, "include_top": False}
    assert wanted("MobileNet", input_shape=(128, 128, 3), **small) == "mobilenet_2_5_128_tf_no_top.h5"
    kernels = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels"
    assert wanted("MobileNetV2", alpha=1.4) == f"{kernels}_1.4_224.h5"
    assert wanted("MobileNetV2", include_top=False, input_shape=(96, 96, 3)) == f"{kernels}_1.0_96_no_top.h5"
    assert wanted("MobileNetV3Small", minimalistic=True) == "weights_mobilenet_v3_small_minimalistic_224_1.0_float.h5"
    with pytest.warns(UserWarning, match="those for 224x224 are taken") as warned:
        assert wanted("MobileNetV2", include_top=False, input_shape=(100, 96, 3)) == f"{kernels}_1.0_224_no_top.h5"
    assert warned[0].filename == __file__


@pytest.mark.parametrize(
    ("name", "kwargs", "text"),
    [
        ("MobileNet", {"alpha": 0.3}, r"with this `alpha`(?s:.*)0.25, 0.5, 0.75, 1.0"),
        ("MobileNet", {"depth_multiplier": 2}, "with this `depth_multiplier`"),
        ("MobileNetV2", {"alpha": 0.3}, r"with this `alpha`(?s:.*)1.4"),
        ("MobileNetV3Small", {"alpha": 0.75, "minimalistic": True}, "with this `alpha`"),
    ],
)
def test_other_widths_than_published_are_refused(name, kwargs, text):
    with pytest.raises(errors.ArgumentError, match=text):
        getattr(applications, name)(**kwargs)
