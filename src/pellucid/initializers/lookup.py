"""Initializers by name: `get`, and to and from plain data."""

from __future__ import annotations

import numpy as np
import torch

from pellucid.dtypes import to_torch
from pellucid.errors import ShapeError
from pellucid.graph.identifiers import identified, named_table
from pellucid.graph.objects import deserialize_keras_object, serialize_keras_object
from pellucid.graph.values import convert_to_tensor, standardize_shape
from pellucid.initializers import constants, drawn, scaling
from pellucid.initializers.base import Initializer
from pellucid.initializers.fourier import STFT

INITIALIZERS = named_table(
    [
        Initializer,
        constants.Constant,
        constants.Identity,
        constants.Ones,
        constants.Zeros,
        drawn.Orthogonal,
        drawn.RandomNormal,
        drawn.RandomUniform,
        drawn.TruncatedNormal,
        scaling.GlorotNormal,
        scaling.GlorotUniform,
        scaling.HeNormal,
        scaling.HeUniform,
        scaling.LecunNormal,
        scaling.LecunUniform,
        scaling.VarianceScaling,
        STFT,
    ]
) | {
    "IdentityInitializer": constants.Identity,
    "OrthogonalInitializer": drawn.Orthogonal,
    "STFTInitializer": STFT,
    "normal": drawn.RandomNormal,
    "uniform": drawn.RandomUniform,
    "one": constants.Ones,
    "zero": constants.Zeros,
}


def get(identifier):
    """The initializer that is meant by a name, a config, a class, a callable, or the values themselves.

    Raises:
        ArgumentError: nothing of these.
    """
    if isinstance(identifier, (torch.Tensor, np.ndarray, np.generic)):
        return _giving(identifier)
    return identified(identifier, INITIALIZERS, "initializer")


def _giving(values):
    """An initializer that gives these values."""

    def give(shape, dtype=None):
        if standardize_shape(shape) != tuple(values.shape):
            raise ShapeError("A weight cannot begin with these values.", got=tuple(values.shape), expected=tuple(shape))
        return convert_to_tensor(values, dtype=to_torch(dtype))

    return give


def serialize(initializer) -> dict:
    """An initializer as plain data."""
    return serialize_keras_object(initializer)


def deserialize(config: dict, custom_objects=None):
    """The initializer that plain data stands for."""
    return deserialize_keras_object(config, module_objects=INITIALIZERS, custom_objects=custom_objects)
