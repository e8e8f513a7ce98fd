"""An element: where it comes from, what it meets, what it is made of, as lines of text and as plain data.

Below:  xray/ answers.
Above:  explanation.py puts these lines between others.
Kept true: an answer that is not exact says so.
"""

from __future__ import annotations

import math
import textwrap

from pellucid import places
from pellucid.errors import PellucidError
from pellucid.report.order import written
from pellucid.xray import Trace, plain
from pellucid.xray.decomposition import Decomposition, Term
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
        ("memory", _in_memory(followed, node, place, at)),
        ("from", _origins(followed, at, to)),
        ("made by", _made_by(followed, at)),
        ("made of", _made_of(followed, at)),
        ("meets", _meets(followed, at)),
        ("next", _next(node, place)),
    ]
    return [(word, lines) for word, lines in blocks if lines]


def facts(followed: Trace, node: TraceNode, place, at, to) -> dict:
    """The same as plain data; of a unit that is made from several sums, "parts" has each by its name."""
    met, field = _asked(followed.weights, at), _field(followed, at, to)
    sums = {name: one.to_dict() for name, one in _decompositions(followed, at, 10).items()}
    return {
        "value": plain.number(_value(followed, node, place, at)),
        "memory": _storage(followed, node, place, at),
        "sources": followed.sources(at, to=to or "input").to_dict() if _is_countable(followed) else None,
        "receptive_field": None if field is None else field.to_dict(),
        "weights": None if met is None else met.to_dict(),
        "decomposition": next(iter(sums.values())) if len(sums) == 1 else None,
        "parts": sums if len(sums) > 1 else {},
    }


def _is_countable(followed: Trace) -> bool:
    """Whether all sizes are known, so that elements can be counted."""
    return all(None not in shape[1:] for node in followed for shape in node.output_shapes)


def _decompositions(followed: Trace, at, top: int) -> dict[str, Decomposition]:
    """The sums that a unit is made of, by name; none for what is no sum, or without values."""
    names = _asked(followed.parts, at) or []
    return {name: followed.decompose(at, top, part=name) for name in names}


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
    if mapped is not None and (None not in mapped.in_shape[1:] or mapped.moved is not None):
        source = _named(letters(mapped.axes), mapped.to_input(place if len(place) > 1 else place[0]))
        itself = f"flat {place[0]}" if len(place) == 1 else _named(names, place)
        return f"{itself}  <->  {source}{value}"
    return f"at      {_named(names, place)}{value}"


def _storage(followed: Trace, node: TraceNode, place, at) -> dict | None:
    """Where the element lies in memory beside its place in row-major order, in the first sample; None without values."""
    value = node.values[followed.address(at).output]
    if value is None:
        return None
    index, steps = (0, *place), value.stride()
    return {
        "row_major": places.flat_index(index, tuple(value.shape)),
        "storage": value.storage_offset() + sum(i * step for i, step in zip(index, steps, strict=True)),
        "strides": list(steps),
        "is_contiguous": value.is_contiguous(),
    }


def _in_memory(followed: Trace, node: TraceNode, place, at) -> list[str]:
    """The same in words, where the two differ."""
    found = _storage(followed, node, place, at)
    if found is None or found["row_major"] == found["storage"]:
        return []
    kind = "a view at an offset" if found["is_contiguous"] else f"a view with strides {tuple(found['strides'])}"
    return [f"element {found['row_major']} in row-major order, and {found['storage']} in storage: {kind}"]


def _named(names, place) -> str:
    return "(" + ", ".join(f"{name}={i}" for name, i in zip(names, place, strict=True)) + ")"


def _origins(followed: Trace, at, to) -> list[str]:
    if followed.layers[0].path == "input" and len(followed) == 2 and followed.layers[-1].index_map() is not None:
        return []  # a layer alone: its rule says it all
    if not _is_countable(followed):
        return []
    node = followed[followed.address(at).path]
    before = set(node.inputs) if to is None and node.index_map() is not None else set()
    goals = [*sorted(before - set(followed.sources(at).by_input)), to or "input"]
    found = [one for goal in goals for one in followed.sources(at, to=goal).by_input.items()]
    if to in (None, "input") and not any(part for _, part in found):
        return [f"{', '.join(name for name, _ in found)}: nothing; its value is made of weights alone"]
    return [_origin(followed, name, part) for name, part in found]


def _origin(followed: Trace, name: str, part) -> str:
    label = "" if part.exact else f" (at most: {part.reason})"
    if not part:
        return f"{name}: nothing{label}"
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


def _made_by(followed: Trace, at) -> list[str]:
    """The weights of its own unit."""
    met = _asked(followed.weights, at)
    return [str(one) for one in met.own] if met is not None else []


def _meets(followed: Trace, at) -> list[str]:
    """The weights that it meets in the layers that read it."""
    met = _asked(followed.weights, at)
    if met is None:
        return []
    return [*map(str, met), *(f"{path}: weights of which nothing is told" for path in met.untold)]


def _made_of(followed: Trace, at) -> list[str]:
    found = _decompositions(followed, at, 3)
    if len(found) == 1:
        return _sum(next(iter(found.values())))
    lines = [f"{name}: {_total(one)}" for name, one in found.items()]
    return lines and [f"{len(lines)} sums, each before its activation", *lines]


def _sum(made: Decomposition) -> list[str]:
    """A sum and its largest terms."""
    is_last = math.isclose(made.recorded, made.output, rel_tol=1e-6, abs_tol=1e-9)
    terms = [f"{written(one.x)} * {written(one.w)} = {written(one.value)} from {_read(one)}" for one in made.terms]
    rest = made.count - len(terms)
    return [
        f"{_total(made)}{'' if is_last else ' before its activation'}",
        *terms,
        *([f"and {rest:,} more: {written(made.rest)}"] if rest else []),
    ]


def _total(made: Decomposition) -> str:
    products = "1 product" if made.count == 1 else f"{made.count:,} products"
    return f"{products} and a bias of {written(made.bias)}: {written(made.total)}"


def _read(term: Term) -> str:
    return f"{term.place}" if term.reads == "input" else f"{term.place} of {term.reads}"


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
