"""Zip archives that nobody vouches for: read in place, each member checked before a byte of it is used.

Below:  zip_directory.py reads what the archive says of its members.
Above:  keras_zip.py.
Kept true: directory and local headers agree, members do not overlap, sizes are as declared, the checksum
           of each member read is verified, and nothing is ever extracted to disk.

Source: APPNOTE 6.3.10 of PKWARE, sections 4.3 and 4.4.
"""

from __future__ import annotations

import io
import stat
import struct
import unicodedata
import zlib

from pellucid.errors import FileError
from pellucid.files import zip_directory
from pellucid.files.source import Window
from pellucid.files.verifying import VerifiedWindow
from pellucid.files.zip_directory import DEFLATED, STORED, Member, exactly

MOST_RATIO = 1100  # deflate cannot do better than 1032 to 1
MOST_NAME = 1024
_LOCAL = struct.Struct("<4s5H3L2H")
_ENCRYPTED, _TOLD_LATER = 0x1, 0x8
_CHUNK = 1 << 20


class SafeZip:
    """The members of an archive, by name.

    Args:
        file: an open, seekable binary file.

    Raises:
        FileError: no zip archive, or one that breaks a rule above.
    """

    def __init__(self, file):
        self._file = file
        self._size = file.seek(0, io.SEEK_END)
        members, directory = zip_directory.members(file, self._size)
        self._check_members(members)
        self._starts = self._check_places(members, directory)
        self._members = {member.name: member for member in members}

    def _check_members(self, members: list[Member]):
        seen = set()
        for member in members:
            key = unicodedata.normalize("NFC", member.name).casefold()
            if key in seen:
                raise FileError("Two members of the archive have one name.", got=repr(member.name)[:200])
            seen.add(key)
            _check_member(member)
        if sum(member.size for member in members) > self._size * MOST_RATIO:
            raise FileError("The members say they unpack to more than they can.", got=f"{self._size} bytes of file")

    def _check_places(self, members: list[Member], directory: int) -> dict[str, int]:
        """Where the bytes of each member begin; headers agree and nothing overlaps."""
        starts, end_before = {}, 0
        for member in sorted(members, key=lambda member: member.offset):
            if member.offset < end_before:
                raise FileError("Members of the archive overlap.", got=repr(member.name))
            starts[member.name] = self._check_header(member)
            end_before = starts[member.name] + member.packed
        if end_before > directory or (members and min(member.offset for member in members) != 0):
            raise FileError("Members of the archive lie outside of their place.")
        return starts

    def _check_header(self, member: Member) -> int:
        """Where the bytes of a member begin; its own header must say what the directory says."""
        self._file.seek(member.offset)
        head = _LOCAL.unpack(exactly(self._file, _LOCAL.size))
        magic, _, flags, method, _, _, crc, packed, size, name_size, extra_size = head
        name, extra = exactly(self._file, name_size), exactly(self._file, extra_size)
        size, packed = zip_directory.long_numbers(extra, [size, packed])
        told_later = (0,) if flags & _TOLD_LATER else ()
        if not (
            magic == b"PK\3\4"
            and name == member.raw_name
            and (flags | _TOLD_LATER) == (member.flags | _TOLD_LATER)
            and method == member.method
            and crc in (member.crc, *told_later)
            and packed in (member.packed, *told_later)
            and size in (member.size, *told_later)
        ):
            raise FileError("A member's own header differs from the directory.", got=repr(member.name))
        return member.offset + _LOCAL.size + name_size + extra_size

    @property
    def names(self) -> list[str]:
        """Names of the members, in the order of the directory."""
        return list(self._members)

    def size(self, name: str) -> int:
        """Bytes of a member, unpacked."""
        return self._member(name).size

    def _member(self, name: str) -> Member:
        if name not in self._members:
            raise FileError(
                "The archive lacks a member.", got=", ".join(map(repr, self.names[:20])), expected=repr(name)
            )
        return self._members[name]

    def read(self, name: str, most: int) -> bytes:
        """The bytes of a member of at most so many.

        Raises:
            FileError: there is none, it is larger, or it is damaged.
        """
        member = self._member(name)
        if member.size > most:
            raise FileError(f"The member {name!r} is too large.", got=member.size, expected=f"at most {most}")
        return b"".join(self._chunks(member))

    def open(self, name: str, most_unpacked: int):
        """A member as a seekable file, its checksum verified; a stored one is read in place.

        Args:
            most_unpacked: bytes that may be taken for one that is not stored.

        Raises:
            FileError: as `read`.
        """
        member = self.open_to_confirm(name, most_unpacked)
        if isinstance(member, VerifiedWindow):
            member.confirm()
            member.seek(0)
        return member

    def open_to_confirm(self, name: str, most_unpacked: int):
        """The same, but a stored member is verified only by its `confirm`: after it was read, which costs no second reading."""
        member = self._member(name)
        if member.method == DEFLATED:
            return io.BytesIO(self.read(name, most_unpacked))
        return VerifiedWindow(self._file, self._starts[name], member.size, member.crc, lambda: _damaged(member))

    def _chunks(self, member: Member):
        """The unpacked bytes, piece by piece; stops as soon as there are more than declared."""
        unpack = zlib.decompressobj(-zlib.MAX_WBITS) if member.method == DEFLATED else None
        packed = Window(self._file, self._starts[member.name], member.packed)
        crc = size = 0
        while raw := packed.read(_CHUNK):
            while raw:
                piece = _unpacked(unpack, raw, member) if unpack else raw
                raw = unpack.unconsumed_tail if unpack else b""
                size += len(piece)
                crc = zlib.crc32(piece, crc)
                if size > member.size or (unpack and unpack.unused_data):
                    raise _damaged(member)
                yield piece
        if size != member.size or crc != member.crc or (unpack and not unpack.eof):
            raise _damaged(member)


def _unpacked(unpack, raw: bytes, member: Member) -> bytes:
    try:
        return unpack.decompress(raw, _CHUNK)
    except zlib.error as error:
        raise _damaged(member) from error


def _check_member(member: Member):
    """What a member says of itself."""
    name = member.name
    parts = name.rstrip("/").split("/")
    if len(name) > MOST_NAME or set(name) & {"\0", "\\"} or not parts[0] or ".." in parts or ":" in parts[0]:
        raise FileError("A member of the archive has a name that leads elsewhere.", got=repr(name)[:200])
    if stat.S_IFMT(member.mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise FileError("A member of the archive is a link or a device.", got=repr(name))
    if member.flags & _ENCRYPTED or member.method not in (STORED, DEFLATED):
        raise FileError("A member is encrypted, or packed in another way than deflate.", got=repr(name))
    if member.method == STORED and member.size != member.packed:
        raise FileError("The sizes of a stored member differ.", got=repr(name))
    if member.size > member.packed * MOST_RATIO:
        raise FileError("A member says it unpacks to more than it can.", got=f"{name!r}: {member.size}")


def _damaged(member: Member) -> FileError:
    return FileError(
        "The archive is damaged: a member's size or checksum is not what the directory says.", got=repr(member.name)
    )
