"""Making: the fastest engine for a tape, among those that give the model's own numbers.

Below:  rewriting.py, torch_engine.py, openvino_engine.py.
Above:  choosing.py asks once for each shape of input.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

import torch

from pellucid import nest
from pellucid.engine.inference import openvino_engine
from pellucid.engine.inference.openvino_engine import OpenVINOEngine, OpenVINORows
from pellucid.engine.inference.rewriting import simplified
from pellucid.engine.inference.tape import Refused, Tape, record
from pellucid.engine.inference.torch_engine import TorchEngine

# Largest difference from the model's own outputs, as a share of the largest of them.
TOLERANCE = 1e-4
# So few operations take PyTorch less than OpenVINO takes for a call.
SLIGHT_OPERATIONS = 3
# Below this, one thread may do as well as all, and PyTorch as well as OpenVINO.
SMALL_SECONDS = 1e-3
# What waking other threads costs is not seen where an engine is timed without pauses.
WAKING = 1.2
# A model that takes longer for a sample, run by itself, goes through its samples in small pieces, which stay in the
# caches, a thread at each. Measured on two cores, 32 samples, beside all threads at all of them: MobileNetV2 0.83 of
# the time, ResNet50 0.94; a small CNN 1.3.
SMALL_SECONDS_EACH = 1e-3
ROWS = 4
# A batch of fewer samples is not cut.
FEWEST_CUT = 4


@dataclass
class Batch:
    """A model with inputs, what it gives for them, and how long it takes for that."""

    model: Callable
    x: object
    inputs: list[torch.Tensor]
    outputs: list[torch.Tensor]
    seconds: float

    @cached_property
    def checks(self) -> list[tuple]:
        """Inputs and outputs: these, and others."""
        turned = [_turned(x) for x in self.inputs]
        return [(self.inputs, self.outputs), (turned, self.given(turned))]

    def given(self, inputs: list) -> list[torch.Tensor]:
        """What the model gives for other inputs of the same form."""
        return nest.flatten(self.model(nest.pack_sequence_as(self.x, inputs), training=False))


def make_engine(tape: Tape, batch: Batch):
    """An engine that gives the model's numbers for this batch and for another.

    Raises:
        Refused: there is none.
    """
    tape = simplified(tape)
    on_cpu = all(x.device.type == "cpu" for x in batch.inputs)
    if not on_cpu or not openvino_engine.is_here() or _is_slight(tape):
        found = _right(tape, batch, TorchEngine)
    else:
        found = _by_rows(batch) or _for_whole_batches(tape, batch)
    if not found:
        raise Refused("no engine gives the model's numbers")
    return found[0]


def _is_slight(tape: Tape) -> bool:
    """Whether PyTorch is done before OpenVINO would have begun."""
    return sum(node.op == "call_function" for node in tape.graph.nodes) <= SLIGHT_OPERATIONS


def _by_rows(batch: Batch) -> list[OpenVINORows]:
    """The engine for a model whose samples do not look at each other, where it is one."""
    lengths = {len(x) if x.ndim else 0 for x in (*batch.inputs, *batch.outputs)}
    if len(lengths) > 1 or max(lengths) < FEWEST_CUT or not all(x.is_floating_point() for x in batch.inputs):
        return []
    rows, streams = len(batch.inputs[0]), 1
    if batch.seconds / rows > SMALL_SECONDS_EACH:
        streams = min(torch.get_num_threads(), rows)
        rows = max(1, min(ROWS, rows // streams))
    few = [x[:rows] for x in batch.inputs]
    try:
        engine = OpenVINORows(simplified(record(batch.model, nest.pack_sequence_as(batch.x, few))), streams)
    except Refused:
        return []
    is_right = _gives(engine, batch.inputs, batch.outputs) and _has_samples_apart(engine, batch)
    return [engine] if is_right else []


def _has_samples_apart(engine, batch: Batch) -> bool:
    """Whether the model gives what the engine gives for other samples, whatever else is in their batch."""
    half = max(1, engine.rows // 2)
    others = [_turned(x[: 2 * half]) for x in batch.inputs]
    for x in others:
        x[half:] = torch.nan
    try:
        outputs = batch.given(others)
    except Exception:  # whole numbers are made of these somewhere
        return False
    return _gives(engine, [x[:half] for x in others], [y[:half] for y in outputs])


def _for_whole_batches(tape: Tape, batch: Batch) -> list:
    """The fastest engine that takes the batch as one."""
    found = _right(tape, batch, OpenVINOEngine)
    if found and (torch.get_num_threads() == 1 or _seconds(found[0], batch.inputs) > SMALL_SECONDS):
        return found
    timed = [(_seconds(engine, batch.inputs) * WAKING, engine) for engine in found]
    others = _right(tape, batch, *([partial(OpenVINOEngine, threads=1)] if found else []), TorchEngine)
    timed += [(_seconds(engine, batch.inputs), engine) for engine in others]
    return [engine for _, engine in sorted(timed, key=lambda pair: pair[0])]


def _right(tape: Tape, batch: Batch, *makers: Callable) -> list:
    """Engines by these makers that give the model's numbers, on other inputs too."""
    found = []
    for make in makers:
        with contextlib.suppress(Refused):
            engine = make(tape)
            if all(_gives(engine, *check) for check in batch.checks):
                found.append(engine)
    return found


def _turned(x: torch.Tensor) -> torch.Tensor:
    """The same values in reverse order."""
    return x.flip(tuple(range(x.ndim)))


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
    """The shortest of some runs."""
    times: list[float] = []
    while len(times) < 3 or (len(times) < 30 and sum(times) < 0.01):
        begin = time.perf_counter()
        engine(*inputs)
        times.append(time.perf_counter() - begin)
    return min(times)
