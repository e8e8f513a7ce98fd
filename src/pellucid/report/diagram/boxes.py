"""Boxes: what a picture of a model says about each layer, and which layer feeds which, as data.

Below:  rows.py knows kinds of models.
Above:  layout.py gives boxes their places; dot.py writes them for other programs.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pellucid import nest
from pellucid.errors import OrderError
from pellucid.report.rows import model_kind


@dataclass(frozen=True)
class Shown:
    """What is told of a layer, in Keras's words."""

    show_shapes: bool = False
    show_dtype: bool = False
    show_layer_names: bool = True
    show_layer_activations: bool = False
    show_trainable: bool = False
    expand_nested: bool = False


@dataclass(frozen=True)
class Cell:
    """A fact: what it is about, and what it is. `tone` is "yes" or "no" for facts that one looks for."""

    label: str
    value: str
    tone: str = "plain"


@dataclass(frozen=True)
class Box:
    """A layer.

    Args:
        rows: facts below the title; those of a row stand side by side.
        inner: for a model that is drawn as what it holds.
    """

    title: str
    rows: tuple[tuple[Cell, ...], ...] = ()
    inner: Diagram | None = None


@dataclass(frozen=True)
class Diagram:
    """Boxes, and arrows as pairs of their numbers."""

    name: str
    boxes: tuple[Box, ...]
    edges: tuple[tuple[int, int], ...] = field(default=())


def diagram_of(model, shown: Shown) -> Diagram:
    """The layers of a model, and what feeds what; a single box for a model that does not say how it computes.

    Raises:
        OrderError: the model is not built.
    """
    if not model.built:
        raise OrderError(
            "A model is drawn when it is built.", got=repr(model), fix="model.build(input_shape), or call it on data"
        )
    if model_kind(model) == "Sequential":
        layers = list(model.layers)
        edges = [(k, k + 1) for k in range(len(layers) - 1)]
    elif hasattr(model, "graph"):
        layers = list(model.graph.operations)
        edges = _edges(model.graph, {id(layer): k for k, layer in enumerate(layers)})
    else:
        layers, edges = [model], []
    return Diagram(model.name, tuple(_box(layer, shown, layer is model) for layer in layers), tuple(edges))


def _edges(graph, number_of: dict[int, int]) -> list[tuple[int, int]]:
    found = {}
    for node in graph.nodes:
        for x in node.input_tensors:
            source = number_of.get(id(x._keras_history.operation))
            if source is not None:
                found[source, number_of[id(node.operation)]] = None
    return list(found)


def _box(layer, shown: Shown, is_whole: bool) -> Box:
    kind = type(layer).__name__
    title = f"{layer.name} ({kind})" if shown.show_layer_names else kind
    can_open = hasattr(layer, "graph") or model_kind(layer) == "Sequential"
    if shown.expand_nested and not is_whole and can_open and layer.built:
        return Box(title, inner=diagram_of(layer, shown))
    activation = getattr(layer, "activation", None) if shown.show_layer_activations else None
    first = () if activation is None else (Cell("Activation", _name(activation)),)
    return Box(title, tuple(row for row in (first, _facts(layer, kind, shown)) if row))


def _name(activation) -> str:
    return getattr(activation, "name", None) or getattr(activation, "__name__", None) or str(activation)


def _facts(layer, kind: str, shown: Shown) -> tuple[Cell, ...]:
    facts = []
    if shown.show_shapes:
        if kind != "InputLayer":
            facts.append(Cell("Input shape", _told(layer, "input", "shape")))
        facts.append(Cell("Output shape", _told(layer, "output", "shape")))
    if shown.show_dtype:
        facts.append(Cell("Output dtype", _told(layer, "output", "dtype")))
    if shown.show_trainable and getattr(layer, "weights", None):
        facts.append(Cell("", "Trainable", "yes") if layer.trainable else Cell("", "Non-trainable", "no"))
    return tuple(facts)


def _told(layer, side: str, fact: str) -> str:
    try:
        told = nest.map_structure(lambda x: getattr(x, fact), getattr(layer, side))
    except (ValueError, AttributeError):
        return "?"  # it has not been called, or more than once
    return ", ".join(f"{key}: {one}" for key, one in told.items()) if isinstance(told, dict) else str(told)
