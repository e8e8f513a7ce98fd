"""Strings: text in the form in which tf.data gives it, with the shape, dtype and `numpy()` of a tensor.

Above:     elements.py makes batches of them, text_folders.py reads files into them.
Kept true: `numpy()` gives bytes, as TensorFlow does; to NumPy and to layers these are an array of Python's strings.
"""

from __future__ import annotations

import numpy as np


class _Named(str):
    """A dtype's name that has a name, as TensorFlow's dtypes do."""

    __slots__ = ()

    @property
    def name(self) -> str:
        return str(self)


class Strings:
    """One text, or an array of texts.

    Args:
        texts: a string, or an array of strings of any shape.
    """

    dtype = _Named("string")

    def __init__(self, texts):
        self._texts = np.asarray(texts, dtype=object)

    @property
    def shape(self) -> tuple[int, ...]:
        return self._texts.shape

    @property
    def ndim(self) -> int:
        return self._texts.ndim

    def numpy(self):
        """The texts as UTF-8: bytes, or an array of them."""
        if not self.ndim:
            return str(self).encode()
        coded = np.empty(self.shape, dtype=object)
        coded.flat = [text.encode() for text in self._texts.flat]
        return coded

    def __array__(self, dtype=None, copy=None):
        return self._texts if dtype is None else self._texts.astype(dtype)

    def __len__(self) -> int:
        return len(self._texts)

    def __iter__(self):
        return map(Strings, self._texts)

    def __getitem__(self, place):
        return Strings(self._texts[place])

    def __str__(self) -> str:
        return str(self._texts[()])

    def __repr__(self) -> str:
        return f"Strings({self._texts.tolist()!r})"

    def __eq__(self, other):
        return self._texts[()] == (other._texts[()] if isinstance(other, Strings) else other)

    __hash__ = None  # type: ignore[assignment]
