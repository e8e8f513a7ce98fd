"""TraceNode: one layer of a trace, as a user looks at it.

Below:  sites.py knows the call, index_map.py the rule of a layer that rearranges.
Above:  trace.py holds one for each layer.
"""

from __future__ import annotations

import math

import torch

from pellucid.xray import index_map, sites, sums
from pellucid.xray.directory import Directory
from pellucid.xray.sites import Site


class TraceNode:
    """One layer of a trace.

    Attributes:
        path: its name, with those of the models around it in front.
        layer: the layer itself.
        inputs: paths of the layers whose outputs it reads.
    """

    def __init__(self, site: Site, directory: Directory, values: dict):
        self._site, self._values, self._directory = site, values, directory
        self.path, self.layer = site.path, site.layer
        self.inputs = tuple(directory.writer(number).path for number in site.reads)

    @property
    def input_shapes(self) -> list[tuple]:
        """With the batch axis; None for unknown sizes."""
        return [tuple(shape) for shape in self._site.input_shapes]

    @property
    def output_shapes(self) -> list[tuple]:
        """One for each output."""
        return [tuple(shape) for shape in self._site.output_shapes]

    @property
    def output_shape(self) -> tuple:
        """Of several outputs, the first's."""
        return self.output_shapes[0]

    @property
    def axes(self) -> tuple[str, ...]:
        """The names of the output's axes, batch first."""
        mapped = self.index_map()
        if mapped is not None and mapped.moved is not None:
            return ("batch", *(mapped.axes[axis] for axis in mapped.moved))
        return self._names(0)

    def axes_of(self, k: int) -> tuple[str, ...]:
        """The names of the axes of output number `k`."""
        return self.axes if k == 0 else self._names(k)

    def _names(self, k: int) -> tuple[str, ...]:
        """As the layer itself lays its output out; or where it does not say, as those around it do."""
        number = self._site.writes[k]
        data_format = getattr(self.layer, "data_format", None) or self._directory.data_format(number)
        return sites.axis_names(self.layer, self.output_shapes[k], data_format)

    @property
    def input_axes(self) -> tuple[str, ...]:
        """The names of the first input's axes."""
        layer = None if type(self.layer).__name__ == "Flatten" and len(self.input_shapes[0]) == 2 else self.layer
        data_format = getattr(layer, "data_format", None) or self._directory.data_format(self._site.reads[0])
        return sites.axis_names(layer, self.input_shapes[0], data_format)

    @property
    def params(self) -> int:
        """How many numbers its weights hold."""
        return sum(math.prod(weight.shape) for weight in getattr(self.layer, "weights", None) or ())

    @property
    def macs(self) -> int | None:
        """Multiply-adds for one sample, cells of padding counted; 0 without a kernel, None where unknown."""
        return sums.macs(self._site)

    @property
    def values(self) -> list[torch.Tensor | None]:
        """What it gave in this run, for each output; None without a run, or where it had no room."""
        return [self._values.get(number) for number in self._site.writes]

    @property
    def value(self) -> torch.Tensor | None:
        """Of several outputs, the first."""
        return self.values[0]

    @property
    def kind(self) -> str:
        """The name of its class."""
        return self._site.kind

    @property
    def is_told(self) -> bool:
        """Whether it says which places feed which; an input has nothing to say."""
        return self._site.is_input or all(self._site.link(k=k) is not None for k in range(len(self._site.writes)))

    def index_map(self) -> index_map.IndexMap | None:
        """Where each element goes, if the layer only rearranges; else None."""
        if len(self.input_shapes) != 1:
            return None
        link = self._site.link()
        return index_map.index_map(link, self.input_shapes[0][1:], self.output_shape[1:], self.input_axes[1:])

    def to_dict(self) -> dict:
        """Plain data, without the value."""
        mapped = self.index_map()
        return {
            "path": self.path, "kind": self.kind, "inputs": list(self.inputs),
            "input_shapes": list(map(list, self.input_shapes)), "output_shape": list(self.output_shape),
            "output_shapes": list(map(list, self.output_shapes)), "axes": list(self.axes), "params": self.params,
            "macs": self.macs, "index_map": None if mapped is None else mapped.to_dict(), "exact": self.is_told,
        }  # fmt: skip

    def __repr__(self):
        return f"<{self.kind} {self.path}: {self.input_shapes} -> {self.output_shape}>"
