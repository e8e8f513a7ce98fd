"""Door: ``pellucid.preprocessing``, Keras 2's names for what prepares data."""

from pellucid.engine.data.image_folders import image_dataset_from_directory
from pellucid.engine.data.sequences import timeseries_dataset_from_array
from pellucid.engine.data.text_folders import text_dataset_from_directory
from pellucid.preprocessing import image, sequence, text

__all__ = [
    "image",
    "image_dataset_from_directory",
    "sequence",
    "text",
    "text_dataset_from_directory",
    "timeseries_dataset_from_array",
]
