"""Door: ``pellucid.saving``, models and weights in files, and names of objects in configs."""

from pellucid.graph.objects import deserialize_keras_object, serialize_keras_object
from pellucid.models.file_editor import KerasFileEditor
from pellucid.models.saving import load_model, load_weights, save_model, save_weights
from pellucid.registry import (
    CustomObjectScope,
    custom_object_scope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)

__all__ = [
    "CustomObjectScope",
    "KerasFileEditor",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "load_model",
    "load_weights",
    "register_keras_serializable",
    "save_model",
    "save_weights",
    "serialize_keras_object",
]
