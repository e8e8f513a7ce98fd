"""Applications beside Keras's: the same layers in the same order, the same configs, the same numbers from the same file."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras.src.applications import nasnet

import pellucid
from applications.comparing import answer, both, differences, draw_weights, images, rows

EVERY = sorted(
    name for name in pellucid.applications.__all__ if isinstance(getattr(pellucid.applications, name), type(both))
)
# Of most families the one that is soonest built, at a small size.
SMALL = {
    "VGG16": 32,
    "MobileNet": 33,
    "MobileNetV2": 40,
    "Xception": 71,
    "InceptionV3": 75,
    "EfficientNetB0": 33,
    "EfficientNetV2B0": 32,
}


@pytest.fixture(autouse=True)
def nasnet_mobile_on_torch(monkeypatch):
    """Keras does not build NASNetMobile on PyTorch; told of another backend, it does, and it runs."""

    class Told:
        def __getattr__(self, name):
            return getattr(keras.src.backend, name)

        def backend(self):
            return "another"

    monkeypatch.setattr(nasnet, "backend", Told())


def same_network(application: str, **kwargs) -> tuple:
    """Both networks; raises unless they have the same layers, weights and configs."""
    theirs, ours = both(application, **kwargs)
    assert rows(ours) == rows(theirs)
    assert ours.name == theirs.name
    assert ours.count_params() == theirs.count_params()
    assert [weight.path for weight in ours.weights] == [weight.path for weight in theirs.weights]
    assert list(differences(theirs.get_config(), ours.get_config())) == []
    return theirs, ours


def same_numbers(theirs, ours, folder) -> None:
    """Raise unless both give the same after ours has read Keras's file.

    The deepest networks with fresh weights double any rounding many times over; what Keras itself answers otherwise
    when each pixel moves by its last bit is allowed too.
    """
    draw_weights(theirs)
    theirs.save_weights(folder / "theirs.weights.h5")
    ours.load_weights(folder / "theirs.weights.h5")
    (folder / "theirs.weights.h5").unlink()  # some take gigabytes
    image = images(theirs)
    expected = answer(keras, theirs, image)
    moved = answer(keras, theirs, np.nextafter(image, np.float32(np.inf)))
    assert np.isfinite(expected).all() and np.ptp(expected) > 0
    allowed = 1e-4 * np.abs(expected).max() + 10 * np.abs(moved - expected).max()
    np.testing.assert_allclose(answer(pellucid, ours, image), expected, rtol=0, atol=allowed)


@pytest.mark.parametrize("name", SMALL)
def test_layers_and_configs_are_kerass(name):
    same_network(name, include_top=False, input_shape=(SMALL[name], SMALL[name], 3))


@pytest.mark.parametrize("name", ["ResNet50", "MobileNetV3Small"])
def test_numbers_are_kerass(name, tmp_path):
    same_numbers(*same_network(name, include_top=False, input_shape=(40, 32, 3), pooling="avg"), tmp_path)


@pytest.mark.heavy
@pytest.mark.parametrize("name", EVERY)
def test_each_network_with_its_top_is_kerass(name, tmp_path):
    # Without its softmax, which would make 0 and 1 of whatever comes in where that is large.
    theirs, ours = same_network(name, classifier_activation=None)
    theirs.save(tmp_path / "theirs.h5")  # in the form of the published files
    ours.load_weights(tmp_path / "theirs.h5")
    (tmp_path / "theirs.h5").unlink()
    for weight, expected in zip(ours.weights, theirs.weights, strict=True):
        np.testing.assert_array_equal(weight.numpy(), expected.numpy())
    same_numbers(theirs, ours, tmp_path)


@pytest.mark.parametrize(
    "kwargs",
    [
        {"alpha": 1.3, "input_shape": (96, 96, 3), "classes": 7},
        {"alpha": 0.35, "input_shape": (50, 70, 3), "include_top": False},
    ],
)
def test_mobilenet_v2_has_kerass_widths_and_names(kwargs):
    same_network("MobileNetV2", **kwargs)


@pytest.mark.parametrize(
    "kwargs",
    [
        {"alpha": 0.25, "depth_multiplier": 2, "dropout": 0.5, "input_shape": (128, 128, 3), "classes": 7},
        {"classifier_activation": None, "input_shape": (40, 64, 1), "name": "mine"},
    ],
)
def test_mobilenet_has_kerass_widths_and_names(kwargs):
    same_network("MobileNet", **kwargs)


@pytest.mark.parametrize(
    ("name", "kwargs"),
    [
        (
            "MobileNetV3Small",
            {"minimalistic": True, "alpha": 1.5, "include_preprocessing": False, "dropout_rate": 0, "classes": 5},
        ),
        (
            "MobileNetV3Large",
            {"alpha": 0.75, "include_top": False, "pooling": "max", "input_shape": (60, 50, 3)},
        ),
    ],
)
def test_mobilenet_v3_has_kerass_widths(name, kwargs):
    same_network(name, **kwargs)


@pytest.mark.parametrize(
    ("name", "kwargs"),
    [
        ("EfficientNetV2B0", {"input_shape": (32, 40, 1), "include_top": False, "pooling": "max"}),
        ("ConvNeXtTiny", {"include_preprocessing": False, "classes": 3, "input_shape": (32, 40, 3), "name": "mine"}),
    ],
)
def test_networks_that_prepare_images_may_leave_it(name, kwargs):
    same_network(name, **kwargs)


def test_weights_of_efficientnet_v2_do_not_depend_on_its_name():
    model = pellucid.applications.EfficientNetV2B0(weights=None, input_shape=(32, 32, 3), name="mine")
    assert model.name == "mine"  # Keras looks the blocks up by it, and fails
    assert model.count_params() == 7_200_312
