"""Recurrences over steps: one by one for any step function; LSTM, GRU and plain ones in one kernel of PyTorch.

Below:  torch._VF, which picks cuDNN, oneDNN or ATen.
Above:  layers/recurrent.py walks, layers/lstm.py, gru.py and simple_rnn.py run at once.
Axes:   (batch, steps, features). Gates lie in Keras's order: LSTM i f c o (PyTorch's too), GRU z r h (PyTorch: r z h).
Kept true: both ways give the same outputs and states, whatever steps a mask hides.
"""

from __future__ import annotations

import sys

import torch

from pellucid import nest

# Kernels of plain recurrences, by the name of the activation.
PLAIN = {"tanh": torch._VF.rnn_tanh, "relu": torch._VF.rnn_relu}


def walk(step, sequences, states, mask=None, zero_hidden=False):
    """Run ``step(x, states) -> (output, states)`` over the steps, one by one.

    Shapes:
        sequences  (batch, steps, ...)
        mask       (batch, steps), or with axes of size 1 behind; None shows every step
        outputs    (batch, steps, ...)

    Args:
        zero_hidden: whether outputs at hidden steps are 0; else they are those of the step before, 0 at first.

    Returns:
        The outputs, and the last states in the form of the first.
    """
    outputs: list = []
    for t, x in enumerate(sequences.unbind(1)):
        output, new = step(x, states)
        if mask is not None:
            shown = mask[:, t]
            before = torch.zeros_like(output) if zero_hidden or not outputs else outputs[-1]
            output = torch.where(_spread(shown, output), output, before)
            pairs = zip(nest.flatten(new), nest.flatten(states), strict=True)
            new = nest.pack_sequence_as(new, [torch.where(_spread(shown, a), a, b) for a, b in pairs])
        states = new
        outputs.append(output)
    return torch.stack(outputs, dim=1), states


def at_once(kernel, sequences, states, mask=None, zero_hidden=False):
    """Run a recurrence in one kernel, over the steps that a mask shows only.

    The shown steps are moved to the front, and the outputs back to where they belong: a hidden step changes nothing.

    Args:
        kernel: ``(sequences, states, lengths) -> (outputs, states)``, such as `lstm`; `lengths` may be None.
        states: tensors (batch, units).
    """
    # Compiled, PyTorch 2.13 lays its own kernel for LSTMs out wrongly; outside of the graph it is as fast.
    run = _outside_of_graphs() if "torch._dynamo" in sys.modules else _at_once
    return run(kernel, sequences, states, mask, zero_hidden)


_outside = None


def _outside_of_graphs():
    global _outside
    if _outside is None:
        _outside = torch.compiler.disable(_at_once)  # which imports the compiler: a second, if nobody has done so
    return _outside


def _at_once(kernel, sequences, states, mask, zero_hidden):
    if mask is None:
        return kernel(sequences, states, None)
    mask = mask.reshape(mask.shape[:2])
    count = mask.cumsum(1)
    lengths = count[:, -1]
    order = (~mask).to(torch.uint8).argsort(dim=1, stable=True)
    outputs, last = kernel(_take(sequences, order), states, lengths.clamp_min(1))
    # Each step shows what the last shown step up to it gave; before the first there is nothing.
    outputs = _take(outputs, (count - 1).clamp_min(0))
    shown = mask if zero_hidden else count > 0
    outputs = torch.where(shown.unsqueeze(-1), outputs, torch.zeros((), dtype=outputs.dtype, device=outputs.device))
    moved = (lengths > 0).unsqueeze(-1)
    return outputs, [torch.where(moved, new, old) for new, old in zip(last, states, strict=True)]


