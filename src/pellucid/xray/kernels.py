"""Kernels: which weight of a layer multiplies which input element into which output element.

Below:  the layers' arguments say how windows lie and channels are grouped.
Above:  meetings.py answers with this.
Kept true: one axis at a time; a layer is the product of its axes, so nothing here grows with the product of sizes.
           Cells of padding are no input and meet no weight.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from pellucid import layers, links
from pellucid.errors import UnsupportedError
from pellucid.links import Indices, compact
from pellucid.xray.sites import Site


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
    """A layer's products, axis by axis.

    Attributes:
        name: of the weight; its axes are those of the spatial axes that have one, then two for channels.
        channels_axis: where the channels lie, 0 or last, without the batch.
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

    @property
    def products(self) -> int:
        """How many multiplications one sample takes, those with padding left out."""
        pairs = prod(sum(len(axis.of_entry(k)) for k in axis._cells) for axis in self.spatial)
        return pairs * self.shape[-2] * self.shape[-1]


def kernel_of(site: Site) -> Kernel | None:
    """The products of a site's layer; None where it has no kernel, or one that is used in another way."""
    layer = site.layer
    if not site.reads:
        return None
    in_shape, out_shape = site.input_shapes[0][1:], site.output_shapes[0][1:]
    if type(layer) is layers.Dense:
        spatial = tuple(Spatial(links.Keep(), n, n) for n in in_shape[:-1])
        channels = Channels("mixed", in_shape[-1], out_shape[-1])
        return Kernel("kernel", tuple(layer.kernel.shape), spatial, channels, -1)
    kind = next((kind for kind, classes in _KINDS.items() if isinstance(layer, classes)), None)
    if kind is None:
        return None
    at = 0 if layer.data_format == "channels_first" else len(in_shape) - 1
    rules = dict(layer.links().axes)
    spatial = tuple(Spatial(rules[k], in_shape[k], out_shape[k]) for k in range(len(in_shape)) if k != at)
    channels = Channels(kind, in_shape[at], out_shape[at], getattr(layer, "groups", 1))
    return Kernel("kernel", tuple(layer.kernel.shape), spatial, channels, at)


_KINDS = {
    "back": (layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose),
    "apart": (layers.DepthwiseConv1D, layers.DepthwiseConv2D),
    "mixed": (layers.Conv1D, layers.Conv2D, layers.Conv3D),
}


def known(site: Site) -> Kernel:
    """The products of a site's layer.

    Raises:
        UnsupportedError: it is no weighted sum whose terms are known.
    """
    kernel = kernel_of(site)
    if kernel is None:
        raise UnsupportedError(
            f"'{site.path}' ({type(site.layer).__name__}) is no weighted sum whose terms are known.",
            expected="Dense, Conv, DepthwiseConv or ConvTranspose",
        )
    return kernel
