"""Overview: all layers of a trace as one table, with what each does, and what was left out.

Below:  xray/ has the layers; parts.py the pieces.
Above:  traced.py and explanation.py.
Kept true: what a value is like is said of all samples; a layer of which no rule is known is named.
"""

from __future__ import annotations

import torch

from pellucid.report.order import written
from pellucid.report.parts import Column, Gap, Paragraph, Part, Table
from pellucid.xray import Trace
from pellucid.xray.node import TraceNode

_BETWEEN = 3  # characters between two columns
_LEAST_NAME = 8


def parts(followed: Trace, width: int = 80) -> list[Part]:
    """What there is to draw in lines of this many characters."""
    titles = ["layer", "output", "weights", "multiply-adds", "values"]
    rows = [_row(node) for node in followed]
    if not followed.has_values:
        titles, rows = titles[:-1], [row[:-1] for row in rows]
    sizes = [max(len(row[k]) for row in [titles, *rows]) for k in range(len(titles))]
    # Columns at the end go where the others have no room; of these only the first gives way: numbers never break.
    while len(titles) > 2 and _room(sizes, width) < min(sizes[0], _widest(rows)):
        titles, rows, sizes = titles[:-1], [row[:-1] for row in rows], sizes[:-1]
    sizes[0] = max(min(sizes[0], _room(sizes, width)), _LEAST_NAME)
    columns = [
        Column(title, "left" if k < 2 else "right", size)
        for k, (title, size) in enumerate(zip(titles, sizes, strict=True))
    ]
    lines = [_totals(followed), *_ways(followed), *_rules(followed), *_left_out(followed)]
    return [Table(tuple(columns), tuple(rows), is_boxed=False), Gap(), Paragraph("\n".join(lines))]


def _room(sizes: list[int], width: int) -> int:
    """What is left for the first column."""
    return width - sum(sizes[1:]) - _BETWEEN * len(sizes) + 1


def _widest(rows: list[tuple[str, ...]]) -> int:
    """The longest word of the first column, which should not be broken."""
    return max(len(word) for row in rows for word in row[0].split())


def _row(node: TraceNode) -> tuple[str, ...]:
    shapes = ", ".join(map(str, node.output_shapes))
    return f"{node.path} ({node.kind})", shapes, f"{node.params:,}", _count(node.macs), _range(node.value)


def _count(number: int | None) -> str:
    return "?" if number is None else f"{number:,}"


def _range(value: torch.Tensor | None) -> str:
    if value is None or not value.numel() or value.is_complex():
        return "" if value is None else "none"
    plain = value.double()
    return f"{written(float(plain.min()))}..{written(float(plain.max()))}"


def _totals(followed: Trace) -> str:
    known = [node.macs for node in followed if node.macs is not None]
    more = "" if len(known) == len(followed) else ", and those of the layers marked ?"
    return f"{followed.params:,} weights; {sum(known):,} multiply-adds for one sample{more}"


def _ways(followed: Trace) -> list[str]:
    """What is read by the layers that do not read the one before."""
    pairs = zip(followed.layers, followed.layers[1:], strict=False)
    others = [node for before, node in pairs if node.inputs and set(node.inputs) != {before.path}]
    return [f"{node.path} reads {', '.join(node.inputs)}" for node in others]


def _rules(followed: Trace) -> list[str]:
    """The rules of the layers that rearrange, and the names of those of which nothing is known."""
    mapped = [(node.path, node.index_map()) for node in followed]
    lines = [f"{path}: {one.formula}" for path, one in mapped if one is not None]
    untold = [node.path for node in followed if not node.is_told]
    return [*lines, *([f"say no links, so all of their input is taken: {', '.join(untold)}"] if untold else [])]


def _left_out(followed: Trace) -> list[str]:
    if not followed.left_out:
        return []
    return [f"values left out, because of max_bytes: {', '.join(followed.left_out)}"]
