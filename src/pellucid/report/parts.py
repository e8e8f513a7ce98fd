"""Parts: the pieces that a report is made of, as plain data. They do not know how they will be drawn.

Above: summary.py and other reports make lists of parts; text.py and html.py draw them.
Kept true: nothing here is escaped, cut or coloured; a tone says what a word is, not how it looks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Tone = Literal["plain", "strong", "faint", "number", "unknown", "kind", "yes", "no", "chosen", "code"]
Align = Literal["left", "right", "center"]


@dataclass(frozen=True)
class Span:
    """A few words of one tone."""

    text: str
    tone: Tone = "plain"


Words = str | Span | tuple["str | Span", ...]
"""A run of text; plain strings and spans may alternate."""


@dataclass(frozen=True)
class Heading:
    """A line that names what follows."""

    words: Words


@dataclass(frozen=True)
class Paragraph:
    """Running text, broken into lines where it is drawn; line breaks inside stay."""

    words: Words


@dataclass(frozen=True)
class Rule:
    """A line across the page."""


@dataclass(frozen=True)
class Gap:
    """An empty line."""


@dataclass(frozen=True)
class Column:
    """A column of a table; `width` in characters, as wide as its cells if None."""

    title: Words
    align: Align = "left"
    width: int | None = None


@dataclass(frozen=True)
class Table:
    """Rows of cells under titles.

    Attributes:
        rows: for each row one cell for each column.
        width: of the whole, in characters; as needed if None.
        is_boxed: whether lines are drawn around the cells, or just one under the titles.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Words, ...], ...]
    width: int | None = None
    is_boxed: bool = True


@dataclass(frozen=True)
class Grid:
    """A rectangle of short cells, such as the numbers of a matrix, aligned to the right."""

    rows: tuple[tuple[Words, ...], ...]
    title: Words = ""


@dataclass(frozen=True)
class Picture:
    """A rectangle of shades from 0 (empty) to 1 (full)."""

    shades: tuple[tuple[float, ...], ...]
    title: Words = ""


@dataclass(frozen=True)
class Beside:
    """Parts from left to right."""

    parts: tuple[Grid | Picture | Paragraph | Table, ...]


Part = Heading | Paragraph | Rule | Gap | Table | Grid | Picture | Beside
