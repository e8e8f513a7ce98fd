"""A ``.keras`` file unpacked: a folder with config.json, metadata.json and model.weights.h5, as Keras reads it too.

Below:  source.py opens what lies in the folder by these names only.
Above:  models/containers.py.

Source: keras.saving, Keras 3.15 (zipped=False).
"""

from __future__ import annotations

import contextlib
import datetime
import os
import zlib
from collections.abc import Mapping

from pellucid.errors import FileError
from pellucid.files import atomic, keras_zip, safe_json, source, weights_h5
from pellucid.files.keras_zip import CONFIG, KERAS_VERSION, METADATA, MOST_ASSET, WEIGHTS
from pellucid.files.zip_directory import MOST_MEMBERS

_ASSETS = "assets"
_CHECKSUM = "crc32"  # in the metadata, of folders that we wrote


class KerasFolder:
    """A folder that holds a model."""

    def __init__(self, path: str):
        self._path = path

    def config(self) -> dict:
        """The model's config."""
        data = self._bytes(CONFIG)
        config = safe_json.read(data)
        told = self._told(_CHECKSUM)
        if told is not None and told != _checksum(data, self.version, self.assets()):
            raise FileError("The folder is damaged: the checksum of its config and assets is wrong.", where=CONFIG)
        if not isinstance(config, dict):
            raise FileError("The model's config is no JSON object.", got=type(config).__name__, where=CONFIG)
        return config

    @property
    def version(self) -> str | None:
        """Of the Keras that wrote it; None where the folder does not say."""
        return self._told("keras_version")

    @property
    def saved(self) -> str | None:
        """When it was written; None where the folder does not say."""
        return self._told("date_saved")

    def _told(self, word: str) -> str | None:
        facts = safe_json.read(self._bytes(METADATA)) if METADATA in os.listdir(self._path) else None
        told = facts.get(word) if isinstance(facts, dict) else None
        return told if isinstance(told, str) else None

    def _bytes(self, name: str) -> bytes:
        with source.opened_beside(self._path, name) as file:
            return file.read(safe_json.MOST_BYTES + 1)

    def assets(self) -> dict[str, bytes]:
        """What layers keep beside their weights, by the names that it has in a .keras file.

        Raises:
            FileError: a link or a device among it, or too much of it.
        """
        found: dict[str, bytes] = {}
        for inside, folders, names in os.walk(os.path.join(self._path, _ASSETS)):
            if links := [
                name for name in (".", *folders) if os.path.islink(os.path.normpath(os.path.join(inside, name)))
            ]:
                raise FileError("A folder of assets is a link.", got=repr(links[0]), where=inside)
            for name in names:
                with source.opened_beside(inside, name) as file:
                    data = file.read(MOST_ASSET + 1)
                relative = os.path.relpath(os.path.join(inside, name), self._path)
                found[relative.replace(os.sep, "/")] = data
                if len(data) > MOST_ASSET or len(found) > MOST_MEMBERS:
                    raise FileError("The folder has too many assets, or too large ones.", got=relative)
        return found

    @property
    def weights_bytes(self) -> int:
        """Bytes of the weights' file."""
        with source.opened_beside(self._path, WEIGHTS) as file:
            return os.fstat(file.fileno()).st_size

    @contextlib.contextmanager
    def weights(self, most_unpacked: int):
        """The weights, as a WeightsFile; they are never packed."""
        with source.opened_beside(self._path, WEIGHTS) as file:
            with weights_h5.WeightsFile(file, os.fstat(file.fileno()).st_size) as weights:
                yield weights


def write(path: str, config: dict, objects: list, assets: Mapping[str, bytes], progress=None) -> None:
    """Write a new folder.

    Args:
        objects: as for weights_h5.write.
        assets: what layers keep beside their weights, as for keras_zip.write.
        progress: as for atomic.replace.

    Raises:
        FileError: something of that name is there: a folder cannot be replaced all at once.
    """
    now = datetime.datetime.now().strftime("%Y-%m-%d@%H:%M:%S")
    text = safe_json.write(config).encode()
    facts = {"keras_version": KERAS_VERSION, "date_saved": now, _CHECKSUM: _checksum(text, KERAS_VERSION, assets)}
    with atomic.new_folder(path) as folder:
        atomic.replace(
            os.path.join(folder, WEIGHTS),
            lambda file: weights_h5.write(file, objects),
            lambda file: _verify(file, len(objects)),
            progress=progress,
        )
        for name, data in {METADATA: safe_json.write(facts).encode(), CONFIG: text, **assets}.items():
            atomic.make_folders(os.path.dirname(os.path.join(folder, name)))
            atomic.replace(
                os.path.join(folder, name),
                lambda file, data=data: file.write(data),
                lambda file, data=data: _compare(file.read(), data),
            )


def _checksum(config: bytes, version: str | None, assets: Mapping[str, bytes]) -> str:
    """Of the config's text, what it is read by, and all assets; in letters, as all that the metadata tell."""
    crc = zlib.crc32(config + str(version).encode())
    for name in sorted(assets):
        crc = zlib.crc32(assets[name], zlib.crc32(name.encode(), crc))
    return f"{crc:08x}"


def _compare(found: bytes, written: bytes):
    if found != written:
        raise FileError("The file did not read back as it was written.")


def _verify(file, count: int):
    with weights_h5.WeightsFile(file, os.fstat(file.fileno()).st_size) as weights:
        keras_zip.weights_verify(weights, count)
