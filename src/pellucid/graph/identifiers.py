"""Identifiers: what users may write where an object is wanted, such as ``"l2"`` for a regularizer.

Below:  objects.py reads configs.
Above:  `get` of initializers, regularizers and constraints.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping

from pellucid.errors import ArgumentError, UnknownNameError, nearest
from pellucid.graph.objects import deserialize_keras_object
from pellucid.naming import to_snake_case
from pellucid.registry import get_registered_object


def identified(identifier, table: Mapping[str, type], kind: str):
    """The object that an identifier stands for.

    Args:
        identifier: a name, a config, a class, a callable, or None, which stays None.
        table: the built-in classes by name.
        kind: what the objects are called, for the error.

    Raises:
        UnknownNameError: a name that is in no table.
        ArgumentError: nothing of the kind.
    """
    if identifier is None:
        return None
    found = identifier
    if isinstance(identifier, str):
        found = table.get(identifier) or get_registered_object(identifier)
        if found is None:
            raise _unknown(identifier, table, kind)
    elif isinstance(identifier, dict):
        found = deserialize_keras_object(identifier, module_objects=table)
    if inspect.isclass(found):
        found = found()
    if not callable(found):
        raise ArgumentError(
            f"This is no {kind}.", got=repr(identifier)[:200], expected="a name, a config or a callable"
        )
    return found


def named_table(classes) -> dict[str, type]:
    """Classes under both spellings of their names: ``GlorotUniform`` and ``glorot_uniform``."""
    names = {cls.__name__: cls for cls in classes}
    return names | {to_snake_case(name): cls for name, cls in names.items()}


def _unknown(name, table, kind):
    table = {word: cls for word, cls in table.items() if cls.__name__.lower() != kind}  # not the parent
    close = nearest(name, table)
    return UnknownNameError(
        f"There is no {kind} '{name}'.",
        got=repr(name),
        expected="one of " + ", ".join(sorted({cls.__name__ for cls in table.values()})),
        fix=repr(close[0] if close else next(iter(table))),
    )
