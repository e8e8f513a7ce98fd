"""Rules of layers that sum over features, so that their weights can take a move: Dense, recurrent layers, and Concatenate.

Below:  passing.py has the parent; weight_axes.py says which rows meet the features.
Kept true: a weight takes a move only along axes that weight_axes.py names.
"""

from __future__ import annotations

from dataclasses import replace

from pellucid.convert import weight_axes
from pellucid.convert.arrangement import Axis, State
from pellucid.convert.passing import Call, Passage, Rule, Shift
from pellucid.layers import Concatenate
from pellucid.layers.core import activation_link


class Summing(Rule):
    """Dense: rows take the order of the features before it; columns that of what comes behind, where it asks."""

    why = "it sums over the last axis"

    def passage(self, call, states, choices):
        state, last = states[0], len(call.in_shapes[0]) - 1
        take = state if state.dims[-1] == last else replace(state, dims=tuple(range(last + 1)))
        shifts = rows(call.layer, take.axes[last], take)
        columns = choices.get(("columns", id(call.layer)))
        given = take.with_axis(last, Axis.plain(call.out_shapes[0][-1]))
        if columns is not None:
            given = given.with_axis(last, columns.axes[-1])
            shifts = _merged(shifts, _shifts(call.layer, "out", columns.axes[-1], columns))
        given = replace(given, is_map=False, cause="" if columns is None else columns.cause, through=())
        return Passage((state,), (take,), (given,), shifts=shifts, why=self.why)

    def back(self, call, wish, passage, choices):
        key, given = ("columns", id(call.layer)), passage.gives[0]
        if key in choices or activation_link(call.layer.activation) is None or wish.dims != given.dims:
            return None
        if wish.with_axis(-1, given.axes[-1]).orders != given.orders:
            return None
        return {key: wish}, []


def rows(layer, axis: Axis, state: State) -> tuple[Shift, ...]:
    """The moves of a layer's rows for an input whose features lie like this."""
    return _shifts(layer, "in", axis, state)


def _shifts(layer, word: str, axis: Axis, state: State) -> tuple[Shift, ...]:
    order = axis.indices()
    if order is None:
        return ()
    pairs = weight_axes.of_word(layer, word)
    return tuple(Shift(weight, {at: order}, tuple(range(weight.ndim)), state) for weight, at in pairs)


def _merged(first: tuple[Shift, ...], second: tuple[Shift, ...]) -> tuple[Shift, ...]:
    """One move for each weight, where rows and columns of one kernel move."""
    found = {id(shift.variable): shift for shift in first}
    for shift in second:
        before = found.get(id(shift.variable))
        orders = {**(before.orders if before else {}), **shift.orders}
        found[id(shift.variable)] = replace(before or shift, orders=orders)
    return tuple(found.values())


class Stepping(Rule):
    """Recurrent layers: rows of the input's kernels take the order of the features; steps stay in order."""

    why = "it walks along the steps, in their order"

    def __init__(self, cells):
        self.cells = cells

    def passage(self, call, states, choices):
        passed = self.plain(call, states)
        features = states[0].axes[-1]
        if call.in_shapes[0][-1] is None:
            return passed
        take = replace(states[0], axes=(*passed.takes[0].axes[:-1], features), dims=passed.takes[0].dims)
        shifts = tuple(shift for cell in self.cells for shift in rows(cell, features, take))
        return replace(passed, takes=(take, *passed.takes[1:]), shifts=shifts)


