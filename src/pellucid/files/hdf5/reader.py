"""HDF5 files that nobody vouches for: looked over wholly before the first value is read.

Below:  groups.py, arrays.py and attributes.py read what the format calls so; no other library reads along.
Above:  weights_h5.py and legacy_h5.py.
Kept true: hard links only, each object reached once, plain dataspaces of fixed-size numbers, stored in the file itself
           and packed by gzip, shuffle or fletcher32 at most; no array is larger than the bytes that are there allow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pellucid.errors import FileError
from pellucid.files.filling import Filled
from pellucid.files.hdf5 import arrays, attributes, groups, headers
from pellucid.files.hdf5.checksums import CHECKSUM, checksum, description_checksum
from pellucid.files.hdf5.heaps import GlobalHeap
from pellucid.files.hdf5.storage import Fields, Storage, decoded

MOST_OBJECTS = 50_000
MOST_NAME = 1024
MOST_DEPTH = 64


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
        self._storage = Storage(file, size)
        self._filled = Filled()
        self._texts = GlobalHeap(self._storage)
        self._arrays: dict[str, arrays.Array] = {}
        self._attributes: dict[str, dict[str, Fields]] = {}
        self.groups: dict[str, dict[str, ArrayFacts]] = {}
        self._look_over()
        told = self._attribute("", CHECKSUM)
        if told is not None and told != self.description():
            raise FileError("The file is damaged: the checksum of what it says is wrong.")

    def description(self) -> int:
        """A checksum of all that the file says beside the arrays' values."""
        return description_checksum({path: self._told(path) for path in self._attributes})

    def _told(self, path: str) -> list:
        """Attributes of a group or array, without the root's checksum, and the arrays that are in a group."""
        names = sorted(self._attributes[path])
        inside = sorted(self.groups.get(path, {}).items())
        return [
            [[name, self._attribute(path, name)] for name in names if path or name != CHECKSUM],
            [[name, facts.dtype, facts.shape] for name, facts in inside],
        ]

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._storage.forget()
        self._filled.clear()

    def _look_over(self):
        address = headers.root(self._storage)
        seen, waiting = {address}, [("", headers.messages(self._storage, address))]
        if not groups.is_group(waiting[0][1]):
            raise FileError("The file's root is no group.")
        while waiting:
            path, messages = waiting.pop()
            self.groups[path] = {}
            self._attributes[path] = attributes.attributes(self._storage, messages)
            for raw, address in groups.links(self._storage, messages):
                name = _name(raw, path)
                below = f"{path}/{name}" if path else name
                if address in seen:
                    raise FileError("An object is reached on two ways.", got=below)
                seen.add(address)
                if len(seen) > MOST_OBJECTS:
                    raise FileError("The file has too many objects.", expected=f"at most {MOST_OBJECTS}")
                self._look_at(path, name, below, address, waiting)

    def _look_at(self, path, name, below, address, waiting):
        """Note what a name in a group stands for."""
        if name in self.groups[path] or below in self._attributes:
            raise FileError("A name stands twice in a group.", got=below)
        try:
            messages = headers.messages(self._storage, address)
            if groups.is_group(messages):
                if below.count("/") > MOST_DEPTH:
                    raise FileError("The groups are nested too deep.", expected=f"at most {MOST_DEPTH}")
                self._attributes[below] = {}
                waiting.append((below, messages))
            elif arrays.is_array(messages):
                self._attributes[below] = attributes.attributes(self._storage, messages)
                self._arrays[below] = arrays.array(self._storage, messages)
                self.groups[path][name] = self._facts(below)
            else:
                raise FileError("The file holds something that is no group and no array.")
        except FileError as error:
            error.facts.setdefault("where", below)
            raise

    def _facts(self, path: str) -> ArrayFacts:
        array = self._arrays[path]
        dtype = array.kind.code
        if dtype == "opaque":
            if array.kind.size != 2 or self._attribute(path, "dtype") != "bfloat16":
                raise FileError("An array holds no plain numbers.", got=f"{array.kind.size} bytes of no kind")
            dtype = "bfloat16"
        name = dtype if dtype == "bfloat16" else np.dtype(dtype).name
        return ArrayFacts(array.shape, name, array.size_bytes)

    def read(self, path: str, name: str) -> np.ndarray:
        """The values of an array; bfloat16 as int16 of the same bits.

        Raises:
            FileError: its checksum is wrong, where it carries one.
        """
        facts = self.groups[path][name]
        below = f"{path}/{name}" if path else name
        stored, crc = arrays.values(self._storage, self._arrays[below])
        values = stored.view("i2") if facts.dtype == "bfloat16" else stored.astype(facts.dtype, copy=False)
        told = self._attribute(below, CHECKSUM)
        crc = crc if np.may_share_memory(stored, values) else None
        if told is not None and told != checksum(path, name, facts.dtype, values, crc):
            raise FileError("The file is damaged: an array's checksum is wrong.", where=f"{path}/{name}")
        self._filled.note(values)
        return values

    def confirm(self) -> None:
        """Compare the checksum of the whole file, where what it lies in tells one.

        Raises:
            FileError: it is another one.
        """
        self._storage.confirm()

    def give_up(self, values) -> bool:
        """Whether a tensor is a large array that was read here, as a whole; whoever asked may keep its memory."""
        return self._filled.give_up(values)

    def has_checksum(self, path: str, name: str) -> bool:
        """Whether an array carries one of ours."""
        return CHECKSUM in self._attributes.get(f"{path}/{name}" if path else name, {})

    def attribute(self, path: str, name: str):
        """A number, a string, or a list of strings that a group carries; None if there is no such.

        Raises:
            FileError: another kind of thing, or more than 64 MB.
        """
        try:
            return self._attribute(path, name)
        except FileError as error:
            error.facts.setdefault("where", f"{path or '/'}, attribute {name}")
            raise

    def _attribute(self, path, name):
        stored = self._attributes[path].get(name)
        return None if stored is None else attributes.value(stored, self._texts)


def _name(raw: bytes, path: str) -> str:
    name = decoded(raw)
    if len(name) > MOST_NAME or "/" in name or "\0" in name or name in ("", ".", ".."):
        raise FileError("A name cannot be used.", got=repr(name)[:200], where=path or "/")
    return name
