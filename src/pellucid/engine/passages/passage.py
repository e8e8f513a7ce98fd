"""Passage: some steps of a program as pieces of arithmetic, one operation to PyTorch's autograd.

Below:  ops/pieces.py computes, forwards and backwards.
Above:  planning.py finds the steps, and rewrites them.
Why:    values are changed in place where nobody reads them again, gradients take no detour over layouts, and the record
        that PyTorch keeps of each operation is not made: a third of the time of a small network's step on two cores.
Kept true: what the pieces cannot take (masks, other devices, shapes that the graph does not know) runs as plain steps.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch

from pellucid.errors import UnsupportedError
from pellucid.ops.pieces import Piece


@dataclass(frozen=True)
class Stop:
    """One piece on the way: from which values, to which value.

    Args:
        weights: places in the passage's list of weights.
        overwrite: whether the first value's memory may be used.
        frees: values that nothing reads after it.
    """

    piece: Piece
    reads: tuple[int, ...]
    writes: int
    weights: tuple[int, ...] = ()
    overwrite: bool = False
    frees: tuple[int, ...] = ()


@dataclass(frozen=True)
class Passage:
    """What runs in place of some steps.

    Args:
        steps: the plain steps.
        inputs, outputs: slots that it reads, and writes for others.
        shapes: of the inputs; None for any size.
        weights: the variables, each once.
        dtype: of the arithmetic.
        gives: the dtype of the outputs.
        frees: slots that nothing reads afterwards.
    """

    steps: tuple
    stops: tuple[Stop, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    shapes: tuple[tuple, ...]
    weights: tuple
    dtype: torch.dtype
    gives: torch.dtype
    frees: tuple[int, ...]
    _wanted: dict = field(default_factory=dict)

    def run(self, slots: list, context: dict, call) -> None:
        """As `Step.run`."""
        inputs = [slots[at] for at in self.inputs]
        if not all(map(self._takes, inputs, self.shapes)):
            for step in self.steps:
                step.run(slots, context, call)
            return
        outputs = _Run.apply(self, *inputs, *(variable._value for variable in self.weights))
        for at, value in zip(self.outputs, outputs, strict=True):
            slots[at] = value
        for at in self.frees:
            slots[at] = None

    def _takes(self, x, shape) -> bool:
        return (
            type(x) is torch.Tensor
            and x.device.type == "cpu"
            and x.is_floating_point()
            and len(x.shape) == len(shape)
            and all(size in (None, own) for size, own in zip(shape, x.shape, strict=True))
            and x.numel() > 0
            and getattr(x, "_keras_mask", None) is None
        )

    def wanted(self, flags: tuple[bool, ...]) -> list[list[bool]]:
        """For each stop, of which inputs and weights the gradient is asked for.

        Args:
            flags: the same for the passage's inputs and weights.
        """
        if flags not in self._wanted:
            of_value = dict(zip(self.inputs, flags, strict=False))
            of_weights = flags[len(self.inputs) :]
            found = []
            for stop in self.stops:
                found.append([of_value[at] for at in stop.reads] + [of_weights[at] for at in stop.weights])
                of_value[stop.writes] = any(found[-1])
            self._wanted[flags] = found
        return self._wanted[flags]


class _Run(torch.autograd.Function):
    """A passage in the eyes of autograd."""

    @staticmethod
    def forward(ctx, passage: Passage, *tensors):
        tensors = tuple(x.detach().to(passage.dtype) for x in tensors)
        count = len(passage.inputs)
        values, weights = dict(zip(passage.inputs, tensors[:count], strict=True)), tensors[count:]
        kept = []
        for stop in passage.stops:
            xs, ws = [values[at] for at in stop.reads], [weights[at] for at in stop.weights]
            values[stop.writes], needed = stop.piece.forward(xs, ws, stop.overwrite)
            kept.append(needed)
            for at in stop.frees:
                del values[at]
        ctx.passage, ctx.kept, ctx.weights = passage, kept, weights
        return tuple(values[at].detach().to(passage.gives) for at in passage.outputs)

    @staticmethod
    def backward(ctx, *gradients):
        if torch.is_grad_enabled() or ctx.kept is None:
            raise UnsupportedError(
                "In fit, a loss is differentiated once.",
                got="a gradient of a gradient, or a second backward pass",
                fix="model.compile(..., run_eagerly=True)",
            )
        passage, flags = ctx.passage, ctx.needs_input_grad[1:]
        kept, ctx.kept = ctx.kept, None
        wanted = passage.wanted(flags)
        of_values = Gradients()
        for at, gradient in zip(passage.outputs, gradients, strict=True):
            if gradient is not None:
                of_values.add(at, gradient.to(passage.dtype).contiguous(), is_owned=False)
        of_weights: list = [None] * len(passage.weights)
        for number in reversed(range(len(passage.stops))):
            _step_back(passage.stops[number], kept[number], ctx.weights, wanted[number], of_values, of_weights)
            kept[number] = None  # memory for the next one
        of_inputs = [of_values.taken(at)[0] for at in passage.inputs]
        of_weights = [
            None if g is None else g.to(v.torch_dtype) for g, v in zip(of_weights, passage.weights, strict=True)
        ]
        return None, *of_inputs, *of_weights


def _step_back(stop: Stop, kept, weights, wanted, of_values: Gradients, of_weights: list):
    gradient, is_owned = of_values.taken(stop.writes)
    if gradient is None or not any(wanted):
        return
    own = [weights[at] for at in stop.weights]
    of_xs, of_ws = stop.piece.backward(gradient, kept, own, wanted, is_owned)
    is_given = len(of_xs) == 1 and (is_owned or not stop.piece.shares_gradient)
    for at, one in zip(stop.reads, of_xs, strict=True):
        if one is not None:
            of_values.add(at, one, is_owned=is_given)
    for at, one in zip(stop.weights, of_ws, strict=True):
        if one is not None:
            of_weights[at] = one if of_weights[at] is None else of_weights[at] + one


class Gradients:
    """Gradients of values on the way back, with what is known of who else holds their memory."""

    def __init__(self):
        self._found: dict[int, tuple[torch.Tensor, bool]] = {}

    def add(self, at: int, gradient, is_owned: bool) -> None:
        """A gradient that came along one of the ways that a value went."""
        if at in self._found:
            other, others_owned = self._found[at]
            if is_owned:
                gradient, other, is_owned, others_owned = other, gradient, others_owned, is_owned
            gradient = other.add_(gradient) if others_owned else other + gradient
            is_owned = True
        self._found[at] = gradient, is_owned

    def taken(self, at: int):
        """The sum of the gradients of a value, and whether nobody else holds it; None if there is none."""
        return self._found.pop(at, (None, False))
