"""Rows: which row each box of a diagram stands in, in which order, and how far across.

Above:  layout.py makes a figure of it.
Kept true: "along" is the way of the arrows, "across" the other.
Source: Sugiyama, Tagawa and Toda 1981 (rows by longest paths, order by means of neighbours); places across by
           isotonic regression, which keeps boxes apart and as near as can be to their neighbours.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

BOX_GAP, ROW_GAP = 28.0, 44.0
SWEEPS = 8


@dataclass
class Item:
    """A box, or a point where a long arrow passes a row."""

    across: float = 0.0
    along: float = 0.0
    center: float = 0.0
    start: float = 0.0
    is_point: bool = False
    before: list[int] = field(default_factory=list)
    after: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Route:
    """The items that an arrow passes, its ends included, in the order of the rows."""

    items: tuple[int, ...]
    is_back: bool  # whether it points against the order of the rows


def placed(sizes: Sequence[tuple[float, float]], edges: Sequence[tuple[int, int]]) -> tuple[list[Item], list[Route]]:
    """Items for all boxes, then for points that arrows pass, with their places; and the routes of all arrows.

    Args:
        sizes: of each box, across and along.
        edges: pairs of numbers of boxes.
    """
    items = [Item(across, along) for across, along in sizes]
    rank = _ranks(len(items), [_forward(edge) for edge in edges])
    rows: list[list[int]] = [[] for _ in range(max(rank, default=-1) + 1)]
    for number, row in enumerate(rank):
        rows[row].append(number)
    routes = [_route(items, rows, rank, edge) for edge in edges if edge[0] != edge[1]]
    for sweep in range(SWEEPS):
        _reorder(items, rows, sweep % 2 == 0)
    for sweep in range(SWEEPS):
        _recenter(items, rows, ("before", "after", "both")[sweep % 3 if sweep < SWEEPS - 2 else 2])
    _start(items, rows)
    return items, routes


def _forward(edge: tuple[int, int]) -> tuple[int, int]:
    """A shared layer can feed what came before it; boxes stand in running order, so such an arrow points back."""
    return (min(edge), max(edge))


def _ranks(count: int, edges) -> list[int]:
    """Rows by the longest way from a beginning; beginnings stand right before what they feed."""
    fed_by: list[list[int]] = [[] for _ in range(count)]
    feeds: list[list[int]] = [[] for _ in range(count)]
    for source, target in edges:
        if source != target:
            fed_by[target].append(source)
            feeds[source].append(target)
    rank = [0] * count
    for number in range(count):
        rank[number] = max((rank[source] + 1 for source in fed_by[number]), default=0)
    for number in reversed(range(count)):
        if feeds[number] and not fed_by[number]:
            rank[number] = min(rank[target] for target in feeds[number]) - 1
    return rank


def _route(items: list[Item], rows: list[list[int]], rank: list[int], edge: tuple[int, int]) -> Route:
    source, target = _forward(edge)
    passed = [source]
    for row in range(rank[source] + 1, rank[target]):
        items.append(Item(across=2.0, is_point=True))
        rows[row].append(len(items) - 1)
        passed.append(len(items) - 1)
    passed.append(target)
    for one, other in itertools.pairwise(passed):
        items[one].after.append(other)
        items[other].before.append(one)
    return Route(tuple(passed), edge != (source, target))


def _reorder(items: list[Item], rows: list[list[int]], is_down: bool) -> None:
    """Each row in the order of the means of its neighbours' numbers in the row before, or after."""
    number = {one: k for row in rows for k, one in enumerate(row)}
    for row in rows if is_down else reversed(rows):
        near = {one: items[one].before if is_down else items[one].after for one in row}
        means = {one: sum(number[k] for k in near[one]) / len(near[one]) if near[one] else number[one] for one in row}
        row.sort(key=lambda one: means[one])
        number.update((one, k) for k, one in enumerate(row))


def _recenter(items: list[Item], rows: list[list[int]], side: str) -> None:
    """Each item towards the mean of its neighbours, its order kept."""
    for row in reversed(rows) if side == "after" else rows:
        wanted, room, offset = [], [], 0.0
        for place, one in enumerate(row):
            item = items[one]
            if place:
                offset += items[row[place - 1]].across / 2 + BOX_GAP + item.across / 2
            near = (item.before if side != "after" else []) + (item.after if side != "before" else [])
            mean = sum(items[k].center for k in near) / len(near) if near else item.center
            wanted.append(mean - offset)
            room.append(offset)
        for one, center, offset in zip(row, _rising(wanted), room, strict=True):
            items[one].center = center + offset


def _rising(values: list[float]) -> list[float]:
    """The sequence that never falls and is nearest to this one, by the sum of squares."""
    blocks: list[tuple[float, int]] = []
    for value in values:
        mean, count = value, 1
        while blocks and blocks[-1][0] > mean:
            other, more = blocks.pop()
            mean, count = (mean * count + other * more) / (count + more), count + more
        blocks.append((mean, count))
    return [mean for mean, count in blocks for _ in range(count)]


def _start(items: list[Item], rows: list[list[int]]) -> None:
    """Rows one after the other, each box in the middle of its own; nothing left of 0. A point is as high as its row."""
    left = min((item.center - item.across / 2 for item in items), default=0.0)
    start = 0.0
    for row in rows:
        height = max(items[one].along for one in row)
        for item in (items[one] for one in row):
            item.center -= left
            item.along = height if item.is_point else item.along
            item.start = start + (height - item.along) / 2
        start += height + ROW_GAP
