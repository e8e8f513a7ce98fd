"""Uses: the products that one entry of a weight takes part in.

Below:  sums.py knows the products of a layer.
Above:  trace.py, for `uses`.
"""

from __future__ import annotations

import operator

import torch

from pellucid import layers
from pellucid.errors import (
    ArgumentError,
    ArgumentTypeError,
    ShapeError,
    StateError,
    UnknownNameError,
    UnsupportedError,
    nearest,
)
from pellucid.xray.kernels import Place, Used
from pellucid.xray.sites import Site
from pellucid.xray.sums import weighing_of

_MOST_PAIRS = 1_000_000


class Uses:
    """The products that one weight entry takes part in, for one sample.

    Attributes:
        count: how many.
        reads, feeds: what the first and the second place of a pair lie in: the layer's "input" and "output", or words
            for a value inside the layer.
    """

    def __init__(self, used: Used, reads: str = "input", feeds: str = "output"):
        self._used, self.count = used, used.count
        self.reads, self.feeds = reads, feeds

    @property
    def pairs(self) -> list[tuple[Place, Place]]:
        """The place read and the place fed by each product, sorted.

        Raises:
            ArgumentError: more than a million.
        """
        if self.count > _MOST_PAIRS:
            raise ArgumentError(
                "That is too long a list.", got=f"{self.count} pairs", expected=f"{_MOST_PAIRS} at most"
            )
        return sorted(self._used.pairs())

    def __len__(self) -> int:
        return self.count

    def __repr__(self):
        return f"<Uses: {self.count} products of {self.reads} with {self.feeds}>"

    def to_dict(self) -> dict:
        """Plain data; without the pairs where there are too many to list."""
        said = {"count": self.count, "reads": self.reads, "feeds": self.feeds}
        if self.count > _MOST_PAIRS:
            return {**said, "pairs": None}
        return {**said, "pairs": [[list(a), list(b)] for a, b in self.pairs]}


def uses(site: Site, weight: str, index, value: torch.Tensor | None) -> Uses:
    """The products of one entry of a site's weight.

    Args:
        value: what the site read in the first sample of a run; None without one.

    Raises:
        UnsupportedError: no layer whose products are known.
        UnknownNameError: it multiplies nothing by a weight of this name.
        ShapeError: outside the weight.
        StateError: an Embedding, and there are no values.
    """
    weighing = weighing_of(site)
    if weighing is None and isinstance(site.layer, layers.Embedding):
        return _looked_up(site, weight, _entry(site, weight, index, site.layer.embeddings.shape), value)
    if weighing is None or not weighing.sums:
        raise UnsupportedError(
            f"'{site.path}' ({site.kind}) has no weighted sum whose products are known.",
            expected="a layer with kernels, such as Dense, Conv2D, LSTM or MultiHeadAttention",
        )
    names = [one.weight for one in weighing.sums]
    if weight not in names:
        raise _no_weight(site, weight, names)
    one = weighing.sums[names.index(weight)]
    used = one.products.uses_of(_entry(site, weight, index, one.products.shape))
    reads = one.reads if isinstance(one.reads, str) else "input" if len(site.reads) == 1 else f"input {one.reads}"
    return Uses(used, reads, one.feeds)


def _entry(site: Site, weight: str, index, shape) -> Place:
    try:
        entry = (operator.index(index),) if not isinstance(index, (tuple, list)) else tuple(map(operator.index, index))
    except TypeError:
        raise ArgumentTypeError(
            "An entry of a weight is named by whole numbers, one for each axis.", got=repr(index),
            expected=f"as many as in the shape {tuple(shape)}, such as {(0,) * len(shape)}",
        ) from None  # fmt: skip
    if len(entry) != len(shape) or not all(0 <= i < n for i, n in zip(entry, shape, strict=True)):
        raise ShapeError(
            f"'{site.path}/{weight}' has no entry {entry}.", got=entry, expected=f"below {tuple(shape)}, each from 0"
        )
    return entry


def _no_weight(site: Site, weight: str, names: list[str]) -> UnknownNameError:
    near = nearest(weight, names) or names[:1]
    return UnknownNameError(
        f"'{site.path}' multiplies no inputs by '{weight}'.", got=repr(weight), expected=", ".join(names),
        fix=f'"{site.path}/{near[0]}"',
    )  # fmt: skip


def _looked_up(site: Site, weight: str, index: Place, value: torch.Tensor | None) -> Uses:
    """The elements that read a row of a table; the products are with 1."""
    if weight != "embeddings":
        raise _no_weight(site, weight, ["embeddings"])
    if value is None:
        raise StateError(
            f"Which elements read row {index[0]} of '{site.path}', only values can tell.",
            fix="trace(model, x) with whole numbers",
        )
    found = [tuple(place) for place in (value == index[0]).nonzero().tolist()]
    return Uses(Used(len(found), lambda: ((place, (*place, index[1])) for place in found)))
