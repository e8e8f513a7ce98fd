"""Choosing: which engine predicts, for each shape of input: the model's own Python first, what was compiled later.

Below:  tape.py records the model, torch_engine.py and openvino_engine.py run the tape, unchanged.py watches the model.
Above:  step.py asks for the outputs of one batch, train.py for those of a small array.
Kept true: a compiled engine has given the model's own numbers on the batch at hand before it is used; a model that
        changed in any way runs itself again.
"""

from __future__ import annotations

import contextlib
import time

import numpy as np
import torch

from pellucid import nest
from pellucid.dtypes import standardize_dtype
from pellucid.engine.data.arrays import DEFAULT_BATCH_SIZE
from pellucid.engine.inference import openvino_engine
from pellucid.engine.inference.foreign_code import Watching
from pellucid.engine.inference.tape import Refused, Tape, record
from pellucid.engine.inference.torch_engine import TorchEngine
from pellucid.engine.inference.unchanged import Unchanged
from pellucid.graph.edits import edits
from pellucid.graph.scopes import current_device
from pellucid.graph.values import convert_to_numpy

# Shapes of input that are remembered; a loop over ever new shapes compiles nothing.
MOST_SHAPES = 16
# Calls of one shape before compiling may begin: scripts that predict once or twice never pay for it.
FEWEST_CALLS = 3
# What compiling was seen to cost, on two cores: a step of the model, and the bytes of its weights.
SECONDS_EACH_LAYER, SECONDS_EACH_BYTE = 4e-3, 1.5e-9
# Compiling shorter than this is not waited for.
UNNOTICED_SECONDS = 0.3
# Largest difference from the model's own outputs, as a share of the largest of them.
TOLERANCE = 1e-4


class Inference:
    """The outputs of a model in inference, by the fastest engine that has proved to give the model's numbers."""

    def __init__(self):
        self._shapes: dict[tuple, _Shape] = {}
        self._arrays: dict[tuple, _Shape] = {}  # the same, by what NumPy says of an array

    def __call__(self, model, x):
        """What ``model(x, training=False)`` gives; x is a tensor, or a nesting of them."""
        leaves = [x] if type(x) is torch.Tensor else nest.flatten(x)
        key = _key(leaves)
        if key is None:
            return model(x, training=False)
        shape = self._shapes.get(key)
        if shape is None:
            shape = self._new_shape(key)
        return shape.run(model, x, leaves)

    def of_array(self, x, batch_size: int | None):
        """What `predict` gives for an array of one batch, without all that it does for many; None if not ready.

        The way of a single sample: it costs what the engine costs, and a few microseconds.
        """
        if type(x) is not np.ndarray or not (batch_size is None or (type(batch_size) is int and batch_size > 0)):
            return None
        shape = self._arrays.get((x.shape, x.dtype))
        if shape is None or len(x) > (batch_size or DEFAULT_BATCH_SIZE) or not shape.is_ready():
            return None
        if current_device() != "cpu":
            return None
        if not (x.flags.c_contiguous and x.flags.writeable):  # PyTorch shares no other memory
            x = x.copy()
        with torch.no_grad():
            outputs = shape.engine(torch.from_numpy(x))
        arrays = [convert_to_numpy(y) for y in outputs]
        return shape.packed([y.copy() if np.may_share_memory(x, y) else y for y in arrays])

    def _new_shape(self, key):
        if len(self._shapes) >= MOST_SHAPES:
            self._arrays.pop(_array_key(old := next(iter(self._shapes))), None)
            del self._shapes[old]
        self._shapes[key] = shape = _Shape()
        if len(key) == 1 and key[0][2].type == "cpu":
            self._arrays[_array_key(key)] = shape
        return shape


def _key(leaves) -> tuple | None:
    """Shapes and dtypes; None where something is no plain tensor, or carries a mask."""
    key = []
    for x in leaves:
        if type(x) is not torch.Tensor or x.requires_grad or hasattr(x, "_keras_mask"):
            return None
        key.append((x.shape, x.dtype, x.device))
    return tuple(key)


