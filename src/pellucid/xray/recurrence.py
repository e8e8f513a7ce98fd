"""Recurrence: the sums of a recurrent layer's units, gate by gate, with the states of the run walked again.

Below:  gates.py has the products.
Above:  units.py.
Kept true: the states before each step come from the cell's own `step`, from the input that was recorded; a walk that
           does not give the output that was recorded (a mask hid steps, or it began elsewhere) is not told.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace

import torch

from pellucid import nest
from pellucid.errors import StateError, UnsupportedError
from pellucid.layers.cells import Cell
from pellucid.layers.conv_lstm import ConvLSTMCell
from pellucid.layers.gru import GRUCell
from pellucid.layers.lstm import LSTMCell
from pellucid.xray import gates
from pellucid.xray.kernels import Place
from pellucid.xray.parts import Piece, Unit, Weighing, check_agreement, tensor_of
from pellucid.xray.sites import Site

_NAMES = {
    LSTMCell: ("input", "forget", "candidate", "output"),
    ConvLSTMCell: ("input", "forget", "candidate", "output"),
    GRUCell: ("update", "reset", "candidate"),
}


def recurrent(site: Site, _weighing: Weighing, k: int, place: Place, values: dict) -> dict[str, Unit]:
    """The sums of a unit of the last cell."""
    x, first, mask = _given(site, values)
    found, given = _of_layer(site, site.layer, x, first, mask, k, place, is_turned=False)
    if given is not None:
        check_agreement(site, given, values[site.writes[k]], place)
    return found


def bidirectional(site: Site, _weighing: Weighing, k: int, place: Place, values: dict) -> dict[str, Unit]:
    """The sums of the units of both directions that an element is made of."""
    layer, units, made = site.layer, {}, []
    x, first, mask = _given(site, values)
    half = len(first) // 2
    for side, inner in enumerate((layer.forward_layer, layer.backward_layer)):
        inside = gates.unit_inside(layer, side, place, k)
        if inside is None:
            continue
        begin = first[half * side : half * (side + 1)]
        is_turned = side == 1 and layer.merge_mode is not None and layer.return_sequences and inside[1] == 0
        found, given = _of_layer(site, inner, x, begin, mask, inside[1], inside[0], is_turned)
        made.append(given)
        for name, unit in found.items():
            pieces = tuple(replace(piece, weight=f"{inner.name}/{piece.weight}") for piece in unit.pieces)
            units["/".join(filter(None, (inner.name, name)))] = replace(unit, pieces=pieces)
    if len(made) == 1 and made[0] is not None:
        check_agreement(site, made[0], values[site.writes[k]], place)
    return units if len(units) > 1 else {"": next(iter(units.values()))}


def _given(site: Site, values: dict) -> tuple[torch.Tensor, list, list[bool]]:
    """The steps, the states to begin with (none where it begins with its own), and which steps are shown."""
    args, words = site.called_with(values)
    words = {**dict(zip(("sequences", "initial_state", "mask"), args, strict=False)), **words}
    x, mask = words["sequences"], nest.flatten(words.get("mask"))[0]
    first = [] if words.get("initial_state") is None else nest.flatten(words["initial_state"])
    return x, first, [True] * x.shape[1] if mask is None else mask.flatten(1).to(torch.bool)[0].tolist()


@dataclass(frozen=True)
class _Moment:
    """The last cell at the step that made a unit.

    Attributes:
        inputs: all steps, as the cell reads them, in the order of the layer's input.
        step: which of them it is.
        x: of this step, with the batch axis.
        h: the state before.
        output: what came out.
    """

    cell: Cell
    inputs: torch.Tensor
    step: int
    x: torch.Tensor
    h: torch.Tensor
    output: torch.Tensor
    reads: str


def _of_layer(site: Site, layer, x, first: list, shown: list[bool], k: int, place: Place, is_turned: bool):
    """The sums of a unit, and what the walk gave for it (None for a state).

    Args:
        first: states to begin with, where they were given.
        shown: for each step whether a mask lets it count.
        is_turned: whether the outputs lie in the order of the input, though the walk goes the other way.
    """
    if layer.stateful or (k > 0 and len(gates.cells_of(layer)) > 1) or (first and len(gates.cells_of(layer)) > 1):
        raise UnsupportedError(
            f"'{site.path}' keeps states of its own, and what they were nobody noted.",
            expected="a layer that is not stateful; of a stack of cells an output, and no given states",
        )
    of_steps = layer.return_sequences and k == 0
    steps, unit = x.shape[1], place[1:] if of_steps else place
    at = place[0] if of_steps else steps - 1
    walked = range(steps)[::-1] if layer.go_backwards else range(steps)
    so_far = [step for step in walked[: (steps - 1 - at if is_turned else at) + 1] if shown[step]]
    if not so_far:
        raise StateError(f"A mask hid all steps before '{site.path}' came to this.", fix="another step or sample")
    moment = _walked(layer, x, first, so_far)
    given = float(moment.output[(0, *unit)]) if k == 0 else None
    return _sums(moment, unit), given


def _walked(layer, x, first: list, so_far: list[int]) -> _Moment:
    """Walk to the last of these steps, which are in the order of the walk."""
    cells = gates.cells_of(layer)
    begin = [list(first)] if first else layer.get_initial_state(1)
    begin = begin if len(cells) > 1 or first else [begin]
    inputs = x
    for cell, states in zip(cells, begin, strict=True):
        states, seen, outputs = _as_list(states), inputs, None
        with torch.no_grad(), cell._autocast_scope() or contextlib.nullcontext():
            for step in so_far:
                h = states[0].to(x.device)
                output, states = cell.call(seen[:, step].to(h.dtype), states)
                outputs = output.new_zeros((1, x.shape[1], *output.shape[1:])) if outputs is None else outputs
                outputs[:, step] = output
        inputs = outputs
    reads = "input" if len(cells) == 1 else gates.BELOW
    return _Moment(cell, seen, so_far[-1], seen[:, so_far[-1]].to(h.dtype), h, output, reads)


def _as_list(states) -> list:
    return list(states) if isinstance(states, (list, tuple)) else [states]


def _sums(moment: _Moment, unit: Place) -> dict[str, Unit]:
    names = next((names for kind, names in _NAMES.items() if isinstance(moment.cell, kind)), ("",))
    if isinstance(moment.cell, GRUCell):
        return {name: _of_gru(moment, unit, gate) for gate, name in enumerate(names)}
    return {name: _of_gate(moment, unit, gate) for gate, name in enumerate(names)}


def _of_gate(moment: _Moment, unit: Place, gate: int) -> Unit:
    """A sum of the input, the state before and a bias."""
    cell, pieces = moment.cell, _pieces(moment, unit, gate, moment.h)
    with torch.no_grad():
        if isinstance(cell, ConvLSTMCell):
            kernel = cell.recurrent_kernel.value
            state = cell._convolved(moment.h, None, kernel, None, 1, "same", cell.data_format, 1)
        else:
            state = moment.h @ cell.recurrent_kernel.value
        sums = cell.project(moment.x) + state
    column = _column(moment, unit, gate)
    bias = 0.0 if cell.bias is None else float(tensor_of(cell.bias)[column[1]])
    return Unit(pieces, bias, float(sums[(0, *column[0])]))


def _of_gru(moment: _Moment, unit: Place, gate: int) -> Unit:
    """The same of a GRU, whose reset gate acts on the state's part of the candidate."""
    cell, units = moment.cell, moment.cell.units
    column = gate * units + unit[-1]
    kernel, bias = tensor_of(cell.recurrent_kernel), None if cell.bias is None else tensor_of(cell.bias)
    with torch.no_grad():
        projected = cell.project(moment.x)[0]
        of_state = None if bias is None or not cell.reset_after else bias[1]
        state = moment.h[0] @ kernel + (0 if of_state is None else of_state)
        reset = cell.recurrent_activation((projected + state)[units : 2 * units])
        h, factor = moment.h, 1.0
        if gate == 2 and cell.reset_after:
            factor = float(reset[unit[-1]])
        elif gate == 2:
            h = moment.h * reset
        recorded = projected[column] + factor * (state[column] if cell.reset_after else h[0] @ kernel[:, column])
    x_bias = 0.0 if bias is None else float(bias[0][column] if cell.reset_after else bias[column])
    h_bias = 0.0 if of_state is None else factor * float(of_state[column])
    x_piece, h_piece = _pieces(moment, unit, gate, h)
    words = gates.STATE if factor == 1.0 and h is moment.h else f"{gates.STATE}, times the reset gate"
    return Unit((x_piece, replace(h_piece, factor=factor, reads=words)), x_bias + h_bias, float(recorded))


