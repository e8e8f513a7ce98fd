"""IMDB: 25,000 and 25,000 reviews of films as lists of numbers of words; 1 where the writer liked it.

Below:  words.py says which words are kept.
Source: keras.datasets.imdb, Keras 3.15.
"""

from __future__ import annotations

import json
import pathlib

import numpy as np

from pellucid.datasets import kept, words
from pellucid.errors import UnknownArgumentError

__all__ = ["get_word_index", "load_data"]

HASH = "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f"
INDEX_HASH = "bfafd718b763782e994055a2d397834f"


def load_data(
    path="imdb.npz",
    num_words=None,
    skip_top=0,
    maxlen=None,
    seed=113,
    start_char=1,
    oov_char=2,
    index_from=3,
    **kwargs,
):
    """``(x_train, y_train), (x_test, y_test)``; reviews are lists of numbers.

    Args:
        path: of a file; or its name in Keras's folder, where it is fetched to if need be.
        num_words, skip_top: only so frequent words are kept, without the most frequent ones.
        maxlen: only reviews below this length are kept.
        seed: of their order.
        start_char, oov_char: marks for the beginning, and for a word that is not kept; None for no mark.
        index_from: how far numbers of words are moved up.

    Raises:
        ArgumentError: no review is so short.
        FileError: the file is not there and cannot be fetched, or is broken.
    """
    if kwargs:
        raise UnknownArgumentError("`load_data` does not take these.", got=", ".join(kwargs))
    x_train, y_train, x_test, y_test = kept.arrays(path, "imdb.npz", HASH, "x_train", "y_train", "x_test", "y_test")
    parts, draw = [], np.random.RandomState(seed)
    for x, y in ((x_train, y_train), (x_test, y_test)):
        x, y = kept.shuffled(draw, x, y)
        parts.append(words.short(words.begun(x, start_char, index_from), y, maxlen))
    (x_train, y_train), (x_test, y_test) = parts
    texts = words.known(x_train + x_test, num_words, skip_top, oov_char)
    count = len(x_train)
    return (words.as_array(texts[:count]), y_train), (words.as_array(texts[count:]), y_test)


def get_word_index(path="imdb_word_index.json"):
    """The number of each word, before `index_from` is added."""
    return json.loads(pathlib.Path(kept.file(path, "imdb_word_index.json", INDEX_HASH)).read_text("utf-8"))
