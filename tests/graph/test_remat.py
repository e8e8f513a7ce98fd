"""Rematerialization: the same values and gradients, with the inside computed twice. Judge: counting."""

import pytest
import torch

import pellucid
from pellucid.errors import ArgumentError


class Counting(pellucid.layers.Layer):
    """Squares, and counts how often."""

    calls = 0

    def call(self, x):
        self.calls += 1
        return x * x

    def compute_output_shape(self, input_shape):
        return input_shape


def calls_and_gradient(**scope):
    with pellucid.RematScope(**scope):
        layer = Counting(name="counting")
    x = torch.tensor([[3.0, 4.0]], requires_grad=True)
    layer(x).sum().backward()
    assert x.grad.tolist() == [[6.0, 8.0]]
    return layer.calls


@pytest.mark.parametrize(
    ("scope", "calls"),
    [
        ({"mode": "full"}, 2),
        ({"mode": None}, 1),
        ({"mode": "larger_than", "output_size_threshold": 1}, 2),
        ({"mode": "larger_than", "output_size_threshold": 2}, 1),
        ({"mode": "list_of_layers", "layer_names": ["counting"]}, 2),
        ({"mode": "list_of_layers", "layer_names": ["other"]}, 1),
    ],
)
def test_a_layer_made_in_a_scope_is_computed_again_for_the_gradient(scope, calls):
    assert calls_and_gradient(**scope) == calls


def test_activations_alone_are_computed_again():
    counted = []

    def square(x):
        counted.append(1)
        return x * x

    with pellucid.RematScope("activations"):
        layer = pellucid.layers.Dense(1, activation=square)
    layer(torch.ones(1, 2)).sum().backward()
    assert len(counted) == 2


def test_a_function_is_computed_again():
    counted = []

    def square(x):
        counted.append(1)
        return x * x

    x = torch.ones(2, requires_grad=True)
    pellucid.remat(square)(x).sum().backward()
    assert len(counted) == 2
    assert x.grad.tolist() == [2.0, 2.0]


def test_an_unknown_mode_is_refused():
    with pytest.raises(ArgumentError, match="No such mode"):
        pellucid.RematScope("some")


class Block(pellucid.layers.Layer):
    """Draws, moves statistics, and computes in the layer's dtype."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = pellucid.layers.Dense(
            8, kernel_initializer=pellucid.initializers.GlorotUniform(1), dtype=kwargs.get("dtype")
        )
        self.drop = pellucid.layers.Dropout(0.5, seed=3)
        self.norm = pellucid.layers.BatchNormalization(momentum=0.5)

    def call(self, x):
        return self.norm(self.drop(self.dense(x)))


def trained_block(mode, dtype):
    with pellucid.RematScope(mode):
        block = Block(dtype=dtype)
    x = torch.linspace(-1, 1, 24).reshape(6, 4).requires_grad_()
    (block(x, training=True).float() * torch.arange(8)).sum().backward()
    return [x.grad, block.dense.kernel.value.grad, *(v.value for v in block.non_trainable_variables)]


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_the_second_time_draws_the_same_and_moves_nothing(dtype):
    for got, expected in zip(trained_block("full", dtype), trained_block(None, dtype), strict=True):
        torch.testing.assert_close(got, expected, rtol=1e-4, atol=1e-4)
