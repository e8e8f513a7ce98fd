"""PyDataset: order, workers, epochs, class weights, and what a wrong one is told."""

import os
import signal

import numpy as np
import pytest

from pellucid.engine.data import EpochIterator, PyDataset, choose_feed
from pellucid.errors import ArgumentError, StateError, UnsupportedError


class Numbers(PyDataset):
    """Batch k is (k, k, k)."""

    def __init__(self, count=6, fails_at=None, **kwargs):
        super().__init__(**kwargs)
        self.count, self.fails_at, self.epochs = count, fails_at, []

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        if index == self.fails_at:
            raise OSError("disk gone")
        return np.full(3, index), np.full(3, index % 2)

    def on_epoch_begin(self):
        self.epochs.append("begin")

    def on_epoch_end(self):
        self.epochs.append("end")


class Endless(Numbers):
    num_batches = None


WORKERS = [{}, {"workers": 3}, {"workers": 2, "use_multiprocessing": True}, {"workers": 2, "max_queue_size": 1}]


@pytest.mark.parametrize("settings", WORKERS, ids=str)
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_batches_come_in_order_whoever_makes_them(settings):
    batches = list(choose_feed(Numbers(**settings)).batches())
    assert [x[0].item() for x, _ in batches] == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("settings", WORKERS, ids=str)
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_an_endless_data_set_goes_on_over_epochs(settings):
    epochs = EpochIterator(Endless(**settings), steps_per_epoch=2)
    seen = [[batch[0][0].item() for _, _, (batch,) in epochs] for _ in range(3)]
    epochs.close()
    assert seen == [[0, 1], [2, 3], [4, 5]]


def test_shuffling_gives_each_batch_once():
    feed = choose_feed(Numbers(count=30), shuffle=True)
    order = [x[0].item() for x, _ in feed.batches()]
    assert sorted(order) == list(range(30)) and order != list(range(30))


def test_epochs_are_told_to_the_data_set():
    data = Numbers(count=2)
    epochs = EpochIterator(data)
    list(epochs), list(epochs)
    assert data.epochs == ["begin", "end"] * 2


@pytest.mark.parametrize("settings", WORKERS, ids=str)
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_an_error_in_getitem_comes_through_with_a_note(settings):
    with pytest.raises(OSError, match="disk gone") as caught:
        list(choose_feed(Numbers(fails_at=4, **settings)).batches())
    assert "raised by the Numbers given as x, while making batch 4" in caught.value.__notes__


class Killing(Numbers):
    """Its worker dies with batch 2."""

    def __getitem__(self, index):
        if index == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().__getitem__(index)


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_process_that_dies_is_told_at_once():
    with pytest.raises(StateError, match=r"A worker process of the Killing died(?s:.*)use_multiprocessing=False"):
        list(choose_feed(Killing(workers=2, use_multiprocessing=True)).batches())


def test_class_weights_are_added_to_each_batch():
    x, _, w = list(choose_feed(Numbers(count=2), class_weight={0: 3.0, 1: 4.0}).batches())[1]
    assert x.tolist() == [1, 1, 1] and w.tolist() == [4, 4, 4]


def test_a_data_set_iterates_by_itself():
    assert [x[0] for x, _ in Numbers(count=3)] == [0, 1, 2]


def test_a_wrong_batch_is_refused():
    class Wrong(PyDataset):
        def __len__(self):
            return 1

        def __getitem__(self, index):
            return 1, 2, 3, 4

    with pytest.raises(ArgumentError, match=r"`__getitem__` of Wrong gives no batch(?s:.*)return x, y"):
        list(choose_feed(Wrong()).batches())


def test_a_forgotten_init_is_told_and_forgiven():
    class Forgetful(Numbers):
        def __init__(self):
            self.count, self.fails_at, self.epochs = 2, None, []

    with pytest.warns(UserWarning, match=r"Forgetful does not call its parent's(?s:.*)super\(\).__init__"):
        feed = choose_feed(Forgetful())
        assert len(list(feed.batches())) == 2


def test_a_length_must_be_told():
    class Silent(PyDataset):
        pass

    with pytest.raises(UnsupportedError, match="does not say how many batches"):
        choose_feed(Silent())
