"""Sizes: how many numbers weights hold, and how many bytes.

Above: summary.py and classic.py print these below their tables.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from pellucid.dtypes import standardize_dtype, to_torch

_UNITS = ("B", "KB", "MB", "GB", "TB", "PB")


def count_params(weights: Iterable) -> int:
    """The number of numbers in some weights."""
    return sum(math.prod(v.shape) for v in weights)


def weight_memory_size(weights: Iterable) -> float:
    """Bytes that some weights take, each weight counted once; a bool is counted as one bit, as Keras does."""
    unique = {id(v): v for v in weights}.values()
    return sum(math.prod(v.shape) * _size_bits(v.dtype) for v in unique) / 8


def _size_bits(dtype) -> int:
    name = standardize_dtype(dtype)
    return 1 if name == "bool" else to_torch(name).itemsize * 8


def readable_memory_size(size_bytes: float) -> str:
    """Bytes in the unit that suits: ``readable_memory_size(2048)`` is ``2.00 KB``, with 1024 B to a KB."""
    unit = 0
    while size_bytes >= 1024 and unit < len(_UNITS) - 1:
        size_bytes /= 1024
        unit += 1
    return f"{size_bytes:.2f} {_UNITS[unit]}"


@dataclass(frozen=True)
class Size:
    """A number of numbers, and their bytes."""

    count: int
    size_bytes: float

    @classmethod
    def of(cls, weights) -> Size:
        """The size of some weights."""
        weights = list(weights)
        return cls(count_params(weights), weight_memory_size(weights))

    def __add__(self, other: Size) -> Size:
        return Size(self.count + other.count, self.size_bytes + other.size_bytes)


def totals(model) -> dict[str, Size]:
    """The sizes of a model's weights: Total, Trainable, Non-trainable, and Optimizer where it has made its own."""
    sizes = {"Trainable": Size.of(model.trainable_weights), "Non-trainable": Size.of(model.non_trainable_weights)}
    optimizer = getattr(model, "optimizer", None)
    if getattr(model, "compiled", False) and optimizer is not None and optimizer.built:
        sizes["Optimizer"] = Size.of(optimizer.variables)
    return {"Total": sum(sizes.values(), Size(0, 0)), **sizes}
