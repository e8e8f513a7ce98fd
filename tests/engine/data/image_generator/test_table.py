"""Batches of images that a table names: Keras's own iterator judges."""

from __future__ import annotations

import os

import numpy as np
import pandas
import pytest

from engine.data.image_generator.theirs import image as theirs
from pellucid.errors import ArgumentError, ArgumentTypeError
from pellucid.preprocessing.image import ImageDataGenerator, save_img


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    top = tmp_path_factory.mktemp("images")
    for k in range(8):
        save_img(top / f"{k}.png", np.random.default_rng(k).random((5, 7, 3)) * 255, scale=False)
    return str(top)


@pytest.fixture
def table():
    return pandas.DataFrame(
        {
            "filename": [f"{k}.png" for k in range(8)],
            "class": list("abababca"),
            "two": list("abababab"),
            "several": [["a"], ["b", "c"], ("a", "b"), "a", ["c"], ["b"], ["a"], ["c", "a"]],
            "x": np.arange(8.0),
            "y": np.arange(8) * 2,
            "weight": np.arange(8) / 8,
        }
    )


WAYS = [
    {},
    {"class_mode": "sparse", "classes": ["b", "a"]},
    {"class_mode": "binary", "y_col": "two", "weight_col": "weight"},
    {"class_mode": "raw", "y_col": ["x", "y"]},
    {"class_mode": "raw", "y_col": "x", "weight_col": "weight", "subset": "training"},
    {"class_mode": "multi_output", "y_col": ["x", "class"]},
    {"class_mode": "input", "y_col": None, "color_mode": "grayscale"},
    {"class_mode": None},
    {"y_col": "several"},
    {"y_col": "several", "classes": ["c", "b"], "subset": "validation"},
    {"validate_filenames": False, "shuffle": False, "target_size": (3, 4)},
]


@pytest.mark.parametrize("way", WAYS)
def test_batches_are_kerass(folder, table, way):
    found, iterators = [], []
    for made in (ImageDataGenerator, theirs.ImageDataGenerator):
        generator = made(rescale=1 / 255, vertical_flip=True, validation_split=0.5)
        given = {"directory": folder, "batch_size": 3, "seed": 4, "target_size": (6, 6), **way}
        iterators.append(generator.flow_from_dataframe(table.copy(), **given))
        found.append([next(iterators[-1]) for _ in range(3)])
    ours, expected = iterators
    assert ours.filenames == expected.filenames and len(ours) == len(expected)
    assert getattr(ours, "class_indices", None) == getattr(expected, "class_indices", None)
    for one, other in zip(*found, strict=True):
        assert_equal(one, other)


def assert_equal(ours, theirs):
    if isinstance(theirs, (tuple, list)):
        assert len(ours) == len(theirs)
        for pair in zip(ours, theirs, strict=True):
            assert_equal(*pair)
    elif theirs.dtype.kind in "fiu":
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours, theirs, atol=1e-6)
    else:
        assert ours.tolist() == theirs.tolist()


def test_names_without_a_file_are_left_out_and_told(folder, table):
    more = pandas.concat([table, pandas.DataFrame({"filename": ["none.png", "0.txt"], "class": ["a", "b"]})])
    with pytest.warns(UserWarning, match="2 of the names in column 'filename'"):
        found = ImageDataGenerator().flow_from_dataframe(more, folder, target_size=(2, 2))
    assert found.samples == 8
    whole = table.assign(filename=[os.path.join(folder, name) for name in table["filename"]])
    assert ImageDataGenerator().flow_from_dataframe(whole, target_size=(2, 2)).samples == 8


WRONG = [
    ({"class_mode": "many"}, ArgumentError, "Unknown `class_mode`"),
    ({"class_mode": "binary"}, ArgumentError, "there are two classes"),
    ({"class_mode": "binary", "y_col": "two", "classes": ["a"]}, ArgumentError, "there are two classes"),
    ({"class_mode": "multi_output", "y_col": "x"}, ArgumentTypeError, "Several outputs"),
    ({"x_col": "x"}, ArgumentTypeError, "file names holds text"),
    ({"class_mode": "sparse", "y_col": "x"}, ArgumentTypeError, "labels are text"),
    ({"y_col": "y"}, ArgumentTypeError, "or lists of it"),
    ({"weight_col": "class"}, ArgumentTypeError, "Weights are numbers"),
]


@pytest.mark.parametrize(("way", "kind", "told"), WRONG)
def test_what_cannot_be_is_told(folder, table, way, kind, told):
    with pytest.raises(kind, match=told):
        ImageDataGenerator().flow_from_dataframe(table, folder, **way)


def test_classes_without_effect_warn(folder, table):
    with pytest.warns(UserWarning, match="`classes` has no effect"):
        ImageDataGenerator().flow_from_dataframe(table, folder, class_mode="raw", y_col="x", classes=["a"])
    with pytest.warns(DeprecationWarning, match="`sort` has no effect"):
        ImageDataGenerator().flow_from_dataframe(table, folder, class_mode="other", y_col="x", sort=True)
