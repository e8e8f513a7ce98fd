"""Constraints: what a weight is moved to after each step of an optimizer, if it has left where it may be.

Above:  layers/ give them to their weights; optimizers/ apply them.
Axes:   `axis` are those that lead into one unit: 0 of a Dense kernel, [0, 1, 2] of a Conv2D kernel.
"""

from __future__ import annotations

import torch

from pellucid import settings
from pellucid.graph.identifiers import identified, named_table
from pellucid.graph.objects import deserialize_keras_object, serialize_keras_object
from pellucid.graph.values import convert_to_tensor

__all__ = [
    "Constraint",
    "MaxNorm",
    "MinMaxNorm",
    "NonNeg",
    "UnitNorm",
    "deserialize",
    "get",
    "max_norm",
    "min_max_norm",
    "non_neg",
    "serialize",
    "unit_norm",
]


class Constraint:
    """The parent of all constraints; by itself it lets every value be."""

    def __call__(self, w):
        """The values that a weight of values `w` is to have."""
        return w

    def get_config(self) -> dict:
        """What is needed to make it again."""
        return {}

    @classmethod
    def from_config(cls, config: dict):
        """Make it again from what `get_config` gave."""
        return cls(**config)


class NonNeg(Constraint):
    """No value below 0."""

    def __call__(self, w):
        return convert_to_tensor(w).clamp(min=0)


class _NormConstraint(Constraint):
    """The parent of constraints on the length of a unit's weights along `axis`; a subclass gives the length wanted."""

    axis: int | list[int]

    def wanted(self, norm):
        raise NotImplementedError

    def __call__(self, w):
        w = convert_to_tensor(w)
        axis = tuple(self.axis) if isinstance(self.axis, (list, tuple)) else self.axis
        norm = torch.linalg.vector_norm(w, dim=axis, keepdim=True)
        return w * (self.wanted(norm) / (settings.epsilon() + norm))


class UnitNorm(_NormConstraint):
    """Length 1 along `axis`."""

    def __init__(self, axis=0):
        self.axis = axis

    def wanted(self, norm):
        return 1.0

    def get_config(self) -> dict:
        return {"axis": self.axis}


class MaxNorm(_NormConstraint):
    """A length of at most `max_value` along `axis`."""

    def __init__(self, max_value=2, axis=0):
        self.max_value = max_value
        self.axis = axis

    def wanted(self, norm):
        return norm.clamp(0, self.max_value)

    def get_config(self) -> dict:
        return {"max_value": self.max_value, "axis": self.axis}


class MinMaxNorm(_NormConstraint):
    """A length between `min_value` and `max_value` along `axis`.

    Args:
        rate: the share of the way that one step goes there; 1 arrives at once.
    """

    def __init__(self, min_value=0.0, max_value=1.0, rate=1.0, axis=0):
        self.min_value = min_value
        self.max_value = max_value
        self.rate = rate
        self.axis = axis

    def wanted(self, norm):
        return self.rate * norm.clamp(self.min_value, self.max_value) + (1 - self.rate) * norm

    def get_config(self) -> dict:
        return {"min_value": self.min_value, "max_value": self.max_value, "rate": self.rate, "axis": self.axis}


non_neg = NonNeg
unit_norm = UnitNorm
max_norm = MaxNorm
min_max_norm = MinMaxNorm

CONSTRAINTS = named_table([Constraint, MaxNorm, MinMaxNorm, NonNeg, UnitNorm])


def get(identifier) -> Constraint | None:
    """The constraint that is meant by a name, a config, a class, or a callable; None stays None.

    Raises:
        ArgumentError: nothing of these.
    """
    return identified(identifier, CONSTRAINTS, "constraint")


def serialize(constraint: Constraint) -> dict:
    """A constraint as plain data."""
    return serialize_keras_object(constraint)


def deserialize(config: dict, custom_objects=None) -> Constraint:
    """The constraint that plain data stands for."""
    return deserialize_keras_object(config, module_objects=CONSTRAINTS, custom_objects=custom_objects)
