"""How a layer passes an arrangement on: what it needs of its inputs, what it gives, and which of its weights move.

Below:  arrangement.py has the states.
Above:  pointwise.py, elements.py and mixing.py have the rules of families; families.py finds the rule of a layer.
Kept true: a rule is always right. Where it does not know better, inputs lie as they were, and so does the output.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pellucid.convert.arrangement import State
from pellucid.convert.ledger import Orders
from pellucid.layers import Activation
from pellucid.layers.core import activation_link
from pellucid.links import Same


@dataclass(frozen=True)
class Call:
    """One call of a layer or operation in the old network; shapes have no batch axis."""

    layer: Any
    in_shapes: tuple[tuple, ...]
    out_shapes: tuple[tuple, ...]
    node: Any = None

    @property
    def name(self) -> str:
        return self.layer.name

    @property
    def key(self) -> int:
        """What choices about this call are kept under."""
        return id(self.node)


@dataclass(frozen=True)
class Shift:
    """The move of one weight: orders of its axes, and its axes in another order; `state` tells why."""

    variable: Any
    orders: Orders
    dims: tuple[int, ...]
    state: State


@dataclass(frozen=True)
class Passage:
    """What becomes of one call.

    Attributes:
        reads: the inputs as they come, seen with the axes that broadcasting adds.
        takes: how they must lie.
        gives: how the outputs lie.
        config: arguments of the layer that change.
        shifts: moves of its weights.
        instead: makes the layer that stands in its place, by name.
        vanishes: whether nothing stands in its place, as it only renamed axes.
        behind: a function applied after the layer, on the output as it was.
        why: why inputs cannot stay as they come.
    """

    reads: tuple[State, ...]
    takes: tuple[State, ...]
    gives: tuple[State, ...]
    config: dict = field(default_factory=dict)
    shifts: tuple[Shift, ...] = ()
    instead: Callable | None = None
    vanishes: bool = False
    behind: Callable | None = None
    why: str = ""


class Rule:
    """The parent of all rules: inputs and outputs lie as they were."""

    why = "it is told nothing about moved axes"

    def passage(self, call: Call, states, choices: dict) -> Passage:
        """What becomes of the call, for inputs that lie like this."""
        return self.plain(call, states)

    def plain(self, call: Call, states, why: str = "") -> Passage:
        """The call as it was."""
        takes = tuple(map(State.plain, call.in_shapes))
        return Passage(tuple(states), takes, tuple(map(State.plain, call.out_shapes)), why=why or self.why)

    def back(self, call: Call, wish: State, passage: Passage, choices: dict) -> tuple[dict, list] | None:
        """What would make the output lie as wished: choices, and pairs (input, state); None if nothing would."""
        return None


class Windows(Rule):
    """Layers with a data format: it changes, and the axes of their maps with it."""

    why = "it works on maps of channels"

    def __init__(self, data_format: str):
        self.data_format = data_format

    def passage(self, call, states, choices):
        axes = call.layer.rank + 1
        most = axes + hasattr(call.layer, "cell")
        if any(not axes <= len(shape) <= most for shape in call.in_shapes):
            return self.plain(call, states, "it reads maps with further axes in front")
        behind = self._behind(call.layer)
        takes = tuple(self._map(call, shape) for shape in call.in_shapes)
        gives = tuple(self._map(call, shape) if len(shape) >= axes else State.plain(shape) for shape in call.out_shapes)
        config = {"data_format": self.data_format, **({"activation": "linear"} if behind else {})}
        if behind is not None and behind.__name__ != "softmax":
            gives = tuple(map(State.plain, call.out_shapes))
        return Passage(tuple(states), takes, gives, config, behind=behind, why=self.why)

    def _map(self, call, shape) -> State:
        return State.moved(shape, self.move(call.layer, len(shape)), is_map=True)

    def move(self, layer, ndim: int) -> tuple[int, ...]:
        """For each new axis of a map of this layer the old one."""
        front = ndim - layer.rank - 1
        return map_move(ndim, front, layer.data_format, self.data_format)

    def _behind(self, layer):
        """An activation that looks along an axis: channels are not last any more, so it comes behind."""
        activation = getattr(layer, "activation", None)
        if activation is None or layer.data_format == self.data_format:
            return None
        return None if isinstance(activation_link(activation), Same) else activation


def map_move(ndim: int, front: int, before: str, after: str) -> tuple[int, ...]:
    """For each new axis of a map the old one, `front` axes left where they are."""
    axes = list(range(ndim))
    if before == after:
        return tuple(axes)
    inside = axes[front:]
    moved = [inside[-1], *inside[:-1]] if after == "channels_first" else [*inside[1:], inside[0]]
    return (*axes[:front], *moved)


def activation_layer(function, name: str) -> Activation:
    """A layer that applies a function."""
    return Activation(function, name=name)
