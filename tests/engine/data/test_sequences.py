"""Windows over time series, by NumPy's own; lists made of one length, as Keras makes them."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from pellucid import errors, utils

SERIES = np.arange(40.0, dtype="float32").reshape(20, 2)


@pytest.mark.parametrize("stride", [1, 3])
@pytest.mark.parametrize("rate", [1, 2])
@pytest.mark.parametrize(("start", "end"), [(None, None), (4, None), (None, 15), (3, 16)])
@pytest.mark.parametrize("batch_size", [4, None])
def test_windows_begin_at_each_stride(stride, rate, start, end, batch_size):
    dataset = utils.timeseries_dataset_from_array(
        SERIES, np.arange(20), 3, stride, rate, batch_size, start_index=start, end_index=end
    )
    first, last = start or 0, end or 20
    begins = range(first, last - 2 * rate, stride)
    items = list(dataset if batch_size is None else dataset.unbatch())
    assert [int(target) for _, target in items] == list(begins)
    for (window, _), begin in zip(items, begins, strict=True):
        np.testing.assert_array_equal(window, SERIES[begin : begin + 3 * rate : rate])
    if batch_size:
        assert len(dataset) == -(-len(begins) // batch_size)


def test_windows_without_targets_come_alone_and_targets_may_be_fewer():
    alone = utils.timeseries_dataset_from_array(SERIES, None, 3)
    assert next(iter(alone)).shape == (18, 3, 2)
    ((_, targets),) = utils.timeseries_dataset_from_array(SERIES, SERIES[5:], 3)
    assert len(targets) == 15


def test_windows_may_come_in_random_order():
    dataset = utils.timeseries_dataset_from_array(SERIES, np.arange(20), 3, shuffle=True, seed=1, batch_size=5)
    first, second = ([int(y) for _, targets in dataset for y in targets] for _ in range(2))
    assert sorted(first) == list(range(18)) != first != second
    kept = utils.timeseries_dataset_from_array(SERIES, np.arange(20), 3, shuffle=True, seed=1, format="grain")
    assert [y.tolist() for _, y in kept] == [y.tolist() for _, y in kept] != [list(range(18))]


@pytest.mark.parametrize(
    "kwargs",
    [
        {"start_index": -1},
        {"start_index": 20},
        {"start_index": 5, "end_index": 5},
        {"end_index": 20},
        {"sampling_rate": 0},
        {"sampling_rate": 20},
        {"sequence_stride": 0},
        {"sequence_stride": 20},
    ],
)
def test_numbers_that_do_not_go_with_the_series_are_refused(kwargs):
    with pytest.raises(errors.ArgumentError, match=f"`{list(kwargs)[-1]}` does not go with a series"):
        utils.timeseries_dataset_from_array(SERIES, None, 3, **kwargs)
    with pytest.raises(ValueError):
        keras.utils.timeseries_dataset_from_array(SERIES, None, 3, format="grain", **kwargs)


LISTS = [[1], [2, 3], [], [4, 5, 6]]


@pytest.mark.parametrize("maxlen", [None, 0, 2, 5])
@pytest.mark.parametrize("padding", ["pre", "post"])
@pytest.mark.parametrize("truncating", ["pre", "post"])
def test_lists_get_one_length(maxlen, padding, truncating):
    kwargs = {"maxlen": maxlen, "padding": padding, "truncating": truncating, "value": 9, "dtype": "float32"}
    got = utils.pad_sequences(LISTS, **kwargs)
    if maxlen == 0:  # Keras takes s[-0:] for the whole, and fails
        assert got.shape == (4, 0)
        return
    expected = keras.utils.pad_sequences(LISTS, **kwargs)
    assert got.dtype == expected.dtype
    np.testing.assert_array_equal(got, expected)


def test_lists_of_vectors_and_of_words():
    vectors = [[[1, 1]], [[2, 2], [3, 3]]]
    np.testing.assert_array_equal(utils.pad_sequences(vectors), keras.utils.pad_sequences(vectors))
    words = utils.pad_sequences([["a"], ["b", "c"]], dtype=object, value="-", padding="post")
    assert words.tolist() == [["a", "-"], ["b", "c"]]


@pytest.mark.parametrize(
    ("sequences", "kwargs", "kind", "text"),
    [
        ([1, 2], {}, errors.ArgumentError, "a list of lists"),
        (3, {}, errors.ArgumentError, "a list of lists"),
        (LISTS, {"padding": "left"}, errors.ArgumentError, "Unknown `padding`"),
        (LISTS, {"truncating": "left"}, errors.ArgumentError, "Unknown `truncating`"),
        (LISTS, {"value": "-"}, errors.ArgumentError, r"Text cannot fill(?s:.*)dtype=object"),
        ([[[1, 1]], [[2]]], {}, errors.ShapeError, "List 1 holds values of another shape"),
    ],
)
def test_what_is_no_list_of_lists_is_refused(sequences, kwargs, kind, text):
    with pytest.raises(kind, match=text):
        utils.pad_sequences(sequences, **kwargs)
    with pytest.raises(ValueError):
        keras.utils.pad_sequences(sequences, **kwargs)
