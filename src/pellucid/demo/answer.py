"""The answer: what Flatten does to a network's values, shown with those values, as parts.

Below:  places.py counts in row-major order; report/parts.py holds what comes out.
Kept true: every number shown was computed by the network; each claim about all of them is checked here first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pellucid.errors import StateError
from pellucid.places import flat_index, place
from pellucid.report.parts import Beside, Column, Gap, Grid, Heading, Paragraph, Part, Picture, Span, Table, Words

_ELLIPSIS = "…"


@dataclass(frozen=True)
class Seen:
    """One digit on its way through the network.

    Attributes:
        image: (height, width), from 0 to 1.
        label, guess: what it shows; what the network says, and how sure it is, from 0 to 1.
        pooled: (height, width, channels), what MaxPooling2D gave and Flatten was given.
        flat: (height * width * channels,), what Flatten gave.
        flat_of_first, plain_of_first: what Flatten("channels_first") and a plain reshape give when the
            same values lie as (channels, height, width).
    """

    image: np.ndarray
    label: int
    guess: int
    sureness: float
    pooled: np.ndarray
    flat: np.ndarray
    flat_of_first: np.ndarray
    plain_of_first: np.ndarray


def answer(seen: Seen) -> list[Part]:
    """The pages that show one digit before and after Flatten.

    Raises:
        StateError: the values do not lie where the rule says.
    """
    _check(seen)
    return [
        *_digit(seen),
        *_before(seen),
        *_after(seen),
        *_rule(seen),
        *_channels_first(seen),
        *_none(seen),
    ]


def _check(seen: Seen):
    height, width, channels = seen.pooled.shape
    for (h, w, c), value in np.ndenumerate(seen.pooled):
        last, first = (h * width + w) * channels + c, (c * height + h) * width + w
        if not (value == seen.flat[last] == seen.flat_of_first[last] == seen.plain_of_first[first]):
            raise StateError("A value does not lie where the rule says.", got=(h, w, c), expected=f"flat index {last}")


def _digit(seen: Seen) -> list[Part]:
    sureness = f"{seen.sureness:.1%}" if seen.sureness < 0.9995 else "over 99.9%"
    shade = tuple(tuple(float(x) for x in row) for row in seen.image)
    told = Paragraph(
        f"\n\nOne of the digits held out.\nIt shows a {seen.label}; the network reads a {seen.guess}\nand is {sureness} sure."
    )
    return [Gap(), Heading("The digit"), Gap(), Beside((Picture(shade), told))]


def _before(seen: Seen) -> list[Part]:
    height, width, channels = seen.pooled.shape
    dots = Paragraph("\n\n" + _ELLIPSIS)
    first, example, last = (
        Grid(_cells(seen.pooled[..., c]), title=Span(f"channel {c}", "faint"))
        for c in (0, example_place(seen)[2], channels - 1)
    )
    return [
        Gap(),
        Heading(f"Before Flatten: max-pooled values, {seen.pooled.shape} = height, width, channels"),
        Paragraph(
            f"Each of the {channels} filters left a map of {height} x {width} values. Place (0, 0) is at the top left."
        ),
        Gap(),
        Beside((first, dots, example, dots, last)),
    ]


def _cells(values: np.ndarray) -> tuple[tuple[Words, ...], ...]:
    """A map's values, its first place in bold."""
    cells = [[Span(f"{x:.4f}", "number") for x in row] for row in values]
    cells[0][0] = Span(cells[0][0].text, "strong")
    return tuple(map(tuple, cells))


def example_place(seen: Seen) -> tuple[int, int, int]:
    """A place in the middle of the row below the first, in the channel that answers strongest there."""
    inner = seen.pooled[1, 2, 1:-1]
    return (1, 2, 1 + int(inner.argmax()))


