"""Bytes of an HDF5 file by their places: each block inside the file, taken once, and not beside another.

Above: every other file of this folder reads through this.
Kept true: what is read for the file's structure stays below a fixed size, whatever the file says.
"""

from __future__ import annotations

import bisect
import struct

from pellucid.errors import FileError
from pellucid.files.filling import filled
from pellucid.files.source import Window
from pellucid.files.verifying import VerifiedWindow

NOWHERE = 2**64 - 1
MOST_BLOCK = 16 * 2**20
MOST_STRUCTURE = 64 * 2**20
MOST_STEPS = 500_000
_PAGE = 2**16
_MOST_PAGES = 64


class Storage:
    """Where the bytes of a file lie, and which are taken.

    Args:
        file: an open, seekable binary file.
        size: its bytes.
    """

    def __init__(self, file, size: int):
        self._file, self.size = file, size
        self._taken: list[tuple[int, int]] = []
        self._structure = self._steps = 0
        self._pages: dict[int, bytes] = {}

    def take(self, start: int, size: int) -> None:
        """Note that a block belongs to one thing, and to no other."""
        if start < 0 or size < 0 or start + size > self.size:
            raise broken("a block lies beyond the end", f"{size} bytes at {start} of {self.size}")
        if not size:
            return
        at = bisect.bisect_left(self._taken, (start, 0))
        before, behind = self._taken[max(at - 1, 0) : at], self._taken[at : at + 1]
        if (before and before[0][1] > start) or (behind and behind[0][0] < start + size):
            raise broken("two things in it share bytes, or it runs in a circle", f"{size} bytes at {start}")
        self._taken.insert(at, (start, start + size))

    def confirm(self) -> None:
        """Have the file verified that is so as a whole."""
        if isinstance(self._file, VerifiedWindow):
            self._file.confirm()

    def forget(self) -> None:
        """Read no more."""
        self._file, self.size = None, 0
        self._pages.clear()

    def step(self, count: int = 1) -> None:
        """Count what is looked at, so that a look over the file ends soon."""
        self._steps += count
        if self._steps > MOST_STEPS:
            raise broken("it has too many parts", f"more than {MOST_STEPS}")

    def block(self, start: int, size: int) -> Fields:
        """The bytes of a block of the file's structure."""
        self.take(start, size)
        return Fields(self.peek(start, size))

    def peek(self, start: int, size: int) -> bytes:
        """Bytes of the file's structure, not taken."""
        if start < 0 or start + size > self.size:
            raise broken("a block lies beyond the end", f"{size} bytes at {start} of {self.size}")
        self._structure += size
        if size > MOST_BLOCK or self._structure > MOST_STRUCTURE:
            raise broken("its structure is too large", f"a block of {size} bytes")
        data = bytearray()
        while len(data) < size:
            number, offset = divmod(start + len(data), _PAGE)
            data += self._page(number)[offset : offset + size - len(data)]
        return bytes(data)

    def _page(self, number: int) -> bytes:
        if number not in self._pages:
            if len(self._pages) >= _MOST_PAGES:
                self._pages.pop(next(iter(self._pages)))
            page = bytearray(min(_PAGE, self.size - number * _PAGE))
            self.read_into(number * _PAGE, page)
            self._pages[number] = bytes(page)
        return self._pages[number]

    def read_into(self, start: int, buffer) -> int:
        """Fill a buffer with the bytes from a place on; their CRC-32."""
        if isinstance(self._file, Window):
            return self._file.fill(start, buffer)
        return filled(self._file, start, buffer)


class Fields:
    """Numbers and texts of a block, one after the other."""

    def __init__(self, data: bytes, at: int = 0):
        self.data, self.at = data, at

    @property
    def left(self) -> int:
        """Bytes that are not yet read."""
        return len(self.data) - self.at

    def raw(self, size: int) -> bytes:
        """So many bytes."""
        if not 0 <= size <= self.left:
            raise broken("a block ends too early", f"{self.left} of {size} bytes")
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, size: int) -> int:
        """A whole number of so many bytes."""
        return int.from_bytes(self.raw(size), "little")

    def unpack(self, form: str) -> tuple:
        """Several numbers, as `struct` names their forms."""
        return struct.unpack("<" + form, self.raw(struct.calcsize("<" + form)))

    def expect(self, mark: bytes) -> None:
        """The block must go on with this."""
        found = self.raw(len(mark))
        if found != mark:
            raise broken("a block is not what it should be", f"{found!r} instead of {mark!r}")

    def text(self, size: int) -> bytes:
        """A text of at most so many bytes, up to its end mark."""
        return self.raw(size).split(b"\0", 1)[0]

    def verify(self) -> None:
        """Compare the block's last four bytes with the checksum of all others, and leave them out from here on."""
        told = int.from_bytes(self.data[-4:], "little")
        self.data = self.data[:-4]
        check(self.data, told)


def broken(what: str, got) -> FileError:
    """The error for a file whose structure is none."""
    return FileError(f"This is no HDF5 file that can be read: {what}.", got=got)


def decoded(raw: bytes) -> str:
    """A text of the file, which is in UTF-8."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FileError("A name or text is no text.", got=repr(raw)[:200]) from error


def check(data: bytes, told: int) -> None:
    """Compare a block with its checksum."""
    if told != lookup3(data):
        raise FileError("The file is damaged: a checksum of its structure is wrong.")


def lookup3(data: bytes) -> int:
    """The checksum of HDF5's newer blocks.

    Source: Bob Jenkins, lookup3.c (hashlittle), 2006.
    """
    word = 0xFFFFFFFF
    a = b = c = (0xDEADBEEF + len(data)) & word
    whole = max(len(data) - 1, 0) // 12 * 12
    for x, y, z in struct.iter_unpack("<3I", data[:whole]):
        a, b, c = a + x & word, b + y & word, c + z & word
        a = (a - c & word) ^ (c << 4 & word | c >> 28)
        c = c + b & word
        b = (b - a & word) ^ (a << 6 & word | a >> 26)
        a = a + c & word
        c = (c - b & word) ^ (b << 8 & word | b >> 24)
        b = b + a & word
        a = (a - c & word) ^ (c << 16 & word | c >> 16)
        c = c + b & word
        b = (b - a & word) ^ (a << 19 & word | a >> 13)
        a = a + c & word
        c = (c - b & word) ^ (b << 4 & word | b >> 28)
        b = b + a & word
    if not data:
        return c
    x, y, z = struct.unpack("<3I", data[whole:].ljust(12, b"\0"))
    a, b, c = a + x & word, b + y & word, c + z & word
    for rounds in ((14, 11, 25), (16, 4, 14), (24,)):
        c = ((c ^ b) - (b << rounds[0] & word | b >> 32 - rounds[0])) & word
        if len(rounds) == 1:
            break
        a = ((a ^ c) - (c << rounds[1] & word | c >> 32 - rounds[1])) & word
        b = ((b ^ a) - (a << rounds[2] & word | a >> 32 - rounds[2])) & word
    return c
