"""Warping: values read off between the elements of another value, at places that a formula gives.

Below:  images.py says what an image is.
Kept true: a place is a number along each axis, 0 at the first element's center; all images of a batch are read at once.
"""

from __future__ import annotations

import functools
import itertools
import operator

import torch

from pellucid.dtypes import result_type, to_torch
from pellucid.errors import ShapeError, UnsupportedError
from pellucid.graph.operation import operation
from pellucid.ops.filtering import gaussian_blur
from pellucid.ops.images import batch_channels_last, check_image, check_one_of, from_channels_last
from pellucid.ops.promotion import floating, tensor
from pellucid.random.draws import normal

_ORDERS = {"bilinear": 1, "nearest": 0}


def _mirrored(index, size):
    """As in a mirror through the centers of the outer elements."""
    period = max(size - 1, 1)
    return ((index + period) % (2 * period) - period).abs() if size > 1 else torch.zeros_like(index)


def _reflected(index, size):
    """As in a mirror along the outer edges, which shows the outer elements twice."""
    return torch.div(_mirrored(2 * index + 1, 2 * size + 1) - 1, 2, rounding_mode="floor")


_OUTSIDE = {
    "constant": lambda index, size: index.clamp(0, size - 1),
    "nearest": lambda index, size: index.clamp(0, size - 1),
    "wrap": lambda index, size: index % size,
    "mirror": _mirrored,
    "reflect": _reflected,
}


@operation
def map_coordinates(inputs, coordinates, order, fill_mode="constant", fill_value=0):
    """The values of `inputs` at places between its elements.

    Shapes:
        inputs       (sizes...)
        coordinates  (axes of inputs, ...): along each axis the places to read
        output       (...)

    Args:
        order: 0 takes the nearest element, 1 goes straight between the nearest ones.
        fill_mode: what lies outside: "constant" (`fill_value`), "nearest", "wrap", "mirror" (around the centers of
            the outer elements) or "reflect" (around their edges).

    Raises:
        ShapeError: `coordinates` do not fit the axes.
        UnsupportedError: a higher order.
    """
    inputs = tensor(inputs)
    places = [tensor(one) for one in coordinates]
    if len(places) != inputs.ndim:
        raise ShapeError(
            "Places have one coordinate for each axis.",
            got=f"{len(places)} coordinates for inputs of shape {tuple(inputs.shape)}", expected=f"{inputs.ndim} coordinates",
        )  # fmt: skip
    if places and places[0].ndim < 1:
        raise ShapeError(
            "Coordinates have two or more axes.", got=f"({len(places)},)", expected=f"({len(places)}, places...)"
        )
    return _read(inputs, (), places, order, fill_mode, fill_value)


@operation
def affine_transform(images, transform, interpolation="bilinear", fill_mode="constant", fill_value=0, data_format=None):
    """Images read at moved places: output (x, y) comes from ``((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k)``.

    Shapes:
        images     (height, width, channels) or (batch, height, width, channels), or channels first
        transform  (8,) or (batch, 8): a0, a1, a2, b0, b1, b2, c0, c1, with ``k = c0 x + c1 y + 1``

    Args:
        interpolation: "bilinear" or "nearest".
        fill_mode, fill_value: as for `map_coordinates`.

    Raises:
        ShapeError: no image, or no transform.
    """
    images, transform = tensor(images), floating(transform)
    check_image(images.shape)
    if transform.ndim not in (1, 2):
        raise ShapeError(
            "A transform is 8 numbers for all images, or for each.",
            got=tuple(transform.shape),
            expected="(8,) or (batch, 8)",
        )
    transform = transform if transform.ndim == 2 else transform.unsqueeze(0)
    return _projected(images, transform, interpolation, fill_mode, fill_value, data_format)


@operation
def perspective_transform(images, start_points, end_points, interpolation="bilinear", fill_value=0, data_format=None):
    """Images seen from elsewhere, so that their four `start_points` come to lie at the `end_points`.

    Shapes:
        images                    (height, width, channels) or (batch, height, width, channels), or channels first
        start_points, end_points  (4, 2) or (batch, 4, 2): x and y of top left, top right, bottom left, bottom right

    Raises:
        ShapeError: no image, or no four points.
    """
    images = tensor(images)
    check_image(images.shape)
    exact = to_torch(result_type(images.dtype, "float32"))
    start, end = (tensor(points).to(exact) for points in (start_points, end_points))
    for word, points in (("start_points", start), ("end_points", end)):
        if points.ndim not in (2, 3) or tuple(points.shape[-2:]) != (4, 2):
            raise ShapeError(
                f"`{word}` are the x and y of four points.", got=tuple(points.shape), expected="(4, 2) or (batch, 4, 2)"
            )
    if start.shape != end.shape:
        raise ShapeError("Each start point has its end point.", got=f"{tuple(start.shape)}, {tuple(end.shape)}")
    transform = homography(start.reshape(-1, 4, 2), end.reshape(-1, 4, 2))
    return _projected(images, transform, interpolation, "constant", fill_value, data_format)


