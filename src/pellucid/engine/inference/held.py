"""Held: a value inside an OpenVINO model whose axes may lie in another order than PyTorch sees them.

Above: openvino_operations.py computes with these.
Kept true: a move of axes costs nothing until somebody needs the values in their logical order; two that undo each
        other are never made. So a network of channels_last layers runs in OpenVINO's own layout throughout.
"""

from __future__ import annotations

from dataclasses import dataclass

import openvino
import torch
from openvino import opset13 as opset


@dataclass(frozen=True)
class Held:
    """A value.

    Args:
        node: what OpenVINO computes.
        order: for each logical axis, the axis of `node` that holds it.
    """

    node: openvino.Output
    order: tuple[int, ...]

    @classmethod
    def plain(cls, node) -> Held:
        """A value whose axes lie as they are seen."""
        output = node if isinstance(node, openvino.Output) else node.output(0)
        return cls(output, tuple(range(len(output.get_shape()))))

    @property
    def rank(self) -> int:
        return len(self.order)

    @property
    def shape(self) -> tuple[int, ...]:
        """The logical shape."""
        sizes = tuple(self.node.get_shape())
        return tuple(sizes[axis] for axis in self.order)

    def axis(self, logical: int) -> int:
        """The axis of the node that holds a logical axis; negative ones count from the end."""
        return self.order[logical % self.rank]

    def logical(self):
        """A node with the axes in logical order."""
        return self.lying(tuple(range(self.rank)))

    def lying(self, order: tuple[int, ...]):
        """A node with these values that has `order`."""
        moves = [self.order[order.index(axis)] for axis in range(self.rank)]
        return self.node if moves == sorted(moves) else opset.transpose(self.node, moves).output(0)

    def moved(self, axes) -> Held:
        """``permute(axes)``: only the order changes."""
        return Held(self.node, tuple(self.axis(axis) for axis in axes))

    def with_node(self, node) -> Held:
        """Other values, lying the same way."""
        return Held(node.output(0), self.order)

    def without(self, logical: int, node) -> Held:
        """`node` lacks the axis that held a logical axis."""
        gone = self.axis(logical)
        rest = [axis for axis in self.order if axis != gone]
        return Held(node.output(0), tuple(axis - (axis > gone) for axis in rest))

    def with_axis(self, logical: int) -> Held:
        """One more logical axis, of size 1."""
        order = list(self.order)
        order.insert(logical % (self.rank + 1), self.rank)
        return Held(opset.unsqueeze(self.node, [self.rank]).output(0), tuple(order))


def constant(tensor: torch.Tensor):
    """A constant that shares the tensor's memory where that lies in order."""
    array = tensor.detach().contiguous().numpy()
    return openvino.op.Constant(array, shared_memory=bool(array.ndim)).output(0)


def together(values: list) -> tuple[list, tuple[int, ...]]:
    """Nodes of values that are to be broadcast against each other, lying in one order, and that order.

    Args:
        values: Held values, tensors and numbers; at least one is Held.
    """
    held = [value for value in values if isinstance(value, Held)]
    rank = max([value.ndim for value in values if isinstance(value, torch.Tensor)] + [x.rank for x in held])
    main = max(held, key=lambda x: (x.rank, _size(x)))
    order = main.order if main.rank == rank else tuple(range(rank))
    dtype = next((x for x in held if x.node.get_element_type().is_real()), main).node.get_element_type()
    return [_lying(value, order, dtype) for value in values], order


def _lying(value, order, dtype):
    if isinstance(value, Held):
        while value.rank < len(order):
            value = value.with_axis(0)
        return value.lying(order)
    if isinstance(value, torch.Tensor):
        value = value.reshape((1,) * (len(order) - value.ndim) + tuple(value.shape))
        return constant(value.permute([order.index(axis) for axis in range(len(order))]))
    return opset.constant(value, dtype).output(0)


def _size(held: Held) -> int:
    size = 1
    for length in held.shape:
        size *= length
    return size
