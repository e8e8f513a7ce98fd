"""Hashing and HashedCrossing: words and numbers into bins, by their fingerprints alone.

Below: ops/fingerprints.py; strings.py reads words; categories.py puts the bins into rows.
Kept true: bins are those of TensorFlow's hashes, in which Keras puts the same words.
"""

from __future__ import annotations

import numpy as np
import torch

from pellucid.errors import ArgumentError, ContentError, ShapeError
from pellucid.graph.scopes import current_device
from pellucid.graph.symbol import KerasTensor
from pellucid.layers.base import Layer
from pellucid.layers.categories import encoded, encoded_shape, encoding_links, mode_named
from pellucid.layers.words import as_array
from pellucid.ops.fingerprints import fingerprint, joined, keyed
from pellucid.settings import floatx

# The key that TensorFlow's crossed columns begin with.
_BEGIN = 0xDECAFCAFFE


def salted(salt) -> list[int] | None:
    """A salt as two numbers; None if there is none.

    Raises:
        ArgumentError: neither a number nor two.
    """
    if salt is None:
        return None
    if isinstance(salt, (tuple, list)) and len(salt) == 2:
        return list(salt)
    if isinstance(salt, int):
        return [salt, salt]
    raise ArgumentError("A salt is one whole number, or two.", got=repr(salt), fix="salt=133, or salt=(133, 137)")


def bins(values: np.ndarray, count: int, salt=None) -> np.ndarray:
    """The bin of each word or whole number, by its text."""
    words = values if values.dtype.kind == "O" else values.astype(np.int64)
    different, at = np.unique(words.reshape(-1), return_inverse=True)
    texts = [str(word).encode() for word in different]
    found = [keyed(text, tuple(salt)) if salt else fingerprint(text) for text in texts]
    return np.array([value % count for value in found], np.int64)[at].reshape(values.shape)


class Hashing(Layer):
    """Words or whole numbers into `num_bins` bins.

    Shapes:
        input   any, of strings or numbers
        output  as the input ("int"), or as CategoryEncoding gives it

    Args:
        mask_value: what lands in bin 0, which nothing else does then.
        salt: one or two numbers that change where all lands (SipHash; FarmHash without).

    Raises:
        ArgumentError: no bins, a mode that is not known, or a dtype that is no whole number for "int".

    Source: keras.layers.Hashing, Keras 3.15.
    """

    def __init__(self, num_bins, mask_value=None, salt=None, output_mode="int", sparse=False, **kwargs):
        if kwargs.get("dtype") is None:
            kwargs["dtype"] = "int64" if output_mode == "int" else floatx()
        super().__init__(**kwargs)
        if num_bins is None or num_bins <= 0:
            raise ArgumentError("`num_bins` is how many bins there are.", got=num_bins, expected="1 or more")
        self.output_mode = mode_named(output_mode, ("int", "one_hot", "multi_hot", "count"), sparse)
        if self.output_mode == "int" and self.dtype not in ("int32", "int64"):
            raise ArgumentError('Bins ("int") are whole numbers.', got=f"dtype={self.dtype!r}", fix='dtype="int64"')
        self.num_bins, self.mask_value, self.sparse = num_bins, mask_value, sparse
        self.salt = salted(salt)
        self._convert_input_args, self._allow_non_tensor_positional_args = False, True
        self._build_at_init()

    def call(self, inputs):
        values = as_array(inputs)
        has_mask = self.mask_value is not None and self.num_bins > 1
        found = bins(values, self.num_bins - has_mask, self.salt)
        if has_mask:
            found = np.where(values == self.mask_value, 0, found + 1)
        index = torch.as_tensor(found, device=current_device())
        return encoded(index, self.output_mode, self.num_bins, self.dtype)

    def compute_output_shape(self, input_shape):
        mode = "multi_hot" if self.output_mode == "count" else self.output_mode
        return encoded_shape(input_shape, mode, self.num_bins) if input_shape or mode == "int" else (self.num_bins,)

    def compute_output_spec(self, inputs):
        return KerasTensor(self.compute_output_shape(inputs.shape), dtype=self.dtype)

    def links(self):
        return encoding_links(self.output_mode)

    def get_config(self):
        own = ("num_bins", "salt", "mask_value", "output_mode", "sparse")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}


class HashedCrossing(Layer):
    """Two or more features at once into `num_bins` bins: each pair of values has its own.

    Shapes:
        input   a list of (), (batch,) or (batch, 1), of strings or whole numbers
        output  as one input ("int"), or (..., num_bins)

    Raises:
        ArgumentError: fewer than two inputs, a mode that is not known, or values that are neither words nor whole numbers.
        ShapeError: other shapes, or different ones.

    Source: keras.layers.HashedCrossing, Keras 3.15.
    """

    def __init__(self, num_bins, output_mode="int", sparse=False, name=None, dtype=None, **kwargs):
        if output_mode == "int" and dtype is None:
            dtype = "int64"
        super().__init__(name=name, dtype=dtype)
        self.output_mode = mode_named(output_mode, ("int", "one_hot"), sparse)
        self.num_bins, self.sparse = num_bins, sparse
        self._convert_input_args, self._allow_non_tensor_positional_args = False, True
        self._build_at_init()

    def call(self, inputs):
        _check_several(inputs)
        values = [as_array(x) for x in inputs]
        self._check([x.shape for x in values])
        if any(x.dtype.kind not in "OiubSU" for x in values):
            raise ContentError(
                "HashedCrossing takes words and whole numbers.", got=", ".join(str(x.dtype) for x in values)
            )
        rows = zip(*(x.reshape(-1) for x in values), strict=True)
        found = np.array([self._bin(row) for row in rows], np.int64).reshape(values[0].shape)
        index = torch.as_tensor(found, device=current_device())
        return encoded(index, self.output_mode, self.num_bins, self.dtype)

    def _bin(self, row) -> int:
        result = _BEGIN
        for value in row:
            number = fingerprint(value.encode()) if isinstance(value, str) else int(value) & (1 << 64) - 1
            result = joined(result, number)
        return result % self.num_bins

    def _check(self, shapes):
        first = tuple(shapes[0])
        if len(first) > 2 or (len(first) == 2 and first[-1] != 1) or any(tuple(x) != first for x in shapes):
            raise ShapeError(
                "All inputs of a crossing have one shape.", got=str(shapes), expected="(), (batch,) or (batch, 1)"
            )

    def compute_output_shape(self, input_shape):
        if len(input_shape) < 2 or not all(isinstance(shape, (tuple, list)) for shape in input_shape):
            raise ShapeError("A crossing has two inputs or more.", got=input_shape, expected="a list of shapes")
        self._check([tuple(shape) for shape in input_shape])
        first = tuple(input_shape[0])
        if not first:
            return () if self.output_mode == "int" else (self.num_bins,)
        return encoded_shape(first, self.output_mode, self.num_bins)

    def compute_output_spec(self, inputs):
        return KerasTensor(self.compute_output_shape([x.shape for x in inputs]), dtype=self.dtype)

    def get_config(self):
        own = ("num_bins", "output_mode", "sparse", "name", "dtype")
        return {name: getattr(self, name) for name in own}


def _check_several(inputs):
    if not isinstance(inputs, (list, tuple)) or len(inputs) < 2:
        raise ArgumentError(
            "A crossing takes two inputs or more, as a list.", got=type(inputs).__name__, fix="crossing([a, b])"
        )
