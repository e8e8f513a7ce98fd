"""Tape: the PyTorch operations that a model runs for inputs of one shape, one after the other, without its Python.

Above:  torch_engine.py and openvino_engine.py run tapes; choosing.py has them made.
Kept true: a tape gives what the model gives, bit for bit, as long as its weights stay. What Python decided while it
        was recorded is decided for good, so only our own code may be on a tape: see `Refused`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.weak import WeakTensorKeyDictionary

from pellucid import nest


class Refused(Exception):
    """This model, or this operation, cannot go that way."""


@dataclass(frozen=True)
class Tape:
    """What was recorded.

    Args:
        graph: placeholders for the inputs, then PyTorch operations, then the outputs, flat.
        weights: what the graph reads beside its inputs, by name.
        inputs: the values that it was recorded with.
        structure: the outputs' nesting, with anything as leaves.
    """

    graph: torch.fx.Graph
    weights: dict[str, torch.Tensor]
    inputs: tuple[torch.Tensor, ...]
    structure: object


def packed(structure, outputs: list):
    """Flat outputs in the nesting of the model's, as a tape tells it."""
    return nest.pack_sequence_as(structure, outputs) if nest.is_nested(structure) else outputs[0]


class Recording:
    """One run of ``model(x, training=False)``, as any other, and what PyTorch did in it.

    Args:
        x: a tensor, or a nesting of them.
    """

    def __init__(self, model: Callable, x):
        self._inputs = tuple(nest.flatten(x))
        self._notes = _Notes(self._inputs)
        with torch.no_grad(), self._notes:
            self.outputs = model(x, training=False)

    def tape(self) -> Tape:
        """What ran, to be run again.

        Raises:
            Refused: a value decided what ran, or the operations draw numbers or write into weights.
        """
        notes = self._notes
        flat = nest.flatten(self.outputs)
        if notes.refused is None and not all(isinstance(y, torch.Tensor) for y in flat):
            notes.refused = "an output that is no tensor"
        if notes.refused is not None:
            raise Refused(notes.refused)
        notes.graph.output([notes.node(y) for y in flat])
        notes.graph.eliminate_dead_code()
        for node in notes.graph.nodes:
            _check(node)
        read = {node.target for node in notes.graph.nodes if node.op == "get_attr"}
        weights = {name: weight for name, weight in notes.weights.items() if name in read}
        return Tape(notes.graph, weights, self._inputs, nest.map_structure(lambda _: 0, self.outputs))


def record(model: Callable, x) -> Tape:
    """The operations that ``model(x, training=False)`` runs.

    Raises:
        Refused: as `Recording.tape` raises it.
    """
    return Recording(model, x).tape()


class _Notes(TorchDispatchMode):
    """Notes each operation on its way to PyTorch's kernels; never stops one."""

    @classmethod
    def _should_skip_dynamo(cls):
        return False  # else PyTorch imports its compiler with the first operation: over a second

    def __init__(self, inputs):
        super().__init__()
        self.graph = torch.fx.Graph()
        self.weights: dict[str, torch.Tensor] = {}
        self.refused: str | None = None
        self._nodes = WeakTensorKeyDictionary()
        self._moving: set[int] = set()  # memory whose values depend on the inputs
        for at, x in enumerate(inputs):
            self._nodes[x] = self.graph.placeholder(f"input_{at}")
            self._moving.add(_memory(x))

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        if self.refused is None:
            self._note(func, args, kwargs, result)
        return result

    def _note(self, func, args, kwargs, result):
        given, made = _tensors((args, kwargs)), _tensors(result)
        if any(x.layout is not torch.strided for x in (*given, *made)):
            self.refused = f"{func} of a tensor that is not strided"
            return
        moves = any(_memory(x) in self._moving for x in given)
        if moves and not _DECIDES.isdisjoint(func.tags):
            self.refused = f"a value decides what runs, by {func}"
        if not made and not func._schema.is_mutable:
            return
        args, kwargs = torch.fx.node.map_aggregate((args, kwargs), self._linked)
        node = self.graph.call_function(func, args, kwargs)
        if isinstance(result, torch.Tensor):
            self._nodes[result] = node
        else:
            for at, part in enumerate(result or ()):
                if isinstance(part, torch.Tensor):
                    self._nodes[part] = self.graph.call_function(operator.getitem, (node, at))
                elif part is not None:
                    self.refused = f"{func} gives lists within lists"
        for x in (*made, *(given if func._schema.is_mutable else ())):
            (self._moving.add if moves else self._moving.discard)(_memory(x))

    def _linked(self, x):
        return self.node(x) if isinstance(x, torch.Tensor) else x

    def node(self, x: torch.Tensor) -> torch.fx.Node:
        """What made a tensor; one that was there before the run is a weight."""
        if x not in self._nodes:
            name = f"weight_{len(self.weights)}"
            self.weights[name] = x
            self._nodes[x] = self.graph.create_node("get_attr", name)
        return self._nodes[x]


_DECIDES = frozenset({torch.Tag.data_dependent_output, torch.Tag.dynamic_output_shape})


def _memory(x: torch.Tensor) -> int:
    return x.untyped_storage()._cdata


def _tensors(structure) -> list[torch.Tensor]:
    found: list[torch.Tensor] = []
    torch.fx.node.map_aggregate(structure, lambda x: found.append(x) if isinstance(x, torch.Tensor) else None)
    return found


def _check(node: torch.fx.Node):
    if torch.Tag.nondeterministic_seeded in getattr(node.target, "tags", ()) and not _drops_nothing(node):
        raise Refused(f"{node.target} draws random numbers")
    schema = getattr(node.target, "_schema", None)
    if schema is None or not schema.is_mutable:
        return
    for argument, given in zip(schema.arguments, node.args, strict=False):
        written = argument.alias_info is not None and argument.alias_info.is_write
        if written and _reaches_state(given):
            raise Refused(f"{node.target} writes into a weight or an input")


def _drops_nothing(node) -> bool:
    """Whether this is attention whose `dropout_p` is 0: it draws nothing."""
    names = [argument.name for argument in node.target._schema.arguments]
    if "dropout_p" not in names:
        return False
    at = names.index("dropout_p")
    return (node.args[at] if at < len(node.args) else node.kwargs.get("dropout_p", 0.0)) == 0.0


def _reaches_state(node) -> bool:
    """Whether what is written may be memory that outlives the run: an input, a weight, or a view of one."""
    while isinstance(node, torch.fx.Node) and node.op == "call_function":
        schema = getattr(node.target, "_schema", None)
        is_view = node.target is operator.getitem or (
            schema is not None and any(result.alias_info is not None for result in schema.returns)
        )
        if not is_view:
            return False
        node = node.args[0]
        if isinstance(node, (list, tuple)):
            return True
    return True
