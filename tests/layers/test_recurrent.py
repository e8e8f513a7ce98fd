"""Recurrent layers: masks, states, one kernel for all steps against single steps. Keras and sums by hand judge."""

from __future__ import annotations

import itertools

import keras
import numpy as np
import pytest
import torch

import pellucid
from pellucid.errors import ArgumentError, PellucidError, ShapeError

LAYERS = [
    ("SimpleRNN", {}),
    ("SimpleRNN", {"activation": "relu"}),
    ("LSTM", {}),
    ("LSTM", {"use_bias": False}),
    ("GRU", {}),
    ("GRU", {"reset_after": False}),
    ("GRU", {"use_bias": False}),
]
MASKS = {
    "none": None,
    "right": [[1, 1, 1, 0, 0], [1, 1, 1, 1, 1], [1, 0, 0, 0, 0]],
    "anywhere": [[0, 1, 0, 1, 1], [1, 0, 1, 0, 0], [0, 0, 0, 0, 0]],
}
layers_and_masks = pytest.mark.parametrize(
    ("name", "kwargs", "mask"),
    [(*layer, mask) for layer, mask in itertools.product(LAYERS, MASKS)],
    ids=str,
)


def steps(batch=3, length=5, features=4):
    x = np.random.default_rng(0).normal(size=(batch, length, features))
    return torch.tensor(x, dtype=torch.float32, requires_grad=True)


def mask_of(word):
    return None if MASKS[word] is None else torch.tensor(MASKS[word], dtype=torch.bool)


def outputs_and_gradients(layer, x, **kwargs):
    """All outputs and states, and the gradients by input and weights of a weighted sum of them."""
    found = layer(x, **kwargs)
    found = found if isinstance(found, tuple) else (found,)
    total = sum((y * torch.linspace(-1, 2, y.numel()).reshape(y.shape)).sum() for y in found)
    weights = [w.value for w in layer.trainable_weights]
    return [*found, *torch.autograd.grad(total, [x, *weights], materialize_grads=True)]


def assert_same(ours, theirs, atol=2e-6):
    assert len(ours) == len(theirs)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine.detach().numpy(), other.detach().numpy(), rtol=1e-5, atol=atol)


@layers_and_masks
@pytest.mark.parametrize("go_backwards", [False, True])
@pytest.mark.parametrize("zero_output_for_mask", [False, True])
def test_one_kernel_gives_what_single_steps_give(name, kwargs, mask, go_backwards, zero_output_for_mask):
    told = {"go_backwards": go_backwards, "zero_output_for_mask": zero_output_for_mask, "return_state": True}
    make = getattr(pellucid.layers, name)
    at_once = make(3, return_sequences=True, **told, **kwargs)
    one_by_one = make(3, return_sequences=True, unroll=True, **told, **kwargs)
    x = steps()
    at_once.build(x.shape), one_by_one.build(x.shape)
    one_by_one.set_weights(at_once.get_weights())
    assert_same(
        outputs_and_gradients(at_once, x, mask=mask_of(mask)), outputs_and_gradients(one_by_one, x, mask=mask_of(mask))
    )


@layers_and_masks
@pytest.mark.parametrize("return_sequences", [False, True])
@pytest.mark.parametrize("go_backwards", [False, True])
def test_a_mask_does_what_it_does_in_keras(name, kwargs, mask, return_sequences, go_backwards):
    told = {"return_sequences": return_sequences, "go_backwards": go_backwards, "return_state": True, **kwargs}
    ours, theirs = getattr(pellucid.layers, name)(3, **told), getattr(keras.layers, name)(3, **told)
    x = steps()
    ours.build(x.shape), theirs.build(x.shape)
    theirs.set_weights(ours.get_weights())
    first = [torch.full((3, 3), 0.3 * (k + 1)) for k in range(len(ours.state_size))]
    mine = ours(x, mask=mask_of(mask), initial_state=first)
    assert_same(mine, theirs(x, mask=mask_of(mask), initial_state=first))


