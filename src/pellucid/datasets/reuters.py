"""Reuters: 11,228 news as lists of numbers of words, and one of 46 topics for each.

Below:  words.py says which words are kept.
Source: keras.datasets.reuters, Keras 3.15.
"""

from __future__ import annotations

import json
import pathlib

import numpy as np

from pellucid.datasets import kept, words

__all__ = ["get_label_names", "get_word_index", "load_data"]

HASH = "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916"
INDEX_HASH = "4d44cc38712099c9e383dc6e5f11a921"
TOPICS = """
    cocoa grain veg-oil earn acq wheat copper housing money-supply coffee sugar trade reserves ship cotton
    carcass crude nat-gas cpi money-fx interest gnp meal-feed alum oilseed gold tin strategic-metal
    livestock retail ipi iron-steel rubber heat jobs lei bop zinc orange pet-chem dlr gas silver wpi hog
    lead
"""


def load_data(
    path="reuters.npz",
    num_words=None,
    skip_top=0,
    maxlen=None,
    test_split=0.2,
    seed=113,
    start_char=1,
    oov_char=2,
    index_from=3,
):
    """``(x_train, y_train), (x_test, y_test)``; news are lists of numbers.

    Args:
        path: of a file; or its name in Keras's folder, where it is fetched to if need be.
        num_words, skip_top: only so frequent words are kept, without the most frequent ones.
        maxlen: only news below this length are kept.
        test_split: the share of news for the test.
        seed: of their order.
        start_char, oov_char: marks for the beginning, and for a word that is not kept; None for no mark.
        index_from: how far numbers of words are moved up, where there is a mark for the beginning or not.

    Raises:
        ArgumentError: no news are so short, or `test_split` is no share.
        FileError: the file is not there and cannot be fetched, or is broken.
    """
    x, y = kept.shuffled(np.random.RandomState(seed), *kept.arrays(path, "reuters.npz", HASH, "x", "y"))
    texts, y = words.short(words.begun(x, start_char, index_from), y, maxlen)
    return kept.split(words.as_array(words.known(texts, num_words, skip_top, oov_char)), y, test_split)


def get_word_index(path="reuters_word_index.json"):
    """The number of each word, before `index_from` is added."""
    return json.loads(pathlib.Path(kept.file(path, "reuters_word_index.json", INDEX_HASH)).read_text("utf-8"))


def get_label_names():
    """Names of the 46 topics, in the order of their numbers."""
    return tuple(TOPICS.split())
