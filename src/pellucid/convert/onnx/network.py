"""Network: an ONNX graph as a PyTorch module, one submodule for each node, so that PyTorch can tell what it computes.

Below:  loading.py reads the file; functions.py says what each kind of node computes.
Above:  from_onnx.py.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import torch
from torch import nn

from pellucid.convert.onnx.functions import FUNCTIONS
from pellucid.convert.onnx.loading import as_tensor
from pellucid.convert.onnx.package import onnx_package
from pellucid.errors import UnsupportedError

# Inputs that tell sizes, axes, places or numbers: plain Python for the functions, never weights.
_PLAIN = {
    "Reshape": (1,), "Squeeze": (1,), "Unsqueeze": (1,), "Slice": (1, 2, 3, 4), "Pad": (1, 2, 3), "Resize": (1, 2, 3),
    "Upsample": (1,), "Expand": (1,), "Tile": (1,), "Split": (1,), "ReduceSum": (1,), "ReduceMean": (1,), "ReduceMax": (1,),
    "ReduceMin": (1,), "ReduceProd": (1,), "ReduceL2": (1,), "ReduceSumSquare": (1,), "Clip": (1, 2), "Pow": (1,),
    "ConstantOfShape": (0,), "Dropout": (1, 2), "Gather": (1,), "Range": (0, 1, 2), "Trilu": (1,), "CumSum": (1,),
    "ReduceL1": (1,), "ReduceLogSum": (1,), "ReduceLogSumExp": (1,),
}  # fmt: skip
# Kinds that also compute sizes: there, known whole numbers are plain as well.
_OF_SIZES = ("Add", "Sub", "Mul", "Div", "Concat", "Equal", "Cast", "Squeeze", "Unsqueeze", "Gather", "Slice", "Where")


class Node(nn.Module):
    """One node.

    Args:
        name: of the node, for errors.
        kind: such as ``"Conv"``.
        attributes: as plain Python.
        weights: for each input that is a weight its place and tensor.
        opset: decides what some kinds mean.
    """

    def __init__(
        self, name: str, kind: str, attributes: dict, weights: dict[int, torch.Tensor], opset: int, outputs: int
    ):
        super().__init__()
        self.name = name
        self.kind, self.attributes, self.opset, self.outputs = kind, attributes, opset, outputs
        self.plain = {at: tensor.tolist() for at, tensor in weights.items() if self._is_plain(at, tensor)}
        self.places = set(weights)
        for at, tensor in weights.items():
            if tensor.is_floating_point() and tensor.ndim and at not in self.plain:  # a lone number is no weight
                setattr(self, f"input_{at}", nn.Parameter(tensor))
            else:
                self.register_buffer(f"input_{at}", tensor)

    def _is_plain(self, at: int, tensor: torch.Tensor) -> bool:
        if at in _PLAIN.get(self.kind, ()):
            return True
        return self.kind in _OF_SIZES and not tensor.is_floating_point() and tensor.ndim < 2

    def forward(self, *inputs):
        has_tensor = any(isinstance(x, torch.Tensor) for at, x in enumerate(inputs) if at not in self.places)
        given = [self._input(at, x, has_tensor) for at, x in enumerate(inputs)]
        while given and given[-1] is None:
            given.pop()
        context = {"opset": self.opset, "outputs": self.outputs}
        function, attributes = FUNCTIONS[self.kind], dict(self.attributes)
        wanted = _words(function)
        attributes |= {word: value for word, value in context.items() if word in wanted}
        try:
            return function(*given, **attributes)
        except NotImplementedError as error:
            raise refusal(self.name, self.kind, str(error)) from error

    def _input(self, at: int, x, has_tensor: bool):
        if at not in self.places:
            return x
        if at in self.plain and (at in _PLAIN.get(self.kind, ()) or not has_tensor):
            return self.plain[at]
        return getattr(self, f"input_{at}")


def _words(function) -> tuple[str, ...]:
    """The keywords that a function takes; those of PyTorch's own take none here."""
    try:
        return tuple(inspect.signature(function).parameters)
    except ValueError:
        return ()


