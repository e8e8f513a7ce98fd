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


def parts(followed: Trace) -> list[Part]:
    """What there is to draw."""
    columns = [Column("layer"), Column("output"), Column("weights", "right"), Column("multiply-adds", "right")]
    if followed.has_values:
        columns.append(Column("values", "right"))
    rows = tuple(_row(followed, node) for node in followed)
    lines = [_totals(followed), *_rules(followed), *_left_out(followed)]
    return [Table(tuple(columns), rows, is_boxed=False), Gap(), Paragraph("\n".join(lines))]


def _row(followed: Trace, node: TraceNode) -> tuple[str, ...]:
    shapes = ", ".join(map(str, node.output_shapes))
    row = (f"{_name(followed, node)} ({node.kind})", shapes, f"{node.params:,}", _count(node.macs))
    return (*row, _range(node.value)) if followed.has_values else row


def _name(followed: Trace, node: TraceNode) -> str:
    """The path, and what is read where that is not the layer before."""
    at = followed.layers.index(node)
    before = (followed.layers[at - 1].path,) if at else ()
    return node.path if not node.inputs or node.inputs == before else f"{node.path} <- {', '.join(node.inputs)}"


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
