"""relayout: the same network in the other data format.

Below:  planning.py decides where each axis goes, rebuilding.py makes the network, training.py moves what training keeps.
Above:  the doors `pellucid.convert` and `pellucid convert`; torch/ and onnx/ work within one layout after it.
"""

from __future__ import annotations

from pellucid.convert.ledger import Ledger
from pellucid.convert.permutation import LAYOUTS
from pellucid.convert.planning import graph_of, plan
from pellucid.convert.rebuilding import Rebuilder
from pellucid.errors import ArgumentError


def relayout(model, data_format: str):
    """A new model that computes the same with its channels first, or last; the model given stays as it is.

    Maps of channels, those that go in and come out included, have their axes in the new order; all else that goes in
    and comes out is as it was. Weights follow: rows of a Dense behind a Flatten, vectors of a normalization on the way.
    Where no weight can take a move, a transpose stands, and the ledger says why.

    Args:
        model: a functional or sequential model that is built.
        data_format: "channels_first" or "channels_last".

    Returns:
        The new model, compiled like the old one, its optimizer's state moved along. ``new.ledger`` says what became
        of each weight.

    Raises:
        ArgumentError: another data format.
        UnsupportedError: a layer that cannot be moved; its name and the reason are told.
    """
    if data_format not in LAYOUTS:
        raise ArgumentError(
            "`data_format` says where channels lie.", got=repr(data_format), expected=" or ".join(map(repr, LAYOUTS)),
            fix='relayout(model, "channels_first")',
        )  # fmt: skip
    found = plan(model, data_format)
    rebuilder = Rebuilder(found)
    new = rebuilder.model(model)
    moves = rebuilder.fill()
    graph = graph_of(model)
    new.ledger = Ledger(
        source="channels_first" if data_format == "channels_last" else "channels_last",
        target=data_format,
        moves=tuple(moves),
        left=tuple(rebuilder.left),
        inputs=tuple(found.states[id(symbol)].arranged() for symbol in graph.inputs),
        outputs=tuple(_output(found, symbol) for symbol in graph.outputs),
        values={path: state.arranged() for path, state in found.values.items()},
    )
    return new


def _output(found, symbol):
    crossing = found.crossings.get((id(symbol), None))
    return (found.states[id(symbol)] if crossing is None else crossing.takes).arranged()
