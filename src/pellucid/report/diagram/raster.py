"""Raster: a figure as pixels, by pillow.

Below:  layout.py.
"""

from __future__ import annotations

import math

from pellucid.errors import MissingPackageError
from pellucid.report.diagram.colors import ARROW, FILLS, GROUP, INK, LINE, TITLE, TITLE_INK
from pellucid.report.diagram.layout import Bend, Figure, Placed, Point
from pellucid.report.diagram.metrics import FACT_SIZE, PADDING, TITLE_HEIGHT, TITLE_SIZE, Part

STEPS = 24  # straight pieces of a bend
TIP = 8.0  # length of an arrow's tip
MOST_PIXELS = 20_000  # of one side


def image(figure: Figure, dpi: float = 96):
    """The figure as pillow has it.

    Args:
        dpi: pixels in an inch; fewer where the image would be larger than files of images can be.

    Raises:
        MissingPackageError: pillow is not installed.
    """
    try:
        from PIL import Image, ImageDraw
    except ImportError as error:
        raise MissingPackageError(
            "Pictures made of pixels are drawn by pillow.",
            fix='pip install pillow  # or plot_model(model, to_file="model.svg")',
        ) from error
    scale = min(dpi / 96, MOST_PIXELS / max(figure.width, figure.height))
    size = (math.ceil(figure.width * scale), math.ceil(figure.height * scale))
    whole = Image.new("RGB", size, "#ffffff")
    _Pen(ImageDraw.Draw(whole), scale).draw(figure)
    return whole


class _Pen:
    """Draws at a scale."""

    def __init__(self, draw, scale: float):
        from PIL import ImageFont

        self._draw, self._scale = draw, scale
        self._fonts = {size: ImageFont.load_default(size * scale) for size in (TITLE_SIZE, FACT_SIZE)}

    def draw(self, figure: Figure) -> None:
        for box in figure.boxes:
            if box.is_group:
                self._group(box)
        for arrow in figure.arrows:
            self._arrow(arrow)
        for box in figure.boxes:
            if not box.is_group:
                self._box(box)

    def _group(self, box: Placed) -> None:
        self._rectangle(box.x, box.y, box.frame.width, box.frame.height, GROUP, LINE)
        self._text((box.x + PADDING, box.y + TITLE_HEIGHT / 2), box.frame.title, TITLE_SIZE, INK, "lm", is_bold=True)

    def _box(self, box: Placed) -> None:
        frame = box.frame
        self._rectangle(box.x, box.y, frame.width, TITLE_HEIGHT, TITLE, TITLE)
        middle = (box.x + frame.width / 2, box.y + TITLE_HEIGHT / 2)
        self._text(middle, frame.title, TITLE_SIZE, TITLE_INK, "mm", is_bold=True)
        for part in frame.parts:
            self._part(box, part)
        self._rectangle(box.x, box.y, frame.width, frame.height, None, TITLE)

    def _part(self, box: Placed, part: Part) -> None:
        fill, ink = FILLS[part.cell.tone]
        self._rectangle(box.x + part.x, box.y + part.y, part.width, part.height, fill, LINE)
        middle = (box.x + part.x + part.width / 2, box.y + part.y + part.height / 2)
        words = f"{part.cell.label}: {part.cell.value}" if part.cell.label else part.cell.value
        self._text(middle, words, FACT_SIZE, ink, "mm")

    def _arrow(self, bends: tuple[Bend, ...]) -> None:
        points = [_point(bend, step / STEPS) for bend in bends for step in range(STEPS + 1)]
        self._draw.line([self._scaled(point) for point in points], ARROW, max(1, round(1.5 * self._scale)))
        (bx, by), (x, y) = bends[-1][2], bends[-1][3]
        length = math.hypot(x - bx, y - by) or 1.0
        dx, dy = (x - bx) / length * TIP, (y - by) / length * TIP
        tip = [(x, y), (x - dx + dy / 2, y - dy - dx / 2), (x - dx - dy / 2, y - dy + dx / 2)]
        self._draw.polygon([self._scaled(point) for point in tip], ARROW)

    def _rectangle(self, x: float, y: float, width: float, height: float, fill, outline) -> None:
        corners = [self._scaled((x, y)), self._scaled((x + width, y + height))]
        self._draw.rectangle(corners, fill, outline, max(1, round(self._scale)))

    def _text(self, at: Point, text: str, size: int, ink: str, anchor: str, is_bold: bool = False) -> None:
        thick = self._scale * 0.3 if is_bold else 0
        self._draw.text(self._scaled(at), text, ink, self._fonts[size], anchor, stroke_width=thick, stroke_fill=ink)

    def _scaled(self, point: Point) -> Point:
        return point[0] * self._scale, point[1] * self._scale


def _point(bend: Bend, t: float) -> Point:
    """The point of a cubic curve at t, from 0 to 1."""
    weights = ((1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3)
    x, y = (sum(w * point[axis] for w, point in zip(weights, bend, strict=True)) for axis in (0, 1))
    return x, y
