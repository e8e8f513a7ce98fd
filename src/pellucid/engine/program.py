"""Program: a graph as ordered steps, each reading and writing numbered slots.

Below:  graph/graph.py finds the nodes and their order.
Above:  models/functional.py runs it on values, and on symbols to infer shapes.
Kept true: a value is let go after the last step that reads it, so memory peaks as in hand-written code.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass

from pellucid import nest
from pellucid.graph.graph import Graph
from pellucid.graph.node import Arguments


@dataclass(frozen=True, slots=True)
class Step:
    """One call: which operation, from which slots, into which slots."""

    operation: Callable
    arguments: Arguments
    reads: tuple[int, ...]
    writes: tuple[int, ...]
    frees: tuple[int, ...]
    context_args: frozenset[str]

    def call_arguments(self, slots: list) -> tuple[tuple, dict]:
        """The arguments with the slots' values in place of the symbols."""
        if self.arguments.is_single:
            return (slots[self.reads[0]],), {}
        values = {id(x): slots[at] for x, at in zip(self.arguments.keras_tensors, self.reads, strict=True)}
        return self.arguments.fill_in(values)

    def run(self, slots: list, context: dict, call: Callable | None) -> None:
        """Read the slots, call, and write the slots; arguments as `Program.run` has them."""
        args, kwargs = self.call_arguments(slots)
        if context:
            kwargs = {**kwargs, **{word: context[word] for word in self.context_args if word in context}}
        outputs = self.operation(*args, **kwargs) if call is None else call(self.operation, *args, **kwargs)
        if len(self.writes) == 1 and not nest.is_nested(outputs):
            slots[self.writes[0]] = outputs
        else:
            for at, value in zip(self.writes, nest.flatten(outputs), strict=True):
                slots[at] = value
        for at in self.frees:
            slots[at] = None


class Program:
    """The steps from a graph's inputs to its outputs."""

    def __init__(self, graph: Graph):
        slot_of = {id(x): at for at, x in enumerate(graph.inputs)}
        nodes = [node for node in graph.nodes if not node.is_input]
        for node in nodes:
            for x in node.outputs:
                slot_of.setdefault(id(x), len(slot_of))
        self.outputs = tuple(slot_of[id(x)] for x in graph.outputs)
        self.size = len(slot_of)
        self.shapes = {slot_of[id(x)]: x.shape for node in graph.nodes for x in node.outputs if id(x) in slot_of}
        self.steps = tuple(
            _step(node, slot_of, last) for node, last in zip(nodes, self._last_reads(nodes, slot_of), strict=True)
        )

    def _last_reads(self, nodes, slot_of) -> list[tuple[int, ...]]:
        """For each node the slots that nothing reads after it."""
        needed = set(self.outputs)
        frees = []
        for node in reversed(nodes):
            touched = {slot_of[id(x)] for x in (*node.input_tensors, *node.outputs)}
            frees.append(tuple(touched - needed))
            needed |= touched
        return frees[::-1]

    def run(self, inputs: list, call=None, **context) -> list:
        """The outputs for these inputs.

        Args:
            inputs: values or symbols, one for each input.
            call: how to call an operation, ``(operation, *args, **kwargs)``; just calls it if None.
            context: `training` and its like, handed to every layer that takes them; None is not handed on.
        """
        slots: list = [*inputs] + [None] * (self.size - len(inputs))
        context = {word: value for word, value in context.items() if value is not None}
        call = call or _caller.get()
        planned = _planned.get()
        for step in self.steps if planned is None or call is not None else planned(self, context):
            step.run(slots, context, call)
        return [slots[at] for at in self.outputs]


_caller: ContextVar[Callable | None] = ContextVar("caller", default=None)


@contextlib.contextmanager
def calling_through(call: Callable):
    """Have every program, nested ones too, call its operations as ``call(operation, *args, **kwargs)``."""
    token = _caller.set(call)
    try:
        yield
    finally:
        _caller.reset(token)


_planned: ContextVar[Callable | None] = ContextVar("planned", default=None)


@contextlib.contextmanager
def running_as(planned: Callable):
    """Have every program, nested ones too, run the steps ``planned(program, context)`` in place of its own."""
    token = _planned.set(planned)
    try:
        yield
    finally:
        _planned.reset(token)


def _step(node, slot_of, frees) -> Step:
    return Step(
        operation=node.operation,
        arguments=node.arguments,
        reads=tuple(slot_of[id(x)] for x in node.input_tensors),
        writes=tuple(slot_of[id(x)] for x in node.outputs),
        frees=frees,
        context_args=frozenset(getattr(node.operation, "_call_context_args", ())),
    )
