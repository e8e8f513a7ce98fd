"""Writer: nodes, weights and names of an ONNX graph under way.

Below:  package.py gives the `onnx` package; wire.py puts weights into the file.
Above:  nodes.py and recurrent.py say which nodes an operation is; to_onnx.py makes the file.
Kept true: a node is named after its layer, and further ones of that layer ``layer/Kind``; its outputs ``name:0`` ...
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from pellucid.convert.flow import Op, Value, Weight
from pellucid.convert.onnx.wire import Stored
from pellucid.errors import UnsupportedError


class Writer:
    """The graph under way.

    Args:
        onnx: the package.

    Attributes:
        tensors: constants, as messages.
        stored: weights, beside them.
        prefix: of the names of a network inside another.
        given: names of outputs of the graph that are taken.
    """

    def __init__(self, onnx: Any):
        self.onnx = onnx
        self.nodes: list = []
        self.weights: dict[str, tuple[str, Weight]] = {}
        self.tensors: list = []
        self.stored: list[Stored] = []
        self.names: dict[Value, str] = {}
        self._taken: set[str] = set()
        self._constants: dict[tuple, str] = {}
        self.prefix = ""
        self.given: set[str] = set()

    def unique(self, wish: str) -> str:
        """A name that nothing has yet."""
        name, count = wish, 1
        while name in self._taken:
            count += 1
            name = f"{wish}_{count}"
        self._taken.add(name)
        return name

    def node(self, kind: str, inputs, op: Op, outputs: int = 1, **attributes: Any) -> Any:
        """Put a node at the end; the name of its output, or of each where there are several."""
        plain = f"{self.prefix}{op.layer}"
        name = self.unique(plain if plain not in self._taken else f"{plain}/{kind}")
        outs = [f"{name}:{k}" for k in range(outputs)]
        self.nodes.append(self.onnx.helper.make_node(kind, list(inputs), outs, name=name, **attributes))
        return outs[0] if outputs == 1 else outs

    def name(self, x) -> str:
        """The name of a value; a plain number becomes a constant of float32."""
        return self.names[x] if isinstance(x, Value) else self.number(x)

    def number(self, x, dtype: str = "float32") -> str:
        """A constant that holds one number."""
        return self.array(np.array(x, dtype=np.dtype(dtype)))

    def whole(self, numbers) -> str:
        """A constant of whole numbers: sizes, axes, places."""
        return self.array(np.array(numbers, dtype=np.int64))

    def array(self, array: np.ndarray) -> str:
        """A constant; equal ones are kept once.

        Several numbers with fractions stand in a node, so that among the initializers only weights are such.
        """
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._constants:
            name = self._constants[key] = self.unique(f"constant_{len(self._constants)}")
            tensor = self.onnx.numpy_helper.from_array(array, name)
            if array.ndim and array.dtype.kind == "f":
                self.nodes.append(self.onnx.helper.make_node("Constant", [], [name], name=name, value=tensor))
            else:
                self.tensors.append(tensor)
        return self._constants[key]

    def weight(self, op: Op, word: str, tensor: torch.Tensor | None = None) -> str:
        """The weight of an operation under the name ``layer.word``, entered where it is met first.

        Args:
            tensor: what ONNX wants in its place, such as the turned matrix.
        """
        key = f"{op.owner}:{op.kind}:{word}"
        if key not in self.weights:
            found = op.weights.get(word)
            weight = found or Weight(torch.empty(0))
            name = self.unique(f"{self.prefix}{op.layer}.{word}")
            array = as_array(weight.tensor if tensor is None else tensor)
            kind = self.onnx.helper.np_dtype_to_tensor_dtype(array.dtype)
            message = self.onnx.TensorProto(name=name, data_type=kind, dims=array.shape)
            self.stored.append(Stored(message, array))
            self.weights[key] = (name, weight)
        return self.weights[key][0]

    def refuse(self, op: Op, reason: str, got) -> UnsupportedError:
        """The error that names the layer and says why ONNX cannot have it."""
        return UnsupportedError(f"'{op.layer}' cannot go to ONNX: {reason}.", got=got)


def as_array(tensor: torch.Tensor) -> np.ndarray:
    """A tensor's numbers for a file."""
    return tensor.detach().cpu().contiguous().numpy()