def test_a_hidden_step_changes_nothing():
    lstm = pellucid.layers.LSTM(2, return_state=True)
    x = steps(1)
    shown = torch.tensor([[True, False, True, True, False]])
    assert_same(lstm(x, mask=shown), lstm(x[:, [0, 2, 3]]))


def test_a_mask_goes_on_with_the_sequence_and_ends_with_it():
    x = pellucid.layers.Masking()(torch.tensor([[[1.0], [0.0], [2.0]]]))
    sequence, state = pellucid.layers.GRU(2, return_sequences=True, return_state=True)(x)
    assert sequence._keras_mask.tolist() == [[True, False, True]]
    assert getattr(state, "_keras_mask", None) is None
    assert getattr(pellucid.layers.GRU(2)(x), "_keras_mask", None) is None


class Adder(pellucid.layers.Layer):
    """A cell that adds up its inputs."""

    state_size = 1

    def call(self, x, states):
        total = states[0] + x
        return total, [total]


def test_any_cell_is_walked():
    x = torch.tensor([[[1.0], [2.0], [3.0]]])
    there = pellucid.layers.RNN(Adder(), return_sequences=True)
    back = pellucid.layers.RNN(Adder(), return_sequences=True, go_backwards=True)
    assert there(x).flatten().tolist() == [1, 3, 6]
    assert back(x).flatten().tolist() == [3, 5, 6]
    assert there(x, initial_state=torch.tensor([[10.0]])).flatten().tolist() == [11, 13, 16]
    assert there.links() is None  # who knows what a cell of the user's own mixes


def test_states_stay_from_batch_to_batch_until_they_are_reset():
    rnn = pellucid.layers.RNN(Adder(), stateful=True)
    x = torch.tensor([[[1.0], [2.0]], [[3.0], [4.0]]])
    assert [rnn(x).flatten().tolist() for _ in range(2)] == [[3, 7], [6, 14]]
    assert rnn.states[0].numpy().flatten().tolist() == [6, 14]
    assert rnn.weights == []
    rnn.reset_state()
    assert rnn(x).flatten().tolist() == [3, 7]


@pytest.mark.parametrize("name", ["SimpleRNN", "LSTM", "GRU"])
def test_stateful_layers_go_on_as_keras_does_and_can_be_trained(name):
    ours, theirs = (getattr(library.layers, name)(3, stateful=True) for library in (pellucid, keras))
    x = steps()
    ours.build(x.shape), theirs.build(x.shape)
    theirs.set_weights(ours.get_weights())
    for _ in range(2):
        mine = outputs_and_gradients(ours, x)
        assert_same(mine[:1], [theirs(x)])
    whole = getattr(pellucid.layers, name)(3)
    whole.build(x.shape)
    whole.set_weights(ours.get_weights())
    assert_same(mine[:1], [whole(torch.cat([x, x], dim=1))])


def test_stacked_cells_are_layers_one_behind_the_other():
    cells = [pellucid.layers.LSTMCell(3), Adder3(), pellucid.layers.GRUCell(2)]
    stacked = pellucid.layers.RNN(cells, return_sequences=True, return_state=True)
    x, mask = steps(), mask_of("anywhere")
    y, *states = stacked(x, mask=mask)
    first = pellucid.layers.RNN(cells[0], return_sequences=True, return_state=True)(x, mask=mask)
    second = pellucid.layers.RNN(cells[1], return_sequences=True, return_state=True)(first[0], mask=mask)
    third = pellucid.layers.RNN(cells[2], return_sequences=True, return_state=True)(second[0], mask=mask)
    assert_same([y], third[:1])
    assert [len(s) if isinstance(s, list) else 1 for s in states] == [2, 1, 1]
    declared = stacked.compute_output_shape((None, 5, 4))
    assert declared[0] == (None, 5, 2)
    assert declared[1:] == ([(None, 3), (None, 3)], (None, 3), (None, 2))


class Adder3(Adder):
    """Adds up vectors of three."""

    state_size = 3


