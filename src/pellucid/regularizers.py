"""Regularizers: penalties on the size or the alikeness of weights, added to the loss.

Above:  layers/ call them on weights and, as activity regularizers, on outputs.
Kept true: a penalty has the dtype of what it is taken of.
"""

from __future__ import annotations

import math

import torch

from pellucid.errors import ArgumentError, ShapeError, UnsupportedError
from pellucid.graph.identifiers import identified, named_table
from pellucid.graph.objects import deserialize_keras_object, serialize_keras_object
from pellucid.graph.values import convert_to_tensor

__all__ = [
    "L1",
    "L1L2",
    "L2",
    "OrthogonalRegularizer",
    "Regularizer",
    "deserialize",
    "get",
    "l1",
    "l1_l2",
    "l2",
    "orthogonal_regularizer",
    "serialize",
]


class Regularizer:
    """The parent of all regularizers; a subclass gives `__call__`, and `get_config` to be saved."""

    def __call__(self, x):
        """The penalty for the values of `x`, a scalar."""
        return 0.0

    def get_config(self) -> dict:
        """What is needed to make it again."""
        raise UnsupportedError(f"{type(self).__name__} has no `get_config`.", fix="def get_config(self): return {...}")

    @classmethod
    def from_config(cls, config: dict):
        """Make it again from what `get_config` gave."""
        return cls(**config)


class L1L2(Regularizer):
    """``l1 * sum(|x|) + l2 * sum(x**2)``.

    Raises:
        ArgumentError: a factor is no finite number from 0 upwards.
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0):
        self.l1 = _factor("l1", 0.0 if l1 is None else l1)
        self.l2 = _factor("l2", 0.0 if l2 is None else l2)

    def __call__(self, x):
        x = convert_to_tensor(x)
        penalty = torch.zeros((), dtype=x.dtype, device=x.device)
        if self.l1:
            penalty = penalty + self.l1 * x.abs().sum()
        if self.l2:
            penalty = penalty + self.l2 * x.square().sum()
        return penalty

    def get_config(self) -> dict:
        return {"l1": self.l1, "l2": self.l2}


class L1(Regularizer):
    """``l1 * sum(|x|)``.

    Raises:
        ArgumentError: `l1` is no finite number from 0 upwards.
    """

    def __init__(self, l1: float = 0.01):
        self.l1 = _factor("l1", 0.01 if l1 is None else l1)

    def __call__(self, x):
        return self.l1 * convert_to_tensor(x).abs().sum()

    def get_config(self) -> dict:
        return {"l1": self.l1}


class L2(Regularizer):
    """``l2 * sum(x**2)``.

    Raises:
        ArgumentError: `l2` is no finite number from 0 upwards.
    """

    def __init__(self, l2: float = 0.01):
        self.l2 = _factor("l2", 0.01 if l2 is None else l2)

    def __call__(self, x):
        return self.l2 * convert_to_tensor(x).square().sum()

    def get_config(self) -> dict:
        return {"l2": self.l2}


class OrthogonalRegularizer(Regularizer):
    """``factor`` times the mean of ``|cosine|`` over all pairs of rows, or of columns, of a matrix.

    Args:
        mode: ``"rows"`` or ``"columns"``.

    Raises:
        ArgumentError: a `factor` below 0, or another `mode`.
        ShapeError: what it is called on is no matrix.
    """

    def __init__(self, factor: float = 0.01, mode: str = "rows"):
        self.factor = _factor("factor", factor)
        if mode not in ("rows", "columns"):
            raise ArgumentError(
                "`mode` tells what shall be orthogonal.", got=repr(mode), expected='"rows" or "columns"'
            )
        self.mode = mode

    def __call__(self, inputs):
        x = convert_to_tensor(inputs)
        if x.ndim != 2:
            raise ShapeError(
                "Only the rows or columns of a matrix can be orthogonal.", got=tuple(x.shape), expected="2 axes"
            )
        rows = torch.nn.functional.normalize(x if self.mode == "rows" else x.T, dim=1)
        cosines = (rows @ rows.T).abs()
        pairs = len(rows) * (len(rows) - 1) / 2
        return self.factor * torch.triu(cosines, diagonal=1).sum() / pairs

    def get_config(self) -> dict:
        return {"factor": self.factor, "mode": self.mode}


def _factor(name, value) -> float:
    if not isinstance(value, (int, float)) or not 0 <= value < math.inf:
        raise ArgumentError(
            f"`{name}` is no factor.", got=repr(value), expected="a number from 0 upwards", fix=f"{name}=0.01"
        )
    return float(value)


l1 = L1
l2 = L2
l1_l2 = L1L2
orthogonal_regularizer = OrthogonalRegularizer

REGULARIZERS = named_table([Regularizer, L1, L2, L1L2, OrthogonalRegularizer]) | {"l1_l2": L1L2}


def get(identifier) -> Regularizer | None:
    """The regularizer that is meant by a name, a config, a class, or a callable; None stays None.

    Raises:
        ArgumentError: nothing of these.
    """
    return identified(identifier, REGULARIZERS, "regularizer")


def serialize(regularizer: Regularizer) -> dict:
    """A regularizer as plain data."""
    return serialize_keras_object(regularizer)


def deserialize(config: dict, custom_objects=None) -> Regularizer:
    """The regularizer that plain data stands for."""
    return deserialize_keras_object(config, module_objects=REGULARIZERS, custom_objects=custom_objects)
