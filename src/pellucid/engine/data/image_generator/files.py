"""Batches of changed images from files: what a folder and a table of names have in common.

Below:  iterating.py, files/images.py.
Above:  directory.py, table.py.
"""

from __future__ import annotations

import numpy as np

from pellucid.engine.data.image_generator.iterating import Iterator
from pellucid.errors import ArgumentError
from pellucid.files.images import img_to_array, load_img
from pellucid.settings import floatx, standardize_data_format

CHANNELS = {"rgb": 3, "rgba": 4, "grayscale": 1}


class FileIterator(Iterator):
    """A parent: it reads, changes and labels; a child sets `filenames`, `filepaths`, `labels` and `sample_weight`.

    Args:
        target_size: height and width of each image.
        color_mode: "rgb", "rgba" or "grayscale".
        interpolation, keep_aspect_ratio: as in `load_img`.
        save_to_dir, save_prefix, save_format: a folder in which each changed image is kept, and the names there.
        subset: "training" or "validation" where the generator divides its files.
    """

    allowed_class_modes: set[str | None] = set()

    def set_processing_attrs(
        self,
        image_data_generator,
        target_size,
        color_mode,
        data_format,
        save_to_dir,
        save_prefix,
        save_format,
        subset,
        interpolation,
        keep_aspect_ratio,
    ):
        """Keep how files become batches.

        Raises:
            ArgumentError: an unknown `color_mode` or `subset`.
        """
        if color_mode not in CHANNELS:
            raise ArgumentError("Unknown `color_mode`.", got=repr(color_mode), expected=", ".join(map(repr, CHANNELS)))
        self.image_data_generator = image_data_generator
        self.target_size, self.color_mode = tuple(target_size), color_mode
        self.data_format = standardize_data_format(data_format)
        channels = (CHANNELS[color_mode],)
        is_last = self.data_format == "channels_last"
        self.image_shape = self.target_size + channels if is_last else channels + self.target_size
        self.save_to_dir, self.save_prefix, self.save_format = save_to_dir, save_prefix, save_format
        self.interpolation, self.keep_aspect_ratio = interpolation, keep_aspect_ratio
        self.subset, self.split = subset, self._shares(subset)

    def _shares(self, subset) -> tuple[float, float] | None:
        """Where a subset begins and ends, as shares of all files; the first ones are for validation."""
        if subset is None:
            return None
        share = self.image_data_generator._validation_split
        shares = {"validation": (0, share), "training": (share, 1)}
        if subset not in shares:
            raise ArgumentError("Unknown `subset`.", got=repr(subset), expected='"training" or "validation"')
        return shares[subset]

    def _check_class_mode(self, class_mode):
        if class_mode not in self.allowed_class_modes:
            known = ", ".join(sorted(map(repr, self.allowed_class_modes)))
            raise ArgumentError("Unknown `class_mode`.", got=repr(class_mode), expected=known)

    def _get_batches_of_transformed_samples(self, index_array):
        batch = np.zeros((len(index_array), *self.image_shape), dtype=self.dtype)
        for k, index in enumerate(index_array):
            batch[k] = self._image(self.filepaths[index])
        self._save(batch, index_array, 10_000_000)
        if self.class_mode is None:
            return batch
        labelled = (batch, self._labels(batch, index_array))
        return labelled if self.sample_weight is None else (*labelled, self.sample_weight[index_array])

    def _image(self, path):
        image = load_img(path, self.color_mode, self.target_size, self.interpolation, self.keep_aspect_ratio)
        x = np.array(img_to_array(image, self.data_format))  # pillow's own memory cannot be written to
        return self._transformed(x) if self.image_data_generator else x

    def _labels(self, batch, index_array):
        if self.class_mode == "input":
            return batch.copy()
        if self.class_mode == "multi_output":
            return [one[index_array] for one in self.labels]
        if self.class_mode == "raw":
            return self.labels[index_array]
        classes = [self.classes[index] for index in index_array]
        if self.class_mode != "categorical":
            return np.array(classes, dtype=self.dtype)
        found = np.zeros((len(batch), len(self.class_indices)), dtype=self.dtype)
        for row, class_or_several in zip(found, classes, strict=True):
            row[class_or_several] = 1
        return found


def default_dtype(dtype) -> str:
    return floatx() if dtype is None else dtype
