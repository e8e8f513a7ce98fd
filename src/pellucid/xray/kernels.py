"""Kernels: which weight of a layer multiplies which input element into which output element.

Below:  the layers' arguments say how windows lie and channels are grouped.
Above:  meetings.py answers with this.
Kept true: one axis at a time; a layer is the product of its axes, so nothing here grows with the product of sizes.
           Cells of padding are no input and meet no weight.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import prod

from pellucid import layers, links
from pellucid.links import Indices, compact
from pellucid.xray.sites import Site

Place = tuple[int, ...]
Index = tuple[int | slice, ...]


@dataclass(frozen=True)
class Used:
    """The products of one entry of a weight: how many, and how to list them."""

    count: int
    pairs: Callable[[], Iterator[tuple[Place, Place]]]


def as_index(indices) -> int | slice:
    """Indices with even steps as one part of an index; a single one of several stays a number."""
    if len(indices) == 1:
        return indices[0]
    assert isinstance(indices, range)  # windows and strides have even steps
    return slice(indices.start, indices[-1] + 1, None if indices.step == 1 else indices.step)


@dataclass(frozen=True)
class Spatial:
    """One axis without channels: of its triples (input index, kernel index, output index).

    Attributes:
        rule: how a window lies; Keep where the layer treats each index alike, with no kernel axis.
    """

    rule: links.Keep | links.Slide | links.SlideBack
    n_in: int
    n_out: int

    @property
    def has_kernel(self) -> bool:
        """Whether the kernel has an axis for this one."""
        return not isinstance(self.rule, links.Keep)

    def _output(self, j: int, k: int) -> int | None:
        """Where the input cell `j` and the kernel cell `k` meet; None where nowhere."""
        if isinstance(self.rule, links.Keep):
            return j
        at = k * self.rule.dilation
        if isinstance(self.rule, links.SlideBack):
            i = j * self.rule.stride + at - self.rule.crop
            return i if 0 <= i < self.n_out else None
        i, rest = divmod(j + self.rule.before(self.n_in) - at, self.rule.stride)
        return i if rest == 0 and 0 <= i < self.n_out else None

    @property
    def _cells(self) -> range:
        return range(1) if isinstance(self.rule, links.Keep) else range(self.rule.size)

    def of_output(self, i: int) -> list[tuple[int, int]]:
        """(input index, kernel index) of each product that an output index sums up."""
        near = self.rule.sources(i, self.n_in, self.n_out)
        return [(j, k) for j in near for k in self._cells if self._output(j, k) == i]

    def of_input(self, j: int) -> Indices:
        """The kernel indices that an input index meets."""
        return compact(k for k in self._cells if self._output(j, k) is not None)

    def of_entry(self, k: int) -> list[tuple[int, int]]:
        """(input index, output index) of each product that a kernel index takes part in."""
        met = ((j, self._output(j, k)) for j in range(self.n_in))
        return [(j, i) for j, i in met if i is not None]


@dataclass(frozen=True)
class Channels:
    """The channels: of their products (input channel, last two kernel indices, output channel).

    Attributes:
        kind: "mixed": kernel (in / groups, out); "apart": (in, multiplier), each channel by itself;
            "back": (out, in), as transposed convolutions keep it.
    """

    kind: str
    n_in: int
    n_out: int
    groups: int = 1

    def of_output(self, u: int) -> list[tuple[int, tuple[int, int]]]:
        """(input channel, kernel indices) of each product that an output channel sums up."""
        if self.kind == "apart":
            c, m = divmod(u, self.n_out // self.n_in)
            return [(c, (c, m))]
        if self.kind == "back":
            return [(c, (u, c)) for c in range(self.n_in)]
        size = self.n_in // self.groups
        first = u // (self.n_out // self.groups) * size
        return [(first + a, (a, u)) for a in range(size)]

    def of_input(self, c: int) -> tuple[int | slice, int | slice]:
        """The kernel entries that an input channel meets, as an index of two parts."""
        if self.kind == "apart":
            return c, slice(0, self.n_out // self.n_in)
        if self.kind == "back":
            return slice(0, self.n_out), c
        group, a = divmod(c, self.n_in // self.groups)
        size = self.n_out // self.groups
        return a, slice(group * size, (group + 1) * size)

    def of_entry(self, a: int, b: int) -> tuple[int, int]:
        """The input and the output channel of a kernel entry."""
        if self.kind == "apart":
            return a, a * (self.n_out // self.n_in) + b
        if self.kind == "back":
            return b, a
        return b // (self.n_out // self.groups) * (self.n_in // self.groups) + a, b


@dataclass(frozen=True)
class Kernel:
    """The products of a dense layer or a convolution, axis by axis.

    Attributes:
        name: of the weight; its axes are those of the spatial axes that have one, then two for channels.
        channels_axis: where the channels lie, from 0 or -1, without the batch.
    """

    name: str
    shape: tuple[int, ...]
    spatial: tuple[Spatial, ...]
    channels: Channels
    channels_axis: int

    def split(self, place) -> tuple[tuple[int, ...], int]:
        """Spatial coordinates and channel of a place."""
        at = list(place)
        channel = at.pop(self.channels_axis)
        return tuple(at), channel

    def joined(self, spatial, channel: int) -> tuple[int, ...]:
        """The place of spatial coordinates and a channel."""
        at = list(spatial)
        at.insert(self.channels_axis if self.channels_axis >= 0 else len(at), channel)
        return tuple(at)

    def met_by(self, place) -> Index | None:
        """The entries that an element read meets; None if none."""
        spatial, channel = self.split(place)
        cells = [axis.of_input(j) for axis, j in zip(self.spatial, spatial, strict=True) if axis.has_kernel]
        if not all(len(one) for one in cells):
            return None
        return (*map(as_index, cells), *self.channels.of_input(channel))

    def own_of(self, place) -> Index | None:
        """The entries whose products are summed up at a place; None if none."""
        spatial, channel = self.split(place)
        pairs = zip(self.spatial, spatial, strict=True)
        cells = [compact(k for _, k in axis.of_output(i)) for axis, i in pairs if axis.has_kernel]
        entries = [entry for _, entry in self.channels.of_output(channel)]
        if not entries or not all(len(one) for one in cells):
            return None
        return (*map(as_index, cells), *(as_index(compact(entry[part] for entry in entries)) for part in (0, 1)))

    def terms_of(self, place) -> list[tuple[Place, Place]]:
        """The place read and the entry of each product summed up at a place."""
        spatial, channel = self.split(place)
        steps = [axis.of_output(i) for axis, i in zip(self.spatial, spatial, strict=True)]
        terms = []
        for around in itertools.product(*steps):
            cells = tuple(k for (_, k), axis in zip(around, self.spatial, strict=True) if axis.has_kernel)
            at = [j for j, _ in around]
            terms += [(self.joined(at, c), (*cells, *entry)) for c, entry in self.channels.of_output(channel)]
        return terms

    def uses_of(self, index: Place) -> Used:
        """The products of one entry: the place read and the place fed."""
        cells = iter(index)
        axes = tuple(tuple(axis.of_entry(next(cells) if axis.has_kernel else 0)) for axis in self.spatial)
        read, fed = self.channels.of_entry(*index[-2:])

        def pairs():
            for steps in itertools.product(*axes):
                yield self.joined([j for j, _ in steps], read), self.joined([i for _, i in steps], fed)

        return Used(prod(map(len, axes)), pairs)

    @property
    def macs(self) -> int:
        """Multiplications for one sample, those with cells of padding among them."""
        is_back = any(isinstance(axis.rule, links.SlideBack) for axis in self.spatial)
        return prod(axis.n_in if is_back else axis.n_out for axis in self.spatial) * prod(self.shape)


def kernel_of(site: Site) -> Kernel | None:
    """The products of a site's layer; None where it has no kernel, or one that is used in another way."""
    if not site.reads:
        return None
    return of_layer(site.layer, site.input_shapes[0][1:], site.output_shapes[0][1:])


