"""Operations as ONNX nodes, opset 17: the table, and those that are built of several nodes.

Below:  writer.py. Beside: recurrent.py, pooling.py, shapes.py.
Kept true: nothing is added that computes nothing; dropout and noise leave no node.
"""

from __future__ import annotations

import math

import numpy as np

from pellucid.convert.flow import Op, Value
from pellucid.convert.onnx import pooling, recurrent, shapes
from pellucid.convert.onnx.writer import Writer

_DTYPES = {"float32": 1, "float64": 11, "float16": 10, "int32": 6, "int64": 7, "bool": 9, "uint8": 2, "int8": 3}


def dtype_number(writer: Writer, op: Op | None, dtype: str) -> int:
    """ONNX's number of a dtype."""
    if dtype not in _DTYPES:
        assert op is not None
        raise writer.refuse(op, "ONNX has no such dtype here", dtype)
    return _DTYPES[dtype]


def plain(kind: str, **words):
    """One node; each word of its attributes tells one of the settings."""

    def rule(writer: Writer, op: Op, *inputs: str) -> str:
        told = {word: op.settings[setting] for word, setting in words.items()}
        return writer.node(kind, inputs, op, **told)

    return rule


def binary(kind: str):
    """One node of two values; a plain number gets the dtype of the other."""

    def rule(writer: Writer, op: Op, *inputs: str) -> str:
        return writer.node(kind, _operands(writer, op), op)

    return rule


def _operands(writer: Writer, op: Op) -> list[str]:
    dtype = next(x.dtype for x in op.inputs if isinstance(x, Value))
    return [writer.name(x) if isinstance(x, Value) else writer.number(x, dtype) for x in op.inputs]


def _not_equal(writer: Writer, op: Op, *inputs: str) -> str:
    return writer.node("Not", [writer.node("Equal", _operands(writer, op), op)], op)


def chain(*kinds: str):
    """Nodes one behind the other."""

    def rule(writer: Writer, op: Op, x: str) -> str:
        for kind in kinds:
            x = writer.node(kind, [x], op)
        return x

    return rule


def _conv(writer: Writer, op: Op, x: str) -> str:
    settings = op.settings
    return writer.node(
        "Conv",
        [x, *_weights(writer, op, "weight", "bias")],
        op,
        kernel_shape=list(op.weights["weight"].tensor.shape[2:]),
        strides=list(settings["stride"]),
        pads=shapes.ends_first(settings["padding"]),
        dilations=list(settings["dilation"]),
        group=settings["groups"],
    )


def _weights(writer: Writer, op: Op, *words: str) -> list[str]:
    return [writer.weight(op, word) for word in words if word in op.weights]


def _conv_transpose(writer: Writer, op: Op, x: str) -> str:
    settings = op.settings
    crops = [(before, max(after, 0)) for before, after in settings["crop"]]
    return writer.node(
        "ConvTranspose",
        [x, *_weights(writer, op, "weight", "bias")],
        op,
        kernel_shape=list(op.weights["weight"].tensor.shape[2:]),
        strides=list(settings["stride"]),
        pads=shapes.ends_first(crops),
        output_padding=[max(-after, 0) for _, after in settings["crop"]],
        dilations=list(settings["dilation"]),
        group=settings["groups"],
    )


def _linear(writer: Writer, op: Op, x: str) -> str:
    if op.output.ndim == 2:
        return writer.node("Gemm", [x, *_weights(writer, op, "weight", "bias")], op, transB=1)
    matrix = writer.weight(op, "weight", op.weights["weight"].tensor.T)
    y = writer.node("MatMul", [x, matrix], op)
    return writer.node("Add", [y, writer.weight(op, "bias")], op) if "bias" in op.weights else y


def _batch_norm(writer: Writer, op: Op, x: str) -> str:
    size = op.weights["running_mean"].tensor.shape[0]
    scale = writer.weight(op, "weight") if "weight" in op.weights else writer.array(np.ones(size, np.float32))
    offset = writer.weight(op, "bias") if "bias" in op.weights else writer.array(np.zeros(size, np.float32))
    statistics = _weights(writer, op, "running_mean", "running_var")
    kept = 1.0 - op.settings["momentum"]
    return writer.node(
        "BatchNormalization", [x, scale, offset, *statistics], op, epsilon=op.settings["epsilon"], momentum=kept
    )


def _layer_norm(writer: Writer, op: Op, x: str) -> str:
    sizes = op.settings["sizes"]
    scale = writer.weight(op, "weight") if "weight" in op.weights else writer.array(np.ones(sizes, np.float32))
    return writer.node(
        "LayerNormalization",
        [x, scale, *_weights(writer, op, "bias")],
        op,
        axis=-len(sizes),
        epsilon=op.settings["epsilon"],
    )


