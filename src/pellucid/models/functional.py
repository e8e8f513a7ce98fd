"""Functional: a model made of the graph between symbolic inputs and outputs.

Below:  graph/graph.py finds the graph, engine/program.py runs it.
Beside: graph_config.py writes the graph into configs and reads it back; fitting.py brings what a user gives
        into the form of the inputs.
"""

from __future__ import annotations

import inspect
import warnings

from pellucid import nest
from pellucid.engine.program import Program
from pellucid.engine.train import Trainer
from pellucid.errors import ArgumentError, MissingAttributeError, UnsupportedError
from pellucid.graph.graph import Graph, is_input
from pellucid.graph.node import Node
from pellucid.graph.symbol import KerasTensor
from pellucid.layers.base import Layer
from pellucid.layers.input import Input, InputLayer
from pellucid.layers.input_spec import InputSpec
from pellucid.models import graph_config
from pellucid.models.fitting import fit_inputs
from pellucid.models.model import Model


class Functional(Model):
    """The model between some symbolic inputs and outputs.

    Args:
        inputs: symbolic tensors, or a list, tuple or dict of them; from `Input`, or from inside another graph.
        outputs: likewise; the inputs must lead to them.
        name, trainable: as for every layer.

    Raises:
        ArgumentError: something that is no symbolic tensor, or outputs that the inputs do not lead to.

    Source: keras.models.Functional, Keras 3.15.
    """

    def __init__(self, inputs, outputs, name=None, **kwargs):
        trainable = kwargs.pop("trainable", None)
        _check_symbols("inputs", inputs)
        _check_symbols("outputs", outputs)
        _check_names(inputs)
        Trainer.__init__(self)
        Layer.__init__(self, name=name, **kwargs)
        if not all(is_input(x) for x in nest.flatten(inputs)):
            inputs, outputs = _copy_graph(inputs, outputs)
        self._inputs_struct = nest.map_structure(lambda x: x, inputs)
        self._outputs_struct = nest.map_structure(lambda x: x, outputs)
        self._inputs, self._outputs = nest.flatten(inputs), nest.flatten(outputs)
        self.graph = Graph(self._inputs, self._outputs)
        self._operations = self.graph.operations
        self._program = Program(self.graph)
        self.output_names = [x._keras_history.operation.name for x in self._outputs]
        self._convert_input_args = False  # each input is cast to its own dtype, in `call`
        self._allow_non_tensor_positional_args = True
        if trainable is not None:
            self.trainable = trainable
        self._finish_build()

    def _finish_build(self):
        self.built = True  # and not locked: layers beside the graph may be set later

    def build(self, input_shape):
        """A functional model is built from the start."""

    @property
    def layers(self) -> list[Layer]:
        """The layers of the graph, inputs first."""
        return [operation for operation in self._operations if isinstance(operation, Layer)]

    @layers.setter
    def layers(self, _):
        raise MissingAttributeError("`layers` lists a model's layers and cannot be set.", fix="self.blocks = [...]")

    @property
    def operations(self) -> list:
        """Layers and operations of the graph."""
        return self._operations[:]

    @property
    def inputs(self) -> list[KerasTensor]:
        """Its symbolic inputs, flat."""
        return self._inputs

    @property
    def outputs(self) -> list[KerasTensor]:
        """Its symbolic outputs, flat."""
        return self._outputs

    @property
    def input(self):
        """Its symbolic inputs as they were given."""
        return self._inputs_struct

    @property
    def output(self):
        """Its symbolic outputs as they were given."""
        return self._outputs_struct

    @property
    def input_shape(self):
        """The shape of the input; a list where there are several."""
        return _only([x.shape for x in self._inputs])

    @property
    def output_shape(self):
        """The shape of the output; a list where there are several."""
        return _only([x.shape for x in self._outputs])

    def call(self, inputs, training=None, mask=None, **kwargs):
        """Run the graph's steps on values."""
        values = fit_inputs(self, inputs)
        if mask is not None:
            for x, m in zip(values, nest.flatten(mask), strict=True):
                if m is not None:
                    x._keras_mask = m
        outputs = self._program.run(values, training=training, **kwargs)
        return self._packed(outputs)

    def compute_output_spec(self, inputs, training=None, mask=None, **kwargs):
        """Symbols for what the graph gives for these."""
        flat = nest.flatten(inputs)
        if all(x is not None and x.shape == y.shape for x, y in zip(flat, self._inputs, strict=False)):
            outputs = [KerasTensor(x.shape, dtype=x.dtype) for x in self._outputs]
        else:
            values = fit_inputs(self, inputs)
            outputs = self._program.run(values, call=lambda op, *args, **kw: op.compute_output_spec(*args, **kw))
        return self._packed(outputs)

    def compute_output_shape(self, input_shape):
        """The shapes of the outputs for inputs of these shapes."""
        shapes = nest.map_shape_structure(lambda shape: KerasTensor(shape), input_shape)
        flat = [KerasTensor(x.shape, dtype=y.dtype) for x, y in zip(nest.flatten(shapes), self._inputs, strict=True)]
        spec = self.compute_output_spec(nest.pack_sequence_as(self._inputs_struct, flat))
        return nest.map_structure(lambda x: x.shape, spec)

    def _packed(self, outputs: list):
        packed = nest.pack_sequence_as(self._outputs_struct, outputs)
        return packed[0] if isinstance(packed, (list, tuple)) and len(packed) == 1 else packed

    def add_loss(self, loss):
        """Not for graphs: a layer inside may call `add_loss` in its own `call`."""
        raise UnsupportedError(
            "A functional model takes no `add_loss`.",
            fix="a layer whose call() says self.add_loss(...)",
            where=self.name,
        )

    @property
    def input_spec(self):
        """What each input must look like; the batch size is free. May be set."""
        if self.__dict__.get("_manual_input_spec") is not None:
            return self._manual_input_spec
        if not hasattr(self, "_inputs_struct"):
            return None
        if isinstance(self._inputs_struct, dict):
            if not all(isinstance(x, KerasTensor) for x in self._inputs_struct.values()):
                return None
            return [_spec(self._inputs_struct[key], key) for key in sorted(self._inputs_struct)]
        return [_spec(x) for x in self._inputs]

    @input_spec.setter
    def input_spec(self, value):
        self._manual_input_spec = value

    def get_config(self):
        if not is_functional_like(type(self)):
            return Model.get_config(self)
        return graph_config.write(self)


