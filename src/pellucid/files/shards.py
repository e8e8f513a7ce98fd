"""Weights in several files, and an index in JSON that says which file holds which objects.

Below:  weights_h5.py is what each file is; source.py opens those that the index names, and nothing else.
Above:  models/containers.py reads, models/saving.py writes.
Kept true: the new parts get their names when all of them are whole, then the index names them, and the old ones go after
           that. What a save that was killed in between left goes with the next one.

Source: keras.saving, Keras 3.15 (ShardedH5IOStore).
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Mapping

from pellucid.errors import FileError
from pellucid.files import atomic, keras_zip, leftovers, safe_json, source, weights_h5

ENDING = ".weights.json"
_PART = ".weights.h5"
_PART_OF = "part_of"  # an attribute of parts that we write: the name of their index
_MOST_PARTS = 10_000
_GIGABYTE = 2**30


class ShardedFile:
    """The objects of several weights files, by their paths.

    Args:
        parts: the open files by name.
        where: for each object's group ("layers/dense/vars") the names of the files that hold it.
    """

    def __init__(self, parts: Mapping[str, weights_h5.WeightsFile], where: Mapping[str, list[str]]):
        self._parts, self._where = parts, where

    def arrays(self, path: str) -> Mapping:
        """The arrays of one object, whichever file each of them is in."""
        names = self._where.get(f"{path}/vars" if path else "vars", [])
        return _Joined([self._parts[name].arrays(path) for name in names])

    @property
    def names(self) -> list[str]:
        """Of the parts."""
        return list(self._parts)

    @property
    def groups(self) -> dict[str, dict]:
        """Facts of all arrays, by path and name."""
        found: dict[str, dict] = {}
        for part in self._parts.values():
            for path, facts in part.groups.items():
                found.setdefault(path, {}).update(facts)
        return found

    def read(self, path: str, name: str):
        """The values of an array."""
        return self._holder(path, name).read(path, name)

    def has_checksum(self, path: str, name: str) -> bool:
        """Whether a part says what an array's bytes add up to."""
        return self._holder(path, name).has_checksum(path, name)

    def _holder(self, path: str, name: str) -> weights_h5.WeightsFile:
        return next(part for part in self._parts.values() if name in part.groups.get(path, {}))

    @property
    def size_bytes(self) -> int:
        """Bytes of all arrays together."""
        return sum(part.size_bytes for part in self._parts.values())


class _Joined(Mapping):
    def __init__(self, parts: list):
        self._of = {name: part for part in parts for name in part}

    def __getitem__(self, name):
        return self._of[str(name)][name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._of)

    def __len__(self) -> int:
        return len(self._of)


@contextlib.contextmanager
def opened(path):
    """The weights that an index names, all parts open.

    Raises:
        FileError: the index is wrong, or names something that is no part beside it.
    """
    where = _index(path)
    names = list(dict.fromkeys(name for found in where.values() for name in found))
    if len(names) > _MOST_PARTS:
        raise FileError("The index names too many files.", got=len(names), expected=f"at most {_MOST_PARTS}")
    with contextlib.ExitStack() as stack:
        parts = {}
        for name in names:
            file = stack.enter_context(source.opened_beside(path, name))
            size = os.fstat(file.fileno()).st_size
            parts[name] = stack.enter_context(weights_h5.WeightsFile(file, size))
        for group, held in where.items():
            for name in held:
                if group not in parts[name].groups:
                    raise FileError("A part lacks what the index says it holds.", got=name, where=group)
        yield ShardedFile(parts, where)


def write(path: str, objects: list, most_gigabytes: float, progress=None) -> None:
    """Write weights in parts of at most so many gigabytes, and the index.

    Args:
        objects: triples (path, name, arrays), as for weights_h5.write.
        progress: as for atomic.replace.
    """
    stem = os.path.basename(path).removesuffix(ENDING)
    folder = os.path.dirname(path) or "."
    old = _parts_of(path)
    shards = _split(objects, int(most_gigabytes * _GIGABYTE))
    names = _names(folder, stem, len(shards))
    where: dict[str, list[str]] = {}
    for name, shard in zip(names, shards, strict=True):
        for place, _, _ in shard:
            where.setdefault(f"/{place}/vars" if place else "/vars", []).append(name)
    total = sum(_size(array) for shard in shards for _, _, arrays in shard for array in arrays.values())
    text = safe_json.write({"metadata": {"total_size": float(total)}, "weight_map": where}).encode()
    try:
        makers = {name: _makers(shard, stem) for name, shard in zip(names, shards, strict=True)}
        with atomic.added(folder, makers, progress):
            atomic.replace(path, lambda file: file.write(text), lambda file: safe_json.read(file.read()))
    finally:
        _sweep(folder, stem, [*old, *names])


