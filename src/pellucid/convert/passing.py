"""How a layer passes an arrangement on: what it needs of its inputs, what it gives, and which of its weights move.

Below:  arrangement.py has the states; weight_axes.py says which weights follow which axes.
Beside: families.py finds the rule of a layer, by its link first; mixing.py has layers that sum over features.
Kept true: a rule is always right. Where it does not know better, inputs lie as they were, and so does the output.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from pellucid.convert import weight_axes
from pellucid.convert.arrangement import Axis, State, reshaped
from pellucid.convert.ledger import Orders
from pellucid.layers import Activation, Reshape, Softmax
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


class Following(Pointwise):
    """Layers whose weights lie along axes of the input: all normalizations, PReLU."""

    def passage(self, call, states, choices):
        if type(call.layer).__name__ == "GroupNormalization":
            axis = weight_axes.mixed(call.layer, len(call.in_shapes[0]))[0]
            taken = states[0].with_axis(axis, Axis.plain(call.in_shapes[0][axis]))  # groups are runs of channels
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
            given = given.said_by(f"the axes that '{call.name}' flattens lie in another order")
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


def activation_layer(function, name: str) -> Activation:
    """A layer that applies a function."""
    return Activation(function, name=name)
