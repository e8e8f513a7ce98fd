"""Drawing: a diagram into a file, by the kind of file.

Below:  layout.py places, svg.py and raster.py draw.
Above:  dot.py, plotting.py.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from pellucid.errors import ArgumentError
from pellucid.report.diagram import raster, svg
from pellucid.report.diagram.boxes import Diagram
from pellucid.report.diagram.layout import figure

PIXELS = ("png", "jpg", "jpeg", "gif", "bmp", "webp", "pdf", "tiff")
KINDS = ("svg", "html", "dot", *PIXELS)


def write(diagram: Diagram, path, kind: str, rankdir: str, dpi: float, dot: Callable[[], str]) -> None:
    """Draw into a file.

    Args:
        dot: gives the text of Graphviz.

    Raises:
        ArgumentError: an unknown kind of file.
        MissingPackageError: pixels without pillow.
    """
    kind = kind.lower()
    if kind not in KINDS:
        raise ArgumentError("Unknown kind of picture.", got=repr(kind), expected=", ".join(KINDS), fix='"model.svg"')
    if kind in PIXELS:
        name = {"jpg": "jpeg"}.get(kind, kind)
        raster.image(figure(diagram, rankdir), dpi).save(path, format=name, dpi=(dpi, dpi), resolution=dpi)
        return
    texts: dict[str, Callable[[], str]] = {
        "svg": lambda: as_svg(diagram, rankdir),
        "html": lambda: svg.html(figure(diagram, rankdir), diagram.name),
        "dot": dot,
    }
    with open(os.fspath(path), "w", encoding="utf-8") as file:
        file.write(texts[kind]())


def as_svg(diagram: Diagram, rankdir: str) -> str:
    """The diagram as SVG."""
    return svg.svg(figure(diagram, rankdir))
