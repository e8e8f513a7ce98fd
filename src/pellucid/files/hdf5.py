"""HDF5 files that nobody vouches for: looked over wholly before the first value is read.

Below:  source.py opens the file; h5py, the format's own library, reads it.
Above:  weights_h5.py and legacy_h5.py.
Kept true: hard links only, each object reached once, plain dataspaces of fixed-size numbers, stored in the file itself
           and packed by gzip, shuffle or fletcher32 at most; no array is larger than the bytes that are there allow.
"""

from __future__ import annotations

import contextlib
import math
import zlib
from dataclasses import dataclass

import h5py
import numpy as np
from h5py import h5d, h5l, h5o, h5s, h5t, h5z

from pellucid.errors import FileError
from pellucid.files.source import Window

MOST_OBJECTS = 100_000
MOST_NAME = 1024
MOST_DEPTH = 64
MOST_RATIO = 1100  # deflate cannot do better than 1032 to 1
MOST_ATTRIBUTE_BYTES = 64 * 2**20
CHECKSUM = "crc32"
_FILTERS = {h5z.FILTER_DEFLATE, h5z.FILTER_SHUFFLE, h5z.FILTER_FLETCHER32}
_LAYOUTS = {h5d.COMPACT, h5d.CONTIGUOUS, h5d.CHUNKED}
_NUMBERS = {h5t.INTEGER, h5t.FLOAT}
_BFLOAT16 = np.dtype("V2")


@dataclass(frozen=True)
class ArrayFacts:
    """What is known of an array before it is read."""

    shape: tuple[int, ...]
    dtype: str  # as numpy names it, or "bfloat16"
    size_bytes: int


