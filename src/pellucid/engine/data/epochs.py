"""Epochs: batches of a feed, counted, in groups of `steps_per_execution`.

Below:  choice.py and the feeds.
Above:  train.py runs one loop over this per epoch.
Kept true: with `steps_per_epoch`, the next epoch goes on where the last one stopped.
"""

from __future__ import annotations

import warnings
from typing import Any

from pellucid import settings
from pellucid.engine.counts import whole_number
from pellucid.engine.data.choice import choose_feed
from pellucid.engine.data.shares import shared
from pellucid.random.state import random_state, set_random_state


class EpochIterator:
    """Epoch after epoch of batches.

    Args:
        x, y, sample_weight, batch_size, shuffle, class_weight: as `fit` takes them.
        steps_per_epoch: batches in an epoch; all there are if None.
        steps_per_execution: batches handed out together.
    """

    def __init__(
        self,
        x,
        y=None,
        sample_weight=None,
        batch_size=None,
        steps_per_epoch=None,
        shuffle=False,
        class_weight=None,
        steps_per_execution=1,
        may_be_empty=False,
    ):
        self.steps_per_epoch = _limited(_whole("steps_per_epoch", steps_per_epoch))
        self.steps_per_execution = steps_per_execution
        self.feed = shared(
            choose_feed(x, y, sample_weight, batch_size, self.steps_per_epoch, shuffle, class_weight, may_be_empty)
        )
        self._known_batches = self.feed.num_batches
        self._pass: Any = None  # an iterator, while a pass is under way
        self._taken = 0  # batches taken from the pass
        self._goes_on = False  # whether the pass is used for the next epoch too
        self._taken_in_all = 0
        self._epochs_done = 0
        self.first_step = 0  # of the next epoch: another where one goes on that was stopped
        self._random: dict | None = None  # and with which random state
        self.steps_done = 0  # of the epoch under way
        self.keeps_track = False  # whether `begun_with` is kept
        self.begun_with: dict = {}  # the random state at the beginning of the pass

    @property
    def num_batches(self) -> int | None:
        """Batches in an epoch, if anybody knows."""
        return self.steps_per_epoch or self._known_batches

    def __iter__(self):
        """One epoch: triples of its first step, its last step, and the list of their batches."""
        if self._pass is None or not self._goes_on:
            self._begin_pass()
        self.feed.on_epoch_begin()
        first, self.first_step = self.first_step, 0
        if self._random is not None:
            set_random_state(self._random)
            self._random = None
        try:
            yield from self._groups(self.num_batches, first)
        finally:
            self.steps_done = 0
            self._epochs_done += 1
            self._goes_on = self._pass is not None and self.steps_per_epoch is not None and not self._is_used_up()
            self.feed.on_epoch_end()

    def _groups(self, steps, step):
        while steps is None or step < steps:
            wanted = self.steps_per_execution if steps is None else min(self.steps_per_execution, steps - step)
            batches = self._take(wanted)
            self.steps_done = step + len(batches)
            if batches:
                yield step, step + self.steps_per_execution - 1, batches
            if len(batches) < wanted:
                self._note_end(step + len(batches), steps)
                return
            step += wanted

    def __len__(self):
        return self.num_batches

    def peek(self):
        """The first batch, which is not taken away."""
        return self.feed.peek()

    def close(self) -> None:
        """Let go of a pass that is not used up, and of what works for it."""
        if hasattr(self._pass, "close"):
            self._pass.close()
        self._pass, self._goes_on = None, False

    def _begin_pass(self, skipped: int = 0):
        self.close()
        if self.keeps_track:
            self.begun_with = random_state()
        self._pass, self._taken = self.feed.batches_after(skipped), skipped

    def place(self) -> dict:
        """Where the data is, for `take_up` in another process."""
        return {
            "step": self.steps_done,
            "epochs": self._epochs_done,
            "taken": self._taken,
            "taken_in_all": self._taken_in_all,
            "known_batches": self._known_batches,
            "goes_on": self._pass is not None and (self.steps_done > 0 or self._goes_on),
        }

    def take_up(self, place: dict, begun_with: dict, random: dict) -> None:
        """Go to a place that `place` told, over the same data.

        Args:
            begun_with, random: the random states at the beginning of its pass, and at the place.
        """
        for _ in range(place["epochs"]):
            self.feed.on_epoch_begin()
            self.feed.on_epoch_end()
        skipped = place["taken_in_all"] if self.feed.is_one_stream else place["taken"]
        if place["goes_on"] or (self.feed.is_one_stream and skipped):
            set_random_state(begun_with)
            self._begin_pass(skipped)
            self._goes_on = True
        self._known_batches, self._taken_in_all = place["known_batches"], place["taken_in_all"]
        self._epochs_done, self.first_step = place["epochs"], place["step"]
        self._random = random if place["step"] else None

    def _is_used_up(self):
        return self._known_batches is not None and self._taken >= self._known_batches

    def _take(self, count) -> list:
        batches = []
        while len(batches) < count and not self._is_used_up():
            try:
                batches.append(next(self._pass))
            except StopIteration:
                break
            self._taken += 1
            self._taken_in_all += 1
        return batches

    def _note_end(self, seen, wanted):
        # An epoch without any batch is for the loop to tell.
        if (
            wanted is not None
            and 0 < seen < wanted
            and (self.steps_per_epoch is not None or self.feed.num_batches is None)
        ):
            warnings.warn(
                f"The data ran out after {seen} of {wanted} steps; the epoch ends here. "
                "Give steps_per_epoch=None, or data that goes on.",
                stacklevel=4,
            )
        if self._known_batches is None and self._taken and self.steps_per_epoch is None:
            self._known_batches = self._taken
        self._pass = None


def _whole(name, value):
    return None if value is None else whole_number(name, value, "batches", least=1)


def _limited(steps_per_epoch):
    limit = settings.max_steps_per_epoch()
    if limit and (not steps_per_epoch or limit < steps_per_epoch):
        warnings.warn(f"Epochs are limited to {limit} steps by set_max_steps_per_epoch.", stacklevel=4)
        return limit
    return steps_per_epoch
