"""Calls of recurrent layers with masks, or with states to begin with: what feeds what.

Below:  layers say their links for a plain call.
Above:  linking.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pellucid import nest
from pellucid.layers.any_cell import StackedRNNCells
from pellucid.layers.lstm import LSTMCell
from pellucid.links import All, Beside, Each, Follow, Keep, Link, Nothing, Outputs, Past

if TYPE_CHECKING:
    from pellucid.xray.sites import Site


def recurrent(site: Site, link: Link, k: int, training: bool) -> Link | None:
    """A mask feeds what its steps feed; states to begin with feed nearly everything."""
    layer = site.layer
    mine = link.of[k] if isinstance(link, Outputs) else link
    of_steps = layer.return_sequences and k == 0

    def of(word: str, number: int, rank: int) -> Link | None:
        if word == "sequences":
            return mine.links[0] if isinstance(mine, Each) else mine
        if word == "initial_state":
            return _begun(layer, number, of_steps, site.input_shapes[0][1])
        if word != "mask" or rank != 1:
            return None
        return Follow(((Past(layer.go_backwards), 0),)) if of_steps else All()

    return site.each_read(of)


def _begun(layer, number: int, of_steps: bool, steps: int | None, is_turned: bool = False) -> Link | None:
    """The link of a state to begin with; None where steps look through windows.

    A carry of the last cell feeds its own unit of the first step alone, and everything after that.
    """
    cell = layer.cell.cells[-1] if isinstance(layer.cell, StackedRNNCells) else layer.cell
    if hasattr(cell, "kernel_size"):
        return None
    if not isinstance(cell, LSTMCell) or number != len(nest.flatten(layer.state_size)) - 1:
        return All()
    own = Follow(((Keep(), 1 if of_steps else 0),))
    if steps == 1 or not of_steps:
        return own if steps == 1 else All()
    parts = ((own, 1), (All(), (steps or 2) - 1))
    return Beside(0, parts[::-1] if is_turned else parts)


def bidirectional(site: Site, link: Link, k: int, training: bool) -> Link | None:
    """The same for both directions; each begins with states of its own."""
    layer = site.layer
    both = (layer.forward_layer, layer.backward_layer)
    mine = link.of[k] if isinstance(link, Outputs) else link
    outputs = 1 if layer.merge_mode else 2
    begins = len(nest.flatten(layer.forward_layer.state_size))
    side = None if k == 0 and outputs == 1 else k if k < outputs else (k - outputs) // begins
    of_steps = layer.return_sequences and k < outputs

    def of(word: str, number: int, rank: int) -> Link | None:
        if word == "sequences":
            return mine.links[0] if isinstance(mine, Each) else mine
        if word == "initial_state":
            at, steps = number // begins, site.input_shapes[0][1]
            begun = _begun(both[at], number % begins, of_steps, steps, is_turned=at == 1)
            if begun is None:
                return None
            return _merged(layer, side, [begun, Nothing(rank)] if at == 0 else [Nothing(rank), begun], begun)
        if word != "mask" or rank != 1:
            return None
        ways = [Follow(((Past(inner.go_backwards, flipped=inner is both[1]), 0),)) for inner in both]
        return _merged(layer, side, list(ways), All()) if of_steps else All()

    return site.each_read(of)


def _merged(layer, side: int | None, ways: list[Link], otherwise: Link) -> Link:
    """The link of merged outputs from those of both directions.

    Args:
        side: which direction's output is meant, where they are not merged.
        otherwise: the link where both are added or multiplied.
    """
    if side is not None:
        return ways[side]
    if layer.merge_mode != "concat":
        return otherwise
    sizes = (inner.cell.output_size for inner in (layer.forward_layer, layer.backward_layer))
    return Beside(-1, tuple(zip(ways, sizes, strict=True)))
