"""Shapes of outputs are found without values; an unknown size stays unknown where it matters."""

import pytest
import torch

from pellucid import random
from pellucid.graph.inference import compute_output_spec
from pellucid.graph.symbol import KerasTensor
from pellucid.graph.variable import Variable


def told(spec):
    return (spec.shape, spec.dtype)


@pytest.mark.parametrize(
    ("function", "shape", "expected"),
    [
        (lambda x: x * 2, (None, 3), ((None, 3), "float32")),
        (lambda x: x.sum(1), (None, 3), ((None,), "float32")),
        (lambda x: x.reshape(-1), (None, 3), ((None,), "float32")),
        (lambda x: x.reshape(x.shape[0], -1), (None, 3, 4), ((None, 12), "float32")),
        (lambda x: x.reshape(x.shape[0], -1), (None, None, 4), ((None, None), "float32")),
        (lambda x: x[:, ::2], (None, 5), ((None, 3), "float32")),
        (lambda x: x.argmax(-1), (None, 7), ((None,), "int64")),
        (lambda x: x.new_zeros(4), (None, 7), ((4,), "float32")),
        (lambda x: torch.ones(2, 2), (None, 7), ((2, 2), "float32")),
        (lambda x: x + torch.ones(3), (2, 3), ((2, 3), "float32")),
        (lambda x: x * 2 if x.sum() > 0 else x, (None, 3), ((None, 3), "float32")),
        (lambda x: x + random.normal(x.shape), (None, 3), ((None, 3), "float32")),
    ],
    ids=[
        "scaled", "summed", "flat", "flattened", "flattened, two unknown", "every second", "largest", "fixed", "constant",
        "with a real tensor", "depending on values", "with chance",
    ],
)  # fmt: skip
def test_the_output_has_a_shape(function, shape, expected):
    assert told(compute_output_spec(function, KerasTensor(shape))) == expected


def test_structures_and_plain_values_come_through():
    x = KerasTensor((None, 2))
    spec = compute_output_spec(
        lambda pair, scale: {"a": pair[0] * scale, "b": [pair[1], "word", None, 3]}, (x, x), scale=2
    )
    assert told(spec["a"]) == ((None, 2), "float32") and spec["b"][1:] == ["word", None, 3]


def test_nothing_happens_to_weights_and_random_states():
    weight = Variable([1.0, 2.0], trainable=False)
    seeds = random.SeedGenerator(7)
    state = torch.random.get_rng_state()

    def function(x):
        weight.assign_add(x[0])
        return x + random.uniform(x.shape, seed=seeds)

    assert compute_output_spec(function, KerasTensor((None, 2))).shape == (None, 2)
    assert weight.value.tolist() == [1, 2] and seeds.state.value.tolist() == [7, 0]
    assert torch.equal(state, torch.random.get_rng_state())


def test_an_error_of_the_function_comes_out():
    with pytest.raises(RuntimeError):
        compute_output_spec(lambda x: x.reshape(5, 5), KerasTensor((2, 3)))
