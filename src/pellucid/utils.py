"""Door: ``pellucid.utils``, names that Keras users look for there."""

from pellucid.dtypes import standardize_dtype
from pellucid.engine.data.packing import pack_x_y_sample_weight, unpack_x_y_sample_weight
from pellucid.engine.data.py_dataset import PyDataset
from pellucid.engine.progress import Progbar
from pellucid.graph.objects import deserialize_keras_object, serialize_keras_object
from pellucid.graph.symbol import is_keras_tensor
from pellucid.ops.categories import normalize, to_categorical
from pellucid.random.seed import set_random_seed
from pellucid.registry import (
    CustomObjectScope,
    custom_object_scope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)
from pellucid.settings import (
    clear_session,
    disable_interactive_logging,
    enable_interactive_logging,
    is_interactive_logging_enabled,
)

Sequence = PyDataset  # Keras 2's name

__all__ = [
    "CustomObjectScope",
    "Progbar",
    "PyDataset",
    "Sequence",
    "clear_session",
    "custom_object_scope",
    "deserialize_keras_object",
    "disable_interactive_logging",
    "enable_interactive_logging",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "is_interactive_logging_enabled",
    "is_keras_tensor",
    "normalize",
    "pack_x_y_sample_weight",
    "register_keras_serializable",
    "serialize_keras_object",
    "set_random_seed",
    "standardize_dtype",
    "to_categorical",
    "unpack_x_y_sample_weight",
]
