"""Door: ``pellucid.backend``, the names that Keras users look for there, and Keras 1's and 2's `batch_flatten`."""

from pellucid.dtypes import is_float_dtype, is_int_dtype, result_type, standardize_dtype
from pellucid.graph.symbol import is_keras_tensor
from pellucid.naming import get_uid
from pellucid.ops.flattening import batch_flatten
from pellucid.settings import (
    backend,
    clear_session,
    epsilon,
    floatx,
    image_data_format,
    set_epsilon,
    set_floatx,
    set_image_data_format,
)

__all__ = [
    "backend",
    "batch_flatten",
    "clear_session",
    "epsilon",
    "floatx",
    "get_uid",
    "image_data_format",
    "is_float_dtype",
    "is_int_dtype",
    "is_keras_tensor",
    "result_type",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "standardize_dtype",
]
