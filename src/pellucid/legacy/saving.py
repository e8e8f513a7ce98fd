"""Door: ``pellucid.legacy.saving``, objects in the form of Keras 2."""

from pellucid.graph.keras2_objects import deserialize_keras_object, serialize_keras_object

__all__ = ["deserialize_keras_object", "serialize_keras_object"]
