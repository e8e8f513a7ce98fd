"""Numbers of random changes, drawn from NumPy's generator.

Above: generator.py.
"""

from __future__ import annotations

import numpy as np

from pellucid.errors import ArgumentError


def pair_around_one(zoom_range) -> list:
    """Smallest and largest zoom.

    Raises:
        ArgumentError: neither a number nor a pair.
    """
    if isinstance(zoom_range, (float, int)):
        return [1 - zoom_range, 1 + zoom_range]
    if len(zoom_range) == 2 and all(isinstance(one, (float, int)) for one in zoom_range):
        return list(zoom_range)
    raise ArgumentError("`zoom_range` is a number, or a pair of them.", got=zoom_range, fix="zoom_range=(0.8, 1.2)")


def either_way(most):
    """A number between ``-most`` and ``most``; 0 draws none."""
    return np.random.uniform(-most, most) if most else 0


def shift(asked, size: int):
    """How far an axis of this size is shifted, in pixels; shares and whole numbers as Keras takes them."""
    if not asked:
        return 0
    try:
        pixels = np.random.choice(asked) * np.random.choice([-1, 1])
    except ValueError:  # a share, which nothing can be chosen from
        pixels = np.random.uniform(-asked, asked)
    return pixels * size if np.max(asked) < 1 else pixels
