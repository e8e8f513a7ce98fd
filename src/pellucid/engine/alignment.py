"""Alignment: targets and sample weights brought into the structure of a model's outputs.

Above: compile_loss.py, at each batch of a model with several outputs.
"""

from __future__ import annotations

from pellucid import nest
from pellucid.errors import ArgumentError


def align_targets(y_true, y_pred, loss, output_names):
    """`y_true` with a value, or None, for each output, in the structure of `y_pred`.

    Args:
        loss: as given to `compile`; outputs without a loss need no target.
        output_names: for targets as a dict where the outputs are a list.

    Raises:
        ArgumentError: another structure.
    """
    if not nest.is_nested(y_pred) and not nest.is_nested(y_true):
        return y_true
    for candidate in _candidates(y_true, y_pred, loss, output_names):
        if candidate is not None:
            return candidate
    raise ArgumentError(
        "The targets do not have the structure of the model's outputs.",
        got=f"y = {form(y_true)}",
        expected=f"y = {form(y_pred)}",
        fix=_fix(y_pred, output_names),
    )


def _candidates(y_true, y_pred, loss, output_names):
    """Readings of the targets, the plainest first; None for one that does not fit."""
    if _same_structure(y_true, y_pred):
        yield y_true
    if not nest.is_nested(y_true):
        yield _packed(y_pred, [y_true])
    elif isinstance(y_pred, (list, tuple)) and isinstance(y_true, dict) and set(output_names or ()) == set(y_true):
        yield [y_true[name] for name in output_names]
    elif isinstance(y_true, (list, tuple)) and not any(nest.is_nested(part) for part in y_true):
        yield _packed(y_pred, y_true)
    if nest.is_nested(y_true) and _same_paths(y_true, y_pred):
        yield _packed(y_pred, nest.flatten(y_true))
    if not nest.is_nested(y_pred) and len(nest.flatten(y_true)) == 1:
        yield nest.flatten(y_true)[0]
    yield _for_outputs_with_loss(y_true, y_pred, loss)


def _for_outputs_with_loss(y_true, y_pred, loss):
    flat_loss, supply = nest.flatten(loss), nest.flatten(y_true)
    if len(flat_loss) != len(nest.flatten(y_pred)) or len(supply) != sum(one is not None for one in flat_loss):
        return None
    supply = iter(supply)
    return nest.pack_sequence_as(y_pred, [None if one is None else next(supply) for one in flat_loss])


def _packed(structure, values):
    return nest.pack_sequence_as(structure, values) if len(nest.flatten(structure)) == len(values) else None


def _same_structure(a, b) -> bool:
    try:
        nest.assert_same_structure(a, b)
    except ValueError:
        return False
    return True


def _same_paths(a, b) -> bool:
    try:
        nest.assert_same_paths(a, b)
    except ValueError:
        return False
    return True


def at_path(structure, path: tuple):
    """The part of a structure that lies at a path of keys."""
    for key in path:
        structure = structure[key]
    return structure


def form(structure) -> str:
    """The structure with ``*`` for each value."""
    if isinstance(structure, dict):
        return "{" + ", ".join(f"{key!r}: {form(part)}" for key, part in structure.items()) + "}"
    if isinstance(structure, (list, tuple)):
        inner = ", ".join(map(form, structure))
        return f"[{inner}]" if isinstance(structure, list) else f"({inner},)" if len(structure) == 1 else f"({inner})"
    return "None" if structure is None else "*"


def _fix(y_pred, output_names):
    if output_names and isinstance(y_pred, (list, tuple)):
        return "y={" + ", ".join(f"{name!r}: ..." for name in output_names) + "}, or a list in this order"
    return f"y = {form(y_pred)}"
