"""Functions of `pellucid.ops` that stand in a graph, lowered: ``x + y``, ``ops.mean(x, axis=1)``, ``x[:, 0]``.

Below:  site.py. Beside: walk.py finds them by the names of their node classes.
"""

from __future__ import annotations

import math

import numpy as np
import torch

from pellucid import activations
from pellucid.convert.flow import Value
from pellucid.convert.lowering.activation import activated
from pellucid.convert.lowering.site import Site, broadcast
from pellucid.dtypes import is_float_dtype

_NUMBERS = (bool, int, float)


def as_operand(site: Site, x):
    """A value, or a plain number; an array becomes a constant."""
    if isinstance(x, (Value, *_NUMBERS)):
        return x
    array = x.detach() if isinstance(x, torch.Tensor) else torch.from_numpy(np.array(x))
    if array.ndim == 0:
        return array.item()
    return site.constant(array.float() if array.dtype is torch.float64 else array)


def binary(kind: str, to_bool: bool = False):
    """The rule of a function of two values that broadcast."""

    def rule(site: Site, x1, x2) -> Value:
        a, b = as_operand(site, x1), as_operand(site, x2)
        if isinstance(a, Value) and isinstance(b, Value) and a.dtype != b.dtype:
            a, b = _promoted(site, a, b)
        whole = next(x for x in (a, b) if isinstance(x, Value))
        number = next((x for x in (a, b) if not isinstance(x, Value)), 0)
        if not is_float_dtype(whole.dtype) and (kind == "divide" or isinstance(number, float)):
            a, b = (site.cast(x, "float32") if isinstance(x, Value) else x for x in (a, b))
        return site.binary(kind, a, b, dtype="bool" if to_bool else None)

    return rule


def _promoted(site: Site, a: Value, b: Value):
    floats = [x for x in (a, b) if is_float_dtype(x.dtype)]
    if len(floats) == 1:
        return tuple(site.cast(x, floats[0].dtype) for x in (a, b))
    raise site.refuse("its inputs are of two dtypes", got=f"{a.dtype} and {b.dtype}", fix='ops.cast(x, "float32")')


def unary(kind: str, **settings):
    """The rule of a function of each element by itself."""

    def rule(site: Site, x) -> Value:
        return site.emit(kind, x, **settings)

    return rule


def activation(name: str):
    """The rule of an activation under the name that `activations` has for it."""

    def rule(site: Site, x) -> Value:
        return activated(site, x, getattr(activations, name))

    return rule


def gelu(site: Site, x, approximate=True) -> Value:
    """``ops.gelu``, whose default is the tanh formula."""
    return site.emit("gelu", x, approximate=bool(approximate))


def leaky_relu(site: Site, x, negative_slope=0.2) -> Value:
    """``ops.leaky_relu``."""
    return site.emit("leaky_relu", x, slope=float(negative_slope))


def elu(site: Site, x, alpha=1.0) -> Value:
    """``ops.elu``."""
    return site.emit("elu", x, alpha=float(alpha))


def softmax(kind: str):
    """The rule of ``ops.softmax`` and ``ops.log_softmax``."""

    def rule(site: Site, x, axis=-1) -> Value:
        if not isinstance(axis, int):
            raise site.refuse("it takes one axis", got=axis)
        return site.emit(kind, x, axis=axis % x.ndim)

    return rule


def reduction(kind: str):
    """The rule of a sum, mean, ... over some axes."""

    def rule(site: Site, x, axis=None, keepdims=False) -> Value:
        if axis is None:
            raise site.refuse("it mixes the samples of a batch", got="axis=None", fix="axis=(1, 2)")
        along = [axis] if isinstance(axis, int) else list(axis)
        if any(one % x.ndim == 0 for one in along):
            raise site.refuse("it mixes the samples of a batch", got=f"axis={axis}")
        return site.reduce(kind, x, along, bool(keepdims))

    return rule


def arg(kind: str):
    """The rule of ``ops.argmax`` and ``ops.argmin``."""

    def rule(site: Site, x, axis=None, keepdims=False) -> Value:
        if axis is None or axis % x.ndim == 0:
            raise site.refuse("it mixes the samples of a batch", got=f"axis={axis}", fix="axis=-1")
        return site.reduce(kind, x, [axis], bool(keepdims), dtype="int32")

    return rule


