"""Walks along steps by hand, and PyTorch's kernels with weights as Keras stores them beside torch.nn's own modules."""

from __future__ import annotations

import functools

import pytest
import torch

from pellucid.ops import recurrence

STEPS = torch.tensor([[[1.0], [2.0], [4.0]], [[8.0], [16.0], [32.0]]])
MASK = torch.tensor([[True, False, True], [False, True, False]])


def add(x, states):
    """Adds up what it gets."""
    total = states[0] + x
    return total, [total]


@pytest.mark.parametrize(
    ("mask", "zero_hidden", "outputs", "last"),
    [
        (None, False, [[1, 3, 7], [8, 24, 56]], [7, 56]),
        (MASK, False, [[1, 1, 5], [0, 16, 16]], [5, 16]),
        (MASK, True, [[1, 0, 5], [0, 16, 0]], [5, 16]),
    ],
)
def test_a_walk_adds_up_the_steps_that_are_shown(mask, zero_hidden, outputs, last):
    found, [state] = recurrence.walk(add, STEPS, [torch.zeros(2, 1)], mask, zero_hidden)
    assert found.squeeze(-1).tolist() == outputs
    assert state.squeeze(-1).tolist() == last


def in_kerass_order(parameters: dict, gates) -> dict:
    """The weights of a module of torch.nn as Keras stores them, its gates taken in this order."""

    def turned(name):
        return torch.cat([parameters[name].chunk(len(gates))[k] for k in gates]).detach()

    biases = turned("bias_ih_l0"), turned("bias_hh_l0")
    return {"kernel": turned("weight_ih_l0").T, "recurrent_kernel": turned("weight_hh_l0").T, "biases": biases}


@pytest.mark.parametrize(
    ("module", "kernel", "gates", "merge"),
    [
        (torch.nn.LSTM, recurrence.lstm, (0, 1, 2, 3), sum),
        (torch.nn.GRU, recurrence.gru, (1, 0, 2), torch.stack),
        (torch.nn.RNN, recurrence.plain, (0,), sum),
        (
            functools.partial(torch.nn.RNN, nonlinearity="relu"),
            functools.partial(recurrence.plain, activation="relu"),
            (0,),
            sum,
        ),
    ],
    ids=["lstm", "gru", "tanh", "relu"],
)
def test_kernels_give_what_torchs_modules_give(module, kernel, gates, merge):
    torch.manual_seed(0)
    judge = module(4, 3, batch_first=True)
    weights = in_kerass_order(dict(judge.named_parameters()), gates)
    bias = merge(weights.pop("biases"))
    states = [torch.zeros(2, 3) for _ in range(2 if module is torch.nn.LSTM else 1)]
    x = torch.randn(2, 5, 4)
    run = functools.partial(kernel, **weights, bias=bias)
    torch.testing.assert_close(run(x, states, None)[0], judge(x)[0])
    lengths = torch.tensor([2, 5])
    packed = torch.nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    theirs = judge(packed)[1]
    theirs = theirs if isinstance(theirs, tuple) else (theirs,)
    for mine, other in zip(run(x, states, lengths)[1], theirs, strict=True):
        torch.testing.assert_close(mine, other[0])


def test_weights_in_one_piece_are_the_same_weights():
    weights = [torch.randn(3, 4, requires_grad=True).T, torch.randn(4)]
    whole = recurrence.in_one_piece(weights)
    assert all(torch.equal(a, b) for a, b in zip(whole, weights, strict=True))
    assert whole[1].data_ptr() == whole[0].data_ptr() + 4 * 12
    assert whole[0].requires_grad
