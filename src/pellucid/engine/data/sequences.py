"""Sequences: windows over a time series as a Dataset, and lists of different lengths as one array.

Below:  dataset.py.
"""

from __future__ import annotations

import numpy as np
import torch

from pellucid.engine.data.dataset import Dataset
from pellucid.engine.data.folders import check_format
from pellucid.engine.data.leaves import as_array, as_tensor
from pellucid.errors import ArgumentError, ShapeError


def timeseries_dataset_from_array(
    data,
    targets,
    sequence_length,
    sequence_stride=1,
    sampling_rate=1,
    batch_size=128,
    shuffle=False,
    seed=None,
    start_index=None,
    end_index=None,
    format="tf",
):
    """Windows over a series; a `Dataset` of batches ``(windows, targets)``, or of windows alone without targets.

    Args:
        data: (times, ...).
        targets: ``targets[k]`` belongs to the window that begins at k; or None.
        sequence_length: times in a window.
        sequence_stride: times between the beginnings of two windows.
        sampling_rate: times between two that stand beside one another in a window.
        batch_size: windows in a batch; None for single ones.
        shuffle, seed: whether windows come in random order, and of which seed.
        start_index, end_index: only times from here on, and before there, are used.
        format: "tf" draws another order in each pass, "grain" keeps the first; both give a `Dataset`.

    Raises:
        ArgumentError: numbers that do not go with the length of the series.
    """
    check_format(format)
    _check_within(len(data), start_index, end_index, sampling_rate, sequence_stride)
    first, last = start_index or 0, len(data) if end_index is None else end_index
    series = as_tensor(as_array(data))[first:last]
    aims = None if targets is None else as_tensor(as_array(targets))[first:last]
    count = last - first - (sequence_length - 1) * sampling_rate
    starts = np.arange(0, count if aims is None else min(count, len(aims)), sequence_stride)
    offsets = torch.arange(0, sequence_length * sampling_rate, sampling_rate)

    def windows(start):
        window = series[start[..., None] + offsets]
        return window if aims is None else (window, aims[start])

    if shuffle:
        seed = int(np.random.randint(10**6)) if seed is None else seed
        np.random.RandomState(seed).shuffle(starts)
    places = Dataset.from_tensor_slices(starts)
    if shuffle:
        buffer = 8 * batch_size if batch_size else 1024
        places = places.shuffle(buffer, seed=seed, reshuffle_each_iteration=format == "tf")
    return (places if batch_size is None else places.batch(batch_size)).map(windows)


def _check_within(length: int, start_index, end_index, sampling_rate, sequence_stride):
    limits = {
        "start_index": (start_index, 0),
        "end_index": (end_index, (start_index or 0) + 1),
        "sampling_rate": (sampling_rate, 1),
        "sequence_stride": (sequence_stride, 1),
    }
    for word, (value, least) in limits.items():
        if value is not None and not least <= value < length:
            raise ArgumentError(
                f"`{word}` does not go with a series of this length.",
                got=f"{word}={value}, {length} times",
                expected=f"{least} to {length - 1}",
            )


def pad_sequences(sequences, maxlen=None, dtype="int32", padding="pre", truncating="pre", value=0.0) -> np.ndarray:
    """Lists of different lengths as one array: ``pad_sequences([[1], [2, 3]])`` is ``[[0, 1], [2, 3]]``.

    Args:
        maxlen: the length of all; that of the longest if None.
        padding, truncating: where values are put, and cut away: "pre" at the beginning, "post" at the end.
        value: what is put there.

    Returns:
        (lists, maxlen, ...), of this dtype.

    Raises:
        ArgumentError: no lists, an unknown word, or text for numbers.
        ShapeError: lists of values of different shapes.
    """
    for word, given in (("padding", padding), ("truncating", truncating)):
        if given not in ("pre", "post"):
            raise ArgumentError(f"Unknown `{word}`.", got=repr(given), expected='"pre" or "post"')
    is_text = dtype is object or np.issubdtype(dtype, np.str_) or np.issubdtype(dtype, np.bytes_)
    if isinstance(value, str) and not is_text:
        raise ArgumentError("Text cannot fill numbers up.", got=f"value={value!r}, dtype={dtype!r}", fix="dtype=object")
    if not hasattr(sequences, "__len__") or not all(hasattr(one, "__len__") for one in sequences):
        raise ArgumentError("`sequences` is a list of lists.", got=repr(sequences)[:80], expected="[[1], [2, 3]]")
    shape = next((np.asarray(one).shape[1:] for one in sequences if len(one)), ())
    length = max(map(len, sequences), default=0) if maxlen is None else maxlen
    padded = np.full((len(sequences), length, *shape), value, dtype=dtype)
    for k, one in enumerate(sequences):
        kept = np.asarray(one[max(len(one) - length, 0) :] if truncating == "pre" else one[:length], dtype=dtype)
        if len(one) and kept.shape[1:] != shape:
            raise ShapeError(f"List {k} holds values of another shape.", got=kept.shape[1:], expected=shape)
        if len(kept):
            padded[k, slice(-len(kept), None) if padding == "pre" else slice(len(kept))] = kept
    return padded