def _array_key(key) -> tuple:
    (shape, dtype, _device), *_ = key
    return tuple(shape), np.dtype(standardize_dtype(dtype)) if dtype is not torch.bfloat16 else None


class _Shape:
    """What is known of one shape of input."""

    def __init__(self):
        self._begin()

    def _begin(self):
        self.engine = None
        self.packed = None
        self._unchanged: Unchanged | None = None
        self._calls, self._seconds = 0, 0.0
        self._is_refused = False

    def is_ready(self) -> bool:
        """Whether the engine may be used as it is."""
        return self.engine is not None and self._unchanged()

    def run(self, model, x, leaves):
        if self._unchanged is not None and not self._unchanged():
            self._begin()
        if self.engine is not None:
            return self.packed(self.engine(*leaves))
        if self._is_refused:
            return model(x, training=False)
        if self._calls >= FEWEST_CALLS and self._seconds + UNNOTICED_SECONDS >= _estimate(model):
            return self._run_and_compile(model, x, leaves)
        begin = time.perf_counter()
        outputs = model(x, training=False)
        self._seconds += time.perf_counter() - begin
        self._calls += 1
        return outputs

    def _run_and_compile(self, model, x, leaves):
        """One more run of the model itself, watched; if it leaves no trace, a tape of it."""
        unchanged, writes = Unchanged(model), edits.weights
        with Watching() as watching:
            outputs = model(x, training=False)
        self._is_refused = True
        if watching.foreign is None and unchanged() and edits.weights == writes:
            with contextlib.suppress(Refused):
                self._compile(record(model, x), model, x, leaves, outputs)
                self._unchanged = unchanged
        return outputs

    def _compile(self, tape, model, x, leaves, outputs):
        checks = [(leaves, nest.flatten(outputs)), _turned(model, x, leaves)]
        engines = [engine for engine in _candidates(tape) if all(_gives(engine, *check) for check in checks)]
        if not engines:
            raise Refused("no engine gives the model's numbers")
        self.engine = min(engines, key=lambda engine: _seconds(engine, leaves)) if len(engines) > 1 else engines[0]
        self.packed = tape.packed
        self._is_refused = False


def _estimate(model) -> float:
    """Seconds that compiling may take."""
    size_bytes = sum(v._value.nbytes for v in model.variables)
    return SECONDS_EACH_LAYER * len(model._flatten_layers()) + SECONDS_EACH_BYTE * size_bytes


def _candidates(tape: Tape):
    for make in (TorchEngine, *openvino_engine.engines()):
        try:
            yield make(tape)
        except Refused:
            continue


def _turned(model, x, leaves) -> tuple:
    """Other inputs of the same kind, and the model's outputs: the same values in reverse order."""
    turned = [leaf.flip(tuple(range(leaf.ndim))) for leaf in leaves]
    return turned, nest.flatten(model(nest.pack_sequence_as(x, turned), training=False))


def _gives(engine, inputs, outputs) -> bool:
    found = engine(*inputs)
    return len(found) == len(outputs) and all(_is_close(a, b) for a, b in zip(found, outputs, strict=True))


def _is_close(a: torch.Tensor, b: torch.Tensor) -> bool:
    if a.shape != b.shape or a.dtype is not b.dtype:
        return False
    if not a.is_floating_point():
        return torch.equal(a, b)
    largest = b.abs().nan_to_num(posinf=0.0).max().item() if b.numel() else 0.0
    return torch.allclose(a, b, rtol=TOLERANCE, atol=TOLERANCE * largest, equal_nan=True)


def _seconds(engine, inputs) -> float:
    """The shortest of a few runs."""
    times = []
    for _ in range(3):
        begin = time.perf_counter()
        engine(*inputs)
        if inputs[0].is_cuda:
            torch.cuda.synchronize()
        times.append(time.perf_counter() - begin)
    return min(times)
