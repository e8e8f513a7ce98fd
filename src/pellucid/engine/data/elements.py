"""Elements of a Dataset: tensors, text, and tuples or dicts of them; how several become a batch, and a batch rows.

Below:  leaves.py makes tensors of arrays.
Above:  dataset.py.
Kept true: only tuples and dicts are structure; a list is an array that was not made yet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from pellucid.dtypes import standardize_dtype
from pellucid.engine.data.leaves import as_array, as_tensor
from pellucid.engine.data.strings import Strings
from pellucid.errors import DataError, ShapeError
from pellucid.graph.values import convert_to_tensor


def mapped(function: Callable, *items):
    """The structure of the first item, with what a function gives for the leaves of all at each place."""
    first = items[0]
    if isinstance(first, dict):
        return type(first)((key, mapped(function, *(item[key] for item in items))) for key in first)
    if isinstance(first, tuple):
        parts = [mapped(function, *each) for each in zip(*items, strict=True)]
        return type(first)(*parts) if hasattr(first, "_fields") else tuple(parts)
    return function(*items)


def element(thing):
    """What a user gave, with a tensor, string or array of strings at each leaf."""
    return mapped(_leaf, thing)


def _leaf(x):
    if x is None or isinstance(x, (str, bytes, torch.Tensor, Strings)):
        return x
    if isinstance(x, (bool, int, float)):
        return convert_to_tensor(x).cpu()
    x = as_tensor(as_array(np.array(x, dtype=object) if _is_strings(x) else x))
    return x.item() if isinstance(x, np.ndarray) and x.ndim == 0 else x


def _is_strings(x) -> bool:
    return isinstance(x, list) and bool(x) and isinstance(x[0], (str, bytes))


def called(function: Callable, item):
    """What a function gives for an element; a tuple comes as several arguments."""
    return function(*item) if isinstance(item, tuple) else function(item)


def stacked(items: list):
    """Several elements as one, along a new first axis.

    Raises:
        ShapeError: they are of different shapes.
    """
    return mapped(_stacked, *items)


def _stacked(*leaves):
    if all(isinstance(leaf, torch.Tensor) for leaf in leaves):
        if len({leaf.shape for leaf in leaves}) > 1:
            raise ShapeError(
                "Elements of different shapes make no batch.",
                got=", ".join(dict.fromkeys(str(tuple(leaf.shape)) for leaf in leaves)),
                fix="dataset.padded_batch(batch_size)",
            )
        return torch.stack(leaves)
    if isinstance(leaves[0], Strings):
        return Strings(np.stack([np.asarray(leaf) for leaf in leaves]))
    return np.stack(leaves) if isinstance(leaves[0], np.ndarray) else np.array(leaves, dtype=object)


def padded(items: list, filling=None):
    """Several elements as one, each axis filled up to its longest."""
    return mapped(lambda *leaves: _stacked(*_filled(leaves, filling)), *items)


def _filled(leaves, filling):
    if not isinstance(leaves[0], torch.Tensor) or leaves[0].ndim == 0:
        return leaves
    sizes = [max(axis) for axis in zip(*(leaf.shape for leaf in leaves), strict=True)]
    found = []
    for leaf in leaves:
        whole = leaf.new_full(sizes, 0 if filling is None else filling)
        whole[tuple(slice(size) for size in leaf.shape)] = leaf
        found.append(whole)
    return found


def row(item, index: int):
    """One element of a batch."""
    return mapped(lambda leaf: leaf[index], item)


def length(item) -> int:
    """Rows of a batch.

    Raises:
        DataError: its leaves have different numbers of rows, or none has any.
    """
    sizes: list[int] = []

    def note(leaf):
        sizes.append(len(leaf) if getattr(leaf, "shape", ()) else -1)

    mapped(note, item)
    if len(set(sizes)) != 1 or sizes[0] < 0:
        raise DataError(
            "Rows are those of arrays of one length.",
            got="single values" if -1 in sizes else f"lengths {', '.join(map(str, sizes))}",
            expected="the same number of rows in each",
        )
    return sizes[0]


def as_numpy(leaf):
    """The leaf as NumPy has it."""
    if isinstance(leaf, torch.Tensor):
        return leaf.detach().cpu().numpy()
    return leaf.numpy() if isinstance(leaf, Strings) else leaf


@dataclass(frozen=True)
class Spec:
    """Shape and dtype of a leaf.

    Args:
        shape: sizes of its axes; None where batches differ.
        dtype: its name; "string" for text.
    """

    shape: tuple
    dtype: str
    name: str | None = None

    @classmethod
    def of(cls, leaf, is_batch: bool) -> Spec:
        shape = tuple(getattr(leaf, "shape", ()))
        dtype = standardize_dtype(leaf.dtype) if isinstance(leaf, torch.Tensor) else "string"
        return cls((None, *shape[1:]) if is_batch and shape else shape, dtype)
