"""Texts to rows of numbers, step by step; by hand."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid import layers

TEXTS = ["The dog, the cat!", "A cat?  A DOG."]


def vectorization(**kwargs):
    layer = layers.TextVectorization(**kwargs)
    layer.adapt(TEXTS)
    return layer


def test_texts_become_places_of_words():
    layer = vectorization()
    assert layer.get_vocabulary() == ["", "[UNK]", "the", "dog", "cat", "a"]
    assert layer(["the dog", "a bird and a cat"]).tolist() == [[2, 3, 0, 0, 0], [5, 1, 1, 5, 4]]
    assert layer([["the dog"]]).tolist() == [[2, 3]]  # a column of texts


@pytest.mark.parametrize(
    ("kwargs", "words"),
    [
        ({"standardize": None}, ["A", "cat!", "the", "dog,", "cat?", "The", "DOG."]),
        ({"standardize": "lower"}, ["the", "a", "dog.", "dog,", "cat?", "cat!"]),
        ({"standardize": "strip_punctuation"}, ["cat", "A", "the", "dog", "The", "DOG"]),
        ({"standardize": lambda texts: np.char.replace(texts, "dog", "fox")}, None),
        ({"split": "character", "standardize": lambda texts: np.array(["ab", "b"])}, ["b", "a"]),
        ({"split": lambda texts: [["x"] for _ in texts]}, ["x"]),
        ({"max_tokens": 4}, ["the", "dog"]),
    ],
)
def test_ways_to_make_words(kwargs, words):
    found = vectorization(**kwargs).get_vocabulary(include_special_tokens=False)
    if words is None:
        assert "fox," in found and "dog," not in found
    else:
        assert sorted(found) == sorted(words)


class Ragged:
    """Rows of different lengths, as `tf.strings.split` gives them."""

    def to_list(self):
        return [[b"cat", b"dog"], [b"dog"]]


def test_texts_may_be_split_by_tensorflow():
    layer = layers.TextVectorization(split=lambda texts: Ragged(), vocabulary=["dog", "cat"])
    assert layer(["cat|dog", "dog"]).tolist() == [[3, 2], [2, 0]]


def test_runs_of_words():
    assert set(vectorization(ngrams=2).get_vocabulary()) >= {"the", "the dog", "dog the", "a cat"}
    assert set(vectorization(ngrams=(2,)).get_vocabulary(False)) == {
        "the dog", "dog the", "the cat", "a cat", "cat a", "a dog",
    }  # fmt: skip


def test_rows_of_one_length():
    layer = vectorization(output_sequence_length=3)
    assert layer(["the", "a cat a dog"]).tolist() == [[2, 0, 0], [5, 4, 5]]
    assert layer(pellucid.Input((), dtype="string")).shape == (None, 3)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("multi_hot", [[0, 1, 1, 0, 0], [1, 0, 0, 1, 1]]), ("count", [[0, 2, 1, 0, 0], [1, 0, 0, 1, 2]])],
)
def test_rows_over_the_vocabulary(mode, expected):
    layer = vectorization(output_mode=mode)
    assert layer.get_vocabulary() == ["[UNK]", "the", "dog", "cat", "a"]
    assert layer(["the the dog", "a cat, a bird"]).tolist() == expected
    assert layer([""]).tolist() == [[0, 0, 0, 0, 0]]


def test_a_model_from_texts_and_back_from_its_config():
    layer = vectorization(output_sequence_length=4)
    model = pellucid.Sequential([pellucid.Input((1,), dtype="string"), layer, layers.Embedding(6, 2)])
    assert model.predict(np.array([["the dog"], ["a cat"]]), verbose=0).shape == (2, 4, 2)
    again = layers.TextVectorization.from_config(layer.get_config())
    again.set_vocabulary(layer.get_vocabulary())
    assert again(TEXTS).tolist() == layer(TEXTS).tolist()


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: layers.TextVectorization(standardize="upper"), "not known"),
        (lambda: layers.TextVectorization(split="lines"), "not known"),
        (lambda: layers.TextVectorization(ngrams="2"), "length, or a tuple"),
        (lambda: layers.TextVectorization(ragged=True), "different lengths"),
        (lambda: layers.TextVectorization(output_mode="count", output_sequence_length=3), "rows of places"),
        (lambda: vectorization()([["two", "texts"]]), "split by itself"),
    ],
)
def test_mistakes_are_told(make, text):
    with pytest.raises(ValueError, match=text):
        make()
