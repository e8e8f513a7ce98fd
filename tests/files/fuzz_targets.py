"""What the fuzzer reads its inputs with, and the good inputs that it changes."""

from __future__ import annotations

import copy
import functools
import io
import json
import pathlib
import pickle
import tempfile
import zipfile

import h5py
import numpy as np

import pellucid
from files.contract import tensors
from pellucid import settings
from pellucid.files import ages, safe_json, shards, source
from pellucid.files.hdf5 import CHECKSUM, Hdf5File, checksum
from pellucid.files.legacy_h5 import LegacyFile
from pellucid.files.safe_zip import SafeZip
from pellucid.files.safetensors_model import SafetensorsFile
from pellucid.graph.objects import deserialize_keras_object
from pellucid.models.making import built

MOST_UNPACKED = 2**20
MOST_TEXT = 1500  # of a config of an old file


class Target:
    """A reader.

    Attributes:
        good: inputs that it reads.
        is_config: whether inputs are plain data, to be changed as such.
    """

    is_config = False
    good: list

    def read(self, data) -> None:
        raise NotImplementedError


def model(compiled: bool = True):
    """A small model of several kinds of layers."""
    layers = pellucid.layers
    settings.clear_session(free_memory=False)
    x = pellucid.Input((6, 6, 2))
    y = layers.BatchNormalization()(layers.Conv2D(2, 3, kernel_regularizer="l2", activation="relu")(x))
    y = layers.Dropout(0.1)(layers.Flatten()(y))
    y = layers.Dense(3, kernel_initializer=pellucid.initializers.HeNormal(), kernel_constraint="max_norm")(y)
    made = pellucid.Model(x, y)
    if compiled:
        rate = pellucid.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
        made.compile(pellucid.optimizers.Adam(rate), pellucid.losses.MeanSquaredError(), metrics=["mae"])
    return made


def tiny():
    """A model that is quickly read."""
    settings.clear_session(free_memory=False)
    made = pellucid.Sequential([pellucid.Input((3,)), pellucid.layers.Dense(2, kernel_regularizer="l2")])
    made.compile(pellucid.optimizers.SGD(0.1), "mse")
    return made


def saved(ending: str, made) -> bytes:
    """A small file of ours."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, f"m{ending}")
        made.save(path)
        return path.read_bytes()


class Zip(Target):
    """The directory of an archive, and its members."""

    def __init__(self):
        parts = [("metadata.json", b'{"a": 1}'), ("config.json", b"[1, 2]" * 20), ("model.weights.h5", bytes(300))]
        self.good = []
        for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            for long in (False, True):
                out = io.BytesIO()
                with zipfile.ZipFile(out, "w", method) as archive:
                    for name, data in parts:
                        info = zipfile.ZipInfo(name)
                        info.compress_type = method
                        with archive.open(info, "w", force_zip64=long) as member:
                            member.write(data)
                self.good.append(out.getvalue())

    def read(self, data):
        archive = SafeZip(io.BytesIO(data))
        for name in archive.names:
            archive.open(name, MOST_UNPACKED).read()


class Json(Target):
    """A config's text."""

    def __init__(self):
        config = pellucid.saving.serialize_keras_object(model())
        self.good = [json.dumps(config).encode(), b'{"a": [1, -2.5e3, true, null, "\\u00e9\\n"], "b": {}}']

    def read(self, data):
        safe_json.read(data)


