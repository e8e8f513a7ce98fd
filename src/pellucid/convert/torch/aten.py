"""ATen functions as operations of a flow: those of each element, and reductions.

Below:  reading.py calls the rules, ``rule(reading, node, *args)``; args are `Seen`, `Known`, or plain Python.
Beside: aten_weighted.py, aten_windows.py, aten_shapes.py, aten_recurrent.py.
"""

from __future__ import annotations

import functools

import torch

from pellucid.convert.flow import Value, dtype_name
from pellucid.convert.torch.reading import Known, Reading, Seen


def front(reading: Reading, node, x) -> Value:
    """The value of a function that needs the batch on axis 0."""
    if not isinstance(x, Seen):
        raise reading.refuse(node, "a value of the network is needed here", got=repr(x)[:80])
    if x.batch != 0:
        raise reading.refuse(node, "the batch is not on its first axis", got=f"axis {x.batch}")
    return x.value


def axis_of(x: Seen, axis: int) -> int:
    """An axis of PyTorch's value as the flow counts it, the batch being axis 0 there."""
    axis %= x.value.ndim
    return 0 if axis == x.batch else axis + 1 if axis < x.batch else axis


def for_each_sample(reading: Reading, node, x: Known, batch: int) -> Seen:
    """A weight or constant, of size 1 where PyTorch has the batch, as a value of each sample."""
    if x.tensor.shape[batch] != 1:
        raise reading.refuse(node, "it joins samples of a batch", got=tuple(x.tensor.shape))
    single = Known(x.tensor.movedim(batch, 0), x.source, x.learns)
    value = Value((None, *single.tensor.shape[1:]), dtype_name(single.tensor))
    inputs = (reading.flow.inputs[0], reading.operand(node, single))
    return Seen(reading.emit_values(node, "for_each_sample", *inputs, outputs=[value])[0], batch)


# ---- elementwise


def unary(kind: str, **fixed):
    """One value in, one out, place by place."""

    def rule(reading: Reading, node, x, *_) -> Seen:
        return Seen(reading.emit(node, kind, x.value, batch=x.batch, **fixed), x.batch)

    return rule


def with_numbers(kind: str, **words):
    """Place by place, with numbers behind the value: each word has its default, which PyTorch leaves out."""

    def rule(reading: Reading, node, x, *numbers, **named) -> Seen:
        found = dict(zip(words, numbers, strict=False)) | {word: named[word] for word in words if word in named}
        settings = {word: found.get(word, default) for word, default in words.items()}
        return Seen(reading.emit(node, kind, x.value, batch=x.batch, **settings), x.batch)

    return rule


def binary(kind: str, turned: bool = False):
    """Two values that broadcast, or a value and a number."""

    def rule(reading: Reading, node, a, b, alpha=1, rounding_mode=None):
        if rounding_mode is not None:
            return NotImplemented
        if alpha != 1:
            b = _scaled(reading, node, b, alpha)
        a, b = (b, a) if turned else (a, b)
        batch = _shared_batch(reading, node, a, b)
        a, b = (_in_dtype(reading, node, x, (a, b)) for x in (a, b))
        values = [_aligned(reading, node, x, batch) for x in (a, b)]
        return Seen(reading.emit(node, kind, *values, batch=batch), batch)

    return rule


def _in_dtype(reading: Reading, node, x, several):
    """A value in the dtype that PyTorch brings both to; plain numbers and constants follow the value."""
    if not isinstance(x, Seen):
        return x
    tensors = [one.value if isinstance(one, Seen) else one.tensor for one in several if isinstance(one, (Seen, Known))]
    wide = [getattr(torch, one.dtype) if isinstance(one, Value) else one.dtype for one in tensors if one.ndim]
    wanted = dtype_name(torch.empty(0, dtype=functools.reduce(torch.promote_types, wide)))
    result = dtype_name(node.meta["val"])
    if "float" in result and "float" not in wanted:
        wanted = result  # true division, or a number with a fraction
    if x.value.dtype == wanted:
        return x
    return Seen(reading.emit_values(node, "cast", x.value, outputs=[Value(x.value.shape, wanted)])[0], x.batch)


def _scaled(reading: Reading, node, x, factor):
    if isinstance(x, Known):
        return Known(x.tensor * factor, x.source, x.learns)
    if not isinstance(x, Seen):
        return x * factor
    value = Value(x.value.shape, x.value.dtype)
    return Seen(reading.emit_values(node, "multiply", x.value, factor, outputs=[value])[0], x.batch)


