"""Tables of names: what Pellucid itself has under each of Keras's modules, and what users add.

Above: graph/objects.py turns objects into plain data and back by these tables; models/catalog.py
fills the table of built-in names, once, in one place.
Kept true: a name from a file is only ever a key here; it is never imported, called or opened.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping

from pellucid import settings
from pellucid.errors import ArgumentError

_builtin: dict[str, dict[str, object]] = {}  # "keras.layers" -> name -> class or function
_public: dict[object, tuple[str, str]] = {}  # class or function -> ("keras.layers", name)
_operators: dict[str, Callable] = {}  # "add" -> the operation that `x + y` on symbolic tensors means
_custom: dict[str, object] = {}
_custom_names: dict[object, str] = {}


def install(table: Mapping[str, Mapping[str, object]]) -> None:
    """Set the built-in names; the first module and name under which an object stands is its public one.

    A class stands first under its own name, not under an alias such as MaxPool2D; GroupQueryAttention has only that.
    """
    aliases = []
    for module, names in table.items():
        for name, thing in names.items():
            _builtin.setdefault(module, {})[name] = thing
            if isinstance(thing, type) and name != thing.__name__:
                aliases.append((thing, (module, name)))
            else:
                _public.setdefault(thing, (module, name))
    for thing, public in aliases:
        _public.setdefault(thing, public)


def builtin(module: str, name: str):
    """The built-in of this name in one of Keras's modules (``keras.layers``), or None."""
    return _builtin.get(module, {}).get(name)


def builtin_anywhere(name: str, within: tuple[str, ...] = ()):
    """The built-in of this name in any of Keras's modules (or those given), or None."""
    for module, names in _builtin.items():
        if name in names and (not within or module in within):
            return names[name]
    return None


def builtin_names() -> list[str]:
    """All names that stand for something built in."""
    return sorted({name for names in _builtin.values() for name in names})


def public_name(thing) -> tuple[str, str] | None:
    """Keras's module and name for a built-in class or function, or None."""
    try:
        return _public.get(thing)
    except TypeError:
        return None


def add_operator(name: str, operation: Callable) -> Callable:
    """Note an operation under its name, so that symbolic arithmetic and saved graphs find it."""
    _operators[name] = operation
    return operation


def operator(name: str) -> Callable | None:
    """The operation of this name, such as ``"add"``, or None."""
    return _operators.get(name)


class CustomObjectScope:
    """While open, these names stand for these objects: ``with CustomObjectScope({"MyDense": MyDense}):``."""

    def __init__(self, custom_objects: Mapping[str, object] | None):
        self.custom_objects = dict(custom_objects or {})

    def __enter__(self):
        self._outer = dict(_scoped())
        settings.set_session("custom_objects", {**self._outer, **self.custom_objects})
        return self

    def __exit__(self, *exception):
        settings.set_session("custom_objects", self._outer)


custom_object_scope = CustomObjectScope


def _scoped() -> dict[str, object]:
    return settings.session("custom_objects", dict)


def get_custom_objects() -> dict[str, object]:
    """The names registered for the whole process; a dict that may be changed."""
    return _custom


def custom_objects(more: Mapping[str, object] | None = None) -> dict[str, object]:
    """All user's names that hold now: those given, those of the open scope, those registered."""
    return {**(more or {}), **_scoped(), **_custom}


def register_keras_serializable(package: str = "Custom", name: str | None = None) -> Callable:
    """A decorator that registers a class or function as ``package>name``, so that files can name it.

    Raises:
        ArgumentError: a class without `get_config`.
    """

    def register(thing):
        key = f"{package}>{name or thing.__name__}"
        if inspect.isclass(thing) and not hasattr(thing, "get_config"):
            raise ArgumentError(
                f"{thing.__name__} cannot be registered: it has no `get_config()`.",
                fix="def get_config(self): return {...}",
            )
        _custom[key] = thing
        _custom_names[thing] = key
        return thing

    return register


def get_registered_name(obj) -> str:
    """``package>name`` of a registered object, else its own name."""
    return _custom_names.get(obj, None) or obj.__name__


def get_registered_object(name: str, custom_objects=None, module_objects=None):
    """What a user's name stands for: scope first, then registered, then the tables given; None if nothing."""
    for table in (_scoped(), _custom, custom_objects or {}, module_objects or {}):
        if name in table:
            return table[name]
    return None