def _column(moment: _Moment, unit: Place, gate: int) -> tuple[Place, int]:
    """The place of a gate's sum among those of all gates at one step, and its number along the channels."""
    kernel, _ = gates.products_of(moment.cell, tuple(moment.inputs.shape[1:]))
    spatial, channel = kernel.split((moment.step, *unit))
    channel += gate * moment.cell.output_size
    return kernel.joined(spatial, channel)[1:], channel


def _pieces(moment: _Moment, unit: Place, gate: int, h: torch.Tensor) -> tuple[Piece, Piece]:
    """The products of the input and of the state before."""
    cell, shape = moment.cell, tuple(moment.inputs.shape[1:])
    place = (moment.step, *_column(moment, unit, gate)[0])
    of_input, of_state = gates.products_of(cell, shape)
    states = torch.zeros((moment.step + 1, *h.shape[1:]), dtype=h.dtype, device=h.device)
    states[moment.step] = h[0]
    prefix = "" if moment.reads == "input" else f"{cell.name}/"
    return (
        Piece(f"{prefix}kernel", cell.kernel, of_input.terms_of(place), moment.inputs[0], moment.reads),
        Piece(f"{prefix}recurrent_kernel", cell.recurrent_kernel, of_state.terms_of(place), states, gates.STATE),
    )
