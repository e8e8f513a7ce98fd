"""Fashion-MNIST: 60,000 and 10,000 grey images of clothes.

Source: keras.datasets.fashion_mnist, Keras 3.15.
"""

from __future__ import annotations

import gzip
import os

import numpy as np

from pellucid.datasets import kept
from pellucid.errors import FileError

__all__ = ["load_data"]


def load_data():
    """``(x_train, y_train), (x_test, y_test)``; images (samples, 28, 28), 0 to 255.

    Raises:
        FileError: a file is not there and cannot be fetched, or is broken.
    """
    return tuple(
        (_read(f"{part}-images-idx3-ubyte.gz", 16, (-1, 28, 28)), _read(f"{part}-labels-idx1-ubyte.gz", 8, (-1,)))
        for part in ("train", "t10k")
    )


def _read(name: str, header: int, shape: tuple) -> np.ndarray:
    path = kept.file(name, name, folder=os.path.join("datasets", "fashion-mnist"))
    try:
        with gzip.open(path) as file:
            return np.frombuffer(file.read(), "uint8", offset=header).reshape(shape)
    except (OSError, EOFError, ValueError) as error:
        raise FileError("The file of images is broken.", got=str(error), where=path) from error
