"""Models in safetensors: the config in the header, the arrays behind it under the paths that Keras's files give them.

Below:  safetensors.py writes; safe_json.py reads the header.
Above:  models/saving.py; models/state_dicts.py for files of PyTorch modules.
Kept true: the header says where every byte belongs, without holes and twice; nothing is read before that is checked.

Own reader, not the `safetensors` package: the format is a header in JSON, and ours is read by the rules of all our files.
Source: the safetensors format, version 0.4 and up.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator, Mapping

import numpy as np
import torch

from pellucid.errors import FileError
from pellucid.files import safe_json, safetensors
from pellucid.files.filling import Filled, empty, filled, summed
from pellucid.files.hdf5 import ArrayFacts
from pellucid.files.keras_zip import KERAS_VERSION
from pellucid.files.zip_directory import exactly

# Name in the file -> name as numpy has it, or as torch has it where numpy has none; bytes of one number.
_DTYPES = {
    "F64": ("float64", 8), "F32": ("float32", 4), "F16": ("float16", 2), "BF16": ("bfloat16", 2), "I64": ("int64", 8),
    "I32": ("int32", 4), "I16": ("int16", 2), "I8": ("int8", 1), "U64": ("uint64", 8), "U32": ("uint32", 4),
    "U16": ("uint16", 2), "U8": ("uint8", 1), "BOOL": ("bool", 1), "F8_E4M3": ("float8_e4m3fn", 1),
    "F8_E5M2": ("float8_e5m2", 1),
}  # fmt: skip
_MOST_HEADER, _MOST_NAME = 64 * 2**20, 1024
_CONFIG, _CHECKSUMS = "keras_config", "crc32"
_ASSETS = "assets"
_OF_TEXTS = ""  # no tensor can have this name


def write(file, objects: list, config: dict | None, assets: Mapping[str, bytes]) -> None:
    """Write a model, or its weights alone.

    Args:
        file: open for writing.
        objects: triples (path, name, arrays), as for weights_h5.write.
        config: the model's; None for weights alone.
        assets: what layers keep beside their weights, as for keras_zip.write; bytes are tensors here.
    """
    tensors = {
        f"{path}/vars/{key}".lstrip("/"): torch.as_tensor(array).detach().cpu().contiguous()
        for path, _, arrays in objects
        for key, array in arrays.items()
    }
    for name, data in assets.items():
        tensors[_asset(name)] = torch.frombuffer(bytearray(data), dtype=torch.uint8) if data else torch.empty(0).byte()
    told = {"format": "keras", "keras_version": KERAS_VERSION}
    if config is not None:
        told[_CONFIG] = safe_json.write(config)
    sums = {name: summed(_bytes_of(tensor)) for name, tensor in tensors.items()}
    told[_CHECKSUMS] = safe_json.write({**sums, _OF_TEXTS: _checksum_of_texts(told)})
    safetensors.write(file, tensors, told)


def verify(file, count: int) -> None:
    """Read a file back: it has so many arrays, and every checksum is right."""
    with SafetensorsFile(file) as written:
        if len(written) != count:
            raise FileError("The file did not read back as it was written.", got=len(written), expected=count)
        for name in written:
            written.tensor(name)


class SafetensorsFile(Mapping):
    """An open file: facts of its tensors by name, and their values.

    Args:
        file: a file on disk, open for reading.

    Raises:
        FileError: the header is wrong, or does not fit the bytes that are there.
    """

    def __init__(self, file):
        size = file.seek(0, 2)
        if size < 8 or (length := struct.unpack("<Q", _first(file))[0]) > min(size - 8, _MOST_HEADER):
            raise FileError("This is no safetensors file.", got=f"{size} bytes", expected="a header of JSON")
        self._file = file
        self._filled = Filled()
        header = safe_json.read(exactly(file, length))
        if not isinstance(header, dict):
            raise FileError("The header is no JSON object.", got=type(header).__name__)
        self.told = _texts(header.pop("__metadata__", {}))
        self._start = 8 + length
        self._places = {name: _place(name, entry) for name, entry in header.items()}
        _check_filled(self._places, size - self._start)
        self._checksums = _sums(self.told)
        if self._checksums.get(_OF_TEXTS) not in (None, _checksum_of_texts(self.told)):
            raise FileError("The file is damaged: the checksum of its header's texts is wrong.")
        self.groups: dict[str, dict[str, ArrayFacts]] = {}
        for name, (facts, _) in self._places.items():
            group, _, last = name.rpartition("/")
            self.groups.setdefault(group, {})[last] = facts

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._filled.clear()

    @property
    def config(self) -> dict | None:
        """The model's config; None if the file has none."""
        if _CONFIG not in self.told:
            return None
        config = safe_json.read(self.told[_CONFIG])
        if not isinstance(config, dict):
            raise FileError("The model's config is no JSON object.", got=type(config).__name__)
        return config

    @property
    def size_bytes(self) -> int:
        """Bytes of all arrays together."""
        return sum(facts.size_bytes for facts, _ in self._places.values())

    def __getitem__(self, name: str) -> ArrayFacts:
        return self._places[name][0]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def assets(self) -> dict[str, bytes]:
        """What layers keep beside their weights, by the names that it has in a .keras file."""
        return {
            f"{_ASSETS}/{name.removeprefix(_asset(''))}": self.tensor(name).numpy().tobytes()
            for name, (facts, _) in self._places.items()
            if name.startswith(_asset("")) and facts.dtype == "uint8"
        }

    def arrays(self, path: str) -> Mapping:
        """The arrays of one object, by number."""
        group = f"{path}/vars" if path else "vars"
        return _Group(self, group)

    def read(self, path: str, name: str) -> torch.Tensor:
        """A tensor of a group."""
        return self.tensor(f"{path}/{name}" if path else name)

    def has_checksum(self, path: str, name: str) -> bool:
        """Whether the file says what a tensor's bytes add up to."""
        return (f"{path}/{name}" if path else name) in self._checksums

    def tensor(self, name: str) -> torch.Tensor:
        """A tensor's values.

        Raises:
            FileError: they are not those that were written.
        """
        facts, offset = self._places[name]
        values = empty((facts.size_bytes,), np.dtype("u1"))
        crc = filled(self._file, self._start + offset, values)
        if name in self._checksums and crc != self._checksums[name]:
            raise FileError("The file is damaged: an array's checksum is wrong.", where=name)
        if facts.dtype == "bool" and values.max(initial=0) > 1:
            raise FileError("A truth value is neither 0 nor 1.", where=name)
        self._filled.note(values)
        return torch.from_numpy(values).view(getattr(torch, facts.dtype)).reshape(facts.shape)

    def give_up(self, values) -> bool:
        """Whether a tensor is a large one that was read here, as a whole; whoever asked may keep its memory."""
        return self._filled.give_up(values)


