"""Draws: Keras's values for the same seed, and the distributions that they name."""

import keras
import pytest
import torch
from scipy import stats

from pellucid import random
from pellucid.errors import ArgumentError, DtypeError, ShapeError
from pellucid.graph.scopes import device
from pellucid.graph.symbol import KerasTensor

ONES = torch.ones(4, 5)
LOGITS = torch.linspace(-1, 1, 15).reshape(3, 5)
EXACT = {
    "uniform": ((3, 4), -1.0, 4.0),
    "randint": ((3, 4), 2, 30),
    "gamma": ((3, 4), 1.5),
    "beta": ((3, 4), 2.0, 3.0),
    "binomial": ((3, 4), 10.0, 0.3),
    "categorical": (LOGITS, 7),
    "dropout": (ONES, 0.4),
    "shuffle": (torch.arange(24).reshape(2, 3, 4), 1),
}


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("seed", [0, 2**32 - 1, "generator"])
def test_a_seed_gives_keras_s_values(name, seed):
    ours = getattr(random, name)(*EXACT[name], seed=random.SeedGenerator(7) if seed == "generator" else seed)
    theirs = getattr(keras.random, name)(
        *EXACT[name], seed=keras.random.SeedGenerator(7) if seed == "generator" else seed
    )
    assert ours.dtype == theirs.dtype and torch.equal(ours, theirs)


def test_normal_values_are_keras_s_up_to_rounding():
    torch.testing.assert_close(random.normal((50,), 2.0, 3.0, seed=1), keras.random.normal((50,), 2.0, 3.0, seed=1))


N = (20000,)


@pytest.mark.parametrize(
    ("values", "distribution"),
    [
        (lambda: random.normal(N, 2, 3, seed=1), stats.norm(2, 3)),
        (lambda: random.truncated_normal(N, 2, 3, seed=1), stats.truncnorm(-2, 2, 2, 3)),
        (lambda: random.uniform(N, -1, 4, seed=1), stats.uniform(-1, 5)),
        (lambda: random.gamma(N, 1.5, seed=1), stats.gamma(1.5)),
        (lambda: random.beta(N, 2, 3, seed=1), stats.beta(2, 3)),
    ],
    ids=["normal", "truncated_normal", "uniform", "gamma", "beta"],
)
def test_many_values_follow_the_distribution(values, distribution):
    assert stats.kstest(values().numpy(), distribution.cdf).pvalue > 0.01


def test_truncated_normals_keep_within_two_deviations():
    values = random.truncated_normal((200000,), 1, 3, seed=2)
    assert values.min() >= -5 and values.max() <= 7 and values.max() > 6.9


def test_whole_numbers_reach_the_least_but_not_the_limit():
    assert set(random.randint((500,), 3, 6, seed=1).tolist()) == {3, 4, 5}


@pytest.mark.parametrize("name", ["normal", "uniform", "truncated_normal", "gamma", "beta", "binomial"])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64", None])
def test_values_have_the_dtype_asked_for(name, dtype):
    parameters = {"gamma": (2.0,), "beta": (2.0, 3.0), "binomial": (5, 0.5)}.get(name, ())
    values = getattr(random, name)((2, 3), *parameters, dtype=dtype, seed=0)
    assert str(values.dtype) == f"torch.{dtype or 'float32'}" and values.shape == (2, 3)


@pytest.mark.parametrize("name", ["normal", "uniform", "truncated_normal"])
def test_a_shape_may_be_empty_or_a_list(name):
    assert getattr(random, name)((), seed=0).shape == ()
    assert getattr(random, name)([2, 0], seed=0).shape == (2, 0)


def test_parameters_are_broadcast():
    assert random.gamma((2, 3), torch.tensor([1.0, 2.0, 3.0]), seed=0).shape == (2, 3)
    assert random.binomial((2, 3), [[5], [9]], 1.0, seed=0).tolist() == [[5] * 3, [9] * 3]


def test_dropout_keeps_the_mean():
    values = random.dropout(torch.ones(100, 100), 0.25, seed=3)
    assert set(values.unique().tolist()) == {0, torch.tensor(1 / 0.75).item()}
    assert abs(values.mean() - 1) < 0.02
    unseeded = random.dropout(torch.ones(100, 100), 0.25)
    assert abs(unseeded.mean() - 1) < 0.02 and not torch.equal(unseeded, random.dropout(torch.ones(100, 100), 0.25))


def test_dropout_of_nothing_and_of_all():
    assert torch.equal(random.dropout(ONES, 0), ONES)
    assert torch.equal(random.dropout(ONES, 1), torch.zeros(4, 5))
    with pytest.raises(ArgumentError, match="share"):
        random.dropout(ONES, 1.5)


def test_a_noise_shape_is_broadcast():
    values = random.dropout(torch.ones(6, 5, 7), 0.5, noise_shape=(None, 1, None), seed=0)
    assert torch.equal(values, values[:, :1].expand(6, 5, 7)) and values.unique().numel() == 2


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_shuffling_moves_along_one_axis_only(axis):
    x = torch.arange(60).reshape(3, 4, 5)
    shuffled = random.shuffle(x, axis, seed=1)
    assert not torch.equal(shuffled, x) and torch.equal(shuffled.sort(axis).values, x.sort(axis).values)


def test_categories_are_drawn_as_often_as_they_are_likely():
    drawn = random.categorical(torch.log(torch.tensor([[0.1, 0.6, 0.3]])), 5000, seed=1)
    shares = torch.bincount(drawn[0]) / 5000
    assert drawn.dtype == torch.int32 and torch.allclose(shares, torch.tensor([0.1, 0.6, 0.3]), atol=0.03)
    with pytest.raises(ShapeError, match="two axes"):
        random.categorical(torch.ones(3), 5)


@pytest.mark.parametrize(
    "call", [lambda: random.uniform((2,), dtype="int32"), lambda: random.randint((2,), 0, 5, dtype="float32")]
)
def test_a_dtype_of_another_kind_is_refused(call):
    with pytest.raises(DtypeError):
        call()


def test_pytorch_s_own_random_state_is_left_alone():
    state = torch.random.get_rng_state()
    for name, arguments in EXACT.items():
        getattr(random, name)(*arguments, seed=1)
    random.normal((3,))
    assert torch.equal(state, torch.random.get_rng_state())


def test_shapes_are_drawn_without_values():
    seeds = random.SeedGenerator(3)
    with device("meta"):
        for name in ("uniform", "normal", "truncated_normal"):
            assert getattr(random, name)((2, 3), seed=seeds).is_meta
        for name in ("gamma", "beta", "binomial", "randint"):
            assert getattr(random, name)(*EXACT[name], seed=seeds).is_meta
    assert seeds.state.value.tolist() == [3, 0]


def test_symbols_are_drawn_from_and_shuffled():
    x = KerasTensor((None, 5))
    assert random.dropout(x, 0.5, seed=1).shape == random.shuffle(x).shape == (None, 5)
    assert (random.categorical(x, 3).shape, random.categorical(x, 3).dtype) == ((None, 3), "int32")