def _shared_batch(reading: Reading, node, *given) -> int:
    """Where the result has the batch."""
    ndim = len(node.meta["val"].shape)
    places = {ndim - x.value.ndim + x.batch for x in given if isinstance(x, Seen)}
    if len(places) != 1:
        raise reading.refuse(node, "its inputs have the batch on different axes", got=sorted(places))
    return places.pop()


def _aligned(reading: Reading, node, x, batch: int):
    """An operand whose axes stand as in the flow's result."""
    if isinstance(x, Known) and x.tensor.ndim and batch:
        tensor = x.tensor.reshape((1,) * (len(node.meta["val"].shape) - x.tensor.ndim) + tuple(x.tensor.shape))
        return reading.operand(node, Known(tensor.movedim(batch, 0), x.source, x.learns))
    return reading.operand(node, x)


def _hardtanh(reading: Reading, node, x, least=-1.0, most=1.0) -> Seen:
    return _clamp(reading, node, x, least, most)


def _clamp(reading: Reading, node, x, min=None, max=None) -> Seen:
    if isinstance(min, (Seen, Known)) or isinstance(max, (Seen, Known)):
        raise reading.refuse(node, "it is cut off by values")
    ends = [None if end is None else float(end) for end in (min, max)]
    if ends == [0.0, None]:
        return unary("relu")(reading, node, x)
    return Seen(reading.emit(node, "clamp", x.value, batch=x.batch, least=ends[0], most=ends[1]), x.batch)


def _gelu(reading: Reading, node, x, approximate="none") -> Seen:
    return Seen(reading.emit(node, "gelu", x.value, batch=x.batch, approximate=approximate == "tanh"), x.batch)


def _elu(reading: Reading, node, x, alpha=1.0, scale=1.0, input_scale=1.0) -> Seen:
    return Seen(reading.emit(node, "elu", x.value, batch=x.batch, alpha=float(alpha)), x.batch)


def _softplus(reading: Reading, node, x, beta=1.0, threshold=20.0):
    return NotImplemented if beta != 1 else unary("softplus")(reading, node, x)


def _softmax(kind: str):
    def rule(reading: Reading, node, x, dim, *_, **__) -> Seen:
        axis = axis_of(x, dim)
        if axis == 0:
            raise reading.refuse(node, "it mixes the samples of a batch", got=f"dim={dim}")
        return Seen(reading.emit(node, kind, x.value, batch=x.batch, axis=axis), x.batch)

    return rule


def _dropout(style: str):
    def rule(reading: Reading, node, x, rate, training) -> Seen:
        return Seen(reading.emit(node, "dropout", x.value, batch=x.batch, rate=float(rate), style=style), x.batch)

    return rule


def same(reading: Reading, node, x, *_, **__):
    """A function that only says how the value lies in memory."""
    return x


def _cast(reading: Reading, node, x, *_, **__) -> Seen:
    return Seen(reading.emit(node, "cast", x.value, batch=x.batch), x.batch)


def _masked_fill(reading: Reading, node, x, mask, number) -> Seen:
    number = number.tensor.item() if isinstance(number, Known) else number
    operands = [reading.operand(node, one) for one in (mask, number, x)]
    batch = _shared_batch(reading, node, x, mask)
    return Seen(reading.emit(node, "where", *operands, batch=batch), batch)


def _where(reading: Reading, node, condition, a, b) -> Seen:
    batch = _shared_batch(reading, node, condition, a, b)
    return Seen(
        reading.emit(node, "where", *(_aligned(reading, node, x, batch) for x in (condition, a, b)), batch=batch), batch
    )


def _filled(number: float):
    def rule(reading: Reading, node, x, *_, **__) -> Seen:
        return Seen(reading.emit(node, "filled", x.value, batch=x.batch, number=number), x.batch)

    return rule


# ---- reductions


def reduction(kind: str):
    """A sum, mean, ... over some axes, never the batch."""

    def rule(reading: Reading, node, x, dim=None, keepdim=False, **__) -> Seen:
        axes = [dim] if isinstance(dim, int) else list(dim or [])
        along = tuple(sorted(axis_of(x, axis) for axis in axes))
        if not along or 0 in along:
            raise reading.refuse(node, "it mixes the samples of a batch", got=f"dim={dim}")
        gone = 0 if keepdim else sum(1 for axis in axes if axis % x.value.ndim < x.batch)
        batch = x.batch - gone
        return Seen(reading.emit(node, kind, x.value, batch=batch, axes=along, keepdims=bool(keepdim)), batch)

    return rule


