"""Bidirectional: merging, states, masks, and layers that do not fit together. Keras judges."""

from __future__ import annotations

import itertools

import keras
import numpy as np
import pytest
import torch

import pellucid
from pellucid.errors import ArgumentError

MASK = torch.tensor([[1, 1, 0, 1], [0, 1, 1, 0]], dtype=torch.bool)


def steps():
    return torch.tensor(np.random.default_rng(1).normal(size=(2, 4, 3)), dtype=torch.float32)


def pair(inner, merge_mode, **kwargs):
    """The same Bidirectional here and in Keras, with the same weights."""
    made = [
        library.layers.Bidirectional(getattr(library.layers, inner)(2, **kwargs), merge_mode=merge_mode)
        for library in (pellucid, keras)
    ]
    for layer in made:
        layer.build((2, 4, 3))
    made[1].set_weights(made[0].get_weights())
    return made


@pytest.mark.parametrize("inner", ["LSTM", "GRU", "SimpleRNN"])
@pytest.mark.parametrize("merge_mode", ["concat", "sum", "ave", "mul", None])
def test_outputs_and_states_are_kerass(inner, merge_mode):
    for sequences, state, mask in itertools.product((False, True), (False, True), (None, MASK)):
        ours, theirs = pair(inner, merge_mode, return_sequences=sequences, return_state=state)
        mine, other = ours(steps(), mask=mask), theirs(steps(), mask=mask)
        mine, other = (y if isinstance(y, (tuple, list)) else [y] for y in (mine, other))
        assert len(mine) == len(other)
        for a, b in zip(mine, other, strict=True):
            np.testing.assert_allclose(a.detach(), b.detach(), rtol=1e-5, atol=1e-6)
        declared = ours.compute_output_shape((2, 4, 3))
        assert [tuple(a.shape) for a in mine] == list(declared if isinstance(declared[0], tuple) else [declared])


def test_the_first_states_are_those_of_the_forward_layer():
    ours, theirs = pair("LSTM", "concat")
    first = [torch.full((2, 2), 0.1 * k) for k in range(4)]
    np.testing.assert_allclose(
        ours(steps(), initial_state=first).detach(), theirs(steps(), initial_state=first).detach(), atol=1e-6
    )


def test_names_tell_the_direction_and_a_mask_goes_on_with_sequences():
    layer = pellucid.layers.Bidirectional(pellucid.layers.GRU(2, name="gru", return_sequences=True))
    assert (layer.forward_layer.name, layer.backward_layer.name) == ("forward_gru", "backward_gru")
    x = pellucid.layers.Masking()(torch.tensor([[[1.0], [0.0]]]))
    assert layer(x)._keras_mask.tolist() == [[True, False]]


def test_states_are_kept_and_reset_in_both_directions():
    layer = pellucid.layers.Bidirectional(pellucid.layers.LSTM(2, stateful=True))
    first = layer(steps())
    assert len(layer.states) == 4
    assert not torch.equal(layer(steps()), first)
    layer.reset_state()
    assert torch.equal(layer(steps()), first)


def test_weights_may_be_given():
    made = pellucid.layers.Bidirectional(pellucid.layers.GRU(2))
    made(steps())
    again = pellucid.layers.Bidirectional(pellucid.layers.GRU(2), weights=made.get_weights())
    assert torch.equal(again(steps()), made(steps()))


LSTM = pellucid.layers.LSTM


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda: pellucid.layers.Bidirectional("LSTM"), "goes around layers"),
        (lambda: pellucid.layers.Bidirectional(LSTM(2), merge_mode="max"), "Unknown `merge_mode`"),
        (lambda: pellucid.layers.Bidirectional(LSTM(2), backward_layer=LSTM(2)), "walk in the same direction"),
        (
            lambda: pellucid.layers.Bidirectional(
                LSTM(2), backward_layer=LSTM(2, go_backwards=True, return_sequences=True)
            ),
            "differ in `return_sequences`",
        ),
    ],
)
def test_layers_that_do_not_fit_are_refused(wrong, told):
    with pytest.raises(ArgumentError) as caught:
        wrong()
    assert told in str(caught.value)


def test_only_stateful_ones_can_be_reset():
    with pytest.raises(AttributeError, match="keeps no states"):
        pellucid.layers.Bidirectional(LSTM(2)).reset_state()
