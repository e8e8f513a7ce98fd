"""The ``.keras`` file: a zip with metadata.json, config.json and model.weights.h5, in this order, not compressed.

Below:  safe_zip.py, safe_json.py, weights_h5.py and source.py.
Above:  models/saving.py.

Source: keras.saving, Keras 3.15.
"""

from __future__ import annotations

import contextlib
import datetime
import zipfile
import zlib
from collections.abc import Mapping

from pellucid.errors import FileError
from pellucid.files import safe_json, weights_h5
from pellucid.files.safe_zip import SafeZip
from pellucid.files.source import Window

# What Keras's own readers look at; the layout is that of this version.
KERAS_VERSION = "3.15.1"
METADATA, CONFIG, WEIGHTS = "metadata.json", "config.json", "model.weights.h5"
_ZIP64_ABOVE = 2**31 - 2**27
MOST_ASSET = 2**28


class KerasFile:
    """An open ``.keras`` file.

    Raises:
        FileError: not such a file, or not a safe one.
    """

    def __init__(self, file):
        self._zip = SafeZip(file)

    def config(self) -> dict:
        """The model's config."""
        config = safe_json.read(self._zip.read(CONFIG, safe_json.MOST_BYTES))
        if not isinstance(config, dict):
            raise FileError("The model's config is no JSON object.", got=type(config).__name__, where=CONFIG)
        return config

    def metadata(self) -> dict:
        """Version and date, as the writer told them."""
        return safe_json.read(self._zip.read(METADATA, 2**16))

    @property
    def version(self) -> str | None:
        """Of the Keras that wrote it; None where the file does not say."""
        return self._told("keras_version")

    @property
    def saved(self) -> str | None:
        """When it was written, such as "2026-11-23@14:54:01"; None where the file does not say."""
        return self._told("date_saved")

    def _told(self, word: str) -> str | None:
        facts = self.metadata() if METADATA in self._zip.names else None
        told = facts.get(word) if isinstance(facts, dict) else None
        return told if isinstance(told, str) else None

    def assets(self) -> dict[str, bytes]:
        """What layers keep beside their weights, by the members' names."""
        return {name: self._zip.read(name, MOST_ASSET) for name in self._zip.names if name.startswith("assets/")}

    @property
    def weights_bytes(self) -> int:
        """Bytes of the weights, as the archive declares them."""
        return self._zip.size(WEIGHTS)

    @contextlib.contextmanager
    def weights(self, most_unpacked: int):
        """The weights, as a WeightsFile.

        Args:
            most_unpacked: bytes that may be taken if they are packed; those that are not are read where they lie.
        """
        member = self._zip.open_to_confirm(WEIGHTS, most_unpacked)
        with weights_h5.WeightsFile(member, self._zip.size(WEIGHTS)) as file:
            yield file
            file.confirm()


def write(file, config: dict, objects: list, size_bytes: int, assets: Mapping[str, bytes] | None = None) -> None:
    """Write a ``.keras`` file.

    Args:
        file: open for reading and writing.
        config: the model's config.
        objects: as for weights_h5.write.
        size_bytes: of all arrays together, roughly.
        assets: more members, by name.
    """
    now = datetime.datetime.now().strftime("%Y-%m-%d@%H:%M:%S")
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(_info(METADATA), safe_json.write({"keras_version": KERAS_VERSION, "date_saved": now}))
        archive.writestr(_info(CONFIG), safe_json.write(config))
        _write_weights(archive, file, objects, zip64=size_bytes > _ZIP64_ABOVE)
        for name, data in (assets or {}).items():
            archive.writestr(_info(name), data)


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, datetime.datetime.now().timetuple()[:6])
    info.external_attr = 0o600 << 16
    info.CRC = 0
    return info


def _write_weights(archive, file, objects, zip64: bool):
    """HDF5 needs to seek, and zipfile's writer cannot: so it writes into a window of the archive's own file."""
    info = _info(WEIGHTS)
    info.header_offset = archive.start_dir
    file.seek(info.header_offset)
    file.write(info.FileHeader(zip64=zip64))
    window = Window(file, file.tell())
    weights_h5.write(window, objects)
    info.file_size = info.compress_size = window.length
    window.seek(0)
    while piece := window.read(1 << 20):
        info.CRC = zlib.crc32(piece, info.CRC)
    file.seek(info.header_offset)
    file.write(info.FileHeader(zip64=zip64))
    archive.filelist.append(info)
    archive.NameToInfo[WEIGHTS] = info
    archive.start_dir = file.seek(0, 2)


def verify(file, objects: int) -> None:
    """Read a file back: everything is there, and every checksum is right.

    Args:
        objects: how many objects it must hold.
    """
    keras_file = KerasFile(file)
    keras_file.config()
    with keras_file.weights(0) as weights:
        weights_verify(weights, objects)


def weights_verify(weights, objects: int) -> None:
    """Read all arrays of a weights file."""
    found = [path for path in weights.groups if path == "vars" or path.endswith("/vars")]
    if len(found) != objects:
        raise FileError("The file did not read back as it was written.", got=len(found), expected=objects)
    for path in found:
        for name in weights.groups[path]:
            weights.read(path, name)
