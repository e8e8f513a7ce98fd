"""CIFAR: colour images of 32x32 in batches that Python 2 wrote as pickles.

Below:  files/plain_pickle.py reads them, and runs nothing.
Above:  cifar10.py, cifar100.py.
Source: keras.datasets.cifar10 and cifar100, Keras 3.15.
"""

from __future__ import annotations

import pathlib

import numpy as np

from pellucid.engine.fetching import get_file
from pellucid.errors import FileError, MissingFileError
from pellucid.files import plain_pickle
from pellucid.settings import image_data_format, keras_home

SITE = "https://www.cs.toronto.edu/~kriz/"


def folder(archive: str, file_hash: str, name: str) -> pathlib.Path:
    """Where the batches lie: as Keras 3 keeps them, as Keras 2 did, or taken out of the archive now."""
    places = [keras_home() / "datasets" / f"{name}-target" / name, keras_home() / "datasets" / name]
    found = next((place for place in places if place.is_dir()), None)
    if found is None:
        found = pathlib.Path(get_file(f"{name}-target", SITE + archive, extract=True, file_hash=file_hash)) / name
    return found


def batches(paths: list[pathlib.Path], label_key: str) -> tuple[np.ndarray, np.ndarray]:
    """Images of all batches, in the order of `image_data_format`, and their classes, (samples, 1).

    Raises:
        FileError: a batch is missing or broken.
    """
    read = [_batch(path, label_key) for path in paths]
    x, y = (np.concatenate(parts) for parts in zip(*read, strict=True))
    return (x.transpose(0, 2, 3, 1) if image_data_format() == "channels_last" else x), y


def _batch(path: pathlib.Path, label_key: str):
    if not path.exists():
        raise MissingFileError("A batch of images is missing.", expected=str(path))
    found = plain_pickle.loads(path.read_bytes(), encoding="bytes")
    try:
        return found[b"data"].reshape(-1, 3, 32, 32), np.array(found[label_key.encode()], "uint8")[:, None]
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise FileError("This is no batch of images.", got=str(error), where=str(path)) from error
