"""Choosing: which engine predicts, for each shape of input: the model's own Python first, what was compiled later.

Below:  tape.py records the model, making.py makes engines of the tape, unchanged.py watches the model.
Above:  step.py asks for the outputs of one batch, train.py for those of an array.
Kept true: a compiled engine has given the model's own numbers on the batch at hand before it is used; a model that
        changed in any way runs itself again.
"""

from __future__ import annotations

import contextlib
import math
import time
from functools import partial

import numpy as np
import torch

from pellucid import nest
from pellucid.dtypes import standardize_dtype
from pellucid.engine.data.arrays import DEFAULT_BATCH_SIZE
from pellucid.engine.inference.foreign_code import Watching
from pellucid.engine.inference.making import Batch, make_engine
from pellucid.engine.inference.openvino_engine import OpenVINORows
from pellucid.engine.inference.tape import Recording, Refused, packed
from pellucid.engine.inference.unchanged import Unchanged
from pellucid.graph.edits import edits
from pellucid.graph.scopes import current_device
from pellucid.graph.values import convert_to_numpy

# Shapes of input that are remembered; a loop over ever new shapes compiles nothing.
MOST_SHAPES = 16
# Calls of one shape before compiling may begin: scripts that predict once or twice never pay for it.
FEWEST_CALLS = 3
# What compiling was seen to cost, on two cores: a layer of the model, and the bytes of its weights.
SECONDS_EACH_LAYER, SECONDS_EACH_BYTE = 2e-3, 1.5e-9
# Compiling shorter than this is not waited for.
UNNOTICED_SECONDS = 0.2


class Inference:
    """The outputs of a model in inference, by the fastest engine that has proved to give the model's numbers."""

    def __init__(self):
        self._shapes: dict[tuple, _Shape] = {}
        self._arrays: dict[tuple, _Shape] = {}  # the same, by what NumPy says of an array
        self._rows: dict[tuple, _Shape] = {}  # those whose engines take any number of samples, by the rest of the shape

    def __call__(self, model, x):
        """What ``model(x, training=False)`` gives; x is a tensor, or a nesting of them."""
        leaves = [x] if type(x) is torch.Tensor else nest.flatten(x)
        key = _key(leaves)
        if key is None:
            return model(x, training=False)
        shape = self._shapes.get(key)
        if shape is None or shape.engine is None:
            shape = self._of_any_length(key) or shape or self._new_shape(key)
        outputs = shape.run(model, x, leaves)
        if shape.takes_any_length():
            self._rows[_rest(key)] = shape
        return outputs

    def of_array(self, x, batch_size: int | None):
        """What `predict` gives for an array, without all that it does for others; None if not ready.

        The way of a single sample: it costs what the engine costs, and a few microseconds.
        """
        if type(x) is not np.ndarray or not (batch_size is None or (type(batch_size) is int and batch_size > 0)):
            return None
        shape = self._arrays.get((x.shape, x.dtype))
        is_one_batch = shape is not None and len(x) <= (batch_size or DEFAULT_BATCH_SIZE)
        if not is_one_batch:
            shape = self._of_any_length_like(x, batch_size or DEFAULT_BATCH_SIZE)
        if shape is None or not shape.is_ready() or current_device() != "cpu":
            return None
        if not (x.flags.c_contiguous and x.flags.writeable):  # PyTorch shares no other memory
            if not is_one_batch:
                return None
            x = x.copy()
        with torch.no_grad():
            outputs = shape.engine(torch.from_numpy(x))
        arrays = [convert_to_numpy(y) for y in outputs]
        return shape.packed([y.copy() if np.may_share_memory(x, y) else y for y in arrays])

    def _of_any_length(self, key) -> _Shape | None:
        """Where a batch of another length has an engine that takes this one too, without much padding."""
        shape = self._rows.get(_rest(key)) if self._rows and all(len(part[0]) for part in key) else None
        if shape is None or not shape.is_ready() or 2 * key[0][0][0] < shape.engine.rows:
            return None
        return shape if len({part[0][0] for part in key}) == 1 else None

    def _of_any_length_like(self, x, batch_size) -> _Shape | None:
        if not self._rows or not x.ndim or x.dtype != np.float32 or len(x) < batch_size:
            return None
        return self._of_any_length(((x.shape, torch.float32, torch.device("cpu")),))

    def _new_shape(self, key):
        if len(self._shapes) >= MOST_SHAPES:
            self._arrays.pop(_array_key(old := next(iter(self._shapes))), None)
            self._rows = {rest: shape for rest, shape in self._rows.items() if shape is not self._shapes[old]}
            del self._shapes[old]
        self._shapes[key] = shape = _Shape()
        if len(key) == 1 and key[0][2].type == "cpu":
            self._arrays[_array_key(key)] = shape
        return shape


def _key(leaves) -> tuple | None:
    """Shapes and dtypes; None where something is no plain tensor, is empty, or carries a mask."""
    key = []
    for x in leaves:
        if type(x) is not torch.Tensor or x.requires_grad or not x.numel() or hasattr(x, "_keras_mask"):
            return None
        key.append((x.shape, x.dtype, x.device))
    return tuple(key)


def _rest(key) -> tuple:
    """A key without the number of samples."""
    return tuple((tuple(shape[1:]), dtype, device) for shape, dtype, device in key)


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
        self._calls, self._seconds, self._least = 0, 0.0, math.inf
        self._is_refused = False

    def is_ready(self) -> bool:
        """Whether the engine may be used as it is."""
        return self.engine is not None and self._unchanged()

    def takes_any_length(self) -> bool:
        """Whether the engine takes any number of samples."""
        return isinstance(self.engine, OpenVINORows)

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
        seconds = time.perf_counter() - begin
        self._seconds, self._least = self._seconds + seconds, min(self._least, seconds)
        self._calls += 1
        return outputs

    def _run_and_compile(self, model, x, leaves):
        """One more run of the model itself, watched and recorded; if it leaves no trace, an engine of it."""
        unchanged, writes = Unchanged(model), edits.weights
        with Watching() as watching:
            recording = Recording(model, x)
        self._is_refused = True
        if watching.foreign is None and unchanged() and edits.weights == writes:
            with contextlib.suppress(Refused):
                tape = recording.tape()
                outputs = nest.flatten(recording.outputs)
                self.engine = make_engine(tape, Batch(model, x, leaves, outputs, self._least))
                self.packed, self._unchanged = partial(packed, tape.structure), unchanged
                self._is_refused = False
        return recording.outputs


def _estimate(model) -> float:
    """Seconds that compiling may take."""
    size_bytes = sum(v._value.nbytes for v in model.variables)
    return SECONDS_EACH_LAYER * len(model._flatten_layers()) + SECONDS_EACH_BYTE * size_bytes
