"""Ftrl at the edges; its numbers are judged in test_rules.py."""

import pytest

from pellucid.errors import ArgumentError
from pellucid.graph.values import convert_to_tensor
from pellucid.graph.variable import Variable
from pellucid.optimizers import Ftrl, Lion


def test_a_rate_of_0_leaves_weights_where_they_are():
    variable = Variable([1.0, 2.0])
    Ftrl(0.0).apply([convert_to_tensor([1.0, 1.0])], [variable])
    assert variable.numpy().tolist() == [1.0, 2.0]


@pytest.mark.parametrize("name", Ftrl.own_arguments[:5])
def test_wrong_signs_are_told(name):
    with pytest.raises(ArgumentError, match=f"`{name}` is 0 or"):
        Ftrl(**{name: 0.5 if name == "learning_rate_power" else -0.5})


def test_lion_needs_some_momentum():
    with pytest.raises(ArgumentError, match="`beta_1` is above 0"):
        Lion(beta_1=0.0)
