"""Arrays as data: order, sharing of memory, dtypes, lengths, weights, and the split for validation."""

import numpy as np
import pandas as pd
import pytest
import torch

from pellucid import nest
from pellucid.engine.data import ArrayFeed, choose_feed, split
from pellucid.errors import ArgumentError, ArgumentTypeError, DataError


def _all(feed):
    return list(feed.batches())


def test_batches_come_in_order_and_the_last_may_be_smaller():
    x, y = np.arange(5), np.arange(5) * 10
    batches = _all(ArrayFeed(x, y, batch_size=2))
    assert [(a.tolist(), b.tolist()) for a, b in batches] == [([0, 1], [0, 10]), ([2, 3], [20, 30]), ([4], [40])]


def test_an_unshuffled_batch_is_a_view_of_the_array():
    x = np.arange(6, dtype="float32")
    (first, *_) = _all(ArrayFeed(x, batch_size=3))
    x[0] = 7
    assert first.tolist() == [7, 1, 2]


def test_a_read_only_array_is_taken_without_a_warning_or_a_copy():
    x = np.arange(4, dtype="float32")
    x.setflags(write=False)
    (batch,) = _all(ArrayFeed(x))
    assert batch.data_ptr() == x.ctypes.data


def test_shuffling_gives_every_sample_once_in_another_order():
    (batches,) = [_all(ArrayFeed(np.arange(100), np.arange(100) * 2, batch_size=7, shuffle=True))]
    x = torch.cat([b[0] for b in batches])
    assert sorted(x.tolist()) == list(range(100)) and x.tolist() != list(range(100))
    assert torch.equal(torch.cat([b[1] for b in batches]), x * 2)


def test_batch_shuffling_keeps_each_sample_in_its_block():
    batches = _all(ArrayFeed(np.arange(40), batch_size=10, shuffle="batch"))
    assert [sorted(b.tolist()) for b in batches] == [list(range(k, k + 10)) for k in (0, 10, 20, 30)]
    assert any(b.tolist() != sorted(b.tolist()) for b in batches)


def test_a_seed_repeats_the_order():
    feed = ArrayFeed(np.arange(50), batch_size=50, shuffle=True)
    torch.manual_seed(3)
    first = _all(feed)[0]
    second = _all(feed)[0]
    torch.manual_seed(3)
    assert torch.equal(_all(feed)[0], first) and not torch.equal(first, second)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("float64", torch.float32),
        ("float16", torch.float32),
        ("int64", torch.int64),
        ("uint8", torch.uint8),
        ("uint16", torch.int32),
        ("bool", torch.bool),
        (">f4", torch.float32),
    ],
)
def test_floats_become_floatx_and_whole_numbers_stay(given, expected):
    (batch,) = _all(ArrayFeed(np.ones((2, 3), dtype=given)))
    assert batch.dtype is expected and batch.tolist() == np.ones((2, 3), dtype=given).tolist()


def test_a_memory_mapped_file_is_cast_batch_by_batch(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(6, dtype="float64"))
    x = np.load(tmp_path / "x.npy", mmap_mode="r")
    batches = _all(ArrayFeed(x, batch_size=4))
    assert [b.tolist() for b in batches] == [[0, 1, 2, 3], [4, 5]] and batches[0].dtype is torch.float32


def test_pandas_frames_and_columns_become_tensors():
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    ((x, y),) = _all(ArrayFeed(frame, frame["a"]))
    assert x.tolist() == [[1, 3], [2, 4]] and y.tolist() == [[1], [2]]  # a column is (rows, 1), as in Keras


def test_a_frame_of_mixed_kinds_is_refused_with_what_to_type():
    with pytest.raises(ArgumentTypeError, match=r"objects of kind float, str.*(?s:.*)frame\.astype"):
        ArrayFeed(pd.DataFrame({"a": [1.0], "b": ["x"]}))


def test_anything_with_an_array_method_is_an_array():
    class Wrapped:
        shape = (2, 2)

        def __array__(self, dtype=None, copy=None):
            return np.eye(2)

    (batch,) = _all(choose_feed(Wrapped()))
    assert batch.tolist() == [[1, 0], [0, 1]]


def test_strings_stay_numpy_arrays():
    (batch,) = _all(ArrayFeed(np.array(["a", "b"]), shuffle=True))
    assert isinstance(batch, np.ndarray) and sorted(batch) == ["a", "b"]


