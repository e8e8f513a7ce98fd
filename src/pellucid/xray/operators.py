"""The links of bare operations in a graph, such as ``x + y`` and ``x[:, 1:]``.

Below:  ops/ computes them; links/ is what comes out.
Above:  sites.py asks, for each call of an operation that is no layer.
Kept true: an operation that no function here knows has no link, and its answers are marked as not exact.
"""

from __future__ import annotations

import math

from pellucid import links

_ELEMENTWISE = ("elementwise", "arithmetic", "trigonometry", "comparing", "bitwise")
_MIXING = ("softmax", "log_softmax", "sparsemax")
_REDUCING = ("sum", "mean", "max", "min", "prod", "any", "all", "std", "var", "amax", "amin", "logsumexp")
_RESHAPING = ("reshape", "expand_dims", "squeeze", "ravel")


def link_of(operation, arguments, in_shapes: list, out_shape):
    """The link of one call, or None; shapes have the batch axis."""
    function = getattr(type(operation), "function", None)
    if function is None or not in_shapes:
        return None
    name, family = function.__name__, function.__module__.removeprefix("pellucid.ops.")
    words = _words(operation, function, arguments)
    if name in _MAKERS:
        return _MAKERS[name](words, in_shapes, out_shape)
    if family in _ELEMENTWISE or (family == "activation" and name not in (*_MIXING, "glu")):
        return links.Same() if _stays_in_its_sample(in_shapes, out_shape, arguments) else None
    return None


def _words(operation, function, arguments) -> dict:
    """The arguments by name; an operation read from a file holds some of them itself."""
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    defaults = dict(zip(names[::-1], (function.__defaults__ or ())[::-1], strict=False))
    return {**defaults, **operation.arguments, **dict(zip(names, arguments.args, strict=False)), **arguments.kwargs}


def _stays_in_its_sample(in_shapes, out_shape, arguments) -> bool:
    """Whether no value is broadcast along the batch: symbols of fewer axes would be."""
    constants = [x for x in arguments.args if getattr(x, "ndim", 0) and not hasattr(x, "_keras_history")]
    return all(len(shape) == len(out_shape) for shape in in_shapes) and all(
        x.ndim < len(out_shape) or x.shape[0] == 1 for x in constants
    )


def _mixing(words, in_shapes, out_shape):
    axis = words.get("axis", -1)
    axes = [one % len(out_shape) for one in (axis if isinstance(axis, (list, tuple)) else [axis])]
    return None if 0 in axes else links.Mix(*(one - 1 for one in axes))


def _reducing(words, in_shapes, out_shape):
    [shape] = in_shapes
    axis = words.get("axis")
    if axis is None:
        return None
    gone = {one % len(shape) for one in (axis if isinstance(axis, (list, tuple)) else [axis])}
    if 0 in gone:
        return None
    follows, at = [], 0
    for k in range(1, len(shape)):
        follows.append((links.Whole(), None) if k in gone else (links.Keep(), at))
        at += k not in gone or bool(words.get("keepdims"))
    return links.Follow(tuple(follows))


def _reshaping(words, in_shapes, out_shape):
    [shape] = in_shapes
    if not out_shape or None in shape[1:] or None in out_shape[1:]:
        return None
    return links.Reshape() if math.prod(shape[1:]) == math.prod(out_shape[1:]) else None


def _transpose(words, in_shapes, out_shape):
    axes = words.get("axes") or tuple(range(len(out_shape)))[::-1]
    axes = [one % len(out_shape) for one in axes]
    return links.Permute([one - 1 for one in axes[1:]]) if axes[0] == 0 else None


def _concatenate(words, in_shapes, out_shape):
    axis = words.get("axis", -1) % len(out_shape)
    is_all = len(in_shapes) == len(words["xs"])
    return links.Join(axis - 1) if axis and is_all else None


def _get_item(words, in_shapes, out_shape):
    [shape] = in_shapes
    key = words["key"]
    parts = list(key) if isinstance(key, (tuple, list)) else [key]
    if not all(isinstance(one, (int, slice)) or one is None or one is Ellipsis for one in parts):
        return None
    named = sum(one is not None and one is not Ellipsis for one in parts)
    at = parts.index(Ellipsis) if Ellipsis in parts else len(parts)
    parts[at : at + 1] = [slice(None)] * (len(shape) - named)
    if parts[0] != slice(None) or any(n is None for n in shape[1:]):
        return None
    follows, axis, sizes = [], -1, iter(shape)
    for part in parts:
        if part is None:
            axis += 1
            continue
        n = next(sizes)
        if isinstance(part, slice):
            table = None if n is None else tuple((i,) for i in range(n)[part])
            follows.append((links.Keep() if part == slice(None) else links.Chosen(table), axis))
            axis += 1
        else:
            follows.append((links.Chosen(((part % n,),)), None))
    return links.Follow(tuple(follows[1:] if follows else ()))


_MAKERS = {
    **dict.fromkeys(_MIXING, _mixing),
    **dict.fromkeys(_REDUCING, _reducing),
    **dict.fromkeys(_RESHAPING, _reshaping),
    "transpose": _transpose,
    "concatenate": _concatenate,
    "get_item": _get_item,
}
