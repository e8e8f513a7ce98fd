"""Decomposition: the products and the bias whose sum is a unit's value before its activation.

Below:  units.py says which sums a unit has, and the values that they read.
Above:  trace.py, for `decompose`.
Kept true: sums are made in float64, term by term, apart from the layer's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch

from pellucid.errors import ArgumentError
from pellucid.xray import plain
from pellucid.xray.parts import Piece, Unit, tensor_of
from pellucid.xray.sites import Site
from pellucid.xray.units import units_of


class Term(NamedTuple):
    """One product: the element read, the weight's index, and ``value = x * w``.

    Attributes:
        weight: the name of the weight.
        reads: what the element lies in: the layer's "input", or words for a value inside the layer.
    """

    place: tuple[int, ...]
    index: tuple[int, ...]  # type: ignore[assignment]  # hides tuple.index
    x: float
    w: float
    value: float
    weight: str = "kernel"
    reads: str = "input"


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
        part: of several sums of the unit the one that this is; "" where there is but one.
    """

    terms: list[Term]
    count: int
    rest: float
    bias: float
    total: float
    recorded: float
    output: float
    part: str = ""

    @property
    def residual(self) -> float:
        return self.recorded - self.total

    def to_dict(self) -> dict:
        """Plain data."""
        numbers = ("rest", "bias", "total", "recorded", "residual", "output")
        said = {word: plain.number(getattr(self, word)) for word in numbers}
        return {"terms": [_plain(term) for term in self.terms], "count": self.count, **said, "part": self.part}


def _plain(term: Term) -> dict:
    said = {word: plain.number(getattr(term, word)) for word in ("x", "w", "value")}
    return {"place": list(term.place), "index": list(term.index), **said, "weight": term.weight, "reads": term.reads}


def decompose(site: Site, k: int, place: tuple[int, ...], values: dict, top: int, part: str | None) -> Decomposition:
    """The terms of one unit's sum, for the first sample of a run.

    Args:
        k: of which output of the site.
        part: of several sums the one that is meant.

    Raises:
        ArgumentError: there are several sums and none is named, or no such sum.
        StateError: its values, or those of its input, were not kept.
        UnsupportedError: no layer whose terms are known.
    """
    if not isinstance(top, int) or top < 0:
        raise ArgumentError("`top` says how many terms are listed.", got=repr(top), expected="0 or more")
    found = units_of(site, k, place, values)
    unit = _chosen(site, found, part)
    return _summed(
        unit, top, float(values[site.writes[k]][(0, *place)]), next(w for w, one in found.items() if one is unit)
    )


def _chosen(site: Site, units: dict[str, Unit], part: str | None) -> Unit:
    if part is None and len(units) == 1:
        return next(iter(units.values()))
    if part in units:
        return units[part]
    names = [name for name in units if name]
    raise ArgumentError(
        f"A unit of '{site.path}' is made from {len(units)} sums." if part is None else f"'{site.path}' has no such sum.",
        got=f"part={part!r}", expected=", ".join(map(repr, names)) or "no `part`: there is but one",
        fix=f'part="{names[0]}"' if names else "decompose(at)",
    )  # fmt: skip


def _summed(unit: Unit, top: int, output: float, part: str) -> Decomposition:
    listed = [one for piece in unit.pieces for one in _terms(piece, top)]
    largest = sorted(listed, key=lambda term: -abs(term.value))[:top]
    products = sum(float(_products(piece)[2].sum()) for piece in unit.pieces)
    return Decomposition(
        terms=largest,
        count=sum(len(piece.terms) for piece in unit.pieces),
        rest=products - sum(term.value for term in largest),
        bias=unit.bias,
        total=products + unit.bias,
        recorded=unit.recorded,
        output=output,
        part=part,
    )


def _products(piece: Piece) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """All elements, weights and products of a piece, in float64."""
    reads, indices = [read for read, _ in piece.terms], [index for _, index in piece.terms]
    x, w = _picked(piece.value, reads), _picked(tensor_of(piece.param), indices) * piece.factor
    return x, w, x * w


def _terms(piece: Piece, top: int) -> list[Term]:
    x, w, products = _products(piece)
    order = products.abs().sort(descending=True, stable=True).indices[:top].tolist()
    found = []
    for k in order:
        place, index = piece.terms[k]
        found.append(Term(place, index, float(x[k]), float(w[k]), float(products[k]), piece.weight, piece.reads))
    return found


def _picked(tensor: torch.Tensor, places: list) -> torch.Tensor:
    if not places:
        return torch.zeros(0, dtype=torch.float64)
    return tensor[tuple(torch.tensor(places, device=tensor.device).T)].double().cpu()
