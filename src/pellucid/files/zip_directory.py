"""The directory at the end of a zip archive: what it says of its members, not yet compared with anything.

Above: safe_zip.py.
Kept true: one end record, at the very end; the directory right before it; no more read than a bound allows.

Source: APPNOTE 6.3.10 of PKWARE, sections 4.3.12 to 4.3.16 and 4.5.3.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from pellucid.errors import FileError

MOST_MEMBERS = 10_000
MOST_BYTES = 16 * 2**20
STORED, DEFLATED = 0, 8
_END, _END_MARK = struct.Struct("<4s4H2LH"), b"PK\5\6"
_LOCATOR = struct.Struct("<4sLQL")
_LONG_END = struct.Struct("<4sQ2H2L4Q")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_MOST_COMMENT = 2**16 - 1
_LONG_NUMBERS = 1
_UTF8 = 0x800
_FULL = (0xFFFF, 0xFFFFFFFF)


@dataclass(frozen=True)
class Member:
    """What the directory says of a member; sizes in bytes, `packed` and unpacked, the offset that of its header."""

    name: str
    raw_name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    mode: int


def members(file, size: int) -> tuple[list[Member], int]:
    """All members of an archive of so many bytes, and where its directory begins.

    Raises:
        FileError: no archive, or one that is broken or has too many members.
    """
    count, length, offset, end = _end(file, size)
    if count > MOST_MEMBERS or length > MOST_BYTES:
        raise FileError("The archive has too many members.", got=count, expected=f"at most {MOST_MEMBERS}")
    if offset + length != end:
        raise _broken(f"a directory at {offset} of {length} bytes, before {end}")
    file.seek(offset)
    data = exactly(file, length)
    found, at = [], 0
    for _ in range(count):
        member, at = _member(data, at)
        found.append(member)
    if at != len(data):
        raise FileError(
            "The archive has another number of members than it says.",
            got=f"{len(data) - at} bytes more",
            expected=count,
        )
    return found, offset


def _end(file, size: int) -> tuple[int, int, int, int]:
    """Number of members, bytes and offset of the directory, and where it must end."""
    tail_size = min(size, _END.size + _MOST_COMMENT)
    file.seek(size - tail_size)
    tail = exactly(file, tail_size)
    found, at = [], tail.find(_END_MARK)
    while at >= 0:
        if at + _END.size <= len(tail):
            record = _END.unpack_from(tail, at)
            if at + _END.size + record[-1] == len(tail):
                found.append((size - tail_size + at, record))
        at = tail.find(_END_MARK, at + 1)
    if not found:
        raise _broken("no end record")
    if len(found) > 1:
        raise FileError("The archive ends twice.", got=f"{len(found)} end records", expected="1")
    end, (_, disk, first_disk, here, count, length, offset, _) = found[0]
    if (disk, first_disk) not in ((0, 0), (0xFFFF, 0xFFFF)) or here != count:
        raise _broken("it is spread over several files")
    return _long_end(file, end, count, length, offset) or (count, length, offset, end)


def _long_end(file, end: int, *short: int) -> tuple[int, int, int, int] | None:
    """What the record for large archives says, where there is one."""
    if end < _LOCATOR.size + _LONG_END.size:
        return None
    file.seek(end - _LOCATOR.size)
    mark, disk, place, disks = _LOCATOR.unpack(exactly(file, _LOCATOR.size))
    if mark != b"PK\6\7":
        return None
    if disk or disks > 1 or place + _LONG_END.size != end - _LOCATOR.size:
        raise _broken("its record for large archives is elsewhere")
    file.seek(place)
    mark, _, _, _, disk, first_disk, here, *long = _LONG_END.unpack(exactly(file, _LONG_END.size))
    agree = all(given in (told, *_FULL) for given, told in zip(short, long, strict=True))
    if mark != b"PK\6\6" or disk or first_disk or here != long[0] or not agree:
        raise _broken("its two end records differ")
    return long[0], long[1], long[2], place


def _member(data: bytes, at: int) -> tuple[Member, int]:
    """The entry that begins at a place, and where it ends."""
    if at + _ENTRY.size > len(data):
        raise _broken("the directory ends too early")
    entry = _ENTRY.unpack_from(data, at)
    mark, _, _, flags, method, _, _, crc, packed, size, name_size, extra_size, comment_size, disk, _, mode, offset = (
        entry
    )
    begin = at + _ENTRY.size
    end = begin + name_size + extra_size + comment_size
    if mark != b"PK\1\2" or end > len(data) or disk:
        raise _broken("an entry of the directory is none")
    name = data[begin : begin + name_size]
    extra = data[begin + name_size : begin + name_size + extra_size]
    size, packed, offset = long_numbers(extra, [size, packed, offset])
    try:
        text = name.decode("utf-8" if flags & _UTF8 else "cp437")
    except UnicodeDecodeError as error:
        raise _broken("a name is no text") from error
    return Member(text, name, flags, method, crc, packed, size, offset, mode >> 16), end


def long_numbers(extra: bytes, numbers: list[int]) -> list[int]:
    """Numbers of a header; those that do not fit into it stand in its extra field, in this order."""
    long = b""
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<HH", extra)
        if kind == _LONG_NUMBERS:
            long = extra[4 : 4 + size]
        extra = extra[4 + size :]
    found = []
    for number in numbers:
        if number == 0xFFFFFFFF:
            if len(long) < 8:
                raise _broken("a large number is missing")
            number, long = int.from_bytes(long[:8], "little"), long[8:]
        found.append(number)
    return found


def _broken(got: str) -> FileError:
    return FileError("This is no zip archive, or a broken one.", got=got)


def exactly(file, size: int) -> bytes:
    """So many bytes, neither more nor fewer."""
    data = b""
    while len(data) < size and (piece := file.read(size - len(data))):
        data += piece
    if len(data) < size:
        raise FileError("The file ends too early.", got=f"{len(data)} bytes", expected=size)
    return data
