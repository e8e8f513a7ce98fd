"""Traced: a trace that shows itself.

Below:  xray/ has the trace, overview.py the parts of which it is drawn, text.py and html.py draw; page/ makes a page.
Above:  the door `pellucid.trace`.
"""

from __future__ import annotations

import os

from pellucid.report import overview
from pellucid.report.html import as_piece
from pellucid.report.page.document import write_page
from pellucid.report.text import as_text
from pellucid.xray import Trace, tracing


class ShownTrace(Trace):
    """A trace that prints as text, shows itself in notebooks, and makes a page."""

    def to_text(self, width: int = 80) -> str:
        """All layers, what each does, the values of the run in a few words, and what was left out.

        Args:
            width: characters to a line at most, 40 or more.
        """
        return as_text(overview.parts(self, width), width, is_unicode=False)

    def __str__(self) -> str:
        return self.to_text()

    def to_html(self, path: str | os.PathLike, max_mb: float = 5) -> None:
        """Write one HTML file, to be opened from disk, that follows any element of any layer.

        Args:
            max_mb: how large the file may be, in millions of bytes. Rules are always in it; values and weights as far as
                this goes, and the page says what it leaves out.
        """
        write_page(self, path, overview.parts(self), max_mb=max_mb)

    def _repr_html_(self) -> str:
        return as_piece(overview.parts(self))


def trace(
    model,
    x=None,
    *,
    training: bool = False,
    layers=None,
    values: str = "auto",
    max_bytes: float | None = 64e6,
) -> ShownTrace:
    """Follow a model's values, of one run or without any.

    Args:
        model: a model with a graph, a layer that knows its input's shape, or a shape without the batch axis, for what
            Flatten does to it.
        x: input values, batch first; None for shapes and rules alone.
        training: whether layers behave as in training.
        layers: names or paths of the layers whose values are kept; all if None.
        values: "auto" keeps what fits into `max_bytes`, "all" everything, "none" nothing but shapes.
        max_bytes: bytes of values to keep at most.

    Raises:
        StateError: the model has no graph yet, or the layer does not know its input's shape.
    """
    return tracing.trace(
        model, x, training=training, layers=layers, values=values, max_bytes=max_bytes, kind=ShownTrace
    )
