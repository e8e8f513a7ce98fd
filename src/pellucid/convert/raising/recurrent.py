"""Recurrent operations raised: LSTM, GRU, SimpleRNN, and Bidirectional around them.

Below:  place.py.
Kept true: PyTorch's two biases are added where Keras has one; gates r z h become z r h.
"""

from __future__ import annotations

import torch

from pellucid import layers
from pellucid.convert.raising.place import Place

_KINDS = {"lstm": layers.LSTM, "gru": layers.GRU, "rnn": layers.SimpleRNN}


def recurrent(place: Place, x, *first):
    """One layer for all steps; outputs that nobody reads are not asked for."""
    settings, sequence = place.settings, place.op.outputs[0]
    wants_states = any(y in place.model.read for y in place.op.outputs[1:])
    wants_all = sequence in place.model.read or not wants_states
    words = {
        "activation": settings["activation"], "return_sequences": wants_all, "return_state": wants_states,
        "use_bias": "bias_ih" in place.op.weights,
    }  # fmt: skip
    if settings["cell"] != "rnn":
        words["recurrent_activation"] = settings["gate"]
    if settings["cell"] == "gru":
        words["reset_after"] = settings["reset_after"]
    two_ways = settings["ways"] == 2

    def make(name):
        layer = _KINDS[settings["cell"]](settings["units"], name=name, **words)
        return layers.Bidirectional(layer, name=f"{name}_both") if two_ways else layer

    def weights(layer):
        ways = [layer.forward_layer, layer.backward_layer] if two_ways else [layer]
        for way, ending in zip(ways, ("", "_reverse"), strict=False):
            yield from _weights(place, way.cell, ending)

    given = {"initial_state": list(first)} if first else {}
    found = place.owned(make, weights)(x, **given)
    if not wants_states:
        return [found, *[None] * (len(place.op.outputs) - 1)]
    output, *states = found
    return [output, *states]


def _weights(place: Place, cell, ending: str):
    is_gru = place.settings["cell"] == "gru"
    order = update_first if is_gru else as_they_are
    note = "gates r z h made z r h" if is_gru else ""
    for variable, word in ((cell.kernel, "weight_ih"), (cell.recurrent_kernel, "weight_hh")):
        yield variable, order(place.weight(word + ending).T), word + ending, "gates in -> in gates", note
    if cell.bias is None:
        return
    halves = [order(place.weight(word + ending)) for word in ("bias_ih", "bias_hh")]
    if is_gru and place.settings["reset_after"]:
        yield cell.bias, torch.stack(halves), "bias_ih" + ending, "", "; ".join((note, "both biases as rows"))
    else:
        yield cell.bias, halves[0] + halves[1], "bias_ih" + ending, "", "both biases added"


def as_they_are(gates: torch.Tensor) -> torch.Tensor:
    """Gates in the order in which they stand."""
    return gates


def update_first(gates: torch.Tensor) -> torch.Tensor:
    """Gates r z h as z r h, along the last axis."""
    reset, update, candidate = gates.chunk(3, dim=-1)
    return torch.cat([update, reset, candidate], dim=-1)
