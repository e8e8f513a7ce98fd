"""The walk over a model's graph: each call of a layer is lowered by its rule.

Below:  rules.py has the table, site.py makes operations.
Above:  to_torch and to_onnx.
"""

from __future__ import annotations

import inspect

from pellucid import nest
from pellucid.convert.flow import Flow, Op, Value
from pellucid.convert.lowering.rules import FUNCTIONS, LAYERS, TAKES_WHOLE
from pellucid.convert.lowering.site import Site
from pellucid.convert.lowering.tracing import traced
from pellucid.convert.tidying import tidy
from pellucid.dtypes import is_float_dtype
from pellucid.errors import ArgumentTypeError, OrderError, UnsupportedError
from pellucid.graph.operation import FunctionOperation
from pellucid.graph.symbol import KerasTensor
from pellucid.models.model import Model


def lowered(model) -> Flow:
    """What a model computes, as a flow.

    Raises:
        ArgumentTypeError: no model of ours.
        OrderError: it is not built.
        UnsupportedError: a layer has no counterpart; it is named, and the reason.
    """
    if not isinstance(model, Model):
        raise ArgumentTypeError("A model is converted.", got=repr(model), fix="Sequential([layer])")
    return _Walk(model, model.name, "").flow


class _Walk:
    """One model, lowered node by node."""

    def __init__(self, model, name: str, owner: str):
        graph = _graph_of(model)
        self.owner = owner
        self.values: dict[int, Value] = {}
        inputs = [self._input(x) for x in graph.inputs]
        self.flow = Flow(name, inputs, [])
        for node in graph.nodes:
            if not node.is_input:
                self._lower(node)
        self.flow.outputs = [self._output(x, at) for at, x in enumerate(graph.outputs)]
        tidy(self.flow)

    def _input(self, x: KerasTensor) -> Value:
        value = Value((None, *x.shape[1:]), x.dtype, name=x._keras_history.operation.name)
        self.values[id(x)] = value
        return value

    def _output(self, x: KerasTensor, at: int) -> Value:
        value = self.values[id(x)]
        taken = value in self.flow.inputs or value in self.flow.outputs
        if taken or not value.batched:  # each output is a value of its own
            output = Value(value.shape, value.dtype, value.batched)
            self.flow.ops.append(Op("identity", (value,), (output,), layer=f"output_{at}"))
            value = output
        value.name = x._keras_history.operation.name
        self.flow.outputs.append(value)
        return value

    def _lower(self, node):
        operation = node.operation
        site = self._site(operation)
        args, kwargs = nest.map_structure(self._value_of, (node.arguments.args, node.arguments.kwargs))
        kwargs = {word: value for word, value in kwargs.items() if value is not None and word != "training"}
        if not isinstance(operation, FunctionOperation):
            args, kwargs = _as_computed(site, node, args, kwargs)
        outputs = _applied(site, operation, args, kwargs)
        for symbol, value in zip(node.outputs, nest.flatten(outputs), strict=True):
            self.values[id(symbol)] = value

    def _site(self, operation) -> Site:
        owner = f"{self.owner}/{operation.name}" if self.owner else operation.name
        return Site(self.flow, operation, operation.name, owner, _applied)

    def _value_of(self, x):
        return self.values[id(x)] if isinstance(x, KerasTensor) else x


def _applied(site: Site, operation, args, kwargs):
    """What a layer, a function or a model inside gives, by its rule."""
    rule = LAYERS.get(type(operation))
    first: tuple = (operation,)
    if isinstance(operation, FunctionOperation):
        rule, first = FUNCTIONS.get(type(operation).__name__), ()
        kwargs = {**operation.arguments, **kwargs}
    elif isinstance(operation, Model):
        rule = _network
    else:
        _check_numbers(site, operation)
    if rule is None:
        rule, first = traced, (operation,)
    _check_call(site, rule, first, args, kwargs)
    return rule(site, *first, *args, **kwargs)


def _check_call(site, rule, first, args, kwargs):
    try:
        inspect.signature(rule).bind(site, *first, *args, **kwargs)
    except TypeError:
        reason = "it is called in a way that no counterpart has"
        if any(word.endswith("mask") for word in kwargs):
            reason = "a mask reaches it, and its counterparts know none"
        raise site.refuse(reason, got=", ".join([f"{len(args)} inputs", *kwargs])) from None


def _network(site: Site, model, *inputs, **kwargs):
    """A model inside a model stays a network of its own."""
    flow = _Walk(model, site.name, site.owner).flow
    given = nest.flatten(inputs)
    outputs = [Value(y.shape, y.dtype, y.batched) for y in flow.outputs]
    return site.emit_several("network", *given, outputs=outputs, flow=flow)


def _check_numbers(site: Site, layer):
    if getattr(layer, "quantization_mode", None) is not None:
        raise site.refuse("its weights are quantized", got=layer.quantization_mode, fix="convert before quantize()")
    if layer.compute_dtype != layer.variable_dtype:
        raise site.refuse(
            "it computes in another dtype than its weights have",
            got=f"{layer.variable_dtype} weights, {layer.compute_dtype} arithmetic",
            fix='a model with dtype="float32"',
        )


def _as_computed(site: Site, node, args, kwargs):
    """Inputs in the dtype that the layer computes in."""
    layer = site.layer
    to_float = type(layer) not in TAKES_WHOLE and all(is_float_dtype(y.dtype) for y in node.outputs)

    def convert(x):
        if not isinstance(x, Value) or x.dtype == "bool":
            return x
        if is_float_dtype(x.dtype):
            return site.cast(x, layer.compute_dtype) if layer.autocast else x
        return site.cast(x, layer.compute_dtype) if to_float else x

    return nest.map_structure(convert, (args, kwargs))


def _graph_of(model):
    inner = getattr(model, "_functional", None) or model
    graph = getattr(inner, "graph", None) if "graph" in getattr(inner, "__dict__", {}) else None
    if graph is not None:
        return graph
    if not model.built:
        raise OrderError(
            f"The model '{model.name}' is not built: nobody knows its input's shape.",
            fix="model.build((None, ...)), or begin with Input(shape=...)",
        )
    raise UnsupportedError(
        f"'{model.name}' ({type(model).__name__}) computes in a `call` of its own, which says nothing of its layers.",
        fix="Model(inputs, outputs), so that there is a graph",
    )
