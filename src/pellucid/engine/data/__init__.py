"""Data on its way to a model: every kind that `fit` takes, as batches of tensors."""

from pellucid.engine.data.arrays import ArrayFeed, split
from pellucid.engine.data.choice import choose_feed
from pellucid.engine.data.epochs import EpochIterator
from pellucid.engine.data.leaves import to_device
from pellucid.engine.data.packing import (
    class_weight_to_sample_weights,
    pack_x_y_sample_weight,
    unpack_x_y_sample_weight,
)
from pellucid.engine.data.py_dataset import PyDataset, PyDatasetFeed
from pellucid.engine.data.streams import GeneratorFeed, IterableFeed, LoaderFeed

__all__ = [
    "ArrayFeed",
    "EpochIterator",
    "GeneratorFeed",
    "IterableFeed",
    "LoaderFeed",
    "PyDataset",
    "PyDatasetFeed",
    "choose_feed",
    "class_weight_to_sample_weights",
    "pack_x_y_sample_weight",
    "split",
    "to_device",
    "unpack_x_y_sample_weight",
]
