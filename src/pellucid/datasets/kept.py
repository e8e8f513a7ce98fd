"""Where the files of data sets lie: a user's own path, or Keras's folder, fetched into it if there is a network.

Below:  engine/fetching.py, files/npz.py.
Above:  the modules beside it.
"""

from __future__ import annotations

import os

import numpy as np

from pellucid.engine.fetching import get_file
from pellucid.errors import ArgumentError
from pellucid.files import npz

SITE = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"


def file(path, name: str, file_hash: str | None = None, folder: str = "datasets") -> str:
    """The path itself where there is such a file; else its name in Keras's folder, with the published file there."""
    path = os.fspath(path)
    if os.path.isfile(path):
        return path
    return get_file(path, SITE + name, file_hash=file_hash, cache_subdir=folder)


def arrays(path, name: str, file_hash: str, *words: str) -> list[np.ndarray]:
    """Arrays of the file, by their names in it."""
    return npz.read(file(path, name, file_hash), *words)


def shuffled(draw: np.random.RandomState, *parts: np.ndarray) -> list[np.ndarray]:
    """Arrays in one random order, that of Keras for the same seed."""
    order = np.arange(len(parts[0]))
    draw.shuffle(order)
    return [part[order] for part in parts]


def split(x, y, test_split: float) -> tuple[tuple, tuple]:
    """Samples for training, and the last ones for a test.

    Raises:
        ArgumentError: `test_split` is no share.
    """
    if not 0 <= test_split < 1:
        raise ArgumentError("`test_split` is a share.", got=test_split, expected="0 up to, and without, 1")
    first = int(len(x) * (1 - test_split))
    return (x[:first], y[:first]), (x[first:], y[first:])
