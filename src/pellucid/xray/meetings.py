"""Meetings: which weights an element meets, which elements a weight multiplies, and what a unit's sum is made of.

Below:  kernels.py knows the products of a layer.
Above:  trace.py, for `weights`, `uses` and `decompose`.
Kept true: weights are indexed in Keras's shape; sums are made in float64, term by term, apart from the layer's own.
"""

from __future__ import annotations

import copy
import itertools
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

import torch

from pellucid import activations, layers
from pellucid.errors import ArgumentError, ShapeError, StateError, UnknownNameError, UnsupportedError
from pellucid.graph.variable import Variable
from pellucid.links import compact
from pellucid.xray.kernels import Kernel, kernel_of
from pellucid.xray.sites import Site

_MOST_PAIRS = 1_000_000


class _Met(NamedTuple):
    layer: str
    weight: str
    index: tuple  # type: ignore[assignment]  # hides tuple.index, which nobody needs
    count: int  # type: ignore[assignment]  # hides tuple.count


class Meeting(_Met):
    """Entries of one weight that an element meets: ``(layer, weight, index, count)``.

    Attributes:
        index: ints and slices into the weight, in Keras's shape.
        param: the weight itself; `shape` and `values` are those of the entries.
    """

    param: Variable

    @classmethod
    def of(cls, path: str, name: str, param, index: tuple) -> Meeting:
        """The entries of a layer's weight under an index."""
        sizes = [
            1 if isinstance(one, int) else len(range(*one.indices(n)))
            for one, n in zip(index, param.shape, strict=True)
        ]
        made = cls(path, name, index, prod(sizes))
        made.param = param
        return made

    @property
    def values(self) -> torch.Tensor:
        return self.param.value.detach()[self.index]

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.values.shape)

    def to_dict(self) -> dict:
        """Plain data, without the values."""
        return {"layer": self.layer, "weight": self.weight, "index": list(map(_plain, self.index)), "count": self.count}

    def __str__(self):
        return f"{self.layer}.{self.weight}[{', '.join(map(_written, self.index))}]"


class Meetings(list):
    """The meetings of an element.

    Attributes:
        own: the weights of the unit that gave it.
        untold: paths of layers that weigh it too, in a way that is not told here.
    """

    def __init__(self, met: list[Meeting], own: list[Meeting], untold: list[str]):
        super().__init__(met)
        self.own = own
        self.untold = untold

    def to_dict(self) -> dict:
        """Plain data."""
        told = {"meetings": [one.to_dict() for one in self], "own": [one.to_dict() for one in self.own]}
        return {**told, "untold": self.untold}


def is_untold(site: Site) -> bool:
    """Whether a site multiplies what it reads by weights of which `met_by` knows nothing."""
    if isinstance(site.layer, layers.Embedding) or kernel_of(site) is not None:
        return False
    return any(len(weight.shape) > 1 for weight in getattr(site.layer, "weights", ()))


def met_by(site: Site, place: tuple[int, ...], value) -> list[Meeting]:
    """What an element that a site reads meets there."""
    if isinstance(site.layer, layers.Embedding):
        if value is None:
            raise StateError(
                f"Which row of '{site.path}' is read, only values can tell.", fix="trace(model, x) with whole numbers"
            )
        row = int(value[place])
        columns = slice(0, site.layer.output_dim)
        return [Meeting.of(site.path, "embeddings", site.layer.embeddings, (row, columns))]
    kernel = kernel_of(site)
    if kernel is None:
        return []
    spatial, channel = kernel.split(place)
    cells = [axis.of_input(j) for axis, j in zip(kernel.spatial, spatial, strict=True) if axis.has_kernel]
    if not all(len(one) for one in cells):
        return []
    index = (*map(_index, cells), *kernel.channels.of_input(channel))
    return [Meeting.of(site.path, kernel.name, site.layer.kernel, index)]


