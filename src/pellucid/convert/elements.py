"""Rules of layers that only move elements: Flatten, Reshape, Permute, RepeatVector.

Below:  passing.py has the parent; arrangement.py finds the axes of a reshaped value.
Kept true: elements keep their row-major order, so a move before such a layer is a move inside its axes behind it.
"""

from __future__ import annotations

from dataclasses import replace

from pellucid import axes
from pellucid.convert.arrangement import Axis, State, reshaped
from pellucid.convert.passing import Passage, Rule, map_move
from pellucid.convert.permutation import LAYOUTS
from pellucid.layers import Reshape


class Rearranging(Rule):
    """Flatten and Reshape: elements keep their row-major order, so what was moved is moved inside the new axes."""

    why = "it mixes axes that lie apart"

    def passage(self, call, states, choices):
        state = self._read(call, states[0])
        wish = choices.get(("shape", call.key))
        given = reshaped(state, call.out_shapes[0], wish)
        if given is None and wish is not None:
            given = reshaped(state, call.out_shapes[0])
        if given is None:
            return self._mixing(call, states)
        if len(call.in_shapes[0]) > len(given.axes):
            given = given.said_by(f"the axes that '{call.name}' flattens lie in another order{_in_words(states[0])}")
        config, instead = self._arguments(call, given)
        return Passage(tuple(states), tuple(states), (given.passed(call.name),), config, instead=instead)

    def _read(self, call, state: State) -> State:
        order = getattr(call.layer.links(), "order", None) if hasattr(call.layer, "links") else None
        return state if order is None else permuted(state, order)

    def _mixing(self, call, states) -> Passage:
        """Elements as they were; a Flatten that moves axes itself is given them moved."""
        order = getattr(call.layer.links(), "order", None) if hasattr(call.layer, "links") else None
        shape = call.in_shapes[0]
        take = State.plain(shape) if order is None else State.moved(shape, order)
        given = State.plain(call.out_shapes[0])
        config, instead = self._arguments(call, given)
        return Passage(tuple(states), (take,), (given,), config, instead=instead, why=self.why)

    def _arguments(self, call, given: State):
        kind = type(call.layer).__name__
        if kind == "Flatten":
            return {"data_format": "channels_last"}, None
        if kind == "Reshape" and hasattr(call.layer, "target_shape"):
            target = call.layer.target_shape
            if len(target) == len(given.dims):
                return {"target_shape": tuple(target[axis] for axis in given.dims)}, None
        sizes = tuple(-1 if size is None else size for size in given.shape)
        return {}, lambda name: Reshape(sizes, name=name)

    def back(self, call, wish, passage, choices):
        order = getattr(call.layer.links(), "order", None) if hasattr(call.layer, "links") else None
        shape = call.in_shapes[0]
        read = shape if order is None else tuple(shape[axis] for axis in order)
        like = self._read(call, passage.reads[0])
        state = reshaped(wish, read, None)
        if state is None:
            return None
        if state.sequence() == like.sequence() or _only_ones_differ(state, like):
            state = like
        if order is not None:
            state = permuted(state, tuple(order.index(axis) for axis in range(len(order))))
        return {("shape", call.key): wish}, [(0, state)]


def _in_words(state: State) -> str:
    """The move of a map's channels by the names of its axes; nothing for other moves."""
    rank = len(state.dims) - 1
    for before, after in (LAYOUTS, LAYOUTS[::-1]):
        if rank in axes.SPATIAL and state.dims == map_move(rank + 1, 0, before, after):
            names = (" ".join(axes.layout(rank, one)[1:]) for one in (before, after))
            return f": {' -> '.join(names)}"
    return ""


def _only_ones_differ(a: State, b: State) -> bool:
    """Whether two states differ only in where axes of size 1 stand."""
    kept = [[axis for axis in state.dims if state.axes[axis].factors] for state in (a, b)]
    return kept[0] == kept[1] and a.orders == b.orders


def permuted(state: State, dims) -> State:
    """The same value, its old axes renamed: the new name k is the old axis ``dims[k]``."""
    axes = tuple(state.axes[axis] for axis in dims)
    return replace(state, axes=axes, dims=tuple(list(dims).index(axis) for axis in state.dims), is_map=False)


class Renaming(Rule):
    """Permute and its like: the value stays where it is, and its axes get other names."""

    def __init__(self, dims: tuple[int, ...]):
        self.dims = dims

    def passage(self, call, states, choices):
        if choices.get(("here", call.key)):
            plain = State.plain(call.out_shapes[0])
            return Passage(
                tuple(states), (self._before(plain),), (plain,), vanishes=True, why="the network moves axes here"
            )
        given = permuted(states[0], self.dims).said_by(f"'{call.name}' moved the axes")
        return Passage(tuple(states), tuple(states), (given.passed(call.name),), vanishes=True)

    def back(self, call, wish, passage, choices):
        return None if choices.get(("here", call.key)) else ({}, [(0, self._before(wish))])

    def _before(self, state: State) -> State:
        return permuted(state, tuple(self.dims.index(axis) for axis in range(len(self.dims))))


class Repeating(Rule):
    """RepeatVector: the features pass."""

    def passage(self, call, states, choices):
        features = states[0].axes[0]
        given = replace(states[0], axes=(Axis.plain(call.out_shapes[0][0]), features), dims=(0, 1))
        return Passage(tuple(states), tuple(states), (given.passed(call.name),))

    def back(self, call, wish, passage, choices):
        if wish.dims != (0, 1) or not wish.axes[0].stays:
            return None
        return {}, [(0, replace(wish, axes=wish.axes[1:], dims=(0,)))]
