"""ONNX's recurrent nodes, in PyTorch's functions.

Above:  functions.py has the table.
Axes:   (steps, batch, features); outputs (steps, ways, batch, units). Gates i o f c and z r h become i f c o and r z h.
"""

from __future__ import annotations

import torch

_GATES = {"lstm": (0, 2, 3, 1), "gru": (1, 0, 2), "rnn": (0,)}
_USUAL = {"lstm": ["Sigmoid", "Tanh", "Tanh"], "gru": ["Sigmoid", "Tanh"], "rnn": ["Tanh"]}


def _weights(cell: str, W, R, B) -> list:
    """The weights of each way in PyTorch's order."""
    found = []
    for way in range(W.shape[0]):
        found += [_ordered(cell, W[way]), _ordered(cell, R[way])]
        if B is not None:
            found += [_ordered(cell, half) for half in B[way].chunk(2)]
    return found


def _ordered(cell: str, gates):
    parts = gates.chunk(len(_GATES[cell]))
    return torch.cat([parts[at] for at in _GATES[cell]])


def _walk(cell: str, run, x, W, R, B, lengths, first, direction, activations, layout, hidden_size):
    if lengths is not None or layout:
        raise NotImplementedError(f"{cell.upper()} with sequence_lens or layout=1")
    ways = W.shape[0]
    usual = _USUAL[cell] * ways
    if activations is not None and [one.lower() for one in activations] != [one.lower() for one in usual]:
        raise NotImplementedError(f"{cell.upper()} with activations {activations}")
    if direction == "reverse":
        x = x.flip(0)
    units, batch = R.shape[-1], x.shape[1]
    states = [torch.zeros(ways, batch, units, dtype=x.dtype) if state is None else state for state in first]
    y, *last = run(x, states, _weights(cell, W, R, B), B is not None, ways == 2)
    if direction == "reverse":
        y = y.flip(0)
    if ways == 1:
        return y.unsqueeze(1), *last
    return y.reshape(*y.shape[:2], ways, units).permute(0, 2, 1, 3), *last


def lstm(
    x, W, R, B=None, lengths=None, h=None, c=None, P=None, activation_alpha=None, activation_beta=None, activations=None,
    clip=None, direction="forward", hidden_size=None, input_forget=0, layout=0,
):  # fmt: skip
    """LSTM."""
    if P is not None or clip is not None or input_forget:
        raise NotImplementedError("LSTM with peepholes, clip or input_forget")

    def run(x, states, weights, has_bias, two_ways):
        return torch._VF.lstm(x, tuple(states), weights, has_bias, 1, 0.0, False, two_ways, False)

    return _walk("lstm", run, x, W, R, B, lengths, (h, c), direction, activations, layout, hidden_size)


def gru(
    x, W, R, B=None, lengths=None, h=None, activation_alpha=None, activation_beta=None, activations=None, clip=None,
    direction="forward", hidden_size=None, linear_before_reset=0, layout=0,
):  # fmt: skip
    """GRU, with the reset gate behind the product."""
    if clip is not None or not linear_before_reset:
        raise NotImplementedError("GRU with linear_before_reset=0, or clip")

    def run(x, states, weights, has_bias, two_ways):
        return torch._VF.gru(x, states[0], weights, has_bias, 1, 0.0, False, two_ways, False)

    return _walk("gru", run, x, W, R, B, lengths, (h,), direction, activations, layout, hidden_size)


def rnn(
    x, W, R, B=None, lengths=None, h=None, activation_alpha=None, activation_beta=None, activations=None, clip=None,
    direction="forward", hidden_size=None, layout=0,
):  # fmt: skip
    """RNN with tanh or relu."""
    if clip is not None:
        raise NotImplementedError("RNN with clip")
    is_relu = activations is not None and {one.lower() for one in activations} == {"relu"}
    kernel = torch._VF.rnn_relu if is_relu else torch._VF.rnn_tanh

    def run(x, states, weights, has_bias, two_ways):
        return kernel(x, states[0], weights, has_bias, 1, 0.0, False, two_ways, False)

    return _walk(
        "rnn", run, x, W, R, B, lengths, (h,), direction, None if is_relu else activations, layout, hidden_size
    )
