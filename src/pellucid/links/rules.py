"""Rules: from indices along an output axis to indices along an input axis, and back.

Above:  algebra.py makes links of rules; each rule says its `sources` for one index, and that defines it: the
        other questions are answered by asking it, unless a rule knows a shorter way.
Kept true: cells of padding are no input, so an index that only padding feeds has no sources.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from pellucid.links.indices import Indices, clipped, compact


class Rule:
    """The parent of all rules. A sister says `sources`."""

    pace = Fraction(1)
    """Input cells to one step along the output."""

    def sources(self, i: int, n_in: int, n_out: int) -> Indices:
        """The input indices that feed the output index `i`."""
        raise NotImplementedError

    def all_sources(self, indices: Indices, n_in: int, n_out: int) -> Indices:
        """The input indices that feed any of these output indices."""
        if len(indices) == 1:
            return compact(self.sources(indices[0], n_in, n_out))
        return compact({j for i in indices for j in self.sources(i, n_in, n_out)})

    def targets(self, indices: Indices, n_in: int, n_out: int) -> Indices:
        """The output indices that any of these input indices feeds."""
        wanted = indices if isinstance(indices, range) else frozenset(indices)
        return compact(i for i in range(n_out) if any(j in wanted for j in self.sources(i, n_in, n_out)))

    def reach(self, first: int, last: int, n_in: int, n_out: int) -> tuple[int, int]:
        """First and last index that the outputs from `first` to `last` look at, as if the input had no ends."""
        inside = [min(max(i, 0), n_out - 1) for i in (first, last)]
        found = self.all_sources(range(inside[0], inside[1] + 1), n_in, n_out)
        return (found[0], found[-1]) if found else (0, -1)


@dataclass(frozen=True)
class Keep(Rule):
    """The same index; index 0 where the input has size 1 and is broadcast."""

    def sources(self, i: int, n_in: int, n_out: int) -> Indices:
        return (0,) if n_in == 1 else (i,)

    def all_sources(self, indices, n_in, n_out):
        return range(min(len(indices), 1)) if n_in == 1 else indices

    def targets(self, indices, n_in, n_out):
        return (range(n_out) if indices else range(0)) if n_in == 1 else indices

    def reach(self, first, last, n_in, n_out):
        return (0, 0) if n_in == 1 else (first, last)


@dataclass(frozen=True)
class Whole(Rule):
    """Every index; with groups, every index of the same group."""

    groups: int = 1
    pace = Fraction(0)

    def sources(self, i: int, n_in: int, n_out: int) -> Indices:
        if self.groups == 1:
            return range(n_in)
        group = i // (n_out // self.groups)
        size = n_in // self.groups
        return range(group * size, (group + 1) * size)

    def all_sources(self, indices, n_in, n_out):
        return self._in_groups(indices, n_out, n_in)

    def targets(self, indices, n_in, n_out):
        return self._in_groups(indices, n_in, n_out)

    def _in_groups(self, indices, n_from, n_to):
        """All indices on one side in the groups that these indices lie in on the other."""
        if self.groups == 1:
            return range(n_to if indices else 0)
        groups = {i // (n_from // self.groups) for i in indices}
        size = n_to // self.groups
        return compact(j for group in groups for j in range(group * size, (group + 1) * size))

    def reach(self, first, last, n_in, n_out):
        if self.groups > 1:
            return super().reach(first, last, n_in, n_out)
        return (0, n_in - 1)


@dataclass(frozen=True)
class Slide(Rule):
    """A window that moves over the input; cells of the padding are no input.

    `padding` is "valid", "same" (the smaller half in front) or "causal" (all in front).
    """

    size: int
    stride: int = 1
    dilation: int = 1
    padding: str = "valid"

    def before(self, n_in: int) -> int:
        """Cells of padding in front of the input."""
        reach = (self.size - 1) * self.dilation + 1
        if self.padding == "causal":
            return reach - 1
        if self.padding == "same":
            return max((-(-n_in // self.stride) - 1) * self.stride + reach - n_in, 0) // 2
        return 0

    def sources(self, i: int, n_in: int, n_out: int) -> Indices:
        first = i * self.stride - self.before(n_in)
        last = first + (self.size - 1) * self.dilation
        if first < 0:
            first += -(-(-first) // self.dilation) * self.dilation
        return range(first, min(last, n_in - 1) + 1, self.dilation)

    @property
    def pace(self):
        return Fraction(self.stride)

    def all_sources(self, indices, n_in, n_out):
        if len(indices) < 2 or not isinstance(indices, range):
            return super().all_sources(indices, n_in, n_out)
        first, last = self.reach(indices[0], indices[-1], n_in, n_out)
        step = indices.step * self.stride
        if self.size == 1:
            return clipped(range(first, last + 1, step), n_in)
        if step % self.dilation == 0 and self.size * self.dilation >= step:  # windows that leave no gap of their own
            return clipped(range(first, last + 1, self.dilation), n_in)
        return super().all_sources(indices, n_in, n_out)

    def reach(self, first, last, n_in, n_out):
        before = self.before(n_in)
        return (first * self.stride - before, last * self.stride - before + (self.size - 1) * self.dilation)


@dataclass(frozen=True)
class SlideBack(Rule):
    """The transposed convolution's window: the input cell j feeds the output cells ``j*stride + k*dilation - crop``."""

    size: int
    stride: int = 1
    dilation: int = 1
    crop: int = 0

    def sources(self, i: int, n_in: int, n_out: int) -> Indices:
        cells = (i + self.crop - k * self.dilation for k in range(self.size))
        return compact(
            cell // self.stride for cell in cells if cell % self.stride == 0 and 0 <= cell // self.stride < n_in
        )

    @property
    def pace(self):
        return Fraction(1, self.stride)

    def reach(self, first, last, n_in, n_out):
        return (
            -(-(first + self.crop - (self.size - 1) * self.dilation) // self.stride),
            (last + self.crop) // self.stride,
        )


@dataclass(frozen=True)
class Shift(Rule):
    """`before` more cells in front than the input has; fewer, where it is negative."""

    before: int

    def sources(self, i: int, n_in: int, n_out: int) -> Indices:
        return (i - self.before,) if 0 <= i - self.before < n_in else ()

    def all_sources(self, indices, n_in, n_out):
        return self._moved(indices, -self.before, n_in)

    def targets(self, indices, n_in, n_out):
        return self._moved(indices, self.before, n_out)

    def _moved(self, indices, by, size):
        if isinstance(indices, range):
            return clipped(range(indices.start + by, indices.stop + by, indices.step), size)
        return compact(i + by for i in indices if 0 <= i + by < size)

    def reach(self, first, last, n_in, n_out):
        return (first - self.before, last - self.before)


@dataclass(frozen=True)
class Repeat(Rule):
    """Each input cell stands `times` in a row."""

    times: int

    def sources(self, i: int, n_in: int, n_out: int) -> Indices:
        return (i // self.times,)

    @property
    def pace(self):
        return Fraction(1, self.times)

    def all_sources(self, indices, n_in, n_out):
        if isinstance(indices, range) and indices and indices.step <= self.times:
            return range(indices[0] // self.times, indices[-1] // self.times + 1)
        return super().all_sources(indices, n_in, n_out)

    def targets(self, indices, n_in, n_out):
        if isinstance(indices, range) and indices and indices.step == 1:
            return range(indices[0] * self.times, min((indices[-1] + 1) * self.times, n_out))
        return super().targets(indices, n_in, n_out)

    def reach(self, first, last, n_in, n_out):
        return (first // self.times, last // self.times)


@dataclass(frozen=True)
class Blend(Rule):
    """`times` points to each input cell, each drawn from the cells within `radius` of it (1: lines, 2: cubics).

    A point at the centre of a cell has that cell's value: there the others weigh nothing.
    """

    times: int
    radius: int

    def sources(self, i: int, n_in: int, n_out: int) -> Indices:
        # Distances from the point to cells, in units of 1/(2*times), so that they are whole numbers.
        unit = 2 * self.times
        point = 2 * i + 1 - self.times
        near = range(max(-(-point // unit) - self.radius, 0), min(point // unit + self.radius, n_in - 1) + 1)
        apart = {j: unit * j - point for j in near}
        return compact(j for j, far in apart.items() if far == 0 or (abs(far) < unit * self.radius and far % unit))

    @property
    def pace(self):
        return Fraction(1, self.times)


@dataclass(frozen=True)
class Adaptive(Rule):
    """The input in as many windows as the output has cells, which may overlap by one."""

    def sources(self, i: int, n_in: int, n_out: int) -> Indices:
        return range(i * n_in // n_out, -(-(i + 1) * n_in // n_out))


@dataclass(frozen=True)
class Past(Rule):
    """Every index that comes before, the same one included, in a walk along the input.

    Args:
        backwards: whether the walk begins at the end.
        flipped: whether the outputs lie in the opposite order to that of the walk.
    """

    backwards: bool = False
    flipped: bool = False

    def sources(self, i: int, n_in: int, n_out: int) -> Indices:
        walked = n_out - i if self.flipped else i + 1
        return range(n_in - walked, n_in) if self.backwards else range(walked)


@dataclass(frozen=True)
class Chosen(Rule):
    """For each output index, the input indices that feed it, by a table."""

    table: tuple[tuple[int, ...], ...]

    def sources(self, i: int, n_in: int, n_out: int) -> Indices:
        return self.table[i]
