"""Drawing: an explanation as parts, for where tables can be drawn; the still picture of the page's Order view.

Below:  order.py and element.py say what there is to tell.
Above:  explanation.py shows it in notebooks; page/ before its script runs, and where scripts are off.
"""

from __future__ import annotations

from pellucid.report import element, order
from pellucid.report.parts import Align, Column, Heading, Paragraph, Part, Span, Table, Words
from pellucid.xray import Trace
from pellucid.xray.node import TraceNode


def parts(followed: Trace, node: TraceNode, place, at, to) -> list[Part]:
    """A layer, its rule, its elements in order, and what is known of one of them."""
    drawn: list[Part] = [_heading(node), *_rule(node)]
    ribbon = order.ribbon(node, place)
    if ribbon is not None:
        drawn.append(_table(ribbon))
    if place is not None:
        drawn.append(_facts(followed, node, place, at, to))
    return drawn


def _heading(node: TraceNode) -> Heading:
    shapes = " + ".join(map(str, node.input_shapes))
    what = f"{shapes} → {node.output_shape}" if shapes else f"{node.output_shape}"
    return Heading((Span(node.path, "code"), Span(f" {node.kind} ", "faint"), Span(what, "number")))


def _rule(node: TraceNode) -> list[Part]:
    mapped = node.index_map()
    if mapped is None:
        return []
    return [
        Paragraph((Span(mapped.formula, "code"), "\n", Span(mapped.inverse, "code"), "\n", Span(mapped.order, "faint")))
    ]


def _table(ribbon: order.Ribbon) -> Table:
    right: Align = "right"
    columns = (Column(ribbon.title), *(Column(one, right) for one in ribbon.columns), Column("flat", right))
    return Table(columns, tuple(_row(row, len(columns)) for row in ribbon.rows), is_boxed=False)


def _row(row: order.Row | None, width: int) -> tuple[Words, ...]:
    if row is None:
        return ("…",) + ("",) * (width - 1)
    cells = (Span(text, "chosen" if k == row.chosen else "number") for k, text in enumerate(row.cells))
    return (Span(row.name, "faint"), *cells, Span(row.flat, "faint"))


def _facts(followed: Trace, node: TraceNode, place, at, to) -> Table:
    rows = [("at", element.itself(followed, node, place, at).removeprefix("at").strip())]
    rows += [(word, "\n".join(lines)) for word, lines in element.said(followed, node, place, at, to)]
    return Table(
        (Column(""), Column("")),
        tuple((Span(word, "faint"), Span(text, "code")) for word, text in rows),
        is_boxed=False,
    )
