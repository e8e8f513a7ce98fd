"""Gates: the weighted sums of recurrent layers, one for each gate, of the input and of the state before.

Below:  kernels.py has the products.
Beside: sums.py has those of all other layers.
Kept true: steps are counted as the input has them, whichever way the layer walks; a walk that begins with zeros
           multiplies them like any other state.
"""

from __future__ import annotations

from dataclasses import replace

from pellucid.layers.any_cell import StackedRNNCells
from pellucid.layers.cells import Cell
from pellucid.layers.conv_lstm import ConvLSTMCell
from pellucid.layers.recurrent import RNN
from pellucid.links import Slide
from pellucid.xray import kernels
from pellucid.xray.kernels import Index, Kernel, Place
from pellucid.xray.parts import Offset, Own, Sum, Weighing, whole
from pellucid.xray.sites import Site

STATE = "the state before each step"
BELOW = "what the cell below gives"


def recurrent(site: Site) -> Weighing | None:
    """The sums of a layer with one of our cells, or a stack of them; None for any other."""
    return _of_layer(site.layer, site.input_shapes[0][1:])


def bidirectional(site: Site) -> Weighing | None:
    """The sums of both layers inside."""
    layer = site.layer
    both = [layer.forward_layer, layer.backward_layer]
    found = [_of_layer(inner, site.input_shapes[0][1:]) if isinstance(inner, RNN) else None for inner in both]
    parts = [one.under(inner.name) for one, inner in zip(found, both, strict=True) if one is not None]
    if len(parts) < 2:
        return None
    sums, offsets = [], []
    for k, part in enumerate(parts):
        sums += [replace(s, own=_merged(layer, k, s.own)) for s in part.sums]
        offsets += [replace(o, own=_merged(layer, k, o.own)) for o in part.offsets]
    return Weighing(tuple(sums), tuple(offsets))


def unit_inside(layer, side: int, place: Place, k: int) -> tuple[Place, int] | None:
    """The place, and the number of the output, in one layer of a Bidirectional; None where it has no part in it.

    Args:
        side: 0 forwards, 1 backwards.
    """
    outputs = 2 if layer.merge_mode is None else 1
    if k >= outputs:  # states: forward ones first
        states = len(layer.forward_layer.state_size)
        mine, at = divmod(k - outputs, states)
        return (place, at + 1) if mine == side else None
    if layer.merge_mode is None:
        return (place, 0) if k == side else None
    if layer.merge_mode != "concat":
        return place, 0
    units = layer.forward_layer.cell.output_size
    inside = place[-1] - side * units
    return ((*place[:-1], inside), 0) if (side == 0) == (place[-1] < units) else None


def _merged(layer, side: int, own: Own) -> Own:
    def merged(place: Place, k: int) -> Index | None:
        inside = unit_inside(layer, side, place, k)
        return None if inside is None else own(*inside)

    return merged


def cells_of(layer) -> list:
    """The cells of a recurrent layer, from below."""
    return list(layer.cell.cells) if isinstance(layer.cell, StackedRNNCells) else [layer.cell]


def is_known(layer) -> bool:
    """Whether all cells are ours, with nothing written anew."""
    return all(isinstance(cell, Cell) and type(cell).call is Cell.call for cell in cells_of(layer))


def _of_layer(layer, in_shape) -> Weighing | None:
    if not is_known(layer):
        return None
    cells, parts = cells_of(layer), []
    for k, cell in enumerate(cells):
        part = _of_cell(layer, cell, in_shape, 0 if k == 0 else BELOW, is_last=k == len(cells) - 1)
        parts.append(part if len(cells) == 1 else part.under(cell.name))
        in_shape = (in_shape[0], cell.output_size)
    return Weighing(tuple(s for part in parts for s in part.sums), tuple(o for part in parts for o in part.offsets))


def _of_cell(layer, cell: Cell, in_shape, reads: int | str, is_last: bool) -> Weighing:
    kernel, recurrent_kernel = products_of(cell, in_shape)
    is_double = cell.bias is not None and len(cell.bias.shape) == 2
    is_one = is_last and not isinstance(layer.cell, StackedRNNCells)

    def of(products: Kernel) -> Own:
        def own(place: Place, k: int) -> Index | None:
            at = place[1:] if layer.return_sequences and k == 0 else place
            found = products.own_of((0, *at))
            return None if found is None else (*found[:-1], columns(cell, products.split((0, *at))[1]))

        return own

    def added(place: Place, k: int) -> Index:
        at = place[1:] if layer.return_sequences and k == 0 else place
        part = columns(cell, kernel.split((0, *at))[1])
        return (slice(0, 2), part) if is_double else (part,)

    def mine(own: Own, param) -> Own:
        return lambda place, k: own(place, k) if is_one or (is_last and k == 0) else whole(param)(place, k)

    sums = tuple(
        Sum(products.name, param, products, read, mine(of(products), param), "the sums of all gates")
        for products, param, read in ((kernel, cell.kernel, reads), (recurrent_kernel, cell.recurrent_kernel, STATE))
    )
    return Weighing(sums, () if cell.bias is None else (Offset("bias", cell.bias, mine(added, cell.bias)),))


def columns(cell: Cell, unit: int) -> int | slice:
    """The columns of a unit in weights where all gates lie side by side."""
    return unit if cell.gates == 1 else slice(unit, cell.gates * cell.output_size, cell.output_size)


def products_of(cell: Cell, in_shape) -> tuple[Kernel, Kernel]:
    """The products of the input and of the state, at all steps."""
    width = cell.gates * cell.output_size
    names = ("kernel", cell.kernel.shape), ("recurrent_kernel", cell.recurrent_kernel.shape)
    if not isinstance(cell, ConvLSTMCell):
        steps = in_shape[0]
        return (
            kernels.dense(*names[0], in_shape, (steps, width)),
            kernels.dense(*names[1], (steps, cell.output_size), (steps, width)),
        )
    at = 1 if cell.data_format == "channels_first" else len(in_shape) - 1
    state = [in_shape[0], *cell.compute_output_shape((None, *in_shape[1:]))[1:]]
    wide = [width if k == at else n for k, n in enumerate(state)]
    moves = {axis % (cell.rank + 1) + 1: rule for axis, rule in cell.links().axes}
    spatial = [k for k in range(1, len(in_shape)) if k != at]
    same = {k: Slide(size, padding="same") for k, size in zip(spatial, cell.kernel_size, strict=True)}
    return (
        kernels.windows(*names[0], moves, in_shape, wide, at),
        kernels.windows(*names[1], same, state, wide, at),
    )
