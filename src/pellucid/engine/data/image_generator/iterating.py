"""Batches of samples without end, in an order drawn anew each pass; also by number, for `fit`.

Below:  py_dataset.py.
Above:  arrays.py, directory.py and table.py say what a sample is; a user's own class may as well.
Kept true: for a seed the numbers that NumPy draws are those of Keras 2, whose programs count on them.
"""

from __future__ import annotations

import os
import threading

import numpy as np

from pellucid.engine.data.py_dataset import PyDataset
from pellucid.errors import PlaceError, UnsupportedError
from pellucid.files.images import array_to_img


class Iterator(PyDataset):
    """Batches of `n` samples; ``next(it)`` gives the next without end, ``it[k]`` that of a number.

    Args:
        shuffle: whether each pass has an order of its own.
        seed: of order and changes; None draws on from where NumPy's generator stands.

    A subclass gives ``_get_batches_of_transformed_samples(index_array)``.

    Source: keras.preprocessing.image.Iterator, Keras 2.15.
    """

    white_list_formats = ("png", "jpg", "jpeg", "bmp", "ppm", "tif", "tiff")

    def __init__(self, n, batch_size, shuffle, seed, **kwargs):
        super().__init__(**kwargs)
        self.n, self.batch_size, self.shuffle, self.seed = n, batch_size, shuffle, seed
        self.batch_index = 0
        self.total_batches_seen = 0
        self.lock = threading.Lock()
        self.index_array = None
        self.index_generator = self._flow_index()

    def _get_batches_of_transformed_samples(self, index_array):
        """The batch of these samples."""
        raise UnsupportedError(
            f"{type(self).__name__} does not say its batches.",
            fix="def _get_batches_of_transformed_samples(self, index_array): return x[index_array]",
        )

    def __len__(self):
        return -(-self.n // self.batch_size)

    def __getitem__(self, index):
        if index >= len(self):
            raise PlaceError("There is no such batch.", got=index, expected=f"below {len(self)}")
        self._reseed()
        self.total_batches_seen += 1
        if self.index_array is None:
            self._set_index_array()
        chosen = self.index_array[self.batch_size * index : self.batch_size * (index + 1)]
        return self._get_batches_of_transformed_samples(chosen)

    def __iter__(self):
        return self

    def __next__(self):
        with self.lock:
            chosen = next(self.index_generator)
        return self._get_batches_of_transformed_samples(chosen)

    def next(self):
        """The next batch."""
        return next(self)

    def reset(self) -> None:
        """Begin a new pass with the next batch."""
        self.batch_index = 0

    def on_epoch_end(self) -> None:
        self._set_index_array()

    def _flow_index(self):
        self.reset()
        while True:
            self._reseed()
            if self.batch_index == 0:
                self._set_index_array()
            first = self.batch_index * self.batch_size % self.n if self.n else 0
            self.batch_index = self.batch_index + 1 if self.n > first + self.batch_size else 0
            self.total_batches_seen += 1
            yield self.index_array[first : first + self.batch_size]

    def _reseed(self):
        if self.seed is not None:
            np.random.seed(self.seed + self.total_batches_seen)

    def _set_index_array(self):
        self.index_array = np.random.permutation(self.n) if self.shuffle else np.arange(self.n)

    def _transformed(self, x):
        """One image, changed by the next numbers of its generator."""
        generator = self.image_data_generator
        return generator.standardize(generator.apply_transform(x, generator.get_random_transform(x.shape)))

    def _save(self, batch, index_array, names: int) -> None:
        """Write a batch as images where that was asked, under random names from 0 to `names`."""
        for x, index in zip(batch, index_array, strict=True) if self.save_to_dir else ():
            name = f"{self.save_prefix}_{index}_{np.random.randint(names)}.{self.save_format}"
            array_to_img(x, self.data_format, scale=True).save(os.path.join(self.save_to_dir, name))
