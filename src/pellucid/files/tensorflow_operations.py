"""TensorFlow's functions that stand in graphs of tf.keras, as operations of Keras 3.

Below:  entries.py, old_calls.py.
Above:  old_models.py.
Kept true: a function that is not in the table is an error that names it.

Source: tf_keras 2.21 (TFOpLambda, SlicingOpLambda), TensorFlow 2.21 for the arguments' names; for the older
TensorFlowOpLayer see tensorflow_nodes.py.
"""

from __future__ import annotations

import itertools

from pellucid.errors import FileError
from pellucid.files import old_calls, tensorflow_nodes

_KINDS = ("TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer")
_ROOMS = {
    "",
    "math",
    "nn",
    "linalg",
    "__operators__",
    "compat.v1",
    "compat.v1.math",
    "compat.v1.nn",
    "compat.v1.linalg",
}
_REDUCED = {"axis": "axis", "keepdims": "keepdims", "keep_dims": "keepdims", "reduction_indices": "axis"}
_TWO = {"y": "x2"}
_MODES = {"CONSTANT": "constant", "REFLECT": "reflect", "SYMMETRIC": "symmetric"}
# Function -> operation, and what its keywords are called there. The first argument comes first in both.
_TABLE: dict[str, tuple[str, dict[str, str]]] = {
    **{name: (name.title(), {}) for name in ("abs", "ceil", "cos", "cosh", "erf", "exp", "expm1", "floor", "log")},
    **{name: (name.title(), {}) for name in ("log1p", "negative", "reciprocal", "relu", "relu6", "elu", "selu")},
    **{
        name: (name.title(), {}) for name in ("rsqrt", "sigmoid", "sign", "silu", "sin", "sinh", "softplus", "softsign")
    },
    **{name: (name.title(), {}) for name in ("sqrt", "square", "tan", "tanh")},
    **{f"reduce_{name}": (name.title(), _REDUCED) for name in ("all", "any", "max", "mean", "min", "prod", "sum")},
    **{name: (name.title(), _TWO) for name in ("add", "divide", "equal", "greater", "less", "maximum", "minimum")},
    "multiply": ("Multiply", _TWO),
    "subtract": ("Subtract", _TWO),
    "truediv": ("TrueDivide", _TWO),
    "div_no_nan": ("DivideNoNan", _TWO),
    "divide_no_nan": ("DivideNoNan", _TWO),
    "floordiv": ("FloorDivide", _TWO),
    "floormod": ("Mod", _TWO),
    "mod": ("Mod", _TWO),
    "pow": ("Power", _TWO),
    "greater_equal": ("GreaterEqual", _TWO),
    "less_equal": ("LessEqual", _TWO),
    "not_equal": ("NotEqual", _TWO),
    "logical_and": ("LogicalAnd", _TWO),
    "logical_or": ("LogicalOr", _TWO),
    "logical_not": ("LogicalNot", {}),
    "squared_difference": ("Subtract", _TWO),
    "reduce_logsumexp": ("Logsumexp", _REDUCED),
    "reduce_std": ("Std", _REDUCED),
    "reduce_variance": ("Var", _REDUCED),
    "cumsum": ("Cumsum", {"axis": "axis"}),
    "argmax": ("Argmax", {"axis": "axis", "dimension": "axis"}),
    "argmin": ("Argmin", {"axis": "axis", "dimension": "axis"}),
    "swish": ("Silu", {}),
    "gelu": ("Gelu", {"approximate": "approximate"}),
    "leaky_relu": ("LeakyRelu", {"alpha": "negative_slope"}),
    "softmax": ("Softmax", {"axis": "axis", "dim": "axis"}),
    "log_softmax": ("LogSoftmax", {"axis": "axis"}),
    "l2_normalize": ("Normalize", {"axis": "axis", "epsilon": "epsilon", "dim": "axis"}),
    "cast": ("Cast", {"dtype": "dtype"}),
    "clip_by_value": ("Clip", {"clip_value_min": "x_min", "clip_value_max": "x_max"}),
    "concat": ("Concatenate", {"axis": "axis"}),
    "stack": ("Stack", {"axis": "axis"}),
    "split": ("Split", {"num_or_size_splits": "indices_or_sections", "axis": "axis"}),
    "unstack": ("Unstack", {"num": "num", "axis": "axis"}),
    "reshape": ("Reshape", {"shape": "newshape"}),
    "expand_dims": ("ExpandDims", {"axis": "axis", "dim": "axis"}),
    "squeeze": ("Squeeze", {"axis": "axis", "squeeze_dims": "axis"}),
    "transpose": ("Transpose", {"perm": "axes"}),
    "tile": ("Tile", {"multiples": "repeats"}),
    "repeat": ("Repeat", {"repeats": "repeats", "axis": "axis"}),
    "reverse": ("Flip", {"axis": "axis"}),
    "gather": ("Take", {"indices": "indices", "axis": "axis"}),
    "pad": ("Pad", {"paddings": "pad_width", "mode": "mode", "constant_values": "constant_values"}),
    "where": ("Where", {"x": "x1", "y": "x2"}),
    "one_hot": ("OneHot", {"depth": "num_classes", "axis": "axis"}),
    "zeros_like": ("ZerosLike", {}),
    "ones_like": ("OnesLike", {}),
    "identity": ("Copy", {}),
    "stop_gradient": ("StopGradient", {}),
    "matmul": ("Matmul", {"b": "x2"}),
    "getitem": ("GetItem", {"slice_spec": "key"}),
}
# What Keras 3 takes for granted otherwise than TensorFlow.
_DEFAULTS: dict[str, dict] = {
    "gelu": {"approximate": False},
    "argmax": {"axis": 0},
    "argmin": {"axis": 0},
    "gather": {"axis": 0},
}
_AFTERWARDS = {"squared_difference": "Square"}
# Keywords at which nothing changes: their values.
_HARMLESS: dict[str, tuple] = {
    "conjugate": (False,), "adjoint_a": (False,), "adjoint_b": (False,), "a_is_sparse": (False,),
    "b_is_sparse": (False,), "validate_indices": (None,), "batch_dims": (0,), "exclusive": (False,),
    "reverse": (False,), "on_value": (None, 1), "off_value": (None, 0), "output_type": (None, "int64"),
}  # fmt: skip


