"""Batches of changed images that a pandas table names: what ``ImageDataGenerator.flow_from_dataframe`` gives.

Below: files.py.
"""

from __future__ import annotations

import os
import warnings

import numpy as np

from pellucid.engine.data.image_generator.files import FileIterator
from pellucid.errors import ArgumentError, ArgumentTypeError

# Modes whose labels are names of classes.
_OF_CLASSES = ("binary", "categorical", "sparse")


class DataFrameIterator(FileIterator):
    """Batches of the images whose names stand in a column.

    Args:
        dataframe: a pandas.DataFrame; it is not changed.
        directory: the folder of relative names; None where they are whole paths.
        x_col, weight_col: the columns of names and of weights.
        y_col: the column of labels, or a list of them.
        classes: the classes that count; all, by name, if None.
        class_mode: "categorical" (one-hot, of a name or a list of names), "binary" or "sparse" (a number), "raw" (the
            column's values), "multi_output" (those of several columns), "input" (the image itself), or None.
        validate_filenames: whether rows whose file is not there are left out, with a warning.

    Raises:
        ArgumentError: an unknown mode, or classes that do not go with it.
        ArgumentTypeError: a column holds other things than its mode takes.

    Source: keras.preprocessing.image.DataFrameIterator, Keras 2.15.
    """

    allowed_class_modes = {"binary", "categorical", "input", "multi_output", "raw", "sparse", None}

    def __init__(
        self,
        dataframe,
        directory=None,
        image_data_generator=None,
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
        data_format="channels_last",
        save_to_dir=None,
        save_prefix="",
        save_format="png",
        subset=None,
        interpolation="nearest",
        keep_aspect_ratio=False,
        dtype="float32",
        validate_filenames=True,
    ):
        self.set_processing_attrs(
            image_data_generator, target_size, color_mode, data_format, save_to_dir, save_prefix, save_format, subset,
            interpolation, keep_aspect_ratio,
        )  # fmt: skip
        self._check_class_mode(class_mode)
        self.class_mode, self.dtype, self.directory = class_mode, dtype, directory or ""
        _check_columns(dataframe, class_mode, x_col, y_col, weight_col, classes)
        table = self._with_files(dataframe, x_col) if validate_filenames else dataframe
        told = f"{'validated' if validate_filenames else 'non-validated'} image filenames"
        if class_mode in _OF_CLASSES:
            table, names = _of_classes(table, y_col, classes)
            self.class_indices = {name: k for k, name in enumerate(names)}
            told += f" belonging to {len(names)} classes"
        if self.split:
            table = table.iloc[slice(*(int(share * len(table)) for share in self.split))]
        self.filenames = table[x_col].tolist()
        self.filepaths = [os.path.join(self.directory, name) for name in self.filenames]
        self.samples = len(self.filenames)
        self.sample_weight = table[weight_col].values if weight_col else None
        self._take_labels(table, y_col)
        print(f"Found {self.samples} {told}.")
        super().__init__(self.samples, batch_size, shuffle, seed)

    def _take_labels(self, table, y_col):
        if self.class_mode in _OF_CLASSES:
            self.classes = [_numbers(label, self.class_indices) for label in table[y_col]]
            self.labels = self.classes
        elif self.class_mode == "raw":
            self.labels = table[y_col].values
        elif self.class_mode == "multi_output":
            self.labels = [np.array(table[column].tolist()) for column in y_col]

    def _with_files(self, table, x_col):
        is_there = table[x_col].map(self._is_image)
        if not is_there.all():
            warnings.warn(
                f"{(~is_there).sum()} of the names in column {x_col!r} are no image files that are there; their rows are left out.",
                stacklevel=4,
            )
        return table[is_there]

    def _is_image(self, name: str) -> bool:
        path = os.path.join(self.directory, name)
        return path.lower().endswith(self.white_list_formats) and os.path.isfile(path)


def _check_columns(table, class_mode, x_col, y_col, weight_col, classes):
    if class_mode == "multi_output" and not isinstance(y_col, list):
        raise ArgumentTypeError(
            "Several outputs have several columns.", got=f"y_col={y_col!r}", fix=f"y_col=[{y_col!r}]"
        )
    _check_values(table, x_col, str, "A column of file names holds text.")
    if class_mode in ("binary", "sparse"):
        _check_values(table, y_col, str, f'With class_mode="{class_mode}" labels are text.')
    if class_mode == "categorical":
        _check_values(
            table, y_col, (str, list, tuple), 'With class_mode="categorical" labels are text, or lists of it.'
        )
    if class_mode == "binary":
        count = len(set(classes)) if classes else table[y_col].nunique()
        if count != 2:
            raise ArgumentError('With class_mode="binary" there are two classes.', got=count, fix='class_mode="sparse"')
    if classes and class_mode not in _OF_CLASSES:
        warnings.warn(f"`classes` has no effect with class_mode={class_mode!r}.", stacklevel=4)
    if weight_col and table[weight_col].dtype.kind not in "iuf":
        raise ArgumentTypeError("Weights are numbers.", got=f"column {weight_col!r} of {table[weight_col].dtype}")


def _check_values(table, column, kinds, message):
    other = [value for value in table[column] if not isinstance(value, kinds)]
    if other:
        fix = f"table[{column!r}] = table[{column!r}].astype(str)"
        raise ArgumentTypeError(message, got=f"{other[0]!r} in column {column!r}", fix=fix)


def _of_classes(table, y_col, classes):
    """The rows with a class that counts, labels without the others; and the classes in order."""
    if not classes:
        several = [label if isinstance(label, (list, tuple)) else [label] for label in table[y_col]]
        return table.dropna(subset=[y_col]), sorted({name for names in several for name in names})
    names = list(dict.fromkeys(classes))
    labels = [_kept(label, names) for label in table[y_col]]
    is_kept = np.array([label is not None for label in labels], dtype=bool)
    kept = table[is_kept].copy()
    kept[y_col] = [label for label in labels if label is not None]
    return kept, names


def _kept(label, names: list):
    if isinstance(label, (list, tuple)):
        return [name for name in label if name in names] or None
    return label if label in names else None


def _numbers(label, class_indices: dict):
    return [class_indices[name] for name in label] if isinstance(label, (list, tuple)) else class_indices[label]
