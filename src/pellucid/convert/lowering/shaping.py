"""Layers that give the same elements in another shape, and layers that merge values, lowered.

Below:  site.py.
Kept true: `Flatten(data_format="channels_first")` moves the channels to the end before; Reshape never does.
"""

from __future__ import annotations

import functools
import math

from pellucid.convert.flow import Value
from pellucid.convert.lowering.site import Site


def flatten(site: Site, layer, x: Value) -> Value:
    """Flatten."""
    if layer.data_format == "channels_first" and x.ndim > 2:
        x = site.permute(x, (0, *range(2, x.ndim), 1))
    return site.reshape(x, [-1 if None in x.shape[1:] else math.prod(x.shape[1:])])


def reshape(site: Site, layer, x: Value) -> Value:
    """Reshape."""
    return site.reshape(x, layer.target_shape)


def permute(site: Site, layer, x: Value) -> Value:
    """Permute."""
    return site.permute(x, (0, *layer.dims))


def repeat_vector(site: Site, layer, x: Value) -> Value:
    """RepeatVector."""
    one = site.reshape(x, [1, x.shape[1]])
    return site.emit("expand", one, shape=(x.shape[0], layer.n, x.shape[1]))


# ---- several values to one


def _alike(site: Site, values) -> list[Value]:
    """Values with equally many axes: those with fewer get axes of size 1 behind the batch."""
    most = max(x.ndim for x in values)
    return [x if x.ndim == most else site.reshape(x, [1] * (most - x.ndim) + _sizes(x)) for x in values]


def _sizes(x: Value) -> list:
    return [-1 if size is None else size for size in x.shape[1:]]


def merging(kind: str):
    """The rule of Add, Subtract, Multiply, Maximum and Minimum."""

    def rule(site: Site, layer, values) -> Value:
        return functools.reduce(functools.partial(site.binary, kind), _alike(site, values))

    return rule


def average(site: Site, layer, values) -> Value:
    """Average."""
    total = functools.reduce(functools.partial(site.binary, "add"), _alike(site, values))
    return site.binary("divide", total, float(len(values)))


def concatenate(site: Site, layer, values) -> Value:
    """Concatenate."""
    return site.concat(list(values), layer.axis)


def dot(site: Site, layer, values) -> Value:
    """Dot: a product of matrices, the axes brought to the end and the front."""
    first, second = values
    axis, other = layer._shared((first.ndim, second.ndim))
    if layer.normalize:
        first, second = _of_length_one(site, first, axis), _of_length_one(site, second, other)
    first = site.permute(first, [at for at in range(first.ndim) if at != axis] + [axis])
    second = site.permute(second, [0, other] + [at for at in range(1, second.ndim) if at != other])
    left, right, shared = first.shape[1:-1], second.shape[2:], first.shape[-1]
    if None in (*left, *right, shared):
        raise site.refuse("it needs every size", got=f"{first.shape} and {second.shape}")
    rows = site.reshape(first, [math.prod(left), shared])
    columns = site.reshape(second, [shared, math.prod(right)])
    product = site.matmul(rows, columns)
    return site.reshape(product, [*left, *right] or [1])


def _of_length_one(site: Site, x: Value, axis: int) -> Value:
    squares = site.reduce("sum", site.binary("multiply", x, x), [axis], keepdims=True)
    return site.binary("divide", x, site.emit("sqrt", site.emit("clamp", squares, least=1e-12, most=None)))
