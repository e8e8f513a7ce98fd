"""The content of a page: rules always, then values and weights as far as the budget goes, and what was left out.

Below:  layers.py writes the rules, chosen.py picks weights, box.py keeps the budget; xray/ has the values.
Above:  document.py makes a file of it.
Kept true: every number stands in the page as it was, or the page says that it is not there.
"""

from __future__ import annotations

from typing import NamedTuple

import torch

from pellucid.report.page.box import Box
from pellucid.report.page.chosen import add_units, add_weights
from pellucid.xray import Trace
from pellucid.xray.node import TraceNode

_MOST_SAMPLES = 16
_MOST_NAMED = 20


def content(followed: Trace, network: dict, at=None, to: str | None = None, budget: float = 5e6) -> dict:
    """All that the page knows, as plain data.

    Args:
        network: its rules, as layers.py gives them.
        at, to: what the page shows first.
        budget: bytes that values and weights may take together.
    """
    box = Box(budget)
    inputs, others = _kept(followed)
    _add_values(box, inputs)
    add_units(box, followed, at)
    _add_values(box, others)
    add_weights(box, followed)
    samples = _add_samples(box, [*inputs, *others])
    return {
        "title": getattr(followed.model, "name", "") or "model",
        "at": _start(followed, at),
        "to": to or "input",
        "network": network,
        "params": followed.params,
        "macs": followed.macs,
        "samples": samples,
        "memory": {number: _memory(value) for number, value in followed._values.items()},
        "values": box.values,
        "weights": box.weights,
        "made": box.made,
        "left_out": _left_out(followed, box, samples),
    }


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


def _add_values(box: Box, kept: list[_Value]) -> None:
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


def _add_samples(box: Box, kept: list[_Value]) -> int:
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


def _memory(value: torch.Tensor) -> dict:
    """How a value of the run lies in memory, the batch axis first."""
    return {"first": value.storage_offset(), "strides": list(value.stride()), "is_contiguous": value.is_contiguous()}


# ---- what is not here


def _left_out(followed: Trace, box: Box, samples: int) -> list[str]:
    """In sentences, what the page lacks."""
    said = []
    if not followed._values:
        said.append("All values: the model was not run. Its shapes and rules are here.")
    absent = [node.path for node in followed if node.path in {*followed.left_out, *box.no_room}]
    if absent:
        said.append(f"Values of {_listed(absent)}: no room for them.")
    if box.partly:
        said.append(f"Weights of {_listed(list(box.partly))}, but for those of some units.")
    batch = max((len(value) for value in followed._values.values() if value.ndim), default=0)
    if 0 < samples < batch:
        said.append(f"Samples {samples} to {batch - 1} of the run.")
    return said


def _listed(paths: list[str]) -> str:
    named = ", ".join(paths[:_MOST_NAMED])
    return f"{len(paths)} layers ({named}, ...)" if len(paths) > _MOST_NAMED else named
