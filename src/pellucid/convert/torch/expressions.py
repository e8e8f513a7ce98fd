"""Operations that are a function in PyTorch, as Python text.

Below:  flow.py. Beside: modules.py has the operations that are modules.
"""

from __future__ import annotations

from pellucid.convert.flow import Op, Value
from pellucid.convert.torch.modules import refusal
from pellucid.convert.torch.names import literal, whole_tuple


def _function(name: str, **words):
    """``name(x)``; each word of the call tells one of the settings."""

    def text(op: Op, *args: str) -> str:
        told = [f"{word}={literal(op.settings[setting])}" for word, setting in words.items()]
        return f"{name}({', '.join([*args, *told])})"

    return text


def _infix(sign: str):
    def text(op: Op, a: str, b: str) -> str:
        return f"{a} {sign} {b}"

    return text


def _tensors_only(name: str):
    """A function that takes no plain numbers: they are cut off instead."""

    def text(op: Op, a: str, b: str) -> str:
        if all(isinstance(x, Value) for x in op.inputs):
            return f"{name}({a}, {b})"
        value, number = (a, b) if isinstance(op.inputs[0], Value) else (b, a)
        return f"torch.clamp({value}, {'min' if name.endswith('maximum') else 'max'}={number})"

    return text


def _reduced(method: str):
    def text(op: Op, x: str) -> str:
        axes = op.settings["axes"]
        keep = ", keepdim=True" if op.settings["keepdims"] else ""
        if method == "prod" or method.startswith("arg"):
            return _one_by_one(op, x, method, axes, keep)
        return f"{x}.{method}(dim={axes[0] if len(axes) == 1 else whole_tuple(axes)}{keep})"

    return text


def _one_by_one(op: Op, x: str, method: str, axes, keep: str) -> str:
    for axis in reversed(axes):
        x = f"{x}.{method}(dim={axis}{keep})"
    return f"{x}.to(torch.int32)" if method.startswith("arg") else x


def _permute(op: Op, x: str) -> str:
    order = op.settings["order"]
    moved = [axis for axis, source in enumerate(order) if axis != source]
    if len(moved) == 2:
        return f"{x}.transpose({moved[0]}, {moved[1]})"
    return f"{x}.permute({', '.join(map(str, order))})"


def _reshape(op: Op, x: str) -> str:
    target, value = op.settings["target"], op.inputs[0]
    if not value.batched:
        return f"{x}.reshape({', '.join(map(str, target))})"
    if len(target) == 1 and value.ndim > 2:
        return f"{x}.flatten(1)"
    first = f"{x}.shape[0]" if -1 in target else "-1"
    return f"{x}.reshape({', '.join([first, *map(str, target)])})"


def _slice(op: Op, x: str) -> str:
    start, stop, step = (op.settings[word] for word in ("start", "stop", "step"))
    place = f"{start or ''}:{'' if stop is None else stop}" + (f":{step}" if step != 1 else "")
    return f"{x}[{', '.join([':'] * op.settings['axis'] + [place])}]"


def _select(op: Op, x: str) -> str:
    return f"{x}[{', '.join([':'] * op.settings['axis'] + [str(op.settings['index'])])}]"


def _pad(op: Op, x: str) -> str:
    cells = list(op.settings["cells"])
    while cells and cells[0] == (0, 0):
        cells.pop(0)
    numbers = whole_tuple([end for pair in reversed(cells) for end in pair])
    mode, value = op.settings["mode"], op.settings["value"]
    if mode != "constant":
        return f'F.pad({x}, {numbers}, mode="{mode}")'
    return f"F.pad({x}, {numbers})" if value == 0 else f"F.pad({x}, {numbers}, value={literal(value)})"


def _resize(op: Op, x: str) -> str:
    scale, mode = op.settings["scale"], op.settings["mode"]
    if mode == "nearest":
        return f'F.interpolate({x}, scale_factor={literal(scale)}, mode="nearest")'
    if len(scale) != 2:
        raise refusal(op, f"PyTorch interpolates images by {mode}", scale)
    # With antialias PyTorch's cubic kernel is Keys's, a = -0.5, as in Keras and TensorFlow.
    more = ", antialias=True" if mode == "bicubic" else ""
    return f'F.interpolate({x}, scale_factor={literal(scale)}, mode="{mode}", align_corners=False{more})'


def _attention(op: Op, query: str, key: str, value: str, bias: str | None = None) -> str:
    heads = [f"{x}.transpose(1, 2)" for x in (query, key, value)]
    if bias is not None:
        heads.append(f"attn_mask={bias}")
    if abs(op.settings["scale"] - op.inputs[0].shape[-1] ** -0.5) > 1e-12:
        heads.append(f"scale={literal(op.settings['scale'])}")
    return f"F.scaled_dot_product_attention({', '.join(heads)}).transpose(1, 2)"


def _cast(op: Op, x: str) -> str:
    short = {"float32": "float", "int64": "long", "int32": "int", "bool": "bool"}
    dtype = op.output.dtype
    return f"{x}.{short[dtype]}()" if dtype in short else f"{x}.to(torch.{dtype})"


