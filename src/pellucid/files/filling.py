"""Memory filled from a file, or summed where it is: by several threads, each piece while the processor's cache holds it.

Below:  crc.py joins the sums of pieces.
Above:  source.py, and through it every reader of large arrays; hdf5/checksums.py.
Kept true: a file's own position does not matter, and a file that is too short is an error.
"""

from __future__ import annotations

import io
import itertools
import math
import os
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from pellucid.errors import FileError
from pellucid.files.crc import joined

_STEP = _LARGE = 2**20
_ALIGNED = 64
# Below this, starting threads costs more than they bring.
_LEAST_SHARED = 8 * 2**20
_MOST_THREADS = 4


def filled(file, start: int, buffer) -> int:
    """Fill a buffer with the bytes of an open file from a place on; their CRC-32.

    Raises:
        FileError: the file ends before.
    """
    view = memoryview(buffer).cast("B")
    if not isinstance(file, io.FileIO) or not hasattr(os, "preadv"):
        file.seek(start)
        return _in_steps(view, file.readinto, start)
    handle = file.fileno()

    def piece(begin: int, end: int) -> int:
        place = start + begin

        def read(part):
            nonlocal place
            count = os.preadv(handle, [part], place)
            place += count
            return count

        return _in_steps(view[begin:end], read, start + begin)

    return _shared(len(view), piece)


def empty(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Memory for values, where PyTorch's kernels like it to lie; NumPy, unlike PyTorch, asks the system for huge pages."""
    size = math.prod(shape) * dtype.itemsize
    room = np.empty(size + _ALIGNED, "u1")
    start = -room.__array_interface__["data"][0] % _ALIGNED
    return room[start : start + size].view(dtype).reshape(shape)


class Filled:
    """Large arrays that were filled from a file, until somebody takes their memory over."""

    def __init__(self):
        self._arrays: dict[int, np.ndarray] = {}

    def note(self, values: np.ndarray) -> None:
        """Remember an array, if it is a large one."""
        if values.nbytes >= _LARGE:
            self._arrays[values.__array_interface__["data"][0]] = values

    def give_up(self, tensor) -> bool:
        """Whether a tensor is one of the arrays, as a whole; whoever asked may keep its memory."""
        array = self._arrays.pop(tensor.data_ptr(), None)
        return array is not None and array.nbytes == tensor.nbytes and tensor.is_contiguous()

    def clear(self) -> None:
        """Forget them all."""
        self._arrays.clear()


def summed(data, crc: int = 0) -> int:
    """The CRC-32 of bytes in memory, behind others of which it is known."""
    view = memoryview(data).cast("B")
    if len(view) < _LEAST_SHARED:
        return zlib.crc32(view, crc)
    return joined(crc, _shared(len(view), lambda begin, end: zlib.crc32(view[begin:end])), len(view))


def _in_steps(view: memoryview, read, start: int) -> int:
    crc = done = 0
    while done < len(view):
        count = read(view[done : done + _STEP])
        if not count:
            raise FileError("The file ends too early.", got=f"{start + done} bytes", expected=f"{start + len(view)}")
        crc = zlib.crc32(view[done : done + count], crc)
        done += count
    return crc


def _shared(size: int, piece) -> int:
    """The CRC-32 of so many bytes, whose pieces `piece(begin, end)` sums, each in a thread."""
    threads = min(_MOST_THREADS, os.cpu_count() or 1) if size >= _LEAST_SHARED else 1
    bounds = [size * k // threads for k in range(threads + 1)]
    pairs = list(itertools.pairwise(bounds))
    if threads == 1:
        return piece(0, size)
    with ThreadPoolExecutor(threads) as pool:
        sums = list(pool.map(lambda pair: piece(*pair), pairs))
    crc = 0
    for (begin, end), part in zip(pairs, sums, strict=True):
        crc = joined(crc, part, end - begin)
    return crc