def _spec(x: KerasTensor, name: str | None = None) -> InputSpec:
    layer = x._keras_history.operation
    return InputSpec(
        shape=(None, *x.shape[1:]) if x.shape else (),
        allow_last_axis_squeeze=True,
        name=name or layer.name,
        optional=getattr(layer, "optional", False),
    )


def _only(shapes: list):
    return shapes[0] if len(shapes) == 1 else shapes


def _check_symbols(word: str, structure):
    flat = nest.flatten(structure)
    if not flat:
        raise ArgumentError(f"A model needs `{word}`.", got=repr(structure))
    for x in flat:
        if not isinstance(x, KerasTensor):
            raise ArgumentError(
                f"`{word}` of a model are symbolic tensors.",
                got=f"{x!r} ({type(x).__name__})",
                expected="what Input or a layer called on one gives",
                fix="inputs = Input(shape=...); Model(inputs, layer(inputs))",
            )
        if word == "inputs" and not hasattr(x, "_keras_history"):
            InputLayer(input_tensor=x, name=x.name)


def _check_names(inputs):
    if isinstance(inputs, dict):
        for key, x in inputs.items():
            if isinstance(x, KerasTensor) and key != x.name:
                warnings.warn(
                    f"The input under the key '{key}' is named '{x.name}'; data is matched by the key. "
                    f"Input(..., name='{key}') makes both agree.",
                    stacklevel=4,
                )


def _copy_graph(inputs, outputs):
    """The same calls on new symbols, beginning at new `Input`s where the inputs given lie inside another graph."""
    flat_inputs, flat_outputs = nest.flatten(inputs), nest.flatten(outputs)
    graph = Graph(flat_inputs, flat_outputs)
    copies: dict[int, KerasTensor] = {}
    for x in flat_inputs:
        copies[id(x)] = x if is_input(x) else Input(batch_shape=x.shape, dtype=x.dtype, name=f"{x.name}_inside")

    def copy(x):
        if not isinstance(x, KerasTensor):
            return x
        return copies.setdefault(id(x), KerasTensor(x.shape, dtype=x.dtype, name=f"{x.name}_copy"))

    for node in graph.nodes:
        if not node.is_input:
            args, kwargs = nest.map_structure(copy, (node.arguments.args, node.arguments.kwargs))
            Node(node.operation, args, kwargs, [copy(x) for x in node.outputs])
    return nest.map_structure(copy, inputs), nest.map_structure(copy, outputs)


def is_functional_like(cls: type) -> bool:
    """Whether a class is made from inputs and outputs, as Functional itself."""
    spec = inspect.getfullargspec(cls.__init__)
    return spec.args[1:] == ["inputs", "outputs", "name"] or (spec.varargs is not None and spec.varkw is not None)


def put_below(cls: type) -> type:
    """Put Functional in the place of Model among a subclass's parents: it called `super().__init__(inputs, outputs)`."""
    if cls is Model:
        return Functional
    if cls is not object and Functional not in cls.__mro__ and Model in cls.__mro__:
        cls.__bases__ = tuple(put_below(base) for base in cls.__bases__)
    return cls


functional_from_config = graph_config.read
