"""Zip archives that nobody vouches for: read in place, each member checked before a byte of it is used.

Below:  source.py opens the file; Python's zipfile reads the directory.
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
import zipfile
import zlib

from pellucid.errors import FileError
from pellucid.files.source import Window

MOST_MEMBERS = 10_000
MOST_RATIO = 1100  # deflate cannot do better than 1032 to 1
_LOCAL = struct.Struct("<4s5H3L2H")
_END = b"PK\5\6"
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
        told = self._members_told()
        try:
            with zipfile.ZipFile(Window(file, 0, self._size)) as archive:
                infos, directory = archive.infolist(), archive.start_dir
        except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, OverflowError) as error:
            raise FileError("This is no zip archive, or a broken one.", got=str(error)) from error
        if told not in (len(infos), 0xFFFF):
            raise FileError("The archive has another number of members than it says.", got=len(infos), expected=told)
        self._check_members(infos)
        self._starts = self._check_places(infos, directory)
        self._infos = {info.filename: info for info in infos}

    def _members_told(self) -> int:
        """What the end record says; there is one, at the very end."""
        tail_size = min(self._size, 65_557)
        self._file.seek(self._size - tail_size)
        tail = _exactly(self._file, tail_size)
        found, members, at = 0, 0, tail.find(_END)
        while at >= 0:
            if at + 22 <= len(tail):
                count, comment = struct.unpack_from("<10xH8xH", tail, at)
                if at + 22 + comment == len(tail):
                    found, members = found + 1, count
            at = tail.find(_END, at + 1)
        if found != 1:
            raise FileError(
                "This is no zip archive, or a broken one." if not found else "The archive ends twice.",
                got=f"{found} end records",
                expected="1",
            )
        return members

    def _check_members(self, infos):
        if len(infos) > MOST_MEMBERS:
            raise FileError("The archive has too many members.", got=len(infos), expected=f"at most {MOST_MEMBERS}")
        seen = set()
        for info in infos:
            name = info.filename
            key = unicodedata.normalize("NFC", name).casefold()
            if key in seen:
                raise FileError("Two members of the archive have one name.", got=repr(name))
            seen.add(key)
            parts = name.rstrip("/").split("/")
            bad_name = len(name) > 1024 or "\0" in info.orig_filename or "\\" in name or not parts[0]
            if bad_name or ".." in parts or ":" in parts[0]:
                raise FileError("A member of the archive has a name that leads elsewhere.", got=repr(name)[:200])
            if stat.S_ISLNK(info.external_attr >> 16):
                raise FileError("A member of the archive is a link.", got=repr(name))
            if info.flag_bits & 0x1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise FileError("A member is encrypted, or packed in another way than deflate.", got=repr(name))
            if info.compress_type == zipfile.ZIP_STORED and info.file_size != info.compress_size:
                raise FileError("The sizes of a stored member differ.", got=repr(name))
            if info.file_size > info.compress_size * MOST_RATIO:
                raise FileError("A member says it unpacks to more than it can.", got=f"{name!r}: {info.file_size}")
        if sum(info.file_size for info in infos) > self._size * MOST_RATIO:
            raise FileError("The members say they unpack to more than they can.", got=f"{self._size} bytes of file")

    def _check_places(self, infos, directory) -> dict[str, int]:
        """Where the bytes of each member begin; headers agree and nothing overlaps."""
        starts, end_before = {}, 0
        for info in sorted(infos, key=lambda info: info.header_offset):
            if info.header_offset < end_before:
                raise FileError("Members of the archive overlap.", got=repr(info.filename))
            self._file.seek(info.header_offset)
            header = _LOCAL.unpack(_exactly(self._file, _LOCAL.size))
            magic, _, flags, method, _, _, crc, packed, unpacked, name_size, extra_size = header
            name = _exactly(self._file, name_size)
            encoded = info.orig_filename.encode("utf-8" if info.flag_bits & 0x800 else "cp437")
            told_later = bool(flags & 0x8)
            same = (
                magic == b"PK\3\4"
                and name == encoded
                and (flags & ~0x8) == (info.flag_bits & ~0x8)
                and method == info.compress_type
                and (crc == info.CRC or (told_later and crc == 0))
                and packed in (info.compress_size, 0xFFFFFFFF, *([0] if told_later else []))
                and unpacked in (info.file_size, 0xFFFFFFFF, *([0] if told_later else []))
            )
            if not same:
                raise FileError("A member's own header differs from the directory.", got=repr(info.filename))
            starts[info.filename] = info.header_offset + _LOCAL.size + name_size + extra_size
            end_before = starts[info.filename] + info.compress_size
        if end_before > directory or (infos and min(info.header_offset for info in infos) != 0):
            raise FileError("Members of the archive lie outside of their place.")
        return starts

    @property
    def names(self) -> list[str]:
        """Names of the members, in the order of the directory."""
        return list(self._infos)

    def size(self, name: str) -> int:
        """Bytes of a member, unpacked."""
        return self._info(name).file_size

    def _info(self, name):
        if name not in self._infos:
            raise FileError(
                "The archive lacks a member.", got=", ".join(map(repr, self.names[:20])), expected=repr(name)
            )
        return self._infos[name]

    def read(self, name: str, most: int) -> bytes:
        """The bytes of a member of at most so many.

        Raises:
            FileError: there is none, it is larger, or it is damaged.
        """
        info = self._info(name)
        if info.file_size > most:
            raise FileError(f"The member {name!r} is too large.", got=info.file_size, expected=f"at most {most}")
        return b"".join(self._chunks(info))

    def open(self, name: str):
        """A member as a seekable file, its checksum verified; a stored one is read in place."""
        info = self._info(name)
        if info.compress_type == zipfile.ZIP_DEFLATED:
            return io.BytesIO(b"".join(self._chunks(info)))
        for _ in self._chunks(info):
            pass
        return Window(self._file, self._starts[name], info.file_size)

    def _chunks(self, info):
        """The unpacked bytes, piece by piece; stops as soon as there are more than declared."""
        unpack = zlib.decompressobj(-zlib.MAX_WBITS) if info.compress_type == zipfile.ZIP_DEFLATED else None
        packed = Window(self._file, self._starts[info.filename], info.compress_size)
        crc = size = 0
        while raw := packed.read(_CHUNK):
            while raw:
                piece = unpack.decompress(raw, _CHUNK) if unpack else raw
                raw = unpack.unconsumed_tail if unpack else b""
                size += len(piece)
                crc = zlib.crc32(piece, crc)
                if size > info.file_size:
                    raise _damaged(info)
                yield piece
        if size != info.file_size or crc != info.CRC or (unpack and not unpack.eof):
            raise _damaged(info)


def _damaged(info) -> FileError:
    return FileError(
        "The archive is damaged: a member's size or checksum is not what the directory says.", got=repr(info.filename)
    )


def _exactly(file, size: int) -> bytes:
    data = b""
    while len(data) < size and (piece := file.read(size - len(data))):
        data += piece
    if len(data) < size:
        raise FileError("The file ends too early.", got=f"{len(data)} bytes", expected=size)
    return data
