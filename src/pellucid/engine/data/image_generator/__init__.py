"""Images changed at random on their way to a model: the ImageDataGenerator of Keras 2, and the functions beside it."""

from pellucid.engine.data.image_generator.arrays import NumpyArrayIterator
from pellucid.engine.data.image_generator.coloring import (
    apply_brightness_shift,
    apply_channel_shift,
    random_brightness,
    random_channel_shift,
)
from pellucid.engine.data.image_generator.directory import DirectoryIterator
from pellucid.engine.data.image_generator.generator import ImageDataGenerator
from pellucid.engine.data.image_generator.iterating import Iterator
from pellucid.engine.data.image_generator.moving import (
    apply_affine_transform,
    flip_axis,
    random_rotation,
    random_shear,
    random_shift,
    random_zoom,
)
from pellucid.engine.data.image_generator.table import DataFrameIterator

__all__ = [
    "DataFrameIterator",
    "DirectoryIterator",
    "ImageDataGenerator",
    "Iterator",
    "NumpyArrayIterator",
    "apply_affine_transform",
    "apply_brightness_shift",
    "apply_channel_shift",
    "flip_axis",
    "random_brightness",
    "random_channel_shift",
    "random_rotation",
    "random_shear",
    "random_shift",
    "random_zoom",
]
