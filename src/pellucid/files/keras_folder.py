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

from pellucid.errors import FileError
from pellucid.files import atomic, keras_zip, safe_json, source, weights_h5
from pellucid.files.keras_zip import CONFIG, KERAS_VERSION, METADATA, WEIGHTS

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
        if told is not None and told != _checksum(data, self.version):
            raise FileError("The folder is damaged: the checksum of its config is wrong.", where=CONFIG)
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
        """What layers keep beside their weights: nothing, in the empty folder that Keras makes for it.

        Raises:
            FileError: there is something: folders inside are not read.
        """
        folder = os.path.join(self._path, "assets")
        if os.path.lexists(folder) and (os.path.islink(folder) or not os.path.isdir(folder) or os.listdir(folder)):
            raise FileError(
                "The folder holds assets of layers, which are read from a .keras file only.",
                got=repr(folder),
                fix="keras.models.load_model(folder).save('model.keras')",
            )
        return {}

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


def write(path: str, config: dict, objects: list) -> None:
    """Write a new folder.

    Raises:
        FileError: something of that name is there: a folder cannot be replaced all at once.
    """
    if os.path.lexists(path):
        raise FileError(
            "Something of this name is there, and a folder cannot be replaced all at once.",
            got=repr(path),
            fix="another name, or one file: model.save(path, zipped=True)",
        )
    now = datetime.datetime.now().strftime("%Y-%m-%d@%H:%M:%S")
    text = safe_json.write(config).encode()
    facts = {"keras_version": KERAS_VERSION, "date_saved": now, _CHECKSUM: _checksum(text, KERAS_VERSION)}
    os.makedirs(path)
    # The config comes last: without it the folder is no model.
    atomic.replace(
        os.path.join(path, WEIGHTS),
        lambda file: weights_h5.write(file, objects),
        lambda file: _verify(file, len(objects)),
    )
    for name, data in {METADATA: safe_json.write(facts).encode(), CONFIG: text}.items():
        atomic.replace(
            os.path.join(path, name),
            lambda file, data=data: file.write(data),
            lambda file: safe_json.read(file.read()),
        )


def _checksum(config: bytes, version: str | None) -> str:
    """Of the config's text and what it is read by; in letters, as all that the metadata tell."""
    return f"{zlib.crc32(config + str(version).encode()):08x}"


def _verify(file, count: int):
    with weights_h5.WeightsFile(file, os.fstat(file.fileno()).st_size) as weights:
        keras_zip.weights_verify(weights, count)
