"""LossScaleOptimizer: the scale finds its size, and bad steps are left out."""

import numpy as np
import pytest

from pellucid import optimizers
from pellucid.errors import ArgumentError
from pellucid.graph.values import convert_to_tensor
from pellucid.graph.variable import Variable
from pellucid.optimizers import SGD, LossScaleOptimizer

GOOD, BAD = [4.0], [np.inf]


def run(steps, **arguments):
    variable = Variable([8.0])
    optimizer = LossScaleOptimizer(SGD(1.0), **arguments)
    for gradient in steps:
        optimizer.apply([convert_to_tensor(np.array(gradient, "float32"))], [variable])
    return optimizer, float(variable.numpy()[0])


@pytest.mark.parametrize(
    ("steps", "scale", "end", "moves"),
    [
        ([GOOD], 4.0, 7.0, 1),  # 8 - 4 / 4
        ([BAD], 2.0, 8.0, 0),
        ([[np.nan]], 2.0, 8.0, 0),
        ([GOOD, GOOD], 8.0, 6.0, 2),  # two good steps double it
        ([GOOD, BAD, GOOD], 2.0, 5.0, 2),  # 8 - 4 / 4 - 4 / 2
        ([GOOD, GOOD, GOOD], 8.0, 5.5, 3),
    ],
)
def test_good_steps_double_the_scale_and_bad_ones_halve_it(steps, scale, end, moves):
    optimizer, weight = run(steps, initial_scale=4.0, dynamic_growth_steps=2)
    assert (float(optimizer.scale_loss(1.0)), weight, int(optimizer.iterations)) == (scale, end, moves)


def test_before_the_first_step_the_scale_is_the_initial_one():
    assert LossScaleOptimizer(SGD(), initial_scale=4.0).scale_loss(2.0) == 8.0


def test_values_instead_of_state_give_the_same():
    variable = Variable([8.0])
    optimizer = LossScaleOptimizer(SGD(1.0), initial_scale=4.0, dynamic_growth_steps=2)
    optimizer.build([variable])
    weights, state = [variable.value], [one.value for one in optimizer.variables]
    for gradient in (GOOD, BAD, GOOD):
        weights, state = optimizer.stateless_apply(state, [convert_to_tensor(np.array(gradient, "float32"))], weights)
    assert weights[0].tolist() == [5.0]
    stepped, _ = run([GOOD, BAD, GOOD], initial_scale=4.0, dynamic_growth_steps=2)
    assert [one.tolist() for one in state] == [one.numpy().tolist() for one in stepped.variables]
    assert variable.numpy().tolist() == [8.0]


def test_the_learning_rate_is_the_inner_one():
    optimizer = LossScaleOptimizer(SGD(0.5))
    optimizer.learning_rate = 0.25
    assert float(optimizer.inner_optimizer.learning_rate) == float(optimizer.learning_rate) == 0.25


def test_there_and_back():
    optimizer = LossScaleOptimizer(SGD(0.5, momentum=0.5, name="in"), initial_scale=4.0, name="out")
    again = optimizers.deserialize(optimizers.serialize(optimizer))
    assert again.get_config() == optimizer.get_config()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"clipnorm": 1.0}, "LossScaleOptimizer(SGD(clipnorm=1.0))"),
        ({"dynamic": False}, "SGD(loss_scale_factor=2.0**15)"),
        ({"speed": 1}, "'speed'"),
    ],
)
def test_other_arguments_belong_to_the_inner_optimizer(arguments, text):
    with pytest.raises(ArgumentError) as told:
        LossScaleOptimizer(SGD(), **arguments)
    assert text in str(told.value)
