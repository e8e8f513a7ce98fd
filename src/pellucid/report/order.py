"""Order: in which order a layer that rearranges lays its values out, as rows of cells and as lines of text.

Below:  xray/index_map.py has the rule.
Above:  explanation.py puts these lines between others; drawing.py makes a table of the rows.
Kept true: a line has at most 80 characters; long layers are shown around the element that is asked about.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

from pellucid.axes import layout
from pellucid.xray.index_map import IndexMap, letters
from pellucid.xray.node import TraceNode

_MOST_ROWS = 12
_MOST_LISTED = 76


def fitted(words: list[str], gaps: tuple[int, ...], width: int) -> list[str]:
    """Words in one line, the last gap narrowed to 2 if need be; else the last word on a line of its own."""
    line = words[0]
    for word, gap in zip(words[1:-1], gaps, strict=False):
        line += " " * gap + word
    left = width - len(line) - len(words[-1])
    if len(words) == 1 or left >= 2:
        return [line + " " * min(gaps[-1], left) + words[-1]] if len(words) > 1 else [line]
    return [*fitted(words[:-1], gaps[:-1], width), f"        {words[-1]}"]


def rule(node: TraceNode) -> list[str]:
    """The order and the rule, both ways; nothing where the layer does more than rearrange."""
    mapped = node.index_map()
    if mapped is None:
        return []
    data_format = getattr(node.layer, "data_format", None)
    told = [f"order   {mapped.order}", *([f"data_format: {data_format}"] if data_format else [])]
    return [
        *fitted(told, (3,) * (len(told) - 1), 80),
        *fitted([f"rule    {mapped.formula}", mapped.inverse], (7,), 80),
    ]


@dataclass(frozen=True)
class Row:
    """One row of a ribbon: where it lies in the input, its cells, which of them is chosen, and their flat indices."""

    name: str
    cells: tuple[str, ...]
    chosen: int | None
    flat: str


@dataclass(frozen=True)
class Ribbon:
    """The elements of a layer that flattens, one row for each place of its input and one column for each index of the
    last axis; None for rows that are left out."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[Row | None, ...]


def ribbon(node: TraceNode, place) -> Ribbon | None:
    """The elements in the input's shape: values, or without values flat indices; long ones around the chosen element.

    None where there is no plain rule, or a size is unknown.
    """
    mapped = node.index_map()
    if mapped is None or len(mapped.out_shape) != 1 or len(mapped.in_shape) < 2 or None in mapped.in_shape:
        return None
    shape = tuple(n for n in mapped.in_shape if n is not None)
    marked = None if place is None else mapped.to_input(place[0])
    cells = _Cells(mapped, shape, node.value)
    shown = _window(shape[-1], cells.most, 0 if marked is None else marked[-1])
    *outer, last = letters(mapped.axes)
    places = list(itertools.product(*map(range, shape[:-1])))
    kept = _kept_rows(len(places), None if marked is None else places.index(marked[:-1]))

    def row(at) -> Row:
        chosen = None if marked is None or at != marked[:-1] else marked[-1] - shown.start
        name = " ".join(f"{axis}={i}" for axis, i in zip(outer, at, strict=True))
        return Row(name, tuple(cells.text((*at, c)) for c in shown), chosen, cells.range_of(at))

    return Ribbon(
        cells.title, tuple(f"{last}={c}" for c in shown), tuple(None if k is None else row(places[k]) for k in kept)
    )


def grid(node: TraceNode, place) -> list[str]:
    """A ribbon as lines of text, the chosen element in brackets; nothing where there is none."""
    found = ribbon(node, place)
    if found is None:
        return []
    rows = [row for row in found.rows if row is not None]
    width = max(3, *(len(text) for row in rows for text in row.cells), *map(len, found.columns))
    margin = max(len(row.name) for row in rows) + 8
    wide = max(len(row.flat) for row in rows)
    head = "".join(f"{column:>{width + 1}} " for column in found.columns)
    lines = [f"{found.title:<{margin}}{head}    {'flat':^{wide}}".rstrip()]
    for row in found.rows:
        if row is None:
            lines.append("  ...")
            continue
        drawn = [f"[{text:>{width}}]" if k == row.chosen else f" {text:>{width}} " for k, text in enumerate(row.cells)]
        lines.append(f"{'  ' + row.name:<{margin}}{''.join(drawn)}    {row.flat:>{wide}}")
    return lines


