"""CIFAR-10: 50,000 and 10,000 colour images of 10 classes.

Below:  cifar.py reads them.
"""

from __future__ import annotations

from pellucid.datasets import cifar

__all__ = ["load_data"]

HASH = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"


def load_data():
    """``(x_train, y_train), (x_test, y_test)``; images (samples, 32, 32, 3), 0 to 255; classes (samples, 1).

    Raises:
        FileError: the files are not there and cannot be fetched, or are broken.
    """
    folder = cifar.folder("cifar-10-python.tar.gz", HASH, "cifar-10-batches-py")
    train = [folder / f"data_batch_{k}" for k in range(1, 6)]
    return cifar.batches(train, "labels"), cifar.batches([folder / "test_batch"], "labels")
