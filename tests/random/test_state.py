"""The random state of a process goes into arrays and back: every next draw is what it would have been."""

import random

import numpy as np
import pytest
import torch

import pellucid
from pellucid.random.seed import global_seed_generator
from pellucid.random.state import random_state, set_random_state


def draws():
    ours = pellucid.random.normal((3,)).tolist()
    return random.gauss(0, 1), random.random(), np.random.normal(), torch.rand(3).tolist(), ours


@pytest.mark.parametrize("before", [0, 1], ids=["even", "with a spare normal value"])
def test_draws_go_on_as_they_would_have(before):
    for _ in range(before):
        random.gauss(0, 1), np.random.normal()
    global_seed_generator()
    state = random_state()
    expected = draws()
    draws()
    set_random_state(state)
    assert draws() == expected


def test_nothing_is_drawn_to_tell_the_state():
    first, second = random_state(), random_state()
    assert "pellucid" not in first  # nobody has drawn from it, so there is none
    for name, array in first.items():
        np.testing.assert_array_equal(array, second[name])


def test_a_generator_that_was_not_there_is_made_anew():
    random.seed(5)
    state = random_state()
    expected = draws()
    draws()
    set_random_state(state)
    assert draws() == expected
