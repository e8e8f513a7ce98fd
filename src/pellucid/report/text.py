"""Draws parts in a terminal, or as a string; in Unicode, or in ASCII where the stream knows no other.

Below:  parts.py says what there is to draw; rich measures, wraps and colours.
Kept true: text of a model (names of layers) is never read as markup.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console, Group, OverflowMethod, RenderableType
from rich.rule import Rule as RichRule
from rich.table import Table as RichTable
from rich.text import Text

from pellucid.report.parts import Beside, Column, Gap, Grid, Heading, Paragraph, Part, Picture, Rule, Table, Words

_STYLES = {
    "plain": "", "strong": "bold", "faint": "dim", "number": "color(34)", "unknown": "color(45)", "kind": "color(33)",
    "yes": "bold color(34)", "no": "bold color(9)", "chosen": "reverse", "code": "",
}  # fmt: skip
_SHADES, _ASCII_SHADES = " ░▒▓█", " .:+#"
_ASCII = str.maketrans({"└": "`", "─": "-", "━": "=", "→": ">", "·": ".", "×": "x", "…": "...", "█": "#", "≥": ">"})


def show(parts: Sequence[Part], print_fn: Callable[[str], object] | None = None) -> None:
    """Print parts in the terminal; or give the whole text, without colours, to `print_fn` at once."""
    if print_fn is None:
        console = Console(highlight=False)
        _draw(parts, console)
        return
    console = Console(highlight=False, force_terminal=False, color_system=None)
    with console.capture() as captured:
        _draw(parts, console)
    print_fn(captured.get())


def as_text(parts: Sequence[Part], width: int = 80, is_unicode: bool = True) -> str:
    """Parts as a string, without colours, in lines of at most `width` characters."""
    stream = io.StringIO() if is_unicode else _AsciiStream()
    _draw(parts, Console(file=stream, width=width, highlight=False, force_terminal=False, color_system=None))
    return "".join(f"{line.rstrip()}\n" for line in stream.getvalue().splitlines())


class _AsciiStream(io.StringIO):
    encoding = "ascii"


def _draw(parts, console: Console):
    page = _Page(console.width, console.options.ascii_only)
    for part in parts:
        console.print(_DRAW[type(part)](part, page))


@dataclass(frozen=True)
class _Page:
    """What is drawn on: its width in characters, and whether it knows ASCII only."""

    width: int
    is_ascii: bool

    @property
    def overflow(self) -> OverflowMethod:
        """What becomes of a word that is wider than its column; the usual mark of a cut is no ASCII."""
        return "fold" if self.is_ascii else "ellipsis"


def _text(words: Words, page: _Page, style: str = "") -> Text:
    text = Text(style=style)
    for span in words if isinstance(words, tuple) else (words,):
        content, tone = (span, "plain") if isinstance(span, str) else (span.text, span.tone)
        text.append(_readable(content) if page.is_ascii else content, _STYLES[tone])
    return text


def _readable(content: str) -> str:
    return content.translate(_ASCII).encode("ascii", "replace").decode("ascii")


def _heading(part: Heading, page: _Page) -> Text:
    text = _text(part.words, page, style="bold")
    # So that it stands out where there is neither bold nor colour.
    line = ("-" if page.is_ascii else "─") * min(text.cell_len, page.width)
    return text.append("\n" + line, "not bold dim")


def _paragraph(part: Paragraph, page: _Page) -> Text:
    return _text(part.words, page)


def _rule(_part: Rule, page: _Page) -> RichRule:
    return RichRule(characters="-" if page.is_ascii else "─", style="")


def _gap(_part: Gap, page: _Page) -> str:
    return ""


def _table(part: Table, page: _Page) -> RichTable:
    frame = box.HEAVY_HEAD if part.is_boxed else box.SIMPLE_HEAD
    table = RichTable(width=part.width, show_lines=part.is_boxed, box=frame, show_edge=part.is_boxed)
    for column in part.columns:
        _add_column(table, column, page)
    for row in part.rows:
        table.add_row(*(_text(cell, page) for cell in row))
    return table


def _add_column(table: RichTable, column: Column, page: _Page):
    table.add_column(_text(column.title, page), justify=column.align, width=column.width, overflow=page.overflow)


def _grid(part: Grid, page: _Page) -> RenderableType:
    grid = RichTable.grid(padding=(0, 1))
    for _ in part.rows[0] if part.rows else ():
        grid.add_column(justify="right", overflow=page.overflow)
    for row in part.rows:
        grid.add_row(*(_text(cell, page) for cell in row))
    return _titled(part.title, grid, page)


def _picture(part: Picture, page: _Page) -> RenderableType:
    shades = _ASCII_SHADES if page.is_ascii else _SHADES
    # Two characters to a shade: a character is about twice as high as wide.
    lines = ["".join(shades[round(shade * (len(shades) - 1))] * 2 for shade in row) for row in part.shades]
    return _titled(part.title, Text("\n".join(lines), no_wrap=True), page)


def _titled(title: Words, drawn: RenderableType, page: _Page) -> RenderableType:
    return Group(_text(title, page), drawn) if title else drawn


def _beside(part: Beside, page: _Page) -> RichTable:
    row = RichTable.grid(padding=(0, 4))
    for _ in part.parts:
        row.add_column(overflow=page.overflow)
    row.add_row(*(_DRAW[type(one)](one, page) for one in part.parts))
    return row


_DRAW: dict[type, Callable] = {
    Heading: _heading,
    Paragraph: _paragraph,
    Rule: _rule,
    Gap: _gap,
    Table: _table,
    Grid: _grid,
    Picture: _picture,
    Beside: _beside,
}