class Hdf5File:
    """An HDF5 file's groups and arrays, by path ("layers/dense/vars"); the root is "".

    Args:
        file: an open, seekable binary file.
        size: its bytes.

    Raises:
        FileError: something in it breaks a rule above.
    """

    def __init__(self, file, size: int):
        self._h5 = h5py.File(file, "r")
        self._size = size
        self._stored = 0
        self.groups: dict[str, dict[str, ArrayFacts]] = {}
        self._look_over()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._h5.close()

    def _look_over(self):
        waiting, seen = [("", self._h5.id)], set()
        root = h5o.get_info(h5o.open(self._h5.id, b"/"))
        seen.add(root.addr)
        while waiting:
            path, group = waiting.pop()
            self.groups[path] = {}
            names: list[bytes] = []
            group.links.iterate(names.append)
            for raw in names:
                name = _name(raw, path)
                info = group.links.get_info(raw)
                if info.type != h5l.TYPE_HARD:
                    raise FileError("A link leads elsewhere.", got=f"{path}/{name}", expected="hard links only")
                thing = h5o.open(group, raw)
                address = h5o.get_info(thing).addr
                if address in seen:
                    raise FileError("An object is reached on two ways.", got=f"{path}/{name}")
                seen.add(address)
                if len(seen) > MOST_OBJECTS:
                    raise FileError("The file has too many objects.", expected=f"at most {MOST_OBJECTS}")
                below = f"{path}/{name}" if path else name
                if isinstance(thing, h5py.h5g.GroupID):
                    if below.count("/") > MOST_DEPTH:
                        raise FileError("The groups are nested too deep.", expected=f"at most {MOST_DEPTH}")
                    waiting.append((below, thing))
                elif isinstance(thing, h5d.DatasetID):
                    self.groups[path][name] = self._facts(below, thing)
                else:
                    raise FileError("The file holds something that is no group and no array.", got=below)

    def _facts(self, path: str, dataset) -> ArrayFacts:
        """Facts of an array that may be read."""
        space, properties = dataset.get_space(), dataset.get_create_plist()
        if space.get_simple_extent_type() not in (h5s.SIMPLE, h5s.SCALAR):
            raise FileError("An array has no plain shape.", where=path)
        shape = tuple(int(size) for size in space.get_simple_extent_dims())
        dtype = _dtype_name(path, dataset)
        layout = properties.get_layout()
        if layout not in _LAYOUTS or properties.get_external_count():
            raise FileError("An array's values lie outside of the file.", where=path)
        filters = {properties.get_filter(k)[0] for k in range(properties.get_nfilters())}
        if not filters <= _FILTERS:
            raise FileError(
                "An array is packed in a way that is not read.",
                got=sorted(filters - _FILTERS),
                expected="gzip, shuffle, fletcher32",
                where=path,
            )
        item = 2 if dtype == "bfloat16" else np.dtype(dtype).itemsize
        size_bytes = math.prod(shape) * item
        self._check_storage(path, dataset, properties, size_bytes, h5z.FILTER_DEFLATE in filters)
        return ArrayFacts(shape, dtype, size_bytes)

    def _check_storage(self, path, dataset, properties, size_bytes, packed):
        """Every value has its bytes in the file, and no two arrays share them."""
        stored = dataset.get_storage_size()
        self._stored += stored
        layout = properties.get_layout()
        most = stored * MOST_RATIO if packed else stored
        fits = size_bytes <= most and self._stored <= self._size
        if layout == h5d.CHUNKED:
            shape = dataset.shape
            chunk = properties.get_chunk()
            wanted = math.prod(-(-size // step) for size, step in zip(shape, chunk, strict=True))
            chunk_bytes = math.prod(chunk) * dataset.dtype.itemsize
            fits = fits and dataset.get_num_chunks() == wanted and chunk_bytes <= max(2**20, 2 * size_bytes)
        else:
            fits = fits and stored == size_bytes
            if layout == h5d.CONTIGUOUS and size_bytes:
                offset = dataset.get_offset()
                fits = fits and offset is not None and offset + size_bytes <= self._size
        if not fits:
            raise FileError(
                "An array is larger than its bytes in the file.",
                got=f"{size_bytes} bytes, of which {stored} are stored",
                where=path,
            )

    def read(self, path: str, name: str) -> np.ndarray:
        """The values of an array; bfloat16 as int16 of the same bits.

        Raises:
            FileError: its checksum is wrong, where it carries one.
        """
        facts = self.groups[path][name]
        dataset = self._h5[f"{path}/{name}" if path else name]
        values = np.empty(facts.shape, _BFLOAT16 if facts.dtype == "bfloat16" else facts.dtype)
        if values.size:
            dataset.id.read(h5s.ALL, h5s.ALL, values, h5t.py_create(values.dtype))
        if facts.dtype == "bfloat16":
            values = values.view("i2")
        if CHECKSUM in dataset.attrs:
            told = dataset.attrs[CHECKSUM]
            if told != checksum(path, name, facts.dtype, values):
                raise FileError("The file is damaged: an array's checksum is wrong.", where=f"{path}/{name}")
        return values

    def attribute(self, path: str, name: str):
        """A number, a string, or a list of strings that a group carries; None if there is no such.

        Raises:
            FileError: another kind of thing, or more than 64 MB.
        """
        group = self._h5[path] if path else self._h5
        if name not in group.attrs:
            return None
        found = group.attrs.get_id(name)
        kind = found.get_type().get_class()
        if kind not in (h5t.STRING, *_NUMBERS) or found.get_space().get_simple_extent_type() == h5s.NULL:
            raise FileError("An attribute is no text or number.", got=name, where=path or "/")
        if math.prod(found.shape) * max(found.get_type().get_size(), 1) > MOST_ATTRIBUTE_BYTES:
            raise FileError("An attribute is too large.", got=name, where=path or "/")
        return _plain(group.attrs[name])


@contextlib.contextmanager
def written(file):
    """A new HDF5 file inside an open binary file, or a window of one.

    Raises:
        OSError: the disk is full, or refuses in another way.
    """
    window = file if isinstance(file, Window) else Window(file, 0)
    try:
        with h5py.File(window, "w") as h5:
            yield h5
    except Exception as error:
        if window.failure is not None:
            raise window.failure from error
        raise


def checksum(path: str, name: str, dtype: str, values: np.ndarray) -> int:
    """The CRC-32 of an array's name, dtype, shape and bytes."""
    head = f"{path}/{name}|{dtype}|{values.shape}".encode()
    flat = np.ascontiguousarray(values).reshape(-1)
    return zlib.crc32(flat.view("u1").data, zlib.crc32(head))


def _name(raw: bytes, path: str) -> str:
    try:
        name = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FileError("A name is no text.", got=repr(raw)[:200], where=path or "/") from error
    if len(name) > MOST_NAME or "/" in name or "\0" in name or name in ("", ".", ".."):
        raise FileError("A name cannot be used.", got=repr(name)[:200], where=path or "/")
    return name


def _dtype_name(path: str, dataset) -> str:
    kind = dataset.get_type()
    if kind.get_class() in _NUMBERS or (kind.get_class() == h5t.ENUM and dataset.dtype == np.dtype(bool)):
        dtype = dataset.dtype
        if dtype.kind in "biuf" and dtype.itemsize <= 8:
            return dtype.name
    if kind.get_class() == h5t.OPAQUE and dataset.dtype == _BFLOAT16:
        attributes = h5py.Dataset(dataset).attrs
        if attributes.get("dtype") == "bfloat16":
            return "bfloat16"
    raise FileError("An array holds no plain numbers.", got=str(dataset.dtype)[:100], where=path)


def _plain(value):
    if isinstance(value, bytes):
        return value.decode("utf-8")
    if isinstance(value, np.ndarray):
        return [_plain(item) for item in value.tolist()]
    return value.item() if isinstance(value, np.generic) and not isinstance(value, str) else value
