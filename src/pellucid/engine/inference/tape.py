"""Tape: the PyTorch operations that a model runs for inputs of one shape, one after the other, without its Python.

Above:  torch_engine.py and openvino_engine.py run tapes; choosing.py has them made.
Kept true: a tape gives what the model gives, bit for bit, as long as its weights stay. What Python decided while it
        was recorded is decided for good, so only our own code may be on a tape: see `Refused`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass

import torch

from pellucid import nest


class Refused(Exception):
    """This model, or this operation, cannot go that way."""


@dataclass(frozen=True)
class Tape:
    """What was recorded.

    Args:
        graph: placeholders for the inputs, then PyTorch operations, then the outputs, flat.
        inputs: the values that it was recorded with.
        structure: the outputs' nesting, with anything as leaves.
    """

    graph: torch.fx.GraphModule
    inputs: tuple[torch.Tensor, ...]
    structure: object

    def packed(self, outputs: list):
        """Flat outputs in the nesting of the model's."""
        return nest.pack_sequence_as(self.structure, outputs) if nest.is_nested(self.structure) else outputs[0]


def record(model: Callable, x) -> Tape:
    """The operations that ``model(x, training=False)`` runs; x is a tensor, or a nesting of them.

    Raises:
        Refused: a value decides what runs, or the operations draw numbers or write into weights.
    """
    from torch.fx.experimental.proxy_tensor import make_fx  # half a second, which few programs need

    structure = None
    inputs = tuple(nest.flatten(x))

    def flat(*values):
        nonlocal structure
        structure = model(nest.pack_sequence_as(x, list(values)), training=False)
        return nest.flatten(structure)

    try:
        with torch.no_grad():
            graph = make_fx(flat, tracing_mode="real", _allow_non_fake_inputs=True)(*inputs)
    except RuntimeError as error:
        raise Refused(f"a value decides what runs: {error}") from error
    graph.graph.eliminate_dead_code()
    for node in graph.graph.nodes:
        _check(node)
    return Tape(graph, inputs, nest.map_structure(lambda _: 0, structure))


def _check(node: torch.fx.Node):
    if torch.Tag.nondeterministic_seeded in getattr(node.target, "tags", ()) and not _drops_nothing(node):
        raise Refused(f"{node.target} draws random numbers")
    schema = getattr(node.target, "_schema", None)
    if schema is None or not schema.is_mutable:
        return
    for argument, given in zip(schema.arguments, node.args, strict=False):
        written = argument.alias_info is not None and argument.alias_info.is_write
        if written and _reaches_state(given):
            raise Refused(f"{node.target} writes into a weight or an input")


def _drops_nothing(node) -> bool:
    """Whether this is attention whose `dropout_p` is 0: it draws nothing."""
    names = [argument.name for argument in node.target._schema.arguments]
    if "dropout_p" not in names:
        return False
    at = names.index("dropout_p")
    return (node.args[at] if at < len(node.args) else node.kwargs.get("dropout_p", 0.0)) == 0.0


def _reaches_state(node) -> bool:
    """Whether what is written may be memory that outlives the run: an input, a weight, or a view of one."""
    while isinstance(node, torch.fx.Node) and node.op == "call_function":
        schema = getattr(node.target, "_schema", None)
        is_view = node.target is operator.getitem or (
            schema is not None and any(result.alias_info is not None for result in schema.returns)
        )
        if not is_view:
            return False
        node = node.args[0]
        if isinstance(node, (list, tuple)):
            return True
    return True
