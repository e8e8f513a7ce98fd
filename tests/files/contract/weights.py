"""Bad weight files: what HDF5 can do and a weights file need not, and structures that lie or run in circles.

Above: corpus.py puts each into every container that holds weights.
"""

from __future__ import annotations

import io
import struct

import h5py
import numpy as np

from files import bad_files

NOWHERE = b"\xff" * 8


def changed(good: bytes, change) -> bytes:
    file = io.BytesIO(good)
    with h5py.File(file, "r+") as h5:
        change(h5)
    return file.getvalue()


def _marks(data: bytes, mark: bytes) -> list[int]:
    found, at = [], data.find(mark)
    while at >= 0:
        found.append(at)
        at = data.find(mark, at + 1)
    return found


def _headers(good: bytes) -> dict[str, int]:
    """Where the headers of some objects lie."""
    with h5py.File(io.BytesIO(good), "r") as h5:
        return {
            path: h5py.h5o.get_info(h5[path].id).addr
            for path in ("/", "layers", "layers/dense/vars", "layers/dense/vars/0")
        }


def _message(data: bytes, header: int, kind: int) -> int:
    """Where the body of a message of a header in the old form lies."""
    at = header + 16
    while struct.unpack_from("<H", data, at)[0] != kind:
        at += 8 + struct.unpack_from("<H", data, at + 2)[0]
    return at + 8


