"""Arrays of HDF5: where the values of an array lie, whether all are there, and the values.

Below:  headers.py gives the messages, heaps.py the tree of parts, kinds.py kind and shape.
Above:  reader.py.
Kept true: an array is no larger than the bytes that are stored for it allow, and no two arrays share them.

Source: HDF5 File Format Specification 3.0, sections III.A.1, IV.A.2.i and IV.A.2.l, and appendix C.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np

from pellucid.errors import FileError
from pellucid.files.filling import empty
from pellucid.files.hdf5 import filters, kinds
from pellucid.files.hdf5.headers import FILTERS, LAYOUT, SPACE, TYPE, Messages
from pellucid.files.hdf5.heaps import old_tree
from pellucid.files.hdf5.storage import NOWHERE, Fields, Storage, broken

MOST_RATIO = 1100  # deflate cannot do better than 1032 to 1
_COMPACT, _CONTIGUOUS, _CHUNKED, _VIRTUAL = range(4)
_MOST_CHUNK = 2**32 - 1
_CHUNK_TREE = 1


@dataclass(frozen=True)
class Chunk:
    """A part of an array: where its bytes lie, and which filters were left out for it."""

    address: int
    size: int
    mask: int


@dataclass(frozen=True)
class Array:
    """An array that may be read.

    Args:
        shape: elements along each axis.
        kind: of one value.
        place: where the values lie, if they lie in one piece; or they themselves, if they are in the header.
        chunk: elements of a part along each axis; () if there are no parts.
        chunks: the parts, by the number of each along each axis.
        filters: as (number, argument), in the order in which they were applied.
    """

    shape: tuple[int, ...]
    kind: kinds.Kind
    place: int | bytes
    chunk: tuple[int, ...]
    chunks: dict[tuple[int, ...], Chunk]
    filters: tuple[tuple[int, int], ...]

    @property
    def size_bytes(self) -> int:
        """Bytes of all values."""
        return math.prod(self.shape) * self.kind.size


def is_array(messages: Messages) -> bool:
    """Whether an object with these messages is an array."""
    return LAYOUT in messages


def array(storage: Storage, messages: Messages) -> Array:
    """What is known of an array before its values are read.

    Raises:
        FileError: not all of its values are there, or they are stored in a way that is not read.
    """
    if SPACE not in messages or TYPE not in messages:
        raise broken("an array has no shape or kind", sorted(messages))
    shape, kind = kinds.shape(messages[SPACE][0]), kinds.kind(messages[TYPE][0])
    if shape is None:
        raise FileError("An array has no plain shape.", got="no value")
    if kind.code in ("text", "any length"):
        raise FileError("An array holds no plain numbers.", got=kind.code)
    applied = tuple(filters.listed(messages[FILTERS][0])) if FILTERS in messages else ()
    place, chunk, chunks = _layout(storage, messages[LAYOUT][0], shape, kind)
    found = Array(shape, kind, place, chunk, chunks, applied)
    _check_all_there(storage, found)
    return found


def _layout(storage, fields, shape, kind):
    version, group = fields.unpack("BB")
    if version not in (3, 4, 5):
        raise broken("an array is stored in a way that is not known", f"layout version {version}")
    if group == _COMPACT:
        return fields.raw(fields.number(2)), (), {}
    if group == _CONTIGUOUS:
        place, size = fields.unpack("QQ")
        if size != math.prod(shape) * kind.size:
            raise _too_large(math.prod(shape) * kind.size, size)
        return place, (), {}
    if group == _CHUNKED:
        return NOWHERE, *(_old_chunks if version == 3 else _new_chunks)(storage, fields, shape, kind)
    raise FileError("An array's values lie outside of the file.", got="virtual" if group == _VIRTUAL else group)


def _check_chunk(chunk, shape, kind):
    size = math.prod(chunk)
    if len(chunk) != len(shape) + 1 or not shape or size == 0 or chunk[-1] != kind.size or size > _MOST_CHUNK:
        raise broken("an array's parts do not fit its shape", f"{chunk} of {shape}")
    return chunk[:-1]


def _old_chunks(storage, fields, shape, kind):
    rank = fields.number(1)
    tree = fields.number(8)
    chunk = _check_chunk(fields.unpack(f"{rank}I"), shape, kind)
    found: dict[tuple[int, ...], Chunk] = {}
    if tree == NOWHERE:
        return chunk, found
    for key, address in old_tree(storage, tree, _CHUNK_TREE, 8 + 8 * rank):
        size, mask, *offsets = Fields(key).unpack(f"II{rank}Q")
        number = tuple(offset // step for offset, step in zip(offsets, chunk, strict=False))
        if offsets != [n * step for n, step in zip(number, chunk, strict=True)] + [0] or number in found:
            raise broken("an array's parts overlap", offsets)
        found[number] = Chunk(address, size, mask)
    return chunk, found


def _new_chunks(storage, fields, shape, kind):
    flags, rank, width = fields.unpack("BBB")
    chunk = _check_chunk(tuple(fields.number(width) for _ in range(rank)), shape, kind)
    index = fields.number(1)
    size = math.prod(chunk) * kind.size
    counts = [-(-length // step) for length, step in zip(shape, chunk, strict=True)]
    storage.step(math.prod(counts))
    if index == 1 and not flags & ~2:
        packed, mask = fields.unpack("QI") if flags & 2 else (size, 0)
        chunks = [Chunk(fields.number(8), packed, mask)]
    elif index == 2 and not flags:
        start = fields.number(8)
        chunks = [Chunk(start + k * size, size, 0) for k in range(math.prod(counts))]
    elif index == 3 and not flags:
        fields.number(1)
        chunks = _fixed_array(storage, fields.number(8), math.prod(counts), size)
    else:
        raise broken(
            "an array's parts are listed in a way that is not read", f"index {index}; save it again without maxshape"
        )
    if not chunks:
        return chunk, {}
    return chunk, dict(zip(itertools.product(*map(range, counts)), chunks, strict=True))


def _fixed_array(storage, address: int, count: int, size: int) -> list[Chunk]:
    if address == NOWHERE:
        return []
    head = storage.block(address, 28)
    head.verify()
    head.expect(b"FAHD\0")
    client, width, page_bits, entries, data = head.unpack("BBBQQ")
    if entries != count or client > 1 or width != (8 if client == 0 else width) or data == NOWHERE:
        raise broken("an array's parts are not those of its shape", f"{entries} instead of {count}")
    if count > 1 << page_bits:
        raise broken("an array has too many parts in a list that is not read", count)
    block = storage.block(data, 14 + count * width + 4)
    block.verify()
    block.expect(b"FADB\0" + bytes([client]))
    if block.number(8) != address:
        raise broken("a list of parts belongs elsewhere", data)
    if client == 0:
        return [Chunk(block.number(8), size, 0) for _ in range(count)]
    return [Chunk(block.number(8), block.number(width - 12), block.number(4)) for _ in range(count)]


def _check_all_there(storage, found: Array):
    """Every value has its bytes in the file, and these are taken."""
    wanted = found.size_bytes
    if not found.chunk:
        if isinstance(found.place, bytes):
            stored = len(found.place)
        else:
            stored = wanted if found.place != NOWHERE else 0
            storage.take(found.place if stored else 0, stored)
        if stored != wanted or found.filters:
            raise _too_large(wanted, stored)
        return
    parts = [-(-size // step) for size, step in zip(found.shape, found.chunk, strict=True)]
    stored = sum(chunk.size for chunk in found.chunks.values())
    size = math.prod(found.chunk) * found.kind.size
    numbers = all(k < count for number in found.chunks for k, count in zip(number, parts, strict=True))
    if len(found.chunks) != math.prod(parts) or not numbers or size > max(2**20, 2 * wanted):
        raise _too_large(wanted, stored)
    for chunk in found.chunks.values():
        if size > chunk.size * MOST_RATIO or chunk.size > 2 * size + 1024:
            raise _too_large(size, chunk.size)
        storage.take(chunk.address, chunk.size)


def _too_large(wanted, stored):
    return FileError(
        "An array is larger than its bytes in the file.", got=f"{wanted} bytes, of which {stored} are stored"
    )


def values(storage: Storage, found: Array) -> tuple[np.ndarray, int | None]:
    """The values of an array, those of kinds that NumPy lacks as plain bytes; and the CRC-32 of them all, where it is known."""
    kind = found.kind
    dtype = np.dtype(f"V{kind.size}" if kind.code in ("bfloat16", "opaque") else kind.code)
    if not found.chunk:
        if isinstance(found.place, bytes):
            return np.frombuffer(found.place, dtype).reshape(found.shape).copy(), None
        filled = empty(found.shape, dtype)
        crc = storage.read_into(found.place, filled.reshape(-1).view("u1")) if filled.size else None
        return filled, crc
    filled = empty(found.shape, dtype)
    size = math.prod(found.chunk) * kind.size
    for number, chunk in found.chunks.items():
        packed = bytearray(chunk.size)
        storage.read_into(chunk.address, packed)
        part = np.frombuffer(filters.unpacked(packed, found.filters, chunk.mask, size), dtype).reshape(found.chunk)
        begins = [k * step for k, step in zip(number, found.chunk, strict=True)]
        sizes = [min(step, size - b) for step, size, b in zip(found.chunk, found.shape, begins, strict=True)]
        here = tuple(slice(b, b + size) for b, size in zip(begins, sizes, strict=True))
        filled[here] = part[tuple(slice(size) for size in sizes)]
    return filled, None
