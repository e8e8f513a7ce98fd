"""Objects as plain data, and back: layers, losses, functions and arrays in Keras's config form.

Below:  registry.py holds the only tables by which a name becomes a class.
Above:  every `get_config` that holds objects, clone_model, and files/.
Kept true: a name that is in no table is an error; nothing is imported, and no code is decoded.
"""

from __future__ import annotations

import types
import weakref
from typing import Any

import numpy as np
import torch

from pellucid import registry, settings
from pellucid.dtypes import standardize_dtype
from pellucid.errors import ArgumentError, ArgumentTypeError, ConfigError, PellucidError, nearest
from pellucid.graph.symbol import KerasTensor
from pellucid.graph.values import convert_to_numpy, convert_to_tensor

_PLAIN = (str, int, float, bool)
# Where a plain function name ("relu", "mse") is looked up.
_FUNCTION_MODULES = tuple(
    f"keras.{word}"
    for word in ("activations", "constraints", "initializers", "losses", "metrics", "optimizers", "regularizers")
)
# Lambdas of this process, by the token their config carries; their code is never written as code to be run.
_lambdas: weakref.WeakValueDictionary[str, types.FunctionType] = weakref.WeakValueDictionary()


def serialize_keras_object(obj):
    """Plain data (dicts, lists, strings, numbers) that stands for an object.

    Raises:
        ArgumentTypeError: an object without `get_config`.
    """
    if obj is None or isinstance(obj, _PLAIN):
        return obj
    if isinstance(obj, (list, tuple)):
        items = [serialize_keras_object(item) for item in obj]
        return tuple(items) if isinstance(obj, tuple) else items
    if isinstance(obj, dict):
        return {key: serialize_keras_object(value) for key, value in obj.items()}
    special = _serialize_special(obj)
    if special is not None:
        return special
    config = _reference(obj)
    if hasattr(obj, "get_build_config") and (build := obj.get_build_config()) is not None:
        config["build_config"] = serialize_keras_object(build)
    if hasattr(obj, "get_compile_config") and (compiled := obj.get_compile_config()) is not None:
        config["compile_config"] = serialize_keras_object(compiled)
    return _noting_sharing(obj, config)


def _serialize_special(obj) -> dict | str | None:
    """Data for the kinds that Keras marks with a class name in double underscores."""
    if isinstance(obj, bytes):
        return {"class_name": "__bytes__", "config": {"value": obj.decode("utf-8")}}
    if isinstance(obj, slice):
        parts = {word: serialize_keras_object(getattr(obj, word)) for word in ("start", "stop", "step")}
        return {"class_name": "__slice__", "config": parts}
    if obj is Ellipsis:
        return {"class_name": "__ellipsis__", "config": {}}
    if isinstance(obj, KerasTensor):
        history = getattr(obj, "_keras_history", None)
        if history:
            history = [history.operation.name, history.node_index, history.tensor_index]
        return {
            "class_name": "__keras_tensor__",
            "config": {"shape": obj.shape, "dtype": obj.dtype, "keras_history": history},
        }
    if isinstance(obj, torch.dtype):
        return standardize_dtype(obj)
    if isinstance(obj, torch.Tensor) or hasattr(obj, "__pellucid_value__"):
        return {
            "class_name": "__tensor__",
            "config": {"value": convert_to_numpy(obj).tolist(), "dtype": standardize_dtype(obj.dtype)},
        }
    if isinstance(obj, np.ndarray) and obj.ndim > 0:
        return {"class_name": "__numpy__", "config": {"value": obj.tolist(), "dtype": standardize_dtype(obj.dtype)}}
    if isinstance(obj, (np.generic, np.ndarray)):
        return obj.item()
    if isinstance(obj, types.FunctionType) and obj.__name__ == "<lambda>":
        token = f"{obj.__module__}:{obj.__code__.co_firstlineno}:{id(obj)}"
        _lambdas[token] = obj
        return {"class_name": "__lambda__", "config": {"value": token}}
    return None


def _reference(obj) -> dict:
    """The four keys of Keras's form: module, class_name, config, registered_name."""
    if isinstance(obj, type) or not hasattr(obj, "get_config"):
        return _function_reference(obj)
    cls = type(obj)
    config = obj.get_config()
    if not isinstance(config, dict):
        raise ArgumentTypeError(f"`get_config()` of {cls.__name__} gave no dict.", got=repr(config), expected="a dict")
    config = serialize_keras_object(config)
    public = registry.public_name(cls)
    custom = registry.get_registered_name(cls)
    if public and custom == cls.__name__:
        return {"module": public[0], "class_name": public[1], "config": config, "registered_name": None}
    module = None if cls.__module__ in ("__main__", "builtins") else cls.__module__
    return {"module": module, "class_name": cls.__name__, "config": config, "registered_name": custom}