class _Group(Mapping):
    def __init__(self, file: SafetensorsFile, path: str):
        self._file, self._path = file, path
        self.facts = file.groups.get(path, {})

    def __getitem__(self, name):
        if str(name) not in self.facts:
            raise KeyError(name)
        return self._file.tensor(f"{self._path}/{name}")

    def __iter__(self) -> Iterator[str]:
        return iter(self.facts)

    def __len__(self) -> int:
        return len(self.facts)


def _asset(name: str) -> str:
    """The name of an asset among tensors; the colon keeps it apart from arrays of an object called "assets"."""
    return f"{_ASSETS}:{name.removeprefix(f'{_ASSETS}/')}"


def _first(file) -> bytes:
    file.seek(0)
    return file.read(8)


def _texts(told) -> dict[str, str]:
    if not isinstance(told, dict) or not all(isinstance(text, str) for text in told.values()):
        raise FileError("The header's metadata are texts by name.", got=repr(told)[:100])
    return told


def _sums(told: dict[str, str]) -> dict:
    """The checksums that a file carries, by names of tensors; none in the files of others."""
    sums = safe_json.read(told.get(_CHECKSUMS, "{}"))
    if not isinstance(sums, dict):
        raise FileError("The checksums are no JSON object.", got=type(sums).__name__)
    return sums


def _checksum_of_texts(told: dict[str, str]) -> int:
    """Of the header's texts, all but the checksums."""
    return zlib.crc32(safe_json.write([[word, told[word]] for word in sorted(told) if word != _CHECKSUMS]).encode())


def _place(name: str, entry) -> tuple[ArrayFacts, int]:
    """What the header says of one tensor, and where its bytes begin."""
    if len(name) > _MOST_NAME or "\0" in name or not name:
        raise FileError("A name cannot be used.", got=repr(name)[:200])
    wrong = FileError("The header says of a tensor what cannot be.", got=repr(entry)[:200], where=name)
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise wrong
    shape, offsets = entry["shape"], entry["data_offsets"]
    numbers = [*shape, *offsets] if isinstance(shape, list) and isinstance(offsets, list) else [None]
    if not all(type(x) is int and x >= 0 for x in numbers) or len(offsets) != 2 or entry["dtype"] not in _DTYPES:
        raise wrong
    dtype, item = _DTYPES[entry["dtype"]]
    size = math.prod(shape) * item
    if offsets[1] - offsets[0] != size:
        raise wrong
    return ArrayFacts(tuple(shape), dtype, size), offsets[0]


def _check_filled(places: Mapping[str, tuple[ArrayFacts, int]], size: int):
    """Tensors lie one behind the other, to the end of the file."""
    end = 0
    for facts, offset in sorted(places.values(), key=lambda place: (place[1], place[0].size_bytes)):
        if offset != end:
            raise FileError("Tensors overlap, or leave a hole.", got=f"one at byte {offset}", expected=f"at {end}")
        end += facts.size_bytes
    if end != size:
        raise FileError("The file is not as long as its header says.", got=f"{size} bytes", expected=f"{end}")


def _bytes_of(tensor: torch.Tensor):
    return tensor.reshape(-1).view(torch.uint8).numpy().data
