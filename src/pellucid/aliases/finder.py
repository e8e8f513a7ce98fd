"""Finder: imports of `keras`, `tf_keras` and `tensorflow.keras`, with all below them, lead to Pellucid's modules.

Below:  old_names.py (paths and names of Keras 1 and 2), tensorflow_names.py (what a program may ask TensorFlow itself).
Above:  running.py, and `%load_ext pellucid` in a notebook.
Kept true: a module found here is a stand-in of its own, so that what a program sets on it never changes ours.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.abc
import importlib.machinery
import sys
import types
import warnings

from pellucid.aliases import old_arguments, old_names, tensorflow_names
from pellucid.errors import MissingAttributeError, MissingModuleError, OrderError

# Each of these is Keras, under some name; the longest that fits counts.
ROOTS = ("keras", "tf_keras", "tensorflow.keras", "tensorflow.python.keras", "tensorflow_core.keras")
PACKAGES = ("tensorflow", "tensorflow.python", "tensorflow_core")


def install() -> None:
    """Have imports of Keras and TensorFlow lead here, from now on in this process; again does nothing.

    Raises:
        OrderError: one of them is imported already.
    """
    if any(isinstance(finder, Finder) for finder in sys.meta_path):
        return
    taken = [name for name in ("keras", "tf_keras", "tensorflow") if name in sys.modules]
    if taken:
        raise OrderError(
            f"`{taken[0]}` is imported already, so Pellucid cannot take its place.",
            fix="restart, and load pellucid before anything else",
        )
    sys.meta_path.insert(0, Finder())
    warnings.filterwarnings("ignore", message="`input_shape` of .* is Keras 2's way")  # said of every first layer
    old_arguments.accept()


def load_ipython_extension(_shell) -> None:
    """``%load_ext pellucid``: the cells after it find Pellucid where they import Keras."""
    install()


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Answers for the names in `ROOTS`, and for TensorFlow around them."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname in PACKAGES or _below_root(fullname) is not None:
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        if fullname.partition(".")[0] in PACKAGES:
            raise tensorflow_names.missing(fullname)
        return None

    def create_module(self, spec):
        inner = _below_root(spec.name)
        if inner is None:
            return tensorflow_names.TensorFlow(spec.name)
        return StandIn(spec.name, inner)

    def exec_module(self, module):
        """A stand-in is whole when it is made."""


def _below_root(fullname: str) -> str | None:
    """What stands behind Keras's name, "" for itself: ``layers.core`` of ``tensorflow.keras.layers.core``."""
    for root in sorted(ROOTS, key=len, reverse=True):
        if fullname == root:
            return ""
        if fullname.startswith(root + "."):
            return fullname[len(root) + 1 :]
    return None


class StandIn(types.ModuleType):
    """A module of Keras's, by the name under which a program imports it.

    Raises:
        MissingModuleError: Keras's inside, or a module that Pellucid does not have.
    """

    def __init__(self, name: str, inner: str):
        self.__dict__["_of"] = _modules(name, inner)
        self.__dict__["_inner"] = inner
        super().__init__(name, f"{name}: Pellucid under Keras's name.")
        self.__path__: list = []
        self.__all__ = sorted({word for module in self._of for word in _public(module)} | set(self._old()))

    def _old(self) -> dict:
        return old_names.names(self._inner)

    def __getattr__(self, word: str):
        if word.startswith("__") and word != "__version__":
            raise AttributeError(word)
        if word in self._old():
            return self._old()[word]
        for module in self._of:
            if word in _public(module) or (word == "__version__" and hasattr(module, word)):
                found = getattr(module, word)
                return importlib.import_module(f"{self.__name__}.{word}") if _is_ours(found) else found
        try:
            return importlib.import_module(f"{self.__name__}.{word}")
        except MissingModuleError as error:
            raise MissingAttributeError(error.message, **error.facts) from None

    def __dir__(self):
        return self.__all__


def _modules(name: str, inner: str) -> list[types.ModuleType]:
    """Pellucid's modules whose names a module of Keras holds."""
    if inner.split(".")[0] in ("src", "_tf_keras", "_legacy"):
        raise MissingModuleError(
            f"`{name}` is Keras's inside, which Pellucid does not have: it has Keras's public names, on code of its own.",
            fix=f"from {name.partition('.')[0]} import layers, models, ops  # and so on",
        )
    for path in old_names.MODULES.get(inner, (inner,)):
        if not _exists(path):
            raise _no_name(name, _nearby(inner))
    return [_ours(path) for path in old_names.MODULES.get(inner, (inner,))]


def _no_name(name: str, known: list[str]) -> MissingModuleError:
    word = name.rpartition(".")[2]
    near = difflib.get_close_matches(word, known, n=1)
    facts = {"fix": near[0]} if near else {}
    return MissingModuleError(f"Pellucid has no `{name}`.", got=word, expected="a public name of Keras", **facts)


def _nearby(inner: str) -> list[str]:
    """The names beside a path that leads nowhere."""
    outer = inner.rpartition(".")[0]
    return sorted(_public(_ours(outer))) if _exists(outer) else []


def _ours(path: str) -> types.ModuleType:
    return importlib.import_module(f"pellucid.{path}" if path else "pellucid")


def _exists(path: str) -> bool:
    """Whether this is a public module: reached from the top by public names alone."""
    module = _ours("")
    for word in path.split(".") if path else ():
        if not isinstance(getattr(module, word, None), types.ModuleType) or word not in _public(module):
            return False
        module = getattr(module, word)
    return True


def _public(module: types.ModuleType) -> set[str]:
    return set(getattr(module, "__all__", ())) or {word for word in vars(module) if not word.startswith("_")}


def _is_ours(found) -> bool:
    return isinstance(found, types.ModuleType) and found.__name__.partition(".")[0] == "pellucid"