def _rms_norm(writer: Writer, op: Op, x: str) -> str:
    axes = list(range(-len(op.settings["sizes"]), 0))
    mean = writer.node("ReduceMean", [writer.node("Mul", [x, x], op)], op, axes=axes, keepdims=1)
    root = writer.node("Sqrt", [writer.node("Add", [mean, writer.number(op.settings["epsilon"])], op)], op)
    y = writer.node("Div", [x, root], op)
    return writer.node("Mul", [y, writer.weight(op, "weight")], op) if "weight" in op.weights else y


def _group_norm(writer: Writer, op: Op, x: str) -> str:
    groups, shape = op.settings["groups"], op.output.shape
    if None in shape[1:]:
        raise writer.refuse(op, "its groups are split by sizes that only a run tells", shape)
    parts = writer.node("Reshape", [x, writer.whole([0, groups, -1])], op)
    ones, zeros = (writer.array(np.full(groups, number, np.float32)) for number in (1, 0))
    parts = writer.node("InstanceNormalization", [parts, ones, zeros], op, epsilon=op.settings["epsilon"])
    y = writer.node("Reshape", [parts, writer.whole([0, *shape[1:]])], op)
    along = (-1, *[1] * (len(shape) - 2))
    for kind, word in (("Mul", "weight"), ("Add", "bias")):
        if word in op.weights:
            y = writer.node(kind, [y, writer.weight(op, word, op.weights[word].tensor.reshape(along))], op)
    return y


def _gelu(writer: Writer, op: Op, x: str) -> str:
    half = writer.number(0.5)
    if op.settings["approximate"]:
        cube = writer.node("Mul", [writer.node("Mul", [x, x], op), x], op)
        inner = writer.node("Add", [x, writer.node("Mul", [cube, writer.number(0.044715)], op)], op)
        bent = writer.node("Tanh", [writer.node("Mul", [inner, writer.number(math.sqrt(2 / math.pi))], op)], op)
    else:
        bent = writer.node("Erf", [writer.node("Div", [x, writer.number(math.sqrt(2.0))], op)], op)
    weight = writer.node("Mul", [writer.node("Add", [bent, writer.number(1.0)], op), half], op)
    return writer.node("Mul", [x, weight], op)


def _times(*kinds: str):
    """A value times what nodes make of it."""

    def rule(writer: Writer, op: Op, x: str) -> str:
        return writer.node("Mul", [x, chain(*kinds)(writer, op, x)], op)

    return rule


def _shrink(soft: bool):
    def rule(writer: Writer, op: Op, x: str) -> str:
        most = op.settings["threshold"]
        return writer.node("Shrink", [x], op, lambd=most, bias=most if soft else 0.0)

    return rule


def _clamp(writer: Writer, op: Op, x: str) -> str:
    ends = [op.settings["least"], op.settings["most"]]
    named = ["" if end is None else writer.number(end, op.output.dtype) for end in ends]
    return writer.node("Clip", [x, *named], op)


def _celu(writer: Writer, op: Op, x: str) -> str:
    return writer.node("Celu", [x], op, alpha=op.settings["alpha"])


def reduced(kind: str):
    """A reduction whose axes are an attribute."""

    def rule(writer: Writer, op: Op, x: str) -> str:
        return writer.node(kind, [x], op, axes=list(op.settings["axes"]), keepdims=int(op.settings["keepdims"]))

    return rule


def _sum(writer: Writer, op: Op, x: str) -> str:
    axes = writer.whole(op.settings["axes"])
    return writer.node("ReduceSum", [x, axes], op, keepdims=int(op.settings["keepdims"]))


def _arg(kind: str):
    def rule(writer: Writer, op: Op, x: str) -> str:
        [axis] = op.settings["axes"]
        place = writer.node(kind, [x], op, axis=axis, keepdims=int(op.settings["keepdims"]))
        return writer.node("Cast", [place], op, to=dtype_number(writer, op, op.output.dtype))

    return rule


def _cast(writer: Writer, op: Op, x: str) -> str:
    return writer.node("Cast", [x], op, to=dtype_number(writer, op, op.output.dtype))


def _attention(writer: Writer, op: Op, query: str, key: str, value: str, bias: str | None = None) -> str:
    query, value = (writer.node("Transpose", [x], op, perm=[0, 2, 1, 3]) for x in (query, value))
    key = writer.node("Transpose", [key], op, perm=[0, 2, 3, 1])
    query = writer.node("Mul", [query, writer.number(op.settings["scale"])], op)
    scores = writer.node("MatMul", [query, key], op)
    if bias is not None:
        scores = writer.node("Add", [scores, bias], op)
    scores = writer.node("Softmax", [scores], op, axis=-1)
    return writer.node("Transpose", [writer.node("MatMul", [scores, value], op)], op, perm=[0, 2, 1, 3])


