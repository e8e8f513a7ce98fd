"""The algebra of links: which places of a layer's input feed a place of its output, as data.

Above:  every layer says its link in `links()`; xray/ composes links to follow values, convert/ pushes
        permutations through them.
Below:  rules.py follows one axis, places.py counts places in row-major order.
Kept true: places have no batch axis. A link is exact: what it names can reach the output, nothing else can.

Most links are *axiswise*: each axis of the input follows one axis of the output by a rule of its own, so
the places that feed one output place are a product of index sets, one set for each input axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pellucid import places
from pellucid.links.indices import Indices
from pellucid.links.rules import Chosen, Keep, Rule, Slide, Whole

Box = tuple[Indices, ...]
"""A product of index sets, one for each axis; an empty set means no place at all."""


@dataclass(frozen=True)
class Link:
    """The parent of all links.

    `couples_batch` says that in training each sample depends on all samples of its batch; `in_training` is the link
    that holds then, where it is another one.
    """

    couples_batch: bool = field(default=False, kw_only=True)
    in_training: Link | None = field(default=None, kw_only=True)

    def sources(self, place: tuple[int, ...], in_shapes, out_shape) -> list[Box | None]:
        """For each input, the box of places that feed this output place; None where it feeds nothing.

        Args:
            place: coordinates in the output, without the batch axis.
            in_shapes: one shape for each input, without the batch axis, every size known.
            out_shape: likewise, of the output.
        """
        return [self.box(place, shape, out_shape) for shape in in_shapes]

    def boxes(self, place, in_shapes, out_shape) -> list[list[Box]]:
        """For each input, the boxes that together hold the places that feed this output place.

        A link whose places are no single box gives only this.
        """
        return [[] if box is None else [box] for box in self.sources(place, in_shapes, out_shape)]

    def box(self, place, in_shape, out_shape) -> Box | None:
        """The box for one input."""
        raise NotImplementedError


class Axiswise(Link):
    """A link that is a rule for each input axis."""

    def rules(self, in_shape, out_shape) -> list[tuple[Rule, int | None]]:
        """For each input axis its rule, and the output axis that it follows (None for Whole)."""
        raise NotImplementedError

    def box(self, place, in_shape, out_shape):
        sets = []
        for n_in, (rule, axis) in zip(in_shape, self.rules(in_shape, out_shape), strict=True):
            i, n_out = (0, 1) if axis is None else (place[axis], out_shape[axis])
            sets.append(rule.sources(i, n_in, n_out))
        return tuple(sets) if all(len(indices) for indices in sets) else None

    def behind(self, box: Box, in_shape, out_shape) -> Box:
        """The box of places that feed any place of a box."""
        rules = zip(in_shape, self.rules(in_shape, out_shape), strict=True)
        return tuple(
            rule.all_sources((0,), n, 1) if axis is None else rule.all_sources(box[axis], n, out_shape[axis])
            for n, (rule, axis) in rules
        )


@dataclass(frozen=True)
class Same(Axiswise):
    """Each output place is fed by the input place of the same coordinates; a smaller input is broadcast."""

    def rules(self, in_shape, out_shape):
        missing = len(out_shape) - len(in_shape)
        return [(Keep(), axis + missing) for axis in range(len(in_shape))]


@dataclass(frozen=True)
class Along(Axiswise):
    """A rule for some axes, by their number (from either end); all others stay as they are.

    ``Along({0: Slide(3), 1: Slide(3), 2: Whole()})`` is a convolution on (height, width, channels).
    """

    axes: tuple[tuple[int, Rule], ...]

    def __init__(self, axes: dict[int, Rule], *, couples_batch: bool = False):
        object.__setattr__(self, "axes", tuple(axes.items()))
        object.__setattr__(self, "couples_batch", couples_batch)
        object.__setattr__(self, "in_training", None)

    def rules(self, in_shape, out_shape):
        by_axis = {axis % len(in_shape): rule for axis, rule in self.axes}
        return [(by_axis.get(axis, Keep()), axis) for axis in range(len(in_shape))]


def Mix(*axes: int, groups: int = 1) -> Along:  # noqa: N802  (reads as the links beside it)
    """Each output place is fed by every input place beside it along these axes."""
    return Along({axis: Whole(groups) for axis in axes})


def Window(  # noqa: N802  (reads as the links beside it)
    axes: Sequence[int], size, strides, dilation, padding: str, mix: int | None = None, groups: int = 1
) -> Along:
    """A window over the spatial axes; with `mix`, all channels (of the group) along that axis."""
    rules: dict[int, Rule] = {
        axis: Slide(cell, stride, spread, padding)
        for axis, cell, stride, spread in zip(axes, size, strides, dilation, strict=True)
    }
    if mix is not None:
        rules[mix] = Whole(groups)
    return Along(rules)


@dataclass(frozen=True)
class Follow(Axiswise):
    """The rule, and the output axis that it follows, for each input axis in turn.

    For layers that move, drop or add axes: ``Follow(((Whole(), None), (Whole(), None), (Keep(), 0)))`` is global
    pooling on (height, width, channels).
    """

    axes: tuple[tuple[Rule, int | None], ...]

    def rules(self, in_shape, out_shape):
        return list(self.axes)


def Permute(dims: Sequence[int]) -> Follow:  # noqa: N802
    """The output's axis k is the input's axis ``dims[k]`` (counted from 0, no batch axis)."""
    return Follow(tuple((Keep(), list(dims).index(axis)) for axis in range(len(dims))))


def Nothing(ndim: int) -> Follow:  # noqa: N802  (reads as the links beside it)
    """No output place is fed, by an input of this many axes; such as a mask that is not used."""
    return Follow(((Chosen(((),)), None),) * ndim)


@dataclass(frozen=True)
class Reshape(Link):
    """Values stay in row-major order; with `order`, the input's axes are first taken in that order."""

    order: tuple[int, ...] | None = None

    def box(self, place, in_shape, out_shape):
        order = self.order or tuple(range(len(in_shape)))
        read = tuple(in_shape[axis] for axis in order)
        at = places.place(places.flat_index(place, out_shape), read)
        by_axis = dict(zip(order, at, strict=True))
        return tuple((by_axis[axis],) for axis in range(len(in_shape)))


