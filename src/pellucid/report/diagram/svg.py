"""SVG: a figure as text that browsers and editors draw.

Below:  layout.py.
Kept true: text of a model is escaped here; nothing in the file is loaded from elsewhere.
"""

from __future__ import annotations

from html import escape

from pellucid.report.diagram.colors import ARROW, FILLS, GROUP, INK, LINE, TITLE, TITLE_INK
from pellucid.report.diagram.layout import Figure, Placed
from pellucid.report.diagram.metrics import FACT_SIZE, PADDING, TITLE_HEIGHT, TITLE_SIZE, Part

FONT = "Helvetica, Arial, sans-serif"
TIP = (
    '<marker id="tip" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    f'<path d="M0 0 8 4 0 8z" fill="{ARROW}"/></marker>'
)


def svg(figure: Figure) -> str:
    """The figure as one SVG element."""
    groups = [_group(box) for box in figure.boxes if box.is_group]
    arrows = [_arrow(arrow) for arrow in figure.arrows]
    boxes = [_box(box) for box in figure.boxes if not box.is_group]
    size = f'width="{figure.width:.0f}" height="{figure.height:.0f}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {figure.width:.1f} {figure.height:.1f}"'
    lines = [
        f'{head} font-family="{FONT}" fill="{INK}">',
        f"<defs>{TIP}</defs>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        *groups,
        *arrows,
        *boxes,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def html(figure: Figure, title: str) -> str:
    """The figure as a page of its own."""
    return (
        f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>\n'
        f'<body style="margin:0">\n{svg(figure)}</body></html>\n'
    )


def _group(box: Placed) -> str:
    frame = box.frame
    return (
        f'<rect x="{box.x:.1f}" y="{box.y:.1f}" width="{frame.width:.1f}" height="{frame.height:.1f}" rx="4" '
        f'fill="{GROUP}" stroke="{LINE}" stroke-dasharray="5 4"/>'
        + _text(box.x + PADDING, box.y + TITLE_HEIGHT / 2, frame.title, TITLE_SIZE, is_bold=True)
    )


def _box(box: Placed) -> str:
    frame = box.frame
    title = f'<rect width="{frame.width:.1f}" height="{TITLE_HEIGHT}" fill="{TITLE}"/>' + _text(
        frame.width / 2, TITLE_HEIGHT / 2, frame.title, TITLE_SIZE, is_bold=True, fill=TITLE_INK, anchor="middle"
    )
    outline = f'<rect width="{frame.width:.1f}" height="{frame.height:.1f}" fill="none" stroke="{TITLE}"/>'
    parts = "".join(map(_part, frame.parts))
    return f'<g transform="translate({box.x:.1f} {box.y:.1f})">{title}{parts}{outline}</g>'


def _part(part: Part) -> str:
    fill, ink = FILLS[part.cell.tone]
    label = f"{escape(part.cell.label)}: " if part.cell.label else ""
    words = f'{label}<tspan font-weight="bold">{escape(part.cell.value)}</tspan>'
    return (
        f'<rect x="{part.x:.1f}" y="{part.y}" width="{part.width:.1f}" height="{part.height}" fill="{fill}" '
        f'stroke="{LINE}"/>'
        f'<text x="{part.x + part.width / 2:.1f}" y="{part.y + part.height / 2}" font-size="{FACT_SIZE}" fill="{ink}" '
        f'text-anchor="middle" dominant-baseline="central">{words}</text>'
    )


def _text(x: float, y: float, text: str, size: int, is_bold=False, fill=INK, anchor="start") -> str:
    weight = ' font-weight="bold"' if is_bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}"{weight} fill="{fill}" text-anchor="{anchor}" '
        f'dominant-baseline="central">{escape(text)}</text>'
    )


def _arrow(bends) -> str:
    (x, y), *_ = bends[0]
    curves = " ".join("C" + " ".join(f"{px:.1f} {py:.1f}" for px, py in bend[1:]) for bend in bends)
    return (
        f'<path d="M{x:.1f} {y:.1f} {curves}" fill="none" stroke="{ARROW}" stroke-width="1.5" marker-end="url(#tip)"/>'
    )
