"""Sites: a model as the calls of its layers in running order, nested models walked through.

Below:  graph/ has the nodes, linking.py the link of each call.
Above:  trace.py follows values along sites.
Kept true: values are numbered as they come; a nested model adds nothing but a path in front of its layers' names.
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pellucid import axes, nest, settings
from pellucid.graph.node import Arguments
from pellucid.graph.symbol import KerasTensor
from pellucid.links import Each, Link
from pellucid.xray import linking


@dataclass(eq=False)
class Site:
    """One call of one layer.

    Attributes:
        path: names from the outermost model's layer inwards; ``@1`` marks the second call of a layer.
        layer: what is called.
        reads, writes: numbers of the values that go in and come out.
        input_shapes, output_shapes: with the batch axis; None for unknown sizes.
        arguments: of the call; None for an input and for a layer that stands alone.
    """

    path: str
    layer: Any
    reads: tuple[int, ...]
    writes: tuple[int, ...]
    input_shapes: list
    output_shapes: list
    arguments: Arguments | None = None
    is_input: bool = False
    _links: dict[tuple[bool, int], Link | None] = field(default_factory=dict, repr=False)

    @property
    def kind(self) -> str:
        """The name of what is called, as a user knows it."""
        return "Input" if self.is_input else type(self.layer).__name__

    def link(self, training: bool = False, k: int = 0) -> Link | None:
        """Which places of the inputs feed a place of output number `k`; None where nobody knows."""
        # Asked at each step of each walk; layers do not change what they are once they are called.
        if (training, k) not in self._links:
            self._links[training, k] = linking.link_of(self, training, k)
        return self._links[training, k]

    def take_shapes(self, input_shapes: list, output_shapes: list) -> None:
        """Sizes that only a run could tell."""
        self.input_shapes, self.output_shapes = input_shapes, output_shapes
        self._links.clear()

    def roles(self) -> list[tuple[str, int]]:
        """For each read the argument that it is, and its number within that; `("", k)` where nobody knows."""
        if self.arguments is None:
            return [("", k) for k in range(len(self.reads))]
        waiting: dict[int, list[tuple[str, int]]] = {}
        for word, value in self.words().items():
            for k, leaf in enumerate(nest.flatten(value)):
                waiting.setdefault(id(leaf), []).append((word, k))
        return [(waiting.get(id(x)) or [("", k)]).pop(0) for k, x in enumerate(self.arguments.keras_tensors)]

    def each_read(self, of: Callable[[str, int, int], Link | None]) -> Link | None:
        """A link for each read, from the argument that it is, its number within that, and its rank.

        None where one is not told.
        """
        pairs = zip(self.roles(), self.input_shapes, strict=True)
        found = [of(word, number, len(shape) - 1) for (word, number), shape in pairs]
        return None if any(link is None for link in found) else Each(tuple(one for one in found if one is not None))

    def words(self) -> dict[str, Any]:
        """The arguments of the call by name, those left out left out."""
        assert self.arguments is not None  # who asks has looked
        call = inspect.signature(type(self.layer).call)
        bound = call.bind(self.layer, *self.arguments.args, **self.arguments.kwargs).arguments
        return dict(list(bound.items())[1:])

    def reads_of(self, words: tuple[str, ...]) -> dict[str, int]:
        """Which read each named argument of the call is; in turn where the layer stands alone.

        Args:
            words: the names of the positional arguments.
        """
        if self.arguments is None:
            return {word: k for k, word in enumerate(words) if k < len(self.reads)}
        named = {**dict(zip(words, self.arguments.args, strict=False)), **self.arguments.kwargs}
        numbers = {id(x): k for k, x in reversed(list(enumerate(self.arguments.keras_tensors)))}
        return {word: numbers[id(x)] for word, x in named.items() if id(x) in numbers}

    def called_with(self, values: dict) -> tuple[tuple, dict]:
        """The arguments of the call, with the first sample of a run in the place of symbols.

        Args:
            values: of the run, by number; those that it reads are there.
        """
        read = [values[number][:1] for number in self.reads]
        if self.arguments is None:
            return tuple(read), {}
        symbols = self.arguments.keras_tensors
        return self.arguments.fill_in({id(x): one for x, one in zip(symbols, read, strict=True)})


@dataclass
class Sites:
    """All sites of a model.

    Attributes:
        sites: in running order.
        inputs, outputs: names, and the numbers of their values.
        groups: for each nested model's path, the numbers of the values that it gives.
        size: how many values there are.
    """

    sites: list[Site] = field(default_factory=list)
    inputs: dict[str, int] = field(default_factory=dict)
    outputs: list[int] = field(default_factory=list)
    groups: dict[str, list[int]] = field(default_factory=dict)
    shapes: list = field(default_factory=list)

    def new(self, shape) -> int:
        """Number the next value."""
        self.shapes.append(tuple(shape))
        return len(self.shapes) - 1


def of_model(model, input_shapes=None) -> Sites:
    """The sites of a model with a graph.

    Args:
        input_shapes: with the batch axis, one for each input; as the model was made if None.
    """
    found = Sites()
    graph = model.graph
    for k, symbol in enumerate(graph.inputs):
        shape = symbol.shape if input_shapes is None else (symbol.shape[0], *tuple(input_shapes[k])[1:])
        number = found.new(shape)
        layer = symbol._keras_history.operation
        found.inputs[layer.name] = number
        found.sites.append(Site(layer.name, layer, (), (number,), [], [tuple(shape)], is_input=True))
    found.outputs = _walk(found, graph, "", list(found.inputs.values()))
    return found


def of_layer(layer, input_shapes: list, output_shapes: list) -> Sites:
    """A layer that stands alone, between an input and its output."""
    found = Sites()
    for k, shape in enumerate(input_shapes):
        name = f"input_{k}" if k else "input"
        found.inputs[name] = found.new(shape)
        found.sites.append(Site(name, None, (), (k,), [], [tuple(shape)], is_input=True))
    found.outputs = [found.new(shape) for shape in output_shapes]
    reads = tuple(found.inputs.values())
    found.sites.append(
        Site(layer.name, layer, reads, tuple(found.outputs), list(map(tuple, input_shapes)), found.shapes[len(reads) :])
    )
    return found


def is_walked(operation) -> bool:
    """Whether a call of this is followed inside: it is a model with a graph."""
    return getattr(operation, "graph", None) is not None


def _walk(found: Sites, graph, prefix: str, given: list[int]) -> list[int]:
    number_of = {id(symbol): number for symbol, number in zip(graph.inputs, given, strict=True)}
    calls: Counter = Counter()
    for node in graph.nodes:
        if node.is_input:
            continue
        operation = node.operation
        path = prefix + operation.name + (f"@{calls[operation]}" if calls[operation] else "")
        calls[operation] += 1
        reads = [number_of[id(x)] for x in node.input_tensors]
        if is_walked(operation) and len(operation.graph.inputs) == len(reads):
            writes = found.groups[path] = _walk(found, operation.graph, path + "/", reads)
        else:
            writes = _add(found, path, node, reads)
        number_of |= {id(x): number for x, number in zip(node.outputs, writes, strict=True)}
    return [number_of[id(x)] for x in graph.outputs]


def _add(found: Sites, path: str, node, reads: list[int]) -> list[int]:
    shapes = [found.shapes[number] for number in reads]
    outputs = [x.shape for x in node.outputs]
    if shapes != [x.shape for x in node.input_tensors]:  # other sizes than when the graph was made
        outputs = _shapes_for(node, shapes)
    writes = [found.new(shape) for shape in outputs]
    site = Site(path, node.operation, tuple(reads), tuple(writes), shapes, list(map(tuple, outputs)), node.arguments)
    found.sites.append(site)
    return writes


def _shapes_for(node, shapes) -> list:
    symbols = {
        id(x): KerasTensor(shape, dtype=x.dtype, record_history=False)
        for x, shape in zip(node.input_tensors, shapes, strict=True)
    }
    args, kwargs = node.arguments.fill_in(symbols)
    return [x.shape for x in nest.flatten(node.operation.compute_output_spec(*args, **kwargs))]


# ---- what a site is like


def axis_names(layer, shape, data_format: str | None = None) -> tuple[str, ...]:
    """The names of a value's axes, batch first, as the layer reads them.

    Args:
        data_format: where the channels lie; as is usual if None.
    """
    if len(shape) == 2:
        return ("batch", "flat" if type(layer).__name__ == "Flatten" else "features")
    rank = len(shape) - 2
    if rank == 1 and not hasattr(layer, "data_format") and data_format != "channels_first":
        return ("batch", "steps", "features")
    if rank in axes.SPATIAL:
        return axes.layout(rank, data_format or settings.image_data_format())
    return ("batch", *(f"axis{k}" for k in range(1, len(shape))))
