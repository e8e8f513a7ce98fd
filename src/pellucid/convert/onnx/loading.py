"""Loading ONNX files that nobody vouches for: bytes to a graph, weights beside the file included.

Below:  files/source.py opens regular files only, and neighbours by plain names; the `onnx` package parses.
Above:  network.py.
Kept true: no size that a file tells is believed before as many bytes are there.
"""

from __future__ import annotations

import math
import os

import numpy as np
import torch

from pellucid.convert.onnx.package import onnx_package
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
        size = os.fstat(file.fileno()).st_size
        if size > _MOST_BYTES:
            raise FileError("The file is too large for ONNX.", got=f"{size} bytes", expected=f"up to {_MOST_BYTES}")
        data = file.read()
        model = onnx.ModelProto()
        model.ParseFromString(data)
        opset = _opset(model)
        _check_graph(model)
        weights = {tensor.name: _tensor(onnx, path, tensor) for tensor in model.graph.initializer}
    return model.graph, opset, weights


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


def _tensor(onnx, path: str, tensor) -> torch.Tensor:
    if tensor.data_location == onnx.TensorProto.EXTERNAL:
        return torch.from_numpy(_beside(onnx, path, tensor))
    if min(tensor.dims, default=0) < 0:
        raise FileError("A weight has a negative size.", got=list(tensor.dims))
    return as_tensor(onnx.numpy_helper.to_array(tensor))


def as_tensor(array: np.ndarray) -> torch.Tensor:
    """An array of the file as a tensor of our own."""
    if array.dtype == object or array.dtype.kind not in "fiub":
        raise FileError("A weight is of a dtype that is not read.", got=str(array.dtype))
    return torch.from_numpy(np.array(array))


def _beside(onnx, path: str, tensor) -> np.ndarray:
    """A weight that lies in a file beside this one."""
    facts = {entry.key: entry.value for entry in tensor.external_data}
    dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type)
    if min(tensor.dims, default=0) < 0 or np.dtype(dtype).kind not in "fiub":
        raise FileError("A weight beside the file has no lawful shape or dtype.", got=f"{list(tensor.dims)}, {dtype}")
    needed = math.prod(tensor.dims) * np.dtype(dtype).itemsize
    offset, length = _whole(facts.get("offset", "0")), _whole(facts.get("length", str(needed)))
    with opened_beside(path, facts.get("location", "")) as file:
        size = os.fstat(file.fileno()).st_size
        if length != needed or offset + length > size:
            raise FileError(
                "A weight beside the file is not where the file says.", got=f"{length} bytes at {offset} of {size}",
                expected=f"{needed} bytes for shape {list(tensor.dims)}", where=tensor.name,
            )  # fmt: skip
        file.seek(offset)
        data = bytearray()
        while len(data) < needed:
            part = file.read(needed - len(data))
            if not part:
                raise FileError("A weight beside the file ends early.", where=tensor.name)
            data += part
    return np.frombuffer(bytes(data), np.dtype(dtype).newbyteorder("<")).reshape(tuple(tensor.dims)).astype(dtype)


def _whole(text: str) -> int:
    if not text.isdecimal() or len(text) > 18:
        raise FileError("A place in a file beside this one is no number.", got=repr(text)[:50])
    return int(text)
