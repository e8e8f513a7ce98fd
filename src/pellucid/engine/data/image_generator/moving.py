"""Single images turned, shifted, sheared and zoomed, as NumPy arrays.

Above:  generator.py draws the numbers; the door `pellucid.preprocessing.image`.
Kept true: what scipy.ndimage.affine_transform gives, whose words the fill modes are; orders 0 and 1 need no scipy.
"""

from __future__ import annotations

import functools

import numpy as np

from pellucid.errors import ArgumentError, MissingPackageError, ShapeError


def apply_affine_transform(
    x,
    theta=0,
    tx=0,
    ty=0,
    shear=0,
    zx=1,
    zy=1,
    row_axis=1,
    col_axis=2,
    channel_axis=0,
    fill_mode="nearest",
    cval=0.0,
    order=1,
):
    """An image turned, then shifted, sheared and zoomed, all about its middle.

    Args:
        x: one image, channels first or last.
        theta, shear: in degrees.
        tx, ty: in pixels, along columns and rows; the other way round where `col_axis` is the smaller one.
        zx, zy: how much of the image is seen along these; below 1 it grows.
        fill_mode: what lies outside: "constant" (`cval`), "nearest", "reflect", "mirror" or "wrap".
        order: of the splines between pixels: 0 takes the nearest pixel, 1 goes straight; 2 to 5 need scipy.

    Raises:
        ArgumentError: axes that cannot be, an unknown fill mode or order.
        ShapeError: no image.
        MissingPackageError: an order above 1, and scipy is not installed.
    """
    x = np.asarray(x)
    if {row_axis, col_axis, channel_axis} != {0, 1, 2} or channel_axis == 1:
        raise ArgumentError(
            "An image has a row axis, a column axis, and its channels first or last.",
            got=f"row_axis={row_axis}, col_axis={col_axis}, channel_axis={channel_axis}",
            fix="row_axis=0, col_axis=1, channel_axis=2",
        )
    if x.ndim != 3:
        raise ShapeError("An image has three axes.", got=x.shape, expected="(height, width, channels)")
    matrix = _matrix(theta, tx, ty, shear, zx, zy)
    if matrix is None:
        return x
    middle_row, middle_col = x.shape[row_axis] / 2 - 0.5, x.shape[col_axis] / 2 - 0.5
    matrix = _shift(middle_row, middle_col) @ matrix @ _shift(-middle_row, -middle_col)
    if col_axis > row_axis:
        matrix = matrix[[1, 0, 2]][:, [1, 0, 2]]
    seen = np.moveaxis(x, channel_axis, 2)
    return np.moveaxis(_read(seen, matrix, fill_mode, cval, order), 2, channel_axis)


def _matrix(theta, tx, ty, shear, zx, zy) -> np.ndarray | None:
    """All movements in one, as places read from for places written; None for none."""
    theta, shear = np.deg2rad(theta), np.deg2rad(shear)
    moves = [
        (theta != 0, [[np.cos(theta), -np.sin(theta), 0], [np.sin(theta), np.cos(theta), 0], [0, 0, 1]]),
        (tx != 0 or ty != 0, _shift(tx, ty)),
        (shear != 0, [[1, -np.sin(shear), 0], [0, np.cos(shear), 0], [0, 0, 1]]),
        (zx != 1 or zy != 1, np.diag([zx, zy, 1.0])),
    ]
    asked = [np.array(move) for is_asked, move in moves if is_asked]
    return functools.reduce(np.dot, asked) if asked else None


def _shift(rows, cols) -> np.ndarray:
    return np.array([[1, 0, rows], [0, 1, cols], [0, 0, 1]])


def _read(x, matrix, fill_mode, cval, order):
    """Values of ``x``, (height, width, channels), at the places that a matrix gives for each place."""
    if fill_mode not in _INSIDE:
        raise ArgumentError("Unknown `fill_mode`.", got=repr(fill_mode), expected=", ".join(map(repr, _INSIDE)))
    if order not in range(6):
        raise ArgumentError("Unknown order of splines.", got=order, expected="0 to 5", fix="order=1")
    if order > 1:
        return _read_by_scipy(x, matrix, fill_mode, cval, order)
    rows, cols = np.ogrid[: x.shape[0], : x.shape[1]]
    places = [axis[2] + axis[0] * rows + axis[1] * cols for axis in matrix[:2]]
    inside = [_INSIDE[fill_mode](place, size) for place, size in zip(places, x.shape, strict=False)]
    found = _between(x, *inside) if order else x[tuple(np.floor(place + 0.5).astype(int) for place in inside)]
    if fill_mode == "constant":
        is_out = [(place < 0) | (place > size - 1) for place, size in zip(places, x.shape, strict=False)]
        found = np.where((is_out[0] | is_out[1])[..., None], float(cval), found)
    return _cast(found, x.dtype)