def _with_places(kind: str):
    """max and min along an axis give values and places; only the values are taken."""

    def rule(reading: Reading, node, x, dim, keepdim=False) -> list:
        axis = axis_of(x, dim)
        if axis == 0 or x.batch:
            raise reading.refuse(node, "it mixes the samples of a batch", got=f"dim={dim}")
        fake = node.meta["val"][0]
        return [Seen(reading.emit(node, kind, x.value, fake=fake, axes=(axis,), keepdims=bool(keepdim))), None]

    return rule


_PLAIN = {
    "relu": "relu", "selu": "selu", "silu": "silu", "mish": "mish", "sigmoid": "sigmoid", "tanh": "tanh", "exp": "exp",
    "hardsigmoid": "hard_sigmoid", "hardswish": "hard_swish", "log_sigmoid": "log_sigmoid", "neg": "negative",
    "negative": "negative", "absolute": "abs", "special_expit": "sigmoid", "special_erf": "erf", "abs": "abs", "sqrt": "sqrt", "rsqrt": "rsqrt", "square": "square", "log": "log", "sin": "sin", "cos": "cos",
    "floor": "floor", "ceil": "ceil", "erf": "erf", "reciprocal": "reciprocal", "logical_not": "logical_not",
    "sign": "sign", "round": "round", "tan": "tan", "asin": "asin", "arcsin": "asin", "acos": "acos", "arccos": "acos",
    "atan": "atan", "arctan": "atan", "sinh": "sinh", "cosh": "cosh", "asinh": "asinh", "acosh": "acosh",
    "atanh": "atanh",
}  # fmt: skip

RULES = {
    **{name: unary(kind) for name, kind in _PLAIN.items()},
    "relu6": lambda reading, node, x: _clamp(reading, node, x, 0.0, 6.0),
    "hardtanh": _hardtanh,
    **dict.fromkeys(("clamp", "clip"), _clamp),
    "clamp_min": lambda reading, node, x, least: _clamp(reading, node, x, least),
    "clamp_max": lambda reading, node, x, most: _clamp(reading, node, x, None, most),
    "leaky_relu": with_numbers("leaky_relu", slope=0.01),
    "hardshrink": with_numbers("hard_shrink", threshold=0.5),
    "softshrink": with_numbers("soft_shrink", threshold=0.5),
    "celu": with_numbers("celu", alpha=1.0),
    "elu": _elu,
    "gelu": _gelu,
    "softplus": _softplus,
    "softmax": _softmax("softmax"),
    "log_softmax": _softmax("log_softmax"),
    "add": binary("add"),
    **dict.fromkeys(("sub", "subtract"), binary("subtract")),
    "rsub": binary("subtract", turned=True),
    **dict.fromkeys(("mul", "multiply"), binary("multiply")),
    **dict.fromkeys(("div", "divide", "true_divide"), binary("divide")),
    "pow": binary("power"),
    "maximum": binary("maximum"),
    "minimum": binary("minimum"),
    "eq": binary("equal"),
    **dict.fromkeys(("ne", "not_equal"), binary("not_equal")),
    **dict.fromkeys(("lt", "less"), binary("less")),
    **dict.fromkeys(("le", "less_equal"), binary("less_equal")),
    **dict.fromkeys(("gt", "greater"), binary("greater")),
    **dict.fromkeys(("ge", "greater_equal"), binary("greater_equal")),
    **dict.fromkeys(("logical_and", "bitwise_and", "__and__"), binary("logical_and")),
    **dict.fromkeys(("logical_or", "bitwise_or", "__or__"), binary("logical_or")),
    "masked_fill": _masked_fill,
    "where": _where,
    "dropout": _dropout("each"),
    "feature_dropout": _dropout("channels"),
    "alpha_dropout": _dropout("alpha"),
    **dict.fromkeys(("contiguous", "clone", "alias", "detach", "detach_", "lift_fresh_copy", "positive"), same),
    **dict.fromkeys(("to", "_to_copy", "type_as"), _cast),
    "zeros_like": _filled(0.0),
    "ones_like": _filled(1.0),
    "mean": reduction("mean"),
    "sum": reduction("sum"),
    "amax": reduction("max"),
    "amin": reduction("min"),
    "prod": reduction("prod"),
    "argmax": reduction("argmax"),
    "argmin": reduction("argmin"),
    "max.dim": _with_places("max"),
    "min.dim": _with_places("min"),
    "max.other": binary("maximum"),
    "min.other": binary("minimum"),
}
