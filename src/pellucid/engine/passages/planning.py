"""Planning: which steps of a program become passages, and what is rewritten in them.

Below:  passage.py runs what is planned here.
Above:  step.py opens `Plans.running` around the forward run of a training step.
Kept true: a rewrite changes no number: max pooling and ReLU commute exactly, also in their gradients (below 0 there is
           none either way), and cells of 0 around an image are cells that a convolution can add by itself.
"""

from __future__ import annotations

import contextlib
import itertools
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace

import torch

from pellucid.distribution import sharding
from pellucid.distribution.share import open_share
from pellucid.dtypes import to_torch
from pellucid.engine.passages.passage import Passage, Stop
from pellucid.engine.program import Program, Step, running_as
from pellucid.graph.scopes import here
from pellucid.ops import processor
from pellucid.ops.pieces import Convolution, Largest, Padding, Piece, Relu

_DTYPES = ("float32", "bfloat16")


class Plans:
    """The programs of a model as training runs them; kept as long as its layers and settings stay as they are."""

    def __init__(self):
        self._steps: dict[int, tuple[Program, tuple]] = {}

    def running(self):
        """A block in which programs run as planned, where that is the same as running them step by step."""
        is_plain = here.stateless is None and here.device is None and not sharding.in_use() and open_share() is None
        return running_as(self._planned) if is_plain else contextlib.nullcontext()

    def _planned(self, program: Program, context: dict) -> Iterable:
        if context.get("training") is not True or len(context) > 1 or not torch.is_grad_enabled():
            return program.steps
        if id(program) not in self._steps:
            self._steps[id(program)] = program, planned(program)
        return self._steps[id(program)][1]


def planned(program: Program) -> tuple:
    """The steps of a program, with passages in place of those that tell their pieces."""
    read_by = Counter(at for step in program.steps for at in step.reads)
    read_by.update(program.outputs)
    found: list = []
    for dtype, group in itertools.groupby(program.steps, key=_dtype):
        steps = tuple(group)
        passage = _passage(program, steps, read_by, _computed_in(dtype)) if dtype else None
        found += steps if passage is None else [passage]
    return tuple(found)


def _dtype(step: Step) -> str | None:
    """In which dtype a step's pieces compute; None for a step that has none."""
    layer = step.operation
    if not hasattr(layer, "pieces") or not _is_as_made(layer) or _inputs(step) is None:
        return None
    return layer.compute_dtype if layer.compute_dtype in _DTYPES and layer.pieces() is not None else None


def _computed_in(dtype: str) -> torch.dtype:
    """The dtype of a passage: float32 for bfloat16 too, where that is quicker; what comes out is bfloat16 all the same."""
    return torch.float32 if processor.is_bfloat16_slower() else to_torch(dtype)


def _is_as_made(layer) -> bool:
    """Whether a layer is one of ours, and nothing has been added to its `call`."""
    return (
        type(layer).__module__.startswith("pellucid.layers.")
        and not {"call", "__call__", "pieces"} & vars(layer).keys()
        and layer.built
        and layer.variable_dtype == "float32"
        and layer.activity_regularizer is None
        and not layer._has_detour
    )


def _inputs(step: Step) -> tuple[int, ...] | None:
    """The slots of a call on one value, or on a list of two of one shape."""
    args, kwargs = step.arguments.args, step.arguments.kwargs
    if step.arguments.is_single:
        return step.reads
    if kwargs or len(args) != 1 or not isinstance(args[0], (list, tuple)) or len(args[0]) != 2:
        return None
    symbols = step.arguments.keras_tensors
    slot_of = {id(x): at for x, at in zip(symbols, step.reads, strict=True)}
    if any(id(x) not in slot_of for x in args[0]) or args[0][0].shape != args[0][1].shape:
        return None
    return tuple(slot_of[id(x)] for x in args[0])


