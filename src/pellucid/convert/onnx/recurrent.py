"""Recurrent operations as ONNX nodes: LSTM, GRU, RNN.

Below:  writer.py. Beside: nodes.py has the table.
Axes:   ONNX walks (steps, batch, features); gates are i o f c and z r h there, i f g o and r z n in PyTorch.
"""

from __future__ import annotations

import torch

from pellucid.convert.flow import Op
from pellucid.convert.onnx.writer import Writer

_KINDS = {"lstm": "LSTM", "gru": "GRU", "rnn": "RNN"}
GATES = {"lstm": (0, 3, 1, 2), "gru": (1, 0, 2), "rnn": (0,)}
_FUNCTIONS: dict[str, tuple[str, float | None, float | None]] = {
    "tanh": ("Tanh", None, None),
    "sigmoid": ("Sigmoid", None, None),
    "relu": ("Relu", None, None),
    "softsign": ("Softsign", None, None),
    "softplus": ("Softplus", None, None),
    "hard_sigmoid": ("HardSigmoid", 1 / 6, 0.5),
    "elu": ("Elu", 1.0, None),
    "leaky_relu": ("LeakyRelu", 0.2, None),
    "linear": ("Affine", 1.0, 0.0),
}


def recurrent(writer: Writer, op: Op, x: str, *first: str) -> list[str]:
    """All steps in one node, with the batch first around it."""
    cell, ways = op.settings["cell"], op.settings["ways"]
    kernels = [writer.weight(op, word, _stacked(op, word)) for word in ("weight_ih", "weight_hh")]
    bias = [writer.weight(op, "bias_ih", _biases(op))] if "bias_ih" in op.weights else [""]
    steps = writer.node("Transpose", [x], op, perm=[1, 0, 2])
    per_way = 2 if cell == "lstm" else 1
    states = [_joined(writer, op, first[k::per_way]) for k in range(per_way)] if first else []
    inputs = [steps, *kernels, *bias, *(["", *states] if states else [])]
    attributes = _functions(writer, op)
    if cell == "gru":
        attributes["linear_before_reset"] = int(op.settings["reset_after"])
    if ways == 2:
        attributes["direction"] = "bidirectional"
    sequence, *last = writer.node(
        _KINDS[cell], inputs, op, outputs=1 + per_way, hidden_size=op.settings["units"], **attributes
    )
    outputs = [_batch_first(writer, op, sequence, ways)]
    for way in range(ways):
        outputs += [writer.node("Gather", [state, writer.whole(way)], op, axis=0) for state in last]
    return outputs


def _batch_first(writer: Writer, op: Op, sequence: str, ways: int) -> str:
    """(steps, ways, batch, units) as (batch, steps, ways * units)."""
    if ways == 1:
        sequence = writer.node("Squeeze", [sequence, writer.whole([1])], op)
        return writer.node("Transpose", [sequence], op, perm=[1, 0, 2])
    sequence = writer.node("Transpose", [sequence], op, perm=[2, 0, 1, 3])
    return writer.node("Reshape", [sequence, writer.whole([0, 0, -1])], op)


def _joined(writer: Writer, op: Op, states) -> str:
    rows = [writer.node("Unsqueeze", [state, writer.whole([0])], op) for state in states]
    return rows[0] if len(rows) == 1 else writer.node("Concat", rows, op, axis=0)


def _ordered(op: Op, tensor: torch.Tensor) -> torch.Tensor:
    """Gates in ONNX's order, along the first axis."""
    order = GATES[op.settings["cell"]]
    parts = tensor.chunk(len(order))
    return torch.cat([parts[at] for at in order])


def _endings(op: Op) -> list[str]:
    return ["", "_reverse"][: op.settings["ways"]]


def _stacked(op: Op, word: str) -> torch.Tensor:
    return torch.stack([_ordered(op, op.weights[word + ending].tensor) for ending in _endings(op)])


def _biases(op: Op) -> torch.Tensor:
    """Both biases of each way, one behind the other."""
    rows = [
        torch.cat([_ordered(op, op.weights[f"{word}{ending}"].tensor) for word in ("bias_ih", "bias_hh")])
        for ending in _endings(op)
    ]
    return torch.stack(rows)


def _functions(writer: Writer, op: Op) -> dict:
    settings = op.settings
    words = {"lstm": ("gate", "activation", "activation"), "gru": ("gate", "activation"), "rnn": ("activation",)}
    names = [settings[word] for word in words[settings["cell"]]] * settings["ways"]
    for name in names:
        if name not in _FUNCTIONS:
            raise writer.refuse(op, "ONNX's recurrent nodes do not know its activation", name)
    found = [_FUNCTIONS[name] for name in names]
    attributes: dict = {"activations": [name for name, _, _ in found]}
    for word, at in (("activation_alpha", 1), ("activation_beta", 2)):
        numbers = [one[at] for one in found if one[at] is not None]
        if numbers:
            attributes[word] = numbers
    return attributes
