"""Filters of HDF5: how the parts of an array are packed, and their bytes as they were before.

Above: arrays.py.
Kept true: unpacking stops at the size that the array's shape tells.

Source: HDF5 File Format Specification 3.0, section IV.A.2.l.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import numpy as np

from pellucid.errors import FileError
from pellucid.files.hdf5.storage import Fields, broken

_DEFLATE, _SHUFFLE, _FLETCHER32 = 1, 2, 3
_CHECKSUM_BYTES = 4


def listed(fields: Fields) -> Iterator[tuple[int, int]]:
    """An array's filters as (number, argument), in the order in which they were applied.

    Raises:
        FileError: one that is not read.
    """
    version, count = fields.unpack("BB")
    if version not in (1, 2) or count > 32:
        raise broken("a list of filters is of a kind that is not known", version)
    fields.raw(6 if version == 1 else 0)
    for _ in range(count):
        number = fields.number(2)
        name_size = fields.number(2) if version == 1 or number >= 256 else 0
        _, values = fields.unpack("HH")
        fields.raw(-(-name_size // 8) * 8 if version == 1 else name_size)
        arguments = fields.unpack(f"{values}I")
        fields.raw(4 if version == 1 and values % 2 else 0)
        if number not in (_DEFLATE, _SHUFFLE, _FLETCHER32):
            raise FileError(
                "An array is packed in a way that is not read.",
                got=f"filter {number}",
                expected="gzip, shuffle, fletcher32",
            )
        yield number, arguments[0] if arguments else 0


def unpacked(data: bytes | bytearray, filters, mask: int, size: int) -> bytes:
    """The bytes of a part of an array.

    Args:
        filters: as `listed` gives them.
        mask: bits of those that were left out.
        size: bytes that there must be.

    Raises:
        FileError: more, fewer or damaged ones.
    """
    for k, (number, argument) in reversed(list(enumerate(filters))):
        if mask >> k & 1:
            continue
        if number == _DEFLATE:
            data = _inflated(data, size + _CHECKSUM_BYTES)  # a checksum may be packed along
        elif number == _SHUFFLE:
            data = _unshuffled(data, argument)
        else:
            data = _without_fletcher32(data)
    if len(data) != size:
        raise broken("a part of an array is damaged", f"{len(data)} of {size} bytes")
    return bytes(data)


def _inflated(data: bytes | bytearray, most: int) -> bytes:
    inflate = zlib.decompressobj()
    try:
        found = inflate.decompress(data, most + 1)
    except zlib.error as error:
        raise broken("a part of an array is damaged", str(error)) from error
    if not inflate.eof:
        raise broken("a part of an array is damaged", "its packed bytes go on")
    return found


def _unshuffled(data: bytes | bytearray, width: int) -> bytes:
    """The bytes of values that were sorted: first the first byte of each, and so on."""
    if width <= 1:
        return bytes(data)
    whole = len(data) // width * width
    return np.frombuffer(data, "u1", whole).reshape(width, -1).T.tobytes() + bytes(data[whole:])


def _without_fletcher32(data: bytes | bytearray) -> bytes:
    """Data without the checksum behind it, which must be right.

    Source: J. Fletcher, 1982, over words of 16 bits; an odd byte counts as the upper half of one.
    """
    if len(data) < _CHECKSUM_BYTES:
        raise broken("a part of an array is damaged", "no checksum")
    body = bytes(data[:-_CHECKSUM_BYTES])
    words = np.frombuffer(body + b"\0" * (len(body) % 2), ">u2").astype("u8")
    low = int(words.sum())
    high = sum(
        int(
            (
                words[k : k + 2**16] * np.arange(len(words) - k, max(len(words) - k - 2**16, 0), -1, dtype="u8") % 65535
            ).sum()
        )
        for k in range(0, len(words), 2**16)
    )
    told = int.from_bytes(data[-_CHECKSUM_BYTES:], "little")
    if told != (_folded(high) << 16 | _folded(low)):
        raise FileError("The file is damaged: the checksum of a part of an array is wrong.")
    return body


def _folded(total: int) -> int:
    """A sum as the original keeps it: 65535 and not 0, unless nothing was added."""
    return (total - 1) % 65535 + 1 if total else 0
