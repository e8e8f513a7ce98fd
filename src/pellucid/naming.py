"""Names: snake case, the counters behind ``dense_1``, and the scopes behind ``model/dense/kernel``.

Above: graph/ and layers/ name operations and weights with this; settings.clear_session resets it.
"""

from __future__ import annotations

import collections
import contextlib
import re
import threading
from typing import NamedTuple

from pellucid.errors import ArgumentError

_counts: collections.Counter[str] = collections.Counter()
_local = threading.local()


def to_snake_case(name: str) -> str:
    """``Conv2D`` becomes ``conv2d``, ``MaxPooling2D`` ``max_pooling2d``; Keras's rule."""
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def to_camel_case(name: str) -> str:
    """``not_equal`` becomes ``NotEqual``."""
    return "".join(word[:1].upper() + word[1:] for word in name.split("_"))


def get_uid(prefix: str = "") -> int:
    """How many times this prefix has been asked for, this time included."""
    _counts[prefix] += 1
    return _counts[prefix]


def uniquify(name: str) -> str:
    """`name` the first time, then ``name_1``, ``name_2``."""
    count = get_uid(name) - 1
    return name if count == 0 else f"{name}_{count}"


def auto_name(prefix: str) -> str:
    """A fresh name for an object of class `prefix`: ``dense``, ``dense_1``, as Keras 3 numbers them."""
    return uniquify(to_snake_case(prefix))


def reset() -> None:
    """Forget all counters and scopes."""
    _counts.clear()
    _local.__dict__.clear()


def _scopes() -> list:
    if not hasattr(_local, "scopes"):
        _local.scopes = []
    return _local.scopes


def name_scope(name: str, caller=None, deduplicate: bool = True, override_parent: str | None = None):
    """While open, paths of new weights begin with `name`.

    Args:
        caller: the object that opens the scope.
        deduplicate: whether opening the caller's own innermost scope again adds nothing.
        override_parent: a path to put in front instead of the enclosing scopes'.

    Raises:
        ArgumentError: `name` is no string, or has a slash.
    """
    if not isinstance(name, str) or "/" in name:
        raise ArgumentError("A scope's name is a string without slashes.", got=repr(name), expected='such as "dense"')
    return _opened(name, caller, deduplicate, override_parent)


@contextlib.contextmanager
def _opened(name, caller, deduplicate, override_parent):
    scopes = _scopes()
    if deduplicate and caller is not None and scopes and scopes[-1].caller is caller and scopes[-1].name == name:
        yield scopes[-1]
        return
    scope = _Scope(name, caller, override_parent)
    scopes.append(scope)
    try:
        yield scope
    finally:
        if scopes and scopes[-1] is scope:
            scopes.pop()


class _Scope(NamedTuple):
    name: str
    caller: object
    override_parent: str | None


def current_path() -> str:
    """Names of the open scopes, joined by slashes."""
    parts: list[str] = []
    for scope in _scopes():
        if scope.override_parent is not None:
            parts = [part for part in scope.override_parent.split("/") if part]
        parts.append(scope.name)
    return "/".join(parts)
