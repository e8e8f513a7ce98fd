"""Places and flat indices count in row-major order, the last axis fastest."""

import numpy as np
import pytest

from pellucid import places
from pellucid.errors import ShapeError

SHAPES = [(3, 3, 4), (24, 24, 32), (1,), (5,), (2, 1, 3), ()]


def test_one_element_by_hand():
    assert places.flat_index((1, 2, 3), (24, 24, 32)) == 1 * 24 * 32 + 2 * 32 + 3 == 835
    assert places.place(835, (24, 24, 32)) == (1, 2, 3)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_every_element_lies_where_numpy_has_it(shape):
    for flat in range(min(int(np.prod(shape)), 50)):
        assert places.place(flat, shape) == tuple(int(at) for at in np.unravel_index(flat, shape))
        assert places.flat_index(places.place(flat, shape), shape) == flat


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_strides_are_numpy_s_in_elements(shape):
    assert places.strides(shape) == tuple(np.empty(shape, "int8").strides)


@pytest.mark.parametrize(
    ("shape", "size"), [((24, 24, 32), 18432), ((None, 4), None), ((None, 0), 0), ((), 1)], ids=str
)
def test_the_size_of_a_shape(shape, size):
    assert places.size(shape) == size


@pytest.mark.parametrize("flat", [36, -1])
def test_no_element_outside_of_the_value(flat):
    with pytest.raises(ShapeError) as caught:
        places.place(flat, (3, 3, 4))
    assert str(caught.value) == (
        f"No element {flat} in a value of shape (3, 3, 4).\n"
        f"  got       {flat}\n"
        "  expected  0 to 35\n"
        "  fix       give a flat index within the value"
    )


@pytest.mark.parametrize("place", [(0, 0), (3, 0, 0), (0, 0, -1), (0, 0, 0, 0)], ids=str)
def test_no_place_outside_of_the_value(place):
    with pytest.raises(ShapeError, match="No place"):
        places.flat_index(place, (3, 3, 4))
