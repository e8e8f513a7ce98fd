"""The content of a page: rules always, then values and weights as far as the budget goes, and what was left out.

Below:  layers.py writes the rules, numbers.py packs; xray/ has the values.
Above:  document.py makes a file of it.
Kept true: every number stands in the page as it was, or the page says that it is not there.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch

from pellucid.errors import PellucidError
from pellucid.report.page.layers import network_data
from pellucid.report.page.numbers import is_packable, packed
from pellucid.xray import Trace
from pellucid.xray.kernels import kernel_of
from pellucid.xray.node import TraceNode

_MOST_SAMPLES = 16
_SMALL_KERNEL = 300_000


def content(followed: Trace, at=None, to: str | None = None, budget: float = 5e6) -> dict:
    """All that the page knows, as plain data.

    Args:
        at, to: what the page shows first.
        budget: bytes that values and weights may take together.
    """
    box = _Box(budget)
    chosen = _chosen(followed, at)
    _add_values(box, followed, 0)
    _add_weights(box, followed, chosen)
    samples = _add_samples(box, followed)
    return {
        "title": getattr(followed.model, "name", "") or "model",
        "at": _start(followed, at),
        "to": to or "input",
        "network": network_data(followed),
        "samples": samples,
        "values": box.values,
        "weights": box.weights,
        "left_out": _left_out(followed, box, samples),
    }


@dataclass
class _Box:
    """What has been packed so far, and how many bytes are left."""

    left: float
    values: dict[int, list] = field(default_factory=dict)
    weights: dict[str, dict] = field(default_factory=dict)
    no_room: dict[str, list[str]] = field(default_factory=lambda: {"values": [], "weights": []})

    def packed(self, tensor: torch.Tensor) -> dict | None:
        """The numbers packed, if they fit."""
        if tensor.numel() > self.left or not is_packable(tensor):  # a byte for each number at least
            return None
        made = packed(tensor)
        if len(made["data"]) > self.left:
            return None
        self.left -= len(made["data"])
        return made


def _start(followed: Trace, at) -> dict | None:
    """Where the page begins, as path, output and place."""
    if at is None:
        return None
    address = followed.address(at)
    place = None if address.place is None else list(address.place)
    path = followed[address.path].path
    return {"path": path, "output": address.output, "place": place}


# ---- values


def _add_values(box: _Box, followed: Trace, sample: int) -> None:
    """The values of one sample: inputs first, then the smallest ones."""
    for node, number, value in sorted(_kept(followed), key=lambda one: (not one[0]._site.is_input, one[2].numel())):
        made = box.packed(value[sample])
        if made is not None:
            box.values.setdefault(number, []).append(made)
        else:
            box.no_room["values"].append(node.path)


def _kept(followed: Trace):
    """Values of the run that say more than those before them, each with its layer and its number."""
    values = followed._values
    for node in followed:
        for number in node._site.writes:
            value = values.get(number)
            if value is not None and value.ndim and len(value) and not _is_rearranged(node, value, values):
                yield node, number, value


def _is_rearranged(node: TraceNode, value: torch.Tensor, values: dict) -> bool:
    """Whether the page can read the values off those of the layer before."""
    before = values.get(node._site.reads[0]) if node._site.reads else None
    return node.index_map() is not None and before is not None and before.dtype == value.dtype


def _add_samples(box: _Box, followed: Trace) -> int:
    """The other samples of the run as long as all of what is shown of the first fits; how many there are."""
    shown = [(number, value) for _, number, value in _kept(followed) if number in box.values]
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


def _chosen(followed: Trace, at) -> dict[str, list[tuple[int, ...]]]:
    """For each layer with a kernel the places of the units whose weights are shown: the asked one, and the largest."""
    chosen: dict[str, list[tuple[int, ...]]] = {}
    for node in followed:
        shape = node.output_shape[1:]
        if None in (*shape, *(n for one in node.input_shapes for n in one[1:])) or kernel_of(node._site) is None:
            continue
        value = node.value
        flat = 0 if value is None or not len(value) else int(value[0].argmax())
        chosen[node.path] = [tuple(int(i) for i in torch.unravel_index(torch.tensor(flat), shape))]
    address = None if at is None else followed.address(at)
    if address is not None and address.place is not None and followed[address.path].path in chosen:
        chosen[followed[address.path].path].insert(0, address.place)
    return chosen


def _add_weights(box: _Box, followed: Trace, chosen) -> None:
    """Biases; small kernels whole; of the others the chosen units."""
    for path, places in chosen.items():
        node = followed[path]
        layer, kernel = node.layer, kernel_of(node._site)
        assert kernel is not None  # only such layers were chosen
        said = box.weights[path] = {"units": {}, "recorded": {}}
        if layer.bias is not None:
            said["bias"] = box.packed(layer.bias.value)
        weight = layer.kernel.value
        said["kernel"] = box.packed(weight) if weight.numel() * 16 / 3 <= _SMALL_KERNEL else None
        for place in places:
            _, unit = kernel.split(place)
            if said["kernel"] is None:
                said["units"][unit] = box.packed(_of_unit(weight, kernel.channels, unit))
            said["recorded"][",".join(map(str, place))] = _recorded(followed, path, place)
        if said["kernel"] is None:
            box.no_room["weights"].append(path)


def _of_unit(weight: torch.Tensor, channels, unit: int) -> torch.Tensor:
    """The part of a kernel that makes one output channel."""
    if channels.kind == "apart":
        c, m = divmod(unit, channels.n_out // channels.n_in)
        return weight[..., c, m]
    return weight[..., unit, :] if channels.kind == "back" else weight[..., unit]


def _recorded(followed: Trace, path: str, place) -> float | None:
    """What the layer itself gave before its activation."""
    try:
        return followed.decompose((path, place), top=0).recorded
    except PellucidError:
        return None  # its values, or those before it, were not kept


# ---- what is not here


def _left_out(followed: Trace, box: _Box, samples: int) -> list[str]:
    """In sentences, what the page lacks."""
    said = []
    if not followed._values:
        said.append("All values: the model was not run. Its shapes and rules are here.")
    absent = [*followed.left_out, *box.no_room["values"]]
    if absent:
        said.append(f"Values of {_listed(absent)}: no room for them.")
    if box.no_room["weights"]:
        said.append(f"Weights of {_listed(box.no_room['weights'])}, but for the biases and the chosen units.")
    batch = max((len(value) for _, _, value in _kept(followed)), default=0)
    if samples < batch:
        said.append(f"Samples {samples} to {batch - 1} of the run." if samples else "All samples.")
    return said


def _listed(paths: list[str]) -> str:
    return f"{len(paths)} layers ({', '.join(paths[:3])}, ...)" if len(paths) > 4 else ", ".join(paths)
