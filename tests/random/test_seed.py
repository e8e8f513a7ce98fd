"""Seeds: two whole numbers on the CPU, which differ from draw to draw."""

import random as python_random

import keras
import numpy as np
import pytest
import torch

from pellucid import initializers, random, settings
from pellucid.errors import ArgumentError
from pellucid.graph.scopes import StatelessScope, device
from pellucid.random.seed import (
    draw_seed,
    get_random_seed,
    global_seed_generator,
    make_default_seed,
    seeds_apart,
    set_random_seed,
)


def test_a_generator_counts_its_draws():
    seeds = random.SeedGenerator(42)
    assert [seeds.next().tolist() for _ in range(3)] == [[42, 0], [42, 1], [42, 2]]
    assert (seeds.state.dtype, seeds.state.trainable) == ("int64", False)


def test_out_of_order_it_jumps_as_keras_does():
    ours, theirs = random.SeedGenerator(42), keras.random.SeedGenerator(42)
    for _ in range(3):
        assert ours.next(ordered=False).tolist() == theirs.next(ordered=False).tolist()


def test_its_state_has_a_path_and_comes_back_at_its_start():
    seeds = random.SeedGenerator(42, name="drops")
    seeds.next()
    assert seeds.state.path == "drops/seed_generator_state"
    assert (
        seeds.get_config() == {"seed": 42, "name": "drops"} == keras.random.SeedGenerator(42, name="drops").get_config()
    )
    assert random.SeedGenerator.from_config(seeds.get_config()).next().tolist() == [42, 0]


def test_its_state_lies_on_the_cpu_wherever_it_is_made():
    with device("meta"):
        seeds = random.SeedGenerator(3)
        assert seeds.next().tolist() == [3, 0]
    assert seeds.state.value.device.type == "cpu" and seeds.state.value.tolist() == [3, 1]


def test_without_state_draws_advance_the_scope_only():
    seeds = random.SeedGenerator(7)
    with StatelessScope() as scope:
        first, second = (random.uniform((2,), seed=seeds) for _ in range(2))
        assert scope.get_current_value(seeds.state).tolist() == [7, 2]
    assert seeds.state.value.tolist() == [7, 0] and not torch.equal(first, second)
    assert torch.equal(random.uniform((2,), seed=seeds), first)


def test_a_generator_made_without_state_is_real_at_once():
    with StatelessScope():
        assert random.SeedGenerator(5).next().tolist() == [5, 0]


@pytest.mark.parametrize("seed", [0, 2**31, 2**32 - 1, -1, 2**70])
def test_any_whole_number_is_a_seed(seed):
    assert torch.equal(random.normal((3,), seed=seed), random.normal((3,), seed=seed))


@pytest.mark.parametrize("seed", ["1", 1.5, [1]])
def test_nothing_else_is_a_seed(seed):
    with pytest.raises(ArgumentError):
        draw_seed(seed)
    with pytest.raises(ArgumentError, match="whole number"):
        random.SeedGenerator(seed)
    with pytest.raises(ArgumentError, match="whole number"):
        set_random_seed(seed)


def test_unknown_arguments_are_refused():
    with pytest.raises(ArgumentError, match="does not take"):
        random.SeedGenerator(seed=1, sead=2)


def test_one_seed_starts_all_random_numbers():
    def numbers():
        set_random_seed(1337)
        return [
            python_random.random(),
            np.random.rand(),
            torch.rand(()).item(),
            random.normal(()).item(),
            random.normal(()).item(),
        ]

    first = numbers()
    assert first == numbers() and first[3] != first[4] and get_random_seed() == 1337
    ours = random.uniform((3,))
    keras.utils.set_random_seed(1337)
    python_random.random()
    [keras.random.normal(()) for _ in range(2)]
    assert ours.tolist() == keras.random.uniform((3,)).tolist()


def test_after_one_seed_first_values_are_keras_s():
    set_random_seed(7)
    ours = [initializers.GlorotUniform()((3, 2)), initializers.RandomUniform()((2,))]
    keras.utils.set_random_seed(7)
    theirs = [keras.initializers.GlorotUniform()((3, 2)), keras.initializers.RandomUniform()((2,))]
    assert [one.tolist() for one in ours] == [one.tolist() for one in theirs]


def test_a_session_has_one_generator_for_all_draws_without_a_seed():
    generator = global_seed_generator()
    assert global_seed_generator() is generator
    settings.clear_session()
    assert global_seed_generator() is not generator


def test_seeds_taken_apart_follow_from_pythons_random_and_leave_it():
    def taken():
        with seeds_apart():
            return [make_default_seed() for _ in range(3)]

    set_random_seed(1)
    state = python_random.getstate()
    first, second = taken(), taken()
    assert python_random.getstate() == state and len({*first, *second}) == 6
    set_random_seed(1)
    assert [taken(), taken()] == [first, second]
    set_random_seed(2)
    assert taken() != first
    drawn = python_random.getstate()
    make_default_seed()
    assert python_random.getstate() != drawn
