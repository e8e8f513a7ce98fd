"""Index maps beside NumPy, for every index."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pellucid import Input, Model, layers
from pellucid.errors import ShapeError
from pellucid.xray import trace

REARRANGING = [
    (layers.Flatten, {}, (3, 2, 4)),
    (layers.Flatten, {"data_format": "channels_first"}, (3, 2, 4)),
    (layers.Flatten, {"data_format": "channels_first"}, (2, 3, 2, 2)),
    (layers.Flatten, {}, (5,)),
    (layers.Reshape, {"target_shape": (2, 6)}, (3, 4)),
    (layers.Reshape, {"target_shape": (-1, 2, 3)}, (4, 3)),
    (layers.Permute, {"dims": (3, 1, 2)}, (2, 3, 4)),
]


def node_of(layer, shape):
    x = Input(shape, name="x")
    return trace(Model(x, layer(x))).layers[-1]


@pytest.mark.parametrize(("kind", "arguments", "shape"), REARRANGING)
def test_every_index_goes_where_numpy_puts_it(kind, arguments, shape):
    layer = kind(**arguments)
    mapped = node_of(layer, shape).index_map()
    counted = np.arange(math.prod(shape)).reshape(shape)
    out = layer(counted[None].astype("float32")).numpy()[0].astype(int)
    assert np.array_equal(out.ravel(), counted.ravel()[mapped.permutation()])
    for i in range(counted.size):
        place = np.unravel_index(out.ravel()[i], shape)
        at = np.unravel_index(i, out.shape)
        assert mapped.to_input(i) == mapped.to_input(at) == place
        assert mapped.to_output(place) == mapped.to_output(int(np.ravel_multi_index(place, shape)))
        assert mapped.to_output(place) == (i if out.ndim == 1 else at)
    assert mapped.table(3) == [(i, mapped.to_input(i)) for i in range(3)]


def test_the_rule_reads_as_one_would_write_it():
    mapped = node_of(layers.Flatten(), (3, 2, 4)).index_map()
    assert (mapped.in_shape, mapped.out_shape) == ((3, 2, 4), (24,))
    assert mapped.formula == "flat = h*8 + w*4 + c"
    assert mapped.inverse == "h = flat//8   w = flat//4 % 2   c = flat % 4"
    assert mapped.order == "row-major (C): the LAST axis changes fastest"
    first = node_of(layers.Flatten(data_format="channels_first"), (4, 3, 2)).index_map()
    assert first.formula == "flat = h*8 + w*4 + c"
    assert first.order == "row-major (C) over (h, w, c): c, axis 0 of the input, changes fastest"
    assert node_of(layers.Permute((2, 1)), (3, 4)).index_map().formula == "out[f, t] = in[t, f]"


def test_an_unknown_first_size_is_no_hindrance():
    mapped = node_of(layers.Flatten(), (None, 4)).index_map()
    assert mapped.inverse == "t = flat//4   c = flat % 4"
    assert [mapped.to_input(i) for i in (0, 5, 4003)] == [(i // 4, i % 4) for i in (0, 5, 4003)]
    assert mapped.to_output((1000, 3)) == 4003
    with pytest.raises(ShapeError, match="A size that this answer needs is unknown"):
        mapped.permutation()


def test_other_unknown_sizes_have_a_letter_in_the_rule():
    mapped = node_of(layers.Flatten(), (None, None, 4)).index_map()
    assert mapped.formula == "flat = h*W*4 + w*4 + c"
    assert mapped.inverse == "h = flat//(W*4)   w = flat//4 % W   c = flat % 4"
    with pytest.raises(ShapeError, match="A size that this answer needs is unknown"):
        mapped.to_input(5)


def test_a_place_outside_is_refused():
    mapped = node_of(layers.Flatten(), (3, 2, 4)).index_map()
    for wrong in (24, -1, (24,), (0, 0)):
        with pytest.raises(ShapeError, match="No "):
            mapped.to_input(wrong)
    with pytest.raises(ShapeError, match="No place"):
        mapped.to_output((3, 0, 0))


@pytest.mark.parametrize(
    "layer", [layers.Conv2D(2, 2), layers.Dense(3), layers.MaxPooling2D(), layers.ZeroPadding2D(), layers.ReLU()]
)
def test_layers_that_do_more_have_none(layer):
    assert node_of(layer, (4, 4, 2)).index_map() is None
