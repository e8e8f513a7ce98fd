"""Batches of changed images from a folder: what ``ImageDataGenerator.flow_from_directory`` gives.

Below: files.py.
"""

from __future__ import annotations

import os
import warnings

import numpy as np

from pellucid.engine.data.image_generator.files import FileIterator, default_dtype
from pellucid.errors import MissingFileError


class DirectoryIterator(FileIterator):
    """Batches of the images in the folders inside a folder; each folder is a class.

    Args:
        classes: names of the folders, and their order; all, by name, if None.
        class_mode: "categorical" (one-hot), "binary" or "sparse" (a number), "input" (the image itself), or None.
        follow_links: whether folders that are links are walked.

    Raises:
        ArgumentError: an unknown `class_mode`, `color_mode` or `subset`.
        MissingFileError: there is no such folder.

    Source: keras.preprocessing.image.DirectoryIterator, Keras 2.15.
    """

    allowed_class_modes = {"categorical", "binary", "sparse", "input", None}
    sample_weight = None

    def __init__(
        self,
        directory,
        image_data_generator,
        target_size=(256, 256),
        color_mode="rgb",
        classes=None,
        class_mode="categorical",
        batch_size=32,
        shuffle=True,
        seed=None,
        data_format=None,
        save_to_dir=None,
        save_prefix="",
        save_format="png",
        follow_links=False,
        subset=None,
        interpolation="nearest",
        keep_aspect_ratio=False,
        dtype=None,
    ):
        self.set_processing_attrs(
            image_data_generator, target_size, color_mode, data_format, save_to_dir, save_prefix, save_format, subset,
            interpolation, keep_aspect_ratio,
        )  # fmt: skip
        self._check_class_mode(class_mode)
        self.class_mode, self.dtype, self.directory = class_mode, default_dtype(dtype), directory
        names = list(classes) if classes else _folders(directory)
        self.num_classes = len(names)
        self.class_indices = {name: k for k, name in enumerate(names)}
        inside = [self._names(name, follow_links) for name in names]
        self.filenames = [name for names in inside for name in names]
        self.classes = np.repeat(np.arange(len(names), dtype="int32"), [len(names) for names in inside])
        self.samples = len(self.filenames)
        self.filepaths = [os.path.join(directory, name) for name in self.filenames]
        print(f"Found {self.samples} images belonging to {self.num_classes} classes.")
        super().__init__(self.samples, batch_size, shuffle, seed)

    @property
    def labels(self):
        return self.classes

    def _names(self, folder: str, follow_links) -> list[str]:
        """The images in a folder, below the outer one; those of the asked part."""
        top = os.path.join(self.directory, folder)
        walk = sorted(os.walk(top, followlinks=follow_links), key=lambda step: step[0])
        found = [
            os.path.join(folder, os.path.relpath(os.path.join(root, name), top))
            for root, _, names in walk
            for name in sorted(names)
            if name.lower().endswith(self.white_list_formats)
        ]
        if any(name.lower().endswith(".tiff") for name in found):
            warnings.warn(
                "A .tiff file of several bands is read as its first colours: look at what comes out.", stacklevel=4
            )
        first, last = self.split or (0, 1)
        return found[int(first * len(found)) : int(last * len(found))]


def _folders(directory) -> list[str]:
    if not os.path.isdir(directory):
        raise MissingFileError("There is no such folder.", got=str(directory))
    return sorted(entry.name for entry in os.scandir(directory) if entry.is_dir())
