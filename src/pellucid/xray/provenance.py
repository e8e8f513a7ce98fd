"""Provenance: the answer to "where does this come from" and "what does this reach".

Below:  regions.py holds the sets.
Above:  trace.py makes them; report/ draws them.
Kept true: each answer says whether it is exact and what kind it is, and why.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import torch

from pellucid.errors import ArgumentError, StateError
from pellucid.xray.regions import Region
from pellucid.xray.walking import Walk

_MOST_PLACES = 1_000_000


@dataclass(frozen=True, eq=False)
class Provenance:
    """A set of places of one value, or of several inputs.

    Attributes:
        exact: whether it is the set itself and not a larger one.
        kind: "structural": what could reach; "active": what reaches for the values of this run.
        reason: why, in a sentence.
        batch: "same" sample, or "all" where samples are coupled.
        by_input: for each input or output that was asked about, its own part.
    """

    exact: bool
    kind: str
    reason: str
    batch: str = "same"
    by_input: dict[str, Provenance] = field(default_factory=dict)
    _region: Region | None = None
    _value: torch.Tensor | None = None

    @property
    def region(self) -> Region:
        """The set, for those who reckon with it.

        Raises:
            ArgumentError: there are several inputs.
        """
        if self._region is None:
            raise ArgumentError(
                "There are several values to speak of, and none was named.",
                got=", ".join(self.by_input),
                fix=f'to="{next(iter(self.by_input))}", or by_input["{next(iter(self.by_input))}"]',
            )
        return self._region

    @property
    def count(self) -> int:
        """How many elements of a sample."""
        return self.region.count

    @property
    def axes(self) -> list[list[int]] | None:
        """The sorted indices on each axis, where the set is all combinations of them; else None."""
        product = self.region.axes
        return None if product is None else [list(indices) for indices in product]

    @property
    def box(self) -> list[tuple[int, int]] | None:
        """Lowest and highest index on each axis, both inclusive; None if the set is empty."""
        hull = self.region.hull
        return None if hull is None else [(indices[0], indices[-1]) for indices in hull]

    @property
    def places(self) -> list[tuple[int, ...]]:
        """All places, sorted.

        Raises:
            ArgumentError: more than a million.
        """
        if self.count > _MOST_PLACES:
            raise ArgumentError(
                "That is too long a list.", got=f"{self.count} places", expected=f"{_MOST_PLACES} at most",
                fix=".axes, or .mask()",
            )  # fmt: skip
        return list(self.region)

    def mask(self) -> np.ndarray:
        """An array of bools of the value's shape, without the batch axis."""
        return self.region.as_mask().copy()

    def values(self, sample: int = 0):
        """The values at these places in one run, in the order of `places`.

        Raises:
            StateError: the trace has no values.
        """
        if self._value is None:
            raise StateError(
                "There are no values of this: it was not run, or they were not kept.", fix="trace(model, x)"
            )
        value = self._value[sample]
        return value[tuple(np.nonzero(self.region.as_mask()))] if value.ndim else value

    def __iter__(self) -> Iterator[tuple[int, ...]]:
        return iter(self.region)

    def __contains__(self, place) -> bool:
        return place in self.region

    def __len__(self) -> int:
        return self.count

    def __bool__(self) -> bool:
        return any(self.by_input.values()) if self._region is None else bool(self._region)

    def to_dict(self) -> dict:
        """Plain lists, numbers and strings."""
        said = {"exact": self.exact, "kind": self.kind, "reason": self.reason, "batch": self.batch}
        if self._region is None:
            return {**said, "by_input": {name: one.to_dict() for name, one in self.by_input.items()}}
        box = self.box
        return {
            **said, "count": self.count, "box": None if box is None else [list(one) for one in box], "axes": self.axes,
            "shape": list(self.region.shape),
        }  # fmt: skip

    def __repr__(self):
        if self._region is None:
            return f"<Provenance of {', '.join(self.by_input)}>"
        label = "" if self.exact else ", not exact"
        return f"<Provenance {self.count} of shape {self.region.shape}, {self.kind}{label}>"


def of_regions(regions: dict[str, tuple[Region, torch.Tensor | None]], **said) -> Provenance:
    """One answer about one or several values, each with the values of a run."""
    parts = {name: Provenance(**said, _region=region, _value=value) for name, (region, value) in regions.items()}
    only = next(iter(regions.values())) if len(regions) == 1 else (None, None)
    return Provenance(**said, by_input=parts, _region=only[0], _value=only[1])


def answer(walk: Walk, goals: dict[str, int], kind: str, measured: bool, shape_of, values: dict) -> Provenance:
    """What a walk found at each goal."""
    regions = {}
    for name, number in goals.items():
        region = walk.regions.get(number)
        regions[name] = (Region(shape_of(number)) if region is None else region, values.get(number))
    batch = "all" if walk.couplings else "same"
    return of_regions(regions, exact=not walk.opaque, kind=kind, reason=_reason(walk, kind, measured), batch=batch)


def _reason(walk: Walk, kind: str, measured: bool) -> str:
    said = []
    if measured:
        said.append(
            f"measured at these values, because {', '.join(walk.opaque)} does not say its links: no less than this"
        )
    elif walk.opaque:
        said.append(f"{', '.join(walk.opaque)} does not say its links: all of its input is taken")
    elif kind == "structural":
        said.append("the links of all layers between, composed")
    else:
        said.append("links composed, and of each maximum the one that won")
    if walk.couplings:
        said.append(f"{', '.join(walk.couplings)} couples the samples of a batch in training")
    return "; ".join(said)
