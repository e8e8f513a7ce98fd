"""Splitting: a data set as two, one for training and one for what comes after.

Below:  dataset.py.
"""

from __future__ import annotations

import random

import numpy as np
import torch

from pellucid.engine.data import elements
from pellucid.engine.data.dataset import Dataset
from pellucid.errors import ArgumentError, ArgumentTypeError, DataError


def split_dataset(dataset, left_size=None, right_size=None, shuffle=False, seed=None, preferred_backend=None):
    """A data set as two: ``left, right = split_dataset((x, y), left_size=0.8)``.

    Args:
        dataset: an array, a list or tuple of arrays, a `Dataset`, or a torch.utils.data.Dataset; all is kept in memory.
        left_size, right_size: a number of samples, or a share; one of both may be None, for the rest.
        shuffle, seed: whether samples are drawn at random, and of which seed.
        preferred_backend: kept for Keras's programs.

    Returns:
        Two `Dataset`; batches if `dataset` gave batches.

    Raises:
        ArgumentTypeError: no data set.
        ArgumentError: sizes that do not go with the number of samples.
        DataError: no samples, or arrays of different lengths.
    """
    samples, batch_size = _samples(dataset)
    if not samples:
        raise DataError("An empty data set cannot be split.", got=type(dataset).__name__)
    left, right = _sizes(left_size, right_size, len(samples))
    order = list(range(len(samples)))
    if shuffle:
        random.Random(seed).shuffle(order)
    parts = [_part(samples, order[:left]), _part(samples, order[len(order) - right :])]
    return tuple(part.batch(batch_size) if batch_size else part for part in parts)


def _part(samples: list, order: list[int]) -> Dataset:
    return Dataset(lambda: (samples[k] for k in order), len(order))


def _samples(dataset) -> tuple[list, int | None]:
    """All samples, and how many made a batch."""
    if isinstance(dataset, Dataset):
        batch = elements.length(next(iter(dataset))) if dataset._is_batched and len(dataset) else None
        return list(dataset.unbatch() if batch else dataset), batch
    if hasattr(dataset, "as_numpy_iterator"):  # TensorFlow's
        batch = getattr(dataset, "_batch_size", None)
        whole = dataset if batch is None else dataset.unbatch()
        return [elements.element(sample) for sample in whole.as_numpy_iterator()], None if batch is None else int(batch)
    if isinstance(dataset, torch.utils.data.Dataset):
        count = len(dataset)  # type: ignore[arg-type]  # of those that have one
        return [elements.element(dataset[k]) for k in range(count)], None
    if isinstance(dataset, (list, tuple)) and dataset and all(isinstance(part, np.ndarray) for part in dataset):
        return list(Dataset.from_tensor_slices(tuple(dataset))), None
    if isinstance(dataset, (list, tuple)):
        raise ArgumentError(
            "A list of this kind is no data set.",
            got=", ".join(sorted({type(part).__name__ for part in dataset})) or "nothing in it",
            expected="arrays of one length",
            fix="split_dataset((np.array(x), np.array(y)), left_size=0.8)",
        )
    if isinstance(dataset, (np.ndarray, torch.Tensor)):
        return list(Dataset.from_tensor_slices((dataset,))), None
    raise ArgumentTypeError(
        "This cannot be split.", got=type(dataset).__name__, expected="arrays, a Dataset, or a torch Dataset"
    )


def _sizes(left, right, total: int) -> tuple[int, int]:
    """Samples in both parts."""
    if left is None and right is None:
        raise ArgumentError("At least one size is needed.", got="left_size=None, right_size=None", fix="left_size=0.8")
    counts = {word: _size(word, size, total) for word, size in (("left_size", left), ("right_size", right))}
    given = [count for count in counts.values() if count is not None]
    rest = total - sum(given)
    if rest < 0 or (isinstance(left, float) and isinstance(right, float) and left + right > 1):
        raise ArgumentError("The parts are larger than the whole.", got=f"{left} and {right}", expected=f"{total}")
    left, right = (rest if count is None else count for count in counts.values())
    if not left or not right:
        raise ArgumentError("A part would be empty.", got=f"{left} and {right} of {total} samples")
    return left, right


def _size(word: str, size, total: int) -> int | None:
    if size is None:
        return None
    if type(size) not in (int, float):
        raise ArgumentTypeError(f"`{word}` is a number.", got=repr(size), expected="a whole number, or a share")
    most = total if isinstance(size, int) else 1
    if not 0 < size < most:
        raise ArgumentError(f"`{word}` is no part of the whole.", got=size, expected=f"above 0 and below {most}")
    return size if isinstance(size, int) else round(size * total)
