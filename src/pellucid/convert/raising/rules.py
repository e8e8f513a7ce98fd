"""The table: which rule raises which operation of a flow.

Below:  the families of this folder.
Above:  walk.py.
"""

from __future__ import annotations

from pellucid.convert.raising import plain, recurrent, weighted, windows

RULES = {
    "conv": windows.convolution,
    "conv_transpose": windows.transposed,
    "max_pool": windows.max_pool,
    "avg_pool": windows.average_pool,
    "adaptive_max_pool": windows.adaptive("Max"),
    "adaptive_avg_pool": windows.adaptive("Average"),
    "resize": windows.resize,
    "pad": windows.zero_or_other_padding,
    "linear": weighted.linear,
    "embedding": weighted.embedding,
    "batch_norm": weighted.batch_norm,
    "layer_norm": weighted.layer_norm,
    "rms_norm": weighted.rms_norm,
    "group_norm": weighted.group_norm,
    "prelu": weighted.prelu,
    "recurrent": recurrent.recurrent,
    **{
        kind: plain.activation(name)
        for kind, name in {
            "selu": "selu", "silu": "silu", "mish": "mish", "sigmoid": "sigmoid", "tanh": "tanh",
            "softplus": "softplus", "softsign": "softsign", "hard_sigmoid": "hard_sigmoid", "hard_swish": "hard_silu",
            "log_sigmoid": "log_sigmoid", "exp": "exponential",
        }.items()
    },
    "relu": plain.relu,
    "leaky_relu": plain.leaky_relu,
    "elu": plain.elu,
    "celu": plain.celu,
    "gelu": plain.gelu,
    "hard_shrink": plain.shrink("hard_shrink"),
    "soft_shrink": plain.shrink("soft_shrink"),
    "clamp": plain.clamp,
    "softmax": plain.softmax,
    "log_softmax": plain.log_softmax,
    **{
        kind: plain.function(name)
        for kind, name in {
            "negative": "negative", "abs": "abs", "sqrt": "sqrt", "rsqrt": "rsqrt", "square": "square", "log": "log",
            "sin": "sin", "cos": "cos", "floor": "floor", "ceil": "ceil", "erf": "erf", "reciprocal": "reciprocal",
            "logical_not": "logical_not", "sign": "sign", "where": "where", "round": "round", "tan": "tan",
            "asin": "arcsin", "acos": "arccos", "atan": "arctan", "sinh": "sinh", "cosh": "cosh", "asinh": "arcsinh",
            "acosh": "arccosh", "atanh": "arctanh",
        }.items()
    },
    **{
        kind: plain.binary(kind)
        for kind in (
            "add", "subtract", "multiply", "divide", "power", "maximum", "minimum", "equal", "not_equal", "less",
            "less_equal", "greater", "greater_equal", "logical_and", "logical_or",
        )
    },
    "dropout": plain.dropout,
    "noise": plain.noise,
    **{kind: plain.reduction(kind) for kind in ("mean", "sum", "max", "min", "prod")},
    "argmax": plain.arg("argmax"),
    "argmin": plain.arg("argmin"),
    "reshape": plain.reshape,
    "permute": plain.permute,
    "concat": plain.concat,
    "slice": plain.part,
    "select": plain.select,
    "expand": plain.expand,
    "repeat": plain.repeat,
    "flip": plain.flip,
    "cast": plain.cast,
    "filled": plain.filled,
    "attention": plain.attention,
    "einsum": plain.einsum,
    "matmul": plain.matmul,
    "for_each_sample": plain.for_each_sample,
    "identity": plain.identity,
}  # fmt: skip
