"""Loading ONNX files that nobody vouches for: bytes to a graph, weights beside the file included.

Below:  files/source.py opens regular files only, and neighbours by plain names; wire.py takes large weights out, and the
        `onnx` package parses the rest.
Above:  network.py.
Kept true: no size that a file tells is believed before as many bytes are there.
"""

from __future__ import annotations

import math
import os

import numpy as np
import torch

from pellucid.convert.onnx.package import onnx_package
from pellucid.convert.onnx.wire import parted
from pellucid.errors import FileError
from pellucid.files.source import opened, opened_beside, refusals

_MOST_BYTES = 2**31  # the end of a protobuf message
_OPSETS = range(7, 27)


def loaded(path):
    """The graph of a file, its opset, and its weights as tensors by name.

    Raises:
        FileError: no ONNX file, a broken one, or of an opset that is not known here.
        MissingPackageError: the package `onnx` is not installed.
    """
    onnx = onnx_package()
    path = os.fspath(path)
    with refusals(path), opened(path) as file:
        model, places = _parsed(onnx, file)
        opset = _opset(model)
        _check_graph(model)
        weights = {
            tensor.name: _tensor(onnx, path, tensor, file, places.get(at))
            for at, tensor in enumerate(model.graph.initializer)
        }
    return model.graph, opset, weights


def message(path):
    """What a file says without the numbers of its large weights: a ModelProto.

    Raises:
        FileError, MissingPackageError: as `loaded`.
    """
    onnx = onnx_package()
    with refusals(os.fspath(path)), opened(path) as file:
        return _parsed(onnx, file)[0]


def _parsed(onnx, file):
    size = os.fstat(file.fileno()).st_size
    if size > _MOST_BYTES:
        raise FileError("The file is too large for ONNX.", got=f"{size} bytes", expected=f"up to {_MOST_BYTES}")
    told, places = parted(file, size)
    return onnx.ModelProto.FromString(told), places


def _opset(model) -> int:
    found = {entry.domain: entry.version for entry in model.opset_import}
    if "" not in found or not model.graph.node:
        raise FileError("This is no ONNX model.", got=f"{len(model.graph.node)} nodes, opsets {found}")
    if found[""] not in _OPSETS:
        raise FileError(
            "The file's opset is not known here.", got=found[""], expected=f"{_OPSETS[0]} to {_OPSETS[-1]}",
            fix="onnx.version_converter.convert_version(model, 17)",
        )  # fmt: skip
    return found[""]


def _check_graph(model):
    if model.functions:
        raise FileError("Functions inside the file are not read.", got=f"{len(model.functions)} of them")
    if model.graph.sparse_initializer:
        raise FileError("Sparse weights are not read.", got=f"{len(model.graph.sparse_initializer)} of them")


def _tensor(onnx, path: str, tensor, file, place: tuple[int, int] | None) -> torch.Tensor:
    if min(tensor.dims, default=0) < 0:
        raise FileError("A weight has a negative size.", got=list(tensor.dims))
    if tensor.data_location == onnx.TensorProto.EXTERNAL:
        return _beside(onnx, path, tensor)
    if place is not None:
        return _read(onnx, tensor, file, place)
    return as_tensor(onnx.numpy_helper.to_array(tensor))


def as_tensor(array: np.ndarray) -> torch.Tensor:
    """An array of the file as a tensor of our own."""
    _check_dtype(array.dtype)
    return torch.from_numpy(np.array(array))


def _check_dtype(dtype):
    if dtype.kind not in "fiub":
        raise FileError("A weight is of a dtype that is not read.", got=str(dtype))


def _beside(onnx, path: str, tensor) -> torch.Tensor:
    """A weight that lies in a file beside this one."""
    facts = {entry.key: entry.value for entry in tensor.external_data}
    with opened_beside(path, facts.get("location", "")) as file:
        offset = _whole(facts.get("offset", "0"))
        behind = max(0, os.fstat(file.fileno()).st_size - offset)
        length = _whole(facts["length"]) if "length" in facts else min(behind, _size(onnx, tensor))
        if length > behind:
            raise _elsewhere(tensor, f"{length} bytes at {offset}, {behind} are there", _size(onnx, tensor))
        return _read(onnx, tensor, file, (offset, length))


def _dtype(onnx, tensor) -> np.dtype:
    dtype = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type))
    _check_dtype(dtype)
    return dtype


def _size(onnx, tensor) -> int:
    """The bytes that a weight of this shape and dtype takes."""
    return math.prod(tensor.dims) * _dtype(onnx, tensor).itemsize


def _read(onnx, tensor, file, place: tuple[int, int]) -> torch.Tensor:
    """The numbers of a weight from a place in a file, which is known to hold so many bytes."""
    (offset, length), needed = place, _size(onnx, tensor)
    if length != needed:
        raise _elsewhere(tensor, f"{length} bytes at {offset}", needed)
    dtype = _dtype(onnx, tensor)
    array = np.empty(tuple(tensor.dims), dtype.newbyteorder("<"))
    rest = array.reshape(-1).view(np.uint8).data
    file.seek(offset)
    while rest:
        count = file.readinto(rest)
        if not count:
            raise FileError("The numbers of a weight end early.", where=tensor.name)
        rest = rest[count:]
    return torch.from_numpy(array.astype(dtype, copy=False))


def _elsewhere(tensor, got: str, needed: int) -> FileError:
    return FileError(
        "The numbers of a weight are not where the file says.", got=got,
        expected=f"{needed} bytes for shape {list(tensor.dims)}", where=tensor.name,
    )  # fmt: skip


def _whole(text: str) -> int:
    if not text.isdecimal() or len(text) > 18:
        raise FileError("A place in a file beside this one is no number.", got=repr(text)[:50])
    return int(text)
