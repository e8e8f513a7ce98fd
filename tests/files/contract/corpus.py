"""The corpus of bad files, and the doors through which a file can come: each bad content goes through each door that takes it.

Below:  configs.py and weights.py give contents; ../bad_files.py archives.
"""

from __future__ import annotations

import contextlib
import io
import json
import pathlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import h5py
import numpy as np

import pellucid
from files import bad_files
from files.bad_files import CONFIG, WEIGHTS
from files.contract import configs, tensors, torches, weights
from pellucid import cli
from pellucid.errors import FileError
from pellucid.graph.objects import deserialize_keras_object
from pellucid.models import model_from_json
from pellucid.saving import load_model


@dataclass(frozen=True)
class Bad:
    """A bad content.

    Args:
        name: what is bad about it.
        kind: "config" (plain data), "size" (the same, wanting more than a file holds), "text" (of a config), "weights",
            "archive", "legacy", "tensors", "torch" or "index" (bytes of whole files).
        content: of that kind.
    """

    name: str
    kind: str
    content: object


@dataclass(frozen=True)
class Door:
    """A way into the library.

    Args:
        name: what is called, with which ending.
        takes: kinds of contents.
        opened: ``opened(bad, goods, folder)`` gives a function without arguments that lets it in.
    """

    name: str
    takes: tuple[str, ...]
    opened: Callable


class Goods:
    """The good files from which bad ones are made, and a model for weights."""

    def __init__(self, folder: pathlib.Path):
        self.rich = configs.model(pellucid)
        self.config = pellucid.saving.serialize_keras_object(self.rich)
        self.rich_file = self._saved(self.rich, folder / "rich.keras")
        self.rich_legacy = self._saved(self.rich, folder / "rich.h5")
        self.model = small()
        self.file = self._saved(self.model, folder / "good.keras")
        self.rich_tensors = self._saved(self.rich, folder / "rich.safetensors")
        self.tensors = self._saved(self.model, folder / "good.safetensors")
        self.legacy = self._saved(self.model, folder / "good.h5")
        self.model.save_weights(folder / "good.weights.h5")
        self.weights = bad_files.unsealed((folder / "good.weights.h5").read_bytes())

    @staticmethod
    def _saved(model, path) -> bytes:
        model.save(path)
        data = path.read_bytes()
        return tensors.unsealed(data) if path.suffix == ".safetensors" else bad_files.unsealed(data)


def small():
    """Two Dense layers, compiled, its optimizer with slots."""
    L = pellucid.layers
    model = pellucid.Sequential([pellucid.Input((4,)), L.Dense(3), L.Dense(2)], name="good")
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    return model


def corpus(goods: Goods) -> Iterator[Bad]:
    """All bad contents."""
    for name, config in configs.every(goods.config).items():
        yield Bad(name, "config", config)
    for name, config in configs.sizes(goods.config).items():
        yield Bad(f"sizes: {name}", "size", config)
    for name, text in configs.texts(goods.config).items():
        yield Bad(f"text: {name}", "text", text)
    for name, data in weights.every(goods.weights).items():
        yield Bad(f"weights: {name}", "weights", data)
    for name, data in bad_files.archives(goods.file).items():
        yield Bad(f"archive: {name}", "archive", data)
    for name, data in tensors.every(goods.tensors).items():
        yield Bad(f"tensors: {name}", "tensors", data)
    for name, data in torches.every(torches.good()).items():
        yield Bad(f"torch: {name}", "torch", data)
    for name, data in bad_indexes().items():
        yield Bad(f"index: {name}", "index", data)
    for name, data in bad_legacy(goods.legacy).items():
        yield Bad(f"legacy: {name}", "legacy", data)


def bad_indexes() -> dict[str, bytes]:
    """Bad indexes of weights in parts; the good part is part_00000.weights.h5."""
    part = "part_00000.weights.h5"
    groups = {f"/{path}/vars": [part] for path in ("layers/dense", "layers/dense_1", "optimizer")} | {"/vars": [part]}

    def index(**changes) -> bytes:
        return json.dumps({"metadata": {"total_size": 1.0}, "weight_map": {**groups, **changes}}).encode()

    kernel = "/layers/dense/vars"
    names = (
        "../part_00000.weights.h5", "/etc/passwd", "..", ".", "", "gone.weights.h5", "a/b.weights.h5", "a\\b.weights.h5",
        "part_00000.weights.h5\0", "C:part.weights.h5", "x" * 300 + ".weights.h5", "bad.weights.json", "part_00000.h5",
    )  # fmt: skip
    found = {f"the name {name[:30]!r}": index(**{kernel: [name]}) for name in names}
    for value in (5, None, {}, True, [5], [[part]], [None], []):
        found[f"a place that is {value!r}"] = index(**{kernel: value})
    return found | {
        "no JSON": b"{",
        "a list": b"[]",
        "no map": b'{"metadata": {}}',
        "a map that is a list": b'{"weight_map": []}',
        "a group that is not there": index(**{"/layers/nobody/vars": [part]}),
        "an empty map": b'{"weight_map": {}}',
        "a key twice": index()[:-2] + b', "/vars": ["x"]}}',
        "an HDF5 file": b"\x89HDF\r\n\x1a\n" + bytes(100),
    }


