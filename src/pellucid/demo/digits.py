"""The demo's data: 1,797 scans of handwritten digits, 8 x 8 pixels each, that scikit-learn ships.

Source: UCI "Optical Recognition of Handwritten Digits", the test part, as `sklearn.datasets.load_digits`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pellucid.errors import MissingPackageError


@dataclass(frozen=True)
class Digits:
    """Scans and what they show, in two parts.

    Attributes:
        images, labels: to learn from; (count, 8, 8, 1) from 0 (paper) to 1 (ink), and (count,).
        held_images, held_labels: a fifth, drawn at random, that training never sees.
    """

    images: np.ndarray
    labels: np.ndarray
    held_images: np.ndarray
    held_labels: np.ndarray


def digits(seed: int) -> Digits:
    """The scans, a fifth of them held out; the same ones for the same seed.

    Raises:
        MissingPackageError: scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise MissingPackageError(
            "The demo's digits come with scikit-learn, which is not installed.", fix="pip install 'pellucid[demo]'"
        ) from None
    scans = load_digits()
    images = (scans.images / 16).astype("float32")[..., None]  # pixels are counted from 0 to 16
    order = np.random.default_rng(seed).permutation(len(images))
    held, kept = np.split(order, [len(order) // 5])
    return Digits(images[kept], scans.target[kept], images[held], scans.target[held])
