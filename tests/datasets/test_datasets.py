"""Data sets from files of the published form, small ones of our own: Keras reads the same from them."""

from __future__ import annotations

import gzip
import io
import json
import pathlib
import pickle
import tarfile

import keras
import numpy as np
import pytest
from keras.src.utils import file_utils

import pellucid
from pellucid import errors

RNG = np.random.default_rng(0)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Keras's folder, in which whatever lies there passes for published."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(file_utils.config, "keras_home", lambda: str(tmp_path))
    monkeypatch.setattr(file_utils, "validate_file", lambda *args, **kwargs: True)
    monkeypatch.setattr("pellucid.engine.fetching._hash", lambda path, hasher: _Any())
    (tmp_path / "datasets").mkdir()
    return tmp_path / "datasets"


class _Any:
    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False


def same(name: str, **kwargs):
    """What Keras and we read, compared; ours."""
    theirs = getattr(keras.datasets, name).load_data(**kwargs)
    ours = getattr(pellucid.datasets, name).load_data(**kwargs)
    for part, expected in zip(ours, theirs, strict=True):
        for got, wanted in zip(part, expected, strict=True):
            assert got.dtype == wanted.dtype
            assert got.tolist() == wanted.tolist()
    return ours


def test_mnist(home):
    arrays = {"x_train": RNG.integers(0, 256, (5, 28, 28), "uint8"), "y_train": np.arange(5, dtype="uint8")}
    np.savez(home / "mnist.npz", **arrays, x_test=arrays["x_train"][:2], y_test=arrays["y_train"][:2])
    (x, y), _ = same("mnist")
    assert (x.shape, y.tolist()) == ((5, 28, 28), [0, 1, 2, 3, 4])


def test_a_path_of_ones_own_is_taken(tmp_path):
    np.savez(tmp_path / "my.npz", x=np.arange(10.0).reshape(5, 2), y=np.arange(5))
    (x, y), (_, y_test) = pellucid.datasets.california_housing.load_data(path=tmp_path / "my.npz")
    assert sorted([*y, *y_test]) == list(range(5))
    assert (x == np.stack([2 * y, 2 * y + 1], 1)).all()


def test_fashion_mnist(home):
    (home / "fashion-mnist").mkdir()
    for part, count in (("train", 4), ("t10k", 2)):
        for name, data in (
            ("images-idx3", bytes(16) + RNG.bytes(count * 784)),
            ("labels-idx1", bytes(8) + bytes(range(count))),
        ):
            (home / "fashion-mnist" / f"{part}-{name}-ubyte.gz").write_bytes(gzip.compress(data))
    (x, y), _ = same("fashion_mnist")
    assert (x.shape, y.tolist()) == ((4, 28, 28), [0, 1, 2, 3])


def batch(labels: dict, count: int) -> bytes:
    data = RNG.integers(0, 256, (count, 3072), "uint8")
    return pickle.dumps({b"data": data, b"filenames": [b"x"] * count, **labels}, protocol=3)


def cifar10(folder: pathlib.Path, count: int):
    folder.mkdir(parents=True)
    for name in (*(f"data_batch_{k}" for k in range(1, 6)), "test_batch"):
        (folder / name).write_bytes(batch({b"labels": list(range(count))}, count))


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_cifar10(home, data_format):
    # Keras wants batches of 10,000; ours may be smaller, so its own reader of one batch is the judge.
    from keras.src.datasets.cifar import load_batch

    folder = home / "cifar-10-batches-py-target" / "cifar-10-batches-py"
    cifar10(folder, 3)
    pellucid.config.set_image_data_format(data_format)
    try:
        (x, y), (x_test, _) = pellucid.datasets.cifar10.load_data()
    finally:
        pellucid.config.set_image_data_format("channels_last")
    theirs = [load_batch(folder / f"data_batch_{k}") for k in range(1, 6)]
    images = np.concatenate([one for one, _ in theirs])
    np.testing.assert_array_equal(x, images.transpose(0, 2, 3, 1) if data_format == "channels_last" else images)
    assert (y[:, 0].tolist(), y.dtype, len(x_test)) == ([0, 1, 2] * 5, np.uint8, 3)


def test_cifar_is_found_where_keras_2_kept_it_and_in_the_archive(home, tmp_path):
    cifar10(tmp_path / "cifar-10-batches-py", 2)
    with tarfile.open(home / "cifar-10-batches-py-target_archive", "w:gz") as archive:
        archive.add(tmp_path / "cifar-10-batches-py", "cifar-10-batches-py")
    (from_archive, _), _ = pellucid.datasets.cifar10.load_data()
    cifar10(home / "cifar-10-batches-py", 1)
    assert len(from_archive) == 10
    (home / "cifar-10-batches-py-target").rename(home / "away")
    (old, _), _ = pellucid.datasets.cifar10.load_data()
    assert len(old) == 5


