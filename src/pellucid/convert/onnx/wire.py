"""Wire: ONNX files as bytes, in which large weights go straight between file and memory.

Below:  files/source.py reads; protobuf, by the `onnx` package, makes and reads all the rest, which is small.
Above:  to_onnx.py writes and loading.py reads.
Kept true: the file is what protobuf alone would have written. A message is a row of fields, each a key (its number and
           kind), then a number or a length and so many bytes; that is all that is known of the format here.

Source: Protocol Buffers, Encoding; onnx.proto for the numbers of fields.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.errors import FileError

# The fields that lead to a weight's numbers: of ModelProto, GraphProto and TensorProto.
_GRAPH, _INITIALIZER, _RAW = 7, 5, 9
_NUMBER, _EIGHT_BYTES, _SIZED, _FOUR_BYTES = 0, 1, 2, 5
# Numbers that take fewer bytes stay in the message: they may be sizes, which the message's reader needs.
LARGE = 4096


@dataclass(frozen=True)
class Stored:
    """A weight of a file to be written.

    Attributes:
        message: its TensorProto, without the numbers.
        array: the numbers, in row-major order.
    """

    message: Any
    array: np.ndarray

    def head(self) -> bytes:
        """The field of the graph that this is, up to the numbers."""
        told = self.message.SerializeToString()
        own = told + _key(_RAW, self.array.nbytes)
        return _key(_INITIALIZER, len(own) + self.array.nbytes) + own

    def data(self) -> memoryview:
        """The numbers as they lie in the file."""
        array = self.array.astype(self.array.dtype.newbyteorder("<"), copy=False)
        return array.reshape(-1).view(np.uint8).data


def _key(number: int, size: int) -> bytes:
    """The beginning of a field of so many bytes."""
    return _varint(number << 3 | _SIZED) + _varint(size)


def _varint(number: int) -> bytes:
    """A number in groups of seven bits, the lowest first; all bytes but the last have their highest bit set."""
    groups = bytearray()
    while number > 127:
        groups.append(number & 127 | 128)
        number >>= 7
    return bytes([*groups, number])


def segments(model, weights: list[Stored]) -> list[bytes | memoryview]:
    """The bytes of a file, piece by piece.

    Args:
        model: a ModelProto that lacks these weights.
    """
    graph = model.graph.SerializeToString()
    rest = type(model)()
    rest.CopyFrom(model)
    rest.ClearField("graph")
    pieces = [piece for weight in weights for piece in (weight.head(), weight.data())]
    size = len(graph) + sum(map(len, pieces))
    return [rest.SerializeToString() + _key(_GRAPH, size) + graph, *pieces]


def parted(file, size: int) -> tuple[bytes, dict[int, tuple[int, int]]]:
    """The message in a file without the numbers of its large weights, and where in the file these are.

    Returns:
        The message, and for the place of a weight among the initializers the first byte and how many.

    Raises:
        FileError: no such message.
    """
    reader = _Reader(file)
    message = reader.message(0, size, (_GRAPH, _INITIALIZER, _RAW))
    return message, reader.cut


class _Reader:
    """Fields of an open file.

    Attributes:
        cut: what was left out, as `parted` gives it.
    """

    def __init__(self, file):
        self._file = file
        self.cut: dict[int, tuple[int, int]] = {}
        self._weights = 0

    def message(self, start: int, end: int, path: tuple[int, ...]) -> bytes:
        """A message, its fields along the path taken apart and the last one left out."""
        kept = []
        for number, first, body, last in self._fields(start, end):
            if number != path[0] or body is None:
                kept.append(self._bytes(first, last))
            elif len(path) > 1:
                inside = self.message(body, last, path[1:])
                kept.append(_key(number, len(inside)) + inside)
                self._weights += number == _INITIALIZER
            elif self._weights in self.cut:
                raise FileError("The numbers of a weight stand in the file twice.", where=f"byte {first}")
            elif last - body < LARGE:
                kept.append(self._bytes(first, last))
            else:
                self.cut[self._weights] = body, last - body
        return b"".join(kept)

    def _fields(self, start: int, end: int) -> Iterator[tuple[int, int, int | None, int]]:
        """For each field its number, its first byte, the first of its content if it is sized, and its end."""
        at = start
        while at < end:
            first = at
            key, at = self._varint(at, end)
            kind, body = key & 7, None
            if kind == _NUMBER:
                _, at = self._varint(at, end)
            elif kind == _SIZED:
                size, body = self._varint(at, end)
                at = body + size
            elif kind in (_EIGHT_BYTES, _FOUR_BYTES):
                at += 8 if kind == _EIGHT_BYTES else 4
            else:
                raise FileError("This is no ONNX file.", got=f"a field of kind {kind}", where=f"byte {first}")
            if at > end:
                raise FileError("The file ends early.", got=f"{end} bytes", expected=f"{at}", where=f"byte {first}")
            yield key >> 3, first, body, at

    def _varint(self, at: int, end: int) -> tuple[int, int]:
        groups = self._bytes(at, min(at + 10, end))
        number = 0
        for count, group in enumerate(groups):
            number |= (group & 127) << 7 * count
            if group < 128:
                return number, at + count + 1
        raise FileError("This is no ONNX file.", got="a number without an end", where=f"byte {at}")

    def _bytes(self, start: int, end: int) -> bytes:
        self._file.seek(start)
        return self._file.read(end - start)
