"""Trace: a model as a row of layers with shapes, values and links, and the questions one can ask of them.

Below:  sites.py lists the calls, walking.py carries sets of places along them, recording.py catches values.
Above:  report/ draws answers; the doors `pellucid.trace` and `pellucid.explain`.
Kept true: without values nothing is allocated but what is asked for; places have no batch axis.
"""

from __future__ import annotations

import torch

from pellucid import nest
from pellucid.errors import ArgumentError, ShapeError, StateError, UnknownNameError
from pellucid.graph.inference import compute_output_spec
from pellucid.graph.symbol import KerasTensor
from pellucid.graph.values import convert_to_tensor
from pellucid.layers.reshaping import Flatten
from pellucid.xray import active, addresses, index_map, recording, sites, walking
from pellucid.xray.provenance import Provenance, of_regions
from pellucid.xray.regions import Region
from pellucid.xray.sites import Site, Sites


def trace(
    model,
    x=None,
    *,
    training: bool = False,
    layers=None,
    values: str = "auto",
    max_bytes: float | None = 64e6,
) -> Trace:
    """Follow a model's values, of one run or without any.

    Args:
        model: a model with a graph, a layer that knows its input's shape, or a shape without the batch axis, for what
            Flatten does to it.
        x: input values, batch first; None for shapes and rules alone.
        training: whether layers behave as in training.
        layers: names or paths of the layers whose values are kept; all if None.
        values: "auto" keeps what fits into `max_bytes`, "all" everything, "none" nothing but shapes.
        max_bytes: bytes of values to keep at most.

    Raises:
        StateError: the model has no graph yet, or the layer does not know its input's shape.
    """
    wanted = recording.wanted(values, layers)
    if nest.is_shape(model):
        model, x = Flatten(data_format="channels_last"), _plain(x, model)
        shape = x if isinstance(x, tuple) else tuple(x.shape)
        model.build(shape)
        found = sites.of_layer(model, [shape], [model.compute_output_shape(shape)])
        x = None if isinstance(x, tuple) else x
    else:
        found = _sites_of(model, x)
    made = Trace(model, found, training)
    if x is not None:
        made._run(x, wanted, None if values == "all" else max_bytes)
    return made


def _plain(x, shape):
    """The values, or where there are none the whole shape."""
    return (None, *shape) if x is None else convert_to_tensor(x)


def _sites_of(model, x) -> Sites:
    if x is not None and hasattr(model, "layers") and not _has_graph(model):
        with torch.no_grad():
            model(x)  # a stack of layers makes its graph at the first call
    if _has_graph(model):
        return sites.of_model(model)
    if x is not None:
        shapes = [(None, *tuple(value.shape)[1:]) for value in map(convert_to_tensor, nest.flatten(x))]
    else:
        shapes = _noted_shapes(model)
    return sites.of_layer(model, shapes, _output_shapes(model, shapes))


def _has_graph(model) -> bool:
    try:
        return sites.is_walked(model)
    except StateError:
        return False


def _noted_shapes(layer) -> list:
    if getattr(layer, "_inbound_nodes", None):
        return [x.shape for x in layer._inbound_nodes[0].input_tensors]
    noted = getattr(layer, "_build_shapes_dict", None)
    if noted:
        shape = next(iter(noted.values()))
        return [tuple(shape)] if nest.is_shape(shape) else [tuple(one) for one in shape]
    raise StateError(
        f"'{layer.name}' does not know the shape of its input, so there is nothing to follow yet.",
        fix="trace(it, x) with values, or call it on Input(shape=...) first",
    )


def _output_shapes(layer, shapes) -> list:
    symbols = [KerasTensor(shape, record_history=False) for shape in shapes]
    given = symbols[0] if len(symbols) == 1 else symbols
    if not getattr(layer, "built", True):
        layer.build(shapes[0] if len(shapes) == 1 else shapes)
        layer.built = True
    spec = layer.compute_output_spec if hasattr(layer, "compute_output_spec") else None
    outputs = spec(given) if spec else compute_output_spec(layer, given)
    return [x.shape for x in nest.flatten(outputs)]