def _makers(shard: list, stem: str) -> tuple:
    """How a part is written and verified."""
    return (
        lambda file: weights_h5.write(file, shard, {_PART_OF: f"{stem}{ENDING}"}),
        lambda file: _verify_part(file, len(shard)),
    )


def _sweep(folder: str, stem: str, known: list[str]):
    """Take away parts that no index names: old ones, those of a save that failed, and of one that was killed.

    Only if every index in the folder can be read: a copy of the old one may go on using its parts.

    Args:
        known: names of parts of the index; others of such a name say themselves whose they are.
    """
    for _ in range(2):  # what the disk refuses once it may do the next time
        with contextlib.suppress(FileError, OSError):
            entries = os.listdir(folder)
            used = {name for entry in entries if entry.endswith(ENDING) for name in _named(os.path.join(folder, entry))}
            for name in entries:
                path = os.path.join(folder, name)
                if name in used or not _of_index(stem, name):
                    continue
                if name in known or _told_index(path) == f"{stem}{ENDING}":
                    leftovers.remove_unheld(path)
            return


def _of_index(stem: str, name: str) -> bool:
    """Whether a name is one that parts of an index may have."""
    return re.fullmatch(rf"{re.escape(stem)}(_\d+)?_\d{{5,}}{re.escape(_PART)}", name) is not None


def _told_index(path: str) -> str | None:
    """The index that a part of ours was written for; None where it does not say."""
    try:
        with source.opened(path) as file, weights_h5.WeightsFile(file, os.fstat(file.fileno()).st_size) as part:
            return part.attribute("", _PART_OF)
    except (FileError, OSError):
        return None


def _index(path) -> dict[str, list[str]]:
    """Groups and the names of the files that hold them."""
    with source.opened(path) as file:
        return index(file.read(safe_json.MOST_BYTES + 1))


def index(data: bytes) -> dict[str, list[str]]:
    """Groups, and the names of the files that hold them, as an index says it.

    Raises:
        FileError: it is none.
    """
    told = safe_json.read(data)
    held = told.get("weight_map") if isinstance(told, dict) else None
    if not isinstance(held, dict):
        raise FileError("This is no index of weights.", expected='{"weight_map": {...}}')
    found = {}
    for group, names in held.items():
        names = [names] if isinstance(names, str) else names
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise FileError("The index names no files.", got=repr(names)[:200], where=group)
        if not all(name.endswith(_PART) for name in names):
            raise FileError("The index names files of another kind.", got=repr(names)[:200], expected=f"*{_PART}")
        found[group.strip("/")] = names
    return found


def _parts_of(path: str) -> list[str]:
    """The parts of an index that is there already, if it is one."""
    try:
        return _named(path)
    except (FileError, OSError):
        return []


def _named(path: str) -> list[str]:
    return [name for names in _index(path).values() for name in names]


def _names(folder: str, stem: str, count: int) -> list[str]:
    """Names that no file has: Keras's own, or with a number before."""
    turn = 0
    while True:
        mark = f"_{turn}" if turn else ""
        names = [f"{stem}{mark}_{k:05}{_PART}" for k in range(count)]
        if not any(os.path.lexists(os.path.join(folder, name)) for name in names):
            return names
        turn += 1


def _split(objects: list, most: int) -> list[list]:
    """Objects in lists of at most so many bytes; an object that is larger goes over several."""
    shards: list[list] = [[]]
    room = most
    for path, name, arrays in objects:
        shards[-1].append((path, name, {}))
        for key, array in arrays.items():
            size = _size(array)
            if size > most:
                raise FileError("An array is larger than a part may be.", got=size, expected=f"at most {most}")
            if size > room:
                if not shards[-1][-1][2]:
                    shards[-1].pop()
                shards.append([(path, name, {})])
                room = most
            shards[-1][-1][2][key] = array
            room -= size
    return shards


def _size(array) -> int:
    return array.numel() * array.element_size()


def _verify_part(file, count: int):
    with weights_h5.WeightsFile(file, os.fstat(file.fileno()).st_size) as weights:
        keras_zip.weights_verify(weights, count)
