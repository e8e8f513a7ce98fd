"""An element: where it comes from, what it meets, what it is made of, as lines of text and as plain data.

Below:  xray/ answers.
Above:  explanation.py puts these lines between others.
Kept true: an answer that is not exact says so.
"""

from __future__ import annotations

import textwrap

from pellucid import places
from pellucid.errors import PellucidError
from pellucid.report.order import written
from pellucid.xray import Trace, plain
from pellucid.xray.index_map import letters
from pellucid.xray.node import TraceNode

_MANY = {
    "height": "rows", "width": "columns", "channels": "channels", "steps": "steps", "features": "features",
    "depth": "slices", "flat": "flat",
}  # fmt: skip


def told(followed: Trace, node: TraceNode, place, at, to) -> list[str]:
    """Lines about one element, at most 80 characters long."""
    blocks = (_block(word, lines) for word, lines in said(followed, node, place, at, to))
    return [itself(followed, node, place, at), *(line for block in blocks for line in block)]


def said(followed: Trace, node: TraceNode, place, at, to) -> list[tuple[str, list[str]]]:
    """What is known of an element, as words with the lines that belong to them."""
    blocks = [
        ("memory", _in_memory(node, place)),
        ("from", _origins(followed, at, to)),
        ("meets", [str(one) for one in _asked(followed.weights, at) or ()]),
        ("made of", _made_of(followed, at)),
        ("next", _next(node, place)),
    ]
    return [(word, lines) for word, lines in blocks if lines]


def facts(followed: Trace, node: TraceNode, place, at, to) -> dict:
    """The same as plain data."""
    met, field = _asked(followed.weights, at), _field(followed, at, to)
    terms = _asked(followed.decompose, at) if node.value is not None else None
    return {
        "value": plain.number(_value(followed, node, place, at)),
        "sources": followed.sources(at, to=to or "input").to_dict(),
        "receptive_field": None if field is None else field.to_dict(),
        "weights": None if met is None else met.to_dict(),
        "decomposition": None if terms is None else terms.to_dict(),
    }


def _value(followed: Trace, node: TraceNode, place, at) -> float | None:
    """The number at a place of the output that an address means, in the first sample."""
    value = node.values[followed.address(at).output]
    return None if value is None else float(value[(0, *place)])


def _asked(question, *arguments):
    """An answer; None where this element has none, such as the weights of a row that only values tell."""
    try:
        return question(*arguments)
    except PellucidError:
        return None


def _field(followed, at, to):
    return _asked(followed.receptive_field, at, to or "input")


def itself(followed: Trace, node: TraceNode, place, at) -> str:
    """The element and what it holds."""
    held = _value(followed, node, place, at)
    value = "" if held is None else f"   value {written(held)}"
    mapped = node.index_map()
    names = letters(node.axes_of(followed.address(at).output)[1:])
    if mapped is not None:
        source = _named(letters(mapped.axes), mapped.to_input(place if len(place) > 1 else place[0]))
        itself = f"flat {place[0]}" if len(place) == 1 else _named(names, place)
        return f"{itself}  <->  {source}{value}"
    return f"at      {_named(names, place)}{value}"


def _in_memory(node: TraceNode, place) -> list[str]:
    """Where the element lies in memory, where that is not its place in row-major order."""
    value = node.value
    if value is None or value.is_contiguous():
        return []
    at = (0, *place)
    logical = places.flat_index(at, tuple(value.shape))
    offset = value.storage_offset() + sum(i * step for i, step in zip(at, value.stride(), strict=True))
    return [f"element {logical} in row-major order, and {offset} in storage: a view with strides {value.stride()}"]


def _named(names, place) -> str:
    return "(" + ", ".join(f"{name}={i}" for name, i in zip(names, place, strict=True)) + ")"


def _origins(followed: Trace, at, to) -> list[str]:
    if followed.layers[0].path == "input" and len(followed) == 2 and followed.layers[-1].index_map() is not None:
        return []  # a layer alone: its rule says it all
    node = followed[followed.address(at).path]
    before = set(node.inputs) if to is None and node.index_map() is not None else set()
    goals = [*sorted(before - set(followed.sources(at).by_input)), to or "input"]
    found = [one for goal in goals for one in followed.sources(at, to=goal).by_input.items()]
    return [_origin(followed, name, part) for name, part in found]


def _origin(followed: Trace, name: str, part) -> str:
    label = "" if part.exact else f" (at most: {part.reason})"
    if not part:
        return f"{name}: nothing; its value is made of weights alone{label}"
    axes = followed[name].axes[1:]
    if part.count == 1:
        return f"{name} {_named(letters(axes), next(iter(part)))}{label}"
    words = [f"{_MANY.get(axis, axis)} {first}..{last}" for axis, (first, last) in zip(axes, part.box, strict=True)]
    spatial = [k for k, axis in enumerate(axes) if axis not in ("channels", "features")]
    counts = [f"{part.count:,} elements"]
    if len(spatial) == 2 and part.axes is not None:
        pixels = len(part.axes[spatial[0]]) * len(part.axes[spatial[1]])
        counts.insert(0, f"{pixels:,} pixels")
    batch = "; all samples of the batch" if part.batch == "all" else ""
    return f"{name} {', '.join(words)}: {', '.join(counts)}{batch}{label}"


def _made_of(followed: Trace, at) -> list[str]:
    parts = _asked(followed.decompose, at, 3)
    if parts is None:
        return []
    terms = [f"{written(term.x)} * {written(term.w)} = {written(term.value)} from {term.place}" for term in parts.terms]
    rest = parts.count - len(terms)
    return [
        f"{parts.count:,} products and a bias of {written(parts.bias)}: {written(parts.total)} before its activation",
        *terms,
        *([f"and {rest:,} more: {written(parts.rest)}"] if rest else []),
    ]


def _next(node: TraceNode, place) -> list[str]:
    """What stands behind it in row-major order."""
    mapped = node.index_map()
    if mapped is None or len(place) != 1 or place[0] + 1 >= (places.size(mapped.out_shape) or 0):
        return []
    here, after = mapped.to_input(place[0]), mapped.to_input(place[0] + 1)
    changed = [axis for axis, i, j in zip(mapped.axes, here, after, strict=True) if i != j]
    if changed != ["channels"] or len(mapped.axes) < 3:
        return []
    return [f"flat {place[0] + 1} is the next channel of the same position"]


def _block(word: str, lines: list[str]) -> list[str]:
    """Lines behind a word, broken at 80 characters."""
    broken = [
        part
        for line in lines
        for part in textwrap.wrap(line, 72, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
    ]
    return [f"{word if k == 0 else '':<8}{line}" for k, line in enumerate(broken)]
