"""Normalization against Keras and sums by hand: values, gradients, dtypes, shapes."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
import pytest
import torch

from pellucid.errors import ArgumentError, ShapeError, UnsupportedError
from pellucid.graph.symbol import KerasTensor
from pellucid.ops import normalizing


def draw(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def results(function, values, arguments):
    """What a function gives and the gradients of a weighted sum of it, all as arrays."""
    values = [None if value is None else torch.tensor(value, requires_grad=True) for value in values]
    found = function(*values, **arguments)
    found = found if isinstance(found, tuple) else (found,)
    sum((y * torch.linspace(-1, 1, y.numel()).reshape(y.shape)).sum() for y in found).backward()
    return [y.detach().numpy() for y in found] + [value.grad.numpy() for value in values if value is not None]


def agree(name, values, **arguments):
    ours = results(getattr(normalizing, name), values, arguments)
    theirs = results(getattr(keras.ops, name), values, arguments)
    for our, their in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(our, their, rtol=1e-4, atol=2e-5)


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axes", [0, -1, (0, 1), [0, 2], (0, 1, 2, 3)])
def test_moments_are_kerass(axes, keepdims):
    agree("moments", [draw(4, 3, 5, 2)], axes=axes, keepdims=keepdims)


def test_moments_of_large_numbers_do_not_cancel():
    mean, variance = normalizing.moments(np.array([10001.0, 10002, 10003], "float32"), axes=[0])
    assert (mean.item(), variance.item()) == (10002, pytest.approx(2 / 3))


def test_moments_of_halves_are_computed_in_full():
    mean, variance = normalizing.moments(torch.full((4,), 60000.0, dtype=torch.float16), axes=0)
    assert (mean.item(), variance.item(), mean.dtype) == (60000, 0, torch.float16)
    with pytest.raises(UnsupportedError, match="synchronized"):
        normalizing.moments(draw(3), axes=0, synchronized=True)


@pytest.mark.parametrize("weights", [(None, None), (5, None), (None, 6), (5, 6)])
@pytest.mark.parametrize(
    ("shape", "axis"), [((4, 3), -1), ((2, 5, 3), -1), ((2, 3, 4, 4), 1), ((2, 4, 4, 3), 3), ((3, 4), 0)]
)
def test_batch_normalization_is_kerass(shape, axis, weights):
    scale, offset = (None if seed is None else draw(3, seed=seed) for seed in weights)
    values = [draw(*shape), draw(3, seed=1), draw(3, seed=2) ** 2]
    agree("batch_normalization", values, axis=axis, scale=scale, offset=offset)
    with torch.no_grad():  # the fused way, for values without gradients
        ours = normalizing.batch_normalization(*values, axis=axis, scale=scale, offset=offset)
    np.testing.assert_allclose(
        ours, keras.ops.batch_normalization(*values, axis=axis, scale=scale, offset=offset), rtol=1e-4, atol=2e-5
    )


def test_batch_normalization_tells_a_vector_of_the_wrong_length():
    with pytest.raises(ShapeError, match=r"`variance` takes one number[\s\S]*got +\(4,\)[\s\S]*expected +\(3,\)"):
        normalizing.batch_normalization(draw(2, 3), draw(3), draw(4), axis=-1)


@pytest.mark.parametrize("axis", [-1, 1, (1, 2), [-2, -1], (0, 2)])
@pytest.mark.parametrize("weighted", [False, True])
def test_layer_normalization_is_kerass(axis, weighted):
    x = draw(4, 3, 5)
    along = sorted(k % 3 for k in (axis if isinstance(axis, (tuple, list)) else [axis]))
    sizes = [x.shape[k] for k in along]
    weights = [draw(*sizes, seed=1), draw(*sizes, seed=2)] if weighted else [None, None]
    if along[-1] == 2 or along == [0, 2]:  # Keras on PyTorch takes the last axes for any others
        agree("layer_normalization", [x, *weights], axis=axis)
    y = normalizing.layer_normalization(x, axis=axis).numpy()
    np.testing.assert_allclose(y.mean(tuple(along)), 0, atol=1e-5)
    np.testing.assert_allclose(y.var(tuple(along)), 1, atol=1e-4)


@pytest.mark.parametrize("axis", [-1, 1, (1, 2), (0, 2)])
@pytest.mark.parametrize("weighted", [False, True])
def test_rms_normalization_divides_by_the_root_mean_square(axis, weighted):
    x = draw(4, 3, 5)
    along = axis if isinstance(axis, tuple) else (axis,)
    scale = draw(*(x.shape[k] for k in along), seed=1) if weighted else None
    y = normalizing.rms_normalization(x, scale, axis=axis, epsilon=1e-3)
    wanted = x / np.sqrt((x**2).mean(along, keepdims=True) + 1e-3)
    if weighted:
        wanted = wanted * scale.reshape(
            [n if k - (axis == -1) * 3 in along or k in along else 1 for k, n in enumerate(x.shape)]
        )
    np.testing.assert_allclose(y, wanted, rtol=1e-5, atol=1e-6)
    if axis in (-1, (1, 2)):
        agree("rms_normalization", [x, scale], axis=axis)


@pytest.mark.parametrize("name", ["layer_normalization", "rms_normalization"])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_dtype_stays(name, dtype):
    x = torch.ones(2, 4, dtype=getattr(torch, dtype))
    assert getattr(normalizing, name)(x, np.ones(4, "float32")).dtype == x.dtype
    assert getattr(normalizing, name)(KerasTensor((None, 4), dtype=dtype), np.ones(4, "float32")).dtype == dtype


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("axis", [-1, 0, None])
def test_normalize_is_kerass(axis, order):
    # Along all axes of a matrix Keras takes a norm of matrices for orders other than 2; here it is one of vectors.
    agree("normalize", [draw(4, 3) if order == 2 or axis is not None else draw(7)], axis=axis, order=order)


def test_a_vector_of_zeros_has_a_finite_gradient():
    x = torch.zeros(3, requires_grad=True)
    normalizing.normalize(x).sum().backward()
    assert torch.isfinite(x.grad).all()
    assert normalizing.normalize([3.0, 4.0]).tolist() == pytest.approx([0.6, 0.8])


def test_an_order_is_a_whole_number():
    for order in (0, -1, 1.5, "inf"):
        with pytest.raises(ArgumentError, match="whole number from 1"):
            normalizing.normalize(draw(3), order=order)


def test_symbols_keep_unknown_sizes():
    x = KerasTensor((None, 5, None, 3))
    assert [m.shape for m in normalizing.moments(x, axes=(0, 1, 2))] == [(3,), (3,)]
    assert normalizing.batch_normalization(x, draw(3), draw(3), axis=-1).shape == x.shape
    assert normalizing.layer_normalization(x).shape == normalizing.normalize(x).shape == x.shape
