"""Feed: what every kind of data looks like to an epoch.

Above: arrays.py, streams.py and py_dataset.py are feeds; epochs.py takes batches from them.
Kept true: a batch is x, (x,), (x, y) or (x, y, sample_weight), its leaves tensors on the current device.
"""

from __future__ import annotations

import collections
import itertools
from collections.abc import Iterator


class Feed:
    """Batches, again and again.

    A subclass gives `batches()`, an iterator over one pass, and says the number of its batches if it is known.
    """

    is_one_stream = False  # whether a second pass goes on where the first one stopped
    is_share = False  # whether each process of a job has batches of its own
    num_batches: int | None = None
    batch_size: int | None = None  # None where the data decides

    def batches(self) -> Iterator:
        """One pass over the data."""
        raise NotImplementedError

    def batches_after(self, count: int) -> Iterator:
        """One pass without its first batches. Its order is drawn at once, so that a random state can be set behind it."""
        batches = iter(self.batches())
        collections.deque(itertools.islice(batches, count), maxlen=0)
        return batches

    def peek(self):
        """The first batch, without taking it from a later pass."""
        return next(iter(self.batches()), None)

    def on_epoch_begin(self) -> None:
        """Called before each epoch."""

    def on_epoch_end(self) -> None:
        """Called after each epoch."""
