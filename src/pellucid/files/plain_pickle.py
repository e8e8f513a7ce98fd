"""Pickles of strangers that hold plain data: numbers, text, lists, dicts and NumPy arrays; nothing is ever run.

Above:     npz.py, datasets/.
Kept true: no name in a pickle is looked up. The few names that arrays and bytes are written with stand for makers of
           this file; they check what they are given, and arrays are made from bytes of the right length.
"""

from __future__ import annotations

import io
import math
import pickle
import re

import numpy as np

from pellucid.errors import FileError

DTYPES = re.compile(r"[biufcSU]\d+|O8?|b1|\?")


def loads(data: bytes, encoding: str = "ASCII"):
    """The plain data of a pickle.

    Args:
        encoding: how text of Python 2 becomes text; "bytes" keeps it as bytes.

    Raises:
        FileError: it is broken, or holds more than plain data.
    """
    try:
        return _Plain().of(_Unpickler(io.BytesIO(data), encoding=encoding).load())
    except FileError:
        raise
    except Exception as error:  # a broken pickle can fail in any way
        raise FileError("The pickle is broken.", got=f"{type(error).__name__}: {error}") from error


class _Unpickler(pickle.Unpickler):
    def find_class(self, module, name):
        maker = _MAKERS.get((module.replace("._core.", ".core."), name))
        if maker is None:
            raise FileError(
                "The pickle holds more than plain data, and is not read.",
                got=f"{module}.{name}",
                expected="numbers, text, lists, dicts, NumPy arrays",
            )
        return maker

    def persistent_load(self, pid):
        raise FileError("The pickle holds more than plain data, and is not read.", got="a reference to something else")


class _Maker:
    """What a name in a pickle stands for: it may be called, and nothing else."""

    __slots__ = ("_make",)

    def __init__(self, make):
        self._make = make

    def __call__(self, *args):
        return self._make(*args)

    def __setstate__(self, state):
        raise FileError("The pickle changes what it was given, and is not read.")


class _Dtype:
    """A dtype on its way: its letter and size, then its order of bytes."""

    __slots__ = ("name", "order")

    def __init__(self, name, *_):
        if not isinstance(name, str) or not DTYPES.fullmatch(name):
            raise FileError("The pickle holds an array of a kind that is not read.", got=repr(name)[:80])
        self.name, self.order = name, "="

    def __setstate__(self, state):
        self.order = state[1] if state[1] in ("<", ">") else "="

    def __call__(self) -> np.dtype:
        return np.dtype(self.name).newbyteorder(self.order)


class _Array:
    """An array on its way: empty first, then with its shape, dtype and values."""

    __slots__ = ("_state",)

    def __setstate__(self, state):
        self._state = state

    def filled(self, plain) -> np.ndarray:
        """The array; ``plain(value)`` makes plain data of what an array of objects holds."""
        _, shape, dtype, is_fortran, data = self._state
        wanted, count = dtype(), math.prod(shape)
        if wanted.kind == "O":
            if not isinstance(data, list) or len(data) != count:
                raise FileError("An array in the pickle has another number of values than its shape says.")
            values = np.empty(count, "O")
            for place, value in enumerate(data):
                values[place] = plain(value)
        else:
            data = data.encode("latin1") if isinstance(data, str) else data
            if len(data) != count * wanted.itemsize:
                raise FileError("An array in the pickle has another number of bytes than its shape says.")
            values = np.frombuffer(data, wanted).copy()
        return values.reshape(shape, order="F" if is_fortran else "C")


def _encoded(text, encoding):
    """How Python 3 writes bytes for Python 2."""
    return text.encode("latin1" if encoding == "latin1" else "utf-8")


_MAKERS = {
    ("numpy.core.multiarray", "_reconstruct"): _Maker(lambda *_: _Array()),
    ("numpy", "ndarray"): _Maker(lambda *_: _Array()),
    ("numpy", "dtype"): _Maker(_Dtype),
    ("_codecs", "encode"): _Maker(_encoded),
    ("__builtin__", "bytes"): _Maker(lambda: b""),  # how Python 3 writes no bytes for Python 2
}


class _Plain:
    """Puts arrays in place of those on their way.

    What stands in several places is made once: a few lines can name each other so often that copies would fill any memory.
    """

    def __init__(self):
        self._made: dict[int, object] = {}
        self._under_way: set[int] = set()

    def of(self, thing):
        """The thing, as plain data."""
        if not isinstance(thing, (_Array, dict, list, tuple, _Maker, _Dtype)):
            return thing
        key = id(thing)
        if key in self._under_way:
            raise FileError("Something in the pickle holds itself.", got=type(thing).__name__)
        if key not in self._made:
            self._under_way.add(key)
            self._made[key] = self._new(thing)
            self._under_way.remove(key)
        return self._made[key]

    def _new(self, thing):
        if isinstance(thing, _Array):
            return thing.filled(self.of)
        if isinstance(thing, dict):
            return {key: self.of(value) for key, value in thing.items()}
        if isinstance(thing, (list, tuple)):
            return type(thing)(map(self.of, thing))
        raise FileError("The pickle holds more than plain data, and is not read.", got=type(thing).__name__)
