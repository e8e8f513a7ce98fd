"""relayout: the same network in the other data format.

Below:  searching.py decides where each axis goes, rebuilding.py makes the network, training.py moves what training keeps.
Above:  the doors `pellucid.convert` and `pellucid convert`; torch/ and onnx/ work within one layout after it.
"""

from __future__ import annotations

from pellucid.convert.ledger import Ledger
from pellucid.convert.origin import remembered, returned
from pellucid.convert.permutation import LAYOUTS
from pellucid.convert.planning import Plan, data_format_of, graph_of
from pellucid.convert.rebuilding import Rebuilder
from pellucid.convert.searching import plan
from pellucid.convert.training import carry
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
    back = returned(model, data_format)
    if back is not None:
        new, pairs, ledger = back
        notes = carry(model, new, pairs, ledger.outputs)
        return _told(model, new, pairs, ledger.with_notes(*notes))
    found = plan(model, data_format)
    rebuilder = Rebuilder(found)
    new = rebuilder.model(model)
    pairs = rebuilder.fill()
    ledger = _ledger(model, found, rebuilder, pairs)
    notes = carry(model, new, pairs, ledger.outputs)
    return _told(model, new, pairs, ledger.with_notes(*notes))


def _told(old, new, pairs, ledger: Ledger):
    new.ledger = ledger
    new._origin = remembered(old, new, pairs)
    return new


def _ledger(model, found: Plan, rebuilder: Rebuilder, pairs) -> Ledger:
    graph = graph_of(model)
    return Ledger(
        source=data_format_of(model) or next(other for other in LAYOUTS if other != found.data_format),
        target=found.data_format,
        moves=tuple(pairs[id(weight)][1] for weight in model.weights),
        left=tuple(rebuilder.left),
        inputs=tuple(found.states[id(symbol)].arranged() for symbol in graph.inputs),
        outputs=tuple(found.output(symbol).arranged() for symbol in graph.outputs),
        values={path: state.arranged() for path, state in found.values.items()},
    )
