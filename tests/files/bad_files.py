"""Files that are broken, lie, or mean harm: made from good ones, each by one change. What they would do is harmless.

``archives(good)`` and ``h5_files(good)`` give bytes by name; contract/corpus.py puts them through every door.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import h5py
import numpy as np

CONFIG, WEIGHTS = "config.json", "model.weights.h5"


def unsealed(good: bytes) -> bytes:
    """An HDF5 file, or an archive with one, without the checksum of its description: what is changed is then met itself."""
    if good[:2] == b"PK":
        return packed([(name, unsealed(data) if name == WEIGHTS else data) for name, data in members(good).items()])
    file = io.BytesIO(good)
    with h5py.File(file, "r+") as h5:
        del h5.attrs["crc32"]
    return file.getvalue()


def members(good: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(good)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts, compression=zipfile.ZIP_STORED, attributes=None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, data in parts:
            info = zipfile.ZipInfo(name)
            info.compress_type = compression
            info.external_attr = (attributes or {}).get(name, 0o600 << 16)
            archive.writestr(info, data)
    return out.getvalue()


def patched(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


def directory_entry(data: bytes, name: str) -> int:
    """Where the directory speaks of a member."""
    at = data.find(b"PK\1\2")
    while data[at + 46 : at + 46 + len(name)] != name.encode():
        at = data.find(b"PK\1\2", at + 4)
    return at


def archives(good: bytes) -> dict[str, bytes]:
    """Bad .keras files by name."""
    parts = members(good)
    pairs = list(parts.items())
    entry, end = directory_entry(good, CONFIG), good.rfind(b"PK\5\6")
    weights_at = good.find(parts[WEIGHTS])
    return {
        "empty": b"",
        "one byte": b"P",
        "text": b"model" * 100,
        "noise": np.random.default_rng(0).bytes(5000),
        "cut at a tenth": good[: len(good) // 10],
        "cut in the middle": good[: len(good) // 2],
        "cut before the directory": good[:entry],
        "last byte lost": good[:-1],
        "bytes behind": good + b"more",
        "bytes before": b"#!/bin/sh\n" + good,
        "two archives": good + good,
        "an end inside the comment": patched(good, end + 20, struct.pack("<H", 22)) + good[end:],
        "a member twice": patch_names(packed([*pairs, ("config.jsox", parts[CONFIG])]), "config.jsox", CONFIG),
        "names that differ in case only": packed([*pairs, ("CONFIG.json", parts[CONFIG])]),
        "a link": packed([*pairs, ("assets/x", b"/etc/passwd")], attributes={"assets/x": 0o120777 << 16}),
        "a name that climbs": packed([*pairs, ("../marker", b"x")]),
        "a name from the root": packed([*pairs, ("/marker", b"x")]),
        "a drive": packed([*pairs, ("C:/marker", b"x")]),
        "bzip2": packed(pairs, zipfile.ZIP_BZIP2),
        "lzma": packed(pairs, zipfile.ZIP_LZMA),
        "encrypted": patched(good, entry + 8, b"\1\0"),
        "another name in the local header": good.replace(CONFIG.encode(), b"konfig.json", 1),
        "another checksum in the directory": patched(good, entry + 16, b"\0\0\0\0"),
        "a wrong size in the directory": patched(good, entry + 20, struct.pack("<LL", 10, 10)),
        "an offset beyond the end": patched(good, entry + 42, struct.pack("<L", 2**31)),
        "an offset inside another member": patched(good, entry + 42, struct.pack("<L", 3)),
        "a changed weight": patched(good, weights_at + len(parts[WEIGHTS]) // 2, b"\xff\xfe\xfd"),
        "a changed config": good.replace(b'"Sequential"', b'"Functional"', 1),
        "a directory entry too few": patched(good, end + 8, struct.pack("<HH", 2, 2)),
        "no config": packed([pair for pair in pairs if pair[0] != CONFIG]),
        "no weights": packed([pair for pair in pairs if pair[0] != WEIGHTS]),
        "too many members": packed([*pairs, *((f"assets/{k}", b"") for k in range(10_001))]),
        "a packed bomb": packed([(name, b" " * 2**27 if name == CONFIG else data) for name, data in pairs], 8),
        "a bomb that lies about its size": lying_bomb(pairs),
        "damaged deflate": damaged_deflate(pairs),
    }


def patch_names(data: bytes, old: str, new: str) -> bytes:
    return data.replace(old.encode(), new.encode())


def lying_bomb(pairs) -> bytes:
    data = packed([(name, b" " * 2**22 if name == CONFIG else value) for name, value in pairs], zipfile.ZIP_DEFLATED)
    entry = directory_entry(data, CONFIG)
    offset = struct.unpack_from("<L", data, entry + 42)[0]
    size = struct.pack("<L", 100)
    return patched(patched(data, entry + 24, size), offset + 22, size)


def damaged_deflate(pairs) -> bytes:
    data = packed(pairs, zipfile.ZIP_DEFLATED)
    entry = directory_entry(data, CONFIG)
    offset = struct.unpack_from("<L", data, entry + 42)[0]
    return patched(data, offset + 30 + len(CONFIG) + 40, b"\xff" * 8)


def h5_files(good: bytes) -> dict[str, bytes]:
    """Bad weight files; the good one has layers/dense and layers/dense_1."""

    def changed(change) -> bytes:
        file = io.BytesIO(good)
        with h5py.File(file, "r+") as h5:
            change(h5)
        return file.getvalue()

    def instead(make):
        """The first kernel made anew by `make(group, name)`."""

        def change(h5):
            del h5["layers/dense/vars/0"]
            make(h5["layers/dense/vars"], "0")

        return changed(change)

    def linked(link):
        return instead(lambda group, name: group.__setitem__(name, link))

    def cycle(h5):
        h5["layers/dense/back"] = h5["layers"]

    def twice(h5):
        h5["layers/dense_1/again"] = h5["layers/dense/vars/0"]

    def deep(h5):
        h5.create_group("/".join("x" * 100))

    def external(group, name):
        group.create_dataset(name, (4, 3), "f4", external=[("/etc/passwd", 0, 48)])

    def virtual(group, name):
        layout = h5py.VirtualLayout((4, 3), "f4")
        layout[:] = h5py.VirtualSource("other.h5", "x", (4, 3))
        group.create_virtual_dataset(name, layout)

    kernel = np.zeros((4, 3), "f4")
    texts = np.array(["a"] * 12, dtype=object).reshape(4, 3)
    pairs = np.zeros((4, 3), [("a", "f4"), ("b", "f4")])
    return {
        "empty": b"",
        "text": b"weights" * 50,
        "cut in the middle": good[: len(good) // 2],
        "cut at the end": good[:-100],
        "head only": good[:8],
        "noise behind the head": good[:8] + np.random.default_rng(1).bytes(4000),
        "a soft link": linked(h5py.SoftLink("/layers/dense_1/vars/0")),
        "a soft link to itself": linked(h5py.SoftLink("/layers/dense/vars/0")),
        "an external link": linked(h5py.ExternalLink("/etc/passwd", "/x")),
        "values in another file": instead(external),
        "virtual values": instead(virtual),
        "a circle of groups": changed(cycle),
        "an array with two names": changed(twice),
        "groups nested too deep": changed(deep),
        "an unknown filter": instead(lambda g, n: g.create_dataset(n, data=kernel, chunks=(4, 3), compression="lzf")),
        "texts": instead(lambda g, n: g.create_dataset(n, data=texts, dtype=h5py.string_dtype())),
        "pairs": instead(lambda g, n: g.create_dataset(n, data=pairs)),
        "complex numbers": instead(lambda g, n: g.create_dataset(n, data=kernel.astype("c8"))),
        "references": instead(lambda g, n: g.create_dataset(n, (4, 3), dtype=h5py.ref_dtype)),
        "arrays of their own length": instead(lambda g, n: g.create_dataset(n, (4, 3), dtype=h5py.vlen_dtype("f4"))),
        "no shape": instead(lambda g, n: g.create_dataset(n, data=h5py.Empty("f4"))),
        "a type with a name": changed(lambda h5: h5.__setitem__("layers/dense/kind", np.dtype("f4"))),
        "nothing stored": instead(lambda g, n: g.create_dataset(n, (4, 3), "f4")),
        "a terabyte that is not there": instead(lambda g, n: g.create_dataset(n, (2**19, 2**19), "f4")),
        "a terabyte in chunks": instead(lambda g, n: g.create_dataset(n, (2**19, 2**19), "f4", chunks=(64, 64))),
        "a packed bomb": instead(
            lambda g, n: g.create_dataset(n, data=np.zeros((2**12, 2**12), "u1"), compression="gzip", chunks=(2**12, 2**12))
        ),
        "another shape": instead(lambda g, n: g.create_dataset(n, data=kernel.T)),
        "another size": instead(lambda g, n: g.create_dataset(n, data=kernel[:2])),
        "a weight too few": changed(lambda h5: h5.__delitem__("layers/dense/vars/0")),
        "a weight too many": changed(lambda h5: h5.create_dataset("layers/dense/vars/2", data=kernel)),
        "a layer too few": changed(lambda h5: h5.__delitem__("layers/dense")),
        "an array for a group": changed(lambda h5: (h5.__delitem__("layers/dense"), h5.__setitem__("layers/dense", kernel))),
        "another name": changed(lambda h5: h5.move("layers/dense/vars/0", "layers/dense/vars/kernel")),
        "two arrays in each other's place": changed(
            lambda h5: (h5.move("layers/dense", "x"), h5.move("layers/dense_1", "layers/dense"), h5.move("x", "layers/dense_1"))
        ),
        "a changed number": changed(lambda h5: h5["layers/dense/vars/0"].__setitem__((0, 0), 5.0)),
        "other numbers for the same checksum's name": changed(
            lambda h5: h5["layers/dense/vars/0"].attrs.__setitem__("crc32", np.uint32(zlib.crc32(b"")))
        ),
        "a checksum of text": changed(lambda h5: h5["layers/dense/vars/0"].attrs.__setitem__("crc32", "x")),
    }  # fmt: skip
