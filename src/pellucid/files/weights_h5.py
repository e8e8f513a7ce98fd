"""Weights as Keras 3 stores them in HDF5: a group per object, its arrays in ``<path>/vars`` under "0", "1", ...

Below:  hdf5.py reads.
Above:  keras_zip.py holds such a file inside; models/saving.py knows which object has which path.
Kept true: each array carries a checksum of its name, dtype, shape and bytes; readers that do not know it skip it.

Source: keras.saving, Keras 3.15 (H5IOStore).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from pellucid.files.hdf5 import CHECKSUM, Hdf5File, checksum, written


class Arrays(Mapping):
    """The arrays of one object, by name; read from the file when asked for."""

    def __init__(self, file: Hdf5File, path: str):
        self._file, self._path = file, path
        self.facts = file.groups.get(path, {})

    def __getitem__(self, name):
        values = self._file.read(self._path, str(name))
        return bfloat16(values) if self.facts[str(name)].dtype == "bfloat16" else values

    def __iter__(self) -> Iterator[str]:
        return iter(self.facts)

    def __len__(self) -> int:
        return len(self.facts)


class WeightsFile(Hdf5File):
    """The objects of a weights file, by their paths; the root's is ""."""

    def arrays(self, path: str) -> Arrays:
        """The arrays of one object; none if the file has no such object."""
        return Arrays(self, f"{path}/vars" if path else "vars")

    def has(self, path: str) -> bool:
        """Whether the file has a group of this path."""
        return path in self.groups

    @property
    def size_bytes(self) -> int:
        """Bytes of all arrays together."""
        return sum(facts.size_bytes for group in self.groups.values() for facts in group.values())


def write(file, objects, told: Mapping[str, str] | None = None) -> None:
    """Write weights.

    Args:
        file: an open binary file, or a window of one.
        objects: triples (path, name, arrays): arrays is a dict of numpy arrays or tensors.
        told: attributes of the whole.
    """
    with written(file) as h5:
        h5.attrs.update(told or {})
        for path, name, arrays in objects:
            inner = f"{path}/vars" if path else "vars"
            group = h5.create_group(inner)
            if name is not None:
                group.attrs["name"] = name
            for key, array in arrays.items():
                _write_array(group, inner, key, array)


def _write_array(group, path, key, array):
    is_bfloat16 = str(getattr(array, "dtype", "")).endswith("bfloat16")
    values = as_int16(array) if is_bfloat16 else as_numpy(array)
    data = values.view("V2") if is_bfloat16 else values
    dataset = group.create_dataset(key, data=data)
    if is_bfloat16:
        dataset.attrs["dtype"] = "bfloat16"
    dtype = "bfloat16" if is_bfloat16 else values.dtype.name
    dataset.attrs[CHECKSUM] = np.uint32(checksum(path, key, dtype, values))


def as_numpy(array) -> np.ndarray:
    """An array, or a tensor of any device, as an array."""
    return array.detach().cpu().numpy() if hasattr(array, "detach") else np.asarray(array)


def bfloat16(bits: np.ndarray):
    """A bfloat16 tensor of these bits."""
    import torch  # numpy has no such numbers

    return torch.from_numpy(np.ascontiguousarray(bits)).view(torch.bfloat16)


def as_int16(tensor) -> np.ndarray:
    """The bits of a bfloat16 tensor."""
    import torch

    return tensor.detach().cpu().contiguous().view(torch.int16).numpy()
