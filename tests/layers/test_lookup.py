"""Words and numbers by their places in a vocabulary, learned and given; by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import pellucid
from pellucid import layers

WORDS = np.array([["earth", "wind", "and", "fire"], ["fire", "and", "earth", "michigan"]])


def test_words_become_places_and_places_words():
    there = layers.StringLookup(vocabulary=["a", "b", "c"])
    assert there([["a", "c", "d"], ["d", "z", "b"]]).tolist() == [[1, 3, 0], [0, 0, 2]]
    back = layers.StringLookup(vocabulary=["a", "b", "c"], invert=True)
    assert back([[1, 3, 0], [0, 0, 2]]) == [["a", "c", "[UNK]"], ["[UNK]", "[UNK]", "b"]]
    assert there.get_vocabulary() == ["[UNK]", "a", "b", "c"] and there.vocabulary_size() == 4


def test_the_most_frequent_words_come_first_and_of_equals_the_later_in_the_alphabet():
    layer = layers.StringLookup(mask_token="")
    layer.adapt([["b", "a", "c"], ["a", "", "b"], ["a", "d", ""]])
    assert layer.get_vocabulary() == ["", "[UNK]", "a", "b", "d", "c"]
    assert layer([["", "a", "q"]]).tolist() == [[0, 2, 1]]
    few = layers.StringLookup(max_tokens=3)
    few.adapt([["b", "a", "c"], ["a", "x", "b"]])
    assert few.get_vocabulary() == ["[UNK]", "b", "a"]


def test_learning_batch_by_batch_is_learning_at_once():
    one, many = layers.StringLookup(), layers.StringLookup()
    one.adapt(WORDS)
    many.adapt(iter([WORDS[:1], WORDS[1:]]))
    assert one.get_vocabulary() == many.get_vocabulary()
    one.adapt([["new"]])
    assert one.get_vocabulary() == ["[UNK]", "new"]  # in place of what was learned before


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("multi_hot", [[0, 1, 1, 1, 1], [1, 1, 0, 1, 1]]),
        ("count", [[0, 1, 1, 2, 1], [2, 1, 0, 1, 1]]),
        ("tf_idf", [[0, 0.25, 0.75, 1.2, 0.4], [0.4, 0.25, 0, 0.6, 0.4]]),
    ],
)
def test_rows_over_the_vocabulary(mode, expected):
    weights = {"idf_weights": [0.25, 0.75, 0.6, 0.4]} if mode == "tf_idf" else {}
    layer = layers.StringLookup(vocabulary=["earth", "wind", "and", "fire"], output_mode=mode, **weights)
    rows = [["earth", "wind", "and", "fire", "and"], ["fire", "earth", "and", "what", "ever"]]
    if mode != "count":
        rows = [rows[0], ["fire", "earth", "and", "what", "fire"]] if mode == "multi_hot" else rows
    found = layer(rows).numpy()
    if mode == "tf_idf":  # unknown words weigh the mean, 0.5, and come twice
        expected[1][0] = 1.0
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_inverse_document_frequency_by_hand():
    layer = layers.StringLookup(output_mode="tf_idf")
    layer.adapt([["a", "a", "b"], ["a", "c", "c"]])
    assert layer.get_vocabulary() == ["[UNK]", "a", "c", "b"]
    weights = np.log(1 + 2 / (1 + np.array([2, 1, 1])))  # two texts; in how many each word stands
    np.testing.assert_allclose(layer([["a", "c", "c"]]).numpy(), [[0, weights[0], 2 * weights[1], 0]], rtol=1e-6)
    np.testing.assert_allclose(layer([["q"]]).numpy()[0, 0], weights.mean(), rtol=1e-6)


def test_whole_numbers():
    layer = layers.IntegerLookup()
    layer.adapt(np.array([[42, 42, 7], [7, 42, -3]]))
    assert layer.get_vocabulary() == [-1, 42, 7, -3]
    assert layer(torch.tensor([[7, 5], [42, -3]])).tolist() == [[2, 0], [1, 3]]
    back = layers.IntegerLookup(vocabulary=[42, 7], invert=True)
    assert back(np.array([2, 0, 1])).tolist() == [7, -1, 42]
    spread = layers.IntegerLookup(vocabulary=[42, 7], num_oov_indices=3)
    assert spread([10, 11, 42]).tolist() == [10 % 3, 11 % 3, 3]


def test_unknown_words_in_several_places_stay_where_tensorflow_puts_them():
    layer = layers.StringLookup(vocabulary=["a"], num_oov_indices=5)
    found = layer(["b", "c", "d", "a"]).tolist()
    assert found == [2, 2, 0, 5]  # computed by TensorFlow 2.21


def test_config_and_file_bring_the_vocabulary_back(tmp_path):
    layer = layers.StringLookup(name="words")
    layer.adapt(WORDS)
    model = pellucid.Sequential([pellucid.Input((None,), dtype="string"), layer])
    again = layers.StringLookup.from_config(layer.get_config())
    again.set_vocabulary(layer.get_vocabulary())
    assert again(WORDS).tolist() == layer(WORDS).tolist() == model.predict(WORDS, verbose=0).tolist()
    layer.save_assets(str(tmp_path))
    new = layers.StringLookup()
    new.load_assets(str(tmp_path))
    assert new.get_vocabulary() == layer.get_vocabulary()


def test_a_vocabulary_from_a_file(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("a\nb\n")
    assert layers.StringLookup(vocabulary=str(path)).get_vocabulary() == ["[UNK]", "a", "b"]


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: layers.StringLookup(max_tokens=1), "max_tokens"),
        (lambda: layers.StringLookup(pad_to_max_tokens=True), "not given"),
        (lambda: layers.StringLookup(num_oov_indices=-1), "number of places"),
        (lambda: layers.StringLookup(vocabulary=["a", "a"]), "more than once"),
        (lambda: layers.StringLookup(vocabulary=[]), "has tokens"),
        (lambda: layers.StringLookup(vocabulary=["a", ""], mask_token=""), "at the beginning"),
        (lambda: layers.StringLookup(max_tokens=2, vocabulary=["a", "b"]), "too large"),
        (lambda: layers.StringLookup(output_mode="int", sparse=True), "sparse"),
        (lambda: layers.StringLookup(output_mode="rows"), "not known"),
        (lambda: layers.StringLookup(invert=True, output_mode="count"), "back into tokens"),
        (lambda: layers.StringLookup(vocabulary=["a"], output_mode="tf_idf"), "comes with weights"),
        (lambda: layers.StringLookup(vocabulary="nowhere.txt"), "no such vocabulary"),
        (lambda: layers.StringLookup(vocabulary=["a"]).adapt(["b"]), "nothing to learn"),
        (lambda: layers.StringLookup(output_mode="count")([["a"]]), "no vocabulary yet"),
        (lambda: layers.StringLookup(vocabulary=["a"], num_oov_indices=0)(["b"]), "no place for unknown"),
        (lambda: layers.IntegerLookup(vocabulary=[1], salt=3), "for hashes"),
        (lambda: layers.IntegerLookup(vocabulary_dtype="int32"), "int64"),
    ],
)
def test_mistakes_are_told(make, text):
    with pytest.raises((ValueError, OSError), match=text):
        make()
