"""The layers of a trace as plain data: shapes, names of axes, links, index maps, and how weights are met.

Below:  xray/ knows them; rules.py writes links.
Above:  content.py puts them beside values.
Kept true: nothing here depends on values, so every index that the page tells is the same with and without them.
"""

from __future__ import annotations

from pellucid.report import order
from pellucid.report.page.rules import link_data
from pellucid.report.page.weighing import weighing_data
from pellucid.xray import Trace, meetings
from pellucid.xray.index_map import IndexMap
from pellucid.xray.node import TraceNode


def network_data(followed: Trace) -> dict:
    """What the page must know to answer any address."""
    directory = followed._directory
    shapes = {k: shape for site in directory.sites for k, shape in zip(site.writes, site.output_shapes, strict=True)}
    return {
        "training": followed.training,
        "shapes": [list(shapes[number]) for number in range(len(shapes))],
        "inputs": list(directory.inputs.items()),
        "outputs": list(directory.outputs.values()),
        "names": list(directory.names.items()),
        "layers": [_layer_data(node, followed.training) for node in followed],
    }


def _layer_data(node: TraceNode, training: bool) -> dict:
    site = node._site
    mapped = node.index_map()
    said = {
        **node.to_dict(),
        "reads": list(site.reads),
        "writes": list(site.writes),
        "is_input": site.is_input,
        "passes_on": meetings.passes_on(site, training),
        "map": None if mapped is None else _map_data(mapped),
        **_links(site, training),
        **weighing_data(site),
        "activation": _activation(node.layer),
    }
    other = order.other_format(node)
    return said if other is None else {**said, "data_format": node.layer.data_format, "other_map": _map_data(other)}


def _links(site, training: bool) -> dict:
    """For each output its link, and whether that couples the samples of a batch."""
    found = [site.link(training, k) if site.reads else None for k in range(len(site.writes))]
    shapes = [shape[1:] for shape in site.input_shapes]
    return {
        "links": [
            None if link is None else link_data(link, shapes, shape[1:])
            for link, shape in zip(found, site.output_shapes, strict=True)
        ],
        "couples": [link is not None and training and link.couples_batch for link in found],
    }


def _map_data(mapped: IndexMap) -> dict:
    said = mapped.to_dict()
    return {**said, "axes": list(mapped.axes), "read": list(mapped.read), "moved": mapped.moved and list(mapped.moved)}


def _activation(layer) -> str | None:
    """The name of what happens after the sum, also in a layer that goes around another."""
    while hasattr(layer, "layer"):
        layer = layer.layer
    name = getattr(getattr(layer, "activation", None), "__name__", None)
    return None if name == "linear" else name