def _where(writer: Writer, op: Op, condition: str, *_: str) -> str:
    values = [writer.name(x) if isinstance(x, Value) else writer.number(x, op.output.dtype) for x in op.inputs[1:]]
    return writer.node("Where", [condition, *values], op)


def _prelu(writer: Writer, op: Op, x: str) -> str:
    return writer.node("PRelu", [x, writer.weight(op, "weight")], op)


def _passed_on(writer: Writer, op: Op, x: str) -> str:
    return x


NODES = {
    "identity": plain("Identity"),
    "dropout": _passed_on,
    "noise": _passed_on,
    "conv": _conv,
    "conv_transpose": _conv_transpose,
    "linear": _linear,
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "rms_norm": _rms_norm,
    "group_norm": _group_norm,
    "embedding": lambda writer, op, x: writer.node("Gather", [writer.weight(op, "weight"), x], op, axis=0),
    "prelu": _prelu,
    "recurrent": recurrent.recurrent,
    "max_pool": pooling.max_pool,
    "avg_pool": pooling.average_pool,
    "adaptive_max_pool": pooling.adaptive("GlobalMaxPool", "ReduceMax"),
    "adaptive_avg_pool": pooling.adaptive("GlobalAveragePool", "ReduceMean"),
    **{
        kind: plain(name)
        for kind, name in {
            "relu": "Relu", "sigmoid": "Sigmoid", "tanh": "Tanh", "exp": "Exp", "softplus": "Softplus",
            "softsign": "Softsign", "selu": "Selu", "hard_swish": "HardSwish", "negative": "Neg", "abs": "Abs",
            "sqrt": "Sqrt", "log": "Log", "sin": "Sin", "cos": "Cos", "floor": "Floor", "ceil": "Ceil", "erf": "Erf",
            "reciprocal": "Reciprocal", "logical_not": "Not", "sign": "Sign", "matmul": "MatMul", "round": "Round",
            "tan": "Tan", "asin": "Asin", "acos": "Acos", "atan": "Atan", "sinh": "Sinh", "cosh": "Cosh",
            "asinh": "Asinh", "acosh": "Acosh", "atanh": "Atanh",
        }.items()
    },
    "leaky_relu": plain("LeakyRelu", alpha="slope"),
    "elu": plain("Elu", alpha="alpha"),
    "celu": _celu,
    "gelu": _gelu,
    "silu": _times("Sigmoid"),
    "mish": _times("Softplus", "Tanh"),
    "hard_sigmoid": lambda writer, op, x: writer.node("HardSigmoid", [x], op, alpha=1 / 6, beta=0.5),
    "hard_shrink": _shrink(soft=False),
    "soft_shrink": _shrink(soft=True),
    "log_sigmoid": chain("Neg", "Softplus", "Neg"),
    "rsqrt": chain("Sqrt", "Reciprocal"),
    "square": lambda writer, op, x: writer.node("Mul", [x, x], op),
    "softmax": plain("Softmax", axis="axis"),
    "log_softmax": plain("LogSoftmax", axis="axis"),
    "clamp": _clamp,
    **{
        kind: binary(name)
        for kind, name in {
            "add": "Add", "subtract": "Sub", "multiply": "Mul", "divide": "Div", "power": "Pow", "maximum": "Max",
            "minimum": "Min", "equal": "Equal", "less": "Less", "less_equal": "LessOrEqual", "greater": "Greater",
            "greater_equal": "GreaterOrEqual", "logical_and": "And", "logical_or": "Or",
        }.items()
    },
    "not_equal": _not_equal,
    "mean": reduced("ReduceMean"),
    "max": reduced("ReduceMax"),
    "min": reduced("ReduceMin"),
    "prod": reduced("ReduceProd"),
    "sum": _sum,
    "argmax": _arg("ArgMax"),
    "argmin": _arg("ArgMin"),
    "cast": _cast,
    "reshape": shapes.reshape,
    "permute": plain("Transpose", perm="order"),
    "concat": plain("Concat", axis="axis"),
    "slice": shapes.part,
    "select": shapes.select,
    "flip": shapes.flip,
    "pad": shapes.pad,
    "resize": shapes.resize,
    "repeat": shapes.repeat,
    "expand": shapes.expand,
    "filled": shapes.filled,
    "attention": _attention,
    "einsum": plain("Einsum", equation="equation"),
    "where": _where,
    "merge_steps": shapes.steps_and_samples,
    "split_steps": shapes.steps_and_samples,
}  # fmt: skip
