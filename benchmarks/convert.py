"""Time of a conversion and of its proof, and what a transpose left in a network costs: ``python -m benchmarks.convert``.

Goal: VGG16 is converted in under 3 s. What PyTorch needs once to load `torch.export` is told by itself. The proof of VGG16
runs it with whole numbers and with its own weights, in float32 and float64, and once as it would be wrong.
"""

from __future__ import annotations

import importlib
import tempfile
import time

import numpy as np
import torch

from benchmarks.pairing import report, rounds
from pellucid import Sequential, applications, convert, layers


def main() -> None:
    """Convert VGG16, prove it, and run a network with and without its transpose."""
    print(f"\nconversion   ({torch.get_num_threads()} threads)")
    model = applications.VGG16(weights=None)
    new = _timed("VGG16 to channels_first", lambda: convert.relayout(model, "channels_first"))
    _timed("and back", lambda: convert.relayout(new, "channels_last"))
    _timed("proof", lambda: convert.prove(model, new, samples=1))
    _through_other_worlds(model)
    folded, left_in = _folded_and_not()
    x = np.random.default_rng(0).normal(size=(32, 64, 24, 24)).astype("float32")
    report(
        "a Flatten of (64, 24, 24) and a Dense, batch 32; left in: with its transpose",
        rounds(
            {"pellucid": lambda: folded.predict_on_batch(x), "left in": lambda: left_in.predict_on_batch(x)}, repeats=15
        ),
    )


def _through_other_worlds(model):
    """To PyTorch and ONNX and back."""
    _timed("loading torch.export", lambda: importlib.import_module("torch.export._trace"))
    module = _timed("VGG16 to PyTorch", lambda: convert.to_torch(model))
    _timed("and back", lambda: convert.from_torch(module, (3, 224, 224)))
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/vgg16.onnx"
        _timed("VGG16 to ONNX", lambda: convert.to_onnx(model, path))
        _timed("and back", lambda: convert.from_onnx(path))


def _timed(title: str, run):
    start = time.perf_counter()
    found = run()
    print(f"  {title:<24} {time.perf_counter() - start:8.2f} s")
    return found


def _folded_and_not() -> tuple[Sequential, Sequential]:
    """The same function twice: rows of the kernel moved, and values moved at each call."""
    made = []
    for data_format in ("channels_last", "channels_first"):
        made.append(Sequential([layers.Input((64, 24, 24)), layers.Flatten(data_format=data_format), layers.Dense(10)]))
    folded, left_in = made
    kernel, bias = left_in.get_weights()
    rows = convert.move_rows(kernel, (24, 24, 64))
    folded.set_weights([rows, bias])
    return folded, left_in


if __name__ == "__main__":
    main()
