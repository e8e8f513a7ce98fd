"""Activations against Keras: values, gradients, dtypes and symbolic shapes."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
import pytest
import torch

from pellucid.errors import ShapeError
from pellucid.graph.symbol import KerasTensor
from pellucid.ops import activation

EDGES = np.array(
    [-1e4, -30.0, -3.5, -3.0, -1.0, -0.5, -1e-3, 0.0, 1e-3, 0.5, 1.0, 2.5, 3.0, 6.0, 7.0, 30.0, 1e4, 0.25], "float32"
)
PLAIN = (
    "relu", "relu6", "sigmoid", "sparse_sigmoid", "softplus", "softsign", "sparse_plus", "silu", "swish", "squareplus",
    "log_sigmoid", "hard_sigmoid", "hard_silu", "hard_swish", "selu", "hard_tanh", "tanh_shrink",
)  # fmt: skip
CASES = [
    *[(name, {}) for name in PLAIN],
    ("soft_shrink", {"threshold": 0.7}), ("hard_shrink", {"threshold": 0.7}), ("hard_shrink", {}), ("squareplus", {"b": 2}),
    ("threshold", {"threshold": 0.4, "default_value": 3.0}), ("leaky_relu", {}), ("leaky_relu", {"negative_slope": 0.3}),
    ("elu", {"alpha": 0.5}), ("celu", {"alpha": 1.5}), ("gelu", {}), ("gelu", {"approximate": False}), ("glu", {}),
    ("softmax", {}), ("log_softmax", {}), ("sparsemax", {}), ("softmax", {"axis": None}), ("log_softmax", {"axis": None}),
]  # fmt: skip
NAMED = [pytest.param(*case, id=f"{case[0]}-{case[1]}") for case in CASES]


def value_and_gradient(function, x):
    """What a function gives, and how the sum of it, each element weighted by its place, changes with `x`."""
    x = torch.tensor(x, requires_grad=True)
    y = function(x)
    (y * torch.arange(1, y.numel() + 1).reshape(y.shape)).sum().backward()
    return y.detach().numpy(), x.grad.numpy()


@pytest.mark.parametrize(("name", "arguments"), NAMED)
def test_values_and_gradients_are_kerass(name, arguments):
    ours = value_and_gradient(lambda x: getattr(activation, name)(x, **arguments), EDGES)
    theirs = value_and_gradient(lambda x: getattr(keras.ops, name)(x, **arguments), EDGES)
    np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(ours[1], theirs[1], rtol=1e-5, atol=1e-5)
    assert np.isfinite(ours[1]).all()


@pytest.mark.parametrize(("name", "arguments"), NAMED)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_dtype_stays(name, arguments, dtype):
    x = torch.ones(4, 6, dtype=getattr(torch, dtype))
    assert getattr(activation, name)(x, **arguments).dtype == x.dtype


@pytest.mark.parametrize(("name", "arguments"), NAMED)
def test_symbols_keep_unknown_sizes(name, arguments):
    spec = getattr(activation, name)(KerasTensor((None, 5, None, 4)), **arguments)
    assert spec.shape == (None, 5, None, 2 if name == "glu" else 4)
    assert spec.dtype == "float32"


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("axis", [0, 1, -2, (1, 2), (0, 3), (3, 1, 0)])
def test_softmax_takes_any_axes(name, axis):
    x = np.random.default_rng(1).normal(size=(2, 3, 4, 5)).astype("float32")
    ours = getattr(activation, name)(x, axis=axis)
    np.testing.assert_allclose(ours, getattr(keras.ops, name)(x, axis=axis), rtol=1e-5)


def test_softmax_over_one_class_warns_and_names_sigmoid():
    with pytest.warns(UserWarning, match=r"axis -1 of shape \(2, 1\).*sigmoid"):
        activation.softmax(np.ones((2, 1), "float32"))


def test_softmax_takes_negative_axes_together():
    x = np.random.default_rng(1).normal(size=(2, 3, 4)).astype("float32")
    np.testing.assert_allclose(activation.softmax(x, axis=[-1, 0]), activation.softmax(x, axis=(0, 2)), rtol=1e-6)


def test_sparsemax_takes_the_same_from_all_that_stay_above_zero():
    # By hand: 0.3 from each of two. (Keras 3.15 adds up running sums, and is right only where one entry stays.)
    assert activation.sparsemax([1.0, 0.6, 0.2]).tolist() == pytest.approx([0.7, 0.3, 0.0])
    assert activation.sparsemax([-0.5, 0.0, 1.0, 2.0, 3.0]).tolist() == [0, 0, 0, 0, 1]


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_sparsemax_gives_distributions(axis):
    x = np.random.default_rng(2).normal(size=(4, 5, 3)).astype("float32")
    ours = activation.sparsemax(x, axis=axis)
    np.testing.assert_allclose(ours.sum(axis), np.ones(np.delete(x.shape, axis)), atol=1e-6)
    taken = np.where(ours > 0, x - ours.numpy(), np.nan)
    np.testing.assert_allclose(np.nanmin(taken, axis), np.nanmax(taken, axis), atol=1e-6)


@pytest.mark.parametrize("negative_slope", [0.0, 0.1])
@pytest.mark.parametrize("max_value", [None, 2.0, 6])
@pytest.mark.parametrize("threshold", [0.0, 0.5, 2.0])
def test_rectify_is_kerass_relu_activation(negative_slope, max_value, threshold):
    arguments = {"negative_slope": negative_slope, "max_value": max_value, "threshold": threshold}
    x = np.linspace(-4, 9, 27, dtype="float32") + 0.01
    ours = value_and_gradient(lambda x: activation.rectify(x, **arguments), x)
    theirs = value_and_gradient(lambda x: keras.activations.relu(x, **arguments), x)
    np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(ours[1], theirs[1], rtol=1e-5)


def test_whole_numbers_become_fractions_where_the_function_has_them():
    assert activation.relu([-1, 2]).tolist() == [0, 2]
    assert activation.relu([-1, 2]).dtype == torch.int32
    assert activation.softsign([1, -3]).tolist() == [0.5, -0.75]  # 1/2, -3/4


def test_an_odd_axis_cannot_be_halved():
    with pytest.raises(ShapeError, match=r"odd.*\n.*5 in a value of shape \(2, 5\)"):
        activation.glu(np.ones((2, 5), "float32"))
