"""Dataset: elements one after the other, and the steps that programs chain on them: map, batch, shuffle, take.

Below:  elements.py says what an element is and how several become a batch.
Above:  folders of images, texts and sounds, and time series, come as one; `fit` takes it as it is.
Kept true: nothing is computed before it is asked for; each pass begins anew; what is random is drawn in the order
           of the elements, so that a seed gives the same pass again. Names and defaults are tf.data's.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterator

import numpy as np
import torch

from pellucid.engine.data import elements
from pellucid.engine.data.elements import Spec
from pellucid.errors import ArgumentError, ArgumentTypeError, DataError

INFINITE, UNKNOWN = -1, -2  # sizes that are no number


class Dataset:
    """Elements, each a tensor, a string, or a tuple or dict of them.

    Args:
        begin: begins a pass over the elements.
        size: how many there are; INFINITE, or UNKNOWN.
        is_batched: whether each element is a batch.
    """

    def __init__(self, begin: Callable[[], Iterator], size: int = UNKNOWN, is_batched: bool = False):
        self._begin, self._size, self._is_batched = begin, size, is_batched

    # ---- where they come from

    @classmethod
    def from_tensor_slices(cls, tensors, name=None) -> Dataset:
        """One element for each row of an array, or of each array of a tuple or dict.

        Raises:
            DataError: arrays of different lengths.
        """
        tensors = elements.element(tensors)
        size = elements.length(tensors)
        return cls(lambda: (elements.row(tensors, k) for k in range(size)), size)

    @classmethod
    def from_tensors(cls, tensors, name=None) -> Dataset:
        """One element: all that is given."""
        tensors = elements.element(tensors)
        return cls(lambda: iter([tensors]), 1)

    @classmethod
    def from_generator(cls, generator: Callable, output_types=None, output_shapes=None, args=None, **kwargs) -> Dataset:
        """What a generator function yields, anew in each pass; types and shapes are seen, not told."""
        return cls(lambda: map(elements.element, generator(*(args or ()))))

    @classmethod
    def range(cls, *limits, **kwargs) -> Dataset:
        """Whole numbers, as Python's `range` counts."""
        numbers = range(*map(int, limits))
        return cls(lambda: (torch.tensor(number) for number in numbers), len(numbers))

    @classmethod
    def zip(cls, *datasets, name=None) -> Dataset:
        """Elements of several data sets side by side, until one ends."""
        parts = datasets[0] if len(datasets) == 1 and isinstance(datasets[0], tuple) else datasets
        sizes = [part._size for part in parts]
        known = [size for size in sizes if size >= 0]
        size = UNKNOWN if UNKNOWN in sizes else min(known, default=INFINITE)
        return cls(lambda: zip(*parts, strict=False), size, all(part._is_batched for part in parts))

    # ---- what is done with each

    def map(self, map_func: Callable, num_parallel_calls=None, deterministic=None, name=None) -> Dataset:
        """Each element after a function; a tuple comes as several arguments. Calls are made in order, one at a time."""
        return self._then(lambda items: (elements.element(elements.called(map_func, item)) for item in items))

    def filter(self, predicate: Callable, name=None) -> Dataset:
        """Elements of which a function says yes."""
        return self._then(
            lambda items: (item for item in items if bool(elements.called(predicate, item))),
            self._size if self._size in (INFINITE, 0) else UNKNOWN,
        )

    def enumerate(self, start=0, name=None) -> Dataset:
        """Pairs of a count and the element."""
        return self._then(lambda items: ((torch.tensor(k), item) for k, item in enumerate(items, start)))

    def apply(self, transformation_func: Callable) -> Dataset:
        """What a function makes of the whole data set."""
        return transformation_func(self)

    # ---- batches

    def batch(
        self, batch_size, drop_remainder=False, num_parallel_calls=None, deterministic=None, name=None
    ) -> Dataset:
        """So many elements as one, stacked; the last may be smaller, unless `drop_remainder`.

        Raises:
            ShapeError: while batches are made: elements of different shapes.
        """
        return self._batched(batch_size, drop_remainder, elements.stacked)

    def padded_batch(self, batch_size, padded_shapes=None, padding_values=None, drop_remainder=False, name=None):
        """As `batch`, of elements of different sizes: each axis is filled up to its longest.

        Args:
            padding_values: what it is filled with; 0, or the empty string, if None.
        """
        if padded_shapes is not None:
            raise ArgumentError("Sizes are those of the longest here.", got=padded_shapes, fix="padded_shapes=None")
        return self._batched(batch_size, drop_remainder, lambda items: elements.padded(items, padding_values))

    def _batched(self, batch_size, drop_remainder, join):
        count = _count("batch_size", batch_size, least=1)

        def batches(items):
            while group := list(itertools.islice(items, count)):
                if len(group) == count or not drop_remainder:
                    yield join(group)

        size = self._size // count if drop_remainder else -(-self._size // count)
        return self._then(batches, self._size if self._size < 0 else size, is_batched=True)

    def unbatch(self, name=None) -> Dataset:
        """One element for each row of each batch."""
        return self._then(
            lambda items: (elements.row(item, k) for item in items for k in range(elements.length(item))),
            self._size if self._size == INFINITE else UNKNOWN,
            is_batched=False,
        )

    # ---- order and number

    def shuffle(self, buffer_size, seed=None, reshuffle_each_iteration=True, name=None) -> Dataset:
        """Elements in random order: each is drawn from the next `buffer_size`.

        Args:
            seed: of the first pass; drawn from NumPy's random state if None.
            reshuffle_each_iteration: whether each pass has another order.
        """
        most, passes = _count("buffer_size", buffer_size, least=1), itertools.count()
        fixed = None if reshuffle_each_iteration or seed is not None else int(np.random.randint(2**31))

        def shuffled(items):
            number = next(passes) if reshuffle_each_iteration else 0
            told = int(seed) + number if seed is not None else fixed
            draw = np.random.RandomState(np.random.randint(2**31) if told is None else told)
            waiting = list(itertools.islice(items, most))
            for item in items:
                place = draw.randint(most)
                yield waiting[place]
                waiting[place] = item
            draw.shuffle(waiting)
            yield from waiting

        return self._then(shuffled)

    def take(self, count, name=None) -> Dataset:
        """The first elements; all where `count` is -1."""
        count = int(count)
        if count < 0:
            return self
        size = count if self._size == INFINITE else self._size if self._size < 0 else min(count, self._size)
        return self._then(lambda items: itertools.islice(items, count), size)

    def skip(self, count, name=None) -> Dataset:
        """All but the first elements; none where `count` is -1."""
        count = int(count)
        if count < 0:
            return self.take(0)
        size = self._size if self._size < 0 else max(self._size - count, 0)
        return self._then(lambda items: itertools.islice(items, count, None), size)

    def shard(self, num_shards, index, name=None) -> Dataset:
        """Every so-many-th element, from `index` on."""
        size = self._size if self._size < 0 else len(range(int(index), self._size, int(num_shards)))
        return self._then(lambda items: itertools.islice(items, int(index), None, int(num_shards)), size)

    def rows_of_batches(self, num_shards, index) -> Dataset:
        """Of each batch, the rows that are a process's own.

        Raises:
            ArgumentError: elements are no batches.
        """
        if not self._is_batched:
            raise ArgumentError(
                "The batch size of the data set is unknown.", got=repr(self), fix="dataset.batch(batch_size)"
            )

        def own(leaf):
            of = len(leaf)
            return leaf[of * index // num_shards : of * (index + 1) // num_shards]

        return self._then(lambda items: (elements.mapped(own, item) for item in items))

    def repeat(self, count=None, name=None) -> Dataset:
        """All elements so many times; without end if None or -1."""
        endless = count is None or int(count) < 0
        times = itertools.repeat(None) if endless else itertools.repeat(None, int(count))
        known = INFINITE if endless else self._size * int(count)
        return Dataset(
            lambda: self._passes(copy.copy(times)), self._size if self._size < 0 else known, self._is_batched
        )

    def _passes(self, times):
        for _ in times:
            before = item = object()
            for item in self:
                yield item
            if item is before:
                return  # an empty data set has no end to come to

    def concatenate(self, dataset, name=None) -> Dataset:
        """All elements of this one, then all of another."""
        sizes = (self._size, dataset._size)
        size = INFINITE if INFINITE in sizes else UNKNOWN if UNKNOWN in sizes else sum(sizes)
        return Dataset(lambda: itertools.chain(self, dataset), size, self._is_batched and dataset._is_batched)

    # ---- kept and made ahead

    def cache(self, filename="", name=None) -> Dataset:
        """The same elements, kept in memory from the first whole pass on."""
        kept: list = []
        whole = []

        def cached():
            if whole:
                yield from kept
                return
            found = []
            for item in self:
                found.append(item)
                yield item
            if not whole:
                kept.extend(found)
                whole.append(True)

        return Dataset(cached, self._size, self._is_batched)

    def prefetch(self, buffer_size=None, name=None) -> Dataset:
        """The same elements. Files are read ahead anyway; what a program's own functions draw keeps its order."""
        return self

    # ---- what is in it

    def __iter__(self) -> Iterator:
        return iter(self._begin())

    def __len__(self) -> int:
        if self._size < 0:
            kind = "has no end" if self._size == INFINITE else "has an unknown number of elements"
            raise ArgumentTypeError(f"The data set {kind}.", fix="for element in dataset.take(100): ...")
        return self._size

    def __bool__(self):
        return True

    def cardinality(self, name=None) -> torch.Tensor:
        """How many elements there are; -1 for no end, -2 where nobody knows."""
        return torch.tensor(self._size)

    @property
    def element_spec(self):
        """Shapes and dtypes of an element, as seen in the first one; the batch axis of a batch is None."""
        first = next(iter(self), None)
        if first is None:
            raise DataError("An empty data set has no element to look at.", fix="dataset.cardinality()")
        return elements.mapped(lambda leaf: Spec.of(leaf, self._is_batched), first)

    def as_numpy_iterator(self) -> Iterator:
        """Elements with NumPy arrays in place of tensors."""
        return (elements.mapped(elements.as_numpy, item) for item in self)

    def reduce(self, initial_state, reduce_func: Callable, name=None):
        """What is left after a function of the state so far and each element."""
        state = initial_state
        for item in self:
            state = reduce_func(state, item)
        return state

    def get_single_element(self, name=None):
        """The one element there is.

        Raises:
            DataError: there are more, or none.
        """
        items = list(itertools.islice(self, 2))
        if len(items) != 1:
            raise DataError("There is not exactly one element.", got="more" if items else "none", expected="one")
        return items[0]

    def __repr__(self):
        size = {INFINITE: "without end", UNKNOWN: "unknown size"}.get(self._size, f"size {self._size}")
        return f"<Dataset: {size}{', batches' if self._is_batched else ''}>"

    def _then(self, step: Callable, size: int | None = None, is_batched: bool | None = None) -> Dataset:
        """A data set whose pass goes through one more step."""
        return Dataset(
            lambda: step(iter(self)),
            self._size if size is None else size,
            self._is_batched if is_batched is None else is_batched,
        )


def _count(word: str, value, least: int) -> int:
    if isinstance(value, bool) or int(value) < least:
        raise ArgumentError(f"`{word}` is too small.", got=value, expected=f"{least} or more")
    return int(value)
