"""Batches of changed images from arrays: what ``ImageDataGenerator.flow`` gives.

Below: iterating.py.
"""

from __future__ import annotations

import warnings

import numpy as np

from pellucid.engine.data.image_generator.iterating import Iterator
from pellucid.errors import ArgumentError, DataError, ShapeError
from pellucid.settings import floatx, standardize_data_format

CHANNELS = (1, 3, 4)


class NumpyArrayIterator(Iterator):
    """Batches of images from an array, with labels and weights where they are given.

    Args:
        x: (samples, height, width, channels), or channels first; or a pair of it and more inputs.
        y, sample_weight: one for each sample; or None.
        image_data_generator: what changes them.
        save_to_dir, save_prefix, save_format: a folder in which each image is kept, and the names there.
        subset: "training" or "validation" where the generator divides its samples: the first ones are for validation.
        ignore_class_split: whether a class may be missing in one of the parts.

    Raises:
        ShapeError: no images, or parts of different lengths.
        ArgumentError: an unknown subset.
        DataError: a class is missing in one of the parts.
    """

    def __init__(
        self,
        x,
        y,
        image_data_generator,
        batch_size=32,
        shuffle=False,
        sample_weight=None,
        seed=None,
        data_format=None,
        save_to_dir=None,
        save_prefix="",
        save_format="png",
        subset=None,
        ignore_class_split=False,
        dtype=None,
    ):
        self.dtype = dtype or floatx()
        self.data_format = standardize_data_format(data_format)
        x, more = _with_more(x)
        _check_lengths([("y", y), ("sample_weight", sample_weight), *(("more inputs", one) for one in more)], x)
        part = slice(None)
        if subset is not None:
            part = _part(subset, int(len(x) * image_data_generator._validation_split), y, ignore_class_split)
        self.x = np.asarray(x[part], dtype=self.dtype)
        self.x_misc = [one[part] for one in more]
        self.y = None if y is None else np.asarray(y[part])
        self.sample_weight = None if sample_weight is None else np.asarray(sample_weight)[part]
        _check_images(self.x, self.data_format)
        self.image_data_generator = image_data_generator
        self.save_to_dir, self.save_prefix, self.save_format = save_to_dir, save_prefix, save_format
        super().__init__(len(self.x), batch_size, shuffle, seed)

    def _get_batches_of_transformed_samples(self, index_array):
        batch = np.zeros((len(index_array), *self.x.shape[1:]), dtype=self.dtype)
        for k, index in enumerate(index_array):
            batch[k] = self._transformed(self.x[index].astype(self.dtype))
        self._save(batch, index_array, 10_000)
        inputs = [batch, *(one[index_array] for one in self.x_misc)] if self.x_misc else batch
        if self.y is None:
            return inputs
        rest = [self.y] if self.sample_weight is None else [self.y, self.sample_weight]
        return (inputs, *(one[index_array] for one in rest))


def _with_more(x):
    """The images, and inputs beside them."""
    if not isinstance(x, (tuple, list)):
        return x, []
    return x[0], [np.asarray(one) for one in (x[1] if isinstance(x[1], list) else [x[1]])]


def _check_lengths(parts: list, x):
    for word, part in parts:
        if part is not None and len(part) != len(x):
            raise ShapeError(
                f"`x` and its {word} are of the same length.",
                got=f"{len(part)}",
                expected=f"{len(x)}, one for each image",
            )


def _part(subset, middle: int, y, ignore_class_split) -> slice:
    """The samples of a subset."""
    if subset not in ("training", "validation"):
        raise ArgumentError("Unknown `subset`.", got=repr(subset), expected='"training" or "validation"')
    if y is not None and not ignore_class_split and not np.array_equal(np.unique(y[:middle]), np.unique(y[middle:])):
        raise DataError(
            "Some class is missing for training, or for validation: the first samples are kept for validation.",
            got=f"{np.unique(y[:middle])} and {np.unique(y[middle:])}"[:120],
            fix="shuffle x and y, or ignore_class_split=True",
        )
    return slice(middle) if subset == "validation" else slice(middle, None)


def _check_images(x, data_format):
    if x.ndim != 4:
        raise ShapeError("Images have four axes.", got=x.shape, expected="(samples, height, width, channels)")
    warn_of_channels(x, data_format)


def warn_of_channels(x, data_format) -> None:
    """Warn where the axis of the channels seems to be another."""
    axis = 3 if data_format == "channels_last" else 1
    if x.shape[axis] not in CHANNELS:
        warnings.warn(
            f"Images of shape {x.shape[1:]} have {x.shape[axis]} channels where data_format is {data_format!r}: "
            "1, 3 or 4 are usual.",
            stacklevel=4,
        )
