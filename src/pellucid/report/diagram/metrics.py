"""Metrics: how large the text of a box is, and how its cells share its width, without asking any font.

Above: layout.py places frames; svg.py and raster.py fill them.
"""

from __future__ import annotations

from dataclasses import dataclass

from pellucid.report.diagram.boxes import Box, Cell

TITLE_SIZE, FACT_SIZE = 14, 12  # in pixels
TITLE_HEIGHT, FACT_HEIGHT, PADDING = 30.0, 28.0, 10.0
# Widths of letters as shares of their size, generous, as fonts differ.
_WIDTHS = {**dict.fromkeys("iIl.,:;|'()[]! jtfr", 0.34), **dict.fromkeys("mwMW@%", 0.92)}
_CAPITAL, _OTHER, _BOLD = 0.72, 0.58, 1.07


@dataclass(frozen=True)
class Part:
    """A cell with its place inside the box."""

    x: float
    y: float
    width: float
    height: float
    cell: Cell


@dataclass(frozen=True)
class Frame:
    """A box with sizes: its title on top, then its cells."""

    title: str
    parts: tuple[Part, ...]
    width: float
    height: float


def text_width(text: str, size: float, is_bold: bool = False) -> float:
    """How wide a line of text is, at most, in pixels."""
    shares = (_WIDTHS.get(letter, _CAPITAL if letter.isupper() else _OTHER) for letter in text)
    return sum(shares) * size * (_BOLD if is_bold else 1)


def title_width(title: str) -> float:
    return text_width(title, TITLE_SIZE, True) + 2 * PADDING


def cell_width(cell: Cell) -> float:
    """How much room a cell needs."""
    label = f"{cell.label}: " if cell.label else ""
    return text_width(label, FACT_SIZE) + text_width(cell.value, FACT_SIZE, True) + 2 * PADDING


def frame_of(box: Box) -> Frame:
    """The sizes of a box that holds no other."""
    needed = [sum(map(cell_width, row)) for row in box.rows]
    width = max([title_width(box.title), *needed])
    parts, y = [], TITLE_HEIGHT
    for row, need in zip(box.rows, needed, strict=True):
        x, more = 0.0, (width - need) / len(row)
        for cell in row:
            parts.append(Part(x, y, cell_width(cell) + more, FACT_HEIGHT, cell))
            x += cell_width(cell) + more
        y += FACT_HEIGHT
    return Frame(box.title, tuple(parts), width, y)