def _after(seen: Seen) -> list[Part]:
    height, width, channels = shape = seen.pooled.shape
    size = seen.pooled.size
    steps = [
        (0, "place (0, 0), channel 0"),
        (1, "the same place, channel 1"),
        (2, "and so on through the channels"),
        None,
        (channels - 1, f"the last of its {channels} channels"),
        (channels, "one place to the right: channel 0 again"),
        (channels + 1, ""),
        None,
        (width * channels - 1, "the end of the first row of places"),
        (width * channels, "one row down"),
        None,
        (size - 1, "the last"),
    ]
    rows = tuple((_ELLIPSIS,) * 4 + ("",) if one is None else _row(seen, shape, *one) for one in steps)
    columns = (
        Column("flat", "right"),
        Column("(h, w, c)"),
        Column("before", "right"),
        Column("after", "right"),
        Column(""),
    )
    return [
        Gap(),
        Heading(f"After Flatten: the same values, ({size},), and {size} = {height}*{width}*{channels}"),
        Gap(),
        Table(columns, rows, is_boxed=False),
    ]


def _row(seen: Seen, shape, flat: int, remark: str) -> tuple[Words, ...]:
    at = place(flat, shape)
    after = Span(f"{seen.flat[flat]:.4f}", "number")
    return (str(flat), str(at), Span(f"{seen.pooled[at]:.4f}", "number"), after, Span(remark, "faint"))


def _rule(seen: Seen) -> list[Part]:
    height, width, channels = shape = seen.pooled.shape
    h, w, c = at = example_place(seen)
    flat = flat_index(at, shape)
    return [
        Gap(),
        Heading("The rule"),
        Paragraph(
            f"   flat = (h*W + w)*C + c        here W = {width}, C = {channels}\n"
            f"   {at} lies at ({h}*{width} + {w})*{channels} + {c} = {flat}: "
            f"before {seen.pooled[at]:.4f}, after {seen.flat[flat]:.4f}"
        ),
        Gap(),
        Paragraph(
            f"So it is not {height}*{width} values per filter, one filter after the other. Flatten goes from place "
            f"to place, row by row, and takes all {channels} channels of a place together. Nothing is computed: "
            f"all {seen.pooled.size} values were compared with the rule, and each is the same, bit for bit."
        ),
    ]


def _channels_first(seen: Seen) -> list[Part]:
    height, width, channels = shape = seen.pooled.shape
    rows = []
    for flat in (0, 1, 2, height * width, channels):
        c, h, w = place(flat, (channels, height, width))
        moved = f"{seen.flat_of_first[flat]:.4f} {place(flat, shape)}"
        plain = f"{seen.plain_of_first[flat]:.4f} {(h, w, c)}"
        rows.append((str(flat), f"{seen.flat[flat]:.4f} {place(flat, shape)}", moved, plain))
    first = (channels, height, width)
    columns = (
        Column("flat", "right"),
        Column(f"channels_last\n{shape}\nFlatten()"),
        Column(f'channels_first\n{first}\nFlatten("channels_first")'),
        Column(f"channels_first\n{first}\nplain reshape"),
    )
    return [
        Gap(),
        Heading("What channels_first would change"),
        Paragraph(
            "The order in which the maps lie: (height, width, channels) is channels_last, as in TensorFlow; (channels, "
            "height, width) is channels_first, as in Theano and PyTorch. What lies at each flat index, with its "
            f"(h, w, c), when the same maps lie as {first}:"
        ),
        Gap(),
        Table(columns, tuple(rows), is_boxed=False),
        Gap(),
        Paragraph(
            'Flatten(data_format="channels_first") first moves the channels to the end, so the order stays. A plain '
            "reshape does not, and there it is one filter after the other: flat = (c*H + h)*W + w. A Dense layer "
            "trained on one order needs its rows moved for the other."
        ),
    ]


def _none(seen: Seen) -> list[Part]:
    return [
        Gap(),
        Heading("What the None is"),
        Paragraph(
            f"The number of digits that go through at once, the batch: unknown when the network is built, told by the "
            f"data when it runs. One digit made (None, {seen.flat.size}) into (1, {seen.flat.size}). Flatten never "
            f"touches this axis."
        ),
    ]
