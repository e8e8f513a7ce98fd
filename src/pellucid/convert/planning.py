"""Planning: how every value of a network lies in the other data format, by one walk forwards.

Below:  families.py has a rule for each call, rearranging.py the layers of a transpose.
Above:  searching.py makes walks with other choices; rebuilding.py makes the network that a plan describes.
Kept true: every rule is right by itself, so every plan is; a good one has few transposes. The old network is only read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pellucid.convert.arrangement import Axis, State
from pellucid.convert.families import rule_of
from pellucid.convert.mixing import with_steps
from pellucid.convert.passing import Call, Passage, Rule, Shift, Windows
from pellucid.convert.rearranging import Step, steps
from pellucid.errors import UnsupportedError
from pellucid.layers import TimeDistributed

_NEVER = 1_000_000
"""What a rearrangement costs that no layers can do."""


@dataclass(frozen=True)
class Crossing:
    """A value that one reader needs otherwise than it lies."""

    symbol: Any
    reads: State
    takes: State
    node: Any
    reader: str
    why: str

    def steps(self) -> list[Step] | None:
        """The layers that rearrange it."""
        has = tuple(self.symbol.shape[1:])
        added = len(self.reads.axes) - len(has)
        shape = None if not added else tuple(size for axis, size in _sizes(self.reads) if axis >= added)
        return steps(self.reads, self.takes, shape)

    @property
    def cost(self) -> int:
        found = self.steps()
        return _NEVER if found is None else sum(step.is_transpose for step in found)


def _sizes(state: State):
    return [(axis, state.axes[axis].size) for axis in state.dims]


@dataclass
class Plan:
    """What a network becomes in another data format.

    Attributes:
        states: how each value lies, by the symbol's id.
        passages: what becomes of each call, by the node's id.
        crossings: values to rearrange, by the symbol's id and the reader's (None for an output of the model).
        shifts: moves of weights, by the variable's id.
        values: how the output of each layer lies, by its path.
        calls: each call and its rule, by the node's id.
        makers: where each value comes from, by the symbol's id: an input, a call, or a value of a model around or inside.
        given: how the inputs of each nested model lie, by its id.
        first: the first call of each layer, by its id; what becomes of it holds for the others.
    """

    data_format: str
    states: dict[int, State] = field(default_factory=dict)
    passages: dict[int, Passage] = field(default_factory=dict)
    crossings: dict[tuple, Crossing] = field(default_factory=dict)
    shifts: dict[int, Shift] = field(default_factory=dict)
    values: dict[str, State] = field(default_factory=dict)
    calls: dict[int, tuple[Call, Rule]] = field(default_factory=dict)
    makers: dict[int, tuple] = field(default_factory=dict)
    given: dict[int, list] = field(default_factory=dict)
    first: dict[int, tuple[Call, Passage]] = field(default_factory=dict)

    @property
    def cost(self) -> tuple[int, int]:
        """How many transposes stand in the network, and how many values are rearranged."""
        distinct = {(id(one.symbol), one.takes): one for one in self.crossings.values()}
        return sum(one.cost for one in distinct.values()), len(distinct)

    def output(self, symbol) -> State:
        """How an output of the model lies."""
        crossing = self.crossings.get((id(symbol), None))
        return self.states[id(symbol)] if crossing is None else crossing.takes


class Walk:
    """One walk through a network, nested models included."""

    def __init__(self, data_format: str, choices: dict):
        self.plan, self.choices = Plan(data_format), choices

    def of(self, model) -> Plan:
        graph, states = graph_of(model), []
        for symbol in graph.inputs:
            shape = tuple(symbol.shape[1:])
            dims = self.choices.get(("input", id(symbol)))
            states.append(State.plain(shape) if dims is None else State.moved(shape, dims, is_map=True))
            self.plan.makers[id(symbol)] = ("input", None)
        outputs = self._graph(graph, states, "")
        for symbol, state in zip(graph.outputs, outputs, strict=True):
            if not state.stays and (state.orders or not state.is_map):
                plain = State.plain(symbol.shape[1:])
                self._cross(symbol, state, plain, None, "", "it is an output of the model, which stays as it was")
        return self.plan

    def _graph(self, graph, states: list[State], prefix: str) -> list[State]:
        self.plan.states |= {id(symbol): state for symbol, state in zip(graph.inputs, states, strict=True)}
        for node in graph.nodes:
            if not node.is_input:
                self._node(node, prefix)
        return [self.plan.states[id(symbol)] for symbol in graph.outputs]

    def _node(self, node, prefix: str):
        states = [self.plan.states[id(x)] for x in node.input_tensors]
        if getattr(node.operation, "graph", None) is not None:
            given = self._nested(node, states, prefix)
        elif isinstance(node.operation, TimeDistributed) and _has_one_input(node.operation.layer):
            given = self._at_each_step(node, states, prefix)
        else:
            given = self._call(node, states, prefix)
        self.plan.states |= {id(x): state for x, state in zip(node.outputs, given, strict=True)}
        passage = self.plan.passages.get(id(node))
        if passage is None or (passage.behind is None and not passage.vanishes):
            self.plan.values.setdefault(prefix + node.operation.name, given[0])

    def _nested(self, node, states, prefix):
        model, graph = node.operation, node.operation.graph
        if id(model) not in self.plan.given:
            self.plan.given[id(model)] = states
            for inner, outer in zip(graph.inputs, node.input_tensors, strict=True):
                self.plan.makers[id(inner)] = ("alias", outer)
            self._graph(graph, states, f"{prefix}{model.name}/")
        for x, state, wanted in zip(node.input_tensors, states, self.plan.given[id(model)], strict=True):
            if not state.lies_as(wanted):
                self._cross(
                    x, state, wanted, node, model.name, "the model inside is shared, and was moved for another input"
                )
        for outer, inner in zip(node.outputs, graph.outputs, strict=True):
            self.plan.makers[id(outer)] = ("alias", inner)
        return [self.plan.states[id(x)] for x in graph.outputs]

    def _at_each_step(self, node, states, prefix):
        """A model that runs on each step by itself: its input may be moved as that of a model alone."""
        model = node.operation.layer
        [inner], [outer], steps = model.graph.inputs, node.input_tensors, Axis.plain(node.input_tensors[0].shape[1])
        if id(model) not in self.plan.given:
            dims = self.choices.get(("input", id(inner)))
            shape = tuple(inner.shape[1:])
            self.plan.given[id(model)] = [State.plain(shape) if dims is None else State.moved(shape, dims, is_map=True)]
            self.plan.makers[id(inner)] = ("input", None)
            self._graph(model.graph, self.plan.given[id(model)], f"{prefix}{node.operation.name}/")
        take = with_steps(self.plan.given[id(model)][0], steps)
        gives = [with_steps(self.plan.states[id(x)], steps) for x in model.graph.outputs]
        call = Call(node.operation, (tuple(outer.shape[1:]),), (tuple(node.outputs[0].shape[1:]),), node=node)
        self.plan.calls[id(node)] = (call, Windows(self.plan.data_format))
        self.plan.passages[id(node)] = Passage(tuple(states), (take,), tuple(gives), why=Windows.why)
        self.plan.makers |= {id(x): ("call", node) for x in node.outputs}
        if not states[0].lies_as(take):
            self._cross(outer, states[0], take, node, prefix + node.operation.name, Windows.why)
        return gives

    def _call(self, node, states, prefix):
        shapes = [tuple(tuple(x.shape[1:]) for x in side) for side in (node.input_tensors, node.outputs)]
        call = Call(node.operation, *shapes, node=node)
        rule = rule_of(call, self.plan.data_format)
        passage = self._shared(call, rule, rule.passage(call, states, self.choices))
        self.plan.calls[id(node)] = (call, rule)
        self.plan.passages[id(node)] = passage
        self.plan.shifts |= {id(shift.variable): shift for shift in passage.shifts}
        for x, state, wanted in zip(node.input_tensors, passage.reads, passage.takes, strict=True):
            added = len(wanted.axes) > len(x.shape) - 1
            if added or not state.lies_as(wanted):
                self._cross(x, state, wanted, node, prefix + call.name, passage.why)
        for x in node.outputs:
            self.plan.makers[id(x)] = ("call", node)
        return passage.gives

    def _shared(self, call: Call, rule: Rule, passage: Passage) -> Passage:
        """A layer that was called before is moved once: its other inputs must lie as the first."""
        before = self.plan.first.setdefault(id(call.layer), (call, passage))[1]
        if before is passage or _moves_alike(before, passage):
            return passage
        if any(len(one.axes) != len(other.axes) for one, other in zip(before.takes, passage.takes, strict=True)):
            raise UnsupportedError(
                f"'{call.name}' is called on values with different numbers of axes, and would have to be moved in two ways.",
                got=", ".join(map(str, (*self.plan.first[id(call.layer)][0].in_shapes, *call.in_shapes))),
                fix=f"two layers in place of '{call.name}'",
            )
        sized = [
            State(tuple(_resized(axis, own) for axis, own in zip(first.axes, take.axes, strict=True)), first.dims,
                  first.is_map, first.cause, first.through)
            for first, take in zip(before.takes, passage.takes, strict=True)
        ]  # fmt: skip
        again = rule.passage(call, sized, self.choices)
        why = f"'{call.name}' is shared, and was moved for another input"
        return Passage(passage.reads, again.takes, again.gives, again.config, again.shifts, again.instead, why=why)

    def _cross(self, symbol, reads, takes, node, reader, why):
        key = (id(symbol), None if node is None else id(node))
        self.plan.crossings[key] = Crossing(symbol, reads, takes, node, reader, why)


def _resized(axis, own):
    """An axis that only ever stays has the size of the call at hand."""
    return axis if not axis.stays else type(axis).plain(own.size)


def _moves_alike(a: Passage, b: Passage) -> bool:
    def moves(passage):
        return {id(shift.variable): (shift.orders, shift.dims) for shift in passage.shifts}

    return a.config == b.config and moves(a) == moves(b) and (a.instead is None) == (b.instead is None)


def _has_one_input(layer) -> bool:
    """Whether this is a model with a graph from one input to one output."""
    graph = getattr(layer, "graph", None)
    return graph is not None and len(graph.inputs) == len(graph.outputs) == 1


def data_format_of(model) -> str | None:
    """Where a model has its channels, as the first layer with windows says."""
    layers = (layer for layer in model._flatten_layers() if hasattr(layer, "rank"))
    return next((layer.data_format for layer in layers if hasattr(layer, "data_format")), None)


def graph_of(model):
    """The graph of a model.

    Raises:
        UnsupportedError: it has none.
    """
    graph = getattr(model, "graph", None)
    if graph is None:
        raise UnsupportedError(
            f"The model '{getattr(model, 'name', model)}' has no graph, so nobody knows what its values pass through.",
            got=type(model).__name__,
            expected="a functional model, or a Sequential one that is built",
            fix="Model(inputs, outputs), or model.build(input_shape) for a Sequential",
        )
    return graph
