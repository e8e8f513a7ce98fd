"""Door: ``pellucid.utils``, names that Keras users look for there."""

from pellucid import bounding_boxes
from pellucid.dtypes import standardize_dtype
from pellucid.engine.data.audio_folders import audio_dataset_from_directory
from pellucid.engine.data.image_folders import image_dataset_from_directory
from pellucid.engine.data.packing import pack_x_y_sample_weight, unpack_x_y_sample_weight
from pellucid.engine.data.py_dataset import PyDataset
from pellucid.engine.data.sequences import pad_sequences, timeseries_dataset_from_array
from pellucid.engine.data.splitting import split_dataset
from pellucid.engine.data.text_folders import text_dataset_from_directory
from pellucid.engine.fetching import get_file
from pellucid.engine.progress import Progbar
from pellucid.files.images import array_to_img, img_to_array, load_img, save_img
from pellucid.graph.frozen_config import Config
from pellucid.graph.graph import source_inputs
from pellucid.graph.objects import deserialize_keras_object, serialize_keras_object
from pellucid.graph.symbol import is_keras_tensor
from pellucid.legacy import saving as legacy
from pellucid.models.feature_space import FeatureSpace
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
from pellucid.report.diagram.plotting import model_to_dot, plot_model
from pellucid.settings import (
    clear_session,
    disable_interactive_logging,
    enable_interactive_logging,
    is_interactive_logging_enabled,
)

Sequence = PyDataset  # Keras 2's name
get_source_inputs = source_inputs

__all__ = [
    "bounding_boxes",
    "Config",
    "CustomObjectScope",
    "FeatureSpace",
    "Progbar",
    "PyDataset",
    "Sequence",
    "array_to_img",
    "audio_dataset_from_directory",
    "clear_session",
    "custom_object_scope",
    "deserialize_keras_object",
    "disable_interactive_logging",
    "enable_interactive_logging",
    "get_custom_objects",
    "get_file",
    "get_registered_name",
    "get_registered_object",
    "get_source_inputs",
    "image_dataset_from_directory",
    "img_to_array",
    "is_interactive_logging_enabled",
    "is_keras_tensor",
    "legacy",
    "load_img",
    "model_to_dot",
    "normalize",
    "pack_x_y_sample_weight",
    "pad_sequences",
    "plot_model",
    "register_keras_serializable",
    "save_img",
    "serialize_keras_object",
    "set_random_seed",
    "split_dataset",
    "standardize_dtype",
    "text_dataset_from_directory",
    "timeseries_dataset_from_array",
    "to_categorical",
    "unpack_x_y_sample_weight",
]
