"""Following: a region carried through one link, backwards to what feeds it and forwards to what it feeds.

Below:  links/ says which places feed which; regions.py holds the sets.
Above:  trace.py goes link by link through a model.
Kept true: both ways ask the same rules, so a place feeds another just when that one is fed by it. A link that no
           function here knows is asked place by place: slow, and exact all the same.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import torch

from pellucid import links
from pellucid.links import Link
from pellucid.xray.regions import Product, Region


def backwards(link: Link, region: Region, in_shapes: Sequence) -> list[Region]:
    """For each input the places that feed a region of the output."""
    if type(link) is links.Same and all(shape == region.shape for shape in in_shapes):
        return [region] * len(in_shapes)
    for kind, (back, _) in _WAYS.items():
        if isinstance(link, kind):
            return back(link, region, in_shapes)
    return _each_place(link, region, in_shapes)


def forwards(link: Link, k: int, region: Region, in_shapes: Sequence, out_shape) -> Region:
    """The places of the output that a region of input number `k` feeds."""
    if type(link) is links.Same and region.shape == tuple(out_shape):
        return region
    for kind, (_, forth) in _WAYS.items():
        if isinstance(link, kind):
            return forth(link, k, region, in_shapes, out_shape)
    return _scanned(link, k, region, in_shapes, out_shape)


# ---- a rule for each axis


def _axiswise_back(link, region, in_shapes):
    return [_fed(link.rules(shape, region.shape), region, tuple(shape)) for shape in in_shapes]


def _fed(rules, region: Region, in_shape) -> Region:
    followed = [axis for _, axis in rules if axis is not None]
    if len(set(followed)) < len(followed):  # two input axes that move together: no product
        region_places = [_single(rules, place, in_shape, region.shape) for place in region]
        return Region.of(in_shape, *region_places)
    if region.mask is not None:
        return _fed_mask(rules, region.mask, in_shape)
    if len(region.products) == 1:
        return Region.single(in_shape, _fed_product(rules, region.products[0], in_shape, region.shape))
    return Region.of(in_shape, *(_fed_product(rules, one, in_shape, region.shape) for one in region.products))


def _fed_product(rules, product: Product, in_shape, out_shape) -> Product:
    return tuple(
        rule.all_sources((0,), n, 1) if axis is None else rule.all_sources(product[axis], n, out_shape[axis])
        for n, (rule, axis) in zip(in_shape, rules, strict=True)
    )


def _single(rules, place, in_shape, out_shape) -> Product:
    return _fed_product(rules, tuple((i,) for i in place), in_shape, out_shape)


def _fed_mask(rules, mask: np.ndarray, in_shape) -> Region:
    kept = [axis for _, axis in rules if axis is not None]
    found = np.asarray(mask.any(axis=tuple(set(range(mask.ndim)) - set(kept))))
    order = sorted(kept)
    found = found.transpose([order.index(axis) for axis in kept])
    for position, (n, (rule, axis)) in enumerate(zip(in_shape, rules, strict=True)):
        if axis is None:
            found = np.expand_dims(found, position) & _along(rule.sources(0, n, 1), n, position, found.ndim + 1)
        else:
            table = _table([rule.sources(i, n, mask.shape[axis]) for i in range(mask.shape[axis])], n)
            found = _spread(found, position, table)
    return Region.of_mask(found)


def _axiswise_forth(link, k, region, in_shapes, out_shape):
    in_shape = in_shapes[k]
    rules = link.rules(in_shape, out_shape)
    followed = [axis for _, axis in rules if axis is not None]
    if len(set(followed)) < len(followed):
        return _scanned(link, k, region, in_shapes, out_shape)
    if region.mask is not None:
        return _feeding_mask(rules, region.mask, tuple(out_shape))
    return Region.of(tuple(out_shape), *(_feeding(rules, one, in_shape, out_shape) for one in region.products))


def _feeding(rules, product: Product, in_shape, out_shape) -> Product:
    found = list(map(range, out_shape))
    for indices, n, (rule, axis) in zip(product, in_shape, rules, strict=True):
        if axis is not None:
            found[axis] = rule.targets(indices, n, out_shape[axis])
        elif not rule.targets(indices, n, 1):
            return (range(0),) * len(out_shape)
    return tuple(found)


def _feeding_mask(rules, mask: np.ndarray, out_shape) -> Region:
    found, free = mask, []
    for k, (n, (rule, axis)) in enumerate(zip(mask.shape, rules, strict=True)):
        if axis is None:
            found = found & _along(rule.sources(0, n, 1), n, k, mask.ndim)
            free.append(k)
    found = np.asarray(found.any(axis=tuple(free)))
    follows = [(n, rule, axis) for n, (rule, axis) in zip(mask.shape, rules, strict=True) if axis is not None]
    for position, (n, rule, axis) in enumerate(follows):
        table = _table([rule.sources(i, n, out_shape[axis]) for i in range(out_shape[axis])], n)
        found = _spread(found, position, table.T)
    order = [axis for _, _, axis in follows]
    found = found.transpose(np.argsort(order))
    missing = [axis for axis in range(len(out_shape)) if axis not in order]
    found = np.expand_dims(found, tuple(missing))
    return Region.of_mask(np.ascontiguousarray(np.broadcast_to(found, out_shape)))


def _along(indices, n: int, axis: int, ndim: int) -> np.ndarray:
    """A mask of one axis that holds these indices, ready to meet a mask of `ndim` axes."""
    return _table([indices], n)[0].reshape([n if k == axis else 1 for k in range(ndim)])


def _table(rows: list, n: int) -> np.ndarray:
    table = np.zeros((len(rows), n), dtype=bool)
    for row, indices in zip(table, rows, strict=True):
        row[list(indices)] = True
    return table


def _spread(mask: np.ndarray, axis: int, table: np.ndarray) -> np.ndarray:
    """Each index of an axis replaced by those of its row of the table."""
    # float32 counts whole numbers exactly up to 2**24, far more than an axis is long. PyTorch multiplies, because
    # NumPy's product may warn of invalid values that are nowhere in its operands.
    moved = torch.from_numpy(np.moveaxis(mask, axis, -1).astype("float32"))
    spread = (moved @ torch.from_numpy(table.astype("float32")) > 0).numpy()
    return np.moveaxis(spread, -1, axis)


# ---- row-major order


def _reshape_back(link, region, in_shapes):
    [in_shape] = in_shapes
    order = link.order or tuple(range(len(in_shape)))
    read = tuple(in_shape[axis] for axis in order)
    return [_moved(_reshaped(region, read), np.argsort(order))]


def _reshape_forth(link, k, region, in_shapes, out_shape):
    order = link.order or tuple(range(len(region.shape)))
    return _reshaped(_moved(region, order), tuple(out_shape))


def _moved(region: Region, order) -> Region:
    """The axes in another order."""
    shape = tuple(region.shape[axis] for axis in order)
    if region.mask is not None:
        return Region(shape, (), region.mask.transpose(order))
    return Region(shape, tuple(tuple(one[axis] for axis in order) for one in region.products))


def _reshaped(region: Region, shape) -> Region:
    """The same elements, in row-major order, under another shape."""
    if region.shape == tuple(shape):
        return region
    if region.mask is None and region.count in (1, np.prod(region.shape, dtype=int)):
        if region.count == 1:
            flat = np.ravel_multi_index(tuple(indices[0] for indices in region.products[0]), region.shape)
            return Region.of(shape, tuple((int(i),) for i in np.unravel_index(flat, shape)))
        return Region.whole(shape)
    return Region.of_mask(region.as_mask().reshape(shape))


# ---- several inputs, layers inside, everything


def _join_starts(link, in_shapes):
    axis = link.axis % len(in_shapes[0])
    return axis, [0, *itertools.accumulate(shape[axis] for shape in in_shapes)]


def _join_back(link, region, in_shapes):
    axis, starts = _join_starts(link, in_shapes)
    rules = [links.Along({axis: links.Shift(start)}) for start in starts]
    return [
        _axiswise_back(rule, region, [shape])[0] for rule, shape in zip(rules[:-1], map(tuple, in_shapes), strict=True)
    ]


def _join_forth(link, k, region, in_shapes, out_shape):
    axis, starts = _join_starts(link, in_shapes)
    return _axiswise_forth(links.Along({axis: links.Shift(starts[k])}), k, region, in_shapes, out_shape)


def _each_of(link, in_shapes) -> tuple[Link, ...]:
    behind = len(in_shapes) - len(link.links)
    return (*link.links[: len(in_shapes)], *((link.rest,) * max(behind, 0)))


def _each_back(link, region, in_shapes):
    return [backwards(one, region, [shape])[0] for one, shape in zip(_each_of(link, in_shapes), in_shapes, strict=True)]


def _each_forth(link, k, region, in_shapes, out_shape):
    return forwards(_each_of(link, in_shapes)[k], 0, region, [in_shapes[k]], out_shape)


def _within_back(link, region, in_shapes):
    [in_shape] = in_shapes
    parts = []
    for steps, inner in _by_step(region):
        [found] = backwards(link.link, inner, [in_shape[1:]])
        parts.append(_with_steps(steps, found, in_shape))
    return [_all_of(parts, in_shape)]


def _within_forth(link, k, region, in_shapes, out_shape):
    parts = []
    for steps, inner in _by_step(region):
        found = forwards(link.link, k, inner, [shape[1:] for shape in in_shapes], out_shape[1:])
        parts.append(_with_steps(steps, found, out_shape))
    return _all_of(parts, out_shape)


def _by_step(region: Region):
    """The region as pairs of steps and the region that lies at each of them."""
    if region.mask is None:
        return [(one[0], Region.of(region.shape[1:], one[1:])) for one in region.products]
    return [((step,), Region.of_mask(part)) for step, part in enumerate(region.mask) if part.any()]


def _with_steps(steps, region: Region, shape) -> Region:
    if region.mask is None:
        return Region.of(tuple(shape), *((steps, *one) for one in region.products))
    mask = np.zeros(shape, dtype=bool)
    mask[list(steps)] = region.mask
    return Region.of_mask(mask)


def _all_of(parts: list[Region], shape) -> Region:
    found = Region(tuple(shape))
    for part in parts:
        found = found | part
    return found


def _all_back(link, region, in_shapes):
    return [Region.whole(shape) if region else Region(tuple(shape)) for shape in in_shapes]


def _all_forth(link, k, region, in_shapes, out_shape):
    return Region.whole(out_shape) if region else Region(tuple(out_shape))


_WAYS = {
    links.Axiswise: (_axiswise_back, _axiswise_forth),
    links.Reshape: (_reshape_back, _reshape_forth),
    links.Join: (_join_back, _join_forth),
    links.Each: (_each_back, _each_forth),
    links.Within: (_within_back, _within_forth),
    links.All: (_all_back, _all_forth),
}


# ---- any other link


def _each_place(link, region, in_shapes):
    found = [[] for _ in in_shapes]
    for place in region:
        for products, boxes in zip(found, link.boxes(place, in_shapes, region.shape), strict=True):
            products += [tuple(map(links.compact, box)) for box in boxes]
    return [Region.of(tuple(shape), *products) for shape, products in zip(in_shapes, found, strict=True)]


def _scanned(link, k, region, in_shapes, out_shape):
    mask = np.zeros(out_shape, dtype=bool)
    wanted = region.as_mask()
    for place in np.ndindex(*out_shape):
        boxes = link.boxes(place, in_shapes, out_shape)[k]
        mask[place] = any(bool(wanted[np.ix_(*map(list, box))].any()) for box in boxes)
    return Region.of_mask(mask)