def structures(good: bytes) -> dict[str, bytes]:
    """Sizes and addresses that lie; each file differs from the good one in one field."""
    headers = _headers(good)
    kernel = headers["layers/dense/vars/0"]
    tree, heap, symbols = (_marks(good, mark)[0] for mark in (b"TREE", b"HEAP", b"SNOD"))
    space, kind, layout = (_message(good, kernel, number) for number in (1, 3, 8))
    here = lambda at: struct.pack("<Q", at)  # noqa: E731
    half, beyond, huge = here(len(good) // 2 + 1), here(len(good) + 8), here(2**62)
    fields = {
        "another signature": (0, b"\x89HDG"),
        "an unknown version": (8, b"\x09"),
        "offsets of 4 bytes": (13, b"\4"),
        "lengths of 2 bytes": (14, b"\2"),
        "a base elsewhere": (24, here(512)),
        "an end beyond the end": (40, beyond),
        "a driver": (48, here(96)),
        "no root": (64, NOWHERE),
        "a root beyond the end": (64, beyond),
        "a root inside the head": (64, here(0)),
        "a header of an unknown version": (kernel, b"\7"),
        "a header with 65535 messages": (kernel + 2, b"\xff\xff"),
        "a header of 4 GB": (kernel + 8, b"\xff\xff\xff\xff"),
        "a header without messages": (kernel + 2, b"\0\0"),
        "a header of no bytes": (kernel + 8, bytes(4)),
        "a message longer than its header": (kernel + 18, b"\xff\xff"),
        "an unknown message": (space - 8, b"\x77\0"),
        "a shared message": (kind - 4, b"\2"),
        "a shape of 255 axes": (space + 1, b"\xff"),
        "a shape of an unknown version": (space, b"\x63"),
        "a length beyond all": (space + 8, here(2**63)),
        "a length of 2**62": (space + 8, huge),
        "a length too long by one": (space + 8, here(5)),
        "an unknown kind": (kind, b"\x1e"),
        "a kind of no bytes": (kind + 4, bytes(4)),
        "a kind of 4 GB": (kind + 4, b"\xff\xff\xff\xff"),
        "a kind of 31 bits": (kind + 10, b"\x1f\0"),
        "a kind with its sign elsewhere": (kind + 2, b"\3"),
        "a layout of an unknown version": (layout, b"\x63"),
        "virtual storage": (layout + 1, b"\3"),
        "an unknown storage": (layout + 1, b"\x0b"),
        "values nowhere": (layout + 2, NOWHERE),
        "values beyond the end": (layout + 2, beyond),
        "values at the edge": (layout + 2, here(len(good) - 4)),
        "values in the middle of something else": (layout + 2, half),
        "values in the head": (layout + 2, here(0)),
        "values of another size": (layout + 10, here(3)),
        "values of 2**62 bytes": (layout + 10, huge),
        "a tree of another kind": (tree + 4, b"\1"),
        "a tree of level 255": (tree + 5, b"\xff"),
        "a tree of level 1 without levels": (tree + 5, b"\1"),
        "a tree with 65535 children": (tree + 6, b"\xff\xff"),
        "a tree that is its own child": (tree + 32, here(tree)),
        "a tree with a child beyond the end": (tree + 32, beyond),
        "a tree with a child in the head": (tree + 32, here(8)),
        "a heap of an unknown version": (heap + 4, b"\x63"),
        "a heap of 2**62 bytes": (heap + 8, huge),
        "a heap of no bytes": (heap + 8, bytes(8)),
        "a heap with its names beyond the end": (heap + 24, beyond),
        "a heap with its names in the head": (heap + 24, here(0)),
        "a list of an unknown version": (symbols + 4, b"\x63"),
        "a list of 65535 names": (symbols + 6, b"\xff\xff"),
        "a name beyond its heap": (symbols + 8, beyond),
        "a thing beyond the end": (symbols + 16, beyond),
        "a thing that is its own group": (symbols + 16, here(headers["/"])),
        "a thing in the middle of another": (symbols + 16, here(kernel + 8)),
        "a soft link": (symbols + 24, b"\2\0\0\0"),
        "an unknown link": (symbols + 24, b"\x63\0\0\0"),
    }
    return {name: bad_files.patched(good, at, new) for name, (at, new) in fields.items()}


def contents(good: bytes) -> dict[str, bytes]:
    """What HDF5 can say and no weights file may."""

    def instead(make):
        """The first kernel made anew."""

        def change(h5):
            del h5["layers/dense/vars/0"]
            make(h5["layers/dense/vars"])

        return changed(good, change)

    def parts(**options):
        return instead(lambda group: group.create_dataset("0", data=np.ones((4, 3), "f4"), chunks=(2, 3), **options))

    def external(group):
        group.create_dataset("0", (4, 3), "f4", external=[("marker", 0, 48)])

    def lying(mark: bytes, shift: int, new: bytes, **options):
        data = parts(**options)
        return bad_files.patched(data, _marks(data, mark)[-1] + shift, new)

    def dense(change):
        return changed(good, lambda h5: change(h5["layers/dense/vars"]))

    kinds = {
        "complex numbers": "c8", "long floats": "g", "texts of 4 bytes": "S4", "bytes of no kind": "V2", "pairs": [("a", "f4"), ("b", "f4")],
        "rows of three": "3f4", "dates": "V8",
    }  # fmt: skip
    found = {
        f"a kernel of {name}": instead(lambda group, kind=kind: group.create_dataset("0", data=np.zeros((4, 3), kind)))
        for name, kind in kinds.items()
    }
    enum = h5py.enum_dtype({"RED": 0, "GREEN": 1}, "i1")
    return found | {
        "numbers with names": instead(lambda g: g.create_dataset("0", (4, 3), enum, data=np.zeros((4, 3), "i1"))),
        "references to regions": instead(lambda g: g.create_dataset("0", (4, 3), h5py.regionref_dtype)),
        "values in another file": instead(external),
        "the LZF filter": parts(compression="lzf"),
        "the scale-offset filter": instead(lambda g: g.create_dataset("0", data=np.ones((4, 3), "i4"), chunks=(2, 3), scaleoffset=3)),
        "parts that are not there": instead(lambda g: g.create_dataset("0", (4, 3), "f4", chunks=(2, 3))),
        "a part that is not there": instead(lambda g: g.create_dataset("0", (4, 3), "f4", chunks=(2, 3)).__setitem__(0, 1)),
        "a terabyte in parts": instead(lambda g: g.create_dataset("0", (2**19, 2**19), "f4", chunks=(2**10, 2**10))),
        "an exabyte of nothing": instead(lambda g: g.create_dataset("0", (2**30, 2**30), "f4")),
        "a bomb": instead(lambda g: g.create_dataset("0", data=np.zeros((2**11, 2**12), "u1"), compression=9, chunks=(2**11, 2**12))),
        "packed bytes that are none": _spoiled(parts(compression="gzip")),
        "a wrong fletcher32": lying(b"\0\0\x80\x3f" * 6, 0, b"\1", fletcher32=True),
        "a part of 4 GB": lying(b"TREE", 24, b"\xff\xff\xff\xff", compression="gzip"),
        "a part beyond the end": lying(b"TREE", 24 + 32, b"\0\0\0\0\0\1\0\0"),
        "a part elsewhere": lying(b"TREE", 24 + 8, b"\1\0\0\0\0\0\0\0"),
        "parts at one place": lying(b"TREE", 24 + 40 + 8, b"\0\0\0\0\0\0\0\0"),
        "a tree of parts in a circle": lying(b"TREE", 5, b"\1"),
        "a name of 2000 letters": dense(lambda g: g.create_dataset("x" * 2000, data=1.0)),
        "a name that is a dot": bad_files.patched(good, good.find(b"layers\0"), b".\0"),
        "a name that is two dots": bad_files.patched(good, good.find(b"layers\0"), b"..\0"),
        "a name with a slash": bad_files.patched(good, good.find(b"layers\0"), b"lay/rs"),
        "a name that is no text": bad_files.patched(good, good.find(b"layers\0"), b"\xff\xfe"),
        "an empty name": bad_files.patched(good, good.find(b"layers\0"), b"\0"),
        "groups beyond counting": _many(good),
    }  # fmt: skip


def _spoiled(data: bytes) -> bytes:
    """The first packed part of the first kernel made noise."""
    with h5py.File(io.BytesIO(data), "r") as h5:
        part = h5["layers/dense/vars/0"].id.get_chunk_info(0)
    return bad_files.patched(data, part.byte_offset, b"\xff" * part.size)


def _many(good: bytes) -> bytes:
    """A group that holds more names than a file may have objects, all of one object."""
    return changed(good, lambda h5: [h5.__setitem__(f"x{k}", h5["layers"]) for k in range(2000)])


def every(good: bytes) -> dict[str, bytes]:
    """All bad weight files, by name."""
    families = {"changed": bad_files.h5_files, "structure": structures, "content": contents}
    return {f"{family}: {name}": data for family, make in families.items() for name, data in make(good).items()}
