"""Boston housing: 506 towns of the 1970s, 13 numbers each, and the price of a house in 1000 dollars.

One of the numbers is a measure of race; the data set is here for old programs. california_housing.py is a newer one.

Source: keras.datasets.boston_housing, Keras 3.15.
"""

from __future__ import annotations

import numpy as np

from pellucid.datasets import kept

__all__ = ["load_data"]

HASH = "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5"


def load_data(path="boston_housing.npz", test_split=0.2, seed=113):
    """``(x_train, y_train), (x_test, y_test)``; numbers (samples, 13), prices (samples,).

    Args:
        path: of a file; or its name in Keras's folder, where it is fetched to if need be.
        test_split: the share of samples for the test.
        seed: of their order.

    Raises:
        ArgumentError: `test_split` is no share.
        FileError: it is not there and cannot be fetched, or is broken.
    """
    return kept.split(
        *kept.shuffled(np.random.RandomState(seed), *kept.arrays(path, "boston_housing.npz", HASH, "x", "y")),
        test_split,
    )