def is_one(layer: dict) -> bool:
    """Whether an entry of a graph is a function of TensorFlow."""
    return layer["class_name"] in _KINDS


def modern(layer: dict) -> list[dict]:
    """The operations that do what a function of TensorFlow did; the last has the layer's name.

    Raises:
        FileError: a function, or one of its keywords, that is not known.
    """
    if layer["class_name"] == "TensorFlowOpLayer":
        layer = tensorflow_nodes.as_function(layer)
    told = str(layer["config"].get("function", "getitem"))
    room, _, function = told.rpartition(".")
    if room not in _ROOMS or function not in _TABLE:
        raise FileError(
            f"The file's graph calls the TensorFlow function '{told}', which has no counterpart here.",
            where=layer["name"],
            expected=", ".join(sorted(_TABLE)),
        )
    name, made = layer["name"], []
    calls = [_call(call, function, layer) for call in layer["inbound_nodes"]]
    if function == "matmul":
        calls = [_turned(layer, call, k, made) for k, call in enumerate(calls)]
    last = _AFTERWARDS.get(function)
    inner = f"{name}_inner" if last else name
    made.append(_operation(_TABLE[function][0], inner, calls))
    if last:
        made.append(_operation(last, name, [_call_on(inner, k) for k in range(len(calls))]))
    return made


def _operation(class_name: str, name: str, calls: list) -> dict:
    return {
        "module": "keras.ops",
        "class_name": class_name,
        "config": {"name": name},
        "name": name,
        "inbound_nodes": calls,
        "registered_name": None,
    }


def _call_on(name: str, node: int) -> dict:
    return {"args": [old_calls.mark(name, node, 0)], "kwargs": {}}


def _call(call: dict, function: str, layer: dict) -> dict:
    """A call with today's keywords; those that turn a matrix stay for `_turned`."""
    words = _TABLE[function][1]
    kwargs = dict(_DEFAULTS.get(function, {}))
    for key, value in call["kwargs"].items():
        if key in words:
            kwargs[words[key]] = _value(function, words[key], value)
        elif function == "matmul" and key in ("transpose_a", "transpose_b"):
            kwargs[key] = value
        elif key != "name" and not any(value is x or value == x for x in _HARMLESS.get(key, ())):
            raise FileError(
                f"The file's graph calls '{function}' with a keyword that is not known here.",
                got=f"{key}={value!r}"[:200],
                expected=", ".join(words) or "none",
                where=layer["name"],
            )
    return {"args": call["args"], "kwargs": kwargs}


def _value(function: str, word: str, value):
    if word == "key":
        items = value if isinstance(value, list) else [value]
        return tuple(_index(item) for item in items)
    if function == "split" and isinstance(value, list):
        return list(itertools.accumulate(value))[:-1]
    if word == "mode":
        return _MODES.get(value, value)
    if function == "l2_normalize" and word == "epsilon":
        return value**0.5  # there it bounds the sum of squares
    return value


def _index(item):
    if isinstance(item, dict) and item.get("class_name") == "__ellipsis__":
        return {"class_name": "__ellipsis__", "config": {}}
    if isinstance(item, dict) and set(item) == {"start", "stop", "step"}:
        return {"class_name": "__slice__", "config": item}
    return item


def _turned(layer: dict, call: dict, k: int, made: list) -> dict:
    """A product of matrices whose factors are turned by operations of their own, put before it."""
    kwargs = dict(call["kwargs"])
    factors = {"a": call["args"][0], "b": kwargs.get("x2")}
    for side, factor in factors.items():
        if kwargs.pop(f"transpose_{side}", False):
            name = f"{layer['name']}_{side}{k}"
            turning = {"args": [factor], "kwargs": {"axis1": -2, "axis2": -1}}
            made.append(_operation("Swapaxes", name, [turning]))
            factors[side] = old_calls.mark(name, 0, 0)
    return {"args": [factors["a"]], "kwargs": {**kwargs, "x2": factors["b"]}}