def own_of(site: Site, place: tuple[int, ...], value) -> list[Meeting]:
    """The weights whose products and sums make a unit."""
    if isinstance(site.layer, layers.Embedding):
        if value is None:
            return []
        return [Meeting.of(site.path, "embeddings", site.layer.embeddings, (int(value[place[:-1]]), place[-1]))]
    kernel = kernel_of(site)
    if kernel is None:
        return []
    spatial, channel = kernel.split(place)
    cells = [
        compact(k for _, k in axis.of_output(i))
        for axis, i in zip(kernel.spatial, spatial, strict=True)
        if axis.has_kernel
    ]
    entries = [entry for _, entry in kernel.channels.of_output(channel)]
    if not entries or not all(len(one) for one in cells):
        own = []
    else:
        last = (_index(compact(entry[part] for entry in entries)) for part in (0, 1))
        own = [Meeting.of(site.path, kernel.name, site.layer.kernel, (*map(_index, cells), *last))]
    if site.layer.bias is not None:
        own.append(Meeting.of(site.path, "bias", site.layer.bias, (channel,)))
    return own


def _index(indices) -> int | slice:
    """Indices with even steps as one part of an index; a single one of several stays a number."""
    if len(indices) == 1:
        return indices[0]
    assert isinstance(indices, range)  # windows and strides have even steps
    return slice(indices.start, indices[-1] + 1, None if indices.step == 1 else indices.step)


def _plain(part):
    return part if isinstance(part, int) else [part.start, part.stop, part.step or 1]


def _written(part) -> str:
    if isinstance(part, int):
        return str(part)
    return f"{part.start}:{part.stop}" + (f":{part.step}" if part.step else "")


# ---- one weight


@dataclass(frozen=True)
class Uses:
    """The products that one weight entry takes part in, for one sample.

    Attributes:
        count: how many.
        pairs: of the element read and the unit fed, sorted.
    """

    count: int
    _axes: tuple
    _kernel: Kernel
    _channels: tuple[int, int]

    @property
    def pairs(self) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
        """(input place, output place) of each product.

        Raises:
            ArgumentError: more than a million.
        """
        if self.count > _MOST_PAIRS:
            raise ArgumentError(
                "That is too long a list.", got=f"{self.count} pairs", expected=f"{_MOST_PAIRS} at most"
            )
        found = []
        for steps in itertools.product(*self._axes):
            read = self._kernel.joined([j for j, _ in steps], self._channels[0])
            found.append((read, self._kernel.joined([i for _, i in steps], self._channels[1])))
        return sorted(found)

    def __len__(self) -> int:
        return self.count

    def to_dict(self) -> dict:
        """Plain data."""
        return {"count": self.count, "pairs": [[list(a), list(b)] for a, b in self.pairs]}


def uses(site: Site, weight: str, index) -> Uses:
    """The products of one entry of a site's kernel.

    Raises:
        UnsupportedError: no layer whose products are known.
        UnknownNameError: another weight than its kernel.
        ShapeError: outside the kernel.
    """
    kernel = _known(site)
    if weight != kernel.name:
        raise UnknownNameError(
            f"'{site.path}' multiplies no inputs by '{weight}'.", got=repr(weight), expected=kernel.name
        )
    index = tuple(index)
    if len(index) != len(kernel.shape) or not all(0 <= i < n for i, n in zip(index, kernel.shape, strict=True)):
        raise ShapeError(f"'{site.path}/{weight}' has no entry {index}.", got=index, expected=f"below {kernel.shape}")
    cells = iter(index)
    axes = tuple(tuple(axis.of_entry(next(cells) if axis.has_kernel else 0)) for axis in kernel.spatial)
    return Uses(prod(map(len, axes)), axes, kernel, kernel.channels.of_entry(*index[-2:]))


def _known(site: Site) -> Kernel:
    kernel = kernel_of(site)
    if kernel is None:
        raise UnsupportedError(
            f"'{site.path}' ({type(site.layer).__name__}) is no weighted sum whose terms are known.",
            expected="Dense, Conv, DepthwiseConv or ConvTranspose",
        )
    return kernel


# ---- one unit


