"""Regions: exact sets of places of one value, as products of index sets, unions of them, or a mask.

Below:  links/indices.py holds the set of indices along one axis.
Above:  following.py carries regions through links; provenance.py shows them.
Kept true: no region is larger or smaller than the set it stands for; a few products are kept apart, more become
           a mask, and a mask that is a product becomes one again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pellucid.links.indices import Indices, compact, contains, united

Product = tuple[Indices, ...]
_MOST_PRODUCTS = 8


@dataclass(frozen=True, eq=False)
class Region:
    """A set of places of a value.

    Attributes:
        shape: of the value, without the batch axis, every size known.
        products: their union is the set; none contains another.
        mask: the set as an array of bools, where it is no union of a few products; then `products` is empty.
    """

    shape: tuple[int, ...]
    products: tuple[Product, ...] = ()
    mask: np.ndarray | None = None

    @classmethod
    def whole(cls, shape) -> Region:
        """Every place."""
        return cls.of(tuple(shape), tuple(map(range, shape)))

    @classmethod
    def of(cls, shape, *products: Product) -> Region:
        """The union of these products."""
        kept: list[Product] = []
        for product in products:
            if all(len(indices) for indices in product):
                _join(kept, product)
        if len(kept) > _MOST_PRODUCTS:
            return cls.of_mask(cls(tuple(shape), tuple(kept)).as_mask())
        return cls(tuple(shape), tuple(kept))

    @classmethod
    def single(cls, shape: tuple[int, ...], product: Product) -> Region:
        """One product."""
        return cls(shape, (product,) if all(map(len, product)) else ())

    @classmethod
    def of_mask(cls, mask: np.ndarray) -> Region:
        """The places where a mask is true."""
        count = int(mask.sum())
        if not count:
            return cls(mask.shape)
        axes = _projections(mask)
        if math.prod(map(len, axes)) == count:
            return cls(mask.shape, (axes,))
        return cls(mask.shape, (), mask)

    def __bool__(self) -> bool:
        return bool(self.products) or self.mask is not None

    def __contains__(self, place) -> bool:
        if len(place) != len(self.shape):
            return False
        if self.mask is not None:
            return all(0 <= i < n for i, n in zip(place, self.shape, strict=True)) and bool(self.mask[tuple(place)])
        return any(all(i in indices for i, indices in zip(place, one, strict=True)) for one in self.products)

    def __iter__(self) -> Iterator[tuple[int, ...]]:
        return (tuple(map(int, place)) for place in np.argwhere(self.as_mask()))

    @property
    def count(self) -> int:
        """How many places."""
        if self.mask is None and len(self.products) < 2:
            return sum(math.prod(map(len, one)) for one in self.products)
        return int(self.as_mask().sum())

    @property
    def axes(self) -> Product | None:
        """The index set of each axis, where the region is one product of them."""
        if self.mask is not None or not self:
            return None
        if len(self.products) == 1:
            return self.products[0]
        again = Region.of_mask(self.as_mask())
        return again.products[0] if again.products else None

    @property
    def hull(self) -> Product | None:
        """For each axis every index that some place has; None if there is no place."""
        if self.mask is not None:
            return _projections(self.mask)
        if not self.products:
            return None
        hull = self.products[0]
        for one in self.products[1:]:
            hull = tuple(united(a, b) for a, b in zip(hull, one, strict=True))
        return hull

    def as_mask(self) -> np.ndarray:
        """An array of bools of the value's shape."""
        if self.mask is not None:
            return self.mask
        mask = np.zeros(self.shape, dtype=bool)
        for one in self.products:
            mask[np.ix_(*map(list, one)) if one else ()] = True
        return mask

    def __or__(self, other: Region) -> Region:
        if not other:
            return self
        if not self:
            return other
        if self.mask is None and other.mask is None:
            return Region.of(self.shape, *self.products, *other.products)
        return Region.of_mask(self.as_mask() | other.as_mask())


def _projections(mask: np.ndarray) -> Product:
    others = (tuple(k for k in range(mask.ndim) if k != axis) for axis in range(mask.ndim))
    return tuple(compact(np.flatnonzero(mask.any(axis=other)).tolist()) for other in others)


def _join(kept: list[Product], product: Product) -> None:
    """Add a product to others; one that differs from it on one axis alone becomes one with it."""
    for k, one in enumerate(kept):
        if _is_inside(product, one):
            return
        differ = [axis for axis, (a, b) in enumerate(zip(one, product, strict=True)) if not _is_same(a, b)]
        if len(differ) == 1:
            [axis] = differ
            del kept[k]
            _join(kept, (*one[:axis], united(one[axis], product[axis]), *one[axis + 1 :]))
            return
    kept[:] = [one for one in kept if not _is_inside(one, product)]
    kept.append(product)


def _is_inside(inner: Product, outer: Product) -> bool:
    return all(contains(b, a) for a, b in zip(inner, outer, strict=True))


def _is_same(a: Indices, b: Indices) -> bool:
    return len(a) == len(b) and (a == b or tuple(a) == tuple(b))