def _function_reference(obj) -> dict:
    if not hasattr(obj, "__name__"):
        raise ArgumentTypeError(
            f"A {type(obj).__name__} cannot be written as plain data.",
            got=repr(obj),
            expected="an object with `get_config()`",
            fix="def get_config(self): return {...}",
        )
    name = registry.get_registered_name(obj)
    public = registry.public_name(obj)
    module = "builtins" if public and public[0] in _FUNCTION_MODULES else public[0] if public else obj.__module__
    if isinstance(obj, type):
        return {"module": module, "class_name": public[1] if public else name, "config": {}, "registered_name": None}
    return {
        "module": module,
        "class_name": "function",
        "config": public[1] if public else name,
        "registered_name": name,
    }


class ObjectSharingScope:
    """While open, an object met twice is written with an id, and read back as one object."""

    def __enter__(self):
        settings.set_session("shared_configs", {})
        settings.set_session("shared_objects", {})
        return self

    def __exit__(self, *exception):
        settings.set_session("shared_configs", None)
        settings.set_session("shared_objects", None)


def _noting_sharing(obj, config: dict) -> dict:
    configs = settings.session("shared_configs", lambda: None)
    if configs is not None:
        # The object is kept too: another one made after its end could get the same id.
        first, _ = configs.setdefault(id(obj), (config, obj))
        if first is not config:
            config["shared_object_id"] = first["shared_object_id"] = id(obj)
    return config


class SafeModeScope:
    """While open, sets whether lambdas of this process may be looked up again."""

    def __init__(self, safe_mode: bool | None = True):
        self.safe_mode = safe_mode

    def __enter__(self):
        self._outer = in_safe_mode()
        settings.set_session("safe_mode", self.safe_mode)
        return self

    def __exit__(self, *exception):
        settings.set_session("safe_mode", self._outer)


def in_safe_mode() -> bool | None:
    """What the innermost SafeModeScope says; None without one."""
    return settings.session("safe_mode", lambda: None)


def enable_unsafe_deserialization() -> None:
    """Let lambdas of this process be looked up by their configs. Bytecode stays undecoded all the same."""
    settings.set_session("safe_mode", False)


def deserialize_keras_object(config, custom_objects=None, safe_mode: bool = True, **kwargs):
    """The object that plain data stands for.

    Args:
        config: what `serialize_keras_object` gave.
        custom_objects: names of the user's own classes and functions.
        safe_mode: False allows a lambda that was serialized in this very process.

    Raises:
        ArgumentTypeError: a name that is in no table, or no config at all.
        ArgumentError: a lambda.
        ConfigError: a class does not take its config.
    """
    outer = in_safe_mode()
    safe_mode = safe_mode if outer is None else outer
    objects = registry.custom_objects(custom_objects)
    try:
        named = _named_in(kwargs.get("module_objects"), config, objects)
        return _Reader(objects, safe_mode).read(config) if named is None else named
    except PellucidError:
        raise
    except Exception as error:
        raise ConfigError(
            "Nothing can be made of the config.",
            got=f"{type(error).__name__}: {error}"[:500],
            where=_class_names(config),
        ) from error


def _named_in(table, config, objects):
    """The object that a config names in a caller's own table, or None."""
    name = config if isinstance(config, str) else config.get("class_name") if isinstance(config, dict) else None
    if table is None or not isinstance(name, str) or name not in table or not _speaks_of_keras(config):
        return None
    found: Any = objects.get(name, table[name])
    inner = config.get("config") if isinstance(config, dict) else None
    return found.from_config(inner or {}) if isinstance(found, type) else found


def _speaks_of_keras(config) -> bool:
    """Whether a config names what is Keras's own, or does not say whose it is."""
    if isinstance(config, str):
        return True
    module, own_name = config.get("module") or "keras", config.get("registered_name")
    is_keras = isinstance(module, str) and module.split(".")[0] in ("keras", "builtins")
    return is_keras and (own_name is None or own_name == config["class_name"])


def _class_names(config) -> str:
    return repr(config.get("class_name") if isinstance(config, dict) else config)[:200]


def _public_module(inner: str) -> str:
    """``keras.src.ops.numpy`` belongs to ``keras.ops``, ``keras.src.backend.torch.optimizers.torch_adam`` to optimizers."""
    parts = inner.split(".")
    return "keras.optimizers" if "optimizers" in parts else f"keras.{parts[2]}"


