"""Conversion: tensors from anything and back, their shapes and dtypes, casting, and gradients stopped or replaced.

Below: graph/values.py converts; promotion.py prepares operands for the other files here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from pellucid.dtypes import standardize_dtype, to_torch
from pellucid.errors import ArgumentError
from pellucid.graph import values
from pellucid.graph.operation import operation
from pellucid.graph.symbol import KerasTensor
from pellucid.ops.promotion import tensor


def convert_to_tensor(x, dtype=None, sparse=None, ragged=None):
    """A tensor with the values of an array, number, nested list or Variable; a symbolic tensor stays symbolic.

    Args:
        dtype: its name; None keeps an array's own, and gives floats `floatx` and ints int32.

    Raises:
        ArgumentTypeError: nothing that has values.
        ArgumentError: lists of different lengths, or `sparse` or `ragged` asked for.
    """
    if isinstance(x, KerasTensor):
        return x if dtype is None or standardize_dtype(dtype) == x.dtype else cast(x, dtype)
    return values.convert_to_tensor(x, dtype=dtype, sparse=sparse, ragged=ragged)


def convert_to_numpy(x) -> np.ndarray:
    """The values of a tensor, Variable or list of them as a NumPy array.

    Raises:
        ArgumentError: a symbolic tensor, which has no values.
    """
    if isinstance(x, KerasTensor):
        raise ArgumentError(
            "A symbolic tensor has no values yet.", got=repr(x), fix="Model(inputs, outputs).predict(x)"
        )
    return np.array(values.convert_to_numpy(x))


def is_tensor(x) -> bool:
    """Whether this is a PyTorch tensor."""
    return isinstance(x, torch.Tensor)


def shape(x) -> tuple:
    """Sizes along each axis; None where a symbolic tensor does not know one."""
    return values.shape_of(x)


def dtype(x) -> str:
    """The name of the dtype."""
    return standardize_dtype(x.dtype)


@operation
def cast(x, dtype):
    """The same values in another dtype; fractions are cut off, too large integers wrap around."""
    wanted = to_torch(dtype)
    x = tensor(x)
    return x if x.dtype == wanted else x.to(wanted)


@operation
def saturate_cast(x, dtype):
    """The values in another dtype, those outside of its range moved to its nearest end."""
    x, wanted = tensor(x), to_torch(dtype)
    if x.dtype == wanted or wanted.is_complex:
        return x.to(wanted)
    if wanted == torch.bool:
        return x.clamp(0, 1).to(torch.bool) if x.dtype != torch.bool else x
    if x.dtype == torch.bool:
        return x.to(wanted)
    least, most = _limits(x.dtype, wanted)
    return x.clamp(least, most).to(wanted)


def _limits(have: torch.dtype, want: torch.dtype) -> tuple:
    """The range of `want`, as numbers that `have` can hold."""
    target = torch.finfo(want) if want.is_floating_point else torch.iinfo(want)
    own: Any = torch.finfo(have) if have.is_floating_point else torch.iinfo(have)
    least, most = max(target.min, own.min), min(target.max, own.max)
    if have.is_floating_point and not want.is_floating_point:
        # 2**31 - 1 is no float32; the next lower one is, and does not wrap around.
        for _ in range(2):
            most = most if int(torch.tensor(most, dtype=have)) <= target.max else int(most * (1 - own.eps))
    return least, most


@operation
def stop_gradient(variable):
    """The same values, through which no gradient flows back."""
    return tensor(variable).detach()


class custom_gradient:  # noqa: N801  (Keras's public spelling)
    """A function whose gradient is the one it says.

    Args:
        f: gives its result and a function ``grad(*args, upstream)`` of the gradients of its arguments.
    """

    def __init__(self, f):
        self.f = f

    def __call__(self, *args, **kwargs):
        return _ToldGradient.apply(self.f, kwargs, *args)


class _ToldGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx, f, kwargs, *args):
        args = tuple(tensor(x) if hasattr(x, "__pellucid_value__") else x for x in args)
        ctx.tensor_places = [k for k, x in enumerate(args) if isinstance(x, torch.Tensor)]
        ctx.save_for_backward(*(args[k] for k in ctx.tensor_places))
        ctx.others = {k: x for k, x in enumerate(args) if not isinstance(x, torch.Tensor)}
        result, ctx.gradient = f(*args, **kwargs)
        return result

    @staticmethod
    def backward(ctx, *upstream):
        args = {**ctx.others, **dict(zip(ctx.tensor_places, ctx.saved_tensors, strict=True))}
        told = ctx.gradient(*(args[k] for k in sorted(args)), upstream=upstream[0] if len(upstream) == 1 else upstream)
        told = told if isinstance(told, tuple) else (told,)
        return None, None, *told, *(None for _ in range(len(args) - len(told)))
