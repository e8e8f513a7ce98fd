"""Heaps and trees of HDF5, where names, attributes and texts lie that do not fit into an object's header.

Below:  storage.py gives the bytes.
Above:  groups.py and attributes.py.
Kept true: trees become flatter with each step down, so none runs in a circle.

Source: HDF5 File Format Specification 3.0, sections III.A, III.D, III.E and III.G.
"""

from __future__ import annotations

from collections.abc import Iterator

from pellucid.files.hdf5.storage import NOWHERE, Fields, Storage, broken, check

_MOST_DEPTH = 16


class LocalHeap:
    """Names of an old group, by their offsets."""

    def __init__(self, storage: Storage, address: int):
        head = storage.block(address, 32)
        head.expect(b"HEAP\0")
        head.raw(3)
        size, _, data = head.unpack("3Q")
        self._data = storage.block(data, size).data

    def name(self, offset: int) -> bytes:
        """The name that begins at an offset."""
        end = self._data.find(b"\0", offset)
        if offset >= len(self._data) or end < 0:
            raise broken("a name lies beyond its heap", offset)
        return self._data[offset:end]


def old_tree(storage: Storage, address: int, kind: int, key_size: int) -> Iterator[tuple[bytes, int]]:
    """Leaves of a version 1 B-tree: the key before each, and its address."""
    waiting = [(address, None)]
    while waiting:
        address, level_told = waiting.pop()
        head = Fields(storage.peek(address, 24))
        head.expect(b"TREE")
        found, level, count = head.unpack("BBH16x")
        if found != kind or level > _MOST_DEPTH or level_told not in (None, level):
            raise broken("a tree is not what it should be", f"kind {found}, level {level}")
        block = storage.block(address, 24 + count * (key_size + 8) + key_size)
        storage.step(count)
        block.raw(24)
        below = [(block.raw(key_size), block.number(8)) for _ in range(count)]
        if level == 0:
            yield from below
        else:
            waiting += [(child, level - 1) for _, child in reversed(below)]


def new_tree(storage: Storage, address: int, kind: int) -> Iterator[Fields]:
    """Records of a version 2 B-tree."""
    head = storage.block(address, 38)
    head.verify()
    head.expect(b"BTHD\0")
    found, node_size, record, depth, root, count, total = head.unpack("BIHHxxQHQ")
    if found != kind or not record or depth > _MOST_DEPTH or node_size < 64:
        raise broken("a tree is not what it should be", f"kind {found}, depth {depth}")
    if root == NOWHERE:
        return
    widths = _pointer_widths(node_size, record, depth)
    waiting, seen = [(root, count, depth)], 0
    while waiting:
        address, count, level = waiting.pop()
        block = storage.block(address, 6 + count * record + ((count + 1) * sum(widths[level]) if level else 0) + 4)
        block.verify()
        block.expect((b"BTIN\0" if level else b"BTLF\0") + bytes([kind]))
        storage.step(count)
        for _ in range(count):
            yield Fields(block.raw(record))
        seen += count
        if level:
            _, own, all_below = widths[level]
            for _ in range(count + 1):
                child, size = block.number(8), block.number(own)
                block.raw(all_below)
                waiting.append((child, size, level - 1))
    if seen != total:
        raise broken("a tree has another number of records than it says", f"{seen} of {total}")


