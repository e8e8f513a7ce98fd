"""Dot: a diagram in the language of Graphviz, for programs that want to place it themselves.

Below:  boxes.py; plotting.py's own layout draws it where no Graphviz is.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from html import escape

from pellucid.report.diagram import drawing
from pellucid.report.diagram.boxes import Box, Cell, Diagram
from pellucid.report.diagram.colors import FILLS, TITLE, TITLE_INK


@dataclass(frozen=True)
class Dot:
    """A picture of a model: as text of Graphviz, or drawn without it.

    Args:
        rankdir, dpi, splines: as Graphviz calls them; the first two hold without it too.
    """

    diagram: Diagram
    rankdir: str = "TB"
    dpi: float = 200
    splines: str = "ortho"
    is_subgraph: bool = False

    def to_string(self) -> str:
        """The picture in the language of Graphviz."""
        if self.is_subgraph:
            return "\n".join(_cluster(self.diagram, "n", self.diagram.name))
        head = [
            "digraph G {",
            f"rankdir={self.rankdir};",
            "concentrate=true;",
            f"dpi={self.dpi};",
            f"splines={self.splines};",
            "node [shape=plaintext, fontname=Helvetica, margin=0];",
        ]
        return "\n".join([*head, *_inside(self.diagram, "n"), "}"]) + "\n"

    __str__ = to_string

    def write(self, path, format: str | None = None) -> None:
        """Draw into a file: "dot" for the text, else as `plot_model` does."""
        kind = format or os.path.splitext(os.fspath(path))[1][1:] or "dot"
        drawing.write(self.diagram, path, kind, self.rankdir, self.dpi, self.to_string)

    def write_png(self, path) -> None:
        """Draw into a file of pixels."""
        self.write(path, "png")

    def write_svg(self, path) -> None:
        """Draw into a file of lines."""
        self.write(path, "svg")

    def create_svg(self) -> bytes:
        """The picture as SVG."""
        return drawing.as_svg(self.diagram, self.rankdir).encode()

    def _repr_svg_(self) -> str:
        """What a notebook shows."""
        return drawing.as_svg(self.diagram, self.rankdir)


def _inside(diagram: Diagram, name: str) -> list[str]:
    lines = []
    for k, box in enumerate(diagram.boxes):
        if box.inner is None:
            lines.append(f"{name}_{k} [label=<{_label(box)}>];")
        else:
            lines += _cluster(box.inner, f"{name}_{k}", box.title)
    for source, target in diagram.edges:
        one, other = (
            _end(diagram.boxes[source], f"{name}_{source}", -1),
            _end(diagram.boxes[target], f"{name}_{target}", 0),
        )
        lines.append(f"{one} -> {other};")
    return lines


def _cluster(diagram: Diagram, name: str, title: str) -> list[str]:
    quoted = '"' + title.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return [
        f"subgraph cluster_{name} {{",
        "style=dashed;",
        "labeljust=l;",
        f"label={quoted};",
        *_inside(diagram, name),
        "}",
    ]


def _end(box: Box, name: str, place: int) -> str:
    """The box itself, or the first or last of those in it."""
    while box.inner is not None and box.inner.boxes:
        number = range(len(box.inner.boxes))[place]
        box, name = box.inner.boxes[number], f"{name}_{number}"
    return name


def _label(box: Box) -> str:
    columns = max((len(row) for row in box.rows), default=1)
    title = (
        f'<td colspan="{columns}" bgcolor="{TITLE}"><font color="{TITLE_INK}"><b>{escape(box.title)}</b></font></td>'
    )
    rows = ["".join(_cell(cell, columns if len(row) == 1 else 1) for cell in row) for row in box.rows]
    body = "".join(f"<tr>{row}</tr>" for row in [title, *rows])
    return f'<table border="0" cellborder="1" cellspacing="0" cellpadding="8">{body}</table>'


def _cell(cell: Cell, columns: int) -> str:
    fill, ink = FILLS[cell.tone]
    label = f"{escape(cell.label)}: " if cell.label else ""
    words = f'<font color="{ink}">{label}<b>{escape(cell.value)}</b></font>'
    return f'<td colspan="{columns}" bgcolor="{fill}">{words}</td>'
