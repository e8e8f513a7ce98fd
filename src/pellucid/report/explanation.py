"""Explanation: what one layer does, and where one of its elements comes from, as text or as plain data.

Below:  xray/ answers; text.py draws, page/ makes a page.
Above:  the door `pellucid.explain`.
Kept true: every number comes from the trace; nothing is reckoned while drawing.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from pellucid import places
from pellucid.errors import ShapeError
from pellucid.report import drawing, element, order, overview, whole
from pellucid.report.html import as_piece
from pellucid.report.page.document import write_page
from pellucid.report.parts import Gap, Paragraph, Part
from pellucid.report.text import as_text
from pellucid.report.traced import trace
from pellucid.xray import Trace
from pellucid.xray.node import TraceNode

WIDTH = 80


def explain(obj, at=None, *, x=None, to=None) -> Explanation:
    """What a layer does with its values, and where an element of it comes from.

    Args:
        obj: a model, a layer that knows its input's shape, a Trace, or a shape without the batch axis, for what
            Flatten does to it.
        at: an address, such as ``("flatten", 5)`` or ``"conv[0,3,2]"``; of a layer or shape a flat index or place
            alone will do. None for the whole.
        x: input values, batch first.
        to: how far back to follow: the name of an input or of a layer before; all inputs if None.

    Raises:
        UnknownNameError, ShapeError: no such address.

    ``print(explain(model, at=("flatten", 5), x=x))`` shows it.
    """
    followed = obj if isinstance(obj, Trace) else trace(obj, x)
    if at is None and len(followed) > 2:
        return Explanation(followed)
    node = followed.layers[-1] if at is None else followed[followed.address(at).path]
    place = None if at is None else followed.address(at).place
    return Explanation(followed, node, place, at, to)


@dataclass(frozen=True)
class Explanation:
    """An answer: prints as text, shows itself in notebooks, makes a page, and gives plain data.

    Attributes:
        trace: what it was taken from.
        node: the layer that it is about; None for all of them.
        place: of the element that it is about; None for the whole layer.
    """

    trace: Trace
    node: TraceNode | None = None
    place: tuple[int, ...] | None = None
    at: object = None
    to: str | None = None

    def parts(self) -> list[Part]:
        """What there is to draw."""
        if self.node is None:
            return overview.parts(self.trace, WIDTH)
        lines = [*_head(self.node), *order.rule(self.node)]
        grid = order.grid(self.node, self.place)
        parts: list[Part] = [Paragraph("\n".join(lines))]
        if grid:
            parts += [Gap(), Paragraph("\n".join(grid))]
        if self.place is None:
            parts += [*([Gap()] if grid else []), Paragraph("\n".join(whole.told(self.trace, self.node)))]
        else:
            told = element.told(self.trace, self.node, self.place, self.at, self.to)
            parts += [*([] if grid else [Gap()]), Paragraph("\n".join(told))]
        otherwise = order.otherwise(self.node, self.place)
        if otherwise:
            parts += [Gap(), Paragraph("\n".join(otherwise))]
        return parts

    def drawing(self) -> list[Part]:
        """The same for where tables can be drawn."""
        if self.node is None:
            return overview.parts(self.trace)
        return drawing.parts(self.trace, self.node, self.place, self.at, self.to)

    def __str__(self) -> str:
        return as_text(self.parts(), width=WIDTH, is_unicode=False)

    def _repr_html_(self) -> str:
        return as_piece(self.drawing())

    def to_html(self, path: str | os.PathLike, max_mb: float = 5) -> None:
        """Write one HTML file, to be opened from disk, that shows this first and follows any other element too.

        Args:
            max_mb: how large the file may be, in millions of bytes.
        """
        write_page(self.trace, path, self.drawing(), at=self.at, to=self.to, max_mb=max_mb)

    def to_dict(self) -> dict:
        """Plain lists, numbers and strings."""
        if self.node is None:
            return self.trace.to_dict()
        mapped = self.node.index_map()
        said: dict = {"layer": self.node.to_dict(), "index_map": None if mapped is None else mapped.to_dict()}
        if self.place is not None:
            said |= {"place": list(self.place), "flat": self._flat()}
            said |= element.facts(self.trace, self.node, self.place, self.at, self.to)
        return said

    def _flat(self) -> int | None:
        assert self.node is not None and self.place is not None  # asked of an element alone
        shape = self.node.output_shapes[self.trace.address(self.at).output]
        try:
            return places.flat_index(self.place, shape[1:])
        except (TypeError, ShapeError):
            return None  # a size is unknown


def _head(node: TraceNode) -> list[str]:
    shapes = " + ".join(map(str, node.input_shapes))
    what = f"{shapes} -> {node.output_shape}" if shapes else f"{node.output_shape}"
    weights = f"{node.params:,} weights" if node.params else "no weights"
    kept = "; values unchanged" if node.index_map() is not None else ""
    return order.fitted([f"{node.path} ({node.kind})", what, weights + kept], (3, 4), WIDTH)
