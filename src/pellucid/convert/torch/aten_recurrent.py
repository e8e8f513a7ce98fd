"""ATen's recurrent functions as operations of a flow, one for each layer of a stack.

Below:  reading.py calls the rules. Beside: aten.py.
Axes:   (batch, steps, features) in a flow; PyTorch may have the steps first, and keeps states (ways, batch, units).
"""

from __future__ import annotations

import torch

from pellucid.convert.flow import Value
from pellucid.convert.torch.reading import Known, Reading, Seen, Zeros


def _recurrent(cell: str, **fixed):
    def rule(
        reading: Reading, node, x, states, weights, has_bias, layers, rate, training, bidirectional, batch_first
    ) -> list:
        if x.batch != (0 if batch_first else 1):
            raise reading.refuse(node, "the batch is not where the module says", got=f"batch_first={batch_first}")
        _check_states(reading, node, states)
        ways, per_way = 2 if bidirectional else 1, 4 if has_bias else 2
        value = x.value
        hidden: list[list[Value]] = []
        for layer in range(layers):
            own = weights[layer * ways * per_way : (layer + 1) * ways * per_way]
            value, *last = _one(reading, node, value, own, ways, per_way, layer, layers)
            hidden.append(last)
            if rate and layer + 1 < layers:
                [value] = reading.emit_values(
                    node, "dropout", value, outputs=[Value(value.shape, value.dtype)], rate=float(rate), style="each",
                    part=f"dropout_{layer}",
                )  # fmt: skip
        several = 2 if cell == "lstm" else 1
        joined = [_stacked(reading, node, [y for last in hidden for y in last[k::several]]) for k in range(several)]
        return [Seen(value, x.batch), *joined]

    def _one(reading, node, x: Value, own, ways: int, per_way: int, layer: int, layers: int) -> list[Value]:
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
            node, "recurrent", x, outputs=outputs, weights=named, part=f"{layer}" if layers > 1 else "", cell=cell,
            units=units, features=x.shape[2], ways=ways, reset_after=True, **fixed,
        )  # fmt: skip

    return rule


def _check_states(reading: Reading, node, states):
    """Only states of zeros, which is what layers begin with."""
    for state in states if isinstance(states, (list, tuple)) else [states]:
        is_zero = isinstance(state, Known) and not torch.any(state.tensor)
        if not is_zero and not isinstance(state, Zeros):
            raise reading.refuse(node, "it begins with states of its own", fix="lstm(x), without states")


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


def _zeros(reading: Reading, node, *_, **__) -> Zeros:
    return Zeros()


RECURRENT_RULES = {
    "lstm": _recurrent("lstm", activation="tanh", gate="sigmoid"),
    "gru": _recurrent("gru", activation="tanh", gate="sigmoid"),
    "rnn_tanh": _recurrent("rnn", activation="tanh", gate=None),
    "rnn_relu": _recurrent("rnn", activation="relu", gate=None),
    **dict.fromkeys(("zeros", "new_zeros"), _zeros),
}
