"""ImageDataGenerator: which changes are asked, the numbers drawn for one image, and how values are brought to one scale.

Below:  moving.py and coloring.py change an image; arrays.py, directory.py and table.py give batches.
Above:  the door `pellucid.preprocessing.image`. Layers such as RandomFlip and RandomRotation are today's way.
Kept true: numbers are drawn from NumPy's generator in Keras 2's order, so that a seed gives the same images.
"""

from __future__ import annotations

import warnings

import numpy as np

from pellucid.engine.data.image_generator.arrays import NumpyArrayIterator, warn_of_channels
from pellucid.engine.data.image_generator.coloring import apply_brightness_shift, apply_channel_shift
from pellucid.engine.data.image_generator.directory import DirectoryIterator
from pellucid.engine.data.image_generator.drawing import either_way, pair_around_one, shift
from pellucid.engine.data.image_generator.moving import apply_affine_transform, flip_axis
from pellucid.engine.data.image_generator.table import DataFrameIterator
from pellucid.errors import ArgumentError, ShapeError
from pellucid.settings import floatx, standardize_data_format

# Options of `flow_from_dataframe` that later releases of Keras 2 took without heeding them.
_UNHEEDED = ("has_ext", "sort", "drop_duplicates")


class ImageDataGenerator:
    """Images changed at random: turned, shifted, sheared, zoomed, flipped, brightened; then brought to one scale.

    Args:
        featurewise_center, featurewise_std_normalization: by mean and deviation of each channel in what `fit` saw.
        samplewise_center, samplewise_std_normalization: by mean and deviation of the image itself.
        zca_whitening, zca_epsilon: whether values are made independent of each other, as learned by `fit`.
        rotation_range, shear_range: up to how many degrees, either way.
        width_shift_range, height_shift_range: up to which share, or from 1 on how many pixels; a list is chosen from.
        zoom_range: up to how much, or a pair of smallest and largest.
        brightness_range: a pair; 1 leaves an image as it is.
        channel_shift_range: up to how much is added.
        fill_mode, cval, interpolation_order: as `fill_mode`, `cval` and `order` of `apply_affine_transform`.
        horizontal_flip, vertical_flip: whether every other image is flipped.
        preprocessing_function: called with the changed image, before `rescale` multiplies it.
        validation_split: the share of samples that is kept for validation.

    Raises:
        ArgumentError: a value that cannot be.

    Source: keras.preprocessing.image.ImageDataGenerator, Keras 2.15.
    """

    def __init__(
        self,
        featurewise_center=False,
        samplewise_center=False,
        featurewise_std_normalization=False,
        samplewise_std_normalization=False,
        zca_whitening=False,
        zca_epsilon=1e-6,
        rotation_range=0,
        width_shift_range=0.0,
        height_shift_range=0.0,
        brightness_range=None,
        shear_range=0.0,
        zoom_range=0.0,
        channel_shift_range=0.0,
        fill_mode="nearest",
        cval=0.0,
        horizontal_flip=False,
        vertical_flip=False,
        rescale=None,
        preprocessing_function=None,
        data_format=None,
        validation_split=0.0,
        interpolation_order=1,
        dtype=None,
    ):
        self.featurewise_center, self.samplewise_center = featurewise_center, samplewise_center
        self.featurewise_std_normalization = featurewise_std_normalization
        self.samplewise_std_normalization = samplewise_std_normalization
        self.zca_whitening, self.zca_epsilon = zca_whitening, zca_epsilon
        self.rotation_range, self.shear_range = rotation_range, shear_range
        self.width_shift_range, self.height_shift_range = width_shift_range, height_shift_range
        self.zoom_range = pair_around_one(zoom_range)
        self.brightness_range, self.channel_shift_range = brightness_range, channel_shift_range
        self.fill_mode, self.cval, self.interpolation_order = fill_mode, cval, interpolation_order
        self.horizontal_flip, self.vertical_flip = horizontal_flip, vertical_flip
        self.rescale, self.preprocessing_function = rescale, preprocessing_function
        self.data_format, self.dtype = standardize_data_format(data_format), dtype or floatx()
        is_last = self.data_format == "channels_last"
        self.row_axis, self.col_axis, self.channel_axis = (1, 2, 3) if is_last else (2, 3, 1)
        self._validation_split = validation_split
        self.mean = self.std = self.zca_whitening_matrix = None
        self._check()
        self._settle_scales()

    def _check(self):
        if self._validation_split and not 0 < self._validation_split < 1:
            raise ArgumentError(
                "`validation_split` is a share.", got=self._validation_split, expected="between 0 and 1"
            )
        pair = self.brightness_range
        if pair is not None and not (isinstance(pair, (tuple, list)) and len(pair) == 2):
            raise ArgumentError("`brightness_range` is a pair.", got=pair, fix="brightness_range=(0.5, 1.5)")

    def _settle_scales(self):
        """Options that others bring with them, or take the place of."""
        for asked, other, becomes in (
            ("zca_whitening", "featurewise_center", True),
            ("zca_whitening", "featurewise_std_normalization", False),
            ("featurewise_std_normalization", "featurewise_center", True),
            ("samplewise_std_normalization", "samplewise_center", True),
        ):
            if getattr(self, asked) and bool(getattr(self, other)) != becomes:
                setattr(self, other, becomes)
                warnings.warn(f"With `{asked}`, `{other}` is {becomes}.", stacklevel=4)

    # ---- batches

    def flow(
        self,
        x,
        y=None,
        batch_size=32,
        shuffle=True,
        sample_weight=None,
        seed=None,
        save_to_dir=None,
        save_prefix="",
        save_format="png",
        ignore_class_split=False,
        subset=None,
    ):
        """Batches of an array's images without end, as in `NumpyArrayIterator`."""
        return NumpyArrayIterator(
            x, y, self, batch_size, shuffle, sample_weight, seed, self.data_format, save_to_dir, save_prefix, save_format,
            subset, ignore_class_split, self.dtype,
        )  # fmt: skip

    def flow_from_directory(
        self,
        directory,
        target_size=(256, 256),
        color_mode="rgb",
        classes=None,
        class_mode="categorical",
        batch_size=32,
        shuffle=True,
        seed=None,
        save_to_dir=None,
        save_prefix="",
        save_format="png",
        follow_links=False,
        subset=None,
        interpolation="nearest",
        keep_aspect_ratio=False,
    ):
        """Batches of a folder's images without end, as in `DirectoryIterator`."""
        return DirectoryIterator(
            directory, self, target_size, color_mode, classes, class_mode, batch_size, shuffle, seed, self.data_format,
            save_to_dir, save_prefix, save_format, follow_links, subset, interpolation, keep_aspect_ratio, self.dtype,
        )  # fmt: skip

    def flow_from_dataframe(
        self,
        dataframe,
        directory=None,
        x_col="filename",
        y_col="class",
        weight_col=None,
        target_size=(256, 256),
        color_mode="rgb",
        classes=None,
        class_mode="categorical",
        batch_size=32,
        shuffle=True,
        seed=None,
        save_to_dir=None,
        save_prefix="",
        save_format="png",
        subset=None,
        interpolation="nearest",
        validate_filenames=True,
        **kwargs,
    ):
        """Batches of the images that a table names, without end, as in `DataFrameIterator`."""
        for word in _UNHEEDED:
            if word in kwargs:
                warnings.warn(f"`{word}` has no effect.", DeprecationWarning, stacklevel=2)
        class_mode = "raw" if class_mode == "other" else class_mode  # Keras 2.2's word
        return DataFrameIterator(
            dataframe, directory, self, x_col, y_col, weight_col, target_size, color_mode, classes, class_mode,
            batch_size, shuffle, seed, self.data_format, save_to_dir, save_prefix, save_format, subset, interpolation,
            False, self.dtype, validate_filenames,
        )  # fmt: skip

    # ---- one image

    def get_random_transform(self, img_shape, seed=None) -> dict:
        """The numbers of one change, for an image of this shape."""
        if seed is not None:
            np.random.seed(seed)
        drawn: dict = {"theta": either_way(self.rotation_range)}
        drawn["tx"] = shift(self.height_shift_range, img_shape[self.row_axis - 1])
        drawn["ty"] = shift(self.width_shift_range, img_shape[self.col_axis - 1])
        drawn["shear"] = either_way(self.shear_range)
        still = self.zoom_range == [1, 1]
        drawn["zx"], drawn["zy"] = (1, 1) if still else np.random.uniform(self.zoom_range[0], self.zoom_range[1], 2)
        drawn["flip_horizontal"] = (np.random.random() < 0.5) * self.horizontal_flip
        drawn["flip_vertical"] = (np.random.random() < 0.5) * self.vertical_flip
        drawn["channel_shift_intensity"] = either_way(self.channel_shift_range) if self.channel_shift_range else None
        drawn["brightness"] = None if self.brightness_range is None else np.random.uniform(*self.brightness_range)
        return drawn

    def apply_transform(self, x, transform_parameters: dict):
        """One image, changed by the numbers that `get_random_transform` gives; those left out change nothing."""
        given = transform_parameters
        row, col, channel = self.row_axis - 1, self.col_axis - 1, self.channel_axis - 1
        moves = {name: given.get(name, still) for name, still in _STILL.items()}
        how = {"fill_mode": self.fill_mode, "cval": self.cval, "order": self.interpolation_order}
        x = apply_affine_transform(x, **moves, row_axis=row, col_axis=col, channel_axis=channel, **how)
        if given.get("channel_shift_intensity") is not None:
            x = apply_channel_shift(x, given["channel_shift_intensity"], channel)
        if given.get("flip_horizontal", False):
            x = flip_axis(x, col)
        if given.get("flip_vertical", False):
            x = flip_axis(x, row)
        if given.get("brightness") is not None:
            x = apply_brightness_shift(x, given["brightness"], False)
        return x

    def random_transform(self, x, seed=None):
        """One image, changed by numbers drawn anew."""
        return self.apply_transform(x, self.get_random_transform(x.shape, seed))

    def standardize(self, x):
        """Values brought to one scale; the array itself is changed."""
        if self.preprocessing_function:
            x = self.preprocessing_function(x)
        if self.rescale:
            x *= self.rescale
        if self.samplewise_center:
            x -= np.mean(x, keepdims=True)
        if self.samplewise_std_normalization:
            x /= np.std(x, keepdims=True) + 1e-6
        if self._is_learned("featurewise_center", self.mean):
            x -= self.mean
        if self._is_learned("featurewise_std_normalization", self.std):
            x /= self.std + 1e-6
        if self._is_learned("zca_whitening", self.zca_whitening_matrix):
            x = (x.reshape(-1, np.prod(x.shape[-3:])) @ self.zca_whitening_matrix).reshape(x.shape)
        return x

    def _is_learned(self, option: str, learned) -> bool:
        """Whether an option was asked and learned; asked alone warns."""
        if getattr(self, option) and learned is None:
            warnings.warn(f"`{option}` has learned nothing yet and does nothing: generator.fit(images)", stacklevel=3)
        return bool(getattr(self, option)) and learned is not None

    # ---- learning

    def fit(self, x, augment=False, rounds=1, seed=None) -> None:
        """Learn means, deviations and whitening of images.

        Args:
            x: (samples, height, width, channels), or channels first.
            augment: whether from changed images, each `rounds` times.

        Raises:
            ShapeError: no images.
        """
        x = np.array(x, dtype=self.dtype)
        if x.ndim != 4:
            raise ShapeError("Images have four axes.", got=x.shape, expected="(samples, height, width, channels)")
        warn_of_channels(x, self.data_format)
        if seed is not None:
            np.random.seed(seed)
        if self.rescale:
            x *= self.rescale
        if augment:
            x = np.stack([self.random_transform(one) for _ in range(rounds) for one in x]).astype(self.dtype)
        axes = (0, self.row_axis, self.col_axis)
        if self.featurewise_center:
            self.mean = np.mean(x, axis=axes, keepdims=True)[0]
            x -= self.mean
        if self.featurewise_std_normalization:
            self.std = np.std(x, axis=axes, keepdims=True)[0]
            x /= self.std + 1e-6
        if self.zca_whitening:
            self.zca_whitening_matrix = _whitening(x.reshape(len(x), -1), self.zca_epsilon)


# The movements of `apply_affine_transform`, and what leaves an image where it is.
_STILL = {"theta": 0, "tx": 0, "ty": 0, "shear": 0, "zx": 1, "zy": 1}


def _whitening(x, epsilon) -> np.ndarray:
    """The matrix that makes values independent of each other: zero-phase component analysis."""
    u, s, _ = np.linalg.svd(x.T, full_matrices=False)
    return (u * (np.sqrt(len(x)) / (s + epsilon))) @ u.T
