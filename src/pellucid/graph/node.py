"""Node: one call of an operation on symbolic tensors. Nodes and their tensors are the graph.

Above: engine/program.py orders nodes into steps; models/functional.py writes them into configs.
"""

from __future__ import annotations

from typing import NamedTuple

from pellucid import nest
from pellucid.errors import ArgumentError
from pellucid.graph.symbol import KerasTensor


class KerasHistory(NamedTuple):
    """Where a symbolic tensor comes from: the k-th output of the n-th call of an operation."""

    operation: object
    node_index: int
    tensor_index: int


class Arguments:
    """The arguments of one call, and the symbolic tensors among them."""

    def __init__(self, *args, **kwargs):
        self.args = nest.map_structure(lambda x: x, args)
        self.kwargs = nest.map_structure(lambda x: x, kwargs)
        self.keras_tensors = [x for x in nest.flatten((self.args, self.kwargs)) if isinstance(x, KerasTensor)]
        # Most layers take one tensor and nothing else; then there is no structure to walk.
        self.is_single = len(args) == 1 and not kwargs and isinstance(args[0], KerasTensor)

    def fill_in(self, tensor_dict: dict) -> tuple[tuple, dict]:
        """The arguments with each symbolic tensor replaced by ``tensor_dict[id(tensor)]``, where there is one."""
        if self.is_single:
            return (tensor_dict[id(self.keras_tensors[0])],), {}

        def fill(x):
            return tensor_dict.get(id(x), x) if isinstance(x, KerasTensor) else x

        return nest.map_structure(fill, self.args), nest.map_structure(fill, self.kwargs)


class Node:
    """One call of an operation on symbolic tensors.

    Args:
        operation: what was called.
        call_args, call_kwargs: its arguments.
        outputs: the symbolic tensors it gave, in any structure.

    Raises:
        ArgumentError: something in `outputs` is no symbolic tensor.
    """

    def __init__(self, operation, call_args=(), call_kwargs=None, outputs=None):
        self.operation = operation
        self.arguments = Arguments(*call_args, **(call_kwargs or {}))
        self.outputs = [] if outputs is None else nest.flatten(outputs)
        for x in self.outputs:
            if not isinstance(x, KerasTensor):
                raise ArgumentError(
                    f"{operation} was called on symbolic tensors and gave something else.",
                    got=repr(x),
                    expected="symbolic tensors only",
                )
        self.is_input = not self.arguments.keras_tensors
        self._wire()

    def _wire(self):
        self.operation._inbound_nodes.append(self)
        if not all(x.record_history for x in self.arguments.keras_tensors):
            return
        for x in self.arguments.keras_tensors:
            if not hasattr(x, "_keras_history"):
                x._keras_history = KerasHistory(None, 0, 0)
            if x._keras_history.operation is not None:
                x._keras_history.operation._outbound_nodes.append(self)
        index = len(self.operation._inbound_nodes) - 1
        for k, x in enumerate(self.outputs):
            x._keras_history = KerasHistory(self.operation, index, k)

    @property
    def input_tensors(self) -> list:
        """The symbolic tensors it was called on."""
        return self.arguments.keras_tensors

    @property
    def output_tensors(self) -> list:
        """The symbolic tensors it gave."""
        return self.outputs

    @property
    def parent_nodes(self) -> list[Node]:
        """The calls whose outputs it was called on."""
        histories = [x._keras_history for x in self.input_tensors]
        return [h.operation._inbound_nodes[h.node_index] for h in histories if h.operation is not None]

    def __repr__(self):
        return f"<Node operation={self.operation.name}>"