def of_layer(layer, in_shape, out_shape) -> Kernel | None:
    """The same of a layer and its shapes, without the batch."""
    if type(layer) is layers.Dense:
        return dense("kernel", tuple(layer.kernel.shape), in_shape, out_shape)
    kind = next((kind for kind, classes in _KINDS.items() if isinstance(layer, classes)), None)
    if kind is None:
        return None
    at = 0 if layer.data_format == "channels_first" else len(in_shape) - 1
    shape, groups = tuple(layer.kernel.shape), getattr(layer, "groups", 1)
    return windows("kernel", shape, dict(layer.links().axes), in_shape, out_shape, at, kind, groups)


def dense(name: str, shape, in_shape, out_shape) -> Kernel:
    """A product along the last axis."""
    spatial = tuple(Spatial(links.Keep(), n, n) for n in in_shape[:-1])
    return Kernel(name, tuple(shape), spatial, Channels("mixed", in_shape[-1], out_shape[-1]), -1)


def windows(name: str, shape, rules: dict, in_shape, out_shape, at: int, kind: str = "mixed", groups=1) -> Kernel:
    """A convolution.

    Args:
        rules: for each axis of the input how windows lie; none for an axis without.
        at: the axis of the channels.
        kind, groups: see Channels.
    """
    spatial = tuple(
        Spatial(rules.get(k, links.Keep()), in_shape[k], out_shape[k]) for k in range(len(in_shape)) if k != at
    )
    return Kernel(name, tuple(shape), spatial, Channels(kind, in_shape[at], out_shape[at], groups), at)


_KINDS = {
    "back": (layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose),
    "apart": (layers.DepthwiseConv1D, layers.DepthwiseConv2D),
    "mixed": (layers.Conv1D, layers.Conv2D, layers.Conv3D),
}
