"""Function: the graph between symbolic inputs and outputs as one operation, without weights of its own.

Below: program.py runs the steps.
"""

from __future__ import annotations

from pellucid import nest
from pellucid.engine.program import Program
from pellucid.errors import ArgumentError, ShapeError
from pellucid.graph.graph import Graph
from pellucid.graph.node import KerasHistory
from pellucid.graph.operation import Operation
from pellucid.graph.symbol import KerasTensor


class Function(Operation):
    """What leads from some symbolic tensors to others, to be run on other values or symbols.

    Args:
        inputs, outputs: symbolic tensors, or lists, tuples or dicts of them.
        name: made up if None.

    Raises:
        ArgumentError: nothing given, or outputs that the inputs do not lead to.

    Source: keras.Function, Keras 3.15.
    """

    def __init__(self, inputs, outputs, name=None):
        super().__init__(name=name)
        self._inputs_struct = nest.map_structure(lambda x: x, inputs)
        self._outputs_struct = nest.map_structure(lambda x: x, outputs)
        self._inputs, self._outputs = nest.flatten(inputs), nest.flatten(outputs)
        for word, tensors in (("inputs", self._inputs), ("outputs", self._outputs)):
            if not tensors:
                raise ArgumentError(f"A Function needs {word}.", got=f"no {word}")
        for x in self._inputs:
            if not hasattr(x, "_keras_history"):
                x._keras_history = KerasHistory(None, 0, 0)
        self.graph = Graph(self._inputs, self._outputs)
        self._program = Program(self.graph)

    @property
    def operations(self) -> list[Operation]:
        """What is called on the way, each once."""
        return self.graph.operations[:]

    @property
    def inputs(self) -> list[KerasTensor]:
        """Its symbolic inputs, flat."""
        return self._inputs

    @property
    def outputs(self) -> list[KerasTensor]:
        """Its symbolic outputs, flat."""
        return self._outputs

    def call(self, inputs):
        """The outputs for these values."""
        self._check(inputs)
        return nest.pack_sequence_as(self._outputs_struct, self._program.run(nest.flatten(inputs)))

    def compute_output_spec(self, inputs):
        """Symbols for what it would give."""
        self._check(inputs)
        outputs = self._program.run(
            nest.flatten(inputs), call=lambda op, *args, **kw: op.compute_output_spec(*args, **kw)
        )
        return nest.pack_sequence_as(self._outputs_struct, outputs)

    def compute_output_shape(self, input_shape):
        """The shapes of the outputs for inputs of these shapes."""
        symbols = nest.map_shape_structure(KerasTensor, input_shape)
        return nest.map_structure(lambda x: x.shape, self.compute_output_spec(symbols))

    def _check(self, inputs):
        try:
            nest.assert_same_structure(self._inputs_struct, inputs)
        except ValueError as error:
            raise ArgumentError(
                f"'{self.name}' takes inputs of another form.",
                got=repr(inputs)[:200],
                expected=repr(nest.map_structure(lambda x: x.shape, self._inputs_struct)),
            ) from error
        for x, symbol in zip(nest.flatten(inputs), self._inputs, strict=True):
            sizes = zip(x.shape, symbol.shape, strict=False)
            if len(x.shape) != len(symbol.shape) or any(None not in pair and pair[0] != pair[1] for pair in sizes):
                raise ShapeError(
                    f"'{self.name}' cannot take this as '{symbol.name}'.", got=tuple(x.shape), expected=symbol.shape
                )
