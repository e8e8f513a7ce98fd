"""TraceNode: one layer of a trace, as a user looks at it.

Below:  sites.py knows the call, index_map.py the rule of a layer that rearranges.
Above:  trace.py holds one for each layer.
"""

from __future__ import annotations

import math

from pellucid.xray import index_map, sites
from pellucid.xray.sites import Site


class TraceNode:
    """One layer of a trace.

    Attributes:
        path: its name, with those of the models around it in front.
        layer: the layer itself.
        input_shapes, output_shape: with the batch axis; of several outputs, the first.
        inputs: paths of the layers whose outputs it reads.
        axes: the names of the output's axes.
        params: how many numbers its weights hold.
        macs: multiply-adds for one sample; None where unknown.
        value: what it gave in this run; None without one.
    """

    def __init__(self, site: Site, values: dict):
        self._site, self._values = site, values
        self.path, self.layer = site.path, site.layer
        self.inputs: tuple[str, ...] = ()
        self.input_shapes = [tuple(shape) for shape in site.input_shapes]
        self.output_shape = tuple(site.output_shapes[0])

    @property
    def axes(self) -> tuple[str, ...]:
        mapped = self.index_map()
        if mapped is not None and mapped.moved is not None:
            return ("batch", *(mapped.axes[axis] for axis in mapped.moved))
        return sites.axis_names(self.layer, self.output_shape)

    @property
    def input_axes(self) -> tuple[str, ...]:
        """The names of the first input's axes."""
        layer = None if type(self.layer).__name__ == "Flatten" and len(self.input_shapes[0]) == 2 else self.layer
        return sites.axis_names(layer, self.input_shapes[0])

    @property
    def params(self) -> int:
        return sum(math.prod(weight.shape) for weight in getattr(self.layer, "weights", None) or ())

    @property
    def macs(self) -> int | None:
        return sites.macs(self.layer, self.input_shapes, self.output_shape)

    @property
    def value(self):
        return self._values.get(self._site.writes[0])

    @property
    def kind(self) -> str:
        """The name of its class."""
        return "Input" if self._site.is_input else type(self.layer).__name__

    def index_map(self) -> index_map.IndexMap | None:
        """Where each element goes, if the layer only rearranges; else None."""
        if len(self.input_shapes) != 1:
            return None
        link = self._site.link()
        return index_map.index_map(link, self.input_shapes[0][1:], self.output_shape[1:], self.input_axes[1:])

    def to_dict(self) -> dict:
        """Plain data, without the value."""
        return {
            "path": self.path, "kind": self.kind, "input_shapes": [list(shape) for shape in self.input_shapes],
            "output_shape": list(self.output_shape), "axes": list(self.axes), "params": self.params, "macs": self.macs,
        }  # fmt: skip

    def __repr__(self):
        return f"<{self.kind} {self.path}: {self.input_shapes} -> {self.output_shape}>"
