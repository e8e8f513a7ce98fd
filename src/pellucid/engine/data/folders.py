"""Folders of files as data: which files there are, their labels, the parts for training and validation.

Below:  dataset.py is what comes out; workers.py reads files ahead of need.
Above:  image_folders.py, text_folders.py, audio_folders.py say how one file is read.
Kept true: for a seed, files come in Keras's order before each pass shuffles them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from pellucid.engine.data.dataset import Dataset
from pellucid.engine.data.workers import read_ahead
from pellucid.errors import ArgumentError, DataError, MissingFileError

LABEL_MODES = ("int", "categorical", "binary", None)
SUBSETS = ("training", "validation", "both", None)
FORMATS = ("tf", "grain")
READERS = 8  # threads that read files


@dataclass(frozen=True)
class Folder:
    """What was asked of a folder, in Keras's words.

    Args:
        labels: "inferred" from the names of folders inside; a list, one for each file; or None.
        label_mode: "int", "categorical" (one-hot), "binary" (0.0 or 1.0), or None.
        class_names: which folders inside, and their order.
        shuffle: whether files come in random order.
        seed: of that order.
        validation_split: the share of files that is kept for validation.
        subset: which part is wanted: "training", "validation", or "both" as a pair.
        follow_links: whether folders that are links are walked.
        verbose: whether the number of files is printed.
        format: whose habits the data set has: "tf" draws another order in each pass, "grain" keeps the first.
    """

    directory: str
    labels: Any
    label_mode: str | None
    class_names: list[str] | None
    batch_size: int | None
    shuffle: bool
    seed: int | None
    validation_split: float | None
    subset: str | None
    follow_links: bool
    verbose: bool
    endings: tuple[str, ...]
    format: str = "tf"

    def __post_init__(self):
        if self.labels is None or self.label_mode is None:
            object.__setattr__(self, "labels", None)
            object.__setattr__(self, "label_mode", None)


@dataclass(frozen=True)
class Files:
    """Files in order, and the class of each."""

    paths: list[str]
    labels: list | np.ndarray | None
    class_names: list[str] | None

    def part(self, chosen) -> Files:
        return replace(self, paths=self.paths[chosen], labels=None if self.labels is None else self.labels[chosen])


def from_folder(asked: Folder, read: Callable, batch: Callable | None = None):
    """The files of a folder as a data set; a pair of them for ``subset="both"``.

    Args:
        read: makes an element of a path.
        batch: makes batches of a data set of single elements; `Dataset.batch` if None.

    Raises:
        ArgumentError: an argument that cannot be, or does not go with another.
        MissingFileError: there is no such folder.
        DataError: it holds no files of this kind.
    """
    check(asked)
    if asked.seed is None:
        asked = replace(asked, seed=int(np.random.randint(10**6)))
    files = found(asked)
    if asked.label_mode == "binary" and len(files.class_names or ()) != 2:
        raise ArgumentError(
            "`binary` labels are for two classes.", got=f"class_names={files.class_names}", fix='label_mode="int"'
        )
    parts = [_part(asked, files, subset) for subset in _subsets(asked)]
    for part in parts:
        if not part.paths:
            raise DataError(
                "The folder holds no such files.",
                got=asked.directory,
                expected=f"files that end with {', '.join(asked.endings)}",
            )
    sets = [_dataset(asked, part, read, batch, k == 0) for k, part in enumerate(parts)]
    return sets if asked.subset == "both" else sets[0]


def check(asked: Folder) -> None:
    """Raise where arguments cannot be, or do not go together."""
    check_format(asked.format)
    if asked.labels not in ("inferred", None) and not isinstance(asked.labels, (list, tuple)):
        raise ArgumentError("`labels` is a list, one label for each file.", got=repr(asked.labels), fix='"inferred"')
    if asked.labels != "inferred" and asked.class_names:
        raise ArgumentError('`class_names` goes with `labels="inferred"` only.', got=f"labels={asked.labels!r}")
    for word, value, known in (("label_mode", asked.label_mode, LABEL_MODES), ("subset", asked.subset, SUBSETS)):
        if value not in known:
            raise ArgumentError(f"Unknown `{word}`.", got=repr(value), expected=", ".join(map(repr, known)))
    split = asked.validation_split
    if split and not 0 < split < 1:
        raise ArgumentError("`validation_split` is a share.", got=split, expected="between 0 and 1")
    if bool(split) != bool(asked.subset):
        raise ArgumentError(
            "`validation_split` and `subset` go together.",
            got=f"validation_split={split}, subset={asked.subset!r}",
            fix='validation_split=0.2, subset="both"',
        )
    if split and asked.shuffle and asked.seed is None:
        raise ArgumentError(
            "Without a seed the two parts would overlap.", got="shuffle=True, seed=None", fix="seed=1, or shuffle=False"
        )


def check_format(format: str) -> None:
    """Raise where Keras knows no such format.

    Raises:
        ArgumentError: another word than those of Keras.
    """
    if format not in FORMATS:
        raise ArgumentError("Unknown `format`.", got=repr(format), expected=", ".join(map(repr, FORMATS)))


def found(asked: Folder) -> Files:
    """All files, in random order where that was asked, with their labels."""
    if not os.path.isdir(asked.directory):
        raise MissingFileError("There is no such folder.", got=str(asked.directory))
    names = _folders(asked) if asked.labels == "inferred" else None
    labels: list | np.ndarray | None
    paths, classes = [], []
    for k, name in enumerate(names if names is not None else [""]):
        inside = _walked(os.path.join(asked.directory, name), asked)
        paths += inside
        classes += [k] * len(inside)
    labels = np.array(classes, "int32") if names is not None else asked.labels
    if names is None and labels is not None:
        if len(labels) != len(paths):
            raise ArgumentError(
                "Each file needs a label.", got=f"{len(labels)} labels", expected=f"{len(paths)}, one for each file"
            )
        labels, names = list(labels), [str(label) for label in sorted(set(labels))]
    if asked.verbose:
        print(f"Found {len(paths)} files" + (f" belonging to {len(names)} classes." if names is not None else "."))
    if asked.shuffle:
        for each in (paths, labels):  # the same order for both
            if each is not None:
                np.random.RandomState(asked.seed).shuffle(each)
    return Files(paths, labels, names)


def _folders(asked: Folder) -> list[str]:
    here = sorted(
        entry.name for entry in os.scandir(asked.directory) if entry.is_dir() and not entry.name.startswith(".")
    )
    if asked.class_names is None:
        return here
    unknown = sorted(set(asked.class_names) - set(here))
    if unknown:
        raise ArgumentError(
            "`class_names` names a folder that is not there.", got=", ".join(unknown), expected=", ".join(here)
        )
    return list(asked.class_names)


def _walked(folder: str, asked: Folder) -> list[str]:
    walk = sorted(os.walk(folder, followlinks=asked.follow_links), key=lambda step: step[0])
    return [
        os.path.join(root, name)
        for root, _, names in walk
        for name in sorted(names)
        if name.lower().endswith(asked.endings)
    ]


def _subsets(asked: Folder) -> tuple:
    return ("training", "validation") if asked.subset == "both" else (asked.subset,)


def _part(asked: Folder, files: Files, subset: str | None) -> Files:
    if subset is None:
        return files
    kept = int((asked.validation_split or 0) * len(files.paths))
    middle = len(files.paths) - kept
    part = files.part(slice(middle) if subset == "training" else slice(middle, None))
    if asked.verbose:
        print(f"Using {len(part.paths)} files for {subset}.")
    return part


class _Reader:
    """What `read_ahead` asks for elements."""

    def __init__(self, read, labels: Callable):
        self._read, self._labels = read, labels

    def __getitem__(self, item):
        path, label = item
        return self._read(path) if label is None else (self._read(path), self._labels(label))


def _dataset(asked: Folder, files: Files, read, batch, is_first: bool) -> Dataset:
    """The files as batches; the part for validation is not shuffled beside one for training."""
    labels = [None] * len(files.paths) if files.labels is None else list(files.labels)
    items = list(zip(files.paths, labels, strict=True))
    order = Dataset(lambda: iter(items), len(items))
    if asked.shuffle and is_first:
        buffer = 8 * asked.batch_size if asked.batch_size else 1024
        order = order.shuffle(buffer, seed=asked.seed, reshuffle_each_iteration=asked.format == "tf")
    reader = _Reader(read, _labelling(asked.label_mode, len(files.class_names or ())))
    elements = Dataset(lambda: read_ahead(reader, iter(order), READERS, False, 2 * READERS), len(items))
    if asked.batch_size is not None:
        elements = batch(elements) if batch else elements.batch(asked.batch_size)
    elements.class_names, elements.file_paths = files.class_names, files.paths
    return elements


def _labelling(mode: str | None, classes: int) -> Callable:
    """How a class becomes what a loss takes."""
    if mode == "binary":
        return lambda label: torch.tensor([float(label)])
    if mode == "categorical":
        return lambda label: torch.eye(classes)[int(label)]
    return lambda label: torch.tensor(label, dtype=torch.int32)
