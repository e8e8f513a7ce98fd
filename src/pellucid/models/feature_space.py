"""FeatureSpace: tables, as dicts of columns, made into numbers for a model.

Below:  features.py says what each column becomes.
Kept true: values and symbols take the same way: prepared, crossed, put into rows, joined. What is learned lies in layers.

Source: keras.utils.FeatureSpace, Keras 3.15.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import torch

from pellucid import nest
from pellucid.dtypes import is_float_dtype, is_int_dtype, standardize_dtype
from pellucid.engine.data.dataset import Dataset
from pellucid.errors import ArgumentError, ContentError, DataError, OrderError
from pellucid.graph.objects import deserialize_keras_object, serialize_keras_object
from pellucid.graph.symbol import KerasTensor
from pellucid.graph.values import convert_to_tensor
from pellucid.layers import CategoryEncoding, Concatenate, HashedCrossing, Input
from pellucid.layers.base import Layer
from pellucid.layers.words import as_array
from pellucid.models.features import Cross, Kinds, categories, feature_of, learns
from pellucid.models.saving import save_model

# How many rows that come one by one are learned from at once.
_ROWS_AT_ONCE = 32


class FeatureSpace(Kinds, Layer):
    """Columns of a table, each prepared in its own way, crossed and joined.

    Shapes:
        input   a dict of columns, each (batch,) or (batch, 1); or of single values
        output  (batch, width), or (width,) of single values ("concat"); a dict of these ("dict")

    Args:
        features: what each column is: the name of a kind, such as "float_normalized", or `FeatureSpace.KIND(...)`.
        output_mode: "concat" joins all, columns and then crosses by the order of their names; "dict" keeps them apart.
        crosses: tuples of columns that are hashed together, or `FeatureSpace.cross(...)`.
        crossing_dim: bins of a cross that does not say it.
        hashing_dim: bins of hashed columns that do not say it.
        num_discretization_bins: bins of discretized columns that do not say it.

    Attributes:
        preprocessors: the layer of each column, by its name.
        crossers: the layer of each cross, by its name, such as "city_X_age".

    Raises:
        ArgumentError: no features, an unknown kind or mode, or a cross of unknown columns.
        OrderError: called before `adapt`, where there is something to learn.
    """

    def __init__(
        self,
        features,
        output_mode="concat",
        crosses=None,
        crossing_dim=32,
        hashing_dim=32,
        num_discretization_bins=32,
        name=None,
    ):
        super().__init__(name=name)
        if not features:
            raise ArgumentError("A FeatureSpace has features.", got=features, fix='{"age": "float_normalized"}')
        if output_mode not in ("dict", "concat"):
            raise ArgumentError("This `output_mode` is not known.", got=repr(output_mode), expected="dict or concat")
        self.crossing_dim, self.hashing_dim = crossing_dim, hashing_dim
        self.num_discretization_bins = num_discretization_bins
        self.output_mode = output_mode
        self.features = {key: feature_of(told, key, self) for key, told in features.items()}
        self.crosses = [self._cross_of(told) for told in crosses or ()]
        self.crosses_by_name = {cross.name: cross for cross in self.crosses}
        self.inputs = {key: Input((1,), dtype=one.dtype, name=key) for key, one in self.features.items()}
        self.preprocessors = {key: one.preprocessor for key, one in self.features.items()}
        self.crossers = {one.name: HashedCrossing(one.crossing_dim, name=one.name) for one in self.crosses}
        self._is_adapted = False
        self._begin_anew()

    def _begin_anew(self):
        self.one_hot_encoders: dict = {}
        self.encoded_features = None
        self.concat = Concatenate(axis=-1) if self.output_mode == "concat" else None

    def _cross_of(self, told) -> Cross:
        told = deserialize_keras_object(told) if isinstance(told, dict) else told
        if not isinstance(told, Cross) and not self.crossing_dim:
            raise ArgumentError(
                "A cross has a number of bins, its `crossing_dim`.", got=self.crossing_dim, fix="crossing_dim=32"
            )
        cross = told if isinstance(told, Cross) else Cross(told, self.crossing_dim)
        unknown = [key for key in cross.feature_names if key not in self.features]
        if unknown:
            raise ArgumentError(
                "A cross joins columns that are among the features.",
                got=", ".join(map(repr, unknown)),
                expected=", ".join(self.features),
            )
        return cross

    # ---- learning

    def adapt(self, dataset) -> None:
        """Learn vocabularies, bounds, means and variances from data.

        Args:
            dataset: a dict of columns; or rows or batches of rows as dicts, of which tuples hold the first: a data set, a
                DataLoader, or what else gives them one by one.

        Raises:
            ArgumentError: data of another kind.
            DataError: no rows, or a row without one of the columns.
        """
        if isinstance(dataset, dict):
            dataset = Dataset.from_tensor_slices({key: as_array(dataset[key]) for key in dataset})
        elif isinstance(dataset, (str, bytes, np.ndarray, torch.Tensor)) or not hasattr(dataset, "__iter__"):
            raise ArgumentError(
                "Features are learned from columns with names.",
                got=type(dataset).__name__,
                expected="a dict of arrays, or a data set of dicts",
                fix='space.adapt({"age": ages})',
            )
        # A generator can be gone through once, and each column goes through the data.
        rows = list(dataset) if iter(dataset) is dataset else dataset
        for key, layer in self.preprocessors.items():
            if learns(layer):
                layer.adapt(_batches(rows, key))
        self._is_adapted = True
        self._begin_anew()
        self.get_encoded_features()
        self.built = True

    def _check_adapted(self):
        untaught = [key for key, layer in self.preprocessors.items() if learns(layer)]
        if not self._is_adapted and untaught:
            raise OrderError(
                "The FeatureSpace has not seen data yet.", got=f"nothing learned for {', '.join(untaught)}",
                fix="space.adapt(data)",
            )  # fmt: skip

    # ---- encoding

    def get_inputs(self) -> dict:
        """Symbolic tensors of the columns as they are, by name."""
        self._check_adapted()
        return self.inputs

    def get_encoded_features(self):
        """Symbolic tensors of what comes out, for a model between `get_inputs()` and its own end."""
        self._check_adapted()
        if self.encoded_features is None:
            self.encoded_features = self._encoded(self.inputs)
        return self.encoded_features

    def __call__(self, data):
        if not isinstance(data, dict):
            raise ArgumentError(
                "A FeatureSpace takes columns with names.", got=type(data).__name__, expected="a dict of columns"
            )
        self._check_adapted()
        missing = self.features.keys() - data.keys()
        if missing:
            raise ArgumentError("Columns are missing.", got=", ".join(data), expected=", ".join(self.features))
        columns = {key: self._column(data[key], one.dtype) for key, one in self.features.items()}
        is_row = any(_is_single(data[key]) for key in self.features)
        encoded = self._encoded(columns)
        return nest.map_structure(lambda x: x[0] if x.ndim > 1 else x, encoded) if is_row else encoded

    def _column(self, values, dtype):
        """Values as (batch, 1), floating-point ones in the dtype of their feature."""
        if isinstance(values, KerasTensor):
            return values
        if not isinstance(values, torch.Tensor):
            values = as_array(values)
        if is_float_dtype(dtype):
            values = convert_to_tensor(values, dtype=dtype)
        return values.reshape(1, 1) if values.ndim == 0 else values[:, None] if values.ndim == 1 else values

    def _encoded(self, columns):
        prepared = {key: self.preprocessors[key](columns[key]) for key in self.features}
        crossed = {
            one.name: self.crossers[one.name]([prepared[key] for key in one.feature_names]) for one in self.crosses
        }
        modes = {key: one.output_mode for key, one in {**self.features, **self.crosses_by_name}.items()}
        rows = {
            key: self._in_rows(key, value) if modes[key] == "one_hot" else value
            for part in (prepared, crossed)
            for key, value in sorted(part.items())
        }
        if self.concat is None:
            return rows
        for key, value in rows.items():
            if not is_float_dtype(standardize_dtype(value.dtype)):
                raise ContentError(
                    f"The feature '{key}' cannot be joined with others: it is no row of numbers.",
                    got=f"dtype {standardize_dtype(value.dtype)}",
                    fix='output_mode="dict"',
                )
        return self.concat(list(rows.values())) if len(rows) > 1 else next(iter(rows.values()))

    def _in_rows(self, key, value):
        """Whole numbers as rows with a one."""
        if key not in self.one_hot_encoders:
            count = categories(self.preprocessors.get(key) or self.crossers[key])
            if count is None or not is_int_dtype(standardize_dtype(value.dtype)):
                raise ArgumentError(
                    f"The feature '{key}' cannot become rows with a one: "
                    + ("nobody knows how many numbers there are." if count is None else "it is no whole number."),
                    got=f"dtype {standardize_dtype(value.dtype)}",
                    fix='FeatureSpace.feature(..., output_mode="int")' if count is None else 'output_mode="float"',
                )
            self.one_hot_encoders[key] = CategoryEncoding(count, output_mode="multi_hot")
        return self.one_hot_encoders[key](value)

    # ---- files

    def get_config(self) -> dict:
        own = ("output_mode", "crossing_dim", "hashing_dim", "num_discretization_bins")
        return {
            "features": serialize_keras_object(self.features),
            "crosses": serialize_keras_object(self.crosses),
            **{word: getattr(self, word) for word in own},
        }

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    def get_build_config(self) -> dict:
        return {key: one.preprocessor.get_build_config() for key, one in self.features.items()}

    def build_from_config(self, config) -> None:
        for key, told in config.items():
            layer = self.features[key].preprocessor
            if not layer.built:
                layer.build_from_config(told)
        self._is_adapted = True

    def save(self, filepath) -> None:
        """Write it, with all it has learned, to a .keras file; `load_model` reads it."""
        save_model(self, filepath)


def _is_single(value) -> bool:
    return not isinstance(value, KerasTensor) and np.ndim(value if hasattr(value, "ndim") else np.asarray(value)) == 0


def _batches(rows, key: str) -> Iterator[np.ndarray]:
    """One column of rows or batches, as arrays (batch, 1) or wider."""
    values: Iterator[np.ndarray] = (_column_of(row, key) for row in rows)
    first = next(values, None)
    if first is None:
        raise DataError("There is nothing to learn from.", got="no rows", expected="one or more")
    values = itertools.chain([first], values)
    if first.ndim:
        yield from (value[:, None] if value.ndim == 1 else value for value in values)
        return
    while some := list(itertools.islice(values, _ROWS_AT_ONCE)):
        yield np.stack(some)[:, None]


def _column_of(row, key: str) -> np.ndarray:
    row = row[0] if isinstance(row, (tuple, list)) else row
    if not isinstance(row, dict):
        raise ArgumentError("A row is a dict of its columns.", got=type(row).__name__, fix='{"age": 31.0}')
    if key not in row:
        raise DataError(f"A row has no column '{key}'.", got=", ".join(row), expected=key)
    return as_array(row[key])
