"""Containers: the kinds of file that hold a model or weights, opened by what they are, all with one face.

Below:  files/ has a reader for each.
Above:  saving.py.
Kept true: a name's ending says what a file should be; what is inside must be just that.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from pellucid.errors import FileError
from pellucid.files import keras_zip, shards, source, weights_h5
from pellucid.files.keras_folder import KerasFolder
from pellucid.files.safetensors_model import SafetensorsFile

KERAS, WEIGHTS, SAFETENSORS = ".keras", ".weights.h5", ".safetensors"
LEGACY = (".h5", ".hdf5")


def is_legacy(path: str) -> bool:
    """Whether a name is that of a file in the form of Keras 2."""
    return path.endswith(LEGACY) and not path.endswith(WEIGHTS)


def is_of_torch(weights) -> bool:
    """Whether open weights are a state dict of PyTorch and not a file of ours."""
    return isinstance(weights, SafetensorsFile) and weights.told.get("format") != "keras"


class _SafetensorsModel:
    """A safetensors file with the face of a .keras file."""

    def __init__(self, file: SafetensorsFile):
        self._file = file

    def config(self) -> dict:
        config = self._file.config
        if config is None:
            raise FileError(
                "The file holds weights, and no model.",
                expected="a file of model.save(path)",
                fix="model.load_weights(path)",
            )
        return config

    @property
    def version(self) -> str | None:
        return self._file.told.get("keras_version")

    def assets(self) -> dict[str, bytes]:
        return self._file.assets()

    @property
    def weights_bytes(self) -> int:
        return self._file.size_bytes

    @contextlib.contextmanager
    def weights(self, most_unpacked: int):
        yield self._file


@contextlib.contextmanager
def model(path: str, file=None) -> Iterator:
    """What holds a whole model: `config()`, `version`, `weights_bytes` and `weights(most_unpacked)`.

    Args:
        file: the file, where it is open already; then it is a .keras file.
    """
    if file is not None:
        yield keras_zip.KerasFile(file)
    elif os.path.isdir(path):
        yield KerasFolder(path)
    else:
        with source.opened(path) as file:
            if path.endswith(SAFETENSORS):
                with SafetensorsFile(file) as tensors:
                    yield _SafetensorsModel(tensors)
            else:
                yield keras_zip.KerasFile(file)


@contextlib.contextmanager
def weights(path: str, most_unpacked: int) -> Iterator:
    """The weights inside a file, by the name's ending; packed ones of at most so many bytes."""
    if not path.endswith((KERAS, WEIGHTS, SAFETENSORS, shards.ENDING)) and not os.path.isdir(path):
        raise FileError(
            "The name does not say what kind of file this is.",
            got=repr(path),
            expected=f"it ends with {KERAS}, {WEIGHTS}, {shards.ENDING}, {SAFETENSORS} or .h5",
        )
    if path.endswith(shards.ENDING):
        with shards.opened(path) as found:
            yield found
    elif path.endswith(WEIGHTS):
        with source.opened(path) as file:
            with weights_h5.WeightsFile(file, os.fstat(file.fileno()).st_size) as found:
                yield found
    elif path.endswith(SAFETENSORS):
        with source.opened(path) as file, SafetensorsFile(file) as found:
            yield found
    else:
        with model(path) as holder:
            holder.config(), holder.assets()  # not needed, but a file is either good or not, whatever is asked of it
            with holder.weights(most_unpacked) as found:
                yield found
