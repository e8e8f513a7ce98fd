"""Recurrent layers lowered: one operation for all steps, gates in PyTorch's order.

Below:  site.py.
Axes:   (batch, steps, features); states (batch, units). A layer that goes backwards stands behind a flip.
Kept true: gates are i f c o in Keras and PyTorch alike; of a GRU z r h in Keras, r z h in PyTorch.
"""

from __future__ import annotations

import torch

from pellucid import activations, nest
from pellucid.convert.flow import Value, Weight
from pellucid.convert.lowering.site import Site
from pellucid.layers.any_cell import StackedRNNCells
from pellucid.layers.gru import GRUCell
from pellucid.layers.lstm import LSTMCell
from pellucid.layers.simple_rnn import SimpleRNNCell

_CELLS = {LSTMCell: "lstm", GRUCell: "gru", SimpleRNNCell: "rnn"}


def recurrent(site: Site, layer, x: Value, initial_state=None):
    """LSTM, GRU, SimpleRNN, and RNN around their cells."""
    _check(site, layer)
    if layer.go_backwards:
        x = _flipped(site, x)
    if isinstance(layer.cell, StackedRNNCells):
        outputs, last, states = _stacked(site, layer.cell, x, initial_state)
    else:
        first = nest.flatten(initial_state) if initial_state is not None else ()
        outputs, *states = _walked(site, [layer.cell], x, first)
        last = states[0]
    result = outputs if layer.return_sequences else last
    return (result, *states) if layer.return_state else result


def _check(site: Site, layer):
    if layer.stateful:
        raise site.refuse("its states go on from batch to batch", got="stateful=True", fix="stateful=False")


def _flipped(site: Site, x: Value) -> Value:
    return site.emit("flip", x, axes=(1,))


def _stacked(site: Site, stack, x: Value, initial_state):
    """Cell behind cell: all outputs, the last one, and the states of all."""
    if initial_state is not None:
        raise site.refuse(
            "a stack of cells begins with zeros in PyTorch", got="initial_state", fix="initial_state=None"
        )
    states: list = []
    for at, cell in enumerate(stack.cells):
        x, *own = _walked(site.inside(cell, f"{at}"), [cell], x, ())
        states += own
    return x, own[0], states


def bidirectional(site: Site, layer, x: Value, initial_state=None):
    """Bidirectional: one operation where both ways are alike, else two."""
    ways = [layer.forward_layer, layer.backward_layer]
    for way in ways:
        if not hasattr(way, "cell") or isinstance(way.cell, StackedRNNCells):
            raise site.refuse("only LSTM, GRU and SimpleRNN have counterparts that go both ways")
        _check(site, way)
    if ways[0].go_backwards:
        raise site.refuse("its forward layer goes backwards", got="go_backwards=True")
    first = nest.flatten(initial_state) if initial_state is not None else ()
    cells = [way.cell for way in ways]
    if _alike(*cells):
        outputs, *states = _walked(site, cells, x, first)
        units = cells[0].units
        there, back = (site.slice(outputs, 2, 0, units), site.slice(outputs, 2, units, None))
    else:
        half = len(first) // 2
        there, *states = _walked(site.inside(ways[0], "forward"), cells[:1], x, first[:half])
        behind = _walked(site.inside(ways[1], "backward"), cells[1:], _flipped(site, x), first[half:])
        outputs, back = None, _flipped(site, behind[0])
        states += behind[1:]
    if not layer.return_sequences:
        outputs, there, back = None, states[0], states[len(states) // 2]
    merged = _merged(site, layer.merge_mode, outputs, there, back)
    if not layer.return_state:
        return merged
    return (*merged, *states) if layer.merge_mode is None else (merged, *states)


def _alike(a, b) -> bool:
    words = ("units", "activation", "recurrent_activation", "use_bias", "reset_after")
    return type(a) is type(b) and all(getattr(a, word, None) == getattr(b, word, None) for word in words)


def _merged(site: Site, mode, outputs, there: Value, back: Value):
    if mode is None:
        return there, back
    if mode == "concat":
        return outputs if outputs is not None else site.concat([there, back], -1)
    if mode == "ave":
        return site.binary("divide", site.binary("add", there, back), 2.0)
    return site.binary({"sum": "add", "mul": "multiply"}[mode], there, back)


def _walked(site: Site, cells, x: Value, first) -> tuple:
    """The sequence of outputs, and the last states of each way, for one cell or two that are alike."""
    cell = cells[0]
    kind = _CELLS.get(type(cell))
    if kind is None:
        raise site.refuse("its cell has no counterpart", got=type(cell).__name__, fix="LSTM, GRU or SimpleRNN")
    weights = {}
    for one, ending in zip(cells, ("", "_reverse"), strict=False):
        weights |= {f"{word}{ending}": weight for word, weight in _weights(site, one).items()}
    units, batch, steps = cell.units, x.shape[0], x.shape[1]
    sequence = Value((batch, steps, units * len(cells)), cell.compute_dtype)
    per_way = 2 if kind == "lstm" else 1
    states = [Value((batch, units), cell.compute_dtype) for _ in range(per_way * len(cells))]
    return site.emit_several(
        "recurrent",
        x,
        *first,
        outputs=(sequence, *states),
        weights=weights,
        cell=kind,
        units=units,
        features=x.shape[2],
        ways=len(cells),
        activation=_name(site, cell.activation),
        gate=_name(site, cell.recurrent_activation) if kind != "rnn" else None,
        reset_after=getattr(cell, "reset_after", True),
    )


def _name(site: Site, function) -> str:
    if function not in activations.ACTIVATIONS.values():
        raise site.refuse("its activation is a function of your own", got=repr(function), fix='activation="tanh"')
    return activations.serialize(function)


def _weights(site: Site, cell) -> dict[str, Weight]:
    """Kernels turned round, gates in PyTorch's order, one bias made two."""
    order = _reset_first if isinstance(cell, GRUCell) else _as_they_are
    note = "gates z r h made r z h" if order is _reset_first else ""
    kernels = {
        word: Weight(order(weight.value.detach()).T, site.path(weight), "in gates -> gates in", note)
        for word, weight in (("weight_ih", cell.kernel), ("weight_hh", cell.recurrent_kernel))
    }
    if cell.bias is None:
        return kernels
    bias = order(cell.bias.value.detach())
    if bias.ndim == 1:
        bias = torch.stack([bias, torch.zeros_like(bias)])
    halves = {
        word: Weight(half, site.path(cell.bias), note=f"the {side}'s part" + (f", {note}" if note else ""))
        for word, half, side in (("bias_ih", bias[0], "input"), ("bias_hh", bias[1], "state"))
    }
    return {**kernels, **halves}


def _as_they_are(gates):
    return gates


def _reset_first(gates):
    """Gates z r h as r z h, along the last axis."""
    update, reset, candidate = gates.chunk(3, dim=-1)
    return torch.cat([reset, update, candidate], dim=-1)
