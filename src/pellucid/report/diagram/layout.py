"""Layout: a diagram as a figure, with places for all boxes and arrows.

Below:  metrics.py says how large a box is, rows.py where it stands.
Above:  svg.py and raster.py draw the figure.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace

from pellucid.errors import ArgumentError
from pellucid.report.diagram import rows
from pellucid.report.diagram.boxes import Diagram
from pellucid.report.diagram.metrics import TITLE_HEIGHT, Frame, frame_of, title_width

DIRECTIONS = ("TB", "BT", "LR", "RL")
MARGIN = 14.0

Point = tuple[float, float]
Bend = tuple[Point, Point, Point, Point]
"""A cubic curve: its beginning, two points that it bends towards, its end."""


@dataclass(frozen=True)
class Placed:
    """A box at its place, or a frame around those of an inner model."""

    x: float
    y: float
    frame: Frame
    is_group: bool = False


@dataclass(frozen=True)
class Figure:
    """All that is drawn, in pixels at 96 to an inch; a group comes before what is in it.

    Args:
        arrows: each some bends, one after the other; the tip is at the end.
    """

    width: float
    height: float
    boxes: tuple[Placed, ...]
    arrows: tuple[tuple[Bend, ...], ...]


def figure(diagram: Diagram, rankdir: str = "TB") -> Figure:
    """The diagram with places for all.

    Args:
        rankdir: the way of the arrows: "TB" from top to bottom, "BT", "LR", "RL".

    Raises:
        ArgumentError: another direction.
    """
    if rankdir not in DIRECTIONS:
        raise ArgumentError("Unknown `rankdir`.", got=repr(rankdir), expected=", ".join(DIRECTIONS))
    inner = [None if box.inner is None else figure(box.inner, rankdir) for box in diagram.boxes]
    frames = [
        frame_of(box) if one is None else _around(box.title, one) for box, one in zip(diagram.boxes, inner, strict=True)
    ]
    is_down = rankdir in ("TB", "BT")
    sizes = [(frame.width, frame.height) if is_down else (frame.height, frame.width) for frame in frames]
    items, routes = rows.placed(sizes, diagram.edges)
    across = max((item.center + item.across / 2 for item in items), default=0.0)
    along = max((item.start + item.along for item in items), default=0.0)

    def at(center: float, start: float) -> Point:
        start = along - start if rankdir in ("BT", "RL") else start
        return (center + MARGIN, start + MARGIN) if is_down else (start + MARGIN, center + MARGIN)

    boxes, arrows = [], [_arrow(items, route, at) for route in routes]
    for item, frame, one in zip(items, frames, inner, strict=False):
        x, y = at(item.center, item.start + item.along / 2)
        box = Placed(x - frame.width / 2, y - frame.height / 2, frame, one is not None)
        boxes.append(box)
        if one is not None:
            moved = _moved(one, box.x, box.y + TITLE_HEIGHT)
            boxes += moved.boxes
            arrows += moved.arrows
    width, height = (across, along) if is_down else (along, across)
    return Figure(width + 2 * MARGIN, height + 2 * MARGIN, tuple(boxes), tuple(arrows))


def _around(title: str, inner: Figure) -> Frame:
    return Frame(title, (), max(inner.width, title_width(title)), inner.height + TITLE_HEIGHT)


def _moved(whole: Figure, x: float, y: float) -> Figure:
    boxes = tuple(replace(box, x=box.x + x, y=box.y + y) for box in whole.boxes)
    arrows = tuple(tuple(_bend_moved(bend, x, y) for bend in arrow) for arrow in whole.arrows)
    return Figure(whole.width, whole.height, boxes, arrows)


def _bend_moved(bend: Bend, x: float, y: float) -> Bend:
    one, two, three, four = ((px + x, py + y) for px, py in bend)
    return one, two, three, four


def _arrow(items: list[rows.Item], route: rows.Route, at: Callable) -> tuple[Bend, ...]:
    """From the end of one box to the beginning of another, through the points between."""
    bends: list[Bend] = []
    for one, other in itertools.pairwise(route.items):
        end, start = items[one].start + items[one].along, items[other].start
        middle = (end + start) / 2
        from_, to = items[one].center, items[other].center
        bends.append((at(from_, end), at(from_, middle), at(to, middle), at(to, start)))
        if items[other].is_point:
            passed = at(to, start + items[other].along)
            bends.append((at(to, start), at(to, start), passed, passed))
    if route.is_back:
        return tuple(bend[::-1] for bend in reversed(bends))
    return tuple(bends)
