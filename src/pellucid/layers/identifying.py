"""Layers as plain data and back.

Below:  graph/objects.py reads and writes the configs of all objects.
Above:  layers that hold layers, files, and users.
"""

from __future__ import annotations

from pellucid.errors import ArgumentError
from pellucid.graph.objects import deserialize_keras_object, serialize_keras_object
from pellucid.layers.base import Layer


def serialize(layer: Layer) -> dict:
    """A layer as plain data, without its weights."""
    return serialize_keras_object(layer)


def deserialize(config: dict, custom_objects=None) -> Layer:
    """The layer that plain data stands for.

    Args:
        custom_objects: names of the user's own classes.

    Raises:
        ArgumentError: it stands for something else.
    """
    layer = deserialize_keras_object(config, custom_objects=custom_objects)
    if not isinstance(layer, Layer):
        raise ArgumentError("This config makes no layer.", got=repr(config)[:200], expected="a layer's config")
    return layer