@pytest.mark.parametrize("mode", ["fine", "coarse"])
def test_cifar100(home, mode):
    folder = home / "cifar-100-python-target" / "cifar-100-python"
    folder.mkdir(parents=True)
    (home / "cifar-100-python-target_archive").write_bytes(b"")
    for name in ("train", "test"):
        (folder / name).write_bytes(batch({b"fine_labels": [5, 6], b"coarse_labels": [1, 0]}, 2))
    (_, y), _ = pellucid.datasets.cifar100.load_data(mode)
    assert y.tolist() == ([[5], [6]] if mode == "fine" else [[1], [0]])


@pytest.mark.parametrize("name", ["boston_housing", "california_housing"])
@pytest.mark.parametrize("kwargs", [{}, {"test_split": 0.5, "seed": 1}])
def test_housing(home, name, kwargs):
    np.savez(home / f"{name}.npz", x=RNG.random((700, 3)), y=RNG.random(700))
    same(name, **kwargs)
    if name == "california_housing":
        (x, _), (x_test, _) = same(name, version="small")
        assert len(x) + len(x_test) == 600


def lists(count: int) -> np.ndarray:
    array = np.empty(count, "O")
    array[:] = [RNG.integers(1, 60, RNG.integers(3, 12)).tolist() for _ in range(count)]
    return array


WORDS = [
    {},
    {"num_words": 30},
    {"skip_top": 5, "num_words": 40, "oov_char": None},
    {"start_char": None},
    {"start_char": None, "index_from": None},
    {"maxlen": 8, "seed": 3},
]


@pytest.mark.parametrize("kwargs", WORDS)
def test_imdb(home, kwargs):
    arrays = {"x_train": lists(9), "y_train": np.arange(9), "x_test": lists(7), "y_test": np.arange(7)}
    np.savez(home / "imdb.npz", **arrays)
    same("imdb", **kwargs)


@pytest.mark.parametrize("kwargs", [*WORDS, {"test_split": 0.5}])
def test_reuters(home, kwargs):
    np.savez(home / "reuters.npz", x=lists(12), y=np.arange(12))
    same("reuters", **kwargs)


@pytest.mark.parametrize("name", ["imdb", "reuters"])
def test_words_have_numbers(home, name):
    (home / f"{name}_word_index.json").write_text(json.dumps({"the": 1, "film": 2}))
    assert getattr(pellucid.datasets, name).get_word_index() == {"the": 1, "film": 2}


def test_topics_have_names():
    assert pellucid.datasets.reuters.get_label_names() == keras.datasets.reuters.get_label_names()


def unreachable(home, monkeypatch):
    """A machine without a network."""

    def fails(origin, timeout=None):
        raise OSError("no network")

    monkeypatch.setattr("urllib.request.urlopen", fails)


@pytest.mark.parametrize("name", pellucid.datasets.__all__)
def test_without_file_and_network_an_error_says_where_the_file_goes(home, monkeypatch, name):
    unreachable(home, monkeypatch)
    with pytest.raises(errors.FileError) as error:
        getattr(pellucid.datasets, name).load_data()
    text = str(error.value)
    assert "is not on this machine, and could not be fetched" in text
    assert str(home) in text
    assert "curl -L -o" in text


def test_broken_files_are_told(home, tmp_path):
    (home / "mnist.npz").write_bytes(b"no zip")
    with pytest.raises(errors.FileError, match=r"a broken one(?s:.*)mnist\.npz"):
        pellucid.datasets.mnist.load_data()
    (home / "fashion-mnist").mkdir()
    (home / "fashion-mnist" / "train-images-idx3-ubyte.gz").write_bytes(b"no gzip")
    with pytest.raises(errors.FileError, match="of images is broken"):
        pellucid.datasets.fashion_mnist.load_data()
    folder = home / "cifar-10-batches-py"
    folder.mkdir()
    with pytest.raises(errors.MissingFileError, match="batch of images is missing"):
        pellucid.datasets.cifar10.load_data()
    for k in range(1, 6):
        (folder / f"data_batch_{k}").write_bytes(pickle.dumps({b"data": 3}))
    with pytest.raises(errors.FileError, match="no batch of images"):
        pellucid.datasets.cifar10.load_data()
    (folder / "data_batch_1").write_bytes(pickle.dumps(io.StringIO))
    with pytest.raises(errors.FileError, match="more than plain data"):
        pellucid.datasets.cifar10.load_data()


def test_arguments_that_cannot_be_are_refused(home):
    np.savez(home / "boston_housing.npz", x=np.zeros((3, 2)), y=np.zeros(3))
    np.savez(home / "reuters.npz", x=lists(5), y=np.arange(5))
    with pytest.raises(errors.ArgumentError, match="`test_split` is a share"):
        pellucid.datasets.boston_housing.load_data(test_split=1)
    with pytest.raises(errors.ArgumentError, match=r'Unknown `version`(?s:.*)"small"'):
        pellucid.datasets.california_housing.load_data(version="medium")
    with pytest.raises(errors.ArgumentError, match=r'Unknown `label_mode`(?s:.*)"coarse"'):
        pellucid.datasets.cifar100.load_data("rough")
    with pytest.raises(errors.ArgumentError, match="No text is so short"):
        pellucid.datasets.reuters.load_data(maxlen=2)
    with pytest.raises(errors.UnknownArgumentError, match="does not take these"):
        pellucid.datasets.imdb.load_data(words=3)
