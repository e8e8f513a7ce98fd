"""The way back: a converted model remembers what it was made from, so that going back undoes the conversion itself.

A transpose that the old network had in it, and that was folded away, could not be told from the new network alone.

Above: relayout.py asks here first.
Kept true: only a model that is still as the conversion made it goes back this way; its weights may have learned since.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pellucid import registry
from pellucid.convert.ledger import Ledger, Move
from pellucid.errors import PellucidError
from pellucid.graph.objects import ObjectSharingScope, SafeModeScope
from pellucid.graph.scopes import UnmadeScope, device


@dataclass(frozen=True)
class Origin:
    """What a converted model was made from.

    Attributes:
        kind, config: of the old model.
        after: the new model's config, by which it is known again.
        classes: of the user's layers in it, by name.
        pairs: for each weight, its place in the old model's weights and in the new one's, and its move.
        of: gives the old model, as long as anybody holds it.
    """

    kind: Any
    config: dict
    after: dict
    classes: dict[str, type]
    pairs: tuple[tuple[int, int, Move], ...]
    of: Callable[[], Any]

    def __reduce__(self):
        return Origin, (self.kind, self.config, self.after, self.classes, self.pairs, _nobody)

    def is_of(self, model) -> bool:
        """Whether `model` is what the new model was made from, or another one like it."""
        old = self.of()
        if old is model:
            return True
        # Two models of one config, the old and the new one, can be told apart by who they are alone.
        return self.config == model.get_config() and (old is None or self.config != self.after)


def _nobody() -> None:
    """Who the old model is, after a way through a pickle."""


def remembered(old, new, moved: dict) -> Origin | None:
    """The origin of a new model; None for one whose config does not tell all of it.

    Args:
        moved: for each old weight's id the new weight and its move.
    """
    places = {id(weight): at for at, weight in enumerate(new.weights)}
    pairs = tuple((at, places[id(moved[id(w)][0])], moved[id(w)][1]) for at, w in enumerate(old.weights))
    kinds = {type(layer) for layer in old._flatten_layers()}
    classes = {kind.__name__: kind for kind in kinds if registry.public_name(kind) is None}
    try:
        return Origin(type(old), old.get_config(), new.get_config(), classes, pairs, weakref.ref(old))
    except PellucidError:
        return None


def returned(model, data_format: str):
    """The model that this one was made from, and pairs of weights as `moved`; None where that is not known."""
    origin: Origin | None = getattr(model, "_origin", None)
    ledger: Ledger | None = getattr(model, "ledger", None)
    if origin is None or ledger is None or ledger.source != data_format or origin.after != model.get_config():
        return None
    # The config was made in this process: a lambda in it is one that the old model's layers had.
    lambdas = SafeModeScope(False)
    try:
        with UnmadeScope() as scope, ObjectSharingScope(), lambdas, registry.CustomObjectScope(origin.classes):
            old = origin.kind.from_config(origin.config)
    except PellucidError:
        return None  # such as a lambda that nobody holds any longer
    pairs, before, after = {}, old.weights, model.weights
    for at, place, move in origin.pairs:
        weight, came, back = before[at], after[place], move.inverse()
        with device(str(came.value.device)):
            weight.begin_with(back.apply(came.value.detach()))
        pairs[id(came)] = (weight, back)
    for variable in scope.pending:
        if variable._value is None:
            variable.initialize()
    return old, pairs, _undone(ledger, [move for _, move in pairs.values()])


def _undone(ledger: Ledger, moves: list[Move]) -> Ledger:
    return Ledger(
        source=ledger.target,
        target=ledger.source,
        moves=tuple(moves),
        inputs=tuple(one.inverse() for one in ledger.inputs),
        outputs=tuple(one.inverse() for one in ledger.outputs),
        values={path: one.inverse() for path, one in ledger.values.items()},
        notes=("the conversion that made this model is undone",),
    )