class EachStep(Rule):
    """TimeDistributed: what the inner layer does, behind an axis of steps."""

    why = "it takes its steps apart along the first axis"

    def __init__(self, inner: Rule):
        self.inner = inner

    def passage(self, call, states, choices):
        state = states[0]
        if state.dims[0] != 0 or not state.axes[0].stays:
            state = State.plain(call.in_shapes[0])
        inside = self.inner.passage(self._inside(call), [_without_steps(state)], choices)
        if inside.instead is not None or inside.behind is not None:
            return self.plain(call, states, "an activation inside it looks along the last axis")
        steps = state.axes[0]
        takes, gives = (
            tuple(with_steps(one, steps).passed(call.name) for one in side) for side in (inside.takes, inside.gives)
        )
        return replace(
            inside, reads=tuple(states), takes=takes, gives=gives, vanishes=False, why=inside.why or self.why
        )

    def _inside(self, call) -> Call:
        ins, outs = (tuple(shape[1:] for shape in side) for side in (call.in_shapes, call.out_shapes))
        return Call(call.layer.layer, ins, outs, call.node)

    def back(self, call, wish, passage, choices):
        if wish.dims[0] != 0 or not wish.axes[0].stays:
            return None
        inside = replace(
            passage,
            reads=tuple(map(_without_steps, passage.reads)) if passage.reads[0].dims[0] == 0 else passage.takes,
            takes=tuple(map(_without_steps, passage.takes)),
            gives=tuple(map(_without_steps, passage.gives)),
        )
        found = self.inner.back(self._inside(call), _without_steps(wish), inside, choices)
        if found is None:
            return None
        return found[0], [(at, with_steps(state, passage.takes[0].axes[0])) for at, state in found[1]]


def _without_steps(state: State) -> State:
    return replace(state, axes=state.axes[1:], dims=tuple(axis - 1 for axis in state.dims if axis))


def with_steps(state: State, steps: Axis) -> State:
    """The state of a value that has an axis of steps in front."""
    return replace(state, axes=(steps, *state.axes), dims=(0, *(axis + 1 for axis in state.dims)))


class Joining(Rule):
    """Concatenate: each input keeps its own order along the axis, and the others lie alike."""

    why = "the values it joins lie differently"

    def __init__(self, axis: int):
        self.axis = axis

    def passage(self, call, states, choices):
        ranks = range(len(call.out_shapes[0]))
        lead = sorted(states, key=lambda state: (state.stays, state.dims == tuple(ranks), not state.is_map))[0]
        parts = [state.axes[self.axis] for state in states]
        if choices.get(("parts", call.key)) or not all(axis.stays or axis.size is not None for axis in parts):
            parts = [Axis.plain(shape[self.axis]) for shape in call.in_shapes]
        takes = []
        for shape, part in zip(call.in_shapes, parts, strict=True):
            others = tuple(_broadcast_none(lead.axes, shape))
            takes.append(replace(lead, axes=others).with_axis(self.axis, part))
        joined = _side_by_side(parts, [shape[self.axis] for shape in call.in_shapes])
        causes = [state for state in (lead, *states) if state.cause]
        given = replace(lead.with_axis(self.axis, joined), cause=causes[0].cause if causes else "")
        given = replace(given, through=causes[0].through if causes else ()).passed(call.name)
        at = given.place_of(self.axis) + 1
        moved = given.dims != tuple(ranks)
        if hasattr(call.layer, "axis"):
            config = {"axis": at} if moved else {}
            return Passage(tuple(states), tuple(takes), (given,), config, why=self.why)
        instead = (lambda name: Concatenate(axis=at, name=name)) if moved else None
        return Passage(tuple(states), tuple(takes), (given,), instead=instead, why=self.why)

    def back(self, call, wish, passage, choices):
        parts = _parted(wish.axes[self.axis], [shape[self.axis] for shape in call.in_shapes])
        if parts is None:
            return None
        plain = all(part.stays for part in parts)
        wishes = [(at, wish.with_axis(self.axis, part)) for at, part in enumerate(parts)]
        return ({("parts", call.key): True} if plain else {}), wishes


def _broadcast_none(axes, shape):
    return (axis if size != 1 else Axis() for axis, size in zip(axes, shape, strict=True))


def _side_by_side(parts, sizes) -> Axis:
    if None in sizes:
        return Axis.plain(None)
    indices: list[int] = []
    for part, size in zip(parts, sizes, strict=True):
        start = len(indices)
        indices += [start + at for at in part.indices() or range(size)]
    return Axis.permuted(tuple(indices))


def _parted(axis: Axis, sizes) -> list[Axis] | None:
    """The orders inside each part of a joined axis; None where the parts are mingled."""
    order = axis.indices()
    if order is None:
        return list(map(Axis.plain, sizes))
    parts, start = [], 0
    for size in sizes:
        inside = [index - start for index in order[start : start + size]]
        if sorted(inside) != list(range(size)):
            return None
        parts.append(Axis.permuted(tuple(inside)))
        start += size
    return parts