class Network(nn.Module):
    """All nodes in running order.

    Args:
        graph: of the file.
        opset: of the file.
        weights: by name.

    Raises:
        UnsupportedError: a node of a kind that is not known; its name is told.
    """

    def __init__(self, graph, opset: int, weights: dict[str, torch.Tensor]):
        super().__init__()
        self.inputs = [one.name for one in graph.input if one.name not in weights]
        self.outputs = [one.name for one in graph.output]
        self.steps: list[tuple[str, list[str], list[str]]] = []
        known, taken = dict(weights), set(dir(nn.Module)) | set(self.__dict__)
        for at, node in enumerate(graph.node):
            if node.op_type == "Constant":
                known[node.output[0]] = _constant(node)
                continue
            name = _attribute_name(node.name or f"{node.op_type}_{at}", taken)
            given = {k: known[word] for k, word in enumerate(node.input) if word in known}
            self.add_module(name, _node(node, given, opset))
            self.steps.append((name, list(node.input), list(node.output)))
        self.known = {word: tensor for word, tensor in known.items() if word in self.outputs}

    def forward(self, *inputs):
        values: dict[str, Any] = {"": None, **self.known, **dict(zip(self.inputs, inputs, strict=True))}
        for name, reads, writes in self.steps:
            found = getattr(self, name)(*(values.get(word) for word in reads))
            several = found if isinstance(found, tuple) else [found]  # a list is one output: sizes
            values.update(zip(writes, several, strict=False))
        found = [values[word] for word in self.outputs]
        return found[0] if len(found) == 1 else tuple(found)


def _attribute_name(wish: str, taken: set) -> str:
    name = "".join(letter if letter.isalnum() else "_" for letter in wish).strip("_") or "node"
    found, count = name, 0
    while found in taken:
        count += 1
        found = f"{name}_{count}"
    taken.add(found)
    return found


def _node(node, given: dict[int, torch.Tensor], opset: int) -> Node:
    name = node.name or node.output[0]
    if node.domain not in ("", "ai.onnx") or node.op_type not in FUNCTIONS:
        raise refusal(name, node.op_type, "this kind of node is not known here", node.domain or "ai.onnx")
    onnx = onnx_package()
    attributes = {one.name: _plain(onnx, node, one) for one in node.attribute}
    unknown = set(attributes) - set(_words(FUNCTIONS[node.op_type]))
    if unknown:
        raise refusal(name, node.op_type, "an attribute is not known here", ", ".join(sorted(unknown)))
    return Node(name, node.op_type, attributes, given, opset, len(node.output))


def refusal(name: str, kind: str, reason: str, got: str = "") -> UnsupportedError:
    """The error that names a node and says why no layer computes it."""
    return UnsupportedError(f"'{name}' ({kind}) cannot become a layer: {reason}.", **({"got": got} if got else {}))


def _plain(onnx, node, attribute):
    value = onnx.helper.get_attribute_value(attribute)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, onnx.TensorProto):
        return as_tensor(onnx.numpy_helper.to_array(value))
    if isinstance(value, (int, float)):
        return _short(value)
    several = list(value)
    if all(isinstance(one, (int, float)) for one in several):
        return [_short(one) for one in several]
    if all(isinstance(one, bytes) for one in several):
        return [one.decode("utf-8", "replace") for one in several]
    raise refusal(node.name, node.op_type, "it holds a graph of its own", attribute.name)


def _short(number):
    """A float32 of the file as the decimal that a person would have typed."""
    return number if isinstance(number, int) else float(str(np.float32(number)))


def _constant(node) -> torch.Tensor:
    onnx = onnx_package()
    value = _plain(onnx, node, node.attribute[0])
    return value if isinstance(value, torch.Tensor) else torch.tensor(value)
