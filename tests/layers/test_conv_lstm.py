"""ConvLSTM: masks, states and dropout; and what it cannot be. Keras judges; test_laws.py has values and links."""

from __future__ import annotations

import itertools

import keras
import numpy as np
import pytest
import torch

import pellucid
from pellucid.errors import PellucidError

LAST = (2, 3, 5, 4, 2)  # batch, steps, height, width, channels
MASK = torch.tensor([[True, False, True], [False, True, False]])


def images(shape=LAST):
    return torch.tensor(np.random.default_rng(2).normal(size=shape), dtype=torch.float32)


def both(**kwargs):
    """The same layer here and in Keras, with the same weights."""
    ours, theirs = (library.layers.ConvLSTM2D(3, 2, **kwargs) for library in (pellucid, keras))
    x = images()
    ours(x), theirs(x)
    theirs.set_weights(ours.get_weights())
    return ours, theirs, x


@pytest.mark.parametrize("backwards", [False, True])
def test_masks_and_first_states_are_kerass(backwards):
    for sequences, mask, first in itertools.product((False, True), (None, MASK), (None, 0.5)):
        ours, theirs, x = both(return_sequences=sequences, return_state=True, go_backwards=backwards, padding="same")
        told = {"mask": mask, "initial_state": first and [torch.full((2, 5, 4, 3), first)] * 2}
        mine, other = ours(x, **told), theirs(x, **told)
        assert len(mine) == len(other) == 3
        for a, b in zip(mine, other, strict=True):
            np.testing.assert_allclose(a.detach(), b.detach(), rtol=1e-5, atol=1e-6)
        assert [tuple(y.shape) for y in mine] == list(ours.compute_output_shape(LAST))


def test_the_layouts_agree():
    last = pellucid.layers.ConvLSTM2D(3, 2, return_sequences=True)
    first = pellucid.layers.ConvLSTM2D(3, 2, return_sequences=True, data_format="channels_first")
    x = images()
    last(x), first(x.movedim(-1, 2))
    first.set_weights(last.get_weights())
    torch.testing.assert_close(first(x.movedim(-1, 2)).movedim(2, -1), last(x))


def test_states_go_on_until_they_are_reset():
    layer = pellucid.layers.ConvLSTM1D(2, 3, stateful=True)
    x = images((2, 3, 5, 2))
    first, second = layer(x), layer(x)
    assert not torch.equal(first, second)
    layer.reset_state()
    assert torch.equal(layer(x), first)


def test_dropout_acts_in_training_and_lets_the_numbers_of_weights_be():
    layer = pellucid.layers.ConvLSTM2D(3, 2, dropout=0.5, recurrent_dropout=0.5, seed=1)
    x = images()
    assert torch.equal(layer(x), layer(x, training=False))
    assert not torch.equal(layer(x, training=True), layer(x))
    assert len(layer.weights) == 3


def test_it_begins_by_remembering_and_shows_its_cells_arguments():
    layer = pellucid.layers.ConvLSTM2D(1, 2, strides=(1, 2), padding="SAME")
    layer(images())
    assert layer.get_weights()[2].tolist() == [0, 1, 0, 0]
    assert (layer.filters, layer.strides, layer.padding, layer.kernel_size) == (1, (1, 2), "same", (2, 2))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda: pellucid.layers.ConvLSTM2D(0, 2), "`filters` of ConvLSTMCell is too small"),
        (lambda: pellucid.layers.ConvLSTM1D(2, 2, strides=2, dilation_rate=2), "Strides and dilation cannot both"),
        (
            lambda: pellucid.layers.ConvLSTM2D(2, 2)(pellucid.Input((3, None, 4, 2))),
            "needs to know all sizes of a step",
        ),
        (lambda: pellucid.layers.ConvLSTM2D(2, 9)(images()), "The window of 9 is larger than the height of 5"),
        (lambda: pellucid.layers.ConvLSTM2D(2, 2)(images()[0]), "cannot take this input"),
    ],
)
def test_what_cannot_be_is_refused_in_words(wrong, told):
    with pytest.raises(PellucidError) as caught:
        wrong()
    assert isinstance(caught.value, ValueError)
    assert told in str(caught.value)
