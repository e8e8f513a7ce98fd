"""A part of a file that is verified while it is read: each byte is fetched from the disk once.

Below:  source.py's Window, crc.py.
Above:  safe_zip.py gives members as these; models/loading.py asks for the verdict before a weight changes.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable

from pellucid.errors import FileError
from pellucid.files.crc import joined
from pellucid.files.source import Window

# Shorter pieces are read again in the end: there are few of them, and noting each would cost more.
_LEAST_PIECE = 2**20
_MOST_AT_ONCE = 16 * 2**20


class VerifiedWindow(Window):
    """A part of a file, and the CRC-32 that its bytes must have.

    Args:
        file, start, size: as for Window.
        crc: of all its bytes.
        damaged: makes the error for another one.
    """

    def __init__(self, file, start: int, size: int, crc: int, damaged: Callable[[], FileError]):
        super().__init__(file, start, size)
        self._crc, self._damaged = crc, damaged
        self._is_confirmed = False
        self._known: list[tuple[int, int, int]] = []  # place, size and CRC of pieces that were read, in order

    def fill(self, start: int, buffer) -> int:
        crc = super().fill(start, buffer)
        size = memoryview(buffer).nbytes
        if size >= _LEAST_PIECE:
            self._note(start, size, crc)
        return crc

    def _note(self, place: int, size: int, crc: int):
        at = bisect.bisect_left(self._known, (place, 0, 0))
        is_free = (at == 0 or sum(self._known[at - 1][:2]) <= place) and (
            at == len(self._known) or place + size <= self._known[at][0]
        )
        if is_free:
            self._known.insert(at, (place, size, crc))

    def confirm(self) -> None:
        """Compare the checksum of all bytes; those that large buffers were filled with are not read again.

        Raises:
            FileError: it is another one.
        """
        if self._is_confirmed:
            return
        crc = at = 0
        for place, size, known in [*self._known, (self.length, 0, 0)]:
            crc = joined(self._summed(at, place, crc), known, size)
            at = place + size
        if crc != self._crc:
            raise self._damaged()
        self._is_confirmed = True

    def _summed(self, start: int, end: int, crc: int) -> int:
        """The CRC with the bytes of these places behind it."""
        buffer = memoryview(bytearray(min(_MOST_AT_ONCE, end - start)))
        while start < end:
            piece = buffer[: end - start]
            crc = joined(crc, super().fill(start, piece), len(piece))
            start += len(piece)
        return crc
