"""Objects as Keras 2 wrote them: a class's name and its config, with the caller's own table of names.

Below:  registry.py holds the names that a user registered.
Beside: objects.py has Keras 3's form, in which a config says its module.

Source: keras.legacy.saving, Keras 3.15.
"""

from __future__ import annotations

import inspect

from pellucid import registry
from pellucid.errors import ArgumentError, UnknownNameError, nearest


def serialize_keras_object(instance):
    """A name and a config for an object; a name alone for a function.

    Raises:
        ArgumentError: something that has neither.
    """
    if instance is None:
        return None
    if hasattr(instance, "get_config"):
        return {"class_name": registry.get_registered_name(type(instance)), "config": instance.get_config()}
    if not hasattr(instance, "__name__"):
        raise ArgumentError(
            "This has no name and no `get_config()`.", got=repr(instance), fix="def get_config(self): ..."
        )
    return registry.get_registered_name(instance)


def deserialize_keras_object(identifier, module_objects=None, custom_objects=None, printable_module_name="object"):
    """The object that a name, or a name and a config, stands for.

    Args:
        module_objects: the names that are known.
        custom_objects: names of the user's own, which come before them.
        printable_module_name: what such an object is called in an error.

    Raises:
        ArgumentError: nothing of these.
        UnknownNameError: a name that nobody knows.
    """
    if identifier is None or inspect.isfunction(identifier):
        return identifier
    if isinstance(identifier, str):
        found = _named(identifier, module_objects, custom_objects, printable_module_name)
        return found() if isinstance(found, type) else found
    if not isinstance(identifier, dict) or not {"class_name", "config"} <= set(identifier):
        raise ArgumentError(
            f"This stands for no {printable_module_name}.",
            got=repr(identifier)[:200],
            expected='a name, or {"class_name": ..., "config": ...}',
        )
    cls = _named(identifier["class_name"], module_objects, custom_objects, printable_module_name)
    with registry.CustomObjectScope(custom_objects or {}):
        if not hasattr(cls, "from_config"):
            return cls(**identifier["config"])
        if "custom_objects" in inspect.signature(cls.from_config).parameters:
            return cls.from_config(identifier["config"], custom_objects=registry.custom_objects(custom_objects))
        return cls.from_config(identifier["config"])


def _named(name, module_objects, custom_objects, kind: str):
    found = registry.get_registered_object(name, custom_objects, module_objects)
    if found is None:
        known = [*(custom_objects or {}), *(module_objects or {})]
        close = nearest(str(name), known, most=1)
        raise UnknownNameError(
            f"There is no {kind} of this name.",
            got=repr(name),
            expected=f"such as {close[0]!r}" if close else f"one of {len(known)} names",
            fix=f'custom_objects={{"{name}": ...}}',
        )
    return found
