"""Texts as lists of numbers of words, the most frequent word first: which are kept, and what marks the others.

Above:  imdb.py, reuters.py.
"""

from __future__ import annotations

import numpy as np

from pellucid.errors import ArgumentError


def begun(texts, start_char: int | None, index_from: int | None) -> list[list[int]]:
    """Texts with all numbers moved up, behind a mark for the beginning."""
    start = [] if start_char is None else [start_char]
    return [[*start, *(word + (index_from or 0) for word in text)] for text in texts]


def short(texts: list, labels, maxlen: int | None) -> tuple[list, np.ndarray]:
    """Texts below a length, and their labels.

    Raises:
        ArgumentError: there is none.
    """
    if not maxlen:
        return texts, labels
    kept = [k for k, text in enumerate(texts) if len(text) < maxlen]
    if not kept:
        raise ArgumentError(
            "No text is so short.", got=f"maxlen={maxlen}", expected=f"above {min(map(len, texts), default=0)}"
        )
    return [texts[k] for k in kept], np.asarray(labels)[kept]


def known(texts: list, num_words: int | None, skip_top: int, oov_char: int | None) -> list[list[int]]:
    """Texts with a mark, or nothing, in place of words that are too rare or too frequent."""
    most = num_words or max(max(text, default=0) for text in texts)

    def keeps(word):
        return skip_top <= word < most

    if oov_char is None:
        return [[word for word in text if keeps(word)] for text in texts]
    return [[word if keeps(word) else oov_char for word in text] for text in texts]


def as_array(texts: list) -> np.ndarray:
    """An array whose values are lists."""
    array = np.empty(len(texts), "O")
    array[:] = texts
    return array
