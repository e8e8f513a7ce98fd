"""ImageDataGenerator: for a seed it gives Keras's images, whatever is asked; Keras's own copy judges."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from engine.data.image_generator.theirs import image as theirs
from pellucid.errors import ArgumentError, DataError, ShapeError
from pellucid.preprocessing.image import ImageDataGenerator

X = (np.random.default_rng(0).random((10, 6, 8, 3)) * 255).astype("float32")
Y = np.arange(10) % 2
pytestmark = pytest.mark.filterwarnings("ignore:Please use `affine_transform`:DeprecationWarning")

WAYS = [
    {},
    {"rotation_range": 40, "width_shift_range": 0.2, "height_shift_range": 0.3, "shear_range": 10, "zoom_range": 0.2},
    {"width_shift_range": 3, "height_shift_range": [1, 2], "fill_mode": "constant", "cval": 5.0},
    {"width_shift_range": 1.0, "height_shift_range": [0.1, 0.3], "zoom_range": [0.5, 1.5], "fill_mode": "wrap"},
    {"horizontal_flip": True, "vertical_flip": True, "channel_shift_range": 30.0, "brightness_range": (0.4, 1.4)},
    {"rescale": 1 / 255, "brightness_range": [0.5, 1], "zoom_range": (1, 1), "interpolation_order": 0},
    {"samplewise_std_normalization": True, "samplewise_center": True, "horizontal_flip": True},
    {"featurewise_center": True, "featurewise_std_normalization": True, "rescale": 0.5},
    {"featurewise_center": True, "zca_whitening": True, "zca_epsilon": 1e-3},
    {"preprocessing_function": lambda x: x / 127.5 - 1 + np.random.random(), "vertical_flip": True},
    {"data_format": "channels_first", "rotation_range": 90, "channel_shift_range": 9.0, "horizontal_flip": True},
    {"dtype": "float64", "shear_range": 20.0, "fill_mode": "reflect"},
]


def both(**way):
    return ImageDataGenerator(**way), theirs.ImageDataGenerator(**way)


def images(way):
    return X.transpose(0, 3, 1, 2) if way.get("data_format") == "channels_first" else X


@pytest.mark.parametrize("way", WAYS)
def test_a_seed_gives_kerass_batches(way):
    x, found = images(way), []
    for generator in both(**way):
        generator.fit(x[:7], augment=bool(way.get("featurewise_std_normalization")), rounds=2, seed=5)
        batches = generator.flow(x, Y, batch_size=4, seed=11)
        found.append([next(batches) for _ in range(5)] + [batches[1]])
    for (x_ours, y_ours), (x_theirs, y_theirs) in zip(*found, strict=True):
        assert x_ours.dtype == x_theirs.dtype and y_ours.tolist() == y_theirs.tolist()
        np.testing.assert_allclose(x_ours, x_theirs, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("way", WAYS[:6])
def test_the_numbers_of_a_change_are_kerass_and_do_the_same_alone(way):
    ours, expected = both(**way)
    numbers = ours.get_random_transform(X[0].shape, seed=3)
    assert numbers == expected.get_random_transform(X[0].shape, seed=3)
    np.testing.assert_allclose(ours.apply_transform(X[0], {"theta": 20}), expected.apply_transform(X[0], {"theta": 20}))
    np.testing.assert_allclose(ours.random_transform(X[0], seed=3), expected.random_transform(X[0], seed=3), atol=1e-3)


def test_parts_beside_the_images_and_weights_come_along():
    more = np.arange(10) * 10
    batches = ImageDataGenerator().flow((X, [more, Y]), Y, batch_size=3, shuffle=False, sample_weight=more / 100)
    (x, tens, twos), y, weight = next(batches)
    assert (tens.tolist(), twos.tolist(), y.tolist()) == ([0, 10, 20], [0, 1, 0], [0, 1, 0])
    assert weight.tolist() == [0, 0.1, 0.2] and x.shape == (3, 6, 8, 3) and len(batches) == 4
    assert ImageDataGenerator().flow(X, batch_size=10).next().shape == X.shape


def test_the_first_samples_are_kept_for_validation():
    generator = ImageDataGenerator(validation_split=0.4)
    kept, rest = (generator.flow(X, Y, shuffle=False, subset=subset) for subset in ("validation", "training"))
    np.testing.assert_array_equal(kept[0][0], X[:4])
    np.testing.assert_array_equal(rest[0][0], X[4:])
    with pytest.raises(DataError, match="Some class is missing"):
        generator.flow(X, np.sort(Y), subset="training")
    assert len(generator.flow(X, np.sort(Y), subset="training", ignore_class_split=True)) == 1


def test_a_pass_has_each_sample_once_and_begins_anew_after_reset():
    batches = ImageDataGenerator().flow(np.arange(10.0).reshape(10, 1, 1, 1), batch_size=4, seed=1)
    seen = [float(one) for _ in range(3) for one in next(batches).ravel()]
    assert sorted(seen) == list(range(10)) and seen != sorted(seen)
    next(batches)
    batches.reset()
    assert [len(next(batches)) for _ in range(3)] == [4, 4, 2]


def test_changed_images_are_saved(tmp_path):
    batches = ImageDataGenerator().flow(X, batch_size=4, save_to_dir=tmp_path, save_prefix="a", save_format="jpeg")
    next(batches)
    assert len(list(tmp_path.glob("a_*.jpeg"))) == 4


WARNING = [
    ({"zca_whitening": True}, "featurewise_center` is True"),
    ({"featurewise_std_normalization": True}, "featurewise_center` is True"),
    ({"samplewise_std_normalization": True}, "samplewise_center` is True"),
    ({"zca_whitening": True, "featurewise_center": True, "featurewise_std_normalization": True}, "is False"),
]


@pytest.mark.parametrize(("way", "told"), WARNING)
def test_options_that_bring_others_warn(way, told):
    with pytest.warns(UserWarning, match=told):
        ours = ImageDataGenerator(**way)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = theirs.ImageDataGenerator(**way)
    options = ("featurewise_center", "featurewise_std_normalization", "samplewise_center")
    assert [getattr(ours, one) for one in options] == [getattr(expected, one) for one in options]


def test_what_has_not_been_learned_warns():
    with pytest.warns(UserWarning, match="learned nothing yet"):
        ImageDataGenerator(featurewise_center=True).standardize(X[0].copy())


def test_images_with_many_channels_warn():
    with pytest.warns(UserWarning, match="have 8 channels"):
        ImageDataGenerator(data_format="channels_first").flow(X.transpose(0, 2, 1, 3))


WRONG = [
    (lambda: ImageDataGenerator(zoom_range=(1, 2, 3)), ArgumentError, "`zoom_range` is a number"),
    (lambda: ImageDataGenerator(brightness_range=1.5), ArgumentError, "`brightness_range` is a pair"),
    (lambda: ImageDataGenerator(validation_split=2), ArgumentError, "`validation_split` is a share"),
    (lambda: ImageDataGenerator(data_format="last"), ArgumentError, "data_format"),
    (lambda: ImageDataGenerator().fit(X[0]), ShapeError, "four axes"),
    (lambda: ImageDataGenerator().flow(X[0]), ShapeError, "four axes"),
    (lambda: ImageDataGenerator().flow(X, Y[:3]), ShapeError, "its y are of the same length"),
    (lambda: ImageDataGenerator().flow((X, Y[:3]), Y), ShapeError, "more inputs"),
    (lambda: ImageDataGenerator().flow(X, Y, subset="test"), ArgumentError, "Unknown `subset`"),
    (lambda: ImageDataGenerator().flow(X, Y)[1], IndexError, "no such batch"),
]


@pytest.mark.parametrize(("make", "kind", "told"), WRONG)
def test_what_cannot_be_is_told(make, kind, told):
    with pytest.raises(kind, match=told):
        make()
