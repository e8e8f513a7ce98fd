"""Active: which inputs reached, for the values of one run; of a maximum, the one that won.

Below:  links say which inputs take part.
Above:  trace.py, for ``kind="active"``.
Kept true: among equals the first in row-major order wins, and of several inputs the first.
"""

from __future__ import annotations

import numpy as np

from pellucid.errors import StateError
from pellucid.links import Link, compact
from pellucid.xray.regions import Region
from pellucid.xray.sites import Site

_WINDOWS = ("MaxPooling", "GlobalMaxPooling", "AdaptiveMaxPooling")
_MERGES = {"Maximum": 1, "Minimum": -1}


def chooser(values: dict):
    """From a site and a region of its output to what was active; None where all that is linked counts.

    Raises:
        StateError: there are no values at all, or not those of a maximum's input.
    """
    if not values:
        raise StateError("What was active, only values can tell.", fix="trace(model, x)")

    def choose(site: Site, reached: Region, shapes) -> list[Region] | None:
        kind = type(site.layer).__name__
        sign = 1 if kind.rstrip("123D").startswith(_WINDOWS) else _MERGES.get(kind)
        link = site.link()
        if sign is None or link is None:
            return None
        missing = [read for read in site.reads if read not in values]
        if missing:
            raise StateError(
                f"The values that '{site.path}' chose from were not kept.", fix='trace(model, x, values="all")'
            )
        return _winners(link, reached, shapes, [sign * values[read][0].cpu().numpy() for read in site.reads])

    return choose


def _winners(link: Link, reached: Region, shapes, inputs: list[np.ndarray]) -> list[Region]:
    masks = [np.zeros(shape, dtype=bool) for shape in shapes]
    for place in reached:
        best = None
        for k, box in enumerate(link.sources(place, shapes, reached.shape)):
            if box is None:
                continue
            axes = [list(compact(indices)) for indices in box]
            window = inputs[k][np.ix_(*axes)]
            winner = np.unravel_index(int(window.argmax()), window.shape)
            if best is None or window[winner] > best[0]:
                best = (window[winner], k, tuple(indices[i] for indices, i in zip(axes, winner, strict=True)))
        if best is not None:
            masks[best[1]][best[2]] = True
    return [Region.of_mask(mask) for mask in masks]
