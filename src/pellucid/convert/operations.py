"""Rules of bare operations in a graph, such as ``ops.mean(x, axis=1)`` and ``x[:, 1:]``: the axes they name move along.

Below:  passing.py has the parent; xray/operators.py tells the arguments of a call by name.
Above:  families.py finds the rule.
Kept true: where order along an axis counts, that axis must be in order; else the value is taken as it was.
"""

from __future__ import annotations

import functools
from dataclasses import replace

from pellucid.convert.arrangement import Axis, State
from pellucid.convert.passing import Call, Passage, Rule
from pellucid.xray import operators


def rule_of_operation(call: Call) -> Rule | None:
    """The rule of an operation that names axes; None for others."""
    name = type(call.layer).function.__name__
    if name in _REDUCING and len(call.in_shapes) == 1:
        return Reducing(in_order=name in ("argmax", "argmin"))
    if name in _ALONG and len(call.in_shapes) == 1:
        return Along(in_order=name not in ("softmax", "log_softmax"))
    return {"get_item": Choosing, "pad": Filling, "split": Splitting, "einsum": Naming}.get(name, lambda: None)()


_REDUCING = ("sum", "mean", "max", "min", "prod", "any", "all", "std", "var", "amax", "amin", "logsumexp", "argmax", "argmin")  # fmt: skip
_ALONG = ("softmax", "log_softmax", "flip", "cumsum", "repeat")


class _OfAxes(Rule):
    """The parent: where no axis goes, a value lies behind the operation as before it."""

    def back(self, call, wish, passage, choices):
        before = call.in_shapes[0]
        if len(before) != len(wish.axes):
            return None
        sizes = zip(wish.axes, before, call.out_shapes[0], strict=True)
        axes = tuple(axis if old == new else Axis.plain(old) for axis, old, new in sizes)
        return {}, [(0, replace(wish, axes=axes))]


class _Worded(_OfAxes):
    """One value, and arguments that name its axes; the call is made again with others."""

    def passage(self, call, states, choices):
        words = operators.words_of(call.layer, call.node.arguments)
        found = self.moved(call, states[0], words)
        if found is None:
            return self.plain(call, states)
        take, given, changed = found
        instead = functools.partial(_again, call, {**words, **changed}) if changed else None
        gives = tuple(one.passed(call.name) for one in given)
        return Passage(tuple(states), (take,), gives, instead=instead, why=self.why)

    def moved(self, call: Call, state: State, words: dict) -> tuple[State, list[State], dict] | None:
        """How the value is taken and given, and the arguments that change; None where nothing is known."""
        raise NotImplementedError


def _again(call: Call, words: dict, name: str):
    """The operation with other arguments, as a function of its value."""

    def run(value):
        first = type(call.layer).function.__code__.co_varnames[0]
        return type(call.layer)(name=name).symbolic_call(value, **{k: v for k, v in words.items() if k != first})

    return run


def _axes(words: dict, ndim: int) -> list[int] | None:
    """The axes that a call names, without the batch; None where it names none, or the batch."""
    axis = words.get("axis")
    several: list = list(axis) if isinstance(axis, (list, tuple)) else [axis]
    if any(isinstance(one, bool) or not isinstance(one, int) or one % (ndim + 1) == 0 for one in several):
        return None
    return sorted(one % (ndim + 1) - 1 for one in several)


def _named(words: dict, places: list[int]) -> dict:
    """The argument `axis` with these axes, told as it was before."""
    told = words["axis"]
    return {"axis": tuple(places) if isinstance(told, (list, tuple)) else places[0]}


def _in_order(call: Call, state: State, axes) -> State:
    """The value with these axes in order."""
    for axis in axes:
        if not state.axes[axis].stays:
            state = state.with_axis(axis, Axis.plain(call.in_shapes[0][axis]))
    return state


class Reducing(_Worded):
    """Sums, means, largest values: axes go, the others keep their places to each other."""

    why = "places along its axis count"

    def __init__(self, in_order: bool):
        self.in_order = in_order

    def moved(self, call, state, words):
        gone = _axes(words, len(state.axes))
        if gone is None:
            return None
        if self.in_order:
            state = _in_order(call, state, gone)
        places = sorted(state.place_of(axis) + 1 for axis in gone)
        given = _without(state, gone, bool(words.get("keepdims")))
        return state, [given], {} if places == [axis + 1 for axis in gone] else _named(words, places)


def _without(state: State, gone: list[int], keepdims: bool) -> State:
    if keepdims:
        for axis in gone:
            state = state.with_axis(axis, Axis())
        return state
    if not gone:
        return state
    kept = [axis for axis in range(len(state.axes)) if axis not in gone]
    dims = tuple(kept.index(axis) for axis in state.dims if axis in kept)
    return replace(state, axes=tuple(state.axes[axis] for axis in kept), dims=dims, is_map=False)


class Along(_Worded):
    """Softmax, flip, running sums: along one axis, wherever it lies."""

    why = "it works along an axis, in its order"

    def __init__(self, in_order: bool):
        self.in_order = in_order

    def moved(self, call, state, words):
        axes = _axes(words, len(state.axes))
        if axes is None:
            return None
        state = _in_order(call, state, axes) if self.in_order else state
        given = state
        for axis in axes:
            if call.out_shapes[0][axis] != call.in_shapes[0][axis]:
                given = given.with_axis(axis, Axis.plain(call.out_shapes[0][axis]))
        places = [state.place_of(axis) + 1 for axis in axes]
        return state, [given], {} if places == [axis + 1 for axis in axes] else _named(words, places)