class _Reader:
    """Reads configs, with the user's own names at hand."""

    def __init__(self, custom_objects: dict, safe_mode: bool):
        self.custom_objects = custom_objects
        self.safe_mode = safe_mode

    def read(self, config):
        if config is None:
            return None
        if isinstance(config, str) and self.custom_objects.get(config) is not None:
            return self.custom_objects[config]
        if isinstance(config, _PLAIN):
            return config
        if isinstance(config, (list, tuple)):
            return type(config)(self.read(item) for item in config)
        if not isinstance(config, dict):
            raise ArgumentTypeError(
                "This is no config.", got=repr(config)[:200], expected="a dict, list, string or number"
            )
        if "class_name" not in config or "config" not in config:
            return {key: self.read(value) for key, value in config.items()}
        special = getattr(self, "_read" + str(config["class_name"]).rstrip("_"), None)
        if special is not None and str(config["class_name"]).startswith("__"):
            return special(config["config"])
        if config["class_name"] == "function":
            return self._function(config)
        return self._instance(config)

    def _read__tensor(self, inner):
        return convert_to_tensor(inner["value"], dtype=inner["dtype"])

    def _read__numpy(self, inner):
        return np.array(inner["value"], dtype=inner["dtype"])

    def _read__bytes(self, inner):
        return inner["value"].encode("utf-8")

    def _read__ellipsis(self, inner):
        return Ellipsis

    def _read__slice(self, inner):
        return slice(*(self.read(inner[word]) for word in ("start", "stop", "step")))

    def _read__keras_tensor(self, inner):
        symbol = KerasTensor(inner["shape"], dtype=inner["dtype"])
        symbol._pre_serialization_keras_history = inner["keras_history"]
        return symbol

    def _read__lambda(self, inner):
        if self.safe_mode:
            raise ArgumentError(
                "This config holds a Python lambda, and code from a config is not run.",
                expected="a named function",
                fix='custom_objects={"name": function}, with a named function in the layer',
            )
        token = inner["value"]
        found = _lambdas.get(token) if isinstance(token, str) else None
        if found is None:
            raise ArgumentError(
                "This config holds a lambda of another process; Pellucid never decodes bytecode.",
                fix="pass the function by its name: custom_objects={...}",
            )
        return found

    def _function(self, config):
        name = config["config"]
        if not isinstance(name, str):
            raise ArgumentTypeError("A function is named by a string.", got=repr(name), expected='such as "relu"')
        module = config.get("module")
        found = registry.get_registered_object(name, self.custom_objects)
        if found is None and config.get("registered_name"):
            found = registry.get_registered_object(config["registered_name"], self.custom_objects)
        if found is None and module == "builtins":
            found = registry.builtin_anywhere(name, _FUNCTION_MODULES) or self._by_ending(name)
        if found is None and module:
            found = registry.builtin(module, name)
        if found is None:
            raise self._unknown("function", name, config)
        self._check_own_name(name, found, config)
        return found

    def _check_own_name(self, name, found, config):
        """Refuse a name of the user's where the object is a built-in one."""
        own = config.get("registered_name")
        if (
            own not in (None, "", name, config.get("class_name"))
            and registry.public_name(found)
            and registry.get_registered_name(found) != own
        ):
            raise ArgumentError(
                f"The config gives the built-in '{name}' a registered name that is not its own.",
                got=repr(own),
                expected=f"{name!r} or None",
            )

    def _by_ending(self, name):
        """Keras up to 3.6 wrote registered functions without their package."""
        return next((thing for key, thing in self.custom_objects.items() if key.endswith(f">{name}")), None)

    def _class(self, config):
        name, module = config["class_name"], config.get("module")
        custom = registry.get_registered_object(config.get("registered_name") or name, self.custom_objects)
        if custom is None and not (module or "").startswith("keras"):
            custom = registry.get_registered_object(name, self.custom_objects)
        if custom is not None:
            return custom
        found = None
        if module and (module == "keras" or module.startswith("keras.")):
            found = registry.builtin(module, name)
            if found is None and ".src." in module:
                # Inner modules, such as "keras.src.ops.numpy": first the public module of that family.
                found = registry.builtin(_public_module(module), name) or registry.builtin_anywhere(name)
        elif "module" not in config:
            found = registry.builtin_anywhere(name)
        if found is None:
            raise self._unknown("class", name, config)
        self._check_own_name(name, found, config)
        return found

    def _unknown(self, kind, name, config):
        close = nearest(str(name), [*self.custom_objects, *registry.builtin_names()])
        return ArgumentTypeError(
            f"The config names the {kind} '{name}', which is not known here.",
            got=f"module={config.get('module')!r}, registered_name={config.get('registered_name')!r}",
            expected="a built-in name" + (f", such as {close[0]!r}" if close else "") + ", or one of yours",
            fix=f'custom_objects={{"{name}": {name}}}',
        )

    def _instance(self, config):
        inner = config["config"]
        if not isinstance(inner, dict):
            raise ArgumentTypeError(
                f"The config of {config['class_name']} is no dict.", got=repr(inner)[:200], expected="a dict"
            )
        shared = settings.session("shared_objects", lambda: None)
        key = config.get("shared_object_id")
        if not isinstance(key, (int, type(None))):
            raise ArgumentTypeError("The id of a shared object is a whole number.", got=repr(key)[:200])
        if shared is not None and key in shared:
            return shared[key]
        cls = self._class(config)
        if isinstance(cls, types.FunctionType):
            return cls
        if not hasattr(cls, "from_config"):
            raise ArgumentTypeError(
                f"{cls.__name__} has no `from_config()`.", fix="@classmethod\n            def from_config(cls, config)"
            )
        with registry.CustomObjectScope(self.custom_objects), SafeModeScope(self.safe_mode):
            instance = cls.from_config(inner)
            if (build := config.get("build_config")) and not getattr(instance, "built", True):
                instance.build_from_config(build)
                instance.built = True
            if compiled := config.get("compile_config"):
                instance.compile_from_config(compiled)
        if shared is not None and key is not None:
            shared[key] = instance
        return instance
