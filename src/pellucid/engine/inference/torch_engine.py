"""A tape run by PyTorch: what depends on weights alone is computed once, and moves of axes that undo each other go.

Below: tape.py.
"""

from __future__ import annotations

import torch

from pellucid.engine.inference.tape import Tape

PERMUTE = torch.ops.aten.permute.default


class TorchEngine:
    """Runs a tape without the model's Python. Inputs and outputs are tensors."""

    name = "PyTorch"

    def __init__(self, tape: Tape):
        graph = _copied(tape.graph)
        _fold_constants(graph)
        _drop_undone_permutes(graph.graph)
        graph.graph.eliminate_dead_code()
        graph.recompile()
        self._run = graph.forward

    def __call__(self, *inputs: torch.Tensor) -> list[torch.Tensor]:
        """The outputs, flat."""
        return self._run(*inputs)


def _copied(graph: torch.fx.GraphModule) -> torch.fx.GraphModule:
    names = {node.target: getattr(graph, node.target) for node in graph.graph.nodes if node.op == "get_attr"}
    new = torch.fx.Graph()
    new.output(new.graph_copy(graph.graph, {}))
    return torch.fx.GraphModule(names, new)


def _fold_constants(graph: torch.fx.GraphModule) -> None:
    """Operations on weights alone become weights."""
    known = {node: getattr(graph, node.target) for node in graph.graph.nodes if node.op == "get_attr"}
    for node in list(graph.graph.nodes):
        if node.op != "call_function" or not node.all_input_nodes or _writes(node):
            continue
        if all(source in known for source in node.all_input_nodes) and not _is_written(node):
            with torch.no_grad():
                args, kwargs = torch.fx.node.map_arg((node.args, node.kwargs), known.__getitem__)
                known[node] = node.target(*args, **kwargs)
    for at, (node, value) in enumerate(known.items()):
        if node.op == "call_function" and isinstance(value, torch.Tensor):
            graph.register_buffer(f"folded_{at}", value)
            with graph.graph.inserting_before(node):
                node.replace_all_uses_with(graph.graph.get_attr(f"folded_{at}"))


def _writes(node) -> bool:
    schema = getattr(node.target, "_schema", None)
    return schema is not None and schema.is_mutable


def _is_written(node) -> bool:
    return any(_writes(user) for user in node.users)


def _drop_undone_permutes(graph: torch.fx.Graph) -> None:
    """``permute(permute(x, p), q)`` reads x itself, or permutes it once."""
    for node in graph.nodes:
        if node.target is PERMUTE and node.args[0].target is PERMUTE:
            inner = node.args[0]
            order = [inner.args[1][axis] for axis in node.args[1]]
            if order == sorted(order):
                node.replace_all_uses_with(inner.args[0])
            else:
                node.args = (inner.args[0], order)
