"""from_onnx: an ONNX file as a model of ours.

Below:  loading.py reads the file, network.py makes a PyTorch module of it, convert/torch/ reads that.
"""

from __future__ import annotations

from typing import Any

from pellucid.convert.onnx.loading import loaded
from pellucid.convert.onnx.network import Network
from pellucid.convert.raising import raised
from pellucid.convert.standing import standing_again
from pellucid.convert.torch.from_torch import read
from pellucid.errors import FileError, UnsupportedError
from pellucid.models.functional import Functional

_DTYPES = {1: "float32", 6: "int32", 7: "int64", 9: "bool", 10: "float16", 11: "float64"}


def from_onnx(path, layout: str | None = "channels_last", input_shape=None) -> Functional:
    """A model that computes what an ONNX file computes, with its weights.

    Args:
        path: the file; weights beside it are read too.
        layout: where the model has the channels, of its inputs too; None leaves them as the file has them.
        input_shape: of a sample, without the batch, where the file leaves sizes open; a list for several inputs.

    Returns:
        The model; ``model.ledger`` says what became of each weight.

    Raises:
        FileError: no ONNX file, or a broken one.
        UnsupportedError: a node that no layer computes; its name is told, and the reason.
        MissingPackageError: the package `onnx` is not installed.
    """
    graph, opset, weights = loaded(path)
    network = Network(graph, opset, weights).eval()
    inputs = [one for one in graph.input if one.name not in weights]
    shapes = _given(input_shape, inputs) if input_shape is not None else [_shape(one) for one in inputs]
    dtypes = [_DTYPES.get(one.type.tensor_type.elem_type, "float32") for one in inputs]
    flow = read(network, shapes, dtypes, graph.name or "onnx_model")
    for value, one in zip(flow.inputs, inputs, strict=True):
        value.name = one.name
    return standing_again(raised(flow, "ONNX"), layout)


def _given(input_shape, inputs) -> list[tuple]:
    several = input_shape if input_shape and isinstance(input_shape[0], (list, tuple)) else [input_shape]
    if len(several) != len(inputs):
        raise FileError("There is one shape for each input.", got=several, expected=[one.name for one in inputs])
    return [tuple(shape) for shape in several]


def _shape(one) -> tuple:
    """The sizes of a sample."""
    sizes: list[Any] = [
        size.dim_value if size.WhichOneof("value") == "dim_value" else None for size in one.type.tensor_type.shape.dim
    ]
    if not sizes or None in sizes[1:] or min(sizes[1:], default=1) < 1:
        raise UnsupportedError(
            f"The file leaves sizes of its input '{one.name}' open.", got=tuple(sizes),
            fix="from_onnx(path, input_shape=(3, 224, 224))",
        )  # fmt: skip
    return tuple(sizes[1:])
