"""Sets of places carried through one link, both ways, beside what the link says of each place by itself.

That what a link says of each place is the truth, tests/layers/test_laws.py holds against Jacobians.
"""

from __future__ import annotations

import itertools

import numpy as np

from layers.test_laws import built, declared, rows, shapes
from pellucid.xray.following import backwards, forwards
from pellucid.xray.regions import Region


def links_by_place(link, in_shapes, out_shape) -> list[np.ndarray]:
    """For each input an array over (output places, input places): whether the one is fed by the other."""
    tables = [np.zeros((*out_shape, *shape), dtype=bool) for shape in in_shapes]
    for place in itertools.product(*map(range, out_shape)):
        for table, boxes in zip(tables, link.boxes(place, in_shapes, out_shape), strict=True):
            for box in boxes:
                table[place][np.ix_(*map(list, box))] = True
    return tables


def regions(shape, rng):
    """A single place, everything, ranges with and without steps, any product, and any set."""
    yield Region.of(shape, tuple((int(rng.integers(n)),) for n in shape))
    yield Region.whole(shape)
    for _ in range(4):
        starts = [int(rng.integers(n)) for n in shape]
        yield Region.of(shape, tuple(range(a, n, int(rng.integers(1, 4))) for a, n in zip(starts, shape, strict=True)))
        picks = [rng.choice(n, rng.integers(1, n + 1), replace=False).tolist() for n in shape]
        yield Region.of(shape, tuple(tuple(sorted(pick)) for pick in picks))
        yield Region.of_mask(rng.random(shape) < rng.choice([0.0, 0.1, 0.9]))


@rows()
def test_a_set_is_fed_by_what_feeds_its_places_and_feeds_what_they_feed(case, data_format):
    rng = np.random.default_rng(0)
    layer = built(case, data_format)
    in_shapes = [tuple(shape) for shape in shapes(case, data_format)]
    out_shape = declared(layer, case, [(1, *shape) for shape in in_shapes])[1:]
    tables = links_by_place(layer.links(), in_shapes, out_shape)
    for region in regions(out_shape, rng):
        for table, found in zip(tables, backwards(layer.links(), region, in_shapes), strict=True):
            wanted = table[region.as_mask()].any(axis=0)
            assert np.array_equal(found.as_mask(), wanted)
            assert found.count == wanted.sum()
    for k, shape in enumerate(in_shapes):
        for region in regions(shape, rng):
            found = forwards(layer.links(), k, region, in_shapes, out_shape)
            assert np.array_equal(found.as_mask(), tables[k][..., region.as_mask()].any(axis=-1))
