"""What a config asks for, before anything is made of it: the classes it names, and keys that they do not take.

Below:  registry.py holds the tables of names, files/entries.py the form of a config.
Above:  making.py refuses what cannot be understood, checking.py tells all of it.
Kept true: nothing is made and nothing is changed; a key that says None says nothing, whoever wrote it.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pellucid import registry
from pellucid.errors import nearest
from pellucid.files.entries import is_entry
from pellucid.layers.base import Layer

_MODELS = ("Sequential", "Functional", "Model")
# Given to every layer, though not by its own `__init__`.
_OF_LAYERS = ("name", "trainable", "dtype", "activity_regularizer", "autocast", "input_shape", "input_dim")
# Taken by a layer's `__init__`, but not named there.
_UNNAMED = {
    "AdditiveAttention": ("seed",),
    "Embedding": ("input_length",),
    "GRU": ("implementation",),
    "InputLayer": ("batch_input_shape",),
    "LSTM": ("implementation",),
    "LayerNormalization": ("rms_scaling",),
    "LeakyReLU": ("alpha",),
    "SimpleRNN": ("implementation",),
}


@dataclass(frozen=True)
class Named:
    """An object that a config names.

    Attributes:
        path: the names of what it lies in, and its own.
        kind: "layer", "model" or "part", such as an initializer.
        is_known: whether the name stands for something, built in or the caller's.
        unknown_keys: what it was told and does not take, by key.
    """

    path: tuple[str, ...]
    class_name: str
    kind: str
    is_known: bool
    unknown_keys: Mapping[str, object]

    @property
    def where(self) -> str:
        """The path as one text."""
        return "/".join(self.path)


def named(config, known: Mapping[str, object], path: tuple[str, ...] = ()) -> Iterator[Named]:
    """All objects that a config of today names, outermost first.

    Args:
        known: the caller's own classes and functions by name.
    """
    if isinstance(config, list):
        for item in config:
            yield from named(item, known, path)
    if not isinstance(config, dict):
        return
    if is_entry(config) and not config["class_name"].startswith("__"):
        inner = config["config"]
        own = config.get("name") or (inner.get("name") if isinstance(inner, dict) else None)
        path = (*path, str(own or config["class_name"]))
        yield _named(config, known, path)
    for key, item in config.items():
        if key not in ("build_config", "inbound_nodes"):
            yield from named(item, known, path)


def without_silence(config, known: Mapping[str, object]):
    """A config without keys that say None and that the built-in layers do not take."""
    if isinstance(config, list):
        return [without_silence(item, known) for item in config]
    if not isinstance(config, dict):
        return config
    if is_entry(config) and isinstance(config["config"], dict):
        taken = _taken(config, known)
        inner = {key: value for key, value in config["config"].items() if value is not None or _takes(taken, key)}
        config = {**config, "config": inner}
    return {key: without_silence(value, known) for key, value in config.items()}


def told_unknown(found: Named) -> dict:
    """The facts of an error about keys that a layer does not take."""
    key = next(iter(found.unknown_keys))
    taken = _words(registry.builtin("keras.layers", found.class_name)) or frozenset()
    close = nearest(key, sorted(taken), most=1)
    return {
        "got": ", ".join(f"{key}={value!r}" for key, value in found.unknown_keys.items())[:300],
        "expected": f"such as {close[0]!r}" if close else ", ".join(sorted(taken)),
        "where": found.where,
    }


def _named(entry: dict, known, path) -> Named:
    name, inner = entry["class_name"], entry["config"]
    if name == "function":
        is_found = _is_known({"class_name": str(inner), "registered_name": entry.get("registered_name")}, known)
        return Named(path, str(inner), "part", is_found, {})
    taken = _taken(entry, known)
    unknown = {key: value for key, value in inner.items() if not _takes(taken, key)} if isinstance(inner, dict) else {}
    kind = "model" if name in _MODELS else "layer" if taken is not None else "part"
    return Named(path, name, kind, _is_known(entry, known), unknown)


def _is_known(entry: dict, known) -> bool:
    registered = entry.get("registered_name")
    names = [name for name in (entry["class_name"], registered) if name]
    if any(name in known for name in names):
        return True
    return registered in (None, entry["class_name"]) and registry.builtin_anywhere(entry["class_name"]) is not None


def _taken(entry: dict, known) -> frozenset[str] | None:
    """The keys that a built-in layer takes; None for everything else, which is not judged here."""
    if entry.get("registered_name") or entry["class_name"] in known or entry["class_name"] in _MODELS:
        return None
    module = entry.get("module")
    if module is not None and module != "keras.layers":
        return None
    return _words(registry.builtin("keras.layers", entry["class_name"]))


def _takes(taken: frozenset[str] | None, key: str) -> bool:
    return taken is None or key in taken


@functools.cache
def _words(cls) -> frozenset[str] | None:
    """All keywords of a layer's `__init__` and of those it hands the rest on to."""
    if not (isinstance(cls, type) and issubclass(cls, Layer)):
        return None
    found = {*_OF_LAYERS, *_UNNAMED.get(cls.__name__, ())}
    for parent in cls.__mro__:
        if "__init__" in vars(parent):
            found |= set(inspect.signature(parent.__init__).parameters)
    return frozenset(found - {"self", "args", "kwargs"})
