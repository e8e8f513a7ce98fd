"""Initializers without chance: zeros, ones, any constant, the identity matrix."""

from __future__ import annotations

import torch

from pellucid.dtypes import to_torch
from pellucid.errors import ShapeError
from pellucid.graph.objects import deserialize_keras_object, serialize_keras_object
from pellucid.graph.scopes import current_device
from pellucid.graph.values import convert_to_tensor
from pellucid.initializers.base import Initializer


class Constant(Initializer):
    """The same value everywhere, or an array's values broadcast to the shape."""

    def __init__(self, value=0.0):
        self.value = value

    def __call__(self, shape, dtype=None):
        return convert_to_tensor(self.value, dtype=to_torch(dtype)).broadcast_to(tuple(shape)).clone()

    def get_config(self) -> dict:
        return {"value": serialize_keras_object(self.value)}

    @classmethod
    def from_config(cls, config: dict):
        return cls(deserialize_keras_object(config["value"]))


class Zeros(Initializer):
    """0 everywhere."""

    def __call__(self, shape, dtype=None):
        return torch.zeros(tuple(shape), dtype=to_torch(dtype), device=current_device())


class Ones(Initializer):
    """1 everywhere."""

    def __call__(self, shape, dtype=None):
        return torch.ones(tuple(shape), dtype=to_torch(dtype), device=current_device())


class Identity(Initializer):
    """A matrix with `gain` on its diagonal and 0 elsewhere.

    Raises:
        ShapeError: the shape is not that of a matrix.
    """

    arguments = ("gain",)

    def __init__(self, gain: float = 1.0):
        self.gain = gain

    def __call__(self, shape, dtype=None):
        if len(shape) != 2:
            raise ShapeError("Only a matrix can be the identity.", got=tuple(shape), expected="2 axes")
        return (self.gain * torch.eye(*shape, device=current_device())).to(to_torch(dtype))


constant = Constant
zeros = Zeros
ones = Ones
identity = IdentityInitializer = Identity