def _passage(program, steps, read_by, dtype) -> Passage | None:
    stops, weights = _stops(program, steps)
    if not weights:
        return None
    written = {at for step in steps for at in step.writes}
    inside = Counter(at for step in steps for at in step.reads)
    outputs = tuple(at for step in steps for at in step.writes if read_by[at] > inside[at])
    inputs = tuple(dict.fromkeys(at for step in steps for at in step.reads if at not in written))
    shapes = tuple(program.shapes[at] for at in inputs)
    stops = _rewritten(stops, outputs)
    frees = {at for step in steps for at in step.frees}
    return Passage(
        steps,
        tuple(_timed(stops, outputs)),
        inputs,
        outputs,
        shapes,
        tuple(weights.values()),
        dtype,
        to_torch(steps[0].operation.compute_dtype),
        tuple(frees),
    )


def _stops(program, steps) -> tuple[list[Stop], dict]:
    """The pieces of all steps in their order, and the variables that they read."""
    more = itertools.count(program.size)
    weights: dict = {}
    stops = []
    for step in steps:
        reads, pieces = _inputs(step) or (), step.operation.pieces()
        for number, piece in enumerate(pieces):
            writes = step.writes[0] if number == len(pieces) - 1 else next(more)
            for variable in piece.weights:
                weights.setdefault(id(variable), variable)
            places = list(weights)
            stops.append(Stop(piece, reads, writes, tuple(places.index(id(v)) for v in piece.weights)))
            reads = (writes,)
    return stops, weights


def _rewritten(stops: list[Stop], outputs) -> list[Stop]:
    """ReLU behind max pooling instead of before it, and padding inside of convolutions."""
    for rewrite in (_pooled_first, _padded_inside):
        stops = _pairs_rewritten(stops, outputs, rewrite)
    return stops


def _pairs_rewritten(stops: list[Stop], outputs, rewrite: Callable) -> list[Stop]:
    """The stops with each pair changed of which the second alone reads what the first writes."""
    read_by = _readers(stops, outputs)
    found = list(stops)
    for second in stops:
        if len(second.reads) != 1 or read_by[second.reads[0]] != 1:
            continue
        number, at = second.reads[0], next((k for k, one in enumerate(found) if one.writes == second.reads[0]), None)
        if at is None:
            continue
        changed = rewrite(found[at], second)
        if changed is not None:
            assert found[at].writes == number
            there = found.index(second)
            found[there : there + 1] = changed
            del found[at]
    return found


def _pooled_first(first: Stop, second: Stop) -> list[Stop] | None:
    if not (isinstance(first.piece, Relu) and isinstance(second.piece, Largest)):
        return None
    return [
        replace(second, reads=first.reads, writes=first.writes),
        replace(first, reads=(first.writes,), writes=second.writes),
    ]


def _padded_inside(first: Stop, second: Stop) -> list[Stop] | None:
    if not (isinstance(first.piece, Padding) and isinstance(second.piece, Convolution)) or first.piece.both is None:
        return None
    piece = second.piece.padded(first.piece.both)
    return None if piece is None else [replace(second, piece=piece, reads=first.reads)]


def _readers(stops, outputs) -> Counter:
    read_by = Counter(at for stop in stops for at in stop.reads)
    read_by.update(outputs)
    return read_by


def _timed(stops: list[Stop], outputs) -> Iterable[Stop]:
    """The stops with what each may overwrite, and what it frees."""
    read_by, made_by = _readers(stops, outputs), {stop.writes: stop.piece for stop in stops}
    needed = set(outputs)
    frees = []
    for stop in reversed(stops):
        frees.append(tuple({at for at in (*stop.reads, stop.writes) if at not in needed}))
        needed |= {*stop.reads, stop.writes}
    for stop, free in zip(stops, reversed(frees), strict=True):
        yield replace(stop, overwrite=_may_overwrite(stop, read_by, made_by), frees=free)


def _may_overwrite(stop: Stop, read_by: Counter, made_by: dict[int, Piece]) -> bool:
    """Whether nobody else reads the first value, now or on the way back."""
    maker = made_by.get(stop.reads[0])
    return (
        stop.piece.may_overwrite
        and maker is not None
        and maker.is_fresh
        and not maker.keeps_output
        and read_by[stop.reads[0]] == 1
    )