def homography(start, end):
    """The 8 numbers of the projection that takes each end point to its start point; both are (batch, 4, 2)."""
    one, zero = torch.ones_like(end[..., :1]), torch.zeros_like(end)
    x = torch.cat([end, one, zero, zero[..., :1], -start[..., :1] * end], -1)
    y = torch.cat([zero, zero[..., :1], end, one, -start[..., 1:] * end], -1)
    return torch.linalg.solve(torch.cat([x, y], 1), torch.cat([start[..., 0], start[..., 1]], 1))


def _projected(images, transform, interpolation, fill_mode, fill_value, data_format):
    check_one_of("interpolation", interpolation, _ORDERS)
    seen = batch_channels_last(images, data_format)
    batch, height, width = seen.shape[:3]
    a0, a1, a2, b0, b1, b2, c0, c1 = transform[:, :, None, None].unbind(1)
    x = torch.arange(width, dtype=transform.dtype, device=seen.device)
    y = torch.arange(height, dtype=transform.dtype, device=seen.device)[:, None]
    k = c0 * x + c1 * y + 1
    places = [(b0 * x + b1 * y + b2) / k, (a0 * x + a1 * y + a2) / k]
    of_batch = torch.arange(batch, device=seen.device)[:, None, None]
    found = _read(seen, (of_batch,), places, _ORDERS[interpolation], fill_mode, fill_value)
    return from_channels_last(found, data_format, images.ndim)


@operation
def elastic_transform(
    images,
    alpha=20.0,
    sigma=5.0,
    interpolation="bilinear",
    fill_mode="reflect",
    fill_value=0.0,
    seed=None,
    data_format=None,
):
    """Images whose pixels are moved at random, neighbors alike. Source: Simard et al. 2003, doi:10.1109/ICDAR.2003.1227801.

    Args:
        alpha: how far pixels move.
        sigma: how far neighbors move alike: standard deviation of the blur of the movements, in pixels.
        interpolation, fill_mode, fill_value: as for `affine_transform`.
        seed: an int or a SeedGenerator; None draws anew each time.

    Raises:
        ShapeError: no image.
    """
    images = tensor(images)
    check_image(images.shape)
    check_one_of("interpolation", interpolation, _ORDERS)
    seen = batch_channels_last(images, data_format)
    batch, height, width = seen.shape[:3]
    size = int(6 * float(sigma)) | 1
    moves = normal((batch, height, width, 2), dtype="float32", seed=seed) * sigma
    moves = alpha * gaussian_blur(moves.to(seen.device), (size, size), (sigma, sigma), data_format="channels_last")
    x = torch.arange(width, device=seen.device) + moves[..., 0]
    y = torch.arange(height, device=seen.device)[:, None] + moves[..., 1]
    of_batch = torch.arange(batch, device=seen.device)[:, None, None]
    found = _read(seen, (of_batch,), [y, x], _ORDERS[interpolation], fill_mode, fill_value)
    return from_channels_last(found, data_format, images.ndim)


def _read(values, fixed, places, order, fill_mode, fill_value):
    """Values at `places` along the axes behind the `fixed` ones, whose indices are whole; axes behind stay as they are."""
    check_one_of("fill_mode", fill_mode, _OUTSIDE)
    behind = values.ndim - len(fixed) - len(places)
    if order == 0:
        return _take(values, fixed, [_nearest(place) for place in places], behind, fill_mode, fill_value)
    if order != 1:
        raise UnsupportedError("Places are read with order 0 or 1.", got=f"order={order}", fix="order=1")
    found = []
    for corner in itertools.product(*(_both_sides(place) for place in places)):
        indices, weights = zip(*corner, strict=True)
        taken = _take(values, fixed, indices, behind, fill_mode, fill_value)
        found.append(_spread(functools.reduce(operator.mul, weights), behind) * taken)
    result = functools.reduce(operator.add, found)
    return (result if values.is_floating_point() else result.round()).to(values.dtype)


def _take(values, fixed, indices, behind, fill_mode, fill_value):
    sizes = values.shape[len(fixed) : len(fixed) + len(indices)]
    inside = [_OUTSIDE[fill_mode](index, size) for index, size in zip(indices, sizes, strict=True)]
    taken = values[(*fixed, *inside)]
    if fill_mode != "constant":
        return taken
    valid = functools.reduce(operator.and_, [(i >= 0) & (i < size) for i, size in zip(indices, sizes, strict=True)])
    return torch.where(_spread(valid, behind), taken, torch.as_tensor(fill_value).to(values))


def _spread(x, axes):
    return x[(..., *(None,) * axes)]


def _nearest(place):
    return (place.round() if place.is_floating_point() else place).long()


def _both_sides(place):
    """The elements below and above, and the share of each."""
    place = place if place.is_floating_point() else place.float()
    below = place.floor()
    above = place - below
    return [(below.long(), 1 - above), (below.long() + 1, above)]
