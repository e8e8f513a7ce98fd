"""TimeseriesGenerator and skip-grams of Keras 2: Keras's own, kept for old programs, judge."""

from __future__ import annotations

import importlib
import random

import numpy as np
import pytest

from pellucid.preprocessing import sequence as ours

theirs = importlib.import_module("keras._tf_keras.keras.preprocessing.sequence")
DATA = np.arange(50.0).reshape(25, 2)

WAYS = [
    {"length": 5},
    {"length": 6, "sampling_rate": 2, "batch_size": 3},
    {"length": 4, "stride": 3, "start_index": 2, "end_index": 20, "reverse": True, "batch_size": 4},
    {"length": 3, "shuffle": True, "batch_size": 7},
]


@pytest.mark.parametrize("way", WAYS)
def test_windows_are_kerass(way):
    found = []
    for library in (ours, theirs):
        generator = library.TimeseriesGenerator(DATA, DATA[:, 0] * 10, **way)
        np.random.seed(1)
        found.append([generator[k] for k in range(len(generator))])
    assert [len(x) for x, _ in found[0]] == [len(x) for x, _ in found[1]]
    for one, other in zip(*found, strict=True):
        for part, expected in zip(one, other, strict=True):
            np.testing.assert_array_equal(part, expected)


def test_a_window_ends_before_its_target():
    windows, targets = ours.TimeseriesGenerator([0, 1, 2, 3, 4], [0, 10, 20, 30, 40], length=2, batch_size=2)[0]
    assert windows.tolist() == [[0, 1], [1, 2]] and targets.tolist() == [20, 30]


def test_a_generator_survives_json():
    generator = ours.TimeseriesGenerator(DATA, DATA, length=4, stride=3, start_index=2, reverse=True)
    again = ours.timeseries_generator_from_json(generator.to_json())
    assert again.get_config() == generator.get_config()
    np.testing.assert_array_equal(again[0][0], generator[0][0])


def test_what_cannot_be_is_told():
    with pytest.raises(ValueError, match="Each time has its target"):
        ours.TimeseriesGenerator([1, 2], [1], length=1)
    with pytest.raises(ValueError, match="no time for one window"):
        ours.TimeseriesGenerator([1, 2], [1, 2], length=2)
    with pytest.raises(TypeError, match="cannot be written as JSON"):
        ours.TimeseriesGenerator([{1}, {2}], [1, 2], length=1).to_json()


PAIRS = [
    {},
    {"window_size": 1, "categorical": True, "negative_samples": 2.5},
    {"negative_samples": 0, "shuffle": False},
    {"sampling_table": np.linspace(0, 1, 9), "seed": 5},
]


@pytest.mark.filterwarnings("ignore:non-integer arguments to randrange")  # Keras's
@pytest.mark.parametrize("way", PAIRS)
def test_skipgrams_are_kerass(way):
    found = []
    for library in (ours, theirs):
        random.seed(4)
        found.append(library.skipgrams([1, 2, 0, 3, 8, 5, 1, 0, 7], 9, **way))
    assert found[0] == found[1] and found[0][0]


def test_frequent_words_are_kept_less_often():
    table = ours.make_sampling_table(100, 1e-3)
    np.testing.assert_allclose(table, theirs.make_sampling_table(100, 1e-3), rtol=1e-12)
    assert (np.diff(table[1:]) >= 0).all()
