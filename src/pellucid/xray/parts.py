"""Parts of a layer's arithmetic: weighted sums and offsets, each by the name of its weight.

Below:  kernels.py and einsums.py have the products.
Above:  sums.py and gates.py say which layer is made of which; units.py and recurrence.py bring the values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import prod

import torch

from pellucid.errors import StateError
from pellucid.graph.variable import Variable
from pellucid.xray.einsums import Einsum
from pellucid.xray.kernels import Index, Kernel, Place, Used
from pellucid.xray.sites import Site

Own = Callable[[Place, int], "Index | None"]
"""From a place of output number k to the entries that make it; None if none does."""


@dataclass(frozen=True)
class Steps:
    """The same products at each index of a first axis."""

    inner: Products
    count: int

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def shape(self) -> tuple[int, ...]:
        return self.inner.shape

    @property
    def macs(self) -> int:
        return self.count * self.inner.macs

    def met_by(self, place: Place) -> Index | None:
        return self.inner.met_by(place[1:])

    def own_of(self, place: Place) -> Index | None:
        return self.inner.own_of(place[1:])

    def terms_of(self, place: Place) -> list[tuple[Place, Place]]:
        return [((place[0], *read), index) for read, index in self.inner.terms_of(place[1:])]

    def uses_of(self, index: Place) -> Used:
        used = self.inner.uses_of(index)

        def pairs():
            for step in range(self.count):
                for read, fed in used.pairs():
                    yield (step, *read), (step, *fed)

        return Used(self.count * used.count, pairs)


Products = Kernel | Einsum | Steps


@dataclass(frozen=True)
class Sum:
    """Products of one weight, summed up.

    Attributes:
        weight: its name, with those of layers inside in front.
        param: the weight.
        reads: the number of the layer's input that it multiplies, or words for a value inside the layer.
        own: which entries make an element of an output.
        feeds: "output", or words for the sums inside the layer that it makes.
        is_multiplied: whether this counts among the layer's multiply-adds; a scale or slope does not.
    """

    weight: str
    param: object
    products: Products
    reads: int | str
    own: Own
    feeds: str = "output"
    is_multiplied: bool = True


@dataclass(frozen=True)
class Offset:
    """A weight that is added, or subtracted."""

    weight: str
    param: object
    own: Own


@dataclass(frozen=True)
class Weighing:
    """All sums and offsets of a layer.

    Attributes:
        more_macs: multiplications of values with values.
    """

    sums: tuple[Sum, ...]
    offsets: tuple[Offset, ...] = ()
    more_macs: int = 0

    @property
    def macs(self) -> int:
        """Multiplications for one sample."""
        return self.more_macs + sum(one.products.macs for one in self.sums if one.is_multiplied)

    def under(self, name: str) -> Weighing:
        """The same as parts of a layer that goes around."""
        return replace(
            self,
            sums=tuple(replace(one, weight=f"{name}/{one.weight}") for one in self.sums),
            offsets=tuple(replace(one, weight=f"{name}/{one.weight}") for one in self.offsets),
        )

    def at_each(self, steps: int) -> Weighing:
        """The same at each step of a first axis."""
        return Weighing(
            tuple(replace(one, products=Steps(one.products, steps), own=_behind(one.own)) for one in self.sums),
            tuple(replace(one, own=_behind(one.own)) for one in self.offsets),
            self.more_macs * steps,
        )


def _behind(own: Own) -> Own:
    return lambda place, k: own(place[1:], k)


def whole(param) -> Own:
    """Every entry makes every element."""
    index = tuple(slice(0, n) for n in param.shape)
    return lambda place, k: index


def entries(index: Index, shape) -> int:
    """How many entries an index names."""
    return prod(1 if isinstance(one, int) else len(range(*one.indices(n))) for one, n in zip(index, shape, strict=True))


def tensor_of(param) -> torch.Tensor:
    """The numbers of a weight; one in effect, such as with LoRA, is a tensor already."""
    return (param.value if isinstance(param, Variable) else param).detach()


# ---- with values


@dataclass(frozen=True)
class Piece:
    """Products of one weight with one value, summed up for a unit.

    Attributes:
        weight, param: the weight's name and itself.
        terms: the place read and the entry, of each product.
        value: what is read, of one sample.
        reads: words for it.
        factor: what all products are multiplied by, such as a gate's value.
    """

    weight: str
    param: object
    terms: list[tuple[Place, Place]]
    value: torch.Tensor
    reads: str = "input"
    factor: float = 1.0


@dataclass(frozen=True)
class Unit:
    """A sum: pieces and a bias, and what the layer itself gives for it."""

    pieces: tuple[Piece, ...]
    bias: float
    recorded: float


def check_agreement(site: Site, again: float, value: torch.Tensor, place: Place) -> None:
    """Raise unless what a layer gives when it is run again is what it gave in the recorded run, but for rounding.

    Raises:
        StateError: it is another number.
    """
    recorded = float(value[(0, *place)])
    if abs(again - recorded) <= max(1e-3, 8 * torch.finfo(value.dtype).eps) * max(abs(recorded), 1.0):
        return
    raise StateError(
        f"What '{site.path}' went through cannot be told from its input.", got=f"{again:.6g} when run again",
        expected=f"{recorded:.6g}, as it gave in this run", fix="trace(model, x), without training",
    )  # fmt: skip