def _between(x, row, col):
    """Straight between the four pixels around each place."""
    top, left = np.floor(row).astype(int), np.floor(col).astype(int)
    bottom, right = np.minimum(top + 1, x.shape[0] - 1), np.minimum(left + 1, x.shape[1] - 1)
    down, across = (row - top)[..., None], (col - left)[..., None]
    above = x[top, left] * (1 - across) + x[top, right] * across
    below = x[bottom, left] * (1 - across) + x[bottom, right] * across
    return above * (1 - down) + below * down


def _cast(found, dtype):
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        found = np.clip(np.trunc(found + np.copysign(0.5, found)), limits.min, limits.max)
    return found.astype(dtype)


def _read_by_scipy(x, matrix, fill_mode, cval, order):
    try:
        from scipy import ndimage
    except ImportError as error:
        raise MissingPackageError(
            "Splines of order 2 to 5 are computed by scipy.", got=f"order={order}", fix="pip install scipy, or order=1"
        ) from error
    channels = np.moveaxis(x, 2, 0)
    moved = [
        ndimage.affine_transform(one, matrix[:2, :2], matrix[:2, 2], None, None, order, fill_mode, cval)
        for one in channels
    ]
    return np.stack(moved, axis=2)


def _clamped(place, size):
    return np.clip(place, 0, size - 1)


def _mirrored(place, size):
    """As in a mirror through the centers of the outer pixels."""
    period = max(2 * size - 2, 1)
    place = place % period
    return np.minimum(place, period - place) if size > 1 else np.zeros_like(place)


def _reflected(place, size):
    """As in a mirror along the outer edges, which shows the outer pixels twice."""
    place = (place + 0.5) % (2 * size)
    return np.clip(np.minimum(place, 2 * size - place) - 0.5, 0, size - 1)


def _wrapped(place, size):
    """Again from the start, where the last pixel lies on the first one: as scipy has it."""
    period = max(size - 1, 1)
    return np.where((place < 0) | (place > size - 1), place % period, place) if size > 1 else np.zeros_like(place)


_INSIDE = {
    "constant": _clamped,
    "nearest": _clamped,
    "reflect": _reflected,
    "mirror": _mirrored,
    "wrap": _wrapped,
}


def flip_axis(x, axis):
    """An image with one of its axes turned round."""
    return np.flip(np.asarray(x), axis)


# ---- by numbers drawn from NumPy's generator


def random_rotation(
    x, rg, row_axis=1, col_axis=2, channel_axis=0, fill_mode="nearest", cval=0.0, interpolation_order=1
):
    """An image turned by up to `rg` degrees either way; the rest as in `apply_affine_transform`."""
    axes = (row_axis, col_axis, channel_axis)
    theta = np.random.uniform(-rg, rg)
    return apply_affine_transform(x, theta, 0, 0, 0, 1, 1, *axes, fill_mode, cval, interpolation_order)


def random_shift(
    x, wrg, hrg, row_axis=1, col_axis=2, channel_axis=0, fill_mode="nearest", cval=0.0, interpolation_order=1
):
    """An image shifted by up to `wrg` of its width and `hrg` of its height; the rest as in `apply_affine_transform`."""
    axes = (row_axis, col_axis, channel_axis)
    tx = np.random.uniform(-hrg, hrg) * x.shape[row_axis]
    ty = np.random.uniform(-wrg, wrg) * x.shape[col_axis]
    return apply_affine_transform(x, 0, tx, ty, 0, 1, 1, *axes, fill_mode, cval, interpolation_order)


def random_shear(
    x, intensity, row_axis=1, col_axis=2, channel_axis=0, fill_mode="nearest", cval=0.0, interpolation_order=1
):
    """An image sheared by up to `intensity` degrees either way; the rest as in `apply_affine_transform`."""
    axes = (row_axis, col_axis, channel_axis)
    shear = np.random.uniform(-intensity, intensity)
    return apply_affine_transform(x, 0, 0, 0, shear, 1, 1, *axes, fill_mode, cval, interpolation_order)


def random_zoom(
    x, zoom_range, row_axis=1, col_axis=2, channel_axis=0, fill_mode="nearest", cval=0.0, interpolation_order=1
):
    """An image zoomed by numbers within `zoom_range`, a pair; the rest as in `apply_affine_transform`.

    Raises:
        ArgumentError: no pair.
    """
    if len(zoom_range) != 2:
        raise ArgumentError("`zoom_range` is a pair.", got=zoom_range, fix="zoom_range=(0.8, 1.2)")
    axes = (row_axis, col_axis, channel_axis)
    zx, zy = (1, 1) if tuple(zoom_range) == (1, 1) else np.random.uniform(*zoom_range, 2)
    return apply_affine_transform(x, 0, 0, 0, 0, zx, zy, *axes, fill_mode, cval, interpolation_order)
