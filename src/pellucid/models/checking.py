"""Looking at a file without building anything: what it holds, what it needs, and whether it would be refused.

Below:  files/ reads, understanding.py knows the names, report/file_check.py shows.
Above:  the command `pellucid check`.
Kept true: no model is made; one array is in memory at a time.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

import torch

from pellucid import registry
from pellucid.errors import FileError
from pellucid.files import ages, keras_zip, legacy_h5, shards, source, torch_zip, weights_h5
from pellucid.files.entries import is_entry
from pellucid.files.keras_folder import KerasFolder
from pellucid.files.legacy_h5 import TOP_LEVEL
from pellucid.files.safetensors_model import SafetensorsFile
from pellucid.models import understanding
from pellucid.models.state_dicts import modules_of
from pellucid.naming import to_snake_case
from pellucid.report.file_check import FileCheck, LayerTold, Problem

# What has `groups` (facts of arrays by path and name), `read` and `has_checksum`.
Arrays = legacy_h5.LegacyFile | weights_h5.WeightsFile | SafetensorsFile | shards.ShardedFile
_ZIP, _HDF5 = b"PK\3\4", b"\x89HDF\r\n\x1a\n"
_MOST_UNPACKED = 2**30


def check(path) -> FileCheck:
    """Everything that a file of a model or of weights says, without building it.

    Raises:
        FileError: no such file, or not one that is known.
    """
    path = os.fspath(path)
    with source.refusals(path):
        if os.path.isdir(path):
            return _Look(path, _size_of_folder(path)).of_keras_file(KerasFolder(path), "a model in a folder")
        if path.endswith(shards.ENDING):
            with shards.opened(path) as parts:
                return _Look(path, os.path.getsize(path)).of_parts(parts)
        with source.opened(path) as file:
            return _of_file(path, file, os.fstat(file.fileno()).st_size)


def _of_file(path: str, file, size: int) -> FileCheck:
    first = file.read(9)
    file.seek(0)
    if path.endswith(torch_zip.ENDINGS):
        return _Look(path, size).of_state_dict(torch_zip.read(file))
    if first.startswith(_ZIP):
        return _Look(path, size).of_keras_file(keras_zip.KerasFile(file), "a model in a zip (.keras)")
    if first.startswith(_HDF5):
        with legacy_h5.LegacyFile(file, size) as legacy:
            if legacy.lists_layers:
                return _Look(path, size).of_legacy_file(legacy)
        with weights_h5.WeightsFile(file, size) as weights:
            return _Look(path, size).of_weights_file(weights, "weights in HDF5 (.weights.h5)")
    if first[8:] == b"{":
        with SafetensorsFile(file) as tensors:
            return _Look(path, size).of_safetensors(tensors)
    raise FileError(
        "This is no file of a model or of weights.",
        got=repr(first),
        expected=".keras, .weights.h5, .weights.json, .h5, .safetensors, .pt or .pth",
    )


class _Look:
    """Gathers what is told of one file."""

    def __init__(self, path: str, size: int):
        self.known = registry.custom_objects()
        self.facts: dict = {"path": path, "size_bytes": size}
        self.problems: list[Problem] = []

    def of_keras_file(self, file: keras_zip.KerasFile | KerasFolder, kind: str) -> FileCheck:
        """A .keras file, or one unpacked."""
        told = file.config()
        file.assets()  # nothing is told of them, but they are verified
        self.facts |= {"kind": kind, "version": file.version, "saved": file.saved}
        with file.weights(_MOST_UNPACKED) as weights:
            config = self._model(told, told.pop("compile_config", None), file.version)
            self._arrays(weights, [path for path in weights.groups if path.startswith("optimizer/")])
            self.facts["layers"] = tuple(_layers(config, weights))
        return self._done()

    def of_legacy_file(self, file: legacy_h5.LegacyFile) -> FileCheck:
        """A .h5 file of Keras 1 and 2, or of Keras 3 in their form."""
        config = file.json("model_config")
        word = "weights" if config is None else "a model"
        self.facts |= {"kind": f"{word} in HDF5 (.h5, the form of Keras 2)", "version": file.version}
        self.facts["backend"] = file.backend
        if isinstance(config, dict):
            training = file.json("training_config") or {}
            config = self._model(config, {**training, "optimizer": training.get("optimizer_config")}, file.version)
        self._arrays(file, [path for path in file.groups if path.split("/")[0] == "optimizer_weights"])
        classes = _classes(config) if config else {}
        names = [*file.layers(), *([TOP_LEVEL] if f"{file.root}/{TOP_LEVEL}".strip("/") in file.groups else [])]
        self.facts["layers"] = tuple(
            LayerTold(name, classes.get(name, ""), len(places), sum(_values(file, *place) for place in places))
            for name in names
            for places in [file.weights(name)]
            if name != TOP_LEVEL or places
        )
        return self._done()

    def of_safetensors(self, file: SafetensorsFile) -> FileCheck:
        """A .safetensors file, of a model of ours or of anybody's weights."""
        told = file.config
        if told is None:
            return self.of_weights_file(file, "weights in safetensors")
        self.facts |= {"kind": "a model in safetensors", "version": file.told.get("keras_version")}
        config = self._model(told, told.pop("compile_config", None), file.told.get("keras_version"))
        self._arrays(file, [path for path in file.groups if path.startswith("optimizer/")])
        self.facts["layers"] = tuple(_layers(config, file))
        return self._done()

    def of_state_dict(self, tensors: dict[str, torch.Tensor]) -> FileCheck:
        """Tensors of a PyTorch module."""
        modules = modules_of(tensors)
        sizes = [tensor.numel() for tensor in tensors.values()]
        dtypes = Counter(str(tensor.dtype).removeprefix("torch.") for tensor in tensors.values())
        self.facts |= {"kind": "a state dict of PyTorch", "arrays": len(sizes), "values": sum(sizes)}
        self.facts |= {"weight_bytes": sum(tensor.nbytes for tensor in tensors.values())}
        self.facts |= {"dtypes": tuple(dtypes.most_common())}
        self.facts["layers"] = tuple(
            LayerTold(module.name or "/", "", len(module.tensors), sum(t.numel() for t in module.tensors.values()))
            for module in modules
        )
        return self._done()

    def of_parts(self, parts: shards.ShardedFile) -> FileCheck:
        """Weights in several files."""
        return self.of_weights_file(parts, f"weights in {len(parts.names)} parts (.weights.json)")

    def of_weights_file(self, file: Arrays, kind: str) -> FileCheck:
        """Weights alone."""
        self.facts["kind"] = kind
        self._arrays(file, [path for path in file.groups if path.startswith("optimizer/")])
        self.facts["layers"] = tuple(
            LayerTold(path.removesuffix("vars").rstrip("/") or "/", "", len(group), _sum(file, path))
            for path, group in file.groups.items()
            if group and not path.startswith("optimizer/")
        )
        return self._done()

    def _model(self, told: dict, compiled: dict | None, version):
        """Age, class, names and problems of a config; the config in today's words, as far as that can be had."""
        self.facts["age"] = ages.era(told, version)
        self.facts["model"] = _title(told)
        optimizer = (compiled or {}).get("optimizer")
        if optimizer:
            self.facts["optimizer"] = optimizer["class_name"] if is_entry(optimizer) else str(optimizer)
        try:
            config = understanding.without_silence(ages.modern(told, version, self.known), self.known)
        except FileError as error:
            self._problem(error)
            return told
        needed = [found for found in understanding.named([config, compiled], self.known) if not found.is_known]
        self.facts["needs"] = tuple(dict.fromkeys(found.class_name for found in needed if self._is_needed(found)))
        for found in understanding.named(config, self.known):
            if found.unknown_keys:
                facts = understanding.told_unknown(found)
                words = ", ".join(found.unknown_keys)
                message = f"{found.class_name} does not take {words} ({facts['got']})."
                self.problems.append(Problem(message, found.where))
        return config

    def _is_needed(self, found: understanding.Named) -> bool:
        """Optimizers, losses and metrics of other ages have names that loading translates."""
        return ages.era({}, self.facts.get("version")) == 3 or found.kind != "part"

    def _arrays(self, file: Arrays, of_optimizer: list[str]):
        """Read every array once; sizes and checksums."""
        dtypes: Counter[str] = Counter()
        values = size = checksums = 0
        for path, group in file.groups.items():
            for name, facts in group.items():
                try:
                    file.read(path, name)
                    checksums += file.has_checksum(path, name)
                except FileError as error:
                    self._problem(error)
                if path not in of_optimizer and not path.startswith("metrics/"):
                    dtypes[facts.dtype] += 1
                    values += _values(file, path, name)
                    size += facts.size_bytes
        self.facts |= {"arrays": dtypes.total(), "values": values, "weight_bytes": size, "checksums": checksums}
        self.facts["dtypes"] = tuple(dtypes.most_common())
        self.facts["optimizer_arrays"] = sum(len(file.groups[path]) for path in of_optimizer)

    def _problem(self, error: FileError):
        where, fix = (error.facts.get(word) for word in ("where", "fix"))
        got = f" ({error.facts['got']})" if "got" in error.facts else ""
        self.problems.append(Problem(error.message + got, where and str(where), fix and str(fix)))

    def _done(self) -> FileCheck:
        return FileCheck(**self.facts, problems=tuple(self.problems))