def _clamp(op: Op, x: str) -> str:
    least, most = op.settings["least"], op.settings["most"]
    if (least, most) == (0.0, 6.0):
        return f"F.relu6({x})"
    told = [f"{word}={literal(end)}" for word, end in (("min", least), ("max", most)) if end is not None]
    return f"torch.clamp({', '.join([x, *told])})"


def _noise(op: Op, x: str) -> str:
    drawn = f"torch.randn_like({x}) * {literal(op.settings['deviation'])}"
    noisy = f"{x} + {drawn}" if op.settings["style"] == "added" else f"{x} * (1 + {drawn})"
    return f"{noisy} if self.training else {x}"


def _gelu(op: Op, x: str) -> str:
    return f'F.gelu({x}, approximate="tanh")' if op.settings["approximate"] else f"F.gelu({x})"


def _einsum(op: Op, *args: str) -> str:
    return f"torch.einsum({', '.join([literal(op.settings['equation']), *args])})"


def _expand(op: Op, x: str) -> str:
    sizes = ["-1" if size is None else str(size) for size in op.output.shape]
    return f"{x}.expand({', '.join(sizes)})"


def _filled(op: Op, x: str) -> str:
    number = op.settings["number"]
    name = {0.0: "zeros_like", 1.0: "ones_like"}[number]
    dtype = "" if op.output.dtype == op.inputs[0].dtype else f", dtype=torch.{op.output.dtype}"
    return f"torch.{name}({x}{dtype})"


def _axis(name: str):
    def text(op: Op, x: str) -> str:
        axis = op.settings["axis"]
        return f"{name}({x}, dim={-1 if axis == op.output.ndim - 1 else axis})"

    return text


INFIX = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "power": "**", "equal": "==", "not_equal": "!=",
    "less": "<", "less_equal": "<=", "greater": ">", "greater_equal": ">=",
}  # fmt: skip

EXPRESSIONS = {
    **{kind: _infix(sign) for kind, sign in INFIX.items()},
    "identity": lambda op, x: x,
    "relu": _function("F.relu"),
    "leaky_relu": _function("F.leaky_relu", negative_slope="slope"),
    "elu": _function("F.elu", alpha="alpha"),
    "celu": _function("F.celu", alpha="alpha"),
    "selu": _function("F.selu"),
    "gelu": _gelu,
    "silu": _function("F.silu"),
    "mish": _function("F.mish"),
    "sigmoid": _function("torch.sigmoid"),
    "tanh": _function("torch.tanh"),
    "exp": _function("torch.exp"),
    "softplus": _function("F.softplus"),
    "softsign": _function("F.softsign"),
    "hard_sigmoid": _function("F.hardsigmoid"),
    "hard_swish": _function("F.hardswish"),
    "hard_shrink": _function("F.hardshrink", lambd="threshold"),
    "soft_shrink": _function("F.softshrink", lambd="threshold"),
    "log_sigmoid": _function("F.logsigmoid"),
    "softmax": _axis("torch.softmax"),
    "log_softmax": _axis("torch.log_softmax"),
    "clamp": _clamp,
    **{
        kind: _function(f"torch.{kind}")
        for kind in (
            "negative", "abs", "sqrt", "rsqrt", "square", "log", "sin", "cos", "floor", "ceil", "erf", "reciprocal",
            "logical_not", "logical_and", "logical_or", "sign", "matmul", "where", "round", "tan", "asin", "acos", "atan",
            "sinh", "cosh", "asinh", "acosh", "atanh",
        )
    },
    "maximum": _tensors_only("torch.maximum"),
    "minimum": _tensors_only("torch.minimum"),
    "mean": _reduced("mean"),
    "sum": _reduced("sum"),
    "max": _reduced("amax"),
    "min": _reduced("amin"),
    "prod": _reduced("prod"),
    "argmax": _reduced("argmax"),
    "argmin": _reduced("argmin"),
    "cast": _cast,
    "reshape": _reshape,
    "permute": _permute,
    "concat": lambda op, *args: f"torch.cat([{', '.join(args)}], dim={op.settings['axis']})",
    "slice": _slice,
    "select": _select,
    "pad": _pad,
    "resize": _resize,
    "repeat": lambda op, x: f"{x}.repeat_interleave({op.settings['times']}, dim={op.settings['axis']})",
    "expand": _expand,
    "flip": lambda op, x: f"{x}.flip({', '.join(map(str, op.settings['axes']))})",
    "filled": _filled,
    "attention": _attention,
    "einsum": _einsum,
    "noise": _noise,
    "merge_steps": lambda op, x: f"{x}.flatten(0, 1)",
    "split_steps": lambda op, x: f"{x}.unflatten(0, (-1, {op.settings['steps']}))",
    "prelu": lambda op, x, alpha: f"torch.clamp({x}, min=0) + {alpha} * torch.clamp({x}, max=0)",
}  # fmt: skip
