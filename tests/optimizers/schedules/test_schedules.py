"""Schedules give Keras's rates at every step, one by one and all at once."""

import keras
import numpy as np
import pytest

from pellucid.errors import ArgumentError, UnsupportedError
from pellucid.graph.variable import Variable
from pellucid.optimizers import schedules

CASES = [
    ("ExponentialDecay", (0.1, 7, 0.9), {}),
    ("ExponentialDecay", (0.1, 7, 0.9), {"staircase": True, "name": "stairs"}),
    ("InverseTimeDecay", (0.1, 7, 0.5), {}),
    ("InverseTimeDecay", (0.1, 7.0, 0.5), {"staircase": True}),
    ("PolynomialDecay", (0.1, 10), {}),
    ("PolynomialDecay", (0.1, 10, 0.01, 0.5), {}),
    ("PolynomialDecay", (0.1, 10, 0.01, 2.0), {"cycle": True}),
    ("PiecewiseConstantDecay", ([3, 8, 15], [1.0, 0.5, 0.25, 0.125]), {}),
    ("PiecewiseConstantDecay", ([5], [2, 1]), {"name": "whole"}),
    ("CosineDecay", (0.1, 20), {}),
    ("CosineDecay", (0.1, 20, 0.2), {}),
    ("CosineDecay", (0.0, 20, 0.2), {"warmup_target": 0.3, "warmup_steps": 5}),
    ("CosineDecayRestarts", (0.1, 4), {}),
    ("CosineDecayRestarts", (0.1, 4), {"t_mul": 1.0, "m_mul": 0.5, "alpha": 0.1}),
    ("CosineDecayRestarts", (0.1, 4), {"t_mul": 1.5, "m_mul": 0.9}),
]


@pytest.mark.parametrize(("name", "places", "words"), CASES, ids=str)
def test_rates_are_keras_rates(name, places, words):
    ours, theirs = (
        getattr(schedules, name)(*places, **words),
        getattr(keras.optimizers.schedules, name)(*places, **words),
    )
    steps = range(40)
    expected = [float(theirs(step)) for step in steps]
    np.testing.assert_allclose([float(ours(step)) for step in steps], expected, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(
        [float(ours(Variable(step, trainable=False))) for step in steps], expected, rtol=1e-6, atol=1e-9
    )
    np.testing.assert_allclose(ours(np.arange(40)).cpu(), expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(("name", "places", "words"), CASES, ids=str)
def test_configs_are_keras_configs_and_come_back(name, places, words):
    ours = getattr(schedules, name)(*places, **words)
    assert ours.get_config() == getattr(keras.optimizers.schedules, name)(*places, **words).get_config()
    again = schedules.deserialize(schedules.serialize(ours))
    assert (type(again), again.get_config()) == (type(ours), ours.get_config())


def test_a_whole_number_to_start_from_is_a_rate_too():
    # Keras computes this schedule in whole numbers, where the rate stays 0.
    rate = schedules.CosineDecay(0, 10, warmup_target=0.5, warmup_steps=4)
    assert [float(rate(step)) for step in (0, 2, 4)] == [0.0, 0.25, 0.5]


@pytest.mark.parametrize(
    ("act", "text"),
    [
        (lambda: schedules.ExponentialDecay(0.1, 0, 0.9), "`decay_steps` counts steps, above 0."),
        (lambda: schedules.CosineDecayRestarts(0.1, -1), "`first_decay_steps` counts steps, above 0."),
        (lambda: schedules.PiecewiseConstantDecay([1, 2], [1.0]), "expected  3 values"),
    ],
)
def test_wrong_arguments_are_told(act, text):
    with pytest.raises(ArgumentError) as told:
        act()
    assert text in str(told.value)


def test_the_parent_alone_gives_no_rate():
    with pytest.raises(UnsupportedError, match="gives no rate"):
        schedules.LearningRateSchedule()(0)
    with pytest.raises(UnsupportedError, match="cannot be saved"):
        schedules.LearningRateSchedule().get_config()
