"""Products written with letters: sums along any axes, and weights that scale each element by itself.

Beside: kernels.py has the products of dense layers and convolutions; both kinds answer the same questions.
Above:  sums.py.
Kept true: an axis is a letter; an element, an entry and a unit that take part in one product agree on all letters they
           share.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable
from dataclasses import dataclass
from math import prod

from pellucid.xray.kernels import Index, Place, Used

Letters = tuple[Hashable, ...]


@dataclass(frozen=True)
class Einsum:
    """The products of an einsum of a value and a weight.

    Attributes:
        inputs, kernel, outputs: the letters of the axes of the value read, the weight and what comes out; no batch.
        sizes: of each letter, as pairs.
        name: of the weight.
        spread: axes of the weight with size 1 that serve all places.
    """

    inputs: Letters
    kernel: Letters
    outputs: Letters
    sizes: tuple[tuple[Hashable, int], ...]
    name: str = "kernel"
    spread: frozenset[int] = frozenset()

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the weight."""
        sizes = dict(self.sizes)
        return tuple(1 if k in self.spread else sizes[x] for k, x in enumerate(self.kernel))

    def met_by(self, place: Place) -> Index:
        """The entries that an element read meets."""
        return self._entries(dict(zip(self.inputs, place, strict=True)))

    def own_of(self, place: Place) -> Index:
        """The entries whose products are summed up at a place."""
        return self._entries(dict(zip(self.outputs, place, strict=True)))

    def _entries(self, known: dict) -> Index:
        sizes = dict(self.sizes)
        return tuple(
            0 if k in self.spread else known[x] if x in known else slice(0, sizes[x]) for k, x in enumerate(self.kernel)
        )

    def terms_of(self, place: Place) -> list[tuple[Place, Place]]:
        """The place read and the entry of each product summed up at a place."""
        return [
            (self._at(self.inputs, known), self._entry(known))
            for known in self._completed(dict(zip(self.outputs, place, strict=True)))
        ]

    def uses_of(self, index: Place) -> Used:
        """The products of one entry: the place read and the place fed."""
        known = {x: i for k, (x, i) in enumerate(zip(self.kernel, index, strict=True)) if k not in self.spread}

        def pairs():
            for complete in self._completed(known):
                yield self._at(self.inputs, complete), self._at(self.outputs, complete)

        return Used(prod(size for x, size in self.sizes if x not in known), pairs)

    @property
    def macs(self) -> int:
        """Multiplications for one sample."""
        return prod(size for _, size in self.sizes)

    def _completed(self, known: dict):
        """All ways to give a number to each letter."""
        free = [(x, range(size)) for x, size in self.sizes if x not in known]
        for numbers in itertools.product(*(indices for _, indices in free)):
            yield {**known, **dict(zip((x for x, _ in free), numbers, strict=True))}

    def _entry(self, known: dict) -> Place:
        return tuple(0 if k in self.spread else known[x] for k, x in enumerate(self.kernel))

    @staticmethod
    def _at(letters: Letters, known: dict) -> Place:
        return tuple(known[x] for x in letters)


def einsum(inputs: Letters, kernel: Letters, outputs: Letters, in_shape, shape, out_shape, name="kernel") -> Einsum:
    """The products of an equation in letters, with the sizes that shapes give them."""
    sizes = dict(zip(inputs, in_shape, strict=True)) | dict(zip(outputs, out_shape, strict=True))
    return Einsum(inputs, kernel, outputs, tuple((sizes | dict(zip(kernel, shape, strict=True))).items()), name)


def scale(name: str, shape, axes: list[int], in_shape) -> Einsum:
    """A weight that multiplies each element by itself.

    Args:
        shape: of the weight; 1 where one entry serves all places.
        axes: of the value, without the batch, one for each axis of the weight.
    """
    letters = tuple(range(len(in_shape)))
    spread = frozenset(k for k, (n, axis) in enumerate(zip(shape, axes, strict=True)) if n == 1 != in_shape[axis])
    return Einsum(letters, tuple(axes), letters, tuple(enumerate(in_shape)), name, spread)
