"""What is told of a file: its age, its layers, its sizes, and what would be refused and why.

Below:  parts.py, text.py.
Above:  models/checking.py looks at files and fills this in; the command `pellucid check` shows it.
Kept true: plain data; nothing here opens a file.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from pellucid.report.parts import Column, Gap, Paragraph, Part, Span, Table
from pellucid.report.text import as_text

WIDTH = 80
_MOST_ROWS = 400


@dataclass(frozen=True)
class LayerTold:
    """A layer of a file: its place in the model, and the numbers that the file holds for it (None: not known)."""

    path: str
    class_name: str
    arrays: int | None
    values: int | None


@dataclass(frozen=True)
class Problem:
    """Why a file is refused as it stands: what it is about, and what to type."""

    message: str
    where: str | None = None
    fix: str | None = None


@dataclass(frozen=True)
class FileCheck:
    """All that a file says of itself; prints as text, and gives plain data.

    Attributes:
        kind: the format, in words.
        age: 1, 2 or 3: the Keras whose words its config is written in; None where it has none.
        version, backend, saved: as the writer told them.
        model: the model's class and name; None for weights alone.
        dtypes: arrays of each dtype.
        needs: the caller's names that it asks for.
        checksums: how many of its arrays carry one.
        problems: why it would be refused, once the names it needs are given.
    """

    path: str
    size_bytes: int
    kind: str
    age: int | None = None
    version: str | None = None
    backend: str | None = None
    saved: str | None = None
    model: str | None = None
    layers: tuple[LayerTold, ...] = ()
    arrays: int = 0
    values: int = 0
    weight_bytes: int = 0
    dtypes: tuple[tuple[str, int], ...] = ()
    optimizer: str | None = None
    optimizer_arrays: int = 0
    needs: tuple[str, ...] = ()
    checksums: int = 0
    problems: tuple[Problem, ...] = ()

    @property
    def opens(self) -> bool:
        """Whether it can be loaded as it stands."""
        return not self.needs and not self.problems

    def to_dict(self) -> dict:
        """Plain lists, numbers and strings."""
        return {**dataclasses.asdict(self), "dtypes": dict(self.dtypes), "opens": self.opens}

    def parts(self) -> list[Part]:
        """What there is to draw."""
        lines = [f"{word:<9}  {fact}" for word, fact in self._facts()]
        parts: list[Part] = [Paragraph(Span(self.path, "strong")), Paragraph("\n".join(lines))]
        if self.layers:
            parts += [Gap(), _table(self.layers)]
        for problem in self.problems:
            told = [problem.message]
            told += [f"  where     {problem.where}"] if problem.where else []
            told += [f"  fix       {problem.fix}"] if problem.fix else []
            parts += [Gap(), Paragraph("\n".join(told))]
        return parts

    def _facts(self):
        yield "format", f"{self.kind}, {_number(self.size_bytes)} bytes"
        told = [f"by Keras {self.version}" if self.version else "", f"on {self.backend}" if self.backend else ""]
        told += [f"at {self.saved.replace('@', ' ')}" if self.saved else ""]
        age = f" (words of Keras {self.age})" if self.age and not (self.version or "").startswith(str(self.age)) else ""
        yield "written", (" ".join(word for word in told if word) or "by whom is not told") + age
        if self.model:
            yield "model", f"{self.model}, {_count(len(self.layers), 'layer')}"
        dtypes = ", ".join(dtype if len(self.dtypes) == 1 else f"{count} {dtype}" for dtype, count in self.dtypes)
        yield (
            "weights",
            (
                f"{_count(self.arrays, 'array')}, {_number(self.values)} values, {_number(self.weight_bytes)} bytes"
                + (f", {dtypes}" if dtypes else "")
            ),
        )
        if self.optimizer:
            yield "optimizer", f"{self.optimizer}, {_count(self.optimizer_arrays, 'array')}"
        yield "integrity", f"all arrays read, {self.checksums or 'none'} of them against checksums of their own"
        yield "needs", f"of yours: {', '.join(self.needs)}" if self.needs else "nothing of yours"
        yield "opens", "yes" if self.opens else "with custom_objects={...}" if not self.problems else "no"

    def __str__(self) -> str:
        return as_text(self.parts(), width=WIDTH, is_unicode=False)


def _table(layers) -> Table:
    columns = (Column("Layer"), Column("Class"), Column("Arrays", "right"), Column("Values", "right"))
    rows: list[tuple] = [
        (told.path, Span(told.class_name, "kind"), _or_dash(told.arrays), _or_dash(told.values)) for told in layers
    ]
    if len(rows) > _MOST_ROWS:
        rows = [*rows[:_MOST_ROWS], (f"... {len(rows) - _MOST_ROWS} more", "", "", "")]
    return Table(columns, tuple(rows), is_boxed=False)


def _or_dash(count: int | None) -> str:
    return "-" if count is None else _number(count)


def _count(count: int, word: str) -> str:
    return f"{_number(count)} {word}{'' if count == 1 else 's'}"


def _number(count: int) -> str:
    return f"{count:,}"