class Hdf5(Target):
    """Structure, arrays and attributes of HDF5 files of all ages."""

    def __init__(self):
        self.good = [self._file(**options) for options in ({}, {"libver": "latest"}, {"libver": ("v108", "v108")})]
        self.good += [self._file(many=True, **options) for options in ({}, {"libver": "latest"})]

    def _file(self, many: bool = False, **options) -> bytes:
        out = io.BytesIO()
        with h5py.File(out, "w", **options) as h5:
            group = h5.create_group("layers/dense/vars")
            values = np.arange(6.0).reshape(2, 3)
            told = np.uint32(checksum("layers/dense/vars", "0", "float64", values))
            group.create_dataset("0", data=values).attrs[CHECKSUM] = told
            group.create_dataset("1", data=np.arange(64, dtype="f4"), chunks=(20,), compression="gzip", fletcher32=True)
            group.create_dataset("2", data=np.arange(4) > 1)
            group.attrs["name"] = "dense"
            h5.attrs["names"] = np.array([b"abc", b"de"])
            h5.attrs["texts"] = ["abc", "dé"]
            for k in range(20 if many else 0):
                h5.attrs[f"{k}"] = k
                group.create_dataset(f"x{k}", data=np.float32(k))
        return out.getvalue()

    def read(self, data):
        with Hdf5File(io.BytesIO(data), len(data)) as file:
            for path, names in file.groups.items():
                for name in ("name", "names", "texts", "3"):
                    file.attribute(path, name)
                for name in names:
                    file.read(path, name)


class Legacy(Target):
    """Layers and weights of files in the form of Keras 2."""

    def __init__(self):
        self.good = [saved(".h5", tiny())]

    def read(self, data):
        with LegacyFile(io.BytesIO(data), len(data)) as file:
            for name in ("model_config", "training_config"):
                file.json(name)
            for layer in file.layers():
                for place in file.weights(layer):
                    file.read(*place)


class Tensors(Target):
    """Headers of safetensors files, and what they lead to; such files are read where they lie."""

    def __init__(self):
        self.good = [saved(".safetensors", model())]
        header, data = tensors.parts(self.good[0])
        del header["__metadata__"]
        self.good += [tensors.unsealed(self.good[0]), tensors.joined(header, data)]
        self._file = tempfile.TemporaryFile()

    def read(self, data):
        self._file.seek(0)
        self._file.truncate()
        self._file.write(data)
        self._file.flush()
        with source.refusals("here"), SafetensorsFile(self._file) as found:
            found.config  # noqa: B018
            for name in found:
                found.tensor(name)


class Index(Target):
    """Indexes of weights in parts."""

    def __init__(self):
        names = ["m_00000.weights.h5", "m_00001.weights.h5"]
        told = {"metadata": {"total_size": 9.0}, "weight_map": {"/layers/dense/vars": names, "/vars": names[:1]}}
        self.good = [json.dumps(told).encode(), b'{"weight_map": {"/vars": "m_00000.weights.h5"}}']

    def read(self, data):
        for names in shards.index(data).values():
            for name in names:
                source.check_plain(name)


CANARIES = [
    None, True, 0, -1, 7, 2**31, 2**62, 10**12, 0.5, 1e308, "", "canary", "os.system", "x" * 2000, [], [None, 3], [10**9], {}, {"a": 1},
    {"class_name": "__lambda__", "config": {"value": ["4wAAAA", None, None]}},
    {"class_name": "__tensor__", "config": {"value": [1.0, 2.0], "dtype": "float32"}},
    {"class_name": "__keras_tensor__", "config": {"shape": [None, 3], "dtype": "float32", "keras_history": ["x", 0, 0]}},
    {"class_name": "function", "module": "builtins", "config": "eval", "registered_name": "eval"},
    {"class_name": "system", "module": "os", "config": {"command": "x"}, "registered_name": "os>system"},
]  # fmt: skip


