"""Rules of layers that work on each place by itself: activations, merges, normalizations, whose weights follow the axes.

Below:  passing.py has the parent; weight_axes.py says which weights follow which axes.
Kept true: several inputs must lie alike; where they do not, the others follow the one that a move has reached.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pellucid.convert import weight_axes
from pellucid.convert.arrangement import Axis, State
from pellucid.convert.passing import Passage, Rule, Shift
from pellucid.layers import Softmax


class Pointwise(Rule):
    """Each place by itself, or merged with the same places of others: everything passes, if all inputs lie alike."""

    why = "the values it merges lie differently"

    def passage(self, call, states, choices):
        shape = call.out_shapes[0]
        seen = [_expanded(state, len(shape)) for state in states]
        sizes = [(1,) * (len(shape) - len(one)) + tuple(one) for one in call.in_shapes]
        lead = self._lead(seen, states, len(shape))
        axes = tuple(_axis_of(at, lead, seen, sizes) for at in range(len(shape)))
        given = replace(lead, axes=axes)
        takes = tuple(replace(given, axes=tuple(_broadcast(axes, size))) for size in sizes)
        reads, takes = self._without_added_axes(states, seen, takes)
        config, shifts, instead = self.along(call, given)
        return Passage(reads, takes, (given.passed(call.name),), config, shifts, instead, why=self.why)

    def _lead(self, seen, states, rank: int) -> State:
        """The input that the others follow: one that lies otherwise than before, and has all axes."""
        order = sorted(range(len(seen)), key=lambda k: (seen[k].stays, len(states[k].axes) < rank, not seen[k].is_map))
        return seen[order[0]]

    def _without_added_axes(self, states, seen, takes):
        """Axes that broadcasting adds in front need no layer, if they stay in front."""
        pairs = []
        for state, wide, take in zip(states, seen, takes, strict=True):
            added = len(wide.axes) - len(state.axes)
            if added and take.dims[:added] == tuple(range(added)):
                dims = tuple(axis - added for axis in take.dims[added:])
                pairs.append((state, replace(take, axes=take.axes[added:], dims=dims)))
            else:
                pairs.append((wide, take))
        return tuple(zip(*pairs, strict=True))

    def along(self, call, state: State) -> tuple[dict, tuple, Callable | None]:
        """Arguments and weights that speak of axes."""
        return {}, (), None

    def back(self, call, wish, passage, choices):
        wishes = []
        for at, shape in enumerate(call.in_shapes):
            missing = len(wish.axes) - len(shape)
            sizes = (1,) * missing + tuple(shape)
            axes = tuple(_broadcast(wish.axes, sizes))[missing:]
            dims = tuple(axis - missing for axis in wish.dims if axis >= missing)
            wishes.append((at, replace(wish, axes=axes, dims=dims)))
        return {}, wishes


def _expanded(state: State, rank: int) -> State:
    added = rank - len(state.axes)
    if not added:
        return state
    dims = (*range(added), *(axis + added for axis in state.dims))
    return replace(state, axes=((Axis(),) * added + state.axes), dims=dims)


def _axis_of(at: int, lead: State, seen, sizes) -> Axis:
    """How an axis of the merged value lies: as in the lead, or in another that is not broadcast along it."""
    full = [state.axes[at] for state, size in zip(seen, sizes, strict=True) if size[at] != 1]
    if not full:
        return Axis()
    return lead.axes[at] if any(lead.axes[at] is one for one in full) else full[0]


def _broadcast(axes, sizes):
    return (Axis() if size == 1 else axis for axis, size in zip(axes, sizes, strict=True))


class Noise(Pointwise):
    """Dropout and its like: a pattern's shape follows the axes."""

    def along(self, call, state):
        shape = getattr(call.layer, "noise_shape", None)
        if shape is None or state.stays:
            return {}, (), None
        return {"noise_shape": (shape[0], *(shape[axis + 1] for axis in state.dims))}, (), None


# Along their axis indices stay in order: groups are runs of channels, and numbers that were given belong to each.
_IN_ORDER = ("GroupNormalization", "Normalization")


class Following(Pointwise):
    """Layers whose weights lie along axes of the input: all normalizations, PReLU."""

    def passage(self, call, states, choices):
        if type(call.layer).__name__ in _IN_ORDER:
            axis = weight_axes.mixed(call.layer, len(call.in_shapes[0]))[0]
            taken = states[0].with_axis(axis, Axis.plain(call.in_shapes[0][axis]))
            return replace(super().passage(call, [taken], choices), reads=tuple(states))
        return super().passage(call, states, choices)

    def along(self, call, state):
        layer, ndim = call.layer, len(call.in_shapes[0])
        followed = weight_axes.followed(layer, ndim)
        shifts = tuple(_following(weight, followed, state) for weight in layer._own_weights())
        moved = {} if state.dims == tuple(range(ndim)) else self._axes(layer, ndim, state)
        return moved, tuple(one for one in shifts if one is not None), None

    def _axes(self, layer, ndim, state) -> dict:
        if type(layer).__name__ == "PReLU":
            shared = layer.shared_axes
            return {"shared_axes": shared and sorted(state.place_of(axis - 1) + 1 for axis in shared)}
        places = sorted(state.place_of(axis) + 1 for axis in weight_axes.mixed(layer, ndim))
        return {"axis": places if isinstance(layer.axis, list) else places[0]}


def _following(weight, followed: list[int], state: State) -> Shift | None:
    found = {at: state.axes[axis].indices() for at, axis in enumerate(followed) if weight.shape[at] != 1}
    orders = {at: order for at, order in found.items() if order is not None}
    dims = tuple(sorted(range(len(followed)), key=lambda at: state.place_of(followed[at])))
    if not orders and dims == tuple(range(len(followed))):
        return None
    return Shift(weight, orders, dims, state)


class Scaling(Following):
    """Normalizing without weights, and Softmax: an `axis` and nothing else."""

    def along(self, call, state):
        ndim = len(call.in_shapes[0])
        return ({} if state.dims == tuple(range(ndim)) else self._axes(call.layer, ndim, state)), (), None


class Standardizing(Scaling):
    """Normalization with numbers for one axis, which stay in order."""

    def _axes(self, layer, ndim, state) -> dict:
        return {"axis": state.place_of(weight_axes.mixed(layer, ndim)[0]) + 1}


class Activated(Pointwise):
    """An activation that looks along the last axis: a Softmax along that axis, wherever it lies now."""

    why = "its activation looks along the last axis"

    def passage(self, call, states, choices):
        last = len(call.in_shapes[0]) - 1
        if states[0].dims[-1] == last or call.layer.activation.__name__ == "softmax":
            return super().passage(call, states, choices)
        return self.plain(call, states)

    def along(self, call, state):
        last = len(call.in_shapes[0]) - 1
        if state.dims[-1] == last:
            return {}, (), None
        axis = state.place_of(last) + 1
        return {}, (), lambda name: Softmax(axis=axis, name=name, dtype=call.layer.dtype_policy)
