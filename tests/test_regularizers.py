"""Regularizers: Keras's penalties and configs."""

import keras
import pytest
import torch

from pellucid import regularizers
from pellucid.errors import ArgumentError, ShapeError, UnsupportedError
from pellucid.graph.variable import Variable

CASES = [
    ("L1", {"l1": 0.5}),
    ("L2", {"l2": 0.25}),
    ("L1L2", {"l1": 0.5, "l2": 0.25}),
    ("L1L2", {}),
    ("OrthogonalRegularizer", {"factor": 0.5}),
    ("OrthogonalRegularizer", {"factor": 0.5, "mode": "columns"}),
]
X = torch.tensor([[1.0, -2.0, 0.0], [3.0, 4.0, -1.0]])


def test_penalties_by_hand():
    assert regularizers.L1(0.5)(X).item() == 0.5 * 11
    assert regularizers.L2(0.25)(X).item() == 0.25 * (1 + 4 + 9 + 16 + 1)
    assert regularizers.L1L2(0.5, 0.25)(X).item() == 0.5 * 11 + 0.25 * 31
    rows = torch.tensor([[2.0, 0.0], [0.0, 3.0], [5.0, 0.0]])  # one pair of three is parallel
    assert regularizers.OrthogonalRegularizer(3.0)(rows).item() == pytest.approx(1.0)


@pytest.mark.parametrize(("name", "arguments"), CASES, ids=str)
def test_penalties_and_configs_are_keras_s(name, arguments):
    ours, theirs = getattr(regularizers, name)(**arguments), getattr(keras.regularizers, name)(**arguments)
    torch.testing.assert_close(ours(X), theirs(X))
    assert ours.get_config() == theirs.get_config()
    assert type(ours).from_config(ours.get_config())(X) == ours(X)


@pytest.mark.parametrize(("name", "arguments"), CASES, ids=str)
def test_a_penalty_has_the_dtype_and_gradient_of_the_weight(name, arguments):
    weight = Variable(X, dtype="float64")
    penalty = getattr(regularizers, name)(**arguments)(weight)
    assert penalty.dtype == torch.float64 and penalty.shape == ()
    if arguments:
        penalty.backward()
        assert weight.value.grad is not None


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), "0.1", [0.1]], ids=str)
@pytest.mark.parametrize(
    "make", [regularizers.L1, regularizers.L2, lambda v: regularizers.L1L2(l2=v), regularizers.OrthogonalRegularizer]
)
def test_a_factor_is_a_finite_number_from_0_upwards(make, value):
    with pytest.raises(ArgumentError, match="is no factor"):
        make(value)


def test_none_is_the_default_factor():
    assert regularizers.L1(None).l1 == regularizers.L2(None).l2 == 0.01
    assert regularizers.L1L2(None, None).get_config() == {"l1": 0.0, "l2": 0.0}


def test_orthogonality_is_one_of_rows_or_columns_of_a_matrix():
    with pytest.raises(ArgumentError, match="mode"):
        regularizers.OrthogonalRegularizer(mode="both")
    with pytest.raises(ShapeError, match="matrix"):
        regularizers.OrthogonalRegularizer()(torch.ones(2, 2, 2))


def test_a_subclass_must_say_its_config():
    with pytest.raises(UnsupportedError, match="get_config"):
        regularizers.Regularizer().get_config()


def test_the_public_names_are_keras_s():
    assert sorted(regularizers.__all__) == sorted(name for name in dir(keras.regularizers) if name[0] != "_")
