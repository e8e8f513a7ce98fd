"""Scores against Keras and sums by hand: values, gradients, shapes, errors."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import math

import keras
import numpy as np
import pytest
import torch

from pellucid import losses
from pellucid.errors import ShapeError
from pellucid.graph.symbol import KerasTensor
from pellucid.ops import scoring

DRAWN = np.random.default_rng(4)
LOGITS = DRAWN.normal(size=(3, 4, 5)).astype("float32") * 3
PROBABILITIES = DRAWN.uniform(size=(3, 4, 5)).astype("float32")
PROBABILITIES[0, 0, :2] = (0.0, 1.0)
CERTAIN = DRAWN.integers(0, 2, (3, 4, 5)).astype("float32")


def agree(name, target, output, **arguments):
    found = []
    for module in (scoring, keras.ops):
        x = torch.tensor(output, requires_grad=True)
        y = getattr(module, name)(target, x, **arguments)
        (y * torch.linspace(-1, 1, y.numel()).reshape(y.shape)).sum().backward()
        found.append((y.detach().numpy(), x.grad.numpy()))
    for our, their in zip(*found, strict=True):
        np.testing.assert_allclose(our, their, rtol=1e-5, atol=1e-6)
        assert np.isfinite(our).all()
    symbols = KerasTensor((None, *target.shape[1:]), str(target.dtype)), KerasTensor((None, *output.shape[1:]))
    if 0 not in (arguments.get("axis", -1) % output.ndim,):
        assert getattr(scoring, name)(*symbols, **arguments).shape == (None, *found[0][0].shape[1:])


@pytest.mark.parametrize(("output", "from_logits"), [(PROBABILITIES, False), (LOGITS, True)])
def test_binary_crossentropy_is_kerass(output, from_logits):
    agree("binary_crossentropy", CERTAIN, output, from_logits=from_logits)


@pytest.mark.parametrize("axis", [-1, 0, 1])
@pytest.mark.parametrize(("output", "from_logits"), [(PROBABILITIES, False), (LOGITS, True)])
def test_categorical_crossentropies_are_kerass(output, from_logits, axis):
    agree("categorical_crossentropy", CERTAIN, output, from_logits=from_logits, axis=axis)
    target = CERTAIN.argmax(axis) % output.shape[axis]
    agree("sparse_categorical_crossentropy", target, output, from_logits=from_logits, axis=axis)
    kept = np.expand_dims(target, axis)
    agree("sparse_categorical_crossentropy", kept, output, from_logits=from_logits, axis=axis)


def test_one_row_by_hand():
    assert scoring.sparse_categorical_crossentropy(1, [0.25, 0.25, 0.5]).item() == pytest.approx(math.log(4))
    assert scoring.categorical_crossentropy([0, 0, 1.0], [1.0, 1.0, 2.0]).item() == pytest.approx(math.log(2))
    assert scoring.binary_crossentropy([1, 0], [0.5, 0.75]).tolist() == pytest.approx([math.log(2), math.log(4)])


def test_a_certain_mistake_costs_a_finite_price():
    assert scoring.binary_crossentropy([1.0], [0.0]).item() == pytest.approx(-math.log(1e-7), rel=1e-5)


def test_binary_labels_with_noise_added_lie_outside_0_to_1():
    expected = [-1.05 * math.log(0.5) + 0.05 * math.log(0.5), 0.1 * math.log(0.25) - 1.1 * math.log(0.75)]
    assert scoring.binary_crossentropy([1.05, -0.1], [0.5, 0.25]).tolist() == pytest.approx(expected)
    assert losses.BinaryCrossentropy()([1.05, -0.1], [0.5, 0.25]).item() == pytest.approx(sum(expected) / 2)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_certain_answers_in_half_precision_stay_finite(dtype):
    target, output = torch.tensor([0, 1, 1], dtype=dtype), torch.tensor([0, 1, 0], dtype=dtype)
    found = scoring.binary_crossentropy(target, output)
    assert found[:2].tolist() == pytest.approx([0, 0], abs=1e-6) and 10 < found[2] <= 100


def test_shapes_that_differ_are_told():
    with pytest.raises(ShapeError, match=r"target \(2,\), output \(2, 3\)[\s\S]*one_hot\(target, 3\)"):
        scoring.categorical_crossentropy(np.ones(2), np.ones((2, 3)))
    with pytest.raises(ShapeError, match=r"target \(3,\), output \(2, 3\)[\s\S]*shape \(2,\)"):
        scoring.sparse_categorical_crossentropy(np.ones(3), np.ones((2, 3)))
    with pytest.raises(ShapeError, match="shapes differ"):
        scoring.binary_crossentropy(np.ones((2, 1)), np.ones(2))
    with pytest.raises(ShapeError, match="single number"):
        scoring.categorical_crossentropy(1.0, 1.0)


def test_psnr_by_hand():
    assert scoring.psnr(np.full(4, 255.0), np.zeros(4), 255).item() == pytest.approx(0)
    assert scoring.psnr(np.ones((2, 2)), np.full((2, 2), 0.9), 1.0).item() == pytest.approx(20)  # -10 log10(0.01)
    assert scoring.psnr(KerasTensor((None, 4)), KerasTensor((None, 4)), 1.0).shape == ()
    with pytest.raises(ShapeError, match="place by place"):
        scoring.psnr(np.ones(2), np.ones(3), 1.0)
