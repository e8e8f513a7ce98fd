"""Categories: whole numbers as they are, as ones in a row, or counted; CategoryEncoding, and what its neighbours share.

Beside: lookup.py, hashing.py and discretization.py make the whole numbers.
Kept true: a number outside the categories leaves no mark.
"""

from __future__ import annotations

import numpy as np
import torch

from pellucid import ops
from pellucid.errors import ArgumentError
from pellucid.graph.symbol import KerasTensor
from pellucid.graph.values import convert_to_tensor
from pellucid.layers.base import Layer
from pellucid.links import Mix, Same

# Words of old for modes of today.
_MODES = {"binary": "multi_hot", "tf-idf": "tf_idf"}


def mode_named(name, known: tuple[str, ...], sparse: bool = False) -> str:
    """An output mode in today's word.

    Raises:
        ArgumentError: one that is not known here, or sparse outputs.
    """
    mode = _MODES.get(name, name)
    if mode not in known:
        raise ArgumentError("This `output_mode` is not known.", got=repr(name), expected=", ".join(known))
    if sparse:
        raise ArgumentError("PyTorch has no sparse outputs for layers.", got="sparse=True", fix="sparse=False")
    return mode


def encoded(index: torch.Tensor, mode: str, depth: int, dtype, weights=None) -> torch.Tensor:
    """Whole numbers in a mode.

    Shapes:
        index   (..., numbers)
        output  as `index` ("int"); (..., numbers, depth), an axis of 1 dropped ("one_hot"); (..., depth) otherwise
    """
    if mode == "int":
        return ops.cast(index, dtype)
    if index.ndim == 0:
        index = index.reshape(1)
    if mode == "one_hot":
        index = index.squeeze(-1) if index.ndim > 1 and index.shape[-1] == 1 else index
        return ops.one_hot(index, depth, dtype=dtype)
    if mode == "multi_hot":
        return ops.multi_hot(index, depth, dtype=dtype)
    ones = ops.one_hot(index, depth, dtype=dtype)
    if weights is not None:
        ones = ones * convert_to_tensor(weights, dtype=dtype).unsqueeze(-1)
    return ones.sum(1 if index.ndim > 1 else 0)


def encoded_shape(shape, mode: str, depth: int | None) -> tuple:
    """The shape of `encoded`, for an index of this one."""
    shape = tuple(shape)
    if mode == "int":
        return shape
    if mode == "one_hot":
        return (*(shape[:-1] if len(shape) > 1 and shape[-1] == 1 else shape), depth)
    if mode == "count" and len(shape) > 1:
        return (shape[0], *shape[2:], depth)
    return (*shape[:-1], depth)


def encoding_links(mode: str):
    """Numbers stay where they are; ones in a row come from the numbers of that row."""
    return Same() if mode == "int" else Mix(-1) if mode in ("multi_hot", "tf_idf") else None


class CategoryEncoding(Layer):
    """Whole numbers as ones in rows: "one_hot" a row each, "multi_hot" one row for all, "count" how often each comes.

    Shapes:
        input   (batch, numbers), whole numbers from 0 to `num_tokens` - 1
        output  (batch, num_tokens); (batch, numbers, num_tokens) for "one_hot" of several

    Args:
        num_tokens: how many categories there are.

    Raises:
        ArgumentError: a mode that is not known, no or fewer than one category, or `count_weights` in another mode.

    Source: keras.layers.CategoryEncoding, Keras 3.15.
    """

    def __init__(self, num_tokens=None, output_mode="multi_hot", sparse=False, **kwargs):
        super().__init__(**kwargs)
        if num_tokens is None or num_tokens < 1:
            raise ArgumentError(
                "`num_tokens` is the number of categories.",
                got=num_tokens,
                expected="1 or more",
                fix="IntegerLookup, which learns it from data" if num_tokens is None else "CategoryEncoding(10)",
            )
        self.num_tokens = num_tokens
        self.output_mode = mode_named(output_mode, ("count", "one_hot", "multi_hot"), sparse)
        self.sparse = sparse
        self._convert_input_args, self._allow_non_tensor_positional_args = False, True
        self._build_at_init()

    def call(self, inputs, count_weights=None):
        if count_weights is not None and self.output_mode != "count":
            raise ArgumentError(
                "`count_weights` are for counting.", got=f"output_mode={self.output_mode!r}", fix='output_mode="count"'
            )
        return self._encode(inputs, count_weights)

    def _encode(self, inputs, count_weights=None):
        index = convert_to_tensor(np.asarray(inputs) if isinstance(inputs, (list, tuple)) else inputs)
        return encoded(index.long(), self.output_mode, self.num_tokens, self.compute_dtype, count_weights)

    def compute_output_shape(self, input_shape):
        if not input_shape:
            return (self.num_tokens,)
        mode = "multi_hot" if self.output_mode == "count" else self.output_mode
        return encoded_shape(input_shape, mode, self.num_tokens)

    def compute_output_spec(self, inputs, count_weights=None):
        return KerasTensor(self.compute_output_shape(inputs.shape), dtype=self.compute_dtype)

    def links(self):
        return encoding_links(self.output_mode)

    def get_config(self):
        return {**super().get_config(), "num_tokens": self.num_tokens, "output_mode": self.output_mode}
