"""Pooling against loops over windows and against Keras: values, gradients, shapes, memory."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import itertools

import keras
import numpy as np
import pytest
import torch

from pellucid.errors import ArgumentError, ShapeError
from pellucid.graph.symbol import KerasTensor
from pellucid.ops import pooling

SIZES = {1: (11,), 2: (8, 7), 3: (5, 6, 4)}
WINDOWS = [(2, None), (3, 2), (2, 1), (3, 1), (1, 2), (2, 3), (4, 1)]


def image(rank, data_format="channels_last"):
    shape = (2, 3, *SIZES[rank]) if data_format == "channels_first" else (2, *SIZES[rank], 3)
    return np.random.default_rng(rank).normal(size=shape).astype("float32")


def by_loops(reduce, x, pool, stride, padding):
    """Each window's cells that lie within a channels_last value, reduced."""
    stride = stride or pool
    starts = []
    for n in x.shape[1:-1]:
        count = -(-n // stride) if padding == "same" else (n - pool) // stride + 1
        front = max((count - 1) * stride + pool - n, 0) // 2 if padding == "same" else 0
        starts.append([k * stride - front for k in range(count)])
    out = np.empty((len(x), *map(len, starts), x.shape[-1]), x.dtype)
    for place in itertools.product(*(range(len(one)) for one in starts)):
        first = [one[k] for one, k in zip(starts, place, strict=True)]
        cells = x[(slice(None), *(slice(max(k, 0), k + pool) for k in first))]
        out[(slice(None), *place)] = reduce(cells, axis=tuple(range(1, x.ndim - 1)))
    return out


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize(("pool", "stride"), WINDOWS)
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize(("name", "reduce"), [("max_pool", np.max), ("average_pool", np.mean)])
def test_padding_takes_no_part_in_a_window(name, reduce, rank, pool, stride, padding, data_format):
    x = image(rank)
    given = np.moveaxis(x, -1, 1).copy() if data_format == "channels_first" else x
    y = getattr(pooling, name)(given, pool, stride, padding, data_format)
    wanted = by_loops(reduce, x, pool, stride, padding)
    wanted = np.moveaxis(wanted, -1, 1) if data_format == "channels_first" else wanted
    np.testing.assert_allclose(y, wanted, rtol=1e-5, atol=1e-6)
    assert (
        getattr(pooling, name)(KerasTensor((None, *given.shape[1:])), pool, stride, padding, data_format).shape[1:]
        == y.shape[1:]
    )


def gradient(function, x, *arguments):
    x = torch.tensor(x, requires_grad=True)
    y = function(x, *arguments)
    (y * torch.linspace(-1, 1, y.numel()).reshape(y.shape)).sum().backward()
    return x.grad.numpy()


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("name", ["max_pool", "average_pool"])
@pytest.mark.parametrize(("pool", "stride", "padding"), [(2, 2, "valid"), (3, 2, "valid"), (3, 1, "same")])
def test_gradients_are_kerass(name, rank, pool, stride, padding):
    ours = gradient(getattr(pooling, name), image(rank), pool, stride, padding)
    np.testing.assert_allclose(ours, gradient(getattr(keras.ops, name), image(rank), pool, stride, padding), atol=1e-6)


def test_a_mean_at_the_border_by_hand():
    x = np.array([1.0, 2, 3, 4, 5]).reshape(1, 5, 1)
    # Keras on PyTorch repeats the border cell instead; Keras on TensorFlow and JAX counts as here.
    assert pooling.average_pool(x, 2, 2, "same").flatten().tolist() == [1.5, 3.5, 5]
    assert pooling.average_pool(x, 2, 1, "same").flatten().tolist() == [1.5, 2.5, 3.5, 4.5, 5]


def test_the_largest_of_negative_numbers_is_not_the_padding():
    assert pooling.max_pool(-np.ones((1, 3, 3, 1), "float32"), 2, 2, "same").unique().tolist() == [-1]


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("rank", [1, 2])
@pytest.mark.parametrize("name", ["max_pool", "average_pool"])
def test_channels_last_values_stay_where_they_lie(name, rank, padding):
    x = torch.tensor(image(rank))
    with torch.profiler.profile() as profile:
        y = getattr(pooling, name)(x, 2, 2, padding)
    assert not [event.key for event in profile.key_averages() if event.key in ("aten::copy_", "aten::constant_pad_nd")]
    assert y.is_contiguous()


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("name", ["adaptive_max_pool", "adaptive_average_pool"])
def test_adaptive_pooling_is_kerass(name, rank, data_format):
    size = (4, 3, 2)[:rank]
    x = image(rank, data_format)
    ours = getattr(pooling, name)(x, size, data_format)
    np.testing.assert_allclose(ours, getattr(keras.ops, name)(x, size, data_format), rtol=1e-5, atol=1e-6)
    assert getattr(pooling, name)(KerasTensor((None, *x.shape[1:])), size, data_format).shape == (None, *ours.shape[1:])
    assert getattr(pooling, name)(x, 2, data_format).shape.count(2) >= rank


def test_unknown_sizes_stay_unknown():
    assert pooling.max_pool(KerasTensor((None, None, 8, 3)), 2).shape == (None, None, 4, 3)
    assert pooling.average_pool(KerasTensor((None, None, 8, 3)), 2, padding="same").shape == (None, None, 4, 3)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_dtypes_stay(dtype):
    x = torch.ones(1, 6, 6, 2, dtype=getattr(torch, dtype))
    assert pooling.max_pool(x, 2).dtype == pooling.average_pool(x, 2).dtype == x.dtype


def test_what_does_not_fit_is_told():
    with pytest.raises(ShapeError, match="reaches over 4 places along height, and the value has only 3"):
        pooling.max_pool(np.ones((1, 3, 5, 1), "float32"), 4)
    with pytest.raises(ShapeError, match="2 axes"):
        pooling.max_pool(np.ones((3, 5), "float32"), 2)
    with pytest.raises(ArgumentError, match="'causal'"):
        pooling.average_pool(np.ones((1, 3, 3, 1), "float32"), 2, padding="causal")
