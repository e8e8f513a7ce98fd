"""Draws parts as HTML: pieces for notebooks and for where scripts are off, or a page of their own.

Below:  parts.py says what there is to draw; text.py draws the same in a terminal. page/ makes pages with a script.
Kept true: every string is escaped here, where it is drawn; without its style a piece is still read in order, and
           nothing in it runs or asks for anything.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence

from pellucid.report.parts import Beside, Column, Gap, Grid, Heading, Paragraph, Part, Picture, Rule, Table, Words

STYLE = """
.pellucid { font: 14px/1.5 system-ui, sans-serif; overflow-x: auto; }
.pellucid h3 { font-size: 15px; margin: 0 0 6px; font-weight: 600; }
.pellucid h3 .number, .pellucid h3 .faint { font-weight: 400; }
.pellucid p { margin: 0 0 10px; white-space: pre-wrap; }
.pellucid pre { margin: 0 0 10px; line-height: 1.1; }
.pellucid table { border-collapse: collapse; margin: 0 0 12px; font-size: 13px; }
.pellucid th, .pellucid td { padding: 2px 10px; text-align: left; vertical-align: top; border: 0; background: none; white-space: pre-wrap; }
.pellucid th { font-weight: 500; opacity: 0.7; border-bottom: 1px solid; }
.pellucid tbody tr { background: none; }
.pellucid .right { text-align: right; }
.pellucid .center { text-align: center; }
.pellucid .faint { opacity: 0.7; }
.pellucid .strong, .pellucid .yes, .pellucid .no { font-weight: 700; }
.pellucid .code, .pellucid .number, .pellucid .chosen { font-family: ui-monospace, Menlo, Consolas, monospace; font-variant-numeric: tabular-nums; }
.pellucid .code { white-space: pre-wrap; }
.pellucid .chosen { font-weight: 700; outline: 2px solid; outline-offset: 2px; border-radius: 2px; background: none; color: inherit; }
"""
_PAGE_STYLE = ":root { color-scheme: light dark; } body { margin: 2em auto; max-width: 70em; padding: 0 1em; }"


def as_html(parts: Sequence[Part], title: str) -> str:
    """Parts as a page of their own, without scripts."""
    head = f'<meta charset="utf-8"><title>{html.escape(title)}</title><style>{_PAGE_STYLE}{STYLE}</style>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>{fragment(parts)}</body></html>\n'


def as_piece(parts: Sequence[Part]) -> str:
    """Parts as a piece of a page, with their style."""
    return f"<style>{STYLE}</style>{fragment(parts)}"


def fragment(parts: Sequence[Part]) -> str:
    """Parts in one element, without a style."""
    return _tag("div", "".join(_DRAW[type(part)](part) for part in parts), "pellucid")


def _tag(name: str, inside: str, kind: str = "") -> str:
    return f'<{name} class="{kind}">{inside}</{name}>' if kind else f"<{name}>{inside}</{name}>"


def _words(words: Words) -> str:
    return "".join(_span(span) for span in (words if isinstance(words, tuple) else (words,)))


def _span(span) -> str:
    if isinstance(span, str):
        return html.escape(span)
    text = html.escape(span.text)
    if span.tone == "plain":
        return text
    return _tag("mark" if span.tone == "chosen" else "span", text, span.tone)


def _table(part: Table) -> str:
    head = "".join(_cell("th", column, column.title) for column in part.columns)
    titled = any(column.title for column in part.columns)
    rows = (
        _tag("tr", "".join(_cell("td", column, cell) for column, cell in zip(part.columns, row, strict=True)))
        for row in part.rows
    )
    return _tag("table", (_tag("thead", _tag("tr", head)) if titled else "") + _tag("tbody", "".join(rows)))


def _cell(name: str, column: Column, words: Words) -> str:
    return _tag(name, _words(words), "" if column.align == "left" else column.align)


def _grid(part: Grid) -> str:
    rows = (_tag("tr", "".join(_tag("td", _words(cell), "right") for cell in row)) for row in part.rows)
    return _titled(part.title, _tag("table", _tag("tbody", "".join(rows))))


def _picture(part: Picture) -> str:
    """Shades as characters, two to a shade, so that nothing but text is needed."""
    shades = " ░▒▓█"
    lines = ("".join(shades[round(shade * (len(shades) - 1))] * 2 for shade in row) for row in part.shades)
    return _titled(part.title, _tag("pre", "\n".join(lines)))


def _titled(title: Words, drawn: str) -> str:
    return _tag("p", _words(title)) + drawn if title else drawn


def _beside(part: Beside) -> str:
    cells = "".join(_tag("td", _DRAW[type(one)](one)) for one in part.parts)
    return _tag("table", _tag("tbody", _tag("tr", cells)))


_DRAW: dict[type, Callable] = {
    Heading: lambda part: _tag("h3", _words(part.words)),
    Paragraph: lambda part: _tag("p", _words(part.words)),
    Rule: lambda part: "<hr>",
    Gap: lambda part: "",
    Table: _table,
    Grid: _grid,
    Picture: _picture,
    Beside: _beside,
}
