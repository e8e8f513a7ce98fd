"""Weights from a file into a model: all is read and checked first, then all is assigned.

Below:  naming_tree.py says which object has which path; files/ reads the arrays.
Above:  saving.py.
Kept true: until everything fits, nothing of the model has changed.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import torch

from pellucid.errors import FileError
from pellucid.graph.scopes import StatelessScope
from pellucid.graph.variable import Variable
from pellucid.models import naming_tree


class Plan:
    """The values that weights are going to get.

    Args:
        weights: an open WeightsFile.
        without: objects that are left as they are.

    Attributes:
        progress: ``progress(count)`` hears of so many bytes more that were read.
    """

    def __init__(self, weights, without=()):
        self._weights = weights
        self.progress: Callable[[int], None] = lambda count: None
        self._values: dict[int, object] = {}
        self._variables: dict[int, Variable] = {}
        self._done = {id(thing) for thing in without}
        self._under_way: set[int] = set()
        self._failed: dict[int, tuple[object, str, Exception]] = {}

    def add(self, root, path: str = "") -> None:
        """Plan for an object and all below it, by the same walk as when it was saved."""
        if id(root) in self._done or id(root) in self._under_way:
            return
        self._under_way.add(id(root))
        failures = len(self._failed)
        fits = self._read(root, path)
        for name, value in naming_tree.children(root):
            self._add_value(value, f"{path}/{name}" if path else name)
        # What failed here may have been saved under another of its paths: it is tried there again.
        if fits:
            self._failed.pop(id(root), None)
            if len(self._failed) <= failures:
                self._done.add(id(root))
        self._under_way.discard(id(root))

    def _add_value(self, value, path: str):
        if not isinstance(value, naming_tree.CONTAINERS):
            self.add(value, path)
        elif id(value) not in self._under_way:
            self._under_way.add(id(value))
            for name, item in naming_tree.items(value):
                self._add_value(item, f"{path}/{name}")
            self._under_way.discard(id(value))

    def _read(self, thing, path: str) -> bool:
        """Whether the file has what this object wants, under this path."""
        if not hasattr(thing, "load_own_variables"):
            return True
        try:
            with StatelessScope() as scope:
                thing.load_own_variables(self._weights.arrays(path))
        except FileError:
            raise
        except Exception as error:
            self._failed[id(thing)] = thing, path, error
            return False
        self._values.update(scope.state_mapping)
        self.progress(sum(getattr(value, "nbytes", 0) for value in scope.state_mapping.values()))
        return True

    def check(self, skip_mismatch: bool = False) -> None:
        """Say what does not fit.

        Raises:
            FileError: something does not, unless `skip_mismatch`, which warns; or the file is damaged.
        """
        if hasattr(self._weights, "confirm"):
            self._weights.confirm()
        if not self._failed:
            return
        _, path, error = next(iter(self._failed.values()))
        names = ", ".join(f"{path or '/'} ({type(thing).__name__})" for thing, path, _ in self._failed.values())
        problem = FileError(
            f"The file does not fit the model: {len(self._failed)} objects cannot be loaded.",
            got=names[:1000],
            expected=f"for '{path or '/'}': {error}",
            fix="the model that the file was saved from, or load_weights(path, skip_mismatch=True)",
        )
        if not skip_mismatch:
            raise problem from error
        warnings.warn(str(problem), stacklevel=4)

    def assign(self, variables) -> None:
        """Give these variables what was planned for them; those without a value yet begin with it."""
        for variable in variables:
            value = self._values.pop(id(variable), None)  # its memory is free as soon as it is copied
            if variable._value is None:
                variable.initialize() if value is None else variable.begin_with(
                    value, keep=may_keep(self._weights, value)
                )
            elif value is not None:
                variable.assign(value)


def may_keep(file, value) -> bool:
    """Whether a value is memory that was filled from this file, and can become a weight without a copy."""
    return isinstance(value, torch.Tensor) and hasattr(file, "give_up") and file.give_up(value)


def variables_of(model) -> list[Variable]:
    """All variables that a file may hold for a model."""
    found: dict[int, Variable] = {}
    for _, thing in naming_tree.objects(model):
        for variable in thing.variables:
            found.setdefault(id(variable), variable)
    return list(found.values())
