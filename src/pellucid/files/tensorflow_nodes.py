"""Nodes of TensorFlow's graphs that stand in models of tf.keras 1.13 to 2.3, as calls of the functions that made them.

Above:  tensorflow_operations.py, which knows the functions.
Kept true: a node that is not in the table is an error that names it.

Source: TensorFlow 1.15 and 2.3 (TensorFlowOpLayer: a NodeDef as JSON, inputs that are no tensors as constants).
"""

from __future__ import annotations

from pellucid.errors import FileError
from pellucid.files import safe_json

_SAME = {
    name: (name.lower(), (), {})
    for name in (
        "Abs Ceil Cos Cosh Elu Erf Exp Expm1 Floor Log Log1p Reciprocal Relu Relu6 Rsqrt Selu Sigmoid Sign Sin Sinh "
        "Softmax Softplus Softsign Sqrt Square Tan Tanh"
    ).split()
}
_TWO = {
    "Add": "add", "AddV2": "add", "BiasAdd": "add", "Div": "divide", "Equal": "equal", "FloorDiv": "floordiv",
    "FloorMod": "floormod", "Greater": "greater", "GreaterEqual": "greater_equal", "Less": "less",
    "LessEqual": "less_equal", "LogicalAnd": "logical_and", "LogicalOr": "logical_or", "Maximum": "maximum",
    "Minimum": "minimum", "Mul": "multiply", "NotEqual": "not_equal", "Pow": "pow", "RealDiv": "truediv",
    "SquaredDifference": "squared_difference", "Sub": "subtract",
}  # fmt: skip
_REDUCED = {"Mean": "mean", "Sum": "sum", "Max": "max", "Min": "min", "Prod": "prod", "All": "all", "Any": "any"}
# Node -> function, the keywords of its inputs behind the first, and its attributes as keywords.
_TABLE: dict[str, tuple[str, tuple[str, ...], dict[str, str]]] = {
    **_SAME,
    **{node: (function, ("y",), {}) for node, function in _TWO.items()},
    **{node: (f"reduce_{word}", ("axis",), {"keep_dims": "keepdims"}) for node, word in _REDUCED.items()},
    "ArgMax": ("argmax", ("axis",), {}),
    "BatchMatMul": ("matmul", ("b",), {"adj_x": "transpose_a", "adj_y": "transpose_b"}),
    "BatchMatMulV2": ("matmul", ("b",), {"adj_x": "transpose_a", "adj_y": "transpose_b"}),
    "Cast": ("cast", (), {"DstT": "dtype"}),
    "ClipByValue": ("clip_by_value", ("clip_value_min", "clip_value_max"), {}),
    "ExpandDims": ("expand_dims", ("axis",), {}),
    "GatherV2": ("gather", ("indices", "axis"), {}),
    "Identity": ("identity", (), {}),
    "LeakyRelu": ("leaky_relu", (), {"alpha": "alpha"}),
    "LogicalNot": ("logical_not", (), {}),
    "MatMul": ("matmul", ("b",), {"transpose_a": "transpose_a", "transpose_b": "transpose_b"}),
    "Neg": ("negative", (), {}),
    "Pad": ("pad", ("paddings",), {}),
    "PadV2": ("pad", ("paddings", "constant_values"), {}),
    "Reshape": ("reshape", ("shape",), {}),
    "Squeeze": ("squeeze", (), {"squeeze_dims": "axis"}),
    "Tile": ("tile", ("multiples",), {}),
    "Transpose": ("transpose", ("perm",), {}),
}
_DTYPES = {
    "DT_FLOAT": "float32", "DT_DOUBLE": "float64", "DT_HALF": "float16", "DT_BFLOAT16": "bfloat16",
    "DT_INT8": "int8", "DT_INT32": "int32", "DT_INT64": "int64", "DT_UINT8": "uint8", "DT_BOOL": "bool",
}  # fmt: skip


def as_function(layer: dict) -> dict:
    """A TensorFlowOpLayer as the TFOpLambda, or SlicingOpLambda, that later versions wrote.

    Raises:
        FileError: a node that is not known.
    """
    node = layer["config"].get("node_def")
    node = safe_json.read(node) if isinstance(node, str) else node
    kind = node.get("op") if isinstance(node, dict) else None
    constants = {int(k): value for k, value in (layer["config"].get("constants") or {}).items() if str(k).isdigit()}
    attributes = {key: _value(value) for key, value in (node.get("attr") or {}).items()} if kind else {}
    calls = []
    for call in layer["inbound_nodes"]:
        given = call["args"][0]
        inputs = _inputs(given if isinstance(given, list) else [given], constants)
        function, made = _call(kind, inputs, attributes, layer)
        calls.append(made)
    return {**layer, "config": {"name": layer["config"].get("name"), "function": function}, "inbound_nodes": calls}


def _inputs(tensors: list, constants: dict[int, object]) -> list:
    """All inputs of a node in order: constants by their places, tensors in the places that are left."""
    left = iter(tensors)
    return [constants[k] if k in constants else next(left, None) for k in range(len(tensors) + len(constants))]


def _call(kind, inputs: list, attributes: dict, layer) -> tuple[str, dict]:
    if kind == "ConcatV2":
        return "concat", {"args": [inputs[:-1]], "kwargs": {"axis": inputs[-1]}}
    if kind == "Pack":
        return "stack", {"args": [inputs], "kwargs": {"axis": attributes.get("axis", 0)}}
    if kind == "StridedSlice":
        return "getitem", {
            "args": inputs[:1],
            "kwargs": {"slice_spec": _slices(inputs[1], inputs[2], inputs[3], attributes)},
        }
    if kind not in _TABLE:
        raise FileError(
            f"The file's graph has the TensorFlow node '{kind}', which has no counterpart here.",
            where=layer["name"],
            expected=", ".join(sorted([*_TABLE, "ConcatV2", "Pack", "StridedSlice"])),
        )
    function, words, named = _TABLE[kind]
    kwargs = dict(zip(words, inputs[1:], strict=False))
    kwargs |= {keyword: attributes[key] for key, keyword in named.items() if key in attributes}
    return function, {"args": inputs[:1], "kwargs": kwargs}


def _slices(begin: list, end: list, strides: list, attributes: dict) -> list:
    """What stood in the brackets; bits of the masks say which numbers do not count."""

    def masked(word: str, k: int) -> bool:
        return bool(int(attributes.get(f"{word}_mask", 0)) >> k & 1)

    items: list = []
    for k, (start, stop, step) in enumerate(zip(begin, end, strides, strict=True)):
        if masked("ellipsis", k):
            items.append({"class_name": "__ellipsis__"})
        elif masked("new_axis", k):
            items.append(None)
        elif masked("shrink_axis", k):
            items.append(start)
        else:
            start, stop = (None if masked("begin", k) else start), (None if masked("end", k) else stop)
            items.append({"start": start, "stop": stop, "step": None if step == 1 else step})
    return items


def _value(attribute):
    """The one value of an attribute: ``{"b": true}``, ``{"i": "2"}``, ``{"list": {"i": ["1"]}}``."""
    if not isinstance(attribute, dict) or len(attribute) != 1:
        return None
    kind, value = next(iter(attribute.items()))
    if kind == "list":
        inner = next(iter(value.items()), None) if isinstance(value, dict) else None
        return None if inner is None else [_value({inner[0]: item}) for item in inner[1]]
    if kind == "i":
        return int(value)
    return _DTYPES.get(value, value) if kind == "type" else value
