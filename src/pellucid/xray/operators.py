"""The links of bare operations in a graph, such as ``x + y`` and ``x[:, 1:]``.

Below:  ops/ computes them; links/ is what comes out.
Above:  sites.py asks, for each call of an operation that is no layer.
Kept true: an operation that no function here knows has no link, and its answers are marked as not exact.
"""

from __future__ import annotations

import math

from pellucid import links

_ELEMENTWISE = ("elementwise", "arithmetic", "trigonometry", "comparing", "bitwise")
_MIXING = ("softmax", "log_softmax", "sparsemax", "sort", "argsort")
_REDUCING = (
    "sum",
    "mean",
    "max",
    "min",
    "prod",
    "any",
    "all",
    "std",
    "var",
    "amax",
    "amin",
    "logsumexp",
    "argmax",
    "argmin",
    "ptp",
    "count_nonzero",
)
_RESHAPING = ("reshape", "expand_dims", "squeeze", "ravel")


def link_of(operation, arguments, in_shapes: list, out_shape, k: int = 0):
    """The link of output number `k` of one call, or None; shapes have the batch axis."""
    function = getattr(type(operation), "function", None)
    if function is None or not in_shapes:
        return None
    name, family = function.__name__, function.__module__.removeprefix("pellucid.ops.")
    words = words_of(operation, arguments)
    if name in _SPLITTING:
        return _SPLITTING[name](words, in_shapes, out_shape, k)
    if name in _MAKERS:
        return _MAKERS[name](words, in_shapes, out_shape)
    if family in _ELEMENTWISE or (family == "activation" and name not in (*_MIXING, "glu")):
        return links.Same() if _stays_in_its_sample(in_shapes, out_shape, arguments) else None
    return None


def words_of(operation, arguments) -> dict:
    """The arguments of a call by name; an operation read from a file holds some of them itself."""
    function = type(operation).function
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


# ---- one axis


def _axis(words, ndim: int, word: str = "axis", default=-1) -> int | None:
    """The axis without the batch; None where it is the batch, several, or none is named."""
    axis = words.get(word, default)
    if not isinstance(axis, int) or isinstance(axis, bool):
        return None
    return None if axis % ndim == 0 else axis % ndim - 1


def _along_axis(rule_of):
    """A maker for an operation that follows a rule along one axis; from the words and the size to the rule."""

    def made(words, in_shapes, out_shape):
        [shape] = in_shapes
        axis = _axis(words, len(shape))
        rule = None if axis is None or shape[axis + 1] is None else rule_of(words, shape[axis + 1])
        return None if rule is None else links.Along({axis: rule})

    return made


def _flipped(words, n: int):
    return links.Chosen(tuple((n - 1 - i,) for i in range(n)))


def _rolled(words, n: int):
    shift = words.get("shift")
    return links.Chosen(tuple(((i - shift) % n,) for i in range(n))) if isinstance(shift, int) else None


def _repeated(words, n: int):
    times = words.get("repeats")
    return links.Repeat(times) if isinstance(times, int) and times > 0 else None


def _accumulated(words, n: int):
    return links.Past()


def _moved(order):
    """A maker for an operation that brings the axes into another order, batch first."""

    def made(words, in_shapes, out_shape):
        dims = order(words, list(range(len(out_shape))))
        return links.Permute([one - 1 for one in dims[1:]]) if dims is not None and dims[0] == 0 else None

    return made


def _swapped(words, dims):
    a, b = words["axis1"], words["axis2"]
    dims[a], dims[b] = dims[b], dims[a]
    return dims


def _shifted(words, dims):
    source, target = words["source"], words["destination"]
    if not isinstance(source, int) or not isinstance(target, int):
        return None
    axis = dims.pop(source % len(dims))
    dims.insert(target % (len(dims) + 1), axis)
    return dims


