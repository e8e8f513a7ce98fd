"""Tracing: from a model, a layer or a shape to its trace.

Below:  sites.py lists the calls, trace.py holds what came out.
Above:  the door `pellucid.trace`, and report/.
"""

from __future__ import annotations

from typing import TypeVar

import torch

from pellucid import nest
from pellucid.errors import ArgumentTypeError, ShapeError, StateError
from pellucid.graph.inference import compute_output_spec
from pellucid.graph.symbol import KerasTensor
from pellucid.graph.values import convert_to_tensor
from pellucid.layers.reshaping import Flatten
from pellucid.xray import recording, sites
from pellucid.xray.sites import Sites
from pellucid.xray.trace import Trace

T = TypeVar("T", bound=Trace)


def trace(
    model,
    x=None,
    *,
    training: bool = False,
    layers=None,
    values: str = "auto",
    max_bytes: float | None = 64e6,
    kind: type[T] = Trace,  # type: ignore[assignment]  # a default for a type variable
) -> T:
    """Follow a model's values, of one run or without any.

    Args:
        model: a model with a graph, a layer that knows its input's shape, or a shape without the batch axis, for what
            Flatten does to it.
        x: input values, batch first; None for shapes and rules alone.
        training: whether layers behave as in training.
        layers: names or paths of the layers whose values are kept; all if None.
        values: "auto" keeps what fits into `max_bytes`, "all" everything, "none" nothing but shapes.
        max_bytes: bytes of values to keep at most.
        kind: the class of what comes out, where somebody adds to it.

    Raises:
        StateError: the model has no graph yet, or the layer does not know its input's shape.
        ShapeError: values that do not fit.
        ArgumentTypeError: neither a model nor a layer nor a shape.
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
    made = kind(model, found, training)
    if x is not None:
        made.run(x, wanted, None if values == "all" else max_bytes)
    return made


def _plain(x, shape):
    """The values, or where there are none the whole shape."""
    if x is None:
        return (None, *shape)
    values = convert_to_tensor(x)
    pairs = zip(values.shape[1:], shape, strict=False)
    if values.ndim != len(shape) + 1 or any(known not in (None, n) for n, known in pairs):
        raise ShapeError(
            "The values are not of the shape that was asked about.",
            got=tuple(values.shape),
            expected=("batch", *shape),
        )
    return values


def _sites_of(model, x) -> Sites:
    if x is not None and hasattr(model, "layers") and not sites.is_walked(model):
        with torch.no_grad():
            model(x)  # a stack of layers makes its graph at the first call
    if sites.is_walked(model):
        return sites.of_model(model)
    if x is not None and hasattr(model, "name") and callable(model):
        shapes = [(None, *tuple(value.shape)[1:]) for value in map(convert_to_tensor, nest.flatten(x))]
    else:
        shapes = _noted_shapes(model)
    return sites.of_layer(model, shapes, _output_shapes(model, shapes))


def _noted_shapes(layer) -> list:
    if not hasattr(layer, "name") or not callable(layer):
        raise ArgumentTypeError(
            "There is nothing to follow in this.", got=f"{type(layer).__name__} {layer!r:.60}",
            expected="a model, a layer, or a shape such as (3, 2, 4)",
        )  # fmt: skip
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
