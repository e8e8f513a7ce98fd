"""The Tokenizer of Keras 1 and 2; Keras's own, kept for old programs, judges."""

from __future__ import annotations

import importlib
import json

import numpy as np
import pytest

from pellucid.preprocessing import text

theirs = importlib.import_module("keras._tf_keras.keras.preprocessing.text")
TEXTS = ["The cat sat on the mat.", "The dog ate my homework!\tAnd the cat?", ["already", "The", "words"], ""]
WAYS = [
    {},
    {"num_words": 4},
    {"num_words": 4, "oov_token": "<unk>"},
    {"char_level": True},
    {"lower": False, "filters": "."},
    {"split": "a"},
    {"analyzer": lambda text: text.split("t")},
]


def both(way):
    made = [library.Tokenizer(**way) for library in (text, theirs)]
    for tokenizer in made:
        tokenizer.fit_on_texts(TEXTS[:2])
        tokenizer.fit_on_texts(TEXTS[2:])
    return made


@pytest.mark.parametrize("way", WAYS)
def test_words_and_numbers_are_kerass(way):
    ours, expected = both(way)
    assert ours.word_index == expected.word_index and ours.index_word == expected.index_word
    assert dict(ours.word_counts) == dict(expected.word_counts) and dict(ours.word_docs) == dict(expected.word_docs)
    assert ours.document_count == expected.document_count == 4
    new = ["The cat ate a bird", ["dog"]]
    numbers = ours.texts_to_sequences(new)
    assert numbers == expected.texts_to_sequences(new)
    assert ours.sequences_to_texts([*numbers, [99, 1]]) == expected.sequences_to_texts([*numbers, [99, 1]])


@pytest.mark.parametrize("mode", ["binary", "count", "freq", "tfidf"])
@pytest.mark.parametrize("way", WAYS[:3])
def test_rows_are_kerass(way, mode):
    ours, expected = both(way)
    np.testing.assert_allclose(ours.texts_to_matrix(TEXTS, mode), expected.texts_to_matrix(TEXTS, mode))


def test_json_leads_back_and_is_kerass():
    ours, expected = both({"oov_token": "<unk>"})
    assert json.loads(ours.to_json()) == json.loads(expected.to_json())
    for again in (text.tokenizer_from_json(expected.to_json()), text.tokenizer_from_json(ours.to_json())):
        assert again.texts_to_sequences(TEXTS) == ours.texts_to_sequences(TEXTS)
        np.testing.assert_allclose(again.texts_to_matrix(TEXTS, "tfidf"), ours.texts_to_matrix(TEXTS, "tfidf"))


def test_functions_of_texts():
    assert text.text_to_word_sequence("Hello, World! ") == ["hello", "world"]
    assert text.hashing_trick("a b a", 50, "md5") == theirs.hashing_trick("a b a", 50, "md5")
    assert text.one_hot("a b a", 50) == theirs.one_hot("a b a", 50)


def test_counts_of_numbers_alone():
    made = [library.Tokenizer(num_words=5) for library in (text, theirs)]
    for tokenizer in made:
        tokenizer.fit_on_sequences([[1, 2, 2], [2, 4]])
    rows = [tokenizer.sequences_to_matrix([[1, 2], [4, 4, 7]], "tfidf") for tokenizer in made]
    np.testing.assert_allclose(*rows)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: text.Tokenizer(words=3), "does not take"),
        (lambda: text.Tokenizer().texts_to_matrix(["a"]), "not known"),
        (lambda: text.Tokenizer(num_words=3).texts_to_matrix(["a"], "tfidf"), "texts to count"),
        (lambda: text.Tokenizer(num_words=3).sequences_to_matrix([[1]], "rows"), "mode"),
        (lambda: text.tokenizer_from_json("{}"), "no tokenizer"),
    ],
)
def test_mistakes_are_told(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()
