"""Rows of zeros and ones against Keras."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
import pytest
import torch

from pellucid.errors import ArgumentError
from pellucid.graph.symbol import KerasTensor
from pellucid.ops import encoding


@pytest.mark.parametrize("axis", [-1, 0, 1])
@pytest.mark.parametrize("dtype", [None, "int32", "bool", "float16"])
@pytest.mark.parametrize("kind", ["int32", "uint8", "int64", "float32"])
def test_one_hot_is_kerass(axis, dtype, kind):
    x = np.array([[0, 2], [3, 1], [4, 4]], kind)
    ours, theirs = (one.one_hot(x, 5, axis=axis, dtype=dtype) for one in (encoding, keras.ops))
    assert ours.tolist() == theirs.tolist()
    assert ours.dtype == theirs.dtype
    spec = encoding.one_hot(KerasTensor((None, 2), "int32"), 5, axis=axis, dtype=dtype)
    assert spec.shape == tuple(None if n == 3 else n for n in ours.shape)


def test_numbers_without_a_class_make_zeros():
    assert encoding.one_hot([-1, 3, 1], 3).tolist() == [[0, 0, 0], [0, 0, 0], [0, 1, 0]]


def test_multi_hot_is_kerass():
    for x in (np.array([2, 0, 2]), np.array([[1, 0], [3, 3]]), np.array([[[1, 0], [3, 3]]])):
        ours, theirs = encoding.multi_hot(x, 4), keras.ops.multi_hot(x, 4)
        assert (ours.tolist(), ours.dtype) == (theirs.tolist(), theirs.dtype)
    assert encoding.multi_hot([1, 2], num_tokens=3).tolist() == [0, 1, 1]
    assert encoding.multi_hot(KerasTensor((None, 2), "int32"), 4).shape == (None, 4)
    assert encoding.multi_hot([0], 2, dtype="int32").dtype == torch.int32


def test_what_cannot_be_had_is_told():
    with pytest.raises(ArgumentError, match="sparse=True"):
        encoding.one_hot([1], 2, sparse=True)
    with pytest.raises(ArgumentError, match="num_classes=None"):
        encoding.multi_hot([1])
    with pytest.raises(ArgumentError, match="no axis 5"):
        encoding.one_hot([1], 2, axis=5)
