"""What training keeps beside the weights: the compiled loss and metrics, and the optimizer's slots, moved like their weights.

Above: relayout.py, once the new model has its weights.
Kept true: a step after the move changes the weights as the step before it would have.
"""

from __future__ import annotations

import inspect
from typing import Any

from pellucid import losses, nest
from pellucid.convert.ledger import Arranged, Move
from pellucid.errors import UnsupportedError
from pellucid.graph.variable import Variable
from pellucid.metrics.base import Metric
from pellucid.optimizers import Optimizer

Pairs = dict[int, tuple[Variable, Move]]
"""For each old weight's id the new weight and its move."""

# What each slot of Adafactor leaves out of its weight's axes, counted from behind.
_FACTORED = {"_r": -1, "_c": -2}


def carry(old, new, pairs: Pairs, outputs: tuple[Arranged, ...]) -> list[str]:
    """Compile the new model like the old one, with the optimizer's state; gives notes for the ledger.

    Raises:
        UnsupportedError: a slot that cannot follow its weight.
    """
    if not old.compiled:
        return []
    given, notes = dict(old._compiled.given), []
    if not all(one.stays for one in outputs):
        notes = _along_moved_outputs(given, outputs)
    copied = {word: nest.map_structure(_again, given[word]) for word in ("metrics", "weighted_metrics")}
    new.compile(**{**given, **copied, "optimizer": _again(given["optimizer"])})
    if old.optimizer is not None and old.optimizer.built:
        new.optimizer.build(new.trainable_variables)
        _carry_state(old.optimizer, new.optimizer, pairs)
    return notes


def _again(thing):
    return type(thing).from_config(thing.get_config()) if isinstance(thing, (Optimizer, Metric)) else thing


def _along_moved_outputs(given: dict, outputs) -> list[str]:
    """A loss over classes looks along the axis where they lie now; metrics cannot be told to, and are left out."""
    notes = ["Outputs that are maps lie in the new order, so targets must too."]
    if len(outputs) == 1:
        given["loss"] = _loss_along(given["loss"], outputs[0])
    for word in ("metrics", "weighted_metrics"):
        if given[word] is not None:
            notes.append(f"{word} are left out: they look along the last axis of an output that moved. Compile again.")
            given[word] = None
    return notes


def _loss_along(loss, output: Arranged):
    """The loss, with its axis where the last one is now."""
    if output.stays or loss is None:
        return loss
    made = losses.get(_CLASSES.get(loss, loss)) if isinstance(loss, str) else loss
    if not isinstance(made, losses.Loss) or "axis" not in inspect.signature(type(made)).parameters:
        return loss
    config = {"axis": -1, **made.get_config()}
    before = config["axis"] % (len(output.dims) + 1) - 1
    return type(made).from_config({**config, "axis": output.dims.index(before) + 1})


_CLASSES = {
    "categorical_crossentropy": "CategoricalCrossentropy",
    "sparse_categorical_crossentropy": "SparseCategoricalCrossentropy",
    "categorical_focal_crossentropy": "CategoricalFocalCrossentropy",
}


def _carry_state(old: Optimizer, new: Optimizer, pairs: Pairs):
    for name, value in vars(old).items():
        other: Any = getattr(new, name, None)
        if isinstance(value, Optimizer):
            _carry_state(value, other, pairs)
        elif isinstance(value, Variable) and not value.shape:
            other.assign(value.value)
        elif isinstance(value, list) and name not in ("_variables", "_trainable_variables"):
            if value and all(isinstance(one, Optimizer) for one in value):
                for one, twin in zip(value, other, strict=True):
                    _carry_state(one, twin, pairs)
            elif any(isinstance(one, Variable) for one in value):
                _carry_slots(old, new, name, pairs)


def _carry_slots(old, new, name: str, pairs: Pairs):
    """One slot beside each weight; the new optimizer may list the weights in another order."""
    before, after = getattr(old, name), getattr(new, name)
    places = {id(variable): at for at, variable in enumerate(new._trainable_variables)}
    for variable, slot in zip(old._trainable_variables, before, strict=True):
        if slot is not None:
            weight, move = pairs[id(variable)]
            after[places[id(weight)]].assign(_slot_move(name, move, slot, variable).apply(slot.value))


def _slot_move(name: str, move: Move, slot, variable) -> Move:
    if move.stays or slot.shape == variable.shape or not any(slot.shape):
        return move if slot.shape == variable.shape else Move(move.weight)
    if name not in _FACTORED or "->" in move.axes:
        raise UnsupportedError(
            f"The optimizer's state beside '{move.weight}' cannot follow the weight.",
            got=f"{name} of shape {slot.shape}, beside a weight of shape {variable.shape}",
            fix='model.compile(optimizer="adam", ...) before relayout',
        )
    kept = [axis for axis in range(variable.ndim) if axis != variable.ndim + _FACTORED[name]]
    return Move(move.weight, orders={kept.index(axis): order for axis, order in move.orders.items() if axis in kept})
