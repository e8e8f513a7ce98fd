"""Identifiers: what users may write where an object is wanted, such as ``"l2"`` for a regularizer.

Below:  objects.py reads configs.
Above:  `get` of activations, initializers, regularizers, constraints, losses, metrics and optimizers.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping

from pellucid.errors import ArgumentError, UnknownNameError, nearest
from pellucid.graph.objects import deserialize_keras_object
from pellucid.naming import to_snake_case
from pellucid.registry import get_registered_object

# With more names than this, an error shows those alone that look like the wrong one.
MOST_LISTED = 36


def identified(identifier, table: Mapping[str, Callable], kind: str, *, fix: str = "'{}'", typical: str | None = None):
    """The object that an identifier stands for.

    Args:
        identifier: a name, a config, a class, a callable, or None, which stays None.
        table: the built-in classes and functions by name.
        kind: what the objects are called, for the error.
        fix: what to type, with braces in the name's place.
        typical: the name to suggest where none looks like the one given.

    Raises:
        UnknownNameError: a name that is in no table.
        ArgumentError: nothing of the kind.
    """
    if identifier is None:
        return None
    found = identifier
    if isinstance(identifier, str):
        found = named(identifier, table, kind, fix=fix, typical=typical)
    elif isinstance(identifier, dict):
        found = deserialize_keras_object(identifier, module_objects=table)
    if inspect.isclass(found):
        found = found()
    if not callable(found):
        raise ArgumentError(
            f"This is no {kind}.",
            got=repr(identifier)[:200],
            expected="a name, a config or a callable",
            **({"fix": fix.format(typical)} if typical else {}),
        )
    return found


def named_table(classes) -> dict[str, type]:
    """Classes under both spellings of their names: ``GlorotUniform`` and ``glorot_uniform``."""
    names = {cls.__name__: cls for cls in classes}
    return names | {to_snake_case(name): cls for name, cls in names.items()}


def named(name: str, table: Mapping[str, Callable], kind: str, *, fix: str = "'{}'", typical: str | None = None):
    """What a name stands for, built in or a user's own. See `identified`.

    Raises:
        UnknownNameError: a name that is in no table.
    """
    found = table.get(name) or get_registered_object(name)
    if found is None:
        raise unknown(name, table, kind, fix=fix, typical=typical)
    return found


def unknown(name: str, table: Mapping[str, Callable], kind: str, *, fix: str = "'{}'", typical: str | None = None):
    """The error for a name that stands for nothing. See `identified`."""
    known = {word: thing.__name__ for word, thing in table.items() if thing.__name__.lower() != kind}  # not the parent
    every = sorted(set(known.values()))
    close = nearest(name, known) or [typical or every[0]]
    if len(every) <= MOST_LISTED:
        expected = "one of " + ", ".join(every)
    else:
        expected = "a name, such as " + ", ".join(map(repr, close))
    return UnknownNameError(
        f"There is no {kind} '{name}'.",
        got=repr(name),
        expected=expected,
        fix=fix.format(close[0]),
    )
