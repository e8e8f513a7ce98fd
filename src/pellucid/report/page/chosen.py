"""Chosen: which units' weights stand in a page, and what only the layer itself can tell of them.

Below:  xray/ says which weights a unit meets and is made of.
Above:  content.py.
Kept true: of large weights only the parts are taken that chosen units are made of or meet.
"""

from __future__ import annotations

from pellucid import places
from pellucid.errors import PellucidError
from pellucid.report.page.box import Box
from pellucid.report.page.weighing import plain_index
from pellucid.xray import Trace, plain
from pellucid.xray.node import TraceNode
from pellucid.xray.parts import Offset, Sum, tensor_of
from pellucid.xray.sums import weighing_of

_MOST_TERMS = 40
_SMALL = 50_000


def add_units(box: Box, followed: Trace, at) -> None:
    """What the chosen units are made of and meet."""
    for node, output, place in _units(followed, at):
        _note(box, followed, node, output, place)
        met = _asked(followed.weights, (node.path, place, output))
        for one in met or ():
            _add_part(box, one, one.index)
        for one in () if met is None else met.own:
            _add_part(box, one, _widened(one.index, one.param.shape))


def _widened(index, shape) -> tuple:
    """An index with whole axes for its slices, so that it serves units at the edge and elsewhere alike."""
    return tuple(slice(0, n) if isinstance(part, slice) else part for part, n in zip(index, shape, strict=True))


def add_weights(box: Box, followed: Trace) -> None:
    """Small weights whole, where there are values to multiply."""
    if not followed.has_values:
        box.partly |= {node.path: None for node in followed if weighing_of(node._site) is not None}
        return
    for node in followed:
        weighing = weighing_of(node._site)
        parts: list[Sum | Offset] = [] if weighing is None else [*weighing.sums, *weighing.offsets]
        for one in parts:
            weight = tensor_of(one.param)
            made = box.packed(weight) if weight.numel() <= _SMALL else None
            if made is None:
                box.partly[node.path] = None
            else:
                index = [[0, n, 1] for n in weight.shape]
                box.weights.setdefault(node.path, {})[one.weight] = [{"index": index, "numbers": made}]


def _units(followed: Trace, at) -> list[tuple[TraceNode, int, tuple[int, ...]]]:
    """The units whose sums are shown: the one that is asked about, and the largest of each layer with weights."""
    units = []
    for node in followed:
        value = node.value
        if (
            value is not None
            and value[:1].numel()
            and value.is_floating_point()
            and weighing_of(node._site) is not None
        ):
            flat = int(value[0].argmax())
            units.append((node, 0, places.place(flat, tuple(value.shape[1:]))))
    address = None if at is None else followed.address(at)
    if address is not None and address.place is not None:
        asked = followed._directory.writer(address.number)
        units.insert(0, (followed[asked.path], asked.writes.index(address.number), address.place))
    return units


def _add_part(box: Box, one, index) -> None:
    """The entries of a weight under an index, where they are not there yet."""
    held = box.weights.setdefault(one.layer, {}).setdefault(one.weight, [])
    written = plain_index(index)
    if any(part["index"] == written for part in held):
        return
    made = box.packed(tensor_of(one.param)[index])
    if made is not None:
        held.append({"index": written, "numbers": made})


def _note(box: Box, followed: Trace, node: TraceNode, output: int, place) -> None:
    """What only the layer itself can tell of a unit: its value before the activation, and sums of values inside."""
    at = (node.path, place, output)
    sums = {name: followed.decompose(at, _MOST_TERMS, part=name) for name in _asked(followed.parts, at) or ()}
    if not sums:
        return
    weighing = weighing_of(node._site)
    [first, *more] = sums.values()
    is_plain = not more and weighing is not None and len(weighing.sums) == 1 and first.terms
    if is_plain and all(term.reads == "input" for term in first.terms):
        told: dict = {"recorded": plain.number(first.recorded)}
    else:
        told = {"sums": {name: one.to_dict() for name, one in sums.items()}}
    box.made.setdefault(node.path, {})[f"{output}:{','.join(map(str, place))}"] = told


def _asked(question, *arguments):
    """An answer; None where there is none, such as for values that were not kept."""
    try:
        return question(*arguments)
    except PellucidError:
        return None