def places(data, at=()):
    """Paths of all values within plain data."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield *at, key
        yield from places(value, (*at, key))


class Config(Target):
    """Changes to plain data: a value by another, two exchanged, a key lost or renamed."""

    is_config = True

    @functools.cached_property
    def _packed(self) -> list[tuple[bytes, list]]:
        """The good inputs, in a form from which a copy is made quickly, and their places."""
        return [(pickle.dumps(data), list(places(data))) for data in self.good]

    def changed(self, rng):
        packed, every = rng.choice(self._packed)
        data = pickle.loads(packed)
        for change in range(rng.choice((1, 1, 2, 3))):
            every = list(places(data)) if change else every
            if not every:
                break
            path, other = rng.choice(every), rng.choice(every)
            holder, source = data, data
            for key in path[:-1]:
                holder = holder[key]
            for key in other:
                source = source[key]
            kind = rng.randrange(4)
            if kind == 0:
                holder[path[-1]] = copy.deepcopy(rng.choice(CANARIES))
            elif kind == 1:
                holder[path[-1]] = copy.deepcopy(source)
            elif kind == 2:
                del holder[path[-1]]
            elif isinstance(holder, dict):
                holder[str(other[-1])] = holder.pop(path[-1])
        return data


def of_old_files() -> list[dict]:
    """Small configs as old Kerases wrote them."""
    found = []
    for path in sorted((pathlib.Path(__file__).parent / "goldens").glob("*.zip")):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.endswith(".h5"):
                    with h5py.File(io.BytesIO(archive.read(name))) as h5:
                        text = h5.attrs.get("model_config", b"")
                    if 0 < len(text) < MOST_TEXT:
                        found.append(json.loads(text))
    return found


class Upgrade(Config):
    """Configs of every age."""

    def __init__(self):
        config = pellucid.saving.serialize_keras_object(model())
        old = {
            "class_name": "Sequential",
            "config": [
                {"class_name": "Dense", "config": {"output_dim": 3, "batch_input_shape": [None, 4], "init": "uniform"}},
                {
                    "class_name": "Convolution2D",
                    "config": {"nb_filter": 2, "border_mode": "same", "dim_ordering": "tf"},
                },
                {"class_name": "LSTM", "config": {"output_dim": 2, "inner_init": "orthogonal", "name": "l"}},
                {"class_name": "Merge", "config": {"mode": "concat", "layers": []}},
            ],
        }
        two = {
            "class_name": "Model",
            "config": {
                "name": "m",
                "layers": [
                    {
                        "class_name": "InputLayer",
                        "name": "i",
                        "config": {"batch_input_shape": [None, 4], "dtype": "float32", "sparse": False, "name": "i"},
                        "inbound_nodes": [],
                    },
                    {
                        "class_name": "Dense",
                        "name": "d",
                        "config": {
                            "units": 2,
                            "name": "d",
                            "kernel_initializer": {"class_name": "Zeros", "config": {}},
                        },
                        "inbound_nodes": [[["i", 0, 0, {}]]],
                    },
                ],
                "input_layers": [["i", 0, 0]],
                "output_layers": [["d", 0, 0]],
            },
        }
        self.good = [config, old, two, *of_old_files()]

    def read(self, data):
        with source.refusals("here"):
            ages.modern(data)


class Building(Upgrade):
    """Models of configs, without memory for their weights."""

    def __init__(self):
        super().__init__()
        small = [config for config in self.good[1:] if len(json.dumps(config)) < MOST_TEXT // 2]
        self.good = [pellucid.saving.serialize_keras_object(tiny()), *small]

    def read(self, data):
        settings.clear_session(free_memory=False)
        with source.refusals("here"):
            built(ages.modern(data), 2**20, None)


class Objects(Config):
    """Single objects of configs."""

    def __init__(self):
        losses, optimizers = pellucid.losses, pellucid.optimizers
        things = [losses.Huber(), optimizers.Adam(0.1), pellucid.metrics.AUC(), pellucid.regularizers.L1L2(0.1)]
        things += [pellucid.layers.LSTM(2), pellucid.layers.Bidirectional(pellucid.layers.GRU(2)), slice(1, 2)]
        things += [pellucid.initializers.RandomNormal(), np.arange(3.0), pellucid.DTypePolicy("mixed_bfloat16")]
        self.good = [{"all": [pellucid.saving.serialize_keras_object(thing)]} for thing in things]

    def read(self, data):
        settings.clear_session(free_memory=False)
        deserialize_keras_object(data)


TARGETS = {
    "zip": Zip,
    "json": Json,
    "hdf5": Hdf5,
    "legacy": Legacy,
    "tensors": Tensors,
    "index": Index,
    "upgrade": Upgrade,
    "building": Building,
    "objects": Objects,
}
