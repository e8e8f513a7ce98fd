"""Trace: a model as a row of layers with shapes, values and links, and the questions one can ask of them.

Below:  sites.py lists the calls, walking.py carries sets of places along them, recording.py catches values.
Above:  report/ draws answers; the doors `pellucid.trace` and `pellucid.explain`.
Kept true: without values nothing is allocated but what is asked for; places have no batch axis.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from pellucid import nest
from pellucid.errors import ArgumentError, ShapeError, StateError, UnknownNameError
from pellucid.graph.values import convert_to_tensor
from pellucid.xray import active, addresses, measuring, meetings, recording, sites, walking
from pellucid.xray.fields import ReceptiveField, receptive_field
from pellucid.xray.following import forwards
from pellucid.xray.meetings import Decomposition, Meetings, Uses
from pellucid.xray.node import TraceNode
from pellucid.xray.provenance import Provenance, of_regions
from pellucid.xray.regions import Region
from pellucid.xray.sites import Site, Sites


class Trace:
    """A model's layers, with the values of a run if there was one.

    Attributes:
        layers: nodes in running order, inputs first.
        training: whether layers behave as in training.
        left_out: paths of layers whose values did not fit.
    """

    def __init__(self, model, found: Sites, training: bool):
        self._model, self._sites, self.training = model, found, training
        self._values: dict[int, torch.Tensor] = {}
        self.left_out: list[str] = []
        self.layers = [TraceNode(site, self._values) for site in found.sites]
        self._numbers = {site.path: list(site.writes) for site in found.sites} | found.groups
        self._by_path = {node.path: node for node in self.layers}
        self._writer = {number: node for node in self.layers for number in node._site.writes}
        for node in self.layers:
            node.inputs = tuple(self._writer[number].path for number in node._site.reads)

    def __getitem__(self, path: str) -> TraceNode:
        return self._writer[addresses.resolve(path, self._numbers, lambda number: (), self._told).number]

    def __contains__(self, path) -> bool:
        return path in self._numbers

    def __iter__(self):
        return iter(self.layers)

    def __len__(self) -> int:
        return len(self.layers)

    def __repr__(self):
        return f"<Trace of {len(self.layers)} layers{', with values' if self._values else ''}>"

    def sources(self, at, to="input", kind: str = "structural", verify: bool = False) -> Provenance:
        """Which elements of an input, or of a layer before it, feed an element or a whole layer.

        Args:
            at: an address; without an element all of the layer's output is meant.
            to: "input" for all inputs, the name of one, or the path of a layer before.
            kind: "structural": could reach; "active": reaches with the values of this run.
            verify: whether to measure, by changing one input element at a time, what no link tells.

        Raises:
            UnknownNameError, ShapeError: no such address.
            StateError: "active" or `verify` without values.
        """
        number, region = self._start(at)
        if kind not in ("structural", "active"):
            raise ArgumentError("Unknown `kind`.", got=repr(kind), expected='"structural" or "active"')
        choose = active.chooser(self._values) if kind == "active" else None
        goals = self._goals(to, self._sites.inputs)
        walk = walking.back(self._between(goals, number), number, region, self.training, self._shape_of, choose)
        measured = verify and bool(walk.opaque)
        if measured:
            self._measure(walk, goals, number, region)
        return self._answer(walk, goals, kind, measured)

    def reaches(self, at, to="output") -> Provenance:
        """Which elements of an output, or of a layer after it, an element or a whole layer feeds.

        Args:
            at: an address.
            to: "output" for all outputs, or the path of a layer after.

        Raises:
            UnknownNameError, ShapeError: no such address.
        """
        number, region = self._start(at)
        outputs = {self._writer[number].path: number for number in self._sites.outputs}
        goals = self._goals(to, outputs)
        walk = walking.forth(self._sites.sites, number, region, self.training, self._shape_of)
        return self._answer(walk, goals, "structural", False)

    def receptive_field(self, at, to="input") -> ReceptiveField | None:
        """The box of cells that a unit looks at; None where nothing leads from `to` to it.

        Args:
            at: an address of an element.
            to: "input", the name of an input, or the path of a layer before.

        Raises:
            UnknownNameError, ShapeError: no such address.
            ArgumentError: there are several inputs, and none is named.
        """
        number, _ = self._element(at)
        goals = self._goals(to, self._sites.inputs)
        if len(goals) > 1:
            raise ArgumentError("There are several inputs.", got=", ".join(goals), fix=f'to="{next(iter(goals))}"')
        [goal] = goals.values()
        between = self._between(goals, number)
        walk = walking.back(between, *self._start(at), self.training, self._shape_of)
        names = self._writer[goal].axes[1:]
        spatial = [k for k, name in enumerate(names) if name not in ("channels", "features")] or range(len(names))
        return receptive_field(between, walk, number, goal, spatial, self.training, self._shape_of)

    def weights(self, at, layer=None) -> Meetings:
        """Which entries of which weights an element meets in the layers that read it, and its own unit's weights.

        Layers that only hand elements on (Flatten, Reshape, Permute, Identity, Dropout outside training) are passed.
        Layers with weights of whose products nothing is told here (recurrent ones, say) are named in `untold`.

        Args:
            at: an address of an element.
            layer: a path, for what it meets there alone.

        Raises:
            UnknownNameError, ShapeError: no such address.
            StateError: an Embedding reads it, and there are no values.
        """
        number, place = self._element(at)
        only = None if layer is None else addresses.resolve(layer, self._numbers, self._shape_of, self._told).path
        readers = [(reader, there) for reader, there in self._readers(number, place) if only in (None, reader.path)]
        met = [one for reader, there in readers for one in meetings.met_by(reader, there, self._read_by(reader))]
        site = self._writer[number]._site
        own = meetings.own_of(site, place, self._read_by(site)) if site.reads else []
        return Meetings(met, own, [reader.path for reader, _ in readers if meetings.is_untold(reader)])

    def uses(self, param: str, index) -> Uses:
        """The products that one entry of a layer's kernel takes part in: ``uses("conv/kernel", (0, 0, 0, 0))``.

        Raises:
            UnknownNameError, ShapeError: no such weight or entry.
            UnsupportedError: no layer whose products are known.
        """
        path, _, weight = param.rpartition("/")
        return meetings.uses(self[path]._site, weight, index)

    def decompose(self, at, top: int = 10) -> Decomposition:
        """The products and the bias whose sum is a unit's value before its activation, in the first sample.

        Args:
            at: an address of a unit.
            top: how many products are listed, largest first; the others are summed up.

        Raises:
            StateError: without values.
            UnsupportedError: no layer whose terms are known.
        """
        number, place = self._element(at)
        return meetings.decompose(self._writer[number]._site, place, self._values, top)

    # ---- how

    def _element(self, at) -> tuple[int, tuple[int, ...]]:
        address = self.address(at)
        if address.place is None:
            raise ArgumentError(
                "This asks for one element.", got=repr(at), expected="a layer and a flat index or place",
                fix=f'("{address.path}", 0)',
            )  # fmt: skip
        return address.number, address.place

    def _readers(self, number: int, place: tuple[int, ...]) -> Iterator[tuple[Site, tuple[int, ...]]]:
        """The sites that do something with an element, and its place there."""
        for site in self._sites.sites:
            if number not in site.reads[:1]:
                continue
            if meetings.passes_on(site, self.training):
                shapes = [self._shape_of(number)]
                region = Region.of(shapes[0], tuple((i,) for i in place))
                link = site.link()
                assert link is not None  # what passes on has one
                found = forwards(link, 0, region, shapes, self._shape_of(site.writes[0]))
                yield from self._readers(site.writes[0], next(iter(found)))
            else:
                yield site, place

    def _read_by(self, site: Site):
        """What a site read in the first sample of the run; None without one."""
        value = self._values.get(site.reads[0])
        return None if value is None else value[0]

    def run(self, x, wanted, max_bytes) -> None:
        """Run the model on values, and keep what is wanted and fits."""
        recorder = recording.Recorder([site for site in self._sites.sites if not site.is_input], wanted, max_bytes)
        given = nest.map_structure(convert_to_tensor, x)
        inputs = [site for site in self._sites.sites if site.is_input]
        for site, value in zip(inputs, self._in_order(given), strict=True):
            recorder.keep(site, convert_to_tensor(value, dtype=getattr(site.layer, "dtype", None)))
        self._record(given, recorder)
        self._values |= recorder.values
        self.left_out = recorder.left_out
        self._take_shapes(recorder.shapes)

    def _record(self, given, recorder: recording.Recorder):
        if sites.is_walked(self._model):
            recording.record(self._model, given, self.training, recorder)
        else:
            with torch.no_grad():
                recorder.keep(self._sites.sites[-1], self._model(given))

    def _measure(self, walk, goals: dict[str, int], number: int, region: Region):
        """Put what a run shows in the place of what no link told."""
        numbers = list(self._sites.inputs.values())
        if not set(goals.values()) <= set(numbers) or not set(numbers) <= set(self._values):
            raise StateError(
                "Only from inputs with values can be measured what reaches.", got=", ".join(goals),
                fix='trace(model, x).sources(at, to="input", verify=True)',
            )  # fmt: skip
        inputs = [self._values[one][:1] for one in numbers]
        path = self._writer[number].path

        def run(values: list[torch.Tensor]) -> torch.Tensor:
            steps = [site for site in self._sites.sites if not site.is_input]
            recorder = recording.Recorder(steps, lambda one: one == path, None)
            self._record(values if len(values) > 1 else values[0], recorder)
            return recorder.values[number]

        for goal in goals.values():
            if walk.regions.get(goal):
                found = measuring.reaching(run, inputs, numbers.index(goal), walk.regions[goal], region)
                walk.regions[goal] = found

    def _in_order(self, x) -> list:
        if isinstance(x, dict):
            return [x[name] for name in self._sites.inputs]
        return nest.flatten(x)

    def _take_shapes(self, real: dict):
        """Sizes that only the run could tell; the batch stays as it was."""
        shapes = self._sites.shapes
        for number, shape in real.items():
            shapes[number] = (shapes[number][0], *shape[1:]) if shapes[number] else shape
        for node in self.layers:
            site = node._site
            site.output_shapes = [shapes[number] for number in site.writes]
            site.input_shapes = [shapes[number] for number in site.reads]
            node.output_shape, node.input_shapes = site.output_shapes[0], site.input_shapes

    def _start(self, at) -> tuple[int, Region]:
        address = self.address(at)
        shape = self._shape_of(address.number)
        if address.place is None:
            return address.number, Region.whole(shape)
        return address.number, Region.of(shape, tuple((i,) for i in address.place))

    def address(self, at) -> addresses.Address:
        """What an address means: the layer's path and the place.

        Raises:
            UnknownNameError, ShapeError: no such address.
        """
        return addresses.resolve(at, self._numbers, lambda number: self._sites.shapes[number][1:], self._told)

    def _told(self, path: str) -> str:
        node = self._writer[self._numbers[path][0]]
        shapes = ", ".join(map(str, node.input_shapes))
        return f"{path} ({node.kind}), {shapes + ' -> ' if shapes else ''}{node.output_shape}"

    def _shape_of(self, number: int) -> tuple[int, ...]:
        shape = self._sites.shapes[number][1:]
        if None in shape:
            raise ShapeError(
                f"The size of '{self._writer[number].path}' is unknown, so its elements cannot be counted.",
                got=(None, *shape),
                fix="trace(model, x), with values that tell it",
            )
        return shape

    def _goals(self, to, everywhere: dict[str, int]) -> dict[str, int]:
        if to in ("input", "output") and to not in self._numbers:
            return everywhere
        if to in ("input", "output") and list(everywhere) != [to]:
            return everywhere if to not in everywhere else {to: everywhere[to]}
        if not isinstance(to, str) or to not in self._numbers:
            path = addresses.resolve(to if isinstance(to, str) else str(to), self._numbers, self._shape_of, self._told)
            raise UnknownNameError("`to` names a whole layer.", got=repr(to), fix=repr(path.path))
        return {to: self._numbers[to][0]}

    def _between(self, goals: dict[str, int], number: int) -> list[Site]:
        """The sites that a walk back from a value may need."""
        first = min(self._position(goal) for goal in goals.values())
        return self._sites.sites[first + 1 : self._position(number) + 1]

    def _position(self, number: int) -> int:
        return self.layers.index(self._writer[number])

    def _answer(self, walk, goals, kind, measured: bool) -> Provenance:
        regions = {}
        for name, number in goals.items():
            region = walk.regions.get(number)
            regions[name] = (Region(self._shape_of(number)) if region is None else region, self._values.get(number))
        return of_regions(
            regions,
            exact=not walk.opaque,
            kind=kind,
            reason=_reason(walk, kind, measured),
            batch="all" if walk.couplings else "same",
        )


def _reason(walk, kind, measured: bool) -> str:
    said = []
    if measured:
        said.append(
            f"measured at these values, because {', '.join(walk.opaque)} does not say its links: no less than this"
        )
    elif walk.opaque:
        said.append(f"{', '.join(walk.opaque)} does not say its links: all of its input is taken")
    elif kind == "structural":
        said.append("the links of all layers between, composed")
    else:
        said.append("links composed, and of each maximum the one that won")
    if walk.couplings:
        said.append(f"{', '.join(walk.couplings)} couples the samples of a batch in training")
    return "; ".join(said)
