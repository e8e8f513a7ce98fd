"""Graph: the nodes between some inputs and some outputs, in an order in which they can run.

Below:  node.py; each symbolic tensor knows the node that gave it.
Above:  engine/program.py makes steps of it; models/functional.py writes it into configs.
Kept true: operations stand in Keras's order, far from the outputs first, then as met on the way from the
           outputs back, so that summaries, weights and files list layers alike.
"""

from __future__ import annotations

from pellucid.errors import ArgumentError
from pellucid.graph.node import Node
from pellucid.graph.symbol import KerasTensor


class Graph:
    """What lies between `inputs` and `outputs`.

    Args:
        inputs, outputs: flat lists of symbolic tensors.

    Attributes:
        nodes: the calls, in running order.
        operations: what is called, each once.
        depths: for each node, how many calls lie between it and the outputs at most.

    Raises:
        ArgumentError: an output that the inputs do not lead to, or two operations of one name.
    """

    def __init__(self, inputs: list[KerasTensor], outputs: list[KerasTensor]):
        self.inputs, self.outputs = inputs, outputs
        finished, first_met = _walk_back(inputs, outputs)
        self.depths = _depths(finished)
        self._add_unused_inputs(first_met)
        depth_of: dict[object, int] = {}
        for node, depth in self.depths.items():
            depth_of[node.operation] = max(depth, depth_of.get(node.operation, 0))
        self.operations = sorted(depth_of, key=lambda op: (-depth_of[op], first_met[op]))
        self.nodes = sorted(self.depths, key=lambda node: -self.depths[node])
        self._check_connected()
        self._check_names()

    def _add_unused_inputs(self, first_met):
        """An input that no output needs is part of the model all the same."""
        for x in self.inputs:
            operation, index, _ = x._keras_history
            if operation is not None and operation not in first_met and operation._inbound_nodes[index].is_input:
                first_met[operation] = -1
                self.depths[operation._inbound_nodes[index]] = 0

    def _check_connected(self):
        known = {id(x) for x in self.inputs}
        passed = []
        for node in self.nodes:
            for x in node.input_tensors:
                if id(x) not in known:
                    raise ArgumentError(
                        f"The inputs do not lead to '{node.operation.name}'.",
                        got=f"'{node.operation.name}' needs '{x.name}' {x.shape}, which no given input leads to",
                        expected="inputs that lead there" + (f", as they do to {', '.join(passed)}" if passed else ""),
                        fix="Model(inputs=[every Input that the outputs need], outputs=...)",
                    )
            if node.is_input and not any(id(x) in known for x in node.outputs):
                continue  # an Input that was not given: whatever needs it is told above
            passed.append(node.operation.name)
            known.update(id(x) for x in node.outputs)
        for x in self.outputs:
            if id(x) not in known:
                raise ArgumentError(
                    "An output does not depend on the inputs.",
                    got=repr(x),
                    fix="Model(inputs, outputs) with the Input it came from",
                )

    def _check_names(self):
        by_name: dict[str, object] = {}
        for operation in self.operations:
            if by_name.setdefault(operation.name, operation) is not operation:
                raise ArgumentError(
                    f"Two layers of the model are named '{operation.name}'.",
                    got=f"{by_name[operation.name]!r} and {operation!r}",
                    expected="one name for one layer",
                    fix=f'name="{operation.name}_2"',
                )


def _walk_back(inputs, outputs) -> tuple[list[Node], dict]:
    """Nodes from inputs to outputs, and for each operation when the walk from the outputs first met it."""
    given = {id(x) for x in inputs}
    finished: dict[Node, None] = {}
    open_nodes: set[Node] = set()
    first_met: dict[object, int] = {}
    stack: list[tuple[KerasTensor | None, Node | None]] = [(x, None) for x in reversed(outputs)]
    while stack:
        tensor, leaving = stack.pop()
        if leaving is not None:
            open_nodes.discard(leaving)
            finished[leaving] = None
            continue
        assert tensor is not None
        operation, index, _ = tensor._keras_history
        if operation is None:
            continue
        node = operation._inbound_nodes[index]
        if node in finished or (not node.is_input and id(tensor) in given):
            continue
        if node in open_nodes:
            raise ArgumentError(f"The graph runs in a circle through '{operation.name}'.", got=repr(tensor))
        first_met.setdefault(operation, len(first_met))
        open_nodes.add(node)
        stack.append((None, node))
        stack += [(x, None) for x in reversed(node.input_tensors)]
    return list(finished), first_met


def _depths(nodes: list[Node]) -> dict[Node, int]:
    """Calls between each node and the outputs, at most; all calls of one operation count as the farthest so far."""
    inside = set(nodes)
    depths: dict[Node, int] = {}
    farthest: dict[object, int] = {}
    for node in reversed(nodes):
        depth = max(depths.get(node, 0), farthest.get(node.operation, 0))
        depths[node] = farthest[node.operation] = depth
        for parent in node.parent_nodes:
            if parent in inside:
                depths[parent] = max(depth + 1, depths.get(parent, 0))
    return depths


def is_input(x: KerasTensor) -> bool:
    """Whether a symbolic tensor comes straight from an `Input`."""
    operation, index, _ = x._keras_history
    return operation is None or operation._inbound_nodes[index].is_input


def source_inputs(tensor):
    """The symbolic tensors of the `Input` layers that lead to `tensor`, each once, as met on the way back.

    What is not symbolic is given back as it is.
    """
    if not isinstance(tensor, KerasTensor):
        return tensor
    found: dict[int, KerasTensor] = {}
    seen: set[int] = set()
    stack = [tensor]
    while stack:
        one = stack.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        operation, index, _ = one._keras_history
        node = operation._inbound_nodes[index] if operation is not None else None
        if node is None or node.is_input:
            found.update((id(x), x) for x in (node.outputs if node else [one]))
        else:
            stack += reversed(node.input_tensors)
    return list(found.values())