def rounded(site: Site, x, decimals=0) -> Value:
    """``ops.round``, to whole numbers."""
    if decimals:
        raise site.refuse("it rounds to decimals", got=decimals, fix="ops.round(x * 10) / 10")
    return site.emit("round", x)


def clip(site: Site, x, x_min, x_max) -> Value:
    """``ops.clip``."""
    return site.emit("clamp", x, least=float(x_min), most=float(x_max))


def cast(site: Site, x, dtype) -> Value:
    """``ops.cast``."""
    return site.cast(x, str(dtype))


# ---- shapes


def reshape(site: Site, x, newshape) -> Value:
    """``ops.reshape``, where the batch stays the first axis."""
    first, *sizes = newshape
    known = None not in x.shape[1:] and -1 not in sizes and None not in sizes
    keeps = first in (-1, None) and known and math.prod(sizes) == math.prod(x.shape[1:])
    if not keeps:
        raise site.refuse("it does not keep the batch as the first axis", got=f"{x.shape} to {tuple(newshape)}")
    return site.reshape(x, sizes)


def transpose(site: Site, x, axes=None) -> Value:
    """``ops.transpose``, where the batch stays the first axis."""
    order = tuple(range(x.ndim))[::-1] if axes is None else tuple(axis % x.ndim for axis in axes)
    return _batch_first(site, x, order)


def swapaxes(site: Site, x, axis1, axis2) -> Value:
    """``ops.swapaxes``."""
    order = list(range(x.ndim))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return _batch_first(site, x, order)


def _batch_first(site: Site, x: Value, order) -> Value:
    if x.batched and order[0] != 0:
        raise site.refuse("it moves the batch from the first axis", got=f"axes {tuple(order)}")
    return site.permute(x, order)


def expand_dims(site: Site, x, axis) -> Value:
    """``ops.expand_dims``."""
    sizes = list(x.shape)
    for one in sorted([axis] if isinstance(axis, int) else axis):
        sizes.insert(one % (len(sizes) + 1), 1)
    if x.batched and sizes[0] == 1 and x.shape[0] != 1:
        raise site.refuse("it moves the batch from the first axis", got=f"axis={axis}")
    return site.reshape(x, [-1 if size is None else size for size in sizes[1:]])


def squeeze(site: Site, x, axis=None) -> Value:
    """``ops.squeeze``."""
    if axis is None:
        raise site.refuse("which axes go must be told", got="axis=None", fix="axis=1")
    gone = [one % x.ndim for one in ([axis] if isinstance(axis, int) else axis)]
    return site.reshape(x, [-1 if n is None else n for at, n in enumerate(x.shape) if at not in gone and at])


def concatenate(site: Site, xs, axis=0) -> Value:
    """``ops.concatenate``."""
    values = [as_operand(site, x) for x in xs]
    if any(axis % x.ndim == 0 for x in values) or not all(x.batched for x in values):
        raise site.refuse("it joins samples, or constants without a batch", got=f"axis={axis}")
    return site.concat(values, axis)


def stack(site: Site, x, axis=0) -> Value:
    """``ops.stack``."""
    axis %= x[0].ndim + 1
    if axis == 0:
        raise site.refuse("it moves the batch from the first axis", got="axis=0")
    return site.concat([expand_dims(site, one, axis) for one in x], axis)


def get_item(site: Site, x, key) -> Value:
    """``x[...]`` with whole numbers, slices, None and an Ellipsis."""
    key = list(key) if isinstance(key, tuple) else [key]
    if Ellipsis in key:
        at = key.index(Ellipsis)
        named = sum(1 for one in key if one is not None) - 1
        key[at : at + 1] = [slice(None)] * (x.ndim - named)
    axis = 0
    for one in key:
        if one is None:
            x = expand_dims(site, x, axis)
            axis += 1
        elif isinstance(one, slice):
            if (one.start, one.stop, one.step or 1) != (None, None, 1):
                _not_the_batch(site, x, axis, one)
                x = site.slice(x, axis, one.start or 0, one.stop, one.step or 1)
            axis += 1
        elif isinstance(one, int):
            _not_the_batch(site, x, axis, one)
            x = site.select(x, axis, one)
        else:
            raise site.refuse("places are chosen by values", got=repr(one)[:80])
    return x


