"""The summary's classic table, as Keras 1 and 2 printed it.

Below:  rows.py and sizes.py say what there is to tell.
Above:  summary.py prints it for ``summary(style="classic")``.
Source: keras.utils.layer_utils of Keras 1.2.2 (columns at 0, 33, 55 and 67, cells cut at the next column) with
        the three columns of Keras 2 where layers follow one another; blanks at the ends of lines left out.
"""

from __future__ import annotations

from pellucid.errors import ArgumentError
from pellucid.report.rows import Row, is_chain
from pellucid.report.sizes import totals

_CHAIN_ENDS = (33, 55, 64)
_GRAPH_ENDS = (33, 55, 67, 100)
_TRAINABLE_WIDTH = 11


def table(model, told: list[Row], line_length=None, positions=None, show_trainable=False) -> str:
    """The table and its totals as text.

    Raises:
        ArgumentError: another number of positions than columns.
    """
    titles = ["Layer (type)", "Output Shape", "Param #"] + ["Connected to"] * (not is_chain(model))
    ends = _ends(titles, line_length, positions)
    if show_trainable:
        titles.append("Trainable")
        ends.append(ends[-1] + _TRAINABLE_WIDTH)
    blocks = [_lines(row, len(titles) - show_trainable, show_trainable, ends) for row in told]
    thin = "_" * ends[-1]
    body = [line for block in blocks for line in (*block, thin)][:-1]
    thick = "=" * ends[-1]
    footer = [f"{word} params: {size.count:,}" for word, size in totals(model).items()]
    return "\n".join([_line(titles, ends), thick, *body, thick, *footer, thin])


def _ends(titles: list[str], line_length, positions) -> list[int]:
    usual = _CHAIN_ENDS if len(titles) == 3 else _GRAPH_ENDS
    line_length = line_length or usual[-1]
    ends = list(positions) if positions else [end / usual[-1] for end in usual]
    if len(ends) != len(titles):
        raise ArgumentError(
            "`positions` says where each column ends.", got=positions, expected=f"one for each of {', '.join(titles)}"
        )
    return [int(end * line_length + 1e-6) if ends[-1] <= 1 else int(end) for end in ends]


def _lines(row: Row, columns: int, show_trainable: bool, ends: list[int]) -> list[str]:
    indent = "   " * row.level
    fields = [f"{indent}{row.name} ({row.model_kind or row.kind})", _shape(row.shapes), str(row.params or 0)]
    origins = [f"{name}[{call}][{output}]" for name, call, output in row.origins] or [""]
    if columns == 4:
        fields.append(origins[0])
    if show_trainable:
        fields.append({None: "-", True: "Y", False: "N"}[row.trains])
    more = origins[1:] if columns == 4 else []
    return [_line(fields, ends)] + [_line(["", "", "", origin], ends) for origin in more]


def _shape(shapes) -> str:
    return "?" if shapes is None else str(shapes).replace("'", "")


def _line(fields: list[str], ends: list[int]) -> str:
    """Fields from left to right; what reaches the next column is cut, and loses one character more for a blank."""
    line = ""
    for k, (field, end) in enumerate(zip(fields, ends, strict=False)):
        if k:
            line = line[:-1] + " "
        line = (line + field)[:end].ljust(end)
    return line.rstrip()
