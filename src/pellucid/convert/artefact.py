"""Files converted, each with a test vector inside that is replayed where the file ends up.

Below:  relayout.py, torch/ and onnx/ convert; vectors.py keeps the vector in the file.
Above:  the commands `pellucid convert` and `pellucid prove`.
Kept true: all is converted, and proved to itself, in a folder beside the target; only then the target's name is given.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from typing import Any

import numpy as np

from pellucid.convert import vectors
from pellucid.convert.facing import facing, moved
from pellucid.convert.ledger import Ledger
from pellucid.convert.onnx.to_onnx import to_onnx
from pellucid.convert.proof import Proof, Round
from pellucid.convert.relayout import relayout
from pellucid.convert.sides import OurModel, side
from pellucid.convert.torch.to_torch import to_torch
from pellucid.errors import ArgumentError, FileError
from pellucid.models import load_model

ENDINGS = (".keras", ".h5", ".onnx", ".py")
_CLOSE = 2e-4
_UNKNOWN = 32
"""The size that a test vector has where the network leaves it open."""


def convert_file(source, target, layout: str | None = None, overwrite: bool = False) -> Ledger:
    """Convert a model's file to another layout or framework, as the target's ending says.

    Args:
        source: a file that `load_model` takes.
        target: ends with .keras or .h5, with .onnx, or with .py for PyTorch source and weights beside it.
        layout: where the channels shall lie; None for where they are in .keras and .h5, and first elsewhere.
        overwrite: whether a file that is there is replaced.

    Returns:
        The ledger of the conversion.

    Raises:
        ArgumentError: another ending.
        FileError: the target is there.
        UnsupportedError: a layer that cannot be converted; nothing is written.
    """
    target = os.fspath(target)
    if not target.endswith(ENDINGS):
        raise ArgumentError(
            "The new file's ending says what it shall be.", got=repr(target), expected=", ".join(ENDINGS),
            fix="pellucid convert model.keras model.onnx",
        )  # fmt: skip
    weights = [target[: -len(".py")] + ".safetensors"] if target.endswith(".py") else []
    there = next((path for path in (target, *weights) if os.path.exists(path)), None)
    if there is not None and not overwrite:
        raise FileError("The file is there already.", got=there, fix="--force, or another name")
    model = load_model(source)
    folder = os.path.dirname(os.path.abspath(target))
    with tempfile.TemporaryDirectory(dir=folder, prefix=".convert-") as made:
        path = os.path.join(made, os.path.basename(target))
        ledger = _written(model, path, layout)
        vectors.keep(path, _vector(model, path, ledger))
        for name in os.listdir(made):
            shutil.move(os.path.join(made, name), os.path.join(folder, name))
    return ledger


def _written(model, path: str, layout: str | None) -> Ledger:
    if path.endswith(".onnx"):
        return to_onnx(model, path, layout=layout or "channels_first")
    if path.endswith(".py"):
        module: Any = to_torch(model, layout=layout or "channels_first", path=path)
        return module.ledger
    new = model if layout is None else relayout(model, layout)
    new.save(path)
    return new.ledger if layout is not None else Ledger("as it was", "as it was")


def _vector(model, path: str, ledger: Ledger) -> vectors.Vector:
    """What the old network gives for some inputs, as the new one takes and gives them."""
    old, new = OurModel(model), side(path)
    new.ledger = ledger
    facing_new = facing(old, new, None, [])
    shapes = [tuple(size or _UNKNOWN for size in shape[1:]) for shape in old.shapes() or ()]
    xs = vectors.numbers(shapes, facing_new.dtypes, facing_new.below)
    ys = old.run(xs)
    ways = [list(way.dims) for way in facing_new.ways_in] or [list(range(len(shape))) for shape in shapes]
    ways_out = facing_new.ways_out or (None,) * len(ys)
    there = [y if way is None else moved(y, way) for y, way in zip(ys, ways_out, strict=True)]
    return vectors.Vector.of(shapes, facing_new.dtypes, facing_new.below, ways, there)


def replay(path) -> Proof:
    """Run the test vector that a converted file carries: whether the file still computes what its source did.

    Raises:
        FileError: the file carries none.
    """
    path = os.fspath(path)
    vector = vectors.kept(path)
    if vector is None:
        raise FileError(
            "The file carries no test vector.", got=path, expected="a file that `pellucid convert` wrote",
            fix=f"pellucid prove ORIGINAL {path}",
        )  # fmt: skip
    found = side(path).run(vector.inputs())
    apart = [vector.distance(at, y) for at, y in enumerate(found)]
    most = max(apart, default=0.0)
    how = f"in float32, within {_CLOSE:g} of the largest"
    equal = len(found) == len(vector.outputs) and bool(np.isfinite(most)) and most <= _CLOSE
    name = os.path.basename(path)
    return Proof((name, "its test vector"), (Round("the test vector that it carries", how, equal, most),))