@pytest.mark.parametrize("name", ["SimpleRNN", "LSTM", "GRU"])
@pytest.mark.parametrize("rates", [{"dropout": 0.5}, {"recurrent_dropout": 0.5}])
def test_dropout_hides_the_same_values_at_each_step(name, rates):
    """With the same input at each step and a pattern of its own at each, some outputs of a linear sum would differ."""
    layer = getattr(pellucid.layers, name)(4, return_sequences=True, seed=3, **rates)
    x = steps(2, 4, 6)
    assert torch.equal(layer(x), layer(x, training=False))
    assert not torch.equal(layer(x, training=True), layer(x))
    cell = layer.cell
    with pellucid.layers.cells.same_drops(cell):
        pattern = cell.drops(*(("dropout", x[:, 0]) if "dropout" in rates else ("recurrent_dropout", x[:, 0])), True)
        again = cell.drops(*(("dropout", x[:, 1]) if "dropout" in rates else ("recurrent_dropout", x[:, 1])), True)
    assert all(torch.equal(a, b) for a, b in zip(pattern, again, strict=True))
    assert set(pattern[0].unique().tolist()) <= {0.0, 2.0}


def test_a_layer_shows_the_arguments_of_its_cell():
    lstm = pellucid.layers.LSTM(3, activation="relu", kernel_regularizer="l2")
    assert (lstm.units, lstm.activation, lstm.use_bias) == (3, pellucid.activations.relu, True)
    assert not hasattr(lstm, "reset_after")
    lstm(steps())
    assert len(lstm.losses) == 1


def test_an_lstm_begins_by_remembering():
    lstm = pellucid.layers.LSTM(2)
    lstm.build((None, None, 3))
    assert lstm.get_weights()[2].tolist() == [0, 0, 1, 1, 0, 0, 0, 0]


def test_old_arguments_at_their_defaults_are_taken():
    config = {**pellucid.layers.LSTM(2).get_config(), "time_major": False, "implementation": 1}
    assert pellucid.layers.LSTM.from_config(config).units == 2


@pytest.mark.parametrize("name", ["SimpleRNN", "LSTM", "GRU"])
def test_half_precision_is_computed_in_half_and_kept_whole(name):
    layer = getattr(pellucid.layers, name)(3, dtype="mixed_bfloat16")
    assert layer(steps()).dtype is torch.bfloat16
    assert {w.dtype for w in layer.weights} == {"float32"}


def stateful(batch):
    layer = pellucid.layers.LSTM(2, stateful=True)
    layer(steps(3))
    return layer(steps(batch))


@pytest.mark.parametrize(
    ("wrong", "kind", "told"),
    [
        (lambda: pellucid.layers.LSTM(0), ArgumentError, "`units` of LSTMCell is too small"),
        (lambda: pellucid.layers.RNN(3), ArgumentError, "A cell has `call` and `state_size`"),
        (lambda: pellucid.layers.StackedRNNCells([object()]), ArgumentError, "this has no `call`"),
        (lambda: pellucid.layers.GRU(2, use_cudnn="yes"), ArgumentError, "`use_cudnn` is unknown"),
        (
            lambda: pellucid.layers.GRU(2, reset_after=False, use_cudnn=True)(steps()),
            ArgumentError,
            "No kernel of PyTorch does what",
        ),
        (lambda: stateful(2), ShapeError, "is stateful, so each batch size is that of its states"),
        (
            lambda: pellucid.layers.LSTM(2, stateful=True)(pellucid.Input((5, 4))),
            ShapeError,
            "Input(shape=..., batch_size=32)",
        ),
        (lambda: pellucid.layers.LSTM(2)(torch.zeros(2, 0, 3)), ShapeError, "got no step at all"),
        (lambda: pellucid.layers.LSTM(2).kernel_size, AttributeError, "LSTM has no attribute 'kernel_size'"),
    ],
)
def test_what_cannot_be_is_refused_in_words(wrong, kind, told):
    with pytest.raises(PellucidError) as caught:
        wrong()
    assert isinstance(caught.value, kind)
    assert told in str(caught.value)
