"""Arrays as data: NumPy, PyTorch, pandas, SciPy, or anything with `__array__`, in any nesting.

Below:  leaves.py makes tensors that share the arrays' memory.
Above:  choice.py picks this feed; train.py splits off validation data.
Kept true: data is converted once; an unshuffled batch is a view, a shuffled one a single gather.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import torch

from pellucid import nest
from pellucid.dtypes import to_torch
from pellucid.engine.data import leaves
from pellucid.engine.data.feed import Feed
from pellucid.engine.data.packing import class_weight_to_sample_weights, pack_x_y_sample_weight
from pellucid.errors import ArgumentError, DataError
from pellucid.graph.scopes import current_device

DEFAULT_BATCH_SIZE = 32


class ArrayFeed(Feed):
    """Batches of arrays that lie in memory.

    Args:
        x, y, sample_weight: arrays in any nesting, all with the same number of samples.
        batch_size: samples in a batch; 32 if None and `steps` does not say it.
        steps: the number of batches, where `batch_size` is None.
        shuffle: True for a new order each pass, "batch" for a new order inside each batch.
        class_weight: weights of the samples by the class that `y` tells.

    Raises:
        DataError: no samples, or arrays of different lengths.
        ArgumentError: a batch size below 1, or both kinds of weights.
    """

    def __init__(
        self,
        x,
        y=None,
        sample_weight=None,
        batch_size=None,
        steps=None,
        shuffle=False,
        class_weight=None,
        may_be_empty=False,
    ):
        sample_weight = _weights_like_targets(y, sample_weight, class_weight)
        self._structure = pack_x_y_sample_weight(x, y, sample_weight)
        self.num_samples = _number_of_samples({"x": x, "y": y, "sample_weight": sample_weight})
        if self.num_samples == 0 and not may_be_empty:
            raise DataError("The data is empty.", got="0 samples", expected="1 sample or more")
        self.batch_size: int = _batch_size(batch_size, steps, self.num_samples)
        self.num_batches = math.ceil(self.num_samples / self.batch_size) or 1
        self._shuffle = shuffle
        self._columns = [None if leaf is None else _column(leaf) for leaf in nest.leaves(self._structure)]

    # Of several processes, each takes its own part of every batch: data/shares.py says which.
    part_of = staticmethod(lambda start, stop: (start, stop))

    def batches(self) -> Iterator:
        """One pass; the order is drawn from PyTorch's global generator, so that a seed repeats it."""
        return self.batches_after(0)

    def batches_after(self, count):
        """One pass without its first batches, which are not even gathered."""
        order = torch.randperm(self.num_samples) if self._shuffle and self._shuffle != "batch" else None
        return self._batches(order, count * self.batch_size)

    def _batches(self, order, begin):
        for start in range(begin, self.num_samples or 1, self.batch_size):
            stop = min(start + self.batch_size, self.num_samples)
            first, last = self.part_of(start, stop)
            if order is not None:
                yield self._gathered(order[first:last])
            elif self._shuffle == "batch":
                yield self._gathered(torch.randperm(stop - start)[first - start : last - start] + start)
            else:
                yield self._packed([c and c.rows(first, last) for c in self._columns])

    def peek(self):
        """The first samples in their own order, so that no random number is drawn."""
        return self._packed([c and c.rows(0, min(self.batch_size, self.num_samples)) for c in self._columns])

    def _gathered(self, index):
        return self._packed([c and c.gather(index) for c in self._columns])

    def _packed(self, columns):
        structure = self._structure
        if type(structure) is tuple and len(structure) == len(columns):
            return tuple(columns)  # (x, y) of plain arrays, by far the most frequent form
        return nest.pack_sequence_as(structure, columns)


class _Column:
    """One tensor with samples along its first axis."""

    def __init__(self, tensor: torch.Tensor):
        self._tensor = tensor
        # Only a memory-mapped file is still in another dtype here; it is cast batch by batch.
        self._dtype = to_torch(None) if tensor.is_floating_point() else tensor.dtype
        self._device = torch.device(current_device())
        self._is_moved = tensor.device.type != self._device.type
        self._is_pinned = self._is_moved and self._device.type == "cuda" and tensor.device.type == "cpu"

    def rows(self, start, stop):
        return self._placed(self._tensor[start:stop])

    def gather(self, index):
        if not self._is_pinned:
            return self._placed(self._tensor.index_select(0, index.to(self._tensor.device)))
        # Page-locked memory lets the copy run beside the computation; PyTorch keeps it until the copy is done.
        batch = torch.empty((len(index), *self._tensor.shape[1:]), dtype=self._tensor.dtype, pin_memory=True)
        return self._placed(torch.index_select(self._tensor, 0, index, out=batch))

    def _placed(self, batch):
        if self._is_moved:
            batch = batch.to(self._device, non_blocking=True)
        return batch if batch.dtype is self._dtype else batch.to(self._dtype)


class _StringColumn:
    """Strings, which PyTorch cannot hold: batches stay NumPy arrays."""

    def __init__(self, array: np.ndarray):
        self._array = array

    def rows(self, start, stop):
        return self._array[start:stop]

    def gather(self, index):
        return self._array[index.numpy()]


