"""The rule of a layer or operation: by its own link where that says all, by its family where weights or arguments count.

Below:  passing.py, pointwise.py, elements.py and mixing.py have the rules.
Above:  planning.py asks, for each call of a graph.
Kept true: only our own layers have rules; one that a user wrote sees its inputs as they were.
"""

from __future__ import annotations

import numpy as np

from pellucid import links
from pellucid.convert import weight_axes
from pellucid.convert.elements import Rearranging, Renaming, Repeating
from pellucid.convert.mixing import EachStep, Joining, Stepping, Summing
from pellucid.convert.operations import rule_of_operation
from pellucid.convert.passing import Call, Rule, Windows
from pellucid.convert.pointwise import Activated, Following, Noise, Pointwise, Scaling, Standardizing
from pellucid.layers import (
    RNN,
    Activation,
    ActivityRegularization,
    Bidirectional,
    Identity,
    Normalization,
    RepeatVector,
    Rescaling,
    SpatialDropout1D,
    StackedRNNCells,
    TimeDistributed,
    activation,
    merging,
)
from pellucid.layers.cells import DenseCell
from pellucid.layers.regularization import Noisy
from pellucid.xray import operators

_SCALING = ("Softmax", "UnitNormalization")
# Known to work on each place by itself; others that say so may hold numbers for some axes, or make masks of them.
_POINTWISE = (merging.Elementwise, activation.Elementwise, Noisy, ActivityRegularization, Identity)


def rule_of(call: Call, data_format: str) -> Rule:
    """The rule of a call, for a move to this data format."""
    layer = call.layer
    if getattr(type(layer), "function", None) is not None:
        return _of_operation(call)
    if not type(layer).__module__.startswith("pellucid.layers") or _takes_mask(call):
        return Rule()
    kind = type(layer).__name__
    if kind in weight_axes.ALONG:
        return Following()
    if kind in _SCALING:
        return Scaling()
    if isinstance(layer, Normalization) and len(layer.axis) == 1:
        return Standardizing()
    if kind == "Dense":
        return Summing()
    found = _around(call, data_format) if isinstance(layer, (TimeDistributed, Bidirectional, RNN)) else None
    if found is not None:
        return found
    if kind != "Flatten" and hasattr(layer, "rank") and "data_format" in layer.get_config():
        return Windows(data_format)
    return _of_layers_link(layer)


def _of_layers_link(layer) -> Rule:
    link = layer.links() if getattr(layer, "built", True) else None
    if isinstance(layer, RepeatVector):
        return Repeating()
    if isinstance(layer, Activation):
        return Pointwise() if isinstance(link, links.Same) else Activated() if link is not None else Rule()
    if isinstance(link, links.Same):
        # The steps that SpatialDropout1D drops together are its second axis, wherever that lies.
        is_plain = isinstance(layer, _POINTWISE) and not isinstance(layer, SpatialDropout1D)
        return Noise() if is_plain or _is_scalar(layer) else Rule()
    return _of_link(link)


def _is_scalar(layer) -> bool:
    return isinstance(layer, Rescaling) and np.ndim(layer.scale) == np.ndim(layer.offset) == 0


def _of_link(link) -> Rule:
    """Rules of layers that only move elements: their link is all there is to know."""
    if isinstance(link, links.Reshape):
        return Rearranging()
    if isinstance(link, links.Join):
        return Joining(link.axis)
    if isinstance(link, links.Follow) and all(isinstance(rule, links.Keep) for rule, _ in link.axes):
        places = [axis for _, axis in link.axes]
        if set(places) == set(range(len(places))):
            return Renaming(tuple(places.index(axis) for axis in range(len(places))))
    return Rule()


def _around(call: Call, data_format: str) -> Rule | None:
    layer = call.layer
    if isinstance(layer, TimeDistributed):
        inside = Call(
            layer.layer, tuple(s[1:] for s in call.in_shapes), tuple(s[1:] for s in call.out_shapes), node=call.node
        )
        return EachStep(rule_of(inside, data_format))
    walks = [layer.forward_layer, layer.backward_layer] if isinstance(layer, Bidirectional) else [layer]
    found = [getattr(walk, "cell", None) for walk in walks]
    cells = [cell.cells[0] if isinstance(cell, StackedRNNCells) else cell for cell in found]
    ours = all(isinstance(cell, DenseCell) and type(cell).__name__ in weight_axes.WORDS for cell in cells)
    return Stepping(cells) if ours else None


def _of_operation(call: Call) -> Rule:
    """A bare operation of a graph, such as ``x + y``."""
    named = rule_of_operation(call)
    if named is not None:
        return named
    constants = [x for x in call.node.arguments.args if getattr(x, "ndim", 0) and not hasattr(x, "_keras_history")]
    shapes = [(None, *shape) for shape in call.in_shapes]
    link = operators.link_of(call.layer, call.node.arguments, shapes, (None, *call.out_shapes[0]))
    if isinstance(link, links.Same):
        return Rule() if constants else Pointwise()
    return _of_link(link)


def _takes_mask(call: Call) -> bool:
    words = call.node.arguments.kwargs if call.node is not None else {}
    return any(word.endswith("mask") and value is not None for word, value in words.items())
