"""Images turned, shifted, sheared and zoomed: scipy by way of Keras's own functions judges, and sums by hand."""

from __future__ import annotations

import numpy as np
import pytest

from engine.data.image_generator.theirs import image as theirs
from pellucid.errors import ArgumentError, ShapeError
from pellucid.preprocessing import image as ours

LAST = {"row_axis": 0, "col_axis": 1, "channel_axis": 2}
FIRST = {"row_axis": 1, "col_axis": 2, "channel_axis": 0}
SWAPPED = {"row_axis": 1, "col_axis": 0, "channel_axis": 2}
pytestmark = pytest.mark.filterwarnings("ignore:Please use `affine_transform`:DeprecationWarning")


@pytest.mark.parametrize("axes", [LAST, FIRST, SWAPPED])
@pytest.mark.parametrize("order", [0, 1, 3])
@pytest.mark.parametrize("fill_mode", ["constant", "nearest", "reflect", "wrap", "mirror"])
def test_every_movement_is_scipys(fill_mode, order, axes):
    draw = np.random.default_rng(order)
    for _ in range(12):
        x = draw.random((3, *draw.integers(1, 9, 2)) if axes is FIRST else (*draw.integers(1, 9, 2), 3))
        moves = dict(zip(("theta", "tx", "ty", "shear"), draw.uniform(-30, 30, 4), strict=True))
        zooms = dict(zip(("zx", "zy"), draw.uniform(0.2, 3, 2), strict=True))
        given = {**moves, **zooms, **axes, "fill_mode": fill_mode, "cval": 0.25, "order": order}
        np.testing.assert_allclose(
            ours.apply_affine_transform(x, **given), theirs.apply_affine_transform(x, **given), atol=1e-9
        )


def test_a_shift_by_hand():
    x = np.arange(6.0).reshape(2, 3, 1)
    moved = ours.apply_affine_transform(x, tx=1, ty=-1, **LAST, fill_mode="constant", cval=9)
    assert moved[..., 0].tolist() == [[9, 9, 9], [1, 2, 9]]  # down by one, left by one


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32"])
def test_the_kind_of_numbers_stays(dtype):
    x = (np.random.default_rng(0).random((5, 4, 3)) * 255).astype(dtype)
    given = {"theta": 33.0, "zx": 0.7, **LAST}
    moved = ours.apply_affine_transform(x, **given)
    assert moved.dtype == dtype
    np.testing.assert_allclose(moved, theirs.apply_affine_transform(x, **given), atol=1e-4)


RANDOM = [
    ("random_rotation", (40,)),
    ("random_shift", (0.3, 0.4)),
    ("random_shear", (30,)),
    ("random_zoom", ((0.5, 1.5),)),
    ("random_zoom", ((1, 1),)),
]


@pytest.mark.parametrize(("name", "given"), RANDOM)
def test_drawn_movements_are_kerass(name, given):
    x = np.random.default_rng(1).random((6, 7, 3))
    found = []
    for library in (ours, theirs):
        np.random.seed(7)
        found.append(getattr(library, name)(x, *given, **LAST, fill_mode="reflect"))
    np.testing.assert_allclose(*found, atol=1e-9)


def test_what_is_no_image_is_told():
    x = np.zeros((4, 4, 1))
    for wrong, told in (
        ({"row_axis": 0, "col_axis": 2, "channel_axis": 1}, "channels first or last"),
        ({**LAST, "theta": 1, "fill_mode": "edge"}, "Unknown `fill_mode`"),
        ({**LAST, "theta": 1, "order": 7}, "order of splines"),
    ):
        with pytest.raises(ArgumentError, match=told):
            ours.apply_affine_transform(x, **wrong)
    with pytest.raises(ShapeError, match="three axes"):
        ours.apply_affine_transform(x[0], **LAST)
    with pytest.raises(ArgumentError, match="`zoom_range` is a pair"):
        ours.random_zoom(x, (1, 2, 3), **LAST)