def bad_legacy(good: bytes) -> dict[str, bytes]:
    """Bad files in the form of Keras 2."""

    def changed(change) -> bytes:
        file = io.BytesIO(good)
        with h5py.File(file, "r+") as h5:
            change(h5)
        return file.getvalue()

    def attribute(path, name, value):
        return changed(lambda h5: h5[path].attrs.__setitem__(name, value))

    layer = "model_weights/dense"
    return {
        "no config": changed(lambda h5: h5.attrs.__delitem__("model_config")),
        "a config that is a number": attribute("/", "model_config", 5),
        "a config that is a list": attribute("/", "model_config", [b"{}", b"{}"]),
        "a config without a value": attribute("/", "model_config", h5py.Empty("f4")),
        "no list of layers": changed(lambda h5: h5["model_weights"].attrs.__delitem__("layer_names")),
        "a list of layers that is a number": attribute("model_weights", "layer_names", 3),
        "a list of layers that is a text": attribute("model_weights", "layer_names", "dense"),
        "a list of numbers": attribute("model_weights", "layer_names", [1, 2]),
        "layers that are not there": attribute("model_weights", "layer_names", [b"dense", b"nobody"]),
        "a layer that climbs": attribute("model_weights", "layer_names", [b"../model_weights/dense", b"dense_1"]),
        "a layer from the root": attribute("model_weights", "layer_names", [b"/model_weights/dense", b"dense_1"]),
        "an empty layer name": attribute("model_weights", "layer_names", [b"", b"dense_1"]),
        "a layer too few": attribute("model_weights", "layer_names", [b"dense"]),
        "a layer twice": attribute("model_weights", "layer_names", [b"dense", b"dense"]),
        "weights that are not there": attribute(layer, "weight_names", [b"dense/kernel", b"dense/nothing"]),
        "a weight twice": attribute(layer, "weight_names", [b"good/dense/kernel", b"good/dense/kernel"]),
        "a weight that climbs": attribute(layer, "weight_names", [b"../dense_1/dense_1/kernel", b"dense/bias"]),
        "a weight that is a group": attribute(layer, "weight_names", [b"good", b"good/dense/bias"]),
        "a weight too few": attribute(layer, "weight_names", [b"good/dense/kernel"]),
        "weights in parts, one missing": changed(lambda h5: _in_parts(h5[layer])),
        "another size": changed(lambda h5: _other_size(h5[layer])),
        "a soft link": changed(lambda h5: h5.__setitem__("model_weights/dense/more", h5py.SoftLink("/"))),
        "an external link": changed(lambda h5: h5.__setitem__("model_weights/dense/more", h5py.ExternalLink("marker", "/"))),
        "cut": good[: len(good) // 2],
        "empty": b"",
    }  # fmt: skip


def _in_parts(group):
    del group.attrs["weight_names"]
    group.attrs["weight_names1"] = [b"good/dense/kernel", b"good/dense/bias"]


def _other_size(group):
    name = group.attrs["weight_names"][0]
    del group[name]
    group[name] = [[1.0, 2.0]]


def zipped(good: bytes, member: str, data: bytes) -> bytes:
    """A good archive with another member."""
    pairs = bad_files.members(good).items()
    return bad_files.packed([(name, data if name == member else value) for name, value in pairs])


def legacy_with(good: bytes, config: bytes, training: bytes) -> bytes:
    """A good legacy file with other configs."""
    file = io.BytesIO(good)
    with h5py.File(file, "r+") as h5:
        for name, text in {"model_config": config, "training_config": training}.items():
            h5.attrs[name] = np.array(text) if b"\0" in text else text
    return file.getvalue()


def as_text(bad: Bad) -> bytes:
    return bad.content if isinstance(bad.content, bytes) else json.dumps(bad.content).encode()


def _archive_of(bad: Bad, goods: Goods) -> bytes:
    if bad.kind == "archive":
        return bad.content
    if bad.kind == "weights":
        return zipped(goods.file, WEIGHTS, bad.content)
    return zipped(goods.rich_file, CONFIG, as_text(bad))


def _legacy_of(bad: Bad, goods: Goods) -> bytes:
    """What `compile` was told stands apart in such files, and the optimizer there under another name."""
    if bad.kind == "legacy":
        return bad.content
    if bad.kind == "text":
        return legacy_with(goods.rich_legacy, bad.content, b"{}")
    config = dict(bad.content)
    training = config.pop("compile_config")
    if isinstance(training, dict):
        training = {"optimizer_config" if key == "optimizer" else key: value for key, value in training.items()}
    return legacy_with(goods.rich_legacy, json.dumps(config).encode(), json.dumps(training).encode())


def _file(folder, name: str, data: bytes) -> pathlib.Path:
    path = folder / name
    path.write_bytes(data)
    return path


def _load_archive(bad, goods, folder):
    path = _file(folder, "bad.keras", _archive_of(bad, goods))
    return lambda: load_model(path)


def _load_open_archive(bad, goods, folder):
    file = io.BytesIO(_archive_of(bad, goods))
    return lambda: load_model(file)


def _load_archive_weights(bad, goods, folder):
    path = _file(folder, "bad.keras", _archive_of(bad, goods))
    return lambda: goods.model.load_weights(path)


def _load_weights(bad, goods, folder):
    path = _file(folder, "bad.weights.h5", bad.content)
    return lambda: goods.model.load_weights(path)


def _load_legacy(bad, goods, folder):
    path = _file(folder, "bad.h5", _legacy_of(bad, goods))
    return lambda: load_model(path)


def _load_legacy_weights(bad, goods, folder):
    path = _file(folder, "bad.h5", _legacy_of(bad, goods))
    return lambda: goods.model.load_weights(path)


def _load_folder(bad, goods, folder):
    path = _folder_of(bad, goods, folder)
    return lambda: load_model(path)


def _load_folder_weights(bad, goods, folder):
    path = _folder_of(bad, goods, folder)
    return lambda: goods.model.load_weights(path)


def _folder_of(bad, goods, folder):
    """The members of an archive as files of a folder."""
    path = folder / "bad"
    path.mkdir(exist_ok=True)
    good = goods.file if bad.kind == "weights" else goods.rich_file
    member = WEIGHTS if bad.kind == "weights" else CONFIG
    for name, data in {**bad_files.members(good), member: as_text(bad)}.items():
        (path / name).write_bytes(data)
    return path


def _load_shards(bad, goods, folder):
    """An index with one part."""
    _file(folder, "part_00000.weights.h5", bad.content)
    groups = [f"/{path}/vars" for path in ("", "layers/dense", "layers/dense_1", "optimizer")]
    told = {
        "metadata": {"total_size": 1.0},
        "weight_map": {group.replace("//", "/"): ["part_00000.weights.h5"] for group in groups},
    }
    path = _file(folder, "bad.weights.json", json.dumps(told).encode())
    return lambda: goods.model.load_weights(path)


def _load_index(bad, goods, folder):
    _file(folder, "part_00000.weights.h5", goods.weights)
    path = _file(folder, "bad.weights.json", bad.content)
    return lambda: goods.model.load_weights(path)


def _load_tensors(bad, goods, folder):
    if bad.kind == "tensors":
        path = _file(folder, "bad.safetensors", bad.content)
    else:
        path = _file(folder, "bad.safetensors", tensors.with_config(goods.rich_tensors, as_text(bad)))
    return lambda: load_model(path)


def _load_tensor_weights(bad, goods, folder):
    path = _file(folder, "bad.safetensors", bad.content)
    return lambda: goods.model.load_weights(path)


def _load_state_dict(bad, goods, folder):
    path = _file(folder, "bad.pt", bad.content)
    return lambda: goods.model.load_weights(path)


def _check(bad, goods, folder):
    """The command; its exit code is 1, and what is wrong is told without a traceback."""
    path = _file(folder, "bad.keras", _archive_of(bad, goods))

    def act():
        told = io.StringIO()
        with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
            code = cli.main(["check", str(path)])
        if code and told.getvalue().strip():
            raise FileError(told.getvalue())

    return act


def _from_json(bad, goods, folder):
    text = as_text(bad)
    return lambda: model_from_json(text)


def _deserialize(bad, goods, folder):
    return lambda: deserialize_keras_object(json.loads(json.dumps(bad.content)))


DOORS = [
    Door("load_model(.keras)", ("config", "size", "text", "weights", "archive"), _load_archive),
    Door("load_model(an open file)", ("archive",), _load_open_archive),
    Door("load_weights(.keras)", ("weights", "archive"), _load_archive_weights),
    Door("load_weights(.weights.h5)", ("weights",), _load_weights),
    Door("load_model(.h5)", ("config", "size", "text", "legacy"), _load_legacy),
    Door("load_model(a folder)", ("config", "size", "text", "weights"), _load_folder),
    Door("load_weights(a folder)", ("weights",), _load_folder_weights),
    Door("load_weights(.weights.json), a bad part", ("weights",), _load_shards),
    Door("load_weights(.weights.json), a bad index", ("index",), _load_index),
    Door("load_model(.safetensors)", ("config", "size", "tensors"), _load_tensors),
    Door("load_weights(.safetensors)", ("tensors",), _load_tensor_weights),
    Door("load_weights(.pt)", ("torch",), _load_state_dict),
    Door("pellucid check", ("archive",), _check),
    Door("model_from_json", ("config", "text"), _from_json),
    Door("deserialize_keras_object", ("config",), _deserialize),
]