def _size_of_folder(path: str) -> int:
    return sum(entry.stat(follow_symlinks=False).st_size for entry in os.scandir(path))


def _title(config: dict) -> str:
    inner = config.get("config")
    name = inner.get("name") if isinstance(inner, dict) else None
    return str(config.get("class_name")) + (f" '{name}'" if name else "")


def _inside(config) -> list[dict]:
    inner = config.get("config") if isinstance(config, dict) else None
    layers = inner.get("layers") if isinstance(inner, dict) else inner  # older stacks are a list
    return [layer for layer in layers if is_entry(layer)] if isinstance(layers, list) else []


def _classes(config) -> dict[str, str]:
    """Classes by the names of layers, those of models inside too."""
    found: dict[str, str] = {}
    for layer in _inside(config):
        inner = layer["config"]
        name = layer.get("name") or (inner.get("name") if isinstance(inner, dict) else None)
        found |= {str(name): layer["class_name"], **_classes(layer)}
    return found


def _layers(config, file: Arrays, path: str = "", group: str = "") -> Iterator[LayerTold]:
    """The layers of a config with what the file holds for each: there they are named by class and counted."""
    counts: Counter[str] = Counter()
    for layer in _inside(config):
        word = to_snake_case(layer["class_name"])
        place = f"{group}layers/{word}_{counts[word]}" if counts[word] else f"{group}layers/{word}"
        counts[word] += 1
        inner = layer["config"]
        name = path + str(layer.get("name") or (inner.get("name") if isinstance(inner, dict) else word))
        below = [key for key in file.groups if key == place or key.startswith(f"{place}/")]
        arrays = sum(len(file.groups[key]) for key in below)
        yield LayerTold(name, layer["class_name"], arrays, sum(_sum(file, key) for key in below))
        yield from _layers(layer, file, f"{name}/", f"{place}/")


def _sum(file: Arrays, path: str) -> int:
    return sum(_values(file, path, name) for name in file.groups[path])


def _values(file: Arrays, path: str, name: str) -> int:
    count = 1
    for size in file.groups[path][name].shape:
        count *= size
    return count
