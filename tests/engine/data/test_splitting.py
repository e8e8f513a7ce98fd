"""A data set as two: sizes as Keras counts them, all samples once."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import torch

from pellucid import errors, utils
from pellucid.engine.data.dataset import Dataset

X, Y = np.arange(20.0).reshape(10, 2), np.arange(10)
KINDS = {
    "tuple": (X, Y),
    "list": [X, Y],
    "dataset": Dataset.from_tensor_slices((X, Y)),
    "torch": torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(Y)),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shuffle", [False, True])
def test_each_sample_is_in_one_part(kind, shuffle):
    left, right = utils.split_dataset(KINDS[kind], left_size=0.7, shuffle=shuffle, seed=1)
    numbers = [[int(y) for _, y in part] for part in (left, right)]
    assert [len(left), len(right)] == [7, 3]
    order = [*numbers[0], *numbers[1]]
    assert sorted(order) == list(range(10))
    assert (order == list(range(10))) != shuffle
    for x, y in left:
        assert x.tolist() == [2 * y, 2 * y + 1]


@pytest.mark.parametrize(
    "sizes", [(0.25, None), (None, 0.25), (3, None), (None, 3), (0.5, 0.3), (3, 4), (0.5, 2), (0.15, None)]
)
def test_sizes_are_kerass(sizes):
    if sizes == (0.5, 0.3) or sizes == (3, 4) or sizes == (0.5, 2):
        expected = [5, 3] if sizes == (0.5, 0.3) else [3, 4] if sizes == (3, 4) else [5, 2]
    else:
        expected = [len(part) for part in keras.utils.split_dataset([X, Y], *sizes)]
    left, right = utils.split_dataset([X, Y], *sizes)
    assert [len(left), len(right)] == expected
    assert [int(y) for _, y in right] == list(range(10))[-len(right) :]


def test_batches_are_split_by_samples_and_stay_batches():
    left, right = utils.split_dataset(Dataset.from_tensor_slices((X, Y)).batch(4), right_size=3)
    assert [y.tolist() for _, y in left] == [[0, 1, 2, 3], [4, 5, 6]]
    assert [y.tolist() for _, y in right] == [[7, 8, 9]]


class TensorFlows:
    """As much of a tf.data.Dataset of batches as is asked for."""

    _batch_size = np.int64(4)

    def unbatch(self):
        return Dataset.from_tensor_slices((X, Y))

    def as_numpy_iterator(self):
        raise AssertionError("batches are taken apart first")


def test_a_data_set_of_tensorflows_is_taken_apart():
    left, right = utils.split_dataset(TensorFlows(), left_size=0.5)
    assert [y.tolist() for _, y in left] == [[0, 1, 2, 3], [4]]
    assert [y.tolist() for _, y in right] == [[5, 6, 7, 8], [9]]


@pytest.mark.parametrize(
    ("dataset", "sizes", "kind", "text"),
    [
        ((X, Y), (), errors.ArgumentError, "At least one size"),
        ((X, Y), (1.5,), errors.ArgumentError, "no part of the whole"),
        ((X, Y), (10,), errors.ArgumentError, "no part of the whole"),
        ((X, Y), (0,), errors.ArgumentError, "no part of the whole"),
        ((X, Y), (0.01,), errors.ArgumentError, "would be empty"),
        ((X, Y), (0.7, 0.6), errors.ArgumentError, "larger than the whole"),
        ((X, Y), ("7",), errors.ArgumentTypeError, "`left_size` is a number"),
        ((X, Y[:3]), (0.5,), errors.DataError, "arrays of one length"),
        ([], (0.5,), errors.ArgumentError, "no data set"),
        ([1, 2], (0.5,), errors.ArgumentError, "no data set(?s:.*)np.array"),
        ("x", (0.5,), errors.ArgumentTypeError, "cannot be split"),
    ],
)
def test_what_cannot_be_split_is_refused(dataset, sizes, kind, text):
    with pytest.raises(kind, match=text):
        utils.split_dataset(dataset, *sizes)
