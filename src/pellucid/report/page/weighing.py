"""How a layer's weights are met, as plain data: which entries an element meets, and which make one.

Below:  xray/sums.py tells the sums and offsets of a layer.
Above:  layers.py; script/weighing.js reads what is written here.
Kept true: products are written as they are. Which entries make an element, a function tells: where it is no more than the
           products say, the page asks those; else it is written down axis by axis, for each part of such an index
           depends on one coordinate alone.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import asdict

from pellucid.errors import UnsupportedError
from pellucid.xray.einsums import Einsum
from pellucid.xray.kernels import Kernel
from pellucid.xray.meetings import is_untold, looks_up
from pellucid.xray.parts import Products, Steps
from pellucid.xray.sites import Site
from pellucid.xray.sums import weighing_of

_PROBES = 3


def weighing_data(site: Site) -> dict:
    """What the page must know of a layer's weights."""
    if looks_up(site):
        return {"rows": site.layer.output_dim, "is_untold": False}
    weighing = weighing_of(site)
    said: dict = {"is_untold": bool(site.reads) and is_untold(site)}
    if weighing is None:
        return said
    shapes = [tuple(shape[1:]) for shape in site.output_shapes]
    sums = [
        {
            "weight": one.weight,
            "reads": one.reads if isinstance(one.reads, int) else None,
            "is_multiplied": one.is_multiplied,
            "products": _products(one.products),
            "own": [_own(one.own, one.products, shape, k) for k, shape in enumerate(shapes)],
        }
        for one in weighing.sums
    ]
    offsets = [
        {"weight": one.weight, "own": [_own(one.own, None, shape, k) for k, shape in enumerate(shapes)]}
        for one in weighing.offsets
    ]
    return {**said, "sums": sums, "offsets": offsets}


def plain_index(index) -> list:
    """An index as numbers and lists of first, stop and step."""
    return [part if isinstance(part, int) else [part.start, part.stop, part.step or 1] for part in index]


# ---- products


def _products(products: Products) -> dict:
    if isinstance(products, Steps):
        return {"is": "Steps", "inner": _products(products.inner)}
    if isinstance(products, Einsum):
        letters = {letter: str(k) for k, (letter, _) in enumerate(products.sizes)}
        written = {word: [letters[one] for one in getattr(products, word)] for word in ("inputs", "kernel", "outputs")}
        sizes = {letters[letter]: int(size) for letter, size in products.sizes}
        return {"is": "Einsum", **written, "sizes": sizes, "spread": sorted(products.spread)}
    return _kernel(products)


def _kernel(kernel: Kernel) -> dict:
    spatial = [
        {"rule": {"is": type(axis.rule).__name__, **asdict(axis.rule)}, "n_in": axis.n_in, "n_out": axis.n_out}
        for axis in kernel.spatial
    ]
    channels = asdict(kernel.channels)
    return {"is": "Kernel", "spatial": spatial, "channels": channels, "channels_axis": kernel.channels_axis}


# ---- which entries make an element


def _own(own: Callable, products: Products | None, shape: tuple[int, ...], k: int) -> dict | None:
    """Which entries make an element of output number `k`; None where none ever does."""

    def of(place):
        found = own(place, k)
        return None if found is None else plain_index(found)

    if products is not None and k == 0 and _is_own_of(of, products, shape):
        return {"is": "products"}
    return _by_axis(of, shape)


def _is_own_of(of: Callable, products: Products, shape) -> bool:
    """Whether the products tell it themselves: asked at the corners of the output and between."""
    for place in _probes(shape):
        try:
            found = products.own_of(place)
        except (ValueError, IndexError, KeyError):
            return False  # they feed a value of other axes
        if (None if found is None else plain_index(found)) != of(place):
            return False
    return True


def _probes(shape):
    spots = [sorted({0, n // 2, n - 1}) for n in shape]
    return itertools.islice(itertools.product(*spots), _PROBES**4)


def _by_axis(of: Callable, shape) -> dict | None:
    """For each part of the index the coordinate that it follows, with all its values; and where there is none.

    Raises:
        UnsupportedError: a part follows two coordinates.
    """
    base = next((place for place in _probes(shape) if of(place) is not None), None)
    if base is None:
        return None
    found = [[of((*base[:axis], i, *base[axis + 1 :])) for i in range(n)] for axis, n in enumerate(shape)]
    parts = [_part([_column(one, p) for one in found], part) for p, part in enumerate(of(base))]
    none = [[i for i, index in enumerate(one) if index is None] for one in found]
    return {"is": "parts", "parts": parts, "none": none}


def _column(indices: list, p: int) -> list:
    return [None if index is None else index[p] for index in indices]


def _part(by_axis: list[list], part) -> dict:
    """One part: always the same, or following an axis, in steps where they are even."""
    moving = [axis for axis, values in enumerate(by_axis) if any(one not in (None, part) for one in values)]
    if not moving:
        return {"always": part}
    if len(moving) > 1:
        raise UnsupportedError("Which weights make an element follows two coordinates at once.")
    [axis] = moving
    values = by_axis[axis]
    return {"axis": axis, **(_even(values) or {"values": values})}


def _even(values: list) -> dict | None:
    """The first value and the step, of numbers, or of slices number by number; None where steps are not even."""
    if None in values or len({type(one) for one in values}) > 1:
        return None
    rows = [one if isinstance(one, list) else [one] for one in values]
    steps = [b - a for a, b in zip(rows[0], rows[1], strict=True)]
    if any([a + i * step for a, step in zip(rows[0], steps, strict=True)] != row for i, row in enumerate(rows)):
        return None
    return {"first": values[0], "step": steps}
