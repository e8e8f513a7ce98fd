"""Receptive fields: the box of input cells that a unit looks at, with and without the edges of the input.

Below:  links/ says how far each rule reaches when the input had no ends; walking.py finds the exact cells.
Above:  trace.py, for `receptive_field`.
Kept true: `clipped` and `holes` are of the exact set; `unclipped` is what it would be far from all edges.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from fractions import Fraction

from pellucid import links
from pellucid.xray.regions import Region
from pellucid.xray.sites import Site
from pellucid.xray.walking import Walk

Span = tuple[int, int]


@dataclass(frozen=True)
class ReceptiveField:
    """What a unit sees, for each spatial axis of the value it looks at.

    Attributes:
        size: cells from the first to the last, holes and padding counted.
        stride: how far the field moves when the unit moves by one.
        start: the first cell of the unit at place 0; below 0 where it lies in the padding.
        unclipped, clipped: first and last cell, inclusive; in the padding too, or inside alone (None if there is none).
        holes: whether some cells between are not seen.
        padding: cells of padding seen before and after the input.
    """

    size: tuple[int, ...]
    stride: tuple[float, ...]
    start: tuple[int, ...]
    unclipped: tuple[Span, ...]
    clipped: tuple[Span, ...] | None
    holes: tuple[bool, ...]
    padding: tuple[Span, ...]

    def to_dict(self) -> dict:
        """Plain data."""
        said = asdict(self)
        return {
            **{word: [list(one) if isinstance(one, tuple) else one for one in said[word] or ()] for word in said},
            "stride": [_number(one) for one in self.stride],
            "clipped": None if self.clipped is None else [list(one) for one in self.clipped],
        }


def _number(stride) -> float | int:
    return int(stride) if stride == int(stride) else float(stride)


@dataclass(frozen=True)
class _Reach:
    """Along one axis: first and last cell, the first cell of the unit at place 0, and the stride."""

    first: int
    last: int
    start: int
    stride: int | Fraction

    def through(self, rule, n_in: int, n_out: int) -> _Reach:
        """Before a layer what it is behind it."""
        first, last = rule.reach(self.first, self.last, n_in, n_out)
        start, _ = rule.reach(self.start, self.start, n_in, n_out)
        return _Reach(first, last, start, self.stride * rule.pace)

    def __or__(self, other: _Reach) -> _Reach:
        return _Reach(
            min(self.first, other.first),
            max(self.last, other.last),
            min(self.start, other.start),
            max(self.stride, other.stride),
        )


def receptive_field(sites: list[Site], walk: Walk, number: int, goal: int, spatial, training: bool, shape_of):
    """The field of a unit, from a walk back that began there.

    Args:
        number, goal: of the unit's value, and of the value that it looks at.
        spatial: the axes of that value to speak of.
    """
    reaches = {number: [_unit(i[0]) for i in walk.regions[number].products[0]]}
    for site in reversed(sites):
        for written in site.writes:
            if written in reaches and site.reads:
                _step(reaches, site, written, walk, training, shape_of)
    shape, region = shape_of(goal), walk.regions.get(goal)
    hull = region.hull if region else None
    if goal not in reaches:
        return None
    chosen = [reaches[goal][axis] for axis in spatial]
    lengths = [shape[axis] for axis in spatial]
    return ReceptiveField(
        size=tuple(one.last - one.first + 1 for one in chosen),
        stride=tuple(_number(one.stride) for one in chosen),
        start=tuple(one.start for one in chosen),
        unclipped=tuple((one.first, one.last) for one in chosen),
        clipped=None if hull is None else tuple((hull[axis][0], hull[axis][-1]) for axis in spatial),
        holes=tuple(
            False if hull is None else hull[axis][-1] - hull[axis][0] + 1 > len(hull[axis]) for axis in spatial
        ),
        padding=tuple((max(-one.first, 0), max(one.last - n + 1, 0)) for one, n in zip(chosen, lengths, strict=True)),
    )


def _unit(at: int) -> _Reach:
    return _Reach(at, at, 0, 1)


def _step(reaches: dict, site: Site, written: int, walk: Walk, training: bool, shape_of):
    link, out_shape = site.link(training, site.writes.index(written)), shape_of(written)
    start = 0
    for k, read in enumerate(site.reads):
        shape = shape_of(read)
        one = link
        if isinstance(link, links.Each):
            behind = (link.rest,) * len(site.reads)
            one = (*link.links, *behind)[k]
        if isinstance(link, links.Join):
            axis = link.axis % len(shape)
            one, start = links.Along({axis: links.Shift(start)}), start + shape[axis]
            if not walk.regions.get(read):
                continue
        found = _through(one, reaches[written], shape, out_shape, walk.regions.get(read))
        if found is not None:
            reaches[read] = [a | b for a, b in zip(reaches[read], found, strict=True)] if read in reaches else found


def _through(link, behind: list[_Reach], shape, out_shape, region: Region | None) -> list[_Reach] | None:
    if isinstance(link, links.Axiswise):
        if isinstance(link, links.Follow) and link == links.Nothing(len(shape)):
            return None
        return [
            _Reach(*rule.reach(0, 0, n, 1), rule.reach(0, 0, n, 1)[0], 0)
            if axis is None
            else behind[axis].through(rule, n, out_shape[axis])
            for n, (rule, axis) in zip(shape, link.rules(shape, out_shape), strict=True)
        ]
    hull = region.hull if region is not None else None
    if hull is None:
        return None
    # Order was lost, as in a Flatten: a single element begins anew, a larger set stays where it is.
    return [
        _unit(indices[0]) if len(indices) == 1 else _Reach(indices[0], indices[-1], indices[0], 0) for indices in hull
    ]
