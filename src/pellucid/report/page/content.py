"""The content of a page: rules always, then values and weights as far as the budget goes, and what was left out.

Below:  layers.py writes the rules, numbers.py packs; xray/ has the values.
Above:  document.py makes a file of it.
Kept true: every number stands in the page as it was, or the page says that it is not there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import torch

from pellucid import places
from pellucid.errors import PellucidError
from pellucid.report.page.numbers import is_packable, packed
from pellucid.report.page.weighing import plain_index
from pellucid.xray import Trace, plain
from pellucid.xray.node import TraceNode
from pellucid.xray.parts import Offset, Sum, tensor_of
from pellucid.xray.sums import weighing_of

_MOST_SAMPLES = 16
_MOST_TERMS = 40
_SMALL = 50_000


def content(followed: Trace, network: dict, at=None, to: str | None = None, budget: float = 5e6) -> dict:
    """All that the page knows, as plain data.

    Args:
        network: its rules, as layers.py gives them.
        at, to: what the page shows first.
        budget: bytes that values and weights may take together.
    """
    box = _Box(budget)
    inputs, others = _kept(followed)
    _add_values(box, inputs)
    _add_units(box, followed, at)
    _add_values(box, others)
    _add_weights(box, followed)
    samples = _add_samples(box, [*inputs, *others])
    return {
        "title": getattr(followed.model, "name", "") or "model",
        "at": _start(followed, at),
        "to": to or "input",
        "network": network,
        "samples": samples,
        "values": box.values,
        "weights": box.weights,
        "made": box.made,
        "left_out": _left_out(followed, box, samples),
    }


@dataclass
class _Box:
    """What has been packed so far, and how many bytes are left."""

    left: float
    values: dict[int, list] = field(default_factory=dict)
    weights: dict[str, dict] = field(default_factory=dict)
    made: dict[str, dict] = field(default_factory=dict)
    no_room: list[str] = field(default_factory=list)
    partly: dict[str, None] = field(default_factory=dict)

    def packed(self, tensor: torch.Tensor) -> dict | None:
        """The numbers packed, if they fit."""
        if tensor.numel() > self.left or not is_packable(tensor):  # a byte for each number at least
            return None
        made = packed(tensor)
        if len(made["data"]) > self.left:
            return None
        self.left -= len(made["data"])
        return made


class _Value(NamedTuple):
    """A value of the run, with all samples."""

    node: TraceNode
    number: int
    value: torch.Tensor


def _start(followed: Trace, at) -> dict | None:
    """Where the page begins, as path, output and place."""
    if at is None:
        return None
    address = followed.address(at)
    place = None if address.place is None else list(address.place)
    path = followed[address.path].path
    return {"path": path, "output": address.output, "place": place}


# ---- values


def _kept(followed: Trace) -> tuple[list[_Value], list[_Value]]:
    """Values of the run that say more than those before them: those of inputs, and all others, the smallest first."""
    values = followed._values
    found = [
        _Value(node, number, values[number])
        for node in followed
        for number in node._site.writes
        if number in values and values[number].ndim and len(values[number]) and not _is_rearranged(node, values)
    ]
    others = [one for one in found if not one.node._site.is_input]
    return [one for one in found if one.node._site.is_input], sorted(others, key=lambda one: one.value.numel())


def _add_values(box: _Box, kept: list[_Value]) -> None:
    """The first sample of each."""
    for node, number, value in kept:
        made = box.packed(value[0])
        if made is not None:
            box.values[number] = [made]
        else:
            box.no_room.append(node.path)


def _is_rearranged(node: TraceNode, values: dict) -> bool:
    """Whether the page can read its values off those of the layer before."""
    before = values.get(node._site.reads[0]) if node._site.reads else None
    return node.index_map() is not None and before is not None and before.dtype == values[node._site.writes[0]].dtype


def _add_samples(box: _Box, kept: list[_Value]) -> int:
    """The other samples of the run as long as all of what is shown of the first fits; how many there are."""
    shown = [(number, value) for _, number, value in kept if number in box.values]
    most = min((len(value) for _, value in shown), default=0)
    for sample in range(1, min(most, _MOST_SAMPLES)):
        before = box.left
        made = [box.packed(value[sample]) for _, value in shown]
        if None in made:
            box.left = before
            return sample
        for (number, _), one in zip(shown, made, strict=True):
            box.values[number].append(one)
    return min(most, _MOST_SAMPLES)


# ---- weights


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


def _add_units(box: _Box, followed: Trace, at) -> None:
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


def _add_weights(box: _Box, followed: Trace) -> None:
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


def _add_part(box: _Box, one, index) -> None:
    """The entries of a weight under an index, where they are not there yet."""
    held = box.weights.setdefault(one.layer, {}).setdefault(one.weight, [])
    written = plain_index(index)
    if any(part["index"] == written for part in held):
        return
    made = box.packed(tensor_of(one.param)[index])
    if made is not None:
        held.append({"index": written, "numbers": made})


def _note(box: _Box, followed: Trace, node: TraceNode, output: int, place) -> None:
    """What only the layer itself can tell of a unit: its value before the activation, and sums of values inside."""
    made = _asked(followed.decompose, (node.path, place, output), _MOST_TERMS)
    if made is None:
        return
    weighing = weighing_of(node._site)
    is_plain = weighing is not None and len(weighing.sums) == 1 and all(term.reads == "input" for term in made.terms)
    told = {"recorded": plain.number(made.recorded)} if is_plain else made.to_dict()
    box.made.setdefault(node.path, {})[f"{output}:{','.join(map(str, place))}"] = told


def _asked(question, *arguments):
    """An answer; None where there is none, such as for values that were not kept."""
    try:
        return question(*arguments)
    except PellucidError:
        return None


# ---- what is not here


def _left_out(followed: Trace, box: _Box, samples: int) -> list[str]:
    """In sentences, what the page lacks."""
    said = []
    if not followed._values:
        said.append("All values: the model was not run. Its shapes and rules are here.")
    absent = [*followed.left_out, *box.no_room]
    if absent:
        said.append(f"Values of {_listed(absent)}: no room for them.")
    if box.partly:
        said.append(f"Weights of {_listed(list(box.partly))}, but for those of some units.")
    batch = max((len(value) for value in followed._values.values() if value.ndim), default=0)
    if samples < batch:
        said.append(f"Samples {samples} to {batch - 1} of the run." if samples else "All samples.")
    return said


def _listed(paths: list[str]) -> str:
    return f"{len(paths)} layers ({', '.join(paths[:3])}, ...)" if len(paths) > 4 else ", ".join(paths)