class Term(NamedTuple):
    """One product: the element read, the weight's index, and ``value = x * w``."""

    place: tuple[int, ...]
    index: tuple[int, ...]  # type: ignore[assignment]  # hides tuple.index
    x: float
    w: float
    value: float


@dataclass(frozen=True)
class Decomposition:
    """What a unit's value before its activation is made of.

    Attributes:
        terms: the largest products, largest magnitude first; `count` of them there are.
        rest: the sum of all other products.
        bias: the unit's bias; 0 where there is none.
        total: terms, rest and bias together.
        recorded: what the layer itself gives before its activation; `residual` is how far the total is from it.
        output: what it gave in this run, after its activation.
    """

    terms: list[Term]
    count: int
    rest: float
    bias: float
    total: float
    recorded: float
    output: float

    @property
    def residual(self) -> float:
        return self.recorded - self.total

    def to_dict(self) -> dict:
        """Plain data."""
        said = {
            word: getattr(self, word) for word in ("count", "rest", "bias", "total", "recorded", "residual", "output")
        }
        terms = [{**term._asdict(), "place": list(term.place), "index": list(term.index)} for term in self.terms]
        return {"terms": terms, **said}


def decompose(site: Site, place: tuple[int, ...], values: dict, top: int, sample: int = 0) -> Decomposition:
    """The terms of one unit's sum, for one sample of a run.

    Raises:
        StateError: its values, or those of its input, were not kept.
        UnsupportedError: no layer whose terms are known.
    """
    kernel = _known(site)
    read, written = values.get(site.reads[0]), values.get(site.writes[0])
    if read is None or written is None:
        raise StateError(f"The values around '{site.path}' were not kept.", fix='trace(model, x, values="all")')
    reads, indices = _terms(kernel, place)
    x, w = (_picked(tensor, at) for tensor, at in ((read[sample], reads), (site.layer.kernel.value.detach(), indices)))
    products = x * w
    order = products.abs().sort(descending=True, stable=True).indices[:top].tolist()
    terms = [Term(reads[k], indices[k], float(x[k]), float(w[k]), float(products[k])) for k in order]
    bias = 0.0 if site.layer.bias is None else float(site.layer.bias.value.detach()[kernel.split(place)[1]])
    summed = float(products.sum())
    return Decomposition(
        terms=terms,
        count=len(reads),
        rest=summed - sum(term.value for term in terms),
        bias=bias,
        total=summed + bias,
        recorded=float(_before_activation(site.layer, read[sample : sample + 1])[(0, *place)]),
        output=float(written[(sample, *place)]),
    )


def _terms(kernel: Kernel, place) -> tuple[list, list]:
    """The places read and the kernel's indices of each product of a unit."""
    spatial, channel = kernel.split(place)
    steps = [axis.of_output(i) for axis, i in zip(kernel.spatial, spatial, strict=True)]
    reads, indices = [], []
    for around in itertools.product(*steps):
        cells = tuple(k for (_, k), axis in zip(around, kernel.spatial, strict=True) if axis.has_kernel)
        at = [j for j, _ in around]
        for c, entry in kernel.channels.of_output(channel):
            reads.append(kernel.joined(at, c))
            indices.append((*cells, *entry))
    return reads, indices


def _picked(tensor: torch.Tensor, places: list) -> torch.Tensor:
    if not places:
        return torch.zeros(0, dtype=torch.float64)
    return tensor[tuple(torch.tensor(places).T)].double().cpu()


def _before_activation(layer, read: torch.Tensor) -> torch.Tensor:
    """What the layer gives with its activation left out."""
    plain = copy.copy(layer)
    object.__setattr__(plain, "activation", activations.linear)
    with torch.no_grad():
        return plain.call(read)


def passes_on(site: Site, training: bool) -> bool:
    """Whether a site hands each element on as it is, so that who reads its output reads the input."""
    if type(site.layer) in (layers.Flatten, layers.Reshape, layers.Permute, layers.Identity):
        return True
    return isinstance(site.layer, layers.Dropout) and not training
