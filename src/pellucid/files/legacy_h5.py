"""The HDF5 files of Keras 1 and 2, which Keras 3 still writes: layers by name, weights in lists, configs as attributes.

Below:  hdf5.py reads.
Above:  models/legacy.py.
Kept true: names from the file are looked up among its own groups, nothing else.

Source: keras.saving, Keras 3.15 (legacy_h5_format); Keras 2.3.1.
"""

from __future__ import annotations

import numpy as np

from pellucid.errors import FileError
from pellucid.files import safe_json
from pellucid.files.hdf5 import CHECKSUM, Hdf5File, checksum, written
from pellucid.files.keras_zip import KERAS_VERSION
from pellucid.files.weights_h5 import as_numpy

TOP_LEVEL = "top_level_model_weights"
# An attribute must fit into an object header; longer lists are written in parts, layer_names0, layer_names1, ...
_MOST_LIST_BYTES = 64_512
_MOST_PARTS = 10_000


class LegacyFile(Hdf5File):
    """Layers and weights of a legacy file; whole models keep them one group further in."""

    def __init__(self, file, size: int):
        super().__init__(file, size)
        self.root = "model_weights" if "model_weights" in self.groups else ""

    @property
    def version(self) -> str | None:
        """Of the Keras that wrote the file; None where it does not say, as weights of Keras 1 do not."""
        return self._text("keras_version")

    @property
    def backend(self) -> str | None:
        """What computed at the time: "theano" turned the kernels of its convolutions around."""
        return self._text("backend")

    def _text(self, attribute: str) -> str | None:
        found = self.attribute(self.root, attribute)
        found = self.attribute("", attribute) if found is None else found
        return found if isinstance(found, str) else None

    def json(self, name: str):
        """What an attribute says as JSON; None if there is no such."""
        text = self.attribute("", name)
        if text is None:
            return None
        if not isinstance(text, str):
            raise FileError("An attribute is no JSON text.", got=type(text).__name__, where=name)
        return safe_json.read(text)

    def names(self, path: str, attribute: str) -> list[str]:
        """A list of names that a group carries, whole or in parts."""
        found = self.attribute(path, attribute)
        if found is None:
            found = []
            for k in range(_MOST_PARTS):
                part = self.attribute(path, f"{attribute}{k}")
                if part is None:
                    break
                found += part if isinstance(part, list) else [part]
        if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
            raise FileError("A list of names is no such.", got=repr(found)[:200], where=f"{path}/{attribute}")
        return found

    @property
    def lists_layers(self) -> bool:
        """Whether it is a file of this form at all."""
        words = ("layer_names", "layer_names0")
        return any(self.attribute(self.root, word) is not None for word in words)

    def layers(self) -> list[str]:
        """Names of the layers, in the model's order.

        Raises:
            FileError: the file has no such list.
        """
        if not self.lists_layers:
            raise FileError("The file lists no layers.", expected="the attribute layer_names", where=self.root or "/")
        return self.names(self.root, "layer_names")

    def weights(self, group: str) -> list[tuple[str, str]]:
        """Where the weights of a layer are, in order; of "optimizer_weights" too."""
        path = group if group == "optimizer_weights" else f"{self.root}/{group}".strip("/")
        if path not in self.groups:
            raise FileError("The file lists a layer that it does not hold.", got=repr(group)[:200])
        places = []
        for name in self.names(path, "weight_names"):
            folder, _, last = f"{path}/{name}".rpartition("/")
            if last not in self.groups.get(folder, {}):
                raise FileError("The file lists a weight that it does not hold.", got=repr(name)[:200], where=path)
            places.append((folder, last))
        return places

    @property
    def size_bytes(self) -> int:
        """Bytes of all arrays together."""
        return sum(facts.size_bytes for group in self.groups.values() for facts in group.values())


def write(file, configs: dict, layers: list, groups: dict) -> None:
    """Write a legacy file of a whole model.

    Args:
        configs: attribute -> plain data.
        layers: names of the layers, in order.
        groups: layer's name, TOP_LEVEL or "optimizer_weights" -> pairs (name, array), in order.
    """
    with written(file) as h5:
        h5.attrs["keras_version"], h5.attrs["backend"] = KERAS_VERSION, "torch"
        for name, config in configs.items():
            h5.attrs[name] = safe_json.write(config)
        inner = h5.create_group("model_weights")
        inner.attrs["keras_version"], inner.attrs["backend"] = KERAS_VERSION, "torch"
        _write_names(inner, "layer_names", layers)
        # In the order of names, so that a group is there before one whose name goes on from it.
        for name in sorted(groups):
            parent = h5 if name == "optimizer_weights" else inner
            _write_group(parent.require_group(name), groups[name])


def _write_group(group, arrays):
    named: dict[str, object] = {}
    for name, array in arrays:
        k = 1
        while (name if k == 1 else f"{name}_{k}") in named:
            k += 1
        named[name if k == 1 else f"{name}_{k}"] = array
    _write_names(group, "weight_names", list(named))
    for name, array in named.items():
        values = as_numpy(array)
        dataset = group.create_dataset(name, data=values)
        path, _, last = dataset.name.strip("/").rpartition("/")
        dataset.attrs[CHECKSUM] = np.uint32(checksum(path, last, values.dtype.name, values))


def _write_names(group, attribute: str, names: list[str]):
    encoded = np.array([name.encode() for name in names]) if names else np.array([], "f8")
    parts = 1
    while any(part.nbytes > _MOST_LIST_BYTES for part in np.array_split(encoded, parts)):
        parts += 1
    if parts == 1:
        group.attrs[attribute] = encoded
        return
    for k, part in enumerate(np.array_split(encoded, parts)):
        group.attrs[f"{attribute}{k}"] = part