class _SparseColumn:
    """A sparse matrix, of which only the batch at hand is made dense."""

    def __init__(self, matrix):
        self._matrix = matrix.tocsr()

    def rows(self, start, stop):
        return leaves.to_device(self._matrix[start:stop].toarray())

    def gather(self, index):
        return leaves.to_device(self._matrix[index.numpy()].toarray())


def _column(leaf):
    if leaves.is_sparse(leaf):
        return _SparseColumn(leaf)
    tensor = leaves.as_tensor(leaves.as_array(leaf))
    if not isinstance(tensor, torch.Tensor):
        return _StringColumn(tensor)
    return _Column(tensor if isinstance(leaf, np.memmap) else leaves.with_floatx(tensor))


def _number_of_samples(parts: dict) -> int:
    """The one length of all arrays.

    Raises:
        DataError: there is none, or they differ.
    """
    lengths = {
        name: [leaves.length(leaf) for leaf in nest.leaves(part) if leaf is not None] for name, part in parts.items()
    }
    told = {length for group in lengths.values() for length in group}
    if not told:
        raise DataError("There is no data.", got="x=None", expected="arrays")
    if len(told) > 1:
        counts = "; ".join(f"{name}: {', '.join(map(str, group))}" for name, group in lengths.items() if group)
        raise DataError("The arrays have different numbers of samples.", got=counts, expected="one length for all")
    return told.pop()


def _batch_size(batch_size, steps, num_samples) -> int:
    if batch_size is None:
        return max(math.ceil(num_samples / steps), 1) if steps else DEFAULT_BATCH_SIZE
    if not isinstance(batch_size, (int, np.integer)) or isinstance(batch_size, bool) or batch_size < 1:
        raise ArgumentError(
            "`batch_size` is a number of samples.", got=repr(batch_size), expected="1 or more", fix="batch_size=32"
        )
    return int(batch_size)


def _weights_like_targets(y, sample_weight, class_weight):
    """Sample weights in the form of `y`: one array serves all outputs, classes become weights."""
    if class_weight is not None:
        if sample_weight is not None:
            raise ArgumentError(
                "`class_weight` and `sample_weight` exclude one another.",
                got="both",
                fix="multiply them yourself, and pass sample_weight",
            )
        if nest.is_nested(y):
            raise ArgumentError(
                "`class_weight` works for one output only.",
                got=f"{len(nest.flatten(y))} targets",
                fix="sample_weight=[...], one array per output",
            )
        if y is None:
            raise ArgumentError("`class_weight` needs classes.", got="y=None", fix="fit(x, y, class_weight=...)")
        return class_weight_to_sample_weights(leaves.as_tensor(leaves.as_array(y)), class_weight)
    if sample_weight is None or not nest.is_nested(y):
        return sample_weight
    if nest.is_nested(sample_weight):
        nest.assert_same_structure(y, sample_weight)
        return sample_weight
    if len(sample_weight.shape) > 1 and tuple(sample_weight.shape[1:]) != (1,):
        raise ArgumentError(
            "One `sample_weight` for several outputs holds one number per sample.",
            got=f"shape {tuple(sample_weight.shape)}",
            expected=f"({sample_weight.shape[0]},)",
            fix="sample_weight=[...], one array per output",
        )
    return nest.map_structure(lambda _: sample_weight, y)


def split(arrays, validation_split: float) -> tuple:
    """The arrays as two: all but their last samples, and the last `validation_split` of them.

    Args:
        arrays: a structure of arrays and Nones; all have the same number of samples.
        validation_split: above 0 and below 1.

    Raises:
        ArgumentError: another fraction, or data that is no array.
        DataError: too few samples for both sides.
    """
    if not 0 < validation_split < 1:
        raise ArgumentError("`validation_split` is a share of the samples.", got=validation_split, expected="0 to 1")
    flat = nest.flatten(arrays)
    leaves.refuse_lists("x or y", arrays)
    if other := [leaf for leaf in flat if not leaves.is_array(leaf)]:
        raise ArgumentError(
            "`validation_split` works for arrays only.",
            got=type(other[0]).__name__,
            expected="NumPy arrays, tensors or pandas frames",
            fix="validation_data=(x_val, y_val)",
        )
    count = _number_of_samples({"x": arrays})
    at = math.floor(count * (1.0 - validation_split))
    if at == 0:
        raise DataError(
            "There are too few samples to split.",
            got=f"{count} with validation_split={validation_split}",
            expected="at least 1 on each side",
            fix="validation_split=0.0",
        )
    first = nest.map_structure(lambda leaf: _some_rows(leaf, 0, at), arrays)
    return first, nest.map_structure(lambda leaf: _some_rows(leaf, at, count), arrays)


def _some_rows(leaf, start, stop):
    if leaf is None:
        return None
    if leaves.is_pandas(leaf):
        return leaf.iloc[start:stop]
    if leaves.is_sparse(leaf):
        return leaf.tocsr()[start:stop]
    sliceable = leaf if isinstance(leaf, (np.ndarray, torch.Tensor)) else leaves.as_array(leaf)
    return sliceable[start:stop]
