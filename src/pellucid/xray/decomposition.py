"""Decomposition: the products and the bias whose sum is a unit's value before its activation.

Below:  kernels.py knows the products of a layer.
Above:  trace.py, for `decompose`.
Kept true: sums are made in float64, term by term, apart from the layer's own.
"""

from __future__ import annotations

import copy
import itertools
from dataclasses import dataclass
from typing import NamedTuple

import torch

from pellucid import activations
from pellucid.errors import StateError
from pellucid.xray.kernels import Kernel, known
from pellucid.xray.sites import Site


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
    kernel = known(site)
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
