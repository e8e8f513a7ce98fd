"""Sets of indices along one axis: a range where the steps are even, else a sorted tuple.

Above:  rules.py maps such sets along an axis; xray/regions.py makes products of them.
Kept true: sorted, each index once, steps above 0; so two equal sets of more than one index compare alike.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable

Indices = range | tuple[int, ...]


def compact(indices: Iterable[int]) -> Indices:
    """The set of these indices, as a range where their steps are even: ``compact([4, 0, 2])`` is ``range(0, 5, 2)``."""
    if isinstance(indices, range) and indices.step > 0:
        return indices
    found = sorted(set(indices))
    if not found:
        return range(0)
    step = found[1] - found[0] if len(found) > 1 else 1
    if (found[-1] - found[0]) == step * (len(found) - 1) and all(b - a == step for a, b in itertools.pairwise(found)):
        return range(found[0], found[-1] + 1, step)
    return tuple(found)


def clipped(indices: range, size: int) -> range:
    """The part of a range from 0 to below `size`: ``clipped(range(-3, 9, 2), 6)`` is ``range(1, 6, 2)``."""
    first = indices.start
    if first < 0:
        first += -(first // indices.step) * indices.step
    return range(first, min(indices.stop, size), indices.step)


def united(a: Indices, b: Indices) -> Indices:
    """All indices of both."""
    if contains(a, b):
        return a
    return b if contains(b, a) else compact({*a, *b})


def contains(a: Indices, b: Indices) -> bool:
    """Whether every index of `b` is one of `a`."""
    if isinstance(a, range) and isinstance(b, range) and a.step == 1:
        return not b or (bool(a) and a[0] <= b[0] and b[-1] <= a[-1])
    known = a if isinstance(a, range) else frozenset(a)
    return all(i in known for i in b)


def shared(a: Indices, b: Indices) -> Indices:
    """The indices that lie in both."""
    if isinstance(a, range) and isinstance(b, range) and a.step == b.step == 1:
        return range(max(a.start, b.start), max(min(a.stop, b.stop), max(a.start, b.start)))
    known = b if isinstance(b, range) else frozenset(b)
    return compact(i for i in a if i in known)
