"""CIFAR-100: 50,000 and 10,000 colour images of 100 classes, or of 20 coarse ones.

Below:  cifar.py reads them.
"""

from __future__ import annotations

from pellucid.datasets import cifar
from pellucid.errors import ArgumentError

__all__ = ["load_data"]

HASH = "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7"


def load_data(label_mode="fine"):
    """``(x_train, y_train), (x_test, y_test)``; images (samples, 32, 32, 3), 0 to 255; classes (samples, 1).

    Args:
        label_mode: "fine" or "coarse".

    Raises:
        ArgumentError: another `label_mode`.
        FileError: the files are not there and cannot be fetched, or are broken.
    """
    if label_mode not in ("fine", "coarse"):
        raise ArgumentError("Unknown `label_mode`.", got=repr(label_mode), expected='"fine" or "coarse"')
    folder = cifar.folder("cifar-100-python.tar.gz", HASH, "cifar-100-python")
    train, test = (cifar.batches([folder / name], f"{label_mode}_labels") for name in ("train", "test"))
    return train, test