def _padded(words, in_shapes, out_shape):
    """A frame of constants; None for one of values."""
    width, [shape] = words["pad_width"], in_shapes
    if words.get("mode", "constant") != "constant" or isinstance(width, int) or len(width) != len(shape):
        return None
    if not all(isinstance(one, (tuple, list)) for one in width) or tuple(width[0]) != (0, 0):
        return None
    return links.Along({axis - 1: links.Shift(width[axis][0]) for axis in range(1, len(shape))})


# ---- several inputs or outputs


def _split(words, in_shapes, out_shape, k: int):
    [shape] = in_shapes
    axis = _axis(words, len(shape), default=0)
    parts = words["indices_or_sections"]
    if axis is None or shape[axis + 1] is None:
        return None
    if isinstance(parts, int):
        start = k * (shape[axis + 1] // parts)
    else:
        start = [0, *parts][k]
    return links.Along({axis: links.Shift(-start)})


def _unstacked(words, in_shapes, out_shape, k: int):
    [shape] = in_shapes
    axis = _axis(words, len(shape), default=0)
    if axis is None:
        return None
    follows = [(links.Keep(), at) for at in range(len(shape) - 2)]
    return links.Follow((*follows[:axis], (links.Chosen(((k,),)), None), *follows[axis:]))


def _chosen(words, in_shapes, out_shape):
    """where(condition, x1, x2): each by its own place."""
    values = [words.get(word) for word in ("x1", "x2")]
    is_known = all(value is not None for value in values) and len(in_shapes) > 0
    return links.Same() if is_known and all(len(shape) == len(out_shape) for shape in in_shapes) else None


def _unfed(words, in_shapes, out_shape):
    return links.Each(tuple(links.Nothing(len(shape) - 1) for shape in in_shapes))


def _matmul(words, in_shapes, out_shape):
    """Two symbols with the same axes in front; or one with a constant matrix behind it."""
    if len(in_shapes) == 1:
        is_right = getattr(words.get("x2"), "ndim", 0) == 2 and len(in_shapes[0]) == len(out_shape)
        return links.Mix(-1) if is_right and len(out_shape) > 1 else None
    ndim = len(out_shape)
    if ndim < 3 or any(len(shape) != ndim for shape in in_shapes):
        return None
    beside = [(links.Keep(), k) for k in range(ndim - 3)]
    left = links.Follow((*beside, (links.Keep(), ndim - 3), (links.Whole(), None)))
    return links.Each((left, links.Follow((*beside, (links.Whole(), None), (links.Keep(), ndim - 2)))))


def _einsum(words, in_shapes, out_shape):
    """Each operand by its letters; the first letter of all is the batch."""
    text = words["subscripts"].replace(" ", "")
    left, _, right = text.partition("->")
    operands = left.split(",")
    if "." in text or not right or len(operands) != len(in_shapes) or {one[:1] for one in operands} != {right[0]}:
        return None
    if any(len(set(one)) != len(one) or right[0] in one[1:] for one in operands):
        return None
    at = {letter: k for k, letter in enumerate(right[1:])}
    each = (
        links.Follow(tuple((links.Keep(), at[x]) if x in at else (links.Whole(), None) for x in one[1:]))
        for one in operands
    )
    return links.Each(tuple(each))


_SPLITTING = {"split": _split, "unstack": _unstacked}
_MAKERS = {
    **dict.fromkeys(("flip",), _along_axis(_flipped)),
    "roll": _along_axis(_rolled),
    "repeat": _along_axis(_repeated),
    **dict.fromkeys(("cumsum", "cumprod"), _along_axis(_accumulated)),
    "swapaxes": _moved(_swapped),
    "moveaxis": _moved(_shifted),
    "pad": _padded,
    "where": _chosen,
    **dict.fromkeys(("zeros_like", "ones_like", "empty_like"), _unfed),
    "matmul": _matmul,
    "einsum": _einsum,
    **dict.fromkeys(_MIXING, _mixing),
    **dict.fromkeys(_REDUCING, _reducing),
    **dict.fromkeys(_RESHAPING, _reshaping),
    "transpose": _transpose,
    "concatenate": _concatenate,
    "get_item": _get_item,
}
