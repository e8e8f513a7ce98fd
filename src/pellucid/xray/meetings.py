"""Meetings: which weights an element meets in the layers that read it, and which ones made it.

Below:  kernels.py knows the products of a layer.
Above:  trace.py, for `weights`.
Kept true: weights are indexed in Keras's shape.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import NamedTuple

import torch

from pellucid import layers
from pellucid.errors import StateError
from pellucid.graph.variable import Variable
from pellucid.links import compact
from pellucid.xray.directory import Directory
from pellucid.xray.following import forwards
from pellucid.xray.kernels import kernel_of
from pellucid.xray.regions import Region
from pellucid.xray.sites import Site


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


def meetings(directory: Directory, values: dict, training: bool, number: int, place, only: str | None) -> Meetings:
    """What an element meets, in all layers that read it or in one alone, and what made it."""

    def read_by(site: Site):
        value = values.get(site.reads[0])
        return None if value is None else value[0]

    readers = [one for one in _readers(directory, training, number, place) if only in (None, one[0].path)]
    met = [one for reader, there in readers for one in met_by(reader, there, read_by(reader))]
    site = directory.writer(number)
    own = own_of(site, place, read_by(site)) if site.reads else []
    return Meetings(met, own, [reader.path for reader, _ in readers if is_untold(reader)])


def _readers(directory: Directory, training: bool, number: int, place) -> Iterator[tuple[Site, tuple[int, ...]]]:
    """The sites that do something with an element, and its place there."""
    for site in directory.sites:
        if number not in site.reads[:1]:
            continue
        if passes_on(site, training):
            shapes = [directory.shape_of(number)]
            region = Region.of(shapes[0], tuple((i,) for i in place))
            link = site.link()
            assert link is not None  # what passes on has one
            found = forwards(link, 0, region, shapes, directory.shape_of(site.writes[0]))
            yield from _readers(directory, training, site.writes[0], next(iter(found)))
        else:
            yield site, place


def passes_on(site: Site, training: bool) -> bool:
    """Whether a site hands each element on as it is, so that who reads its output reads the input."""
    if type(site.layer) in (layers.Flatten, layers.Reshape, layers.Permute, layers.Identity):
        return True
    return isinstance(site.layer, layers.Dropout) and not training
