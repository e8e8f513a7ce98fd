"""Links: which places of a layer's input feed a place of its output, as data.

Above:  every layer says its link in `links()`; xray/ composes links to follow values, convert/ pushes
        permutations through them.
Below:  places.py counts places in row-major order.
Kept true: places have no batch axis. A link is exact: what it names can reach the output, nothing else can.

Most links are *axiswise*: each axis of the input follows one axis of the output by a rule of its own, so
the places that feed one output place are a product of index sets, one set for each input axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pellucid import places

Box = tuple[Sequence[int], ...]
"""A product of index sets, one for each axis; an empty set means no place at all."""


# ---- rules: from an index along an output axis to indices along an input axis


@dataclass(frozen=True)
class Keep:
    """The same index; index 0 where the input has size 1 and is broadcast."""

    def sources(self, i: int, n_in: int, n_out: int) -> Sequence[int]:
        return (0,) if n_in == 1 else (i,)


@dataclass(frozen=True)
class Whole:
    """Every index; with groups, every index of the same group."""

    groups: int = 1

    def sources(self, i: int, n_in: int, n_out: int) -> Sequence[int]:
        if self.groups == 1:
            return range(n_in)
        group = i // (n_out // self.groups)
        size = n_in // self.groups
        return range(group * size, (group + 1) * size)


@dataclass(frozen=True)
class Slide:
    """A window that moves over the input; cells of the padding are no input.

    `padding` is "valid", "same" (the smaller half in front) or "causal" (all in front).
    """

    size: int
    stride: int = 1
    dilation: int = 1
    padding: str = "valid"

    def before(self, n_in: int) -> int:
        """Cells of padding in front of the input."""
        reach = (self.size - 1) * self.dilation + 1
        if self.padding == "causal":
            return reach - 1
        if self.padding == "same":
            return max((-(-n_in // self.stride) - 1) * self.stride + reach - n_in, 0) // 2
        return 0

    def sources(self, i: int, n_in: int, n_out: int) -> Sequence[int]:
        first = i * self.stride - self.before(n_in)
        last = first + (self.size - 1) * self.dilation
        if first < 0:
            first += -(-(-first) // self.dilation) * self.dilation
        return range(first, min(last, n_in - 1) + 1, self.dilation)


@dataclass(frozen=True)
class SlideBack:
    """The transposed convolution's window: the input cell j feeds the output cells ``j*stride + k*dilation - crop``."""

    size: int
    stride: int = 1
    dilation: int = 1
    crop: int = 0

    def sources(self, i: int, n_in: int, n_out: int) -> Sequence[int]:
        cells = (i + self.crop - k * self.dilation for k in range(self.size))
        return sorted(
            {cell // self.stride for cell in cells if cell % self.stride == 0 and 0 <= cell // self.stride < n_in}
        )


@dataclass(frozen=True)
class Shift:
    """`before` more cells in front than the input has; fewer, where it is negative."""

    before: int

    def sources(self, i: int, n_in: int, n_out: int) -> Sequence[int]:
        return (i - self.before,) if 0 <= i - self.before < n_in else ()


@dataclass(frozen=True)
class Repeat:
    """Each input cell stands `times` in a row."""

    times: int

    def sources(self, i: int, n_in: int, n_out: int) -> Sequence[int]:
        return (i // self.times,)


@dataclass(frozen=True)
class Blend:
    """`times` points to each input cell, each drawn from the cells within `reach` of it (1: lines, 2: cubics).

    A point at the centre of a cell has that cell's value: there the others weigh nothing.
    """

    times: int
    reach: int

    def sources(self, i: int, n_in: int, n_out: int) -> Sequence[int]:
        # Distances from the point to cells, in units of 1/(2*times), so that they are whole numbers.
        unit = 2 * self.times
        point = 2 * i + 1 - self.times
        near = range(max(-(-point // unit) - self.reach, 0), min(point // unit + self.reach, n_in - 1) + 1)
        apart = {j: unit * j - point for j in near}
        return [j for j, far in apart.items() if far == 0 or (abs(far) < unit * self.reach and far % unit)]


@dataclass(frozen=True)
class Adaptive:
    """The input in as many windows as the output has cells, which may overlap by one."""

    def sources(self, i: int, n_in: int, n_out: int) -> Sequence[int]:
        return range(i * n_in // n_out, -(-(i + 1) * n_in // n_out))


@dataclass(frozen=True)
class Chosen:
    """For each output index, the input indices that feed it, by a table."""

    table: tuple[tuple[int, ...], ...]

    def sources(self, i: int, n_in: int, n_out: int) -> Sequence[int]:
        return self.table[i]


Rule = Keep | Whole | Slide | SlideBack | Shift | Repeat | Blend | Adaptive | Chosen


# ---- links


@dataclass(frozen=True)
class Link:
    """The parent of all links.

    `couples_batch` says that in training each sample depends on all samples of its batch.
    """

    couples_batch: bool = field(default=False, kw_only=True)

    def sources(self, place: tuple[int, ...], in_shapes, out_shape) -> list[Box | None]:
        """For each input, the box of places that feed this output place; None where it feeds nothing.

        Args:
            place: coordinates in the output, without the batch axis.
            in_shapes: one shape for each input, without the batch axis, every size known.
            out_shape: likewise, of the output.
        """
        return [self.box(place, shape, out_shape) for shape in in_shapes]

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
    """A link of its own for each input."""

    links: tuple[Link, ...]

    def sources(self, place, in_shapes, out_shape):
        return [link.box(place, shape, out_shape) for link, shape in zip(self.links, in_shapes, strict=True)]


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
