"""Meetings: which weights an element meets in the layers that read it, and which ones made it.

Below:  sums.py knows the products of a layer.
Above:  trace.py, for `weights`.
Kept true: weights are indexed in Keras's shape.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch

from pellucid import layers
from pellucid.errors import StateError
from pellucid.graph.variable import Variable
from pellucid.xray.directory import Directory
from pellucid.xray.following import forwards
from pellucid.xray.kernels import Index
from pellucid.xray.parts import Offset, Sum, entries, tensor_of
from pellucid.xray.regions import Region
from pellucid.xray.sites import Site
from pellucid.xray.sums import weighing_of


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

    param: Variable | torch.Tensor

    @classmethod
    def of(cls, path: str, name: str, param, index: Index) -> Meeting:
        """The entries of a layer's weight under an index."""
        made = cls(path, name, index, entries(index, param.shape))
        made.param = param
        return made

    @property
    def values(self) -> torch.Tensor:
        return tensor_of(self.param)[self.index]

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


def meetings(directory: Directory, values: dict, training: bool, number: int, place, only: str | None) -> Meetings:
    """What an element meets, in all layers that read it or in one alone, and what made it."""

    def read_by(site: Site):
        value = values.get(site.reads[0])
        return None if value is None else value[0]

    readers = [one for one in _readers(directory, training, number, place) if only in (None, one[0].path)]
    met = [one for site, k, there in readers for one in _met(site, k, there, read_by(site))]
    site = directory.writer(number)
    own = _own(site, site.writes.index(number), place, read_by(site)) if site.reads else []
    untold = dict.fromkeys(site.path for site, _, _ in readers if is_untold(site))
    return Meetings(met, own, list(untold))


def _readers(directory: Directory, training: bool, number: int, place) -> Iterator[tuple[Site, int, tuple[int, ...]]]:
    """The sites that do something with an element, as which of their inputs they read it, and its place there."""
    for site in directory.sites:
        for k, read in enumerate(site.reads):
            if read != number:
                continue
            if not passes_on(site, training):
                yield site, k, place
                continue
            shapes = [directory.shape_of(number)]
            region = Region.of(shapes[0], tuple((i,) for i in place))
            link = site.link()
            assert link is not None  # what passes on has one
            found = forwards(link, 0, region, shapes, directory.shape_of(site.writes[0]))
            yield from _readers(directory, training, site.writes[0], next(iter(found)))


def passes_on(site: Site, training: bool) -> bool:
    """Whether a site hands each element on as it is, so that who reads its output reads the input."""
    if type(site.layer) in (layers.Flatten, layers.Reshape, layers.Permute, layers.Identity):
        return True
    return isinstance(site.layer, layers.Dropout) and not training


def is_untold(site: Site) -> bool:
    """Whether a site multiplies what it reads by weights of which nothing is told here."""
    if looks_up(site):
        return False
    return weighing_of(site) is None and bool(getattr(site.layer, "weights", ()))


def _met(site: Site, k: int, place: tuple[int, ...], value) -> list[Meeting]:
    """What an element meets that a site reads as its input number `k`."""
    if looks_up(site):
        if value is None:
            raise StateError(
                f"Which row of '{site.path}' is read, only values can tell.", fix="trace(model, x) with whole numbers"
            )
        return [row_of(site, value, place, slice(0, site.layer.output_dim))]
    weighing = weighing_of(site)
    if weighing is None:
        return []
    met = [(one, one.products.met_by(place)) for one in weighing.sums if one.reads == k]
    return [Meeting.of(site.path, one.weight, one.param, index) for one, index in met if index is not None]


def _own(site: Site, k: int, place: tuple[int, ...], value) -> list[Meeting]:
    """The weights whose products and sums make an element of a site's output number `k`."""
    if looks_up(site):
        return [] if value is None else [row_of(site, value, place[:-1], place[-1])]
    weighing = weighing_of(site)
    if weighing is None:
        return []
    weights: list[Sum | Offset] = [*weighing.sums, *weighing.offsets]
    made = [(one, one.own(place, k)) for one in weights]
    return [Meeting.of(site.path, one.weight, one.param, index) for one, index in made if index is not None]


def looks_up(site: Site) -> bool:
    """Whether a site reads rows of a table."""
    return isinstance(site.layer, layers.Embedding) and weighing_of(site) is None


def row_of(site: Site, value, place: tuple[int, ...], columns: int | slice) -> Meeting:
    """The row of a table that an element reads, or a part of it."""
    return Meeting.of(site.path, "embeddings", site.layer.embeddings, (int(value[place]), columns))


def _plain(part):
    return part if isinstance(part, int) else [part.start, part.stop, part.step or 1]


def _written(part) -> str:
    if isinstance(part, int):
        return str(part)
    return f"{part.start}:{part.stop}" + (f":{part.step}" if part.step else "")
