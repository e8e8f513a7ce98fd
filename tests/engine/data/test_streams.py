"""Generators, DataLoaders and foreign data sets: what comes through, what is refused, whose error it is."""

import os
import signal

import numpy as np
import pytest
import torch

from pellucid.engine.data import EpochIterator, GeneratorFeed, choose_feed
from pellucid.errors import ArgumentError, DataError, StateError


def _pairs(count):
    for k in range(count):
        yield np.full((2, 1), k, dtype="float64"), np.full(2, k)


def test_a_generator_gives_its_batches_once():
    feed = choose_feed(_pairs(3))
    assert feed.num_batches is None
    assert [x[0, 0].item() for x, _ in feed.batches()] == [0, 1, 2]
    assert list(feed.batches()) == []


def test_peeking_takes_nothing_from_a_generator():
    feed = GeneratorFeed(_pairs(2))
    assert feed.peek()[0][0, 0] == 0
    assert len(list(feed.batches())) == 2


def test_batches_of_a_generator_get_floatx():
    ((x, y),) = list(choose_feed(_pairs(1)).batches())
    assert x.dtype is torch.float32 and y.dtype is torch.int64


def test_an_error_in_a_generator_comes_through_with_a_note():
    def failing():
        yield from _pairs(2)
        raise KeyError("lost")

    stream = choose_feed(failing()).batches()
    next(stream), next(stream)
    with pytest.raises(KeyError) as caught:
        next(stream)
    assert caught.value.__notes__ == ["raised by the generator given as x, while making batch 2"]


def test_an_empty_generator_is_refused():
    with pytest.raises(DataError, match="The generator is empty"):
        choose_feed(_pairs(0))


def test_a_generator_of_bare_arrays_is_refused_with_what_to_type():
    with pytest.raises(DataError, match=r"does not yield tuples(?s:.*)yield \(x,\)"):
        choose_feed(np.zeros(2) for _ in range(3))


def test_a_loader_keeps_its_own_batches():
    data = torch.utils.data.TensorDataset(torch.arange(5.0), torch.arange(5))
    feed = choose_feed(torch.utils.data.DataLoader(data, batch_size=2))
    assert feed.num_batches == 3 and feed.batch_size == 2
    batches = list(feed.batches())
    assert isinstance(batches[0], tuple) and batches[2][0].tolist() == [4]


def test_a_loader_over_a_stream_has_no_known_length():
    class Stream(torch.utils.data.IterableDataset):
        def __iter__(self):
            yield from ((torch.zeros(1), torch.zeros(1)) for _ in range(3))

    feed = choose_feed(torch.utils.data.DataLoader(Stream()))
    assert feed.num_batches is None and len(list(feed.batches())) == 3


class Killing(torch.utils.data.Dataset):
    """The worker that is asked for sample 3 dies."""

    def __len__(self):
        return 6

    def __getitem__(self, index):
        if index == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return torch.zeros(1)


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_worker_of_a_loader_that_dies_is_told_at_once():
    stream = choose_feed(torch.utils.data.DataLoader(Killing(), num_workers=1)).batches()
    with pytest.raises(StateError, match=r"A worker process of the DataLoader died(?s:.*)num_workers=0"):
        list(stream)


@pytest.mark.parametrize("name", ["y", "sample_weight", "class_weight"])
def test_arguments_that_do_not_go_with_a_generator_are_refused(name):
    given = {0: 1.0} if name == "class_weight" else np.zeros(2)
    with pytest.raises(ArgumentError, match=f"`{name}` does not go with a generator"):
        choose_feed(_pairs(1), **{name: given})


def test_a_stream_says_that_it_is_not_shuffled():
    with pytest.warns(UserWarning, match="A generator is not shuffled"):
        choose_feed(_pairs(1), shuffle=True)


def _foreign(module, name, batches):
    """A data set that looks as those of another library do from outside."""
    methods = {"__iter__": lambda self: iter(batches), "__len__": lambda self: len(batches), "__module__": module}
    return type(name, (), methods)()


BATCHES = [(np.zeros((2, 1)), np.array([0, 1])), (np.ones((1, 1)), np.array([1]))]


@pytest.mark.parametrize(
    ("module", "name"),
    [("tensorflow.python.data.ops.dataset_ops", "DatasetV2"), ("grain._src.python.dataset", "MapDataset")],
)
def test_data_sets_of_other_libraries_are_known_by_name(module, name):
    feed = choose_feed(_foreign(module, name, BATCHES))
    assert feed.num_batches == 2 and [y.tolist() for _, y in feed.batches()] == [[0, 1], [1]]


def test_a_tensorflow_data_set_takes_class_weights():
    feed = choose_feed(_foreign("tensorflow.python.data", "DatasetV2", BATCHES), class_weight={1: 3.0})
    assert [w.tolist() for _, _, w in feed.batches()] == [[1, 3], [3]]


@pytest.mark.parametrize("x", ["text", 3.0, object()])
def test_other_kinds_are_refused(x):
    with pytest.raises(ArgumentError if not isinstance(x, (str, float)) else DataError):
        choose_feed(x)


def test_steps_go_on_where_the_last_epoch_stopped():
    epochs = EpochIterator(np.arange(10), batch_size=2, steps_per_epoch=3)
    seen = []
    for _ in range(2):
        with pytest.warns(UserWarning, match="ran out after 2 of 3 steps") if seen else _nothing():
            seen.append([batch.tolist() for _, _, (batch,) in epochs])
    assert seen == [[[0, 1], [2, 3], [4, 5]], [[6, 7], [8, 9]]]
    assert [batch.tolist() for _, _, (batch,) in epochs] == seen[0]  # and then from the beginning


def _nothing():
    import contextlib

    return contextlib.nullcontext()


def test_steps_per_execution_hands_out_groups():
    epochs = EpochIterator(np.arange(7), batch_size=1, steps_per_execution=3)
    assert [(first, last, len(group)) for first, last, group in epochs] == [(0, 2, 3), (3, 5, 3), (6, 8, 1)]


def test_an_endless_generator_needs_steps():
    def endless():
        while True:
            yield (np.zeros(1),)

    epochs = EpochIterator(endless(), steps_per_epoch=4)
    assert epochs.num_batches == 4 and len(list(epochs)) == 4 and len(list(epochs)) == 4


def test_a_finished_generator_has_nothing_for_a_second_epoch():
    epochs = EpochIterator(_pairs(3))
    assert len(list(epochs)) == 3 and epochs.num_batches == 3
    assert list(epochs) == []
