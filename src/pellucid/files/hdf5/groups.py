"""Groups of HDF5: the names in a group, and where what they name lies.

Below:  headers.py gives the messages, heaps.py what lies beside them.
Above:  reader.py walks from group to group.
Kept true: hard links only, and each name once.

Source: HDF5 File Format Specification 3.0, sections III.B, III.C, IV.A.2.c, d, g and r.
"""

from __future__ import annotations

from collections.abc import Iterator

from pellucid.errors import FileError
from pellucid.files.hdf5.headers import LINK, LINK_INFO, SYMBOLS, Messages
from pellucid.files.hdf5.heaps import FractalHeap, LocalHeap, new_tree, old_tree
from pellucid.files.hdf5.storage import NOWHERE, Fields, Storage, broken

_GROUP_TREE, _NAMES_TREE = 0, 5
_HARD_KINDS = (0, 1)  # of a symbol: nothing noted beside it, or a group's own places


def is_group(messages: Messages) -> bool:
    """Whether an object with these messages is a group."""
    return SYMBOLS in messages or LINK_INFO in messages or LINK in messages


def links(storage: Storage, messages: Messages) -> Iterator[tuple[bytes, int]]:
    """Names in a group, with the addresses of what they name."""
    for body in messages.get(SYMBOLS, ()):
        yield from _symbols(storage, *body.unpack("QQ"))
    for body in messages.get(LINK, ()):
        yield _link(body)
    for body in messages.get(LINK_INFO, ()):
        version, flags = body.unpack("BB")
        body.raw(8 if flags & 1 else 0)
        heap, tree = body.unpack("QQ")
        if version != 0:
            raise broken("a group is of a kind that is not known", version)
        if heap != NOWHERE:
            objects = FractalHeap(storage, heap)
            for record in new_tree(storage, tree, _NAMES_TREE):
                record.raw(4)
                yield _link(Fields(objects.object(record.raw(objects.id_size))))


def _symbols(storage, tree: int, heap: int):
    names = LocalHeap(storage, heap)
    for _, address in old_tree(storage, tree, _GROUP_TREE, 8):
        head = Fields(storage.peek(address, 8))
        head.expect(b"SNOD\1\0")
        count = head.number(2)
        storage.step(count)
        block = storage.block(address, 8 + 40 * count)
        block.raw(8)
        for _ in range(count):
            offset, where, kind = block.unpack("QQI20x")
            name = names.name(offset)
            if kind not in _HARD_KINDS:
                raise _elsewhere(name)
            yield name, where


def _link(body: Fields) -> tuple[bytes, int]:
    version, flags = body.unpack("BB")
    if version != 1 or flags & ~0x1F:
        raise broken("a link is of a kind that is not known", version)
    kind = body.number(1) if flags & 8 else 0
    body.raw((8 if flags & 4 else 0) + (1 if flags & 16 else 0))
    name = body.raw(body.number(1 << (flags & 3)))
    if kind != 0:
        raise _elsewhere(name)
    return name, body.number(8)


def _elsewhere(name: bytes) -> FileError:
    return FileError("A link leads elsewhere.", got=repr(name)[:200], expected="hard links only")
