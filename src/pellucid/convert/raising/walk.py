"""The walk over a flow: each operation becomes layers by its rule.

Below:  rules.py has the table, place.py makes layers.
Above:  from_torch and from_onnx.
"""

from __future__ import annotations

from pellucid import layers
from pellucid.convert.flow import Flow, Op, Value
from pellucid.convert.ledger import Ledger
from pellucid.convert.raising.place import Draft, Place
from pellucid.convert.raising.rules import RULES
from pellucid.convert.tidying import tidy
from pellucid.graph.scopes import UnmadeScope
from pellucid.models.functional import Functional


def raised(flow: Flow, source: str) -> Functional:
    """The model of a flow, its channels first; ``model.ledger`` says what became of each weight.

    Args:
        source: the world that the flow came from.

    Raises:
        UnsupportedError: no layer computes an operation; it is named, and the reason.
    """
    tidy(flow)
    model = Draft(flow)
    with UnmadeScope() as scope:  # weights come from the flow, and need not be drawn
        inputs = [_input(model, x) for x in flow.inputs]
        model.first = inputs[0]
        for op in flow.ops:
            _raise(model, op)
        outputs = [model.symbols[y] for y in flow.outputs]
        made = Functional(_only(inputs), _only(outputs), name=model.name(flow.name))
    for variable in scope.pending:
        if variable._value is None:
            variable.initialize()
    made.ledger = Ledger(source, "Pellucid", tuple(model.moves))
    return made


def _input(model: Draft, x: Value):
    symbol = layers.Input(x.shape[1:], dtype=x.dtype, name=model.name(x.name))
    model.symbols[x] = symbol
    return symbol


def _raise(model: Draft, op: Op):
    if op.kind in ("parameter", "constant"):
        model.symbols[op.output] = op
        return
    place = Place(model, op)
    rule = RULES.get(op.kind)
    if rule is None:
        raise place.refuse("no layer of Keras computes this")
    found = rule(place, *(place.operand(x) for x in op.inputs))
    several = found if isinstance(found, (list, tuple)) else [found]
    model.symbols.update(zip(op.outputs, several, strict=True))


def _only(values: list):
    return values[0] if len(values) == 1 else values