class Choosing(_Worded):
    """``x[...]``: an axis that is cut must be in order; those that are taken whole pass."""

    why = "it chooses places along an axis, by their order"

    def moved(self, call, state, words):
        parts = _parts(words["key"], len(state.axes))
        if parts is None:
            return None
        cut = [axis for axis, part in enumerate(parts) if part != slice(None)]
        state = _in_order(call, state, cut)
        key = (slice(None), *(parts[axis] for axis in state.dims))
        gone = [axis for axis in cut if isinstance(parts[axis], int)]
        sizes = iter(call.out_shapes[0])
        resized = state
        for axis, part in enumerate(parts):
            if not isinstance(part, int):
                size = next(sizes)
                resized = resized.with_axis(axis, Axis.plain(size)) if axis in cut else resized
        moved = state.dims != tuple(range(len(parts)))
        return state, [_without(resized, gone, keepdims=False)], {"key": key} if moved else {}


def _parts(key, ndim: int) -> list | None:
    """What is taken of each axis behind the batch: a slice or an index; None for keys of other things."""
    parts = list(key) if isinstance(key, (tuple, list)) else [key]
    if not all(one is Ellipsis or (isinstance(one, (int, slice)) and not isinstance(one, bool)) for one in parts):
        return None
    at = parts.index(Ellipsis) if Ellipsis in parts else len(parts)
    parts[at : at + 1] = [slice(None)] * (ndim + 1 - len(parts) + (Ellipsis in parts))
    return parts[1:] if parts[0] == slice(None) else None


class Filling(_Worded):
    """``ops.pad``: the pairs of each axis go where it goes."""

    why = "it puts elements before and behind along an axis"

    def moved(self, call, state, words):
        pairs = words["pad_width"]
        if len(pairs) != len(state.axes) + 1 or any(isinstance(pair, int) for pair in pairs):
            return None
        pairs = [tuple(pair) for pair in pairs]
        filled = [axis for axis in range(len(state.axes)) if any(pairs[axis + 1])]
        state = _in_order(call, state, filled)
        given = state
        for axis in filled:
            given = given.with_axis(axis, Axis.plain(call.out_shapes[0][axis]))
        moved = state.dims != tuple(range(len(state.dims)))
        return state, [given], {"pad_width": [pairs[0], *(pairs[axis + 1] for axis in state.dims)]} if moved else {}


class Splitting(_Worded):
    """``ops.split``: the axis that is split must be in order."""

    why = "it splits an axis, in its order"

    def moved(self, call, state, words):
        axes = _axes(words, len(state.axes))
        if axes is None:
            return None
        state = _in_order(call, state, axes)
        given = [state.with_axis(axes[0], Axis.plain(shape[axes[0]])) for shape in call.out_shapes]
        place = state.place_of(axes[0])
        return state, given, {} if place == axes[0] else {"axis": place + 1}


class Naming(_OfAxes):
    """``ops.einsum`` of a value and constants: letters go where their axes go."""

    why = "it sums by the names of axes"

    def passage(self, call, states, choices):
        equation, *operands = call.node.arguments.args
        given = _letters(equation, operands)
        if len(states) != 1 or given is None or call.node.arguments.kwargs:
            return self.plain(call, states)
        at, terms, out = given
        state, own = states[0], terms[at]
        passing = [axis for axis, letter in enumerate(own[1:]) if letter in out and _count(terms, letter) == 1]
        mixed = [axis for axis in range(len(state.axes)) if axis not in passing]
        state = _in_order(call, state, mixed)
        order = [own[axis + 1] for axis in state.dims]
        fresh = [letter for letter in out[1:] if letter not in order]
        replaced = iter(fresh)
        turned = [letter if letter in out else next(replaced, "") for letter in order]
        turned = [letter for letter in turned if letter] + list(replaced)
        axes = tuple(state.axes[own.index(x) - 1] if x in own else Axis.plain(call.out_shapes[0][k]) for k, x in enumerate(out[1:]))  # fmt: skip
        dims = tuple(out[1:].index(letter) for letter in turned)
        result = State(axes, dims, state.is_map and len(axes) == len(own) - 1, state.cause, state.through)
        told = [*terms]
        told[at] = own[0] + "".join(order)
        words = f"{','.join(told)}->{out[0]}{''.join(turned)}"
        is_same = words == equation.replace(" ", "")
        instead = None if is_same else functools.partial(_einsum, call, words, at)
        return Passage(tuple(states), (state,), (result.passed(call.name),), instead=instead, why=self.why)


def _letters(equation, operands) -> tuple[int, list[str], str] | None:
    """Which operand is the value, and the letters of all and of the result; None where the batch is no first letter."""
    symbols = [at for at, x in enumerate(operands) if hasattr(x, "_keras_history")]
    if not isinstance(equation, str) or "->" not in equation or "." in equation or len(symbols) != 1:
        return None
    left, out = equation.replace(" ", "").split("->")
    terms = left.split(",")
    own = terms[symbols[0]]
    is_plain = len(set(own)) == len(own) and len(set(out)) == len(out) and out[:1] == own[:1]
    return (symbols[0], terms, out) if is_plain and _count(terms, own[0]) == 1 else None


def _count(terms: list[str], letter: str) -> int:
    return sum(letter in term for term in terms)


def _einsum(call: Call, equation: str, at: int, name: str):
    """The operation by other letters, as a function of its value."""

    def run(value):
        operands = [value if k == at else x for k, x in enumerate(call.node.arguments.args[1:])]
        return type(call.layer)(name=name).symbolic_call(equation, *operands)

    return run
