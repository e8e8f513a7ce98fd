"""PyDataset: a user's class that gives batches by number, read ahead by threads or processes.

Below:  workers.py reads ahead.
Above:  choice.py picks the feed; the door pellucid.utils shows PyDataset, also as Sequence.
Kept true: batches come in the order of their numbers, whoever made them.
"""

from __future__ import annotations

import itertools
import random
import warnings
from collections.abc import Iterator

from pellucid.engine.data import leaves
from pellucid.engine.data.feed import Feed
from pellucid.engine.data.packing import with_class_weights
from pellucid.engine.data.streams import converted
from pellucid.engine.data.workers import read_ahead
from pellucid.errors import ArgumentError, DataError, UnsupportedError


def _reading_setting(name: str, default):
    """A setting that also holds for a subclass whose `__init__` forgets its parent's."""
    slot = f"_{name}"

    def read(self):
        if slot not in vars(self):
            warnings.warn(
                f"`__init__` of {type(self).__name__} does not call its parent's, so `{name}` is {default!r}: "
                "add super().__init__(**kwargs).",
                stacklevel=2,
            )
            setattr(self, slot, default)
        return getattr(self, slot)

    return property(read, lambda self, value: setattr(self, slot, value))


class PyDataset:
    """Batches by number. A subclass gives `__getitem__(index)`, and `__len__` or `num_batches`.

    Args:
        workers: how many threads or processes make batches ahead of need; 0 or 1 for none.
        use_multiprocessing: processes instead of threads.
        max_queue_size: batches that may wait.

    Source: keras.utils.PyDataset, Keras 3.15.
    """

    def __init__(self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10):
        self._workers = workers
        self._use_multiprocessing = use_multiprocessing
        self._max_queue_size = max_queue_size

    workers = _reading_setting("workers", 1)
    use_multiprocessing = _reading_setting("use_multiprocessing", False)
    max_queue_size = _reading_setting("max_queue_size", 10)

    def __getitem__(self, index: int):
        """The batch of this number: ``(x,)``, ``(x, y)``, ``(x, y, sample_weight)``, or a dict."""
        raise UnsupportedError(
            f"{type(self).__name__} does not say its batches.", fix="def __getitem__(self, index): return x, y"
        )

    def __iter__(self):
        count = self._number_or_none()
        for index in itertools.count() if count is None else range(count):
            yield self[index]

    def _number_or_none(self):
        try:
            return self.num_batches
        except NotImplementedError:
            return None

    @property
    def num_batches(self) -> int | None:
        """How many batches there are; None for no end.

        Raises:
            UnsupportedError: neither this nor `__len__` is written.
        """
        if hasattr(self, "__len__"):
            return len(self)
        raise UnsupportedError(
            f"{type(self).__name__} does not say how many batches it has.",
            fix="def __len__(self): return 100\n            or: num_batches = None  # without end",
        )

    def on_epoch_begin(self) -> None:
        """Called before each epoch."""

    def on_epoch_end(self) -> None:
        """Called after each epoch."""


class PyDatasetFeed(Feed):
    """Batches of a PyDataset, in a new order of batches each pass where `shuffle`."""

    def __init__(self, dataset: PyDataset, class_weight=None, shuffle: bool = False):
        self._dataset = dataset
        self._class_weight = class_weight
        self._shuffle = shuffle
        self.num_batches = dataset.num_batches
        if self.num_batches == 0:
            raise DataError("The PyDataset is empty.", got="num_batches = 0", expected="1 or more, or None for no end")

    def batches(self) -> Iterator:
        """One pass, with batches made ahead where the data set asks for workers."""
        return self.batches_after(0)

    def batches_after(self, count):
        """One pass without its first batches, which are not even made."""
        told = f"the {type(self._dataset).__name__} given as x"
        order = itertools.islice(self._order(), count, None)
        return converted(map(self._standardized, self._raw(order)), told, count)

    def peek(self):
        return leaves.to_device(self._standardized(self._dataset[0]))

    def on_epoch_begin(self):
        self._dataset.on_epoch_begin()

    def on_epoch_end(self):
        self._dataset.on_epoch_end()

    def _raw(self, order) -> Iterator:
        workers = self._dataset.workers
        if workers > 1 or (workers > 0 and self._dataset.use_multiprocessing):
            return read_ahead(
                self._dataset, order, workers, self._dataset.use_multiprocessing, self._dataset.max_queue_size
            )
        return map(self._dataset.__getitem__, order)

    def _order(self) -> Iterator[int]:
        if self.num_batches is None:
            return itertools.count()
        order = list(range(self._dataset.num_batches or 0))  # asked anew: its length may change between epochs
        if self._shuffle:
            random.shuffle(order)
        return iter(order)

    def _standardized(self, batch):
        if isinstance(batch, dict):
            return batch
        if leaves.is_array(batch):
            return (batch,)
        if not isinstance(batch, (list, tuple)) or not 1 <= len(batch) <= 3:
            raise ArgumentError(
                f"`__getitem__` of {type(self._dataset).__name__} gives no batch.",
                got=str(batch)[:80],
                expected="(x,), (x, y), (x, y, sample_weight) or a dict",
                fix="return x, y",
            )
        return tuple(batch) if self._class_weight is None else with_class_weights(tuple(batch), self._class_weight)
