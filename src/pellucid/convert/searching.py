"""Searching: the plan with few transposes.

Below:  planning.py makes a plan for given choices.
Above:  relayout.py; facing.py, which asks how a network would be moved.
Kept true: transposes are taken away by choices (which axes an input has, in which order a Dense gives its units), each
           tried by another walk and kept only if fewer transposes are left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pellucid.convert.arrangement import State
from pellucid.convert.elements import Rearranging, Renaming
from pellucid.convert.mixing import Joining
from pellucid.convert.passing import Windows, map_move
from pellucid.convert.planning import Plan, Walk, graph_of
from pellucid.errors import UnsupportedError


def plan(model, data_format: str, moves_images: bool = False) -> Plan:
    """The plan with as few transposes as the choices allow.

    Args:
        moves_images: whether inputs of three axes and more are moved, whatever reads them.

    Raises:
        UnsupportedError: a layer that cannot be moved; its name and the reason are told.
    """
    return _Search(model, data_format, moves_images).best()


class _Search:
    """Choices, tried one after the other."""

    def __init__(self, model, data_format: str, moves_images: bool):
        self.model, self.data_format = model, data_format
        self.moves_images = moves_images
        self.tried: set = set()

    def best(self) -> Plan:
        images = [x for x in graph_of(self.model).inputs if len(x.shape) > 3] if self.moves_images else []
        choices = {("input", id(x)): _moves_of_inputs(len(x.shape) - 1, self.data_format)[1] for x in images}
        found = self._walked(choices)
        while True:
            better = self._improved(found, choices)
            if better is None:
                return _checked(found)
            found, choices = better

    def _walked(self, choices) -> Plan:
        return Walk(self.data_format, choices).of(self.model)

    def _improved(self, found: Plan, choices: dict):
        for wish in [*_wishes_of_crossings(found), *_wishes_of_flattens(found)]:
            key = (id(wish.symbol), wish.state, wish.is_map)
            if key in self.tried:
                continue
            self.tried.add(key)
            asked = _ask(found, wish.symbol, wish.state, choices)
            moves_input = any(key[0] == "input" for key in asked or ())
            if not asked or (wish.only_inputs and not moves_input):
                continue
            tried = self._walked(choices | asked)
            if tried.cost < found.cost or (wish.is_map and moves_input and tried.cost[0] == found.cost[0]):
                return tried, choices | asked
        return self._unjoined(found, choices) or self._anchored(found, choices)

    def _unjoined(self, found: Plan, choices: dict):
        """Values in an order that no layer undoes once they are joined: each is brought back before."""
        for key, (call, rule) in found.calls.items():
            choice = ("parts", key)
            if not isinstance(rule, Joining) or choice in self.tried or not found.passages[key].gives[0].orders:
                continue
            self.tried.add(choice)
            tried = self._walked(choices | {("parts", call.key): True})
            if tried.cost < found.cost:
                return tried, choices | {("parts", call.key): True}
        return None

    def _anchored(self, found: Plan, choices: dict):
        """A Permute that nothing is gained by leaving out stays, and what comes behind it lies as it was."""
        for key, (call, rule) in found.calls.items():
            choice = ("here", key)
            if not isinstance(rule, Renaming) or choice in self.tried or found.passages[key].gives[0].stays:
                continue
            self.tried.add(choice)
            tried = self._walked(choices | {("here", call.key): True})
            if tried.cost[0] <= found.cost[0]:
                return tried, choices | {("here", call.key): True}
        return None


@dataclass(frozen=True)
class _Wish:
    """How one reader would have a value; `is_map` says that it reads it as a map of channels."""

    symbol: Any
    state: State
    is_map: bool
    only_inputs: bool = False


def _wishes_of_crossings(found: Plan):
    for one in found.crossings.values():
        if len(one.takes.axes) == len(one.symbol.shape) - 1:
            rule = found.calls[id(one.node)][1] if id(one.node) in found.calls else None
            yield _Wish(one.symbol, one.takes, isinstance(rule, Windows))


def _wishes_of_flattens(found: Plan):
    """Images that go straight into a Flatten are maps of channels too."""
    for call, rule in found.calls.values():
        if not isinstance(rule, Rearranging) or type(call.layer).__name__ != "Flatten" or len(call.in_shapes[0]) < 3:
            continue
        symbol = call.node.input_tensors[0]
        before = getattr(call.layer, "data_format", "channels_last")
        dims = map_move(len(call.in_shapes[0]), 0, before, found.data_format)
        if found.states[id(symbol)].stays and dims != tuple(range(len(dims))):
            yield _Wish(symbol, State.moved(call.in_shapes[0], dims, True), True, only_inputs=True)


def _ask(found: Plan, symbol: Any, wish: State, choices: dict) -> dict | None:
    """The choices that would make a value lie as wished; None if none would."""
    if found.states[id(symbol)].lies_as(wish):
        return {}
    maker = found.makers[id(symbol)]
    if maker[0] == "alias":
        return _ask(found, maker[1], wish, choices)
    if maker[0] == "input":
        shape = tuple(symbol.shape[1:])
        fits = len(shape) > 1 and not wish.orders and wish.dims in _moves_of_inputs(len(shape), found.data_format)
        return {("input", id(symbol)): wish.dims} if fits else None
    call, rule = found.calls[id(maker[1])]
    back = rule.back(call, wish, found.passages[id(maker[1])], choices)
    if back is None:
        return None
    asked = dict(back[0])
    for at, state in back[1]:
        further = _ask(found, maker[1].input_tensors[at], state, {**choices, **asked})
        if further is None:
            return None
        asked |= further
    return asked


def _moves_of_inputs(ndim: int, data_format: str) -> list[tuple[int, ...]]:
    """The moves of axes that an input may be given: none, or that of its channels, steps in front left where they are."""
    other = "channels_last" if data_format == "channels_first" else "channels_first"
    moves = [map_move(ndim, front, other, data_format) for front in range(max(1, ndim - 1))]
    return [tuple(range(ndim)), *moves]


def _checked(found: Plan) -> Plan:
    for one in found.crossings.values():
        if one.steps() is None:
            raise UnsupportedError(
                f"The input of '{one.reader or 'the model output'}' cannot be brought into the order it needs.",
                got=f"a value of shape {one.symbol.shape}, lying as {one.reads.dims}",
                expected="sizes that are known",
                fix="Input(shape=...) with every size known",
                where=one.reader,
            )
    return found
