"""ATen's recurrent functions as operations of a flow, one for each layer of a stack.

Below:  reading.py calls the rules. Beside: aten.py.
Axes:   (batch, steps, features) in a flow; PyTorch may have the steps first, and keeps states (ways, batch, units).
"""

from __future__ import annotations

import torch

from pellucid.convert.flow import Value
from pellucid.convert.torch.aten import for_each_sample
from pellucid.convert.torch.reading import Known, Reading, Seen


def _recurrent(cell: str, **fixed):
    def rule(
        reading: Reading, node, x, states, weights, has_bias, layers, rate, training, bidirectional, batch_first
    ) -> list:
        if x.batch != (0 if batch_first else 1):
            raise reading.refuse(node, "the batch is not where the module says", got=f"batch_first={batch_first}")
        given = _given(reading, node, states)
        ways, per_way = 2 if bidirectional else 1, 4 if has_bias else 2
        value = x.value
        hidden: list[list[Value]] = []
        for layer in range(layers):
            own = weights[layer * ways * per_way : (layer + 1) * ways * per_way]
            first = [_state(reading, node, state, layer * ways + way) for way in range(ways) for state in given or ()]
            value, *last = _one(reading, node, value, first, own, ways, layer, layers)
            hidden.append(last)
            if rate and layer + 1 < layers:
                [value] = reading.emit_values(
                    node, "dropout", value, outputs=[Value(value.shape, value.dtype)], rate=float(rate), style="each",
                    part=f"dropout_{layer}",
                )  # fmt: skip
        several = 2 if cell == "lstm" else 1
        joined = [_stacked(reading, node, [y for last in hidden for y in last[k::several]]) for k in range(several)]
        return [Seen(value, x.batch), *joined]

    def _one(reading, node, x: Value, first, own, ways: int, layer: int, layers: int) -> list[Value]:
        per_way = len(own) // ways
        words = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")[:per_way]
        named = {}
        for way, ending in zip(range(ways), ("", "_reverse"), strict=False):
            named |= {f"{word}{ending}": own[way * per_way + at] for at, word in enumerate(words)}
        units = named["weight_hh"].tensor.shape[1]
        if named["weight_hh"].tensor.shape[0] != units * {"lstm": 4, "gru": 3}.get(cell, 1):
            raise reading.refuse(node, "its outputs are projected", got="proj_size")
        state = (x.shape[0], units)
        count = (2 if cell == "lstm" else 1) * ways
        outputs = [Value((*x.shape[:2], units * ways)), *(Value(state) for _ in range(count))]
        return reading.emit_values(
            node, "recurrent", x, *first, outputs=outputs, weights=named, part=f"{layer}" if layers > 1 else "", cell=cell,
            units=units, features=x.shape[2], ways=ways, reset_after=True, **fixed,
        )  # fmt: skip

    return rule


def _given(reading: Reading, node, states) -> list[Value] | None:
    """First states, (batch, layers and ways, units) in the flow; None for zeros, which is what layers begin with."""
    several = states if isinstance(states, (list, tuple)) else [states]
    if all(isinstance(state, Known) and not torch.any(state.tensor) for state in several):
        return None
    found = [for_each_sample(reading, node, state, 1) if isinstance(state, Known) else state for state in several]
    if any(state.batch != 1 for state in found):
        raise reading.refuse(node, "its first states have the batch on another axis", fix="(layers, batch, units)")
    return [state.value for state in found]


def _state(reading: Reading, node, states: Value, at: int) -> Value:
    """The state of one layer and way."""
    shape = (states.shape[0], states.shape[2])
    return reading.emit_values(node, "select", states, outputs=[Value(shape)], axis=1, index=at)[0]


def _stacked(reading: Reading, node, states: list[Value]) -> Seen:
    """States side by side, (batch, ways, units) in the flow: PyTorch has the ways first."""
    rows = []
    for state in states:
        shape = (state.shape[0], 1, *state.shape[1:])
        rows += reading.emit_values(node, "reshape", state, outputs=[Value(shape)], target=shape[1:])
    if len(rows) == 1:
        return Seen(rows[0], 1)
    whole = Value((states[0].shape[0], len(states), *states[0].shape[1:]))
    return Seen(reading.emit_values(node, "concat", *rows, outputs=[whole], axis=1)[0], 1)


RECURRENT_RULES = {
    "lstm": _recurrent("lstm", activation="tanh", gate="sigmoid"),
    "gru": _recurrent("gru", activation="tanh", gate="sigmoid"),
    "rnn_tanh": _recurrent("rnn", activation="tanh", gate=None),
    "rnn_relu": _recurrent("rnn", activation="relu", gate=None),
}
