"""Test vectors: inputs by a formula and the outputs that belong to them, kept inside a file of any kind.

Above:  artefact.py makes and replays them.
Kept true: a vector is small, whatever the network; other readers of the file do not mind it. What is read is numbers only.
"""

from __future__ import annotations

import base64
import contextlib
import json
import math
import os
import struct
import zipfile
from dataclasses import asdict, dataclass

import numpy as np

from pellucid.convert.onnx.loading import message
from pellucid.convert.onnx.package import onnx_package
from pellucid.errors import FileError
from pellucid.files import safe_json

NAME = "pellucid_test_vector"
_MOST_VALUES = 1024
_MOST_BYTES = 2**16
# HDF5 does not mind what stands behind its end, and says in a checksum what stands before it.
_MARK = b"pellucid vector1"
_COMMENT = f"# {NAME}: "


def numbers(shapes, dtypes, below: int) -> list[np.ndarray]:
    """Two samples of each input, whole numbers by a formula that is the same everywhere."""
    made = []
    for k, (shape, dtype) in enumerate(zip(shapes, dtypes, strict=True)):
        flat = np.arange(2 * math.prod(shape), dtype=np.int64)
        mixed = ((flat + 1) * 2654435761 + k * 40503) // 65536
        low, count = (0, below) if "int" in dtype or "bool" in dtype else (-2, 5)
        made.append((mixed % count + low).astype(dtype).reshape(2, *shape))
    return made


@dataclass(frozen=True)
class Vector:
    """Inputs and outputs of a network.

    Attributes:
        shapes, dtypes, below: what `numbers` makes the inputs of, without the batch.
        ways: how the axes of each input are then moved, without the batch.
        outputs: for each output its shape, how far apart the kept values lie, and these.
    """

    shapes: list
    dtypes: list
    below: int
    ways: list
    outputs: list

    @classmethod
    def of(cls, shapes, dtypes, below, ways, ys) -> Vector:
        """The vector of these outputs."""
        kept = []
        for y in ys:
            step = max(1, -(-y.size // _MOST_VALUES))
            values = np.ascontiguousarray(y, dtype="<f4").ravel()[::step]
            kept.append({"shape": list(y.shape), "step": step, "values": base64.b64encode(values.tobytes()).decode()})
        return cls([list(shape) for shape in shapes], list(dtypes), below, ways, kept)

    def inputs(self) -> list[np.ndarray]:
        """The inputs as the file's network takes them."""
        xs = numbers(self.shapes, self.dtypes, self.below)
        moved = (x.transpose(0, *(axis + 1 for axis in way)) for x, way in zip(xs, self.ways, strict=True))
        return [np.ascontiguousarray(x) for x in moved]

    def distance(self, at: int, y: np.ndarray) -> float:
        """The largest difference of an output from the one kept, as a share of 1 and its largest value."""
        told = self.outputs[at]
        values = np.frombuffer(base64.b64decode(told["values"]), "<f4")
        if list(y.shape) != told["shape"]:
            return math.inf
        apart = np.abs(y.astype("float32").ravel()[:: told["step"]] - values)
        return float(apart.max() / (1 + np.abs(values).max())) if values.size else 0.0


def keep(path: str, vector: Vector) -> None:
    """Put a vector into a file."""
    text = json.dumps(asdict(vector))
    if path.endswith(".keras"):
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(NAME + ".json", text)
    elif path.endswith(".h5"):
        with open(path, "ab") as file:
            file.write(text.encode() + struct.pack("<Q", len(text)) + _MARK)
    elif path.endswith(".py"):
        with open(path, "a", encoding="utf-8") as source:
            source.write(f"\n{_COMMENT}{text}\n")
    else:
        told = onnx_package().ModelProto()
        told.metadata_props.add(key=NAME, value=text)
        with open(path, "ab") as file:  # what stands behind a message is a part of it
            file.write(told.SerializeToString())


def kept(path: str) -> Vector | None:
    """The vector in a file; None where there is none.

    Raises:
        FileError: what lies there is no vector.
    """
    text = _text(path)
    if text is None:
        return None
    try:
        read = safe_json.read(text if isinstance(text, bytes) else text.encode())
        return _checked(Vector(**read))
    except FileError:
        raise
    except Exception as error:
        raise FileError(f"The file's test vector is none: {error}", got=os.path.basename(path)) from error


def _checked(vector: Vector) -> Vector:
    sizes = [math.prod(shape) for shape in vector.shapes]
    if not all(isinstance(n, int) and 0 <= n < 2**28 for n in [*sizes, vector.below]):
        raise FileError("The file's test vector has inputs that are too large.", got=vector.shapes)
    return vector


def _text(path: str) -> str | bytes | None:
    if path.endswith(".keras"):
        with contextlib.suppress(KeyError), zipfile.ZipFile(path) as archive:
            if archive.getinfo(NAME + ".json").file_size <= _MOST_BYTES:
                return archive.read(NAME + ".json")
        return None
    if path.endswith(".h5"):
        return _behind(path)
    if path.endswith(".py"):
        return _last_comment(path)
    if path.endswith(".onnx"):
        return next((one.value for one in message(path).metadata_props if one.key == NAME), None)
    return None


def _last_comment(path: str) -> bytes | None:
    """What stands in the last line of a source file, if that is the comment with a vector."""
    with open(path, "rb") as file:
        file.seek(max(0, os.path.getsize(path) - _MOST_BYTES))
        last = file.read().rstrip().rpartition(b"\n")[2]
    return last.removeprefix(_COMMENT.encode()) if last.startswith(_COMMENT.encode()) else None


def _behind(path: str) -> bytes | None:
    """What stands behind the end of an HDF5 file."""
    ending = len(_MARK) + 8
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        file.seek(max(0, size - ending))
        told = file.read(ending)
        if len(told) < ending or not told.endswith(_MARK):
            return None
        length = struct.unpack("<Q", told[:8])[0]
        if length > min(_MOST_BYTES, size - ending):
            raise FileError(
                "The file's test vector is longer than the file.", got=length, expected=f"at most {_MOST_BYTES}"
            )
        file.seek(size - ending - length)
        return file.read(length)