def _not_the_batch(site: Site, x: Value, axis: int, key):
    negative = isinstance(key, slice) and (key.step or 1) < 0
    if (x.batched and axis == 0) or negative:
        raise site.refuse("it chooses among samples, or backwards", got=f"{key} on axis {axis}")


def split(site: Site, x, indices_or_sections, axis=0):
    """``ops.split``."""
    size = x.shape[axis]
    if axis % x.ndim == 0 or size is None:
        raise site.refuse("it splits the batch, or an axis of unknown size", got=f"axis={axis}")
    if isinstance(indices_or_sections, int):
        part = size // indices_or_sections
        cuts = [part * k for k in range(1, indices_or_sections)]
    else:
        cuts = list(indices_or_sections)
    return [site.slice(x, axis, a, b) for a, b in zip([0, *cuts], [*cuts, size], strict=True)]


def matmul(site: Site, x1, x2) -> Value:
    """``ops.matmul``, also written ``@``."""
    a, b = as_operand(site, x1), as_operand(site, x2)
    if min(a.ndim, b.ndim) < 2:
        raise site.refuse("one of its inputs is a vector", got=f"{a.shape} @ {b.shape}")
    return site.matmul(a, b)


def einsum(site: Site, subscripts, *operands) -> Value:
    """``ops.einsum``."""
    values = [as_operand(site, x) for x in operands]
    left, _, right = subscripts.replace(" ", "").partition("->")
    if "." in subscripts or not right:
        raise site.refuse("its equation leaves axes unnamed", got=subscripts)
    at: dict = {}
    for letters, x in zip(left.split(","), values, strict=True):
        at |= dict(zip(letters, x.shape, strict=True))
    return site.emit("einsum", *values, shape=tuple(at[x] for x in right), equation=subscripts.replace(" ", ""))


def where(site: Site, condition, x1, x2) -> Value:
    """``ops.where``."""
    values = [as_operand(site, x) for x in (condition, x1, x2)]
    dtype = next((x.dtype for x in values[1:] if isinstance(x, Value)), "float32")
    shape = broadcast(*(x.shape for x in values if isinstance(x, Value)))
    return site.emit("where", *values, shape=shape, dtype=dtype)


def dot_product_attention(site: Site, query, key, value, bias=None, mask=None, scale=None, is_causal=False, flash_attention=None) -> Value:  # fmt: skip
    """``ops.dot_product_attention``."""
    if mask is not None or is_causal:
        raise site.refuse("its mask has no counterpart here", fix="MultiHeadAttention(...)")
    more = () if bias is None else (as_operand(site, bias),)
    scale = query.shape[-1] ** -0.5 if scale is None else float(scale)
    return site.emit("attention", query, key, value, *more, shape=(*query.shape[:-1], value.shape[-1]), scale=scale)


def filled(number: float):
    """The rule of ``ops.zeros_like`` and ``ops.ones_like``."""

    def rule(site: Site, x, dtype=None) -> Value:
        return site.emit("filled", x, dtype=dtype or x.dtype, number=number)

    return rule


def broadcast_to(site: Site, x, shape) -> Value:
    """``ops.broadcast_to``, where the batch stays."""
    if len(shape) != x.ndim or shape[0] not in (-1, None):
        raise site.refuse("it changes the batch", got=tuple(shape))
    return site.emit("expand", x, shape=(x.shape[0], *shape[1:]))


def flip(site: Site, x, axis=None) -> Value:
    """``ops.flip``."""
    along = [axis] if isinstance(axis, int) else list(axis or range(x.ndim))
    if any(one % x.ndim == 0 for one in along):
        raise site.refuse("it turns the batch round", got=f"axis={axis}")
    return site.emit("flip", x, axes=tuple(one % x.ndim for one in along))
