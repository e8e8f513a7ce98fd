"""Shares: of every batch, the rows that are this process's.

Below:  the feeds; distribution/team.py says which rows are whose.
Above:  epochs.py takes its batches from here where there are several processes; engine/sharing.py computes them.
Kept true: all processes see the same number of batches, in the same order, by the random state of process 0; a process
           whose share is empty computes the batch's first row, which counts for nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import torch

from pellucid import nest
from pellucid.distribution.share import Share
from pellucid.distribution.strategies import distribution
from pellucid.distribution.team import Team, current_team
from pellucid.engine.data.arrays import ArrayFeed
from pellucid.engine.data.feed import Feed
from pellucid.engine.data.streams import LoaderFeed
from pellucid.errors import StateError
from pellucid.random.state import random_state, set_random_state


def shared(feed: Feed) -> Feed:
    """The feed, or, where there are several processes, this one's share of its batches."""
    team = current_team()
    if team is None or isinstance(feed, SharedFeed):
        return feed
    if is_shared_out() or feed.is_share:
        return OwnFeed(feed, team)
    if isinstance(feed, LoaderFeed) and feed.has_rows_by_number():
        return SharedLoader(feed, team)
    return SharedArrays(feed, team) if isinstance(feed, ArrayFeed) else SharedFeed(feed, team)


def is_shared_out() -> bool:
    """Whether the user gives each process its own share."""
    strategy = distribution()
    return strategy is not None and not strategy.auto_shard_dataset


class Shared(tuple):
    """The parts of a batch, as far as they are this process's."""

    share: Share

    @classmethod
    def of(cls, batch, share: Share) -> Shared:
        """A batch, whose form stays what it is."""
        shared = cls(batch if isinstance(batch, tuple) else (batch,))
        shared.share = share
        return shared


def cut(batch, team: Team) -> Shared:
    """This process's share of a batch that was given to all, or to each its own."""
    if isinstance(batch, Shared):
        return batch
    return _own(batch, team) if is_shared_out() else _rows(batch, team)


def _rows(batch, team: Team) -> Shared:
    of = _length(batch)
    first, last = _bounds(team, 0, of)
    rows = nest.map_structure(lambda leaf: None if leaf is None else leaf[first:last], batch)
    return Shared.of(rows, Share.of_rows(team, of))


def _own(batch, team: Team) -> Shared:
    rows = _length(batch)
    return Shared.of(batch, Share(team, rows, int(team.total(torch.tensor([rows])))))


def _bounds(team: Team, start: int, stop: int) -> tuple[int, int]:
    """The rows that this process computes of those from `start` to `stop`; one, if none is its own."""
    first, last = team.bounds(stop - start)
    return (start + first, start + last) if first < last else (start, min(start + 1, stop))


def _length(batch) -> int:
    return next((len(leaf) for leaf in nest.leaves(batch) if leaf is not None and len(leaf.shape)), 1)


class SharedFeed(Feed):
    """Of each batch of a feed, this process's rows. All processes are given the same data."""

    def __init__(self, feed: Feed, team: Team):
        self._feed, self._team = feed, team
        self.num_batches, self.batch_size, self.is_one_stream = feed.num_batches, feed.batch_size, feed.is_one_stream

    def batches(self):
        return self.batches_after(0)

    def batches_after(self, count):
        self._team.check_same(
            "number of batches", self._feed.num_batches, "give all processes the same data, or steps_per_epoch"
        )
        self._agree_on_random_numbers()
        return self._shares(self._feed.batches_after(count), count)

    def _agree_on_random_numbers(self):
        state = self._team.said_by_first(random_state() if self._team.rank == 0 else None)
        if self._team.rank:
            set_random_state({name: value for name, value in state.items() if not name.startswith("cuda")})

    def _shares(self, batches, first: int) -> Iterator:
        for batch, of in self._in_step(batches, first):
            yield self._share(batch, of)

    def _in_step(self, batches, number: int) -> Iterator:
        """The batches and their lengths, as long as all processes have one.

        Raises:
            StateError: one has no more, or one of another size.
        """
        batches = iter(batches)
        while True:
            batch = next(batches, None)
            of = -1 if batch is None else self._length(batch)
            self._check_sizes(number, of)
            if batch is None:
                return
            yield batch, of
            number += 1

    def _check_sizes(self, number: int, rows: int):
        sizes = self._team.gathered(torch.tensor([rows]), [1] * self._team.count).tolist()
        for rank, size in enumerate(sizes):
            if not self._goes_with(size, sizes[0]):
                raise StateError(
                    f"Process {rank} of {self._team.count} has another batch {number} than process 0.",
                    got=_told(size),
                    expected=_told(sizes[0]),
                    fix="give all processes the same data, or DataParallel(auto_shard_dataset=False)",
                )

    def _goes_with(self, size: int, first: int) -> bool:
        return size == first

    def _length(self, batch) -> int:
        return _length(batch)

    def _share(self, batch, of: int) -> Shared:
        return _rows(batch, self._team)

    def peek(self):
        return self._feed.peek()

    def on_epoch_begin(self):
        self._feed.on_epoch_begin()

    def on_epoch_end(self):
        self._feed.on_epoch_end()


def _told(size: int) -> str:
    return "no batch" if size < 0 else f"{size} rows"


class SharedArrays(SharedFeed):
    """Of each batch of arrays, this process's rows, the others are not even read."""

    def __init__(self, feed: ArrayFeed, team: Team):
        super().__init__(feed, team)
        feed.part_of = lambda start, stop: _bounds(team, start, stop)

    def batches_after(self, count):
        self._team.check_same(
            "number of samples", self._feed.num_samples, "model.fit(x, y)  # with the same arrays in all processes"
        )
        self._agree_on_random_numbers()
        return self._shares(self._feed.batches_after(count), count)

    def _shares(self, batches, first):
        size = self._feed.batch_size
        for number, batch in enumerate(batches, first):
            of = min(size, self._feed.num_samples - number * size)
            yield Shared.of(batch, Share.of_rows(self._team, of))


class SharedLoader(SharedFeed):
    """Of each batch of a DataLoader, this process's rows, the others are not even loaded."""

    def __init__(self, feed: LoaderFeed, team: Team):
        self._lengths: deque[int] = deque()
        super().__init__(feed.with_rows(self._own_rows), team)

    def _own_rows(self, rows: list) -> list:
        first, last = _bounds(self._team, 0, len(rows))
        self._lengths.append(len(rows))
        return rows[first:last]

    def batches_after(self, count):
        self._lengths.clear()
        batches = super().batches_after(count)
        for _ in range(count):
            self._lengths.popleft()
        return batches

    def _length(self, batch):
        return self._lengths.popleft()

    def _share(self, batch, of):
        return Shared.of(batch, Share.of_rows(self._team, of))


class OwnFeed(SharedFeed):
    """Batches of a feed that is this process's share already, such as a DataLoader's with a DistributedSampler."""

    def _agree_on_random_numbers(self):
        """Each process draws for its own data."""

    def _goes_with(self, size, first):
        return (size < 0) == (first < 0)

    def _share(self, batch, of):
        return _own(batch, self._team)
