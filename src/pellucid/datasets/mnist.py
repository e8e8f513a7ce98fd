"""MNIST: 60,000 and 10,000 grey images of digits.

Source: keras.datasets.mnist, Keras 3.15.
"""

from __future__ import annotations

from pellucid.datasets import kept

__all__ = ["load_data"]

HASH = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"


def load_data(path="mnist.npz"):
    """``(x_train, y_train), (x_test, y_test)``; images (samples, 28, 28), 0 to 255.

    Args:
        path: of a file; or its name in Keras's folder, where it is fetched to if need be.

    Raises:
        FileError: it is not there and cannot be fetched, or is broken.
    """
    x_train, y_train, x_test, y_test = kept.arrays(path, "mnist.npz", HASH, "x_train", "y_train", "x_test", "y_test")
    return (x_train, y_train), (x_test, y_test)
