"""Layers that bring values to another scale: Rescaling by given numbers, Normalization by a mean and a variance.

Below:  described.py keeps arguments.
Above:  networks of applications/ that prepare images themselves begin with these.
"""

from __future__ import annotations

import math

import numpy as np
import torch

from pellucid.dtypes import to_torch
from pellucid.errors import ArgumentError, ArgumentTypeError, DataError, OrderError, PlaceError, ShapeError
from pellucid.graph.objects import deserialize_keras_object, serialize_keras_object
from pellucid.graph.values import convert_to_tensor
from pellucid.layers.base import Layer
from pellucid.links import Same
from pellucid.settings import epsilon, image_data_format


class Scaling(Layer):
    """The parent: each value becomes another by itself; arrays and lists of whole numbers may come in."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self._allow_non_tensor_positional_args = True

    def compute_output_shape(self, input_shape):
        return input_shape

    def links(self):
        return Same()


class Rescaling(Scaling):
    """``x * scale + offset``: ``Rescaling(1 / 127.5, offset=-1)`` brings 0 to 255 to -1 to 1.

    Args:
        scale, offset: a number; or one for each channel, on the axis of `image_data_format`.

    Source: keras.layers.Rescaling, Keras 3.15.
    """

    def __init__(self, scale, offset=0.0, **kwargs):
        super().__init__(**kwargs)
        self.scale, self.offset = scale, offset

    def call(self, inputs):
        x = convert_to_tensor(inputs, dtype=self.compute_dtype)
        return x * self._along_channels(self.scale, x) + self._along_channels(self.offset, x)

    def _along_channels(self, numbers, x):
        if isinstance(numbers, (int, float)):
            return numbers
        numbers = convert_to_tensor(numbers, dtype=self.compute_dtype).to(x.device)
        if numbers.ndim and image_data_format() == "channels_first":
            return numbers.reshape(*numbers.shape, *[1] * (3 - numbers.ndim))
        return numbers

    def get_config(self):
        numbers = {"scale": self.scale, "offset": self.offset}
        return {**super().get_config(), **{word: serialize_keras_object(each) for word, each in numbers.items()}}

    @classmethod
    def from_config(cls, config):
        numbers = {word: deserialize_keras_object(config[word]) for word in ("scale", "offset") if word in config}
        return super().from_config({**config, **numbers})


class Normalization(Scaling):
    """``(x - mean) / sqrt(variance)``, with numbers that are given, or learned from data by `adapt`.

    Shapes:
        mean, variance  sizes of the axes that are kept

    Args:
        axis: axes that have numbers of their own, or one axis; None for one number over all.
        mean, variance: where they are known; both or none.
        invert: undo it: ``mean + x * sqrt(variance)``.

    Raises:
        ArgumentError: one of mean and variance alone, or of different shapes.
        PlaceError: there is no such axis.
        ShapeError: the size of a kept axis is unknown.

    Source: keras.layers.Normalization, Keras 3.15.
    """

    def __init__(self, axis=-1, mean=None, variance=None, invert=False, **kwargs):
        super().__init__(**kwargs)
        self.axis = () if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
        self.input_mean, self.input_variance, self.invert = mean, variance, invert
        self._check_given()

    def _check_given(self):
        mean, variance = self.input_mean, self.input_variance
        if (mean is None) != (variance is None):
            raise ArgumentError(
                "`mean` and `variance` are given both or not at all.", got=f"mean={mean}, variance={variance}"
            )
        if mean is None:
            return
        if np.shape(mean) != np.shape(variance):
            raise ArgumentError(
                "`mean` and `variance` have different shapes.", got=f"{np.shape(mean)} and {np.shape(variance)}"
            )
        if np.ndim(mean) > len(self.axis):
            raise ArgumentError(
                "`mean` has more axes than are kept.",
                got=f"shape {np.shape(mean)}",
                expected=f"at most {len(self.axis)} axes, for axis={self.axis}",
            )

    def build(self, input_shape):
        if input_shape is None:
            raise ShapeError("Of lists no shape is known.", fix="layer(np.array(values))")
        rank = len(input_shape)
        if any(not -rank <= axis < rank for axis in self.axis):
            raise PlaceError("There is no such axis.", got=f"axis={self.axis}", expected=f"{-rank} to {rank - 1}")
        self._kept = tuple(sorted(axis % rank for axis in self.axis))
        if any(input_shape[axis] is None for axis in self._kept):
            raise ShapeError(
                "An axis with numbers of its own has a known size.",
                got=f"an input of shape {tuple(input_shape)}, axis={self.axis}",
                fix="Input(shape=...) with that size",
            )
        self._built_for = tuple(input_shape)
        self._wide = tuple(input_shape[axis] if axis in self._kept else 1 for axis in range(rank))
        if self.input_mean is None:
            shape = tuple(input_shape[axis] for axis in self._kept)
            self.adapt_mean = self.add_weight(name="mean", shape=shape, initializer="zeros", trainable=False)
            self.adapt_variance = self.add_weight(name="variance", shape=shape, initializer="ones", trainable=False)
            self.count = self.add_weight(name="count", shape=(), dtype="int", initializer="zeros", trainable=False)

    @property
    def mean(self):
        """What is taken away, with as many axes as the input; None before there is any."""
        return self._widened(self.input_mean, "adapt_mean")

    @property
    def variance(self):
        """What the square root is divided by, with as many axes as the input; None before there is any."""
        return self._widened(self.input_variance, "adapt_variance")

    def _widened(self, given, learned: str):
        if not self.built:
            return None
        if given is None:
            return getattr(self, learned).value.to(to_torch(self.compute_dtype)).reshape(self._wide)
        numbers = convert_to_tensor(given, dtype=self.compute_dtype)
        sizes = [1] * len(self._wide)
        for axis, size in zip(reversed(self._kept), reversed(numbers.shape), strict=False):
            sizes[axis] = size
        return numbers.reshape(sizes).expand(self._wide)

    def adapt(self, data) -> None:
        """Learn mean and variance from data, in place of what was learned before.

        Args:
            data: an array or tensor; or batches: a list, generator, PyDataset or dataset. Of tuples the first is taken.

        Raises:
            ArgumentTypeError: nothing of these.
            DataError: no batches.
            ShapeError: a batch of another shape than the layer was built for.
        """
        if self.input_mean is not None:
            raise OrderError("Mean and variance were given: there is nothing to learn.", fix="Normalization(axis)")
        total, mean, variance = 0, torch.zeros(()), torch.ones(())
        for batch in _batches(data):
            batch = convert_to_tensor(batch).double()
            if not self.built:
                self.build(tuple(batch.shape))
            self._check_fits(batch)
            over = [axis for axis in range(batch.ndim) if axis not in self._kept]
            if not total:
                mean, variance = mean.to(batch), variance.to(batch) * 0
            # Chan et al. 1983: two parts of known mean and variance make a whole.
            count = math.prod(batch.shape[axis] for axis in over)
            total += count
            share = count / total
            far = batch.mean(over) if over else batch
            spread = batch.var(over, correction=0) if over else torch.zeros_like(batch)
            variance = variance * (1 - share) + spread * share + (far - mean) ** 2 * share * (1 - share)
            mean = mean + (far - mean) * share
        if not total:
            raise DataError("There is nothing to learn from.", got="no batches", expected="one or more")
        self.adapt_mean.assign(mean)
        self.adapt_variance.assign(variance)

    def _check_fits(self, batch):
        sizes = [batch.shape[axis] if axis < batch.ndim else None for axis in self._kept]
        if sizes != [self._built_for[axis] for axis in self._kept] or batch.ndim != len(self._wide):
            raise ShapeError(
                "The data are of another shape than the layer was built for.",
                got=tuple(batch.shape),
                expected=self._built_for,
            )

    def finalize_state(self) -> None:
        """Keras's name for the moment after weights were set; mean and variance follow them by themselves here."""

    def call(self, inputs):
        x = convert_to_tensor(inputs, dtype=self.compute_dtype)
        mean, deviation = self.mean.to(x.device), self.variance.to(x.device).sqrt().clamp(min=epsilon())
        return mean + x * deviation if self.invert else (x - mean) / deviation

    def get_config(self):
        numbers = {"mean": self.input_mean, "variance": self.input_variance}
        plain = {word: None if each is None else np.asarray(each).tolist() for word, each in numbers.items()}
        return {**super().get_config(), "axis": self.axis, "invert": self.invert, **plain}


def _batches(data):
    """The batches of what `adapt` was given; of tuples the first."""
    if isinstance(data, (np.ndarray, torch.Tensor)):
        yield data
        return
    if not hasattr(data, "__iter__"):
        raise ArgumentTypeError(
            "Mean and variance cannot be learned from this.",
            got=type(data).__name__,
            expected="an array, a tensor, or batches of them",
        )
    for batch in data:
        batch = batch[0] if isinstance(batch, tuple) else batch
        if not hasattr(batch, "shape"):
            raise ArgumentTypeError(
                "A batch is an array or tensor.", got=type(batch).__name__, fix="adapt(np.array(data))"
            )
        yield batch
