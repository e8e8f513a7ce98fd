"""Input and InputLayer: where a graph begins.

Below:  graph/symbol.py is what an input gives: a shape and a dtype, no values.
Above:  every functional model begins with these; Sequential makes one when it learns its input's shape.
"""

from __future__ import annotations

import warnings

from pellucid.dtypes import standardize_dtype
from pellucid.errors import ArgumentError, MissingAttributeError
from pellucid.graph.node import Node
from pellucid.graph.symbol import KerasTensor
from pellucid.graph.values import standardize_shape
from pellucid.layers.base import Layer
from pellucid.links import Same


class InputLayer(Layer):
    """The beginning of a graph.

    Args:
        shape: sizes without the batch axis; None for an unknown one.
        batch_size: the size of the batch axis, where it is fixed.
        dtype: what values are cast to on their way in; floatx if None.
        batch_shape: the shape with the batch axis, in place of `shape` and `batch_size`.
        input_tensor: a symbolic tensor to begin from, in place of a new one.
        optional: whether None may be given.

    Raises:
        ArgumentError: no shape, two shapes, or facts that contradict `input_tensor`.

    Source: keras.layers.InputLayer, Keras 3.15.
    """

    def __init__(
        self,
        shape=None,
        batch_size=None,
        dtype=None,
        sparse=None,
        ragged=None,
        batch_shape=None,
        input_tensor=None,
        optional=False,
        name=None,
        **kwargs,
    ):
        super().__init__(name=name)
        if "input_shape" in kwargs:
            warnings.warn("`input_shape` of InputLayer is now `shape`.", stacklevel=2)
            shape = kwargs.pop("input_shape")
        batch_shape = kwargs.pop("batch_input_shape", batch_shape)
        if sparse or ragged:
            raise ArgumentError(
                "Inputs are dense here.", got="sparse=True" if sparse else "ragged=True", expected="dense values"
            )
        if input_tensor is None:
            batch_shape = _whole_shape(shape, batch_size, batch_shape)
            input_tensor = KerasTensor(batch_shape, dtype=standardize_dtype(dtype), name=name)
        else:
            _check_agrees(input_tensor, shape, batch_size, batch_shape, dtype, sparse)
        self._batch_shape = input_tensor.shape
        self._input_dtype = input_tensor.dtype
        self.sparse = self.ragged = False
        self.optional = optional
        self.built = True
        Node(self, outputs=input_tensor)

    def call(self):
        """An input layer computes nothing."""
        return

    @property
    def batch_shape(self) -> tuple:
        """The shape with the batch axis."""
        return self._batch_shape

    @batch_shape.setter
    def batch_shape(self, value):
        raise MissingAttributeError("The shape of an input never changes.", got=value, fix="Input(batch_shape=...)")

    @property
    def dtype(self) -> str:
        """What values are cast to on their way in."""
        return self._input_dtype

    @dtype.setter
    def dtype(self, value):
        raise MissingAttributeError("The dtype of an input never changes.", got=value, fix="Input(shape, dtype=...)")

    def links(self):
        return Same()

    def get_config(self):
        words = ("batch_shape", "dtype", "sparse", "ragged", "name", "optional")
        return {word: getattr(self, word) for word in words}


def _whole_shape(shape, batch_size, batch_shape) -> tuple:
    if batch_shape is not None:
        if shape is not None or batch_size is not None:
            word = "shape" if shape is not None else "batch_size"
            raise ArgumentError(
                f"`batch_shape` says it all; `{word}` cannot be given too.", fix="Input(batch_shape=(32, 10))"
            )
        return standardize_shape(batch_shape)
    if shape is None:
        raise ArgumentError(
            "An input needs a shape.",
            got="shape=None",
            expected="sizes without the batch axis",
            fix="Input(shape=(28, 28, 1))",
        )
    return (batch_size, *standardize_shape(shape))


def _check_agrees(tensor, shape, batch_size, batch_shape, dtype, sparse):
    if not isinstance(tensor, KerasTensor):
        raise ArgumentError(
            "`input_tensor` is a symbolic tensor.", got=repr(tensor), expected="what Input or a layer gives"
        )
    given = {
        "batch_size": (batch_size, tensor.shape[0] if tensor.shape else None),
        "shape": (None if shape is None else tuple(shape), tensor.shape[1:]),
        "batch_shape": (None if batch_shape is None else tuple(batch_shape), tensor.shape),
        "dtype": (dtype, tensor.dtype),
        "sparse": (sparse, tensor.sparse),
    }
    for word, (got, expected) in given.items():
        if got is not None and got != expected:
            raise ArgumentError(f"`{word}` contradicts `input_tensor`.", got=got, expected=expected)


def Input(  # noqa: N802  (Keras's public spelling)
    shape=None,
    batch_size=None,
    dtype=None,
    sparse=None,
    ragged=None,
    batch_shape=None,
    name=None,
    tensor=None,
    optional=False,
):
    """A symbolic tensor from which a model begins: ``Input(shape=(28, 28, 1))`` has shape (None, 28, 28, 1).

    Args:
        shape: sizes without the batch axis; None for an unknown one.
        batch_size: the size of the batch axis, where it is fixed.
        dtype: what values are cast to on their way in; floatx if None.
        batch_shape: the shape with the batch axis, in place of `shape` and `batch_size`.
        tensor: a symbolic tensor to begin from.
        optional: whether None may be given.
    """
    layer = InputLayer(
        shape=shape,
        batch_size=batch_size,
        dtype=dtype,
        sparse=sparse,
        ragged=ragged,
        batch_shape=batch_shape,
        input_tensor=tensor,
        optional=optional,
        name=name,
    )
    return layer.output