def lstm(sequences, states, lengths, kernel, recurrent_kernel, bias=None):
    """Long short-term memory.

    Shapes:
        states            two of (batch, units): output and carry
        lengths           (batch,) steps that count, at least 1; None for all
        kernel            (features, 4 * units)
        recurrent_kernel  (units, 4 * units)
        bias              (4 * units,)
    """
    weights = [kernel.T, recurrent_kernel.T]
    if bias is not None:
        weights += [bias, torch.zeros_like(bias)]
    first = tuple(state.unsqueeze(0) for state in states)
    weights = in_one_piece(weights) if sequences.is_cuda else weights
    rest = (weights, bias is not None, 1, 0.0, torch.is_grad_enabled(), False)
    if lengths is None:
        outputs, *last = torch._VF.lstm(sequences, first, *rest, True)
        return outputs, [state[0] for state in last]
    # The carry at the end of a shorter sequence cannot be read from the outputs: here PyTorch must know the lengths.
    packed = torch.nn.utils.rnn.pack_padded_sequence(sequences, lengths.cpu(), batch_first=True, enforce_sorted=False)
    first = tuple(state[:, packed.sorted_indices] for state in first)
    data, *last = torch._VF.lstm(packed.data, packed.batch_sizes, first, *rest)
    outputs, _ = torch.nn.utils.rnn.pad_packed_sequence(
        packed._replace(data=data), batch_first=True, total_length=sequences.shape[1]
    )
    return outputs, [state[0, packed.unsorted_indices] for state in last]


def gru(sequences, states, lengths, kernel, recurrent_kernel, bias=None):
    """Gated recurrent unit whose reset gate acts behind the product.

    Shapes:
        states            one of (batch, units)
        lengths           (batch,) steps that count, at least 1; None for all
        kernel            (features, 3 * units)
        recurrent_kernel  (units, 3 * units)
        bias              (2, 3 * units)
    """
    weights = [_reset_first(kernel).T, _reset_first(recurrent_kernel).T]
    if bias is not None:
        weights += _reset_first(bias).unbind(0)
    return _of_one_state(torch._VF.gru, sequences, states, lengths, weights)


def plain(sequences, states, lengths, kernel, recurrent_kernel, bias=None, activation="tanh"):
    """``activation(x @ kernel + bias + h @ recurrent_kernel)``.

    Shapes:
        states            one of (batch, units)
        lengths           (batch,) steps that count, at least 1; None for all
        kernel            (features, units)
        recurrent_kernel  (units, units)
        bias              (units,)
    """
    weights = [kernel.T, recurrent_kernel.T]
    if bias is not None:
        weights += [bias, torch.zeros_like(bias)]
    return _of_one_state(PLAIN[activation], sequences, states, lengths, weights)


def _of_one_state(kernel, sequences, states, lengths, weights):
    """A recurrence whose state is its output: the last states of shorter sequences are found among the outputs."""
    first = states[0].unsqueeze(0)
    has_bias = len(weights) > 2
    weights = in_one_piece(weights) if sequences.is_cuda else weights
    outputs, last = kernel(
        sequences, first, weights, has_bias, 1, 0.0, torch.is_grad_enabled(), False, True
    )  # fmt: skip
    if lengths is None:
        return outputs, [last[0]]
    return outputs, [_take(outputs, lengths.unsqueeze(1) - 1)[:, 0]]


def in_one_piece(weights: list) -> list:
    """Weights as parts of one tensor, one behind the other: cuDNN wants them so, and else copies them with a warning."""
    whole = torch.cat([weight.reshape(-1) for weight in weights])
    parts = whole.split([weight.numel() for weight in weights])
    return [part.view(weight.shape) for part, weight in zip(parts, weights, strict=True)]


def _reset_first(gates):
    """Gates z r h as r z h, along the last axis."""
    update, reset, candidate = gates.chunk(3, dim=-1)
    return torch.cat([reset, update, candidate], dim=-1)


def _take(sequences, steps):
    """The steps of each sample by their numbers (batch, steps)."""
    return sequences.take_along_dim(steps.unsqueeze(-1), dim=1)


def _spread(mask, x):
    """A mask (batch, ...) with axes of size 1 behind, as many as a value has."""
    return mask.reshape(*mask.shape, *[1] * (x.ndim - mask.ndim))
