"""Proof: what a comparison of two networks found, as plain data that prints.

Above:  proving.py makes one; `pellucid prove` sets its exit code by it.
Kept true: it says what was compared and how closely, also where all is well, and what the test could not have seen.
"""

from __future__ import annotations

import pathlib
from dataclasses import asdict, dataclass

from pellucid.report import proof as drawing
from pellucid.report.html import as_html
from pellucid.report.text import as_text


@dataclass(frozen=True)
class Round:
    """One comparison.

    Attributes:
        what: which weights and inputs.
        how: `==` in float32 or float64, or within a tolerance, and why.
        equal: whether all outputs agree.
        largest: the largest difference.
    """

    what: str
    how: str
    equal: bool
    largest: float


@dataclass(frozen=True)
class Control:
    """A conversion made wrong on purpose.

    Attributes:
        what: what was left undone.
        seen: whether the outputs then differ; if not, this test could not tell.
    """

    what: str
    seen: bool


@dataclass(frozen=True)
class Difference:
    """Where two networks part.

    Attributes:
        layer: the first layer that differs; "" where only outputs can be seen.
        place: of the first element that differs, batch first, as the first network lies.
        other_place: of the same element in the second network.
        values: what both give there.
        count, size: how many elements differ, of how many.
        cause: the likely cause.
    """

    layer: str
    place: tuple[int, ...]
    other_place: tuple[int, ...]
    values: tuple[float, float]
    count: int
    size: int
    cause: str


@dataclass(frozen=True)
class Proof:
    """Whether two networks are the same function; true or false as a condition.

    Attributes:
        names: of both.
        rounds: the comparisons made.
        controls: conversions made wrong on purpose.
        difference: where they part; None if they do not.
        notes: what else a reader should know.
    """

    names: tuple[str, str]
    rounds: tuple[Round, ...]
    controls: tuple[Control, ...] = ()
    difference: Difference | None = None
    notes: tuple[str, ...] = ()

    @property
    def equal(self) -> bool:
        """Whether every comparison held."""
        return all(one.equal for one in self.rounds)

    @property
    def is_exact(self) -> bool:
        """Whether one of them was by `==`."""
        return any(one.how.startswith("==") for one in self.rounds)

    @property
    def could_tell(self) -> bool:
        """Whether every wrong conversion was seen to differ."""
        return all(one.seen for one in self.controls)

    def __bool__(self) -> bool:
        return self.equal

    def parts(self) -> list:
        """What there is to draw."""
        return drawing.parts(self)

    def __str__(self) -> str:
        return as_text(self.parts(), width=100, is_unicode=False)

    def to_html(self, path=None) -> str:
        """A page of its own; written to a file where a path is given."""
        page = as_html(self.parts(), " and ".join(self.names))
        if path is not None:
            pathlib.Path(path).write_text(page, encoding="utf-8")
        return page

    def to_dict(self) -> dict:
        """Plain data."""
        return {"equal": self.equal, "could_tell": self.could_tell, **asdict(self)}
