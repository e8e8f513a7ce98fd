"""Names in PyTorch source: identifiers of attributes, variables and classes, each once.

Kept true: whatever a model's layers are named, only letters, digits and underscores reach the source.
"""

from __future__ import annotations

import keyword
import re

import torch

_WORDS = frozenset(keyword.kwlist) | {"torch", "nn", "self", "F"}


class Names:
    """Names that are given once each."""

    def __init__(self, *taken: str):
        self._taken = set(taken)

    def new(self, wish: str, avoid_modules: bool = False) -> str:
        """An identifier like the wish; numbered where it is taken.

        Args:
            avoid_modules: whether it becomes an attribute of a `torch.nn.Module`, which has names of its own.
        """
        name = identifier(wish)
        if name in _WORDS or (avoid_modules and hasattr(torch.nn.Module, name)):
            name += "_layer"
        found, count = name, 1
        while found in self._taken:
            count += 1
            found = f"{name}_{count}"
        self._taken.add(found)
        return found


def identifier(wish: str) -> str:
    """Letters, digits and underscores, no digit first."""
    name = re.sub(r"[^0-9a-zA-Z_]+", "_", wish).strip("_") or "value"
    return f"_{name}" if name[0].isdigit() else name


def class_name(wish: str) -> str:
    """A name in camel case: ``my_net_2`` becomes ``MyNet2``."""
    parts = [part for part in identifier(wish).split("_") if part]
    name = "".join(part[0].upper() + part[1:] for part in parts) or "Network"
    return f"Net{name}" if name[0].isdigit() or keyword.iskeyword(name) else name


def literal(value) -> str:
    """A number, a choice or a tuple of them as Python text; equal numbers of a tuple as one."""
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return f'float("{value}")'
    if isinstance(value, (list, tuple)):
        if len(value) > 1 and len(set(value)) == 1:
            return literal(value[0])
        return "(" + ", ".join(map(literal, value)) + ("," if len(value) == 1 else "") + ")"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    assert value is None or isinstance(value, (bool, int, float))
    return repr(value)


def whole_tuple(value) -> str:
    """A tuple as Python text, all its numbers told."""
    return "(" + ", ".join(map(literal, value)) + ("," if len(value) == 1 else "") + ")"
