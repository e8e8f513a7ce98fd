"""Uses: the products that one entry of a weight takes part in.

Below:  kernels.py knows the products of a layer.
Above:  trace.py, for `uses`.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from math import prod

from pellucid.errors import ArgumentError, ShapeError, UnknownNameError
from pellucid.xray.kernels import Kernel, known
from pellucid.xray.sites import Site

_MOST_PAIRS = 1_000_000


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
    kernel = known(site)
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
