"""Streams as data: generators, PyTorch DataLoaders, and data sets of other libraries.

Below:  leaves.py makes tensors of each batch.
Above:  choice.py picks the feed.
Kept true: a batch comes through as it was given; an error inside a user's code keeps its kind and gains a note.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator

import torch

from pellucid.engine.data.feed import Feed
from pellucid.engine.data.leaves import to_device
from pellucid.engine.data.packing import with_class_weights
from pellucid.engine.data.workers import worker_died
from pellucid.errors import DataError


def converted(stream, told: str, first: int = 0) -> Iterator:
    """The batches of an iterable on the current device.

    Args:
        told: where a failure happened, as ``"the generator given as x"``.
        first: the number of its first batch.
    """
    stream = iter(stream)
    for number in itertools.count(first):
        try:
            batch = next(stream)
        except StopIteration:
            return
        except Exception as error:
            error.add_note(f"raised by {told}, while making batch {number}")
            raise
        try:
            batch = to_device(tuple(batch) if isinstance(batch, list) else batch)
        except Exception as error:
            error.add_note(f"in batch {number} of {told}")
            raise
        yield batch


class GeneratorFeed(Feed):
    """What a Python generator yields: one pass, however often it is asked.

    Raises:
        DataError: it yields nothing, or no tuples.
    """

    is_one_stream = True

    def __init__(self, generator):
        self._stream = converted(generator, "the generator given as x")
        self._first = next(self._stream, None)
        if self._first is None:
            raise DataError("The generator is empty.", got="no batch", expected="at least one", fix="yield x, y")
        if not isinstance(self._first, tuple):
            raise DataError(
                "The generator does not yield tuples.",
                got=type(self._first).__name__,
                expected="(x,), (x, y) or (x, y, sample_weight)",
                fix="yield (x,)",
            )

    def batches(self):
        # A chain, since it cannot be closed: what is left of the generator is there for a later pass.
        first, self._first = self._first, None
        return itertools.chain([] if first is None else [first], self._stream)

    def peek(self):
        return self._first


class LoaderFeed(Feed):
    """Batches of a torch.utils.data.DataLoader, which shuffles and collates by itself."""

    def __init__(self, loader):
        self._loader = loader
        self.batch_size = loader.batch_size
        self.is_share = isinstance(loader.sampler, torch.utils.data.DistributedSampler)
        if hasattr(loader.dataset, "__len__"):
            self.num_batches = len(loader)

    def batches(self):
        return converted(_of_living_workers(self._loader), "the DataLoader given as x")

    def has_rows_by_number(self) -> bool:
        """Whether the loader fetches rows by their numbers, several at a time."""
        return self._loader.batch_sampler is not None and hasattr(self._loader.dataset, "__getitem__")

    def with_rows(self, chosen: Callable[[list], list]) -> LoaderFeed:
        """The same feed, with some rows of each batch.

        Args:
            chosen: gives these rows' numbers for those of a batch; called in the order of the batches.
        """
        loader = self._loader
        kept = {name: getattr(loader, name) for name in _KEPT if hasattr(loader, name)}
        fewer = LoaderFeed(
            torch.utils.data.DataLoader(loader.dataset, batch_sampler=_Chosen(loader.batch_sampler, chosen), **kept)
        )
        fewer.batch_size, fewer.num_batches = self.batch_size, self.num_batches
        return fewer


# Arguments of a DataLoader that do not say which rows make a batch.
_KEPT = (
    "num_workers", "collate_fn", "pin_memory", "timeout", "worker_init_fn", "multiprocessing_context", "generator",
    "prefetch_factor", "persistent_workers",
)  # fmt: skip


class _Chosen:
    """A batch sampler that leaves rows out."""

    def __init__(self, sampler, chosen: Callable[[list], list]):
        self._sampler, self._chosen = sampler, chosen

    def __iter__(self):
        return (self._chosen(list(rows)) for rows in self._sampler)

    def __len__(self):
        return len(self._sampler)


def _of_living_workers(loader) -> Iterator:
    """A DataLoader's batches; the death of a worker comes out as one kind of error.

    Raises:
        StateError: a worker died.
    """
    batches = iter(loader)
    try:
        yield from batches
    except (RuntimeError, ConnectionError, EOFError) as error:
        if loader.num_workers == 0 or not _tells_of_death(error):
            raise
        # PyTorch would find the dead worker once more when it clears up, where nobody can catch that.
        with contextlib.suppress(Exception):
            batches._shutdown_workers()
        raise worker_died("DataLoader", "DataLoader(..., num_workers=0)", error) from error


def _tells_of_death(error: Exception) -> bool:
    return not isinstance(error, RuntimeError) or "DataLoader worker" in str(error)


class IterableFeed(Feed):
    """Batches of another library's data set: tf.data and Grain, known by their class names.

    Args:
        class_weight: weights of the samples by the class that y tells; refused where batches have weights already.
    """

    def __init__(self, dataset, class_weight=None):
        self._dataset = dataset
        self._class_weight = class_weight
        try:
            self.num_batches = len(dataset)
        except TypeError:
            pass  # its length is unknown, or it has no end

    def batches(self):
        batches = converted(self._dataset, f"the {type(self._dataset).__name__} given as x")
        if self._class_weight is None:
            return batches
        return (with_class_weights(batch, self._class_weight) for batch in batches)