def test_structures_keep_their_form():
    x = {"a": np.zeros((3, 1)), "b": [np.ones(3), np.ones((3, 2))]}
    ((bx, by),) = _all(ArrayFeed(x, (np.zeros(3), None)))
    assert set(bx) == {"a", "b"} and isinstance(bx["b"], list) and bx["b"][1].shape == (3, 2)
    assert isinstance(by, tuple) and by[1] is None


@pytest.mark.parametrize(
    ("samples", "steps", "batch_size", "expected"), [(10, 3, None, 4), (10, None, None, 32), (10, 3, 5, 5)]
)
def test_the_batch_size_follows_from_steps_or_is_32(samples, steps, batch_size, expected):
    assert ArrayFeed(np.zeros(samples), batch_size=batch_size, steps=steps).batch_size == expected


def test_different_lengths_are_told_by_name():
    with pytest.raises(DataError, match=r"different numbers of samples(?s:.*)x: 10; y: 5"):
        ArrayFeed(np.zeros(10), np.zeros(5))


def test_empty_data_is_refused():
    with pytest.raises(DataError, match="The data is empty"):
        ArrayFeed(np.zeros((0, 3)))


@pytest.mark.parametrize("batch_size", [0, -1, 2.5, True])
def test_a_batch_size_below_1_is_refused(batch_size):
    with pytest.raises(ArgumentError, match=r"1 or more(?s:.*)batch_size=32"):
        ArrayFeed(np.zeros(4), batch_size=batch_size)


def test_a_python_list_of_numbers_is_refused_with_what_to_type():
    with pytest.raises(DataError, match=r"`x` is a Python list of ints(?s:.*)x = np.array\(x\)"):
        choose_feed([[1, 2], [3, 4]])


def test_a_single_number_has_no_samples():
    with pytest.raises(DataError, match="samples along its first axis"):
        choose_feed(np.array(3.0))


def test_class_weights_become_sample_weights():
    weights = {0: 2.0, 2: 5.0}
    for y in (np.array([0, 1, 2]), np.array([[0], [1], [2]]), np.eye(3)):
        ((_, _, w),) = _all(ArrayFeed(np.zeros(3), y, class_weight=weights))
        assert w.tolist() == [2, 1, 5] and w.dtype is torch.float32  # class 1 is not named, so it weighs 1


def test_one_array_of_sample_weights_serves_all_outputs():
    ((_, _, w),) = _all(ArrayFeed(np.zeros(2), [np.zeros(2), np.zeros(2)], sample_weight=np.array([1.0, 2.0])))
    assert [part.tolist() for part in w] == [[1, 2], [1, 2]]


def test_both_kinds_of_weights_exclude_one_another():
    with pytest.raises(ArgumentError, match="exclude one another"):
        ArrayFeed(np.zeros(2), np.zeros(2), np.ones(2), class_weight={0: 1.0})


def test_sparse_matrices_are_made_dense_batch_by_batch():
    sparse = pytest.importorskip("scipy.sparse")
    batches = _all(ArrayFeed(sparse.csr_matrix(np.eye(3)), batch_size=2))
    assert [b.tolist() for b in batches] == [[[1, 0, 0], [0, 1, 0]], [[0, 0, 1]]]


def test_the_split_takes_the_last_samples():
    frame = pd.DataFrame({"a": range(10)})
    (x, y, w), (vx, vy, vw) = split((np.arange(10), frame, None), 0.25)
    assert x.tolist() == list(range(7)) and vx.tolist() == [7, 8, 9]  # floor(10 * 0.75) = 7
    assert list(vy["a"]) == [7, 8, 9] and len(y) == 7 and w is None and vw is None


@pytest.mark.parametrize("share", [1.0, 1.5, -0.1])
def test_a_split_outside_0_to_1_is_refused(share):
    with pytest.raises(ArgumentError, match="share of the samples"):
        split((np.zeros(4),), share)


def test_a_split_that_leaves_nothing_is_refused():
    with pytest.raises(DataError, match="too few samples"):
        split((np.zeros(1),), 0.5)


def test_peeking_draws_no_random_number():
    feed = ArrayFeed(np.arange(10), shuffle=True)
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    assert nest.flatten(feed.peek())[0].tolist() == list(range(10))
    assert torch.rand(1) == expected