def _pointer_widths(node_size: int, record: int, depth: int) -> list[tuple[int, int, int]]:
    """By level: bytes of a child's address, of its number of records, and of all below it."""
    most = [(node_size - 10) // record]
    every, widths = list(most), [(0, 0, 0)]
    for level in range(1, depth + 1):
        width = (8, _bytes_for(most[0]), _bytes_for(every[level - 1]) if level > 1 else 0)
        widths.append(width)
        most.append((node_size - 10 - sum(width)) // (record + sum(width)))
        every.append((most[level] + 1) * every[level - 1] + most[level])
    return widths


def _bytes_for(limit: int) -> int:
    """Bytes that numbers up to this need."""
    return -(-max(limit, 1).bit_length() // 8)


class FractalHeap:
    """Objects of a newer group, by their ids in the heap."""

    def __init__(self, storage: Storage, address: int):
        self._storage, self._address = storage, address
        head = storage.block(address, 146)
        head.verify()
        head.expect(b"FRHP\0")
        self.id_size, filters, self._flags, self._most_managed = head.unpack("HHBI")
        _, self._huge_tree = head.unpack("QQ")
        head.raw(80)
        self._width, self._first, self._most_direct, bits, _, root, rows = head.unpack("HQQHHQH")
        powers = all(size and not size & size - 1 for size in (self._width, self._first, self._most_direct))
        if filters or not powers or bits > 64 or self._first > self._most_direct or rows > 64:
            raise broken("a heap is packed, or not what it should be", f"{filters}, {self._first}, {rows}")
        self._offset_size = -(-bits // 8)
        self._length_size = min(-(-(self._most_direct.bit_length() - 1) // 8), _bytes_for(self._most_managed))
        self._blocks: list[tuple[int, int, Fields]] = []
        self._huge: dict[int, tuple[int, int]] | None = None
        if root != NOWHERE:
            if rows:
                self._indirect(root, 0, rows, 0)
            else:
                self._direct(root, 0, self._first)

    def _direct(self, address: int, offset: int, size: int):
        block = self._storage.block(address, size)
        block.expect(b"FHDB\0")
        self._check_owner(block, offset)
        if self._flags & 2:
            at, told = block.at, block.number(4)
            check(block.data[:at] + bytes(4) + block.data[at + 4 :], told)
        self._blocks.append((offset, offset + size, block))

    def _indirect(self, address: int, offset: int, rows: int, depth: int):
        if depth > _MOST_DEPTH:
            raise broken("a heap is nested too deep", depth)
        block = self._storage.block(address, 17 + self._offset_size + rows * self._width * 8)
        block.verify()
        block.expect(b"FHIB\0")
        self._check_owner(block, offset)
        direct_rows = self._most_direct.bit_length() - self._first.bit_length() + 2
        self._storage.step(rows * self._width)
        for row in range(rows):
            size = self._first << max(row - 1, 0)
            for _ in range(self._width):
                child = block.number(8)
                if child != NOWHERE and row < direct_rows:
                    self._direct(child, offset, size)
                elif child != NOWHERE:
                    below = size.bit_length() - (self._first * self._width).bit_length() + 1
                    self._indirect(child, offset, below, depth + 1)
                offset += size

    def _check_owner(self, block, offset: int):
        owner, told = block.number(8), block.number(self._offset_size)
        if owner != self._address or told != offset:
            raise broken("a heap's block belongs elsewhere", f"{owner}, {told}")

    def object(self, key: bytes) -> bytes:
        """The bytes of the object with an id."""
        fields = Fields(key[: self.id_size])
        kind = fields.number(1)
        if kind & 0xC0:
            raise broken("an object's id is of a kind that is not known", kind)
        if kind >> 4 == 2 and self.id_size <= 17:
            return fields.raw((kind & 15) + 1)
        if kind >> 4 == 1:
            return self._huge_object(fields)
        if kind >> 4 != 0:
            raise broken("an object's id is of a kind that is not known", kind)
        start, size = fields.number(self._offset_size), fields.number(self._length_size)
        for begin, end, block in self._blocks:
            if begin + block.at <= start and start + size <= end:
                return block.data[start - begin : start - begin + size]
        raise broken("an object lies beyond its heap", start)

    def _huge_object(self, fields) -> bytes:
        if self.id_size - 1 >= 16:
            return self._storage.block(fields.number(8), fields.number(8)).data
        if self._huge is None:
            records = new_tree(self._storage, self._huge_tree, 1)
            self._huge = {number: (address, size) for address, size, number in (r.unpack("3Q") for r in records)}
        number = fields.number(min(self.id_size - 1, 8))
        if number not in self._huge:
            raise broken("an object lies beyond its heap", number)
        return self._storage.block(*self._huge.pop(number)).data


class GlobalHeap:
    """Texts of any length, by the collection they lie in and their number there."""

    def __init__(self, storage: Storage):
        self._storage = storage
        self._collections: dict[int, dict[int, tuple[int, int]]] = {}

    def object(self, address: int, number: int, most: int) -> bytes:
        """One text."""
        if address not in self._collections:
            self._collections[address] = self._collection(address)
        if number not in self._collections[address]:
            raise broken("a text lies beyond its heap", number)
        start, size = self._collections[address][number]
        if size > most:
            raise broken("a text is too large", size)
        data = bytearray(size)
        self._storage.read_into(start, data)
        return bytes(data)

    def _collection(self, address: int) -> dict[int, tuple[int, int]]:
        head = Fields(self._storage.peek(address, 16))
        head.expect(b"GCOL\1")
        head.raw(3)
        size = head.number(8)
        self._storage.take(address, size)
        found: dict[int, tuple[int, int]] = {}
        at, end = address + 16, address + size
        while end - at >= 16:
            self._storage.step()
            number, length = Fields(self._storage.peek(at, 16)).unpack("H6xQ")
            if number == 0:
                break
            if at + 16 + length > end or number in found:
                raise broken("a text lies beyond its heap", number)
            found[number] = (at + 16, length)
            at += 16 + -(-length // 8) * 8
        return found
