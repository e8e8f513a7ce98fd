"""Flow: a network in the words that PyTorch and ONNX share, between our layers and both worlds.

Above:  lowering/ makes flows of models, raising/ makes models of flows; torch/ and onnx/ write and read them.
Axes:   as PyTorch has them: (batch, channels, *spatial) for windows, kernels (out, in, *window), matrices (out, in).
Kept true: a flow is plain data in running order; every operation names the layer that it came from.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch


@dataclass(eq=False)
class Value:
    """A value on its way through a flow.

    Args:
        shape: sizes; None for the batch and for what only a run tells.
        dtype: its name.
        batched: whether axis 0 is the batch; weights and constants have none.
        name: for inputs and outputs.
    """

    shape: tuple
    dtype: str = "float32"
    batched: bool = True
    name: str = ""

    @property
    def ndim(self) -> int:
        """Its number of axes."""
        return len(self.shape)


@dataclass(frozen=True, eq=False)
class Weight:
    """A tensor that an operation owns, and how it came there.

    Args:
        tensor: with PyTorch's axes.
        source: its path in the world that it came from.
        axes: from which axes to which, in words: ``"in out -> out in"``.
        note: what else was done to its numbers.
    """

    tensor: torch.Tensor
    source: str = ""
    axes: str = ""
    note: str = ""


@dataclass(eq=False)
class Op:
    """One computation.

    Args:
        kind: its word, such as ``"conv"``.
        inputs: values, or plain numbers in the place of one.
        outputs: the values it gives.
        settings: its numbers and choices, as plain data.
        weights: by PyTorch's names (``weight``, ``bias``, ``running_mean``).
        owner: who owns the weights: operations of one owner share them.
        layer: the name of the layer that this is, or is a part of.
        trainable: whether its weights learn.
    """

    kind: str
    inputs: tuple
    outputs: tuple[Value, ...]
    settings: dict = field(default_factory=dict)
    weights: dict[str, Weight] = field(default_factory=dict)
    owner: str = ""
    layer: str = ""
    trainable: bool = True

    @property
    def output(self) -> Value:
        """The value it gives, where it is one."""
        return self.outputs[0]

    @property
    def values(self) -> list[Value]:
        """Its inputs without the plain numbers."""
        return [x for x in self.inputs if isinstance(x, Value)]


@dataclass(eq=False)
class Flow:
    """What a network computes: operations in running order, between inputs and outputs.

    An operation of kind ``"network"`` holds another flow in its settings.
    """

    name: str
    inputs: list[Value]
    outputs: list[Value]
    ops: list[Op] = field(default_factory=list)

    def makers(self) -> dict[Value, Op]:
        """The operation that gives each value."""
        return {y: op for op in self.ops for y in op.outputs}

    def replace(self, old: Value, new: Value) -> None:
        """Let everybody who reads `old` read `new`."""
        for op in self.ops:
            op.inputs = tuple(new if x is old else x for x in op.inputs)
        if old in self.outputs:
            new.name = old.name
        self.outputs = [new if x is old else x for x in self.outputs]


def dtype_name(tensor: torch.Tensor) -> str:
    """The name of a tensor's dtype."""
    return str(tensor.dtype).removeprefix("torch.")
