"""Constraints: where Keras moves weights to, and Keras's configs."""

import keras
import pytest
import torch

from pellucid import constraints

CASES = [
    ("NonNeg", {}),
    ("UnitNorm", {}),
    ("UnitNorm", {"axis": [0, 1]}),
    ("MaxNorm", {}),
    ("MaxNorm", {"max_value": 1, "axis": 1}),
    ("MinMaxNorm", {"min_value": 0.5, "max_value": 1.5}),
    ("MinMaxNorm", {"min_value": 4.0, "max_value": 9.0, "rate": 0.25, "axis": [0, 1]}),
    ("Constraint", {}),
]
W = torch.tensor([[3.0, -0.5, 0.0], [4.0, 0.25, 0.0]])


@pytest.mark.parametrize(("name", "arguments"), CASES, ids=str)
def test_values_and_configs_are_keras_s(name, arguments):
    ours, theirs = getattr(constraints, name)(**arguments), getattr(keras.constraints, name)(**arguments)
    torch.testing.assert_close(ours(W), theirs(W))
    assert ours.get_config() == theirs.get_config()
    assert torch.equal(constraints.deserialize(constraints.serialize(ours))(W), ours(W))


def test_lengths_by_hand():
    assert constraints.NonNeg()(W).tolist() == [[3, 0, 0], [4, 0.25, 0]]
    first_column = constraints.MaxNorm(1)(W)[:, 0]  # 3 and 4 have length 5
    torch.testing.assert_close(first_column, torch.tensor([0.6, 0.8]))


def test_the_public_names_are_keras_s():
    assert sorted(constraints.__all__) == sorted(name for name in dir(keras.constraints) if name[0] != "_")
