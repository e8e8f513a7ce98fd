"""California housing: 20,640 districts of 1990, 8 numbers each, and the price of a house in dollars.

Source: keras.datasets.california_housing, Keras 3.15.
"""

from __future__ import annotations

import numpy as np

from pellucid.datasets import kept
from pellucid.errors import ArgumentError

__all__ = ["load_data"]

HASH = "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f"
SMALL = 600  # samples of the small version


def load_data(version="large", path="california_housing.npz", test_split=0.2, seed=113):
    """``(x_train, y_train), (x_test, y_test)``; numbers (samples, 8), prices (samples,).

    Args:
        version: "large", or "small" for the first 600 samples.
        path: of a file; or its name in Keras's folder, where it is fetched to if need be.
        test_split: the share of samples for the test.
        seed: of their order.

    Raises:
        ArgumentError: another `version`, or `test_split` is no share.
        FileError: it is not there and cannot be fetched, or is broken.
    """
    if version not in ("large", "small"):
        raise ArgumentError("Unknown `version`.", got=repr(version), expected='"large" or "small"')
    count = SMALL if version == "small" else None
    x, y = (part[:count] for part in kept.arrays(path, "california_housing.npz", HASH, "x", "y"))
    return kept.split(*kept.shuffled(np.random.RandomState(seed), x, y), test_split)
