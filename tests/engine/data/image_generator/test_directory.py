"""Batches of a folder's images: Keras's own iterator judges."""

from __future__ import annotations

import numpy as np
import pytest

from engine.data.image_generator.theirs import image as theirs
from pellucid import layers, models
from pellucid.errors import ArgumentError, MissingFileError
from pellucid.preprocessing.image import ImageDataGenerator, save_img


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    top = tmp_path_factory.mktemp("images")
    draw = np.random.default_rng(0)
    for name, count in (("cats", 5), ("dogs", 4), ("emus", 3)):
        (top / name / "more").mkdir(parents=True)
        for k in range(count):
            x = draw.random((5 + k, 7, 3)) * 255
            save_img(top / name / ("more" if k == 1 else "") / f"{k}.png", x, scale=False)
        (top / name / "note.txt").write_text("no image")
    return top


WAYS = [
    {},
    {"class_mode": "sparse", "color_mode": "grayscale", "target_size": (4, 5)},
    {"class_mode": "input", "classes": ["emus", "cats"], "interpolation": "bilinear"},
    {"class_mode": None, "color_mode": "rgba", "keep_aspect_ratio": True},
    {"class_mode": "binary", "classes": ["dogs", "cats"], "subset": "training", "shuffle": False},
    {"subset": "validation", "batch_size": 2},
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_batches_are_kerass(folder, way, data_format):
    found, iterators = [], []
    for made in (ImageDataGenerator, theirs.ImageDataGenerator):
        generator = made(rescale=1 / 255, horizontal_flip=True, validation_split=0.4, data_format=data_format)
        iterators.append(generator.flow_from_directory(str(folder), **{"batch_size": 4, "seed": 2, **way}))
        found.append([next(iterators[-1]) for _ in range(4)])
    ours, expected = iterators
    names = ("filenames", "class_indices", "samples", "num_classes", "image_shape", "batch_size", "n", "filepaths")
    assert [getattr(ours, one) for one in names] == [getattr(expected, one) for one in names]
    assert ours.classes.tolist() == expected.labels.tolist() and len(ours) == len(expected)
    for one, other in zip(*found, strict=True):
        assert isinstance(one, tuple) == isinstance(other, tuple)
        for ours_part, part in zip(*(x if isinstance(x, tuple) else (x,) for x in (one, other)), strict=True):
            assert ours_part.dtype == part.dtype
            np.testing.assert_allclose(ours_part, part, atol=1e-6)


def test_a_model_learns_from_a_folder_and_tells_its_files_in_order(folder):
    generator = ImageDataGenerator(rescale=1 / 255)
    batches = generator.flow_from_directory(folder, target_size=(4, 4), batch_size=5)
    model = models.Sequential([layers.Flatten(), layers.Dense(3, activation="softmax")])
    model.compile("sgd", "categorical_crossentropy")
    history = model.fit(batches, epochs=2, validation_data=batches, verbose=0)
    assert len(history.history["val_loss"]) == 2
    in_order = generator.flow_from_directory(folder, target_size=(4, 4), class_mode=None, shuffle=False)
    assert model.predict(in_order, verbose=0).shape == (len(in_order.filenames), 3) == (12, 3)


def test_what_cannot_be_is_told(folder):
    generator = ImageDataGenerator()
    with pytest.raises(ArgumentError, match="Unknown `class_mode`"):
        generator.flow_from_directory(folder, class_mode="raw")
    with pytest.raises(ArgumentError, match="Unknown `color_mode`"):
        generator.flow_from_directory(folder, color_mode="bgr")
    with pytest.raises(ArgumentError, match="Unknown `subset`"):
        generator.flow_from_directory(folder, subset="test")
    with pytest.raises(MissingFileError, match="no such folder"):
        generator.flow_from_directory(folder / "none")
