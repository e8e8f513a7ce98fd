"""Door: ``pellucid.backend``, the names that Keras users look for there, with all functions of Keras 1's and 2's `K`."""

from pellucid import backend_functions
from pellucid.backend_functions import *  # noqa: F403 -- a door to a room with a list of its own
from pellucid.dtypes import is_float_dtype, is_int_dtype, result_type, standardize_dtype
from pellucid.engine.backend_function import function, gradients
from pellucid.graph.symbol import is_keras_tensor
from pellucid.naming import get_uid, name_scope
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
    *backend_functions.__all__,
    "backend",
    "clear_session",
    "epsilon",
    "floatx",
    "function",
    "get_uid",
    "gradients",
    "image_data_format",
    "is_float_dtype",
    "is_int_dtype",
    "is_keras_tensor",
    "name_scope",
    "result_type",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "standardize_dtype",
]
