"""Rows: what a summary says about each layer, as data.

Above: summary.py and classic.py lay rows out as tables.
Kept true: a model is known by what it offers (`layers`, `_operations`, `graph`), never by its class, which
           lives on a floor above.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pellucid.errors import ArgumentError, UnknownNameError


@dataclass(frozen=True)
class Row:
    """One layer or bare operation.

    Attributes:
        kind: the name of its class.
        level: how deep it lies in nested models; 0 for the model's own layers.
        shapes: its output's shape, or a structure of several; None if unknown.
        params: None before it is built.
        origins: where its inputs come from: (name, number of the call, number of the output).
        trains: whether training changes its weights; None if it has none.
        model_kind: "Sequential" or "Model" if it is a model, else None.
    """

    name: str
    kind: str
    level: int
    shapes: object
    params: int | None
    origins: tuple[tuple[str, int, int], ...]
    trains: bool | None
    model_kind: str | None


def rows(model, expand_nested: bool = False, layer_range=None) -> list[Row]:
    """A row for each layer that a summary lists, in its order.

    Raises:
        ArgumentError: `layer_range` is no pair of strings.
        UnknownNameError: no layer has a name that it asks for.
    """
    nodes = set(model.graph.nodes) if _is_graph(model) else set()
    found: list[Row] = []
    for layer in _between(_listed(model), layer_range):
        _add_rows(found, layer, 0, nodes, expand_nested)
    return found


def is_chain(model) -> bool:
    """Whether layers simply follow one another, so that nobody needs to be told what connects to what."""
    if not _is_graph(model):
        return True
    graph = model.graph
    operations = [node.operation for node in graph.nodes]
    return (
        len(set(graph.depths.values())) == len(graph.nodes)
        and all(len(node.input_tensors) <= 1 for node in graph.nodes)
        and len(set(map(id, operations))) == len(operations)
    )


def _is_graph(model) -> bool:
    return hasattr(model, "_operations")


def _listed(model) -> list:
    return model._operations if _is_graph(model) else model.layers


def _between(layers: list, layer_range) -> list:
    if layer_range is None:
        return layers
    if len(layer_range) != 2 or not all(isinstance(name, str) for name in layer_range):
        raise ArgumentError(
            "`layer_range` is the names of the first and the last layer to show.",
            got=repr(layer_range), expected="two strings", fix='layer_range=("conv2d", "flatten")',
        )  # fmt: skip
    firsts, lasts = ([k for k, layer in enumerate(layers) if re.match(name, layer.name)] for name in layer_range)
    if not firsts or not lasts:
        missing = layer_range[0] if not firsts else layer_range[1]
        raise UnknownNameError(
            f"No layer's name matches '{missing}'.", got=repr(layer_range),
            expected=", ".join(layer.name for layer in layers),
        )  # fmt: skip
    if min(firsts) <= max(lasts):
        return layers[min(firsts) : max(lasts) + 1]
    return layers[min(lasts) : max(firsts) + 1]


def _add_rows(found: list[Row], layer, level: int, nodes: set, expand_nested: bool):
    found.append(_row(layer, level, nodes))
    if expand_nested:
        for inner in getattr(layer, "layers", None) or ():
            _add_rows(found, inner, level + 1, nodes, expand_nested)


def _row(layer, level: int, nodes: set) -> Row:
    return Row(
        name=layer.name,
        kind=type(layer).__name__,
        level=level,
        shapes=_output_shapes(layer),
        params=_params(layer),
        origins=_origins(layer, nodes),
        trains=layer.trainable if getattr(layer, "weights", None) else None,
        model_kind=model_kind(layer),
    )


def _output_shapes(layer):
    """From its last symbolic call, else from the shapes it was built with, else None."""
    if layer._inbound_nodes:
        return _only([x.shape for x in layer._inbound_nodes[-1].output_tensors])
    shapes = getattr(layer, "_build_shapes_dict", None)
    if not shapes:
        return None
    try:
        return _told_shape(layer) or layer.compute_output_shape(**shapes)
    except NotImplementedError:
        return None


def _told_shape(layer):
    """What a nested model says; no layer has this property, but a user's may hold anything under the name."""
    return getattr(layer, "output_shape", None) if model_kind(layer) else None


def _only(shapes: list):
    return shapes[0] if len(shapes) == 1 else shapes


def _params(layer) -> int | None:
    if not hasattr(layer, "built"):
        return 0
    return layer.count_params() if layer.built else None


def _origins(layer, nodes: set) -> tuple[tuple[str, int, int], ...]:
    histories = [x._keras_history for node in layer._inbound_nodes if node in nodes for x in node.input_tensors]
    return tuple((h.operation.name, h.node_index, h.tensor_index) for h in histories)


def model_kind(layer) -> str | None:
    if not hasattr(layer, "summary"):
        return None
    return "Sequential" if any(cls.__name__ == "Sequential" for cls in type(layer).__mro__) else "Model"
