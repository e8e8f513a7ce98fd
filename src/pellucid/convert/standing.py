"""A model in the layout that a conversion asks for, and the ledger of both steps together.

Below:  relayout.py moves it.
Above:  to_torch and to_onnx, which write models as they stand.
"""

from __future__ import annotations

from dataclasses import replace

from pellucid.convert.flow import Weight
from pellucid.convert.ledger import Ledger, Move
from pellucid.convert.relayout import relayout
from pellucid.models.model import Model


def standing(model, layout: str | None) -> tuple[Model, Ledger | None]:
    """The model with its channels where `layout` says, and the ledger of that move; None leaves it as it is."""
    if layout is None:
        return model, None
    moved = relayout(model, layout)
    return moved, moved.ledger


def ledger_of(target: str, weights: dict[str, Weight], before: Ledger | None) -> Ledger:
    """What became of each weight: moved to the layout, and then to the order of axes that the target has.

    Args:
        target: the world it went to.
        weights: by their names there.
        before: of the move to the layout, if there was one.
    """
    whole = Ledger("", "") if before is None else before
    earlier = {move.to or move.weight: move for move in whole.moves}
    moves = tuple(_move(key, weight, target, earlier) for key, weight in weights.items() if weight.source)
    return replace(whole, source="Pellucid", target=target, moves=moves)


def _move(key: str, weight: Weight, target: str, earlier: dict[str, Move]) -> Move:
    first = earlier.get(weight.source, Move(weight.source))
    if weight.axes and "->" in first.axes:  # both turn axes: the later turn is told in words
        return replace(first, to=key, note="; ".join(filter(None, (first.note, weight.note, f"then {weight.axes}"))))
    why = first.why if not first.stays else f"as {target} keeps it"
    note = "; ".join(filter(None, (first.note, weight.note)))
    return replace(first, to=key, axes=weight.axes or first.axes, why=why, note=note)


def standing_again(model, layout: str | None):
    """A model that came in with its channels first, in the layout that is asked for; its ledger tells both steps."""
    if layout in (None, "channels_first"):
        return model
    came = model.ledger
    moved = relayout(model, layout)
    later = {move.weight: move for move in moved.ledger.moves}
    moves = tuple(_then(move, later) for move in came.moves)
    moved.ledger = replace(moved.ledger, source=came.source, target=came.target, moves=moves)
    moved.__dict__.pop("_origin", None)  # nobody has the model between: what it came from is the other world's
    return moved


def _then(first: Move, later: dict[str, Move]) -> Move:
    second = later.get(first.to, Move(first.to))
    if second.stays:
        return replace(first, to=second.to or first.to)
    if first.axes and "->" in first.axes:  # the first turn is told in words
        return replace(second, weight=first.weight, note="; ".join(filter(None, (f"first {first.axes}", first.note))))
    return replace(second, weight=first.weight, note=first.note)