@dataclass(frozen=True)
class Join(Link):
    """Inputs one after the other along an axis."""

    axis: int

    def sources(self, place, in_shapes, out_shape):
        axis = self.axis % len(out_shape)
        boxes: list[Box | None] = []
        start = 0
        for shape in in_shapes:
            i = place[axis] - start
            inside = 0 <= i < shape[axis]
            boxes.append(tuple((i if k == axis else at,) for k, at in enumerate(place)) if inside else None)
            start += shape[axis]
        return boxes


@dataclass(frozen=True)
class Each(Link):
    """A link of its own for each input, and `rest` for those that may come behind."""

    links: tuple[Link, ...]
    rest: Link | None = None

    def sources(self, place, in_shapes, out_shape):
        behind = (self.rest,) * (len(in_shapes) - len(self.links)) if self.rest is not None else ()
        links = (*self.links[: len(in_shapes)], *behind)
        return [link.box(place, shape, out_shape) for link, shape in zip(links, in_shapes, strict=True)]


@dataclass(frozen=True)
class Beside(Link):
    """Outputs of several links one after the other along an axis: each with the size that it takes there."""

    axis: int
    links: tuple[tuple[Link, int], ...]

    def box(self, place, in_shape, out_shape):
        axis = self.axis % len(out_shape)
        i = place[axis]
        for link, size in self.links:
            if i < size:
                moved, shape = list(place), list(out_shape)
                moved[axis], shape[axis] = i, size
                return link.box(tuple(moved), in_shape, tuple(shape))
            i -= size
        return None


@dataclass(frozen=True)
class Walk(Link):
    """Steps along the first axis, with a state that looks about itself at each step: long ago it saw further.

    Further inputs are states to begin with, which feed everything.

    Args:
        window: from a step's output to the step's input.
        state: from a state to the state before.
        backwards: whether the walk begins with the last step.
        every: whether there is an output for every step, or only for the last.
    """

    window: Axiswise
    state: Axiswise
    backwards: bool = False
    every: bool = True

    def boxes(self, place, in_shapes, out_shape):
        (steps, *inside), *others = in_shapes
        first = 1 if self.every else 0
        shape, seen = out_shape[first:], tuple((i,) for i in place[first:])
        found: list[Box] = []
        for step in range(place[0] if self.every else steps - 1, -1, -1):
            found.append((((steps - 1 - step) if self.backwards else step,), *self.window.behind(seen, inside, shape)))
            seen = self.state.behind(seen, shape, shape)
        # A window that lies in the padding alone sees nothing.
        found = [box for box in found if all(len(indices) for indices in box)]
        return [found, *([tuple(range(n) for n in other)] for other in others)]


@dataclass(frozen=True)
class Within(Link):
    """A link applied to each index of the first axis by itself."""

    link: Link

    def box(self, place, in_shape, out_shape):
        inner = self.link.box(place[1:], in_shape[1:], out_shape[1:])
        return None if inner is None else ((place[0],), *inner)


@dataclass(frozen=True)
class All(Link):
    """Every output place is fed by every input place."""

    def box(self, place, in_shape, out_shape):
        return tuple(range(n) for n in in_shape)


@dataclass(frozen=True)
class Unknown(Link):
    """Nobody knows: what holds in training, as `in_training`, where something is drawn that moves values."""


@dataclass(frozen=True)
class Outputs(Link):
    """Several outputs, each with a link of its own; who follows one asks `of`."""

    of: tuple[Link, ...]
