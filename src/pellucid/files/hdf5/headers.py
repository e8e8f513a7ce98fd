"""Object headers of HDF5: where the root is, and the messages by which each group and array describes itself.

Below:  storage.py gives the bytes.
Above:  groups.py and arrays.py say what the messages mean.
Kept true: only kinds of messages that are known pass, and none that speaks of another file or another object.

Source: HDF5 File Format Specification 3.0, sections II and IV.A.
"""

from __future__ import annotations

from pellucid.errors import FileError
from pellucid.files.hdf5.storage import NOWHERE, Fields, Storage, broken

SIGNATURE = b"\x89HDF\r\n\x1a\n"
SPACE, LINK_INFO, TYPE, LINK, LAYOUT, FILTERS, ATTRIBUTE, SYMBOLS, ATTRIBUTE_INFO = 1, 2, 3, 6, 8, 11, 12, 17, 21
_ELSEWHERE, _CONTINUATION = 7, 16
# Nothing, fill values, group facts, a comment, two kinds of dates, sizes of trees, a count of links: nothing we need.
_PASSED_OVER = {0, 4, 5, 10, 13, 14, 18, 19, 22}
_ONE_ONLY = {SPACE, LINK_INFO, TYPE, LAYOUT, FILTERS, SYMBOLS, ATTRIBUTE_INFO}
_SHARED = 2

Messages = dict[int, list[Fields]]


def root(storage: Storage) -> int:
    """Where the root group's header lies."""
    head = Fields(storage.peek(0, min(storage.size, 48)))
    head.expect(SIGNATURE)
    version = head.number(1)
    if version in (0, 1):
        return _old_root(storage, version)
    if version in (2, 3):
        return _new_root(storage)
    raise broken("its version is not known", version)


def _old_root(storage, version: int) -> int:
    block = storage.block(0, 96 + 4 * version)
    block.raw(13)
    _check_widths(block.number(1), block.number(1))
    block.raw(1 + 4 + 4 + 4 * version)
    base, _, end, driver = block.unpack("4Q")
    _check_extent(storage, base, end)
    if driver != NOWHERE:
        raise broken("it is spread over several files", "a driver block")
    return block.unpack("QQ")[1]


def _new_root(storage) -> int:
    block = storage.block(0, 48)
    block.verify()
    block.raw(9)
    _check_widths(block.number(1), block.number(1))
    if block.number(1) & 5:
        raise broken("it is still open for writing, or was never closed", "marked as open")
    base, extension, end, header = block.unpack("4Q")
    _check_extent(storage, base, end)
    if extension != NOWHERE:
        raise broken("it uses an extension that is not read", "a superblock extension")
    return header


def _check_widths(offsets: int, lengths: int):
    if (offsets, lengths) != (8, 8):
        raise broken("it counts in other than 8 bytes", (offsets, lengths))


def _check_extent(storage, base: int, end: int):
    if base != 0 or end > storage.size:
        raise broken("it has lost its end, or begins elsewhere", f"{storage.size} of {end} bytes, from {base}")


def messages(storage: Storage, address: int) -> Messages:
    """What an object's header says, by kinds."""
    found: Messages = {}
    is_new = storage.peek(address, 4) == b"OHDR"
    walk = _new_chunks(storage, address) if is_new else _old_chunks(storage, address)
    for kind, flags, body in walk:
        storage.step()
        if kind == _ELSEWHERE:
            raise FileError("An array's values lie outside of the file.", got="a list of other files")
        if kind in _PASSED_OVER:
            continue
        if kind not in _ONE_ONLY | {LINK, ATTRIBUTE}:
            raise broken("an object says something that is not read", f"message {kind}")
        if flags & _SHARED:
            raise FileError("An object shares its description with another.", got=f"message {kind}")
        known = found.setdefault(kind, [])
        if known and kind in _ONE_ONLY:
            raise broken("an object says one thing twice", f"message {kind}")
        known.append(body)
    return found


def _old_chunks(storage, address):
    prefix = storage.block(address, 16)
    version, count, _, size = prefix.unpack("BxHII")
    if version != 1:
        raise broken("an object's header is of a kind that is not known", version)
    waiting, seen = [(address + 16, size)], 0
    while waiting:
        block = storage.block(*waiting.pop(0))
        while block.left >= 8 and seen < count:
            kind, length, flags = block.unpack("HHB3x")
            body = Fields(block.raw(length))
            seen += 1
            if kind == _CONTINUATION:
                waiting.append(body.unpack("QQ"))
            else:
                yield kind, flags, body
    if seen != count:
        raise broken("an object has fewer messages than it says", f"{seen} of {count}")


def _new_chunks(storage, address):
    prefix = Fields(storage.peek(address, min(34, storage.size - address)))
    prefix.expect(b"OHDR\2")
    flags = prefix.number(1)
    prefix.raw((16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0))
    size = prefix.number(1 << (flags & 3))
    block = storage.block(address, prefix.at + size + 4)
    block.verify()
    block.at = prefix.at
    waiting = []
    while True:
        while block.left >= (6 if flags & 4 else 4):
            kind, length, message_flags = block.unpack("BHB")
            block.raw(2 if flags & 4 else 0)
            body = Fields(block.raw(length))
            if kind == _CONTINUATION:
                waiting.append(body.unpack("QQ"))
            else:
                yield kind, message_flags, body
        if not waiting:
            return
        block = storage.block(*waiting.pop(0))
        block.verify()
        block.expect(b"OCHK")
