"""Trace: a model as a row of layers with shapes, values and links, and the questions one can ask of them.

Below:  directory.py finds what an address means, walking.py carries sets of places along the calls, running.py
        brings the values of a run.
Above:  report/ shows it; the doors `pellucid.trace` and `pellucid.explain`.
Kept true: without values nothing is allocated but what is asked for; places have no batch axis.
"""

from __future__ import annotations

import json

import torch

from pellucid.errors import ArgumentError
from pellucid.xray import active, decomposition, meetings, plain, running, units, uses, walking
from pellucid.xray.addresses import Address
from pellucid.xray.decomposition import Decomposition
from pellucid.xray.directory import Directory
from pellucid.xray.fields import ReceptiveField, receptive_field
from pellucid.xray.meetings import Meetings
from pellucid.xray.node import TraceNode
from pellucid.xray.provenance import Provenance, answer
from pellucid.xray.sites import Sites
from pellucid.xray.uses import Uses


class Trace:
    """A model's layers, with the values of a run if there was one.

    Attributes:
        layers: nodes in running order, inputs first.
        training: whether layers behave as in training.
        left_out: paths of layers whose values did not fit.
    """

    def __init__(self, model, found: Sites, training: bool):
        self.model, self.training = model, training
        self._sites, self._directory = found, Directory(found)
        self._values: dict[int, torch.Tensor] = {}
        self.left_out: list[str] = []
        self.layers = [TraceNode(site, self._directory, self._values) for site in found.sites]
        self._nodes = {node.path: node for node in self.layers}

    def __getitem__(self, path: str) -> TraceNode:
        return self._nodes[self._directory.writer(self.address(path).number).path]

    def __contains__(self, path) -> bool:
        return path in self._directory

    def __iter__(self):
        return iter(self.layers)

    def __len__(self) -> int:
        return len(self.layers)

    def __repr__(self):
        return f"<Trace of {len(self.layers)} layers{', with values' if self.has_values else ''}>"

    @property
    def has_values(self) -> bool:
        """Whether values of a run are kept."""
        return bool(self._values)

    def address(self, at) -> Address:
        """What an address means: the layer's path and the place.

        Raises:
            UnknownNameError, ShapeError, ArgumentTypeError: no such address.
        """
        return self._directory.address(at)

    def run(self, x, wanted, max_bytes) -> None:
        """Run the model on values, and keep what is wanted and fits."""
        recorder = running.run(self.model, self._directory, x, self.training, wanted, max_bytes)
        self._values |= recorder.values
        self.left_out = recorder.left_out
        self._directory.take_shapes(recorder.shapes)

    # ---- where from, where to

    def sources(self, at, to="input", kind: str = "structural", verify: bool = False) -> Provenance:
        """Which elements of an input, or of a layer before it, feed an element or a whole layer.

        Args:
            at: an address; without an element all of the layer's output is meant.
            to: "input" for all inputs, the name of one, or the path of a layer before; ``("lstm", 1)`` for its output 1.
            kind: "structural": could reach; "active": reaches with the values of this run.
            verify: whether to measure, by changing one input element at a time, what no link tells.

        Raises:
            UnknownNameError, ShapeError: no such address.
            StateError: "active" or `verify` without values.
        """
        number, region = self._directory.start(at)
        if kind not in ("structural", "active"):
            raise ArgumentError("Unknown `kind`.", got=repr(kind), expected='"structural" or "active"')
        choose = active.chooser(self._values) if kind == "active" else None
        goals = self._directory.goals(to, "input")
        between = self._directory.between(goals, number)
        walk = walking.back(between, number, region, self.training, self._directory.shape_of, choose)
        measured = verify and bool(walk.opaque)
        if measured:
            running.measure(walk, goals, number, region, self.model, self._directory, self._values)
        return answer(walk, goals, kind, measured, self._directory.shape_of, self._values)

    def reaches(self, at, to="output") -> Provenance:
        """Which elements of an output, or of a layer after it, an element or a whole layer feeds.

        Args:
            at: an address.
            to: "output" for all outputs, or the path of a layer after; ``("lstm", 1)`` for its output 1.

        Raises:
            UnknownNameError, ShapeError: no such address.
        """
        number, region = self._directory.start(at)
        goals = self._directory.goals(to, "output")
        walk = walking.forth(self._directory.sites, number, region, self.training, self._directory.shape_of)
        return answer(walk, goals, "structural", False, self._directory.shape_of, self._values)

    def receptive_field(self, at, to="input") -> ReceptiveField | None:
        """The box of cells that a unit looks at; None where nothing leads from `to` to it.

        Args:
            at: an address of an element.
            to: "input", the name of an input, or the path of a layer before.

        Raises:
            UnknownNameError, ShapeError: no such address.
            ArgumentError: there are several inputs, and none is named.
        """
        number, _ = self._directory.element(at)
        goals = self._directory.goals(to, "input")
        if len(goals) > 1:
            raise ArgumentError("There are several inputs.", got=", ".join(goals), fix=f'to="{next(iter(goals))}"')
        [goal] = goals.values()
        shape_of, between = self._directory.shape_of, self._directory.between(goals, number)
        walk = walking.back(between, *self._directory.start(at), self.training, shape_of)
        names = self._nodes[self._directory.writer(goal).path].axes[1:]
        spatial = [k for k, name in enumerate(names) if name not in ("channels", "features")] or range(len(names))
        return receptive_field(between, walk, number, goal, spatial, self.training, shape_of)

    # ---- weights

    def weights(self, at, layer=None) -> Meetings:
        """Which entries of which weights an element meets in the layers that read it, and its own unit's weights.

        Layers that only hand elements on (Flatten, Reshape, Permute, Identity, Dropout outside training) are passed.
        Layers with weights of whose products nothing is told here (a user's own, say) are named in `untold`.

        Args:
            at: an address of an element.
            layer: a path, for what it meets there alone.

        Raises:
            UnknownNameError, ShapeError: no such address.
            StateError: an Embedding reads it, and there are no values.
        """
        number, place = self._directory.element(at)
        only = None if layer is None else self.address(layer).path
        return meetings.meetings(self._directory, self._values, self.training, number, place, only)

    def uses(self, param: str, index) -> Uses:
        """The products that one entry of a layer's kernel takes part in: ``uses("conv/kernel", (0, 0, 0, 0))``.

        Raises:
            UnknownNameError, ShapeError: no such weight or entry.
            UnsupportedError: no layer whose products are known.
            StateError: of an Embedding, and there are no values.
        """
        path, weight = self._directory.weight(param)
        site = self._nodes[path]._site
        value = self._values.get(site.reads[0]) if site.reads else None
        return uses.uses(site, weight, index, None if value is None else value[0])

    def decompose(self, at, top: int = 10, part: str | None = None) -> Decomposition:
        """The products and the bias whose sum is a unit's value before its activation, in the first sample.

        Args:
            at: an address of a unit.
            top: how many products are listed, largest first; the others are summed up.
            part: of a unit that is made from several sums the one that is meant, such as "forget" of an LSTM.

        Raises:
            ArgumentError: there are several sums, and none is named.
            StateError: without values.
            UnsupportedError: no layer whose terms are known.
        """
        number, place = self._directory.element(at)
        site = self._directory.writer(number)
        return decomposition.decompose(site, site.writes.index(number), place, self._values, top, part)

    def parts(self, at) -> list[str]:
        """The names of the sums that a unit is made from; ``[""]`` for an only one.

        Raises:
            StateError, UnsupportedError: as `decompose`.
        """
        number, place = self._directory.element(at)
        site = self._directory.writer(number)
        return list(units.units_of(site, site.writes.index(number), place, self._values))

    # ---- all of it

    @property
    def params(self) -> int:
        """How many numbers all weights hold; those of a shared layer count once."""
        return sum({id(node.layer): node.params for node in self.layers}.values())

    @property
    def macs(self) -> int | None:
        """Multiply-adds of one sample in all layers; None where those of one are unknown."""
        each = [node.macs for node in self.layers]
        return None if None in each else sum(one or 0 for one in each)

    def to_dict(self, max_values: int = 100_000) -> dict:
        """All layers and what is known of each, as plain lists, numbers and strings.

        Args:
            max_values: how many values of the run at most are written down, in running order; what had no room is named
                under "left_out".
        """
        layers, left_out = [], [{"path": path, "why": "max_bytes"} for path in self.left_out]
        for node in self.layers:
            said = node.to_dict()
            if node.value is not None and node.value.numel() <= max_values:
                max_values -= node.value.numel()
                said["value"] = plain.numbers(node.value)
            elif node.value is not None:
                left_out.append({"path": node.path, "why": "max_values"})
            layers.append(said)
        return {
            "model": getattr(self.model, "name", None), "training": self.training,
            "inputs": list(self._directory.inputs), "outputs": list(self._directory.outputs), "layers": layers,
            "params": self.params, "macs": self.macs, "left_out": left_out,
        }  # fmt: skip

    def to_json(self, max_values: int = 100_000) -> str:
        """The same as text, in JSON."""
        return json.dumps(self.to_dict(max_values), allow_nan=False)
