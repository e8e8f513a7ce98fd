"""Saving ONNX models: in one file, or with the weights in a second one where the first would be larger than ONNX allows.

Below:  wire.py has the bytes; files/atomic.py puts files in their places.
Above:  to_onnx.py.
Kept true: the weights are whole under a new name before the file that names them stands, and old ones go after that.
"""

from __future__ import annotations

import os

import numpy as np

from pellucid.convert.onnx import wire
from pellucid.convert.onnx.loading import message
from pellucid.convert.onnx.package import onnx_package
from pellucid.errors import FileError
from pellucid.files import atomic

_MOST_BYTES = 2**31 - 2**20  # a protobuf message ends at 2 GiB
_ENDING = ".data"
_ALIGNED = 4096  # so that others can map each weight into memory
_PIECE_BYTES = 2**24


def save(model, weights: list[wire.Stored], path: str) -> None:
    """Put a model in its place.

    Args:
        model: a ModelProto that lacks the weights; they go into ``path.data`` beside it where one file is too small.
    """
    old = _beside(path)
    pieces, new = wire.segments(model, weights), []
    if sum(map(len, pieces)) > _MOST_BYTES:
        name = _new_name(path)
        new = [name]
        pieces = wire.segments(_told_where(model, weights, name), [])
        _write(os.path.join(os.path.dirname(path), name), _aligned(weights))
    _write(path, pieces)
    for name in set(old) - set(new):
        atomic.remove(os.path.join(os.path.dirname(path), name))


def _aligned(weights: list[wire.Stored]) -> list:
    pieces = []
    for weight in weights:
        pieces += [weight.data(), bytes(-weight.array.nbytes % _ALIGNED)]
    return pieces


def _told_where(model, weights: list[wire.Stored], name: str):
    """The model with its weights, which say where their numbers lie."""
    told, offset = type(model)(), 0
    told.CopyFrom(model)
    for weight in weights:
        tensor = told.graph.initializer.add()
        tensor.CopyFrom(weight.message)
        tensor.data_location = onnx_package().TensorProto.EXTERNAL
        size = weight.array.nbytes
        for key, value in (("location", name), ("offset", offset), ("length", size)):
            tensor.external_data.add(key=key, value=str(value))
        offset += size + -size % _ALIGNED
    return told


def _new_name(path: str) -> str:
    """A name that no file beside this one has."""
    folder, turn = os.path.dirname(path), 0
    while True:
        name = f"{os.path.basename(path)}{f'_{turn}' if turn else ''}{_ENDING}"
        if not os.path.lexists(os.path.join(folder, name)):
            return name
        turn += 1


def _beside(path: str) -> list[str]:
    """The files with weights that a file which is there already names, if they are its own."""
    try:
        tensors = message(path).graph.initializer
    except FileError:  # there is none, or it is none of ours
        return []
    told = {entry.value for tensor in tensors for entry in tensor.external_data}
    start = os.path.basename(path)
    return sorted(name for name in told if name.startswith(start) and name.endswith(_ENDING) and os.sep not in name)


def _write(path: str, pieces: list):
    def write(file):
        for piece in pieces:
            file.write(piece)

    def check(file):
        for piece in pieces:
            for start in range(0, len(piece), _PIECE_BYTES):
                written = np.frombuffer(piece[start : start + _PIECE_BYTES], np.uint8)
                if not np.array_equal(np.frombuffer(file.read(written.size), np.uint8), written):
                    raise FileError("The ONNX file was not written wholly.", where=path)

    atomic.replace(path, write, check)
