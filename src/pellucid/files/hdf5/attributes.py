"""Attributes of HDF5: numbers and texts that a group or an array carries beside its values.

Below:  headers.py gives the messages, heaps.py what lies beside them, kinds.py their kinds.
Above:  reader.py.

Source: HDF5 File Format Specification 3.0, sections IV.A.2.m and v.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from pellucid.errors import FileError
from pellucid.files.hdf5 import kinds
from pellucid.files.hdf5.headers import ATTRIBUTE, ATTRIBUTE_INFO, Messages
from pellucid.files.hdf5.heaps import FractalHeap, GlobalHeap, new_tree
from pellucid.files.hdf5.storage import NOWHERE, Fields, Storage, broken, decoded

MOST_BYTES = 64 * 2**20
_NAMES_TREE = 8


def attributes(storage: Storage, messages: Messages) -> dict[str, Fields]:
    """An object's attributes, each still as it is stored, by name."""
    found: dict[str, Fields] = {}
    for fields in _stored(storage, messages):
        start = fields.at
        _, name_size, *_ = _head(fields)
        name = decoded(fields.text(name_size))
        if name in found:
            raise broken("an attribute stands twice", repr(name)[:100])
        fields.at = start
        found[name] = fields
    return found


def _stored(storage, messages) -> Iterator[Fields]:
    yield from messages.get(ATTRIBUTE, ())
    for body in messages.get(ATTRIBUTE_INFO, ()):
        version, flags = body.unpack("BB")
        body.raw(2 if flags & 1 else 0)
        heap, tree = body.unpack("QQ")
        if version != 0:
            raise broken("an object is of a kind that is not known", version)
        if heap != NOWHERE:
            objects = FractalHeap(storage, heap)
            for record in new_tree(storage, tree, _NAMES_TREE):
                key = record.raw(objects.id_size)
                if record.number(1):
                    raise FileError("An attribute shares its description with another.")
                yield Fields(objects.object(key))


def _head(fields) -> tuple[int, int, int, int]:
    """The version, and sizes of the name, the kind and the shape that follow."""
    version, flags, *sizes = fields.unpack("BBHHH")
    if version not in (1, 2, 3) or (version > 1 and flags):
        raise broken("an attribute is of a kind that is not known", version)
    fields.raw(1 if version == 3 else 0)
    return version, *(_padded(size, version) for size in sizes)


def _padded(size: int, version: int) -> int:
    return -(-size // 8) * 8 if version == 1 else size


def value(fields: Fields, heap: GlobalHeap):
    """A number, a text, or a list of such."""
    fields = Fields(fields.data, fields.at)
    _, name_size, kind_size, shape_size = _head(fields)
    fields.raw(name_size)
    kind = kinds.kind(Fields(fields.raw(kind_size)))
    shape = kinds.shape(Fields(fields.raw(shape_size)))
    if shape is None or len(shape) > 1:
        raise FileError("An attribute is no text or number.", got="no value" if shape is None else f"shape {shape}")
    count = math.prod(shape)
    if count * kind.size > fields.left:
        raise broken("an attribute is larger than its place", count * kind.size)
    items = _items(kind, count, fields, heap)
    return items if shape else items[0]


def _items(kind, count: int, fields, heap) -> list:
    if kind.code == "text":
        return [decoded(fields.text(kind.size)) for _ in range(count)]
    if kind.code == "any length":
        found, left = [], MOST_BYTES
        for _ in range(count):
            size, address, number = fields.unpack("IQI")
            text = heap.object(address, number, left)[:size] if size else b""
            left -= len(text)
            found.append(decoded(text.split(b"\0", 1)[0]))
        return found
    if kind.code in ("bfloat16", "opaque"):
        raise FileError("An attribute is no text or number.", got=kind.code)
    return np.frombuffer(fields.raw(count * kind.size), kind.code).tolist()
