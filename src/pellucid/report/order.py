"""Order: in which order a layer that rearranges lays its values out, as lines of text.

Below:  xray/index_map.py has the rule.
Above:  explanation.py puts these lines between others.
Kept true: a line has at most 80 characters; long layers are shown around the element that is asked about.
"""

from __future__ import annotations

import itertools
import math

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


def grid(node: TraceNode, place) -> list[str]:
    """The input's values, one row for each place and one column for each index of its last axis.

    Without values the flat indices stand in their place. Nothing where there is no plain rule or a size is unknown.
    """
    mapped = node.index_map()
    if mapped is None or len(mapped.out_shape) != 1 or len(mapped.in_shape) < 2 or None in mapped.in_shape:
        return []
    shape = tuple(n for n in mapped.in_shape if n is not None)
    marked = None if place is None else mapped.to_input(place[0])
    cells = _Cells(mapped, shape, node.value)
    shown = _window(shape[-1], cells.most, 0 if marked is None else marked[-1])
    *outer, last = letters(mapped.axes)
    rows = list(itertools.product(*map(range, shape[:-1])))
    kept = _kept_rows(len(rows), None if marked is None else rows.index(marked[:-1]))
    ranges = {k: cells.range_of(rows[k]) for k in kept if k is not None}
    wide = max(map(len, ranges.values()))
    names = {k: "  " + " ".join(f"{a}={i}" for a, i in zip(outer, rows[k], strict=True)) for k in ranges}
    margin = max(map(len, names.values())) + 6
    head = "".join(f"{f'{last}={c}':>{cells.width + 1}} " for c in shown)
    lines = [f"{cells.title:<{margin}}{head}    {'flat':^{wide}}".rstrip()]
    for k in kept:
        if k is None:
            lines.append("  ...")
            continue
        row = "".join(cells.drawn((*rows[k], c), marked) for c in shown)
        lines.append(f"{names[k]:<{margin}}{row}    {ranges[k]:>{wide}}")
    return lines


class _Cells:
    """The cells of a grid: values where there are some, else flat indices."""

    def __init__(self, mapped: IndexMap, shape: tuple[int, ...], value):
        self.mapped, self.columns = mapped, shape[-1]
        self.values = None if value is None else value[0].tolist()
        self.title = "sample 0" if value is not None else "index"
        longest = max(len(written(one)) for one in self.values) if self.values else len(str(math.prod(shape)))
        self.width = max(longest, 3, len(f"c={self.columns - 1}"))
        self.most = max((80 - 30) // (self.width + 2), 1)

    def drawn(self, at, marked) -> str:
        flat = self._flat(at)
        text = str(flat) if self.values is None else written(self.values[flat])
        return f"[{text:>{self.width}}]" if at == marked else f" {text:>{self.width}} "

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
    """What a Flatten would do with the other data format; None for any other layer."""
    mapped = node.index_map()
    is_flatten = type(node.layer).__name__ == "Flatten"
    if mapped is None or not is_flatten or len(mapped.in_shape) not in (2, 3, 4) or None in mapped.in_shape:
        return None
    ndim = len(mapped.in_shape)
    read = tuple(range(ndim)) if node.layer.data_format == "channels_first" else (*range(1, ndim), 0)
    return IndexMap(mapped.in_shape, mapped.out_shape, mapped.axes, read)


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
