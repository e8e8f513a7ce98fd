"""The summary of a model: its layers, their output shapes and their numbers of parameters.

Below:  rows.py and sizes.py say what there is to tell, text.py draws it; classic.py is the other style.
Above:  models/model.py calls `print_summary`.
Source: the table of keras.Model.summary, Keras 3.15, character for character.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from dataclasses import dataclass

from pellucid import nest, settings
from pellucid.engine.progress import say
from pellucid.errors import ArgumentError
from pellucid.report import classic, text
from pellucid.report.parts import Align, Column, Paragraph, Part, Span, Table, Words
from pellucid.report.rows import Row, is_chain, rows
from pellucid.report.sizes import readable_memory_size, totals

STYLES = ("keras", "classic")


def print_summary(
    model,
    line_length: int | None = None,
    positions=None,
    print_fn: Callable | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range=None,
    style: str = "keras",
) -> None:
    """Print a table of a model's layers.

    Args:
        line_length: characters to a line; what suits, and fits the terminal, if None.
        positions: where columns end, as shares of the line.
        print_fn: called once with the whole text, in place of printing.
        expand_nested: whether layers of nested models get rows too.
        show_trainable: whether a column says which layers train.
        layer_range: names, or patterns of names, of the first and the last layer to show.
        style: "keras" for Keras 3's boxed table, "classic" for that of Keras 1 and 2.

    Raises:
        ArgumentError: an unknown style, too little width for the columns, or a wrong `layer_range`.
    """
    if style not in STYLES:
        raise ArgumentError("Unknown `style`.", got=repr(style), expected=" or ".join(map(repr, STYLES)))
    told = rows(model, expand_nested, layer_range)
    if print_fn is None and not settings.is_interactive_logging_enabled():
        print_fn = _log
    if style == "classic":
        (print_fn or print)(classic.table(model, told, line_length, positions, show_trainable))
        return
    text.show(summary_parts(model, told, line_length, positions, show_trainable), print_fn)


def _log(message: str):
    say(message, line_break=False)


def summary_parts(model, told: list[Row], line_length=None, positions=None, show_trainable=False) -> list[Part]:
    """The summary as parts.

    Args:
        told: what `rows(model)` gave.
    """
    fields = [field for field in _FIELDS if field.is_wanted(is_chain(model), show_trainable)]
    line_length, widths = _widths(fields, line_length, positions, show_trainable)
    columns = [Column(field.title, field.align, width) for field, width in zip(fields, widths, strict=True)]
    cells = tuple(tuple(field.cell(row) for field in fields) for row in told)
    return [
        Paragraph(Span(f'Model: "{model.name}"', "strong")),
        Table(tuple(columns), cells, width=line_length),
        *(_total(word, size) for word, size in totals(model).items()),
    ]


@dataclass(frozen=True)
class _Field:
    """A column: its title, and how a row fills it."""

    title: str
    align: Align
    cell: Callable[[Row], Words]

    def is_wanted(self, is_chain: bool, show_trainable: bool) -> bool:
        if self.title == "Connected to":
            return not is_chain
        return show_trainable or self.title != "Trainable"


def _widths(fields: list[_Field], line_length, positions, show_trainable) -> tuple[int, list[int]]:
    """The line's length, and that of each column, with its share of the lines between them."""
    is_connected = any(field.title == "Connected to" for field in fields)
    usual = 108 if is_connected else 88
    ends = list(positions or ((0.3, 0.56, 0.74, 1.0) if is_connected else (0.45, 0.80, 1.0)))
    if show_trainable:
        usual, ends = usual + 12, [0.90 * end for end in ends] + [1.0]
    line_length = line_length or min(usual, shutil.get_terminal_size().columns - 4)
    places = [0, *(int(end * line_length) for end in ends)]
    widths = [end - start for start, end in itertools.pairwise(places)]
    if len(widths) != len(fields):
        titles = ", ".join(field.title for field in fields)
        raise ArgumentError(
            "`positions` says where each column ends.", got=positions, expected=f"one for each of {titles}"
        )
    if min(widths) < 4:
        raise ArgumentError(
            "The summary's columns need more room.", got=f"columns of {widths} in a line of {line_length}",
            expected="4 characters or more for each", fix="summary(line_length=88)",
        )  # fmt: skip
    return line_length, widths


def _name(row: Row) -> Words:
    indent = "   " * row.level + "└ " if row.level else ""
    return (f"{indent}{row.name} (", Span(row.kind, "kind"), ")")


def _shape(row: Row) -> Words:
    return "?" if row.shapes is None else _shape_words(row.shapes)


def _shape_words(shapes) -> tuple[str | Span, ...]:
    """A shape, or a structure of shapes in the brackets of its kind, as Keras writes them: ``(None, 3)``, ``(3)``."""
    if isinstance(shapes, dict):
        return _joined("{", [(f"{key}: ", *_shape_words(shape)) for key, shape in shapes.items()], "}")
    if nest.is_shape(shapes):
        return _joined("(", [(Span(str(size), "unknown" if size is None else "number"),) for size in shapes], ")")
    inner = [_shape_words(shape) for shape in shapes]
    if isinstance(shapes, list):
        return _joined("[", inner, "]")
    return _joined("(", inner, ",)" if len(inner) == 1 else ")")


def _joined(opening: str, inner: list[tuple], closing: str) -> tuple[str | Span, ...]:
    words: list[str | Span] = [opening]
    for k, one in enumerate(inner):
        words += [", "] * (k > 0) + list(one)
    return (*words, closing)


def _params(row: Row) -> Words:
    if row.params is None:
        return (Span("0", "number"), " (unbuilt)")
    return Span(f"{row.params:,}", "number")


def _origins(row: Row) -> Words:
    words: list[str | Span] = []
    for name, call, output in row.origins:
        words += [", "] * bool(words)
        words += [f"{name}[", Span(str(call), "number"), "][", Span(str(output), "number"), "]"]
    return tuple(words) or "-"


def _trains(row: Row) -> Words:
    if row.trains is None:
        return Span("-", "strong")
    return Span("Y", "yes") if row.trains else Span("N", "no")


_FIELDS = (
    _Field("Layer (type)", "left", _name),
    _Field("Output Shape", "left", _shape),
    _Field("Param #", "right", _params),
    _Field("Connected to", "left", _origins),
    _Field("Trainable", "center", _trains),
)


def _total(word: str, size) -> Paragraph:
    count = Span(f"{size.count:,}", "number")
    return Paragraph((Span(f" {word} params: ", "strong"), count, f" ({readable_memory_size(size.size_bytes)})"))
