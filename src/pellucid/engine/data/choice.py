"""Choice: which feed serves what a user gave as `x`, and which arguments do not go with it."""

from __future__ import annotations

import types
import warnings

import torch

from pellucid import nest
from pellucid.engine.data import leaves
from pellucid.engine.data.arrays import ArrayFeed
from pellucid.engine.data.dataset import Dataset
from pellucid.engine.data.feed import Feed
from pellucid.engine.data.py_dataset import PyDataset, PyDatasetFeed
from pellucid.engine.data.streams import GeneratorFeed, IterableFeed, LoaderFeed
from pellucid.errors import ArgumentError

# Data sets of libraries that are not imported here, by (package, class name).
_FOREIGN = {
    "tensorflow": ("DatasetV2", "DistributedDataset", "DistributedDatasetsFromFunction"),
    "grain": ("MapDataset", "IterDataset", "DataLoader"),
}


def choose_feed(
    x, y=None, sample_weight=None, batch_size=None, steps=None, shuffle=False, class_weight=None, may_be_empty=False
) -> Feed:
    """The feed for data of this kind.

    Raises:
        ArgumentError: an unknown kind, or an argument that does not go with it.
        DataError: a Python list of numbers; see `ArrayFeed` for more.
    """
    if isinstance(x, Feed):
        return x
    leaves.refuse_symbols((x, y, sample_weight))
    if all(leaves.is_array(leaf) for leaf in nest.leaves((x, y, sample_weight))):
        return ArrayFeed(x, y, sample_weight, batch_size, steps, shuffle, class_weight, may_be_empty)
    if isinstance(x, PyDataset):
        _refuse("PyDataset", y, sample_weight)
        return PyDatasetFeed(x, class_weight=class_weight, shuffle=_shuffled(x, shuffle))
    if isinstance(x, Dataset):
        _refuse("Dataset", y, sample_weight)
        return IterableFeed(x, class_weight)  # which says itself whether it is shuffled
    feed, kind = _stream(x)
    if feed is None:
        for name, part in (("x", x), ("y", y), ("sample_weight", sample_weight)):
            leaves.refuse_lists(name, part)
        raise ArgumentError(
            "Data of this kind is not known.",
            got=f"x={str(x)[:80]} ({type(x).__name__})",
            expected="arrays, tensors, a pandas frame, a generator, a DataLoader, a PyDataset, a Dataset",
            fix="x = np.array(x)",
        )
    weighs_classes = kind == "tensorflow data set"
    _refuse(kind, y, sample_weight, None if weighs_classes else class_weight)
    if shuffle:
        _not_shuffled(kind)
    return feed(x, class_weight) if weighs_classes else feed(x)


def _stream(x) -> tuple:
    if isinstance(x, torch.utils.data.DataLoader):
        return LoaderFeed, "DataLoader"
    if isinstance(x, types.GeneratorType):
        return GeneratorFeed, "generator"
    for parent in type(x).__mro__:
        package = parent.__module__.partition(".")[0]
        if parent.__name__ in _FOREIGN.get(package, ()):
            return IterableFeed, f"{package} data set"
    return None, None


def _refuse(kind, y, sample_weight, class_weight=None):
    for name, value in (("y", y), ("sample_weight", sample_weight), ("class_weight", class_weight)):
        if value is not None:
            raise ArgumentError(
                f"`{name}` does not go with a {kind}.",
                got=f"x is a {kind}, and {name} is given",
                expected=f"a {kind} that gives everything itself",
                fix="batches of the form (x, y, sample_weight)",
            )


def _shuffled(dataset, shuffle):
    if shuffle and getattr(dataset, "num_batches", None) is None:
        _not_shuffled("PyDataset without end")
        return False
    return bool(shuffle)


def _not_shuffled(kind):
    # `shuffle=True` is the default of `fit`, so it says little about what the user wants.
    warnings.warn(f"A {kind} is not shuffled by `fit`: it gives its batches in its own order.", stacklevel=6)
