"""Rewriting: a tape that computes the same with fewer operations, whoever runs it.

Above: choosing.py rewrites a tape once, then has engines made of it.
Kept true: every value that is still computed keeps its bits; only moves of axes and constants go.
"""

from __future__ import annotations

from dataclasses import replace

import torch

from pellucid.engine.inference.tape import Tape

aten = torch.ops.aten
PERMUTE, PAD = aten.permute.default, aten.constant_pad_nd.default


def simplified(tape: Tape) -> Tape:
    """The same tape: what depends on weights alone is a weight, moves of axes that undo each other are gone."""
    graph = torch.fx.Graph()
    graph.output(graph.graph_copy(tape.graph, {}))
    weights = _with_constants(graph, tape.weights)
    _pad_behind_permutes(graph)
    _drop_undone_permutes(graph)
    graph.eliminate_dead_code()
    read = {node.target for node in graph.nodes if node.op == "get_attr"}
    return replace(tape, graph=graph, weights={name: w for name, w in weights.items() if name in read})


def _with_constants(graph: torch.fx.Graph, weights: dict) -> dict:
    """Operations on weights alone become weights: all weights, old and new."""
    known = {node: weights[node.target] for node in graph.nodes if node.op == "get_attr"}
    weights = dict(weights)
    for node in list(graph.nodes):
        if node.op != "call_function" or not node.all_input_nodes or _writes(node) or any(map(_writes, node.users)):
            continue
        if not all(source in known for source in node.all_input_nodes):
            continue
        with torch.no_grad():
            args, kwargs = torch.fx.node.map_arg((node.args, node.kwargs), known.__getitem__)
            known[node] = value = node.target(*args, **kwargs)
        if isinstance(value, torch.Tensor):
            name = f"constant_{len(weights)}"
            weights[name] = value
            with graph.inserting_before(node):
                node.replace_all_uses_with(constant := graph.create_node("get_attr", name))
            known[constant] = value
    return weights


def _writes(node) -> bool:
    schema = getattr(node.target, "_schema", None)
    return schema is not None and schema.is_mutable


def _pad_behind_permutes(graph: torch.fx.Graph) -> None:
    """``permute(pad(x))`` becomes ``pad(permute(x))``: windows then find their padding before them."""
    for node in graph.nodes:
        if node.target is not PERMUTE or node.args[0].target is not PAD or len(node.args[0].users) > 1:
            continue
        padded, order = node.args
        x, amounts, *value = padded.args
        rank = len(order)
        ends = {rank - 1 - at // 2: tuple(amounts[at : at + 2]) for at in range(0, len(amounts), 2)}
        moved = [ends.get(axis % rank, (0, 0)) for axis in order]
        with graph.inserting_before(node):
            inner = graph.call_function(PERMUTE, (x, order))
            outer = graph.call_function(PAD, (inner, [end for pair in reversed(moved) for end in pair], *value))
        node.replace_all_uses_with(outer)


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