class TraceNode:
    """One layer of a trace.

    Attributes:
        path: its name, with those of the models around it in front.
        layer: the layer itself.
        input_shapes, output_shape: with the batch axis; of several outputs, the first.
        axes: the names of the output's axes.
        params: how many numbers its weights hold.
        macs: multiply-adds for one sample; None where unknown.
        value: what it gave in this run; None without one.
    """

    def __init__(self, site: Site, values: dict):
        self._site, self._values = site, values
        self.path, self.layer = site.path, site.layer
        self.input_shapes = [tuple(shape) for shape in site.input_shapes]
        self.output_shape = tuple(site.output_shapes[0])

    @property
    def axes(self) -> tuple[str, ...]:
        return sites.axis_names(self.layer, self.output_shape)

    @property
    def input_axes(self) -> tuple[str, ...]:
        """The names of the first input's axes."""
        layer = None if type(self.layer).__name__ == "Flatten" and len(self.input_shapes[0]) == 2 else self.layer
        return sites.axis_names(layer, self.input_shapes[0])

    @property
    def params(self) -> int:
        return sum(weight.size for weight in getattr(self.layer, "weights", None) or ())

    @property
    def macs(self) -> int | None:
        return sites.macs(self.layer, self.input_shapes, self.output_shape)

    @property
    def value(self):
        return self._values.get(self._site.writes[0])

    @property
    def kind(self) -> str:
        """The name of its class."""
        return "Input" if self._site.is_input else type(self.layer).__name__

    def index_map(self) -> index_map.IndexMap | None:
        """Where each element goes, if the layer only rearranges; else None."""
        if len(self.input_shapes) != 1:
            return None
        link = self._site.link()
        return index_map.index_map(link, self.input_shapes[0][1:], self.output_shape[1:], self.input_axes[1:])

    def to_dict(self) -> dict:
        """Plain data, without the value."""
        return {
            "path": self.path, "kind": self.kind, "input_shapes": [list(shape) for shape in self.input_shapes],
            "output_shape": list(self.output_shape), "axes": list(self.axes), "params": self.params, "macs": self.macs,
        }  # fmt: skip

    def __repr__(self):
        return f"<{self.kind} {self.path}: {self.input_shapes} -> {self.output_shape}>"


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

    def sources(self, at, to="input", kind: str = "structural") -> Provenance:
        """Which elements of an input, or of a layer before it, feed an element or a whole layer.

        Args:
            at: an address; without an element all of the layer's output is meant.
            to: "input" for all inputs, the name of one, or the path of a layer before.
            kind: "structural": could reach; "active": reaches with the values of this run.

        Raises:
            UnknownNameError, ShapeError: no such address.
            StateError: "active" without values.
        """
        number, region = self._start(at)
        if kind not in ("structural", "active"):
            raise ArgumentError("Unknown `kind`.", got=repr(kind), expected='"structural" or "active"')
        choose = active.chooser(self._values) if kind == "active" else None
        goals = self._goals(to, self._sites.inputs)
        walk = walking.back(self._between(goals, number), number, region, self.training, self._shape_of, choose)
        return self._answer(walk, goals, kind)

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
        return self._answer(walk, goals, "structural")

    # ---- how

    def _run(self, x, wanted, max_bytes):
        recorder = recording.Recorder([site for site in self._sites.sites if not site.is_input], wanted, max_bytes)
        given = nest.map_structure(convert_to_tensor, x)
        inputs = [site for site in self._sites.sites if site.is_input]
        for site, value in zip(inputs, self._in_order(given), strict=True):
            recorder.keep(site, convert_to_tensor(value, dtype=getattr(site.layer, "dtype", None)))
        if _has_graph(self._model):
            recording.record(self._model, given, self.training, recorder)
        else:
            with torch.no_grad():
                recorder.keep(self._sites.sites[-1], self._model(given))
        self._values |= recorder.values
        self.left_out = recorder.left_out
        self._take_shapes(recorder.shapes)

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

    def _answer(self, walk, goals, kind) -> Provenance:
        regions = {}
        for name, number in goals.items():
            region = walk.regions.get(number)
            regions[name] = (Region(self._shape_of(number)) if region is None else region, self._values.get(number))
        return of_regions(
            regions,
            exact=not walk.opaque,
            kind=kind,
            reason=_reason(walk, kind),
            batch="all" if walk.couplings else "same",
        )


def _reason(walk, kind) -> str:
    said = []
    if walk.opaque:
        said.append(f"{', '.join(walk.opaque)} does not say its links: all of its input is taken")
    elif kind == "structural":
        said.append("the links of all layers between, composed")
    else:
        said.append("links composed, and of each maximum the one that won")
    if walk.couplings:
        said.append(f"{', '.join(walk.couplings)} couples the samples of a batch in training")
    return "; ".join(said)
