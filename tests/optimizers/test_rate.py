"""The learning rate: a number, a schedule, a callable."""

import numpy as np
import pytest

from pellucid import optimizers
from pellucid.errors import ArgumentTypeError
from pellucid.graph.values import convert_to_tensor
from pellucid.graph.variable import Variable
from pellucid.optimizers import schedules


def moved(sgd, steps=1):
    variable = Variable([0.0])
    for _ in range(steps):
        sgd.apply([convert_to_tensor([-1.0])], [variable])
    return float(variable.numpy()[0])


def test_a_number_can_be_set():
    sgd = optimizers.SGD(0.5)
    sgd.learning_rate = 0.25
    assert moved(sgd) == 0.25
    assert sgd.get_config()["learning_rate"] == 0.25


def test_the_config_holds_the_float32_value():
    assert optimizers.Adam().get_config()["learning_rate"] == 0.0010000000474974513


def test_a_callable_is_asked_at_each_step():
    rates = iter([1.0, 2.0, 4.0])
    assert moved(optimizers.SGD(lambda: next(rates)), steps=3) == 7.0


def test_a_schedule_counts_steps_from_0():
    assert moved(optimizers.SGD(schedules.PiecewiseConstantDecay([0, 1], [1.0, 2.0, 4.0])), steps=4) == 11.0


def test_a_schedule_cannot_be_set_to_a_number():
    sgd = optimizers.SGD(schedules.ExponentialDecay(0.1, 10, 0.9))
    with pytest.raises(ArgumentTypeError) as told:
        sgd.learning_rate = 0.5
    assert "fix       SGD(learning_rate=0.5)" in str(told.value)


def test_a_number_gives_way_to_a_schedule():
    adam = optimizers.Adam(0.5)
    adam.learning_rate = schedules.PolynomialDecay(adam.learning_rate, 4)
    assert [one.name for one in adam.variables] == ["iteration"]
    np.testing.assert_allclose(float(adam.learning_rate), 0.5)


def test_a_users_schedule_gets_the_step():
    class Slower(schedules.LearningRateSchedule):
        def __call__(self, step):
            return 1.0 / (step + 1.0)

    assert moved(optimizers.SGD(Slower()), steps=2) == 1.5


def test_a_schedule_comes_back_from_a_config():
    sgd = optimizers.SGD(schedules.CosineDecay(0.1, 10, warmup_target=0.2, warmup_steps=3))
    again = optimizers.SGD.from_config(sgd.get_config())
    assert again._learning_rate.get_config() == sgd._learning_rate.get_config()
    assert isinstance(again._learning_rate, schedules.CosineDecay)