class _Cells:
    """The cells of a grid: values where there are some, else flat indices."""

    def __init__(self, mapped: IndexMap, shape: tuple[int, ...], value):
        self.mapped, self.columns = mapped, shape[-1]
        self.values = None if value is None else value[0].tolist()
        self.title = "sample 0" if value is not None else "index"
        longest = max(len(written(one)) for one in self.values) if self.values else len(str(math.prod(shape)))
        self.most = max((80 - 30) // (max(longest, 3, len(f"c={self.columns - 1}")) + 2), 1)

    def text(self, at) -> str:
        flat = self._flat(at)
        return str(flat) if self.values is None else written(self.values[flat])

    def _flat(self, at) -> int:
        flat = self.mapped.to_output(at)
        assert isinstance(flat, int)  # of an output with one axis
        return flat

    def range_of(self, row) -> str:
        first, last = (self._flat((*row, c)) for c in (0, self.columns - 1))
        step = (last - first) // max(self.columns - 1, 1)
        return f"{first}..{last}" + (f" by {step}" if step > 1 else "")


def written(number: float) -> str:
    """A value in few characters."""
    return str(int(number)) if float(number).is_integer() and abs(number) < 1e6 else f"{number:.4g}"


def _window(size: int, most: int, around: int) -> range:
    first = min(max(around - most // 2, 0), max(size - most, 0))
    return range(first, min(first + most, size))


def _kept_rows(count: int, around: int | None) -> list[int | None]:
    """The rows to show; None where some are left out."""
    if count <= _MOST_ROWS:
        return list(range(count))
    near = around or 0
    kept = sorted({0, 1, count - 1, *(k for k in range(near - 1, near + 2) if 0 <= k < count)})
    lines: list[int | None] = []
    for k in kept:
        if lines and k != (lines[-1] or 0) + 1:
            lines.append(None)
        lines.append(k)
    return lines


def other_format(node: TraceNode) -> IndexMap | None:
    """What a Flatten would do with the other data format, which names the axes otherwise; None for any other layer."""
    mapped = node.index_map()
    is_flatten = type(node.layer).__name__ == "Flatten"
    if mapped is None or not is_flatten or len(mapped.in_shape) not in (2, 3, 4) or None in mapped.in_shape:
        return None
    ndim = len(mapped.in_shape)
    is_first = node.layer.data_format == "channels_first"
    names = layout(ndim - 1, "channels_last" if is_first else "channels_first")[1:]
    return IndexMap(mapped.in_shape, mapped.out_shape, names, tuple(range(ndim)) if is_first else (*range(1, ndim), 0))


def otherwise(node: TraceNode, place) -> list[str]:
    """What a Flatten with the other data format would do to the same input."""
    mapped, other = node.index_map(), other_format(node)
    if mapped is None or other is None:
        return []
    is_first = node.layer.data_format == "channels_first"
    spatial = {2: "t", 3: "hw", 4: "dhw"}[len(mapped.in_shape)]
    names = (*spatial, "c") if is_first else ("c", *spatial)
    axes = ", ".join(f"{name}={n}" for name, n in zip(names, mapped.in_shape, strict=True))
    word = "channels_last" if is_first else "channels_first"
    lines = [f'If this layer had data_format="{word}" (axes read as {axes}):', f"  {_listed(other)}"]
    if place is not None:
        at = other.to_input(place[0])
        value = "" if node.value is None else f", value {written(float(node.value[(0, mapped.to_output(at))]))}"
        lines.append(f"  flat {place[0]} would hold input index {at}{value}.")
    return lines


def _listed(mapped: IndexMap) -> str:
    """The input's flat indices in the order of the output, as many as fit."""
    line = ""
    for k in mapped.permutation():
        if len(line) + len(str(k)) + 4 > _MOST_LISTED:
            return line + "..."
        line += f"{k} "
    return line.rstrip()
