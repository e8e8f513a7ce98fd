"""Operands: anything array-like as tensors, in the dtypes in which PyTorch promotes them as Keras would.

Above: every function of ops/ takes its arguments through one of these.
Kept true: Python numbers yield to arrays; tensors that fit already pass untouched, since this runs on every call.
"""

from __future__ import annotations

import torch

from pellucid import settings
from pellucid.dtypes import result_type, to_torch
from pellucid.graph.scopes import here
from pellucid.graph.values import convert_to_tensor

# PyTorch stores these, but refuses to promote them with others.
_UNPROMOTED = frozenset({torch.uint16, torch.uint32, torch.uint64})


def tensor(x, dtype: str | None = None) -> torch.Tensor:
    """`x` as a tensor, cast if a dtype is given."""
    if dtype is None and here.device is None and isinstance(x, torch.Tensor):
        return x
    return convert_to_tensor(x, dtype=dtype)


def tensors(xs) -> list[torch.Tensor]:
    """Each of `xs` as a tensor of the dtype they make together, without PyTorch's weak scalars."""
    xs = list(xs)
    if here.device is None and all(isinstance(x, torch.Tensor) and x.dtype == xs[0].dtype for x in xs):
        return xs
    found = [x if type(x) in (int, float) else tensor(x) for x in xs]
    kinds = {x.dtype if isinstance(x, torch.Tensor) else type(x) for x in found}
    if len(kinds) == 1 and isinstance(found[0], torch.Tensor):
        return found
    dtype = result_type(*kinds)
    return [tensor(x, dtype) for x in found]


def pair(x1, x2) -> tuple:
    """Two operands ready for PyTorch's own promotion; at least one is a tensor."""
    if here.device is None and isinstance(x1, torch.Tensor) and isinstance(x2, torch.Tensor) and x1.dtype == x2.dtype:
        return x1, x2
    if type(x2) in (int, float):
        x1 = tensor(x1)
        if x1.is_floating_point():
            return x1, x2
    x1, x2 = tensor(x1), tensor(x2)
    if x1.dtype != x2.dtype and (x1.dtype in _UNPROMOTED or x2.dtype in _UNPROMOTED):
        dtype = to_torch(result_type(x1.dtype, x2.dtype))
        return x1.to(dtype), x2.to(dtype)
    return x1, x2


def common(x1, x2, *also) -> tuple[torch.Tensor, torch.Tensor]:
    """Two operands cast to the dtype that they make together with the dtypes `also`."""
    if not also and isinstance(x1, torch.Tensor) and isinstance(x2, torch.Tensor) and x1.dtype == x2.dtype:
        return tensor(x1), tensor(x2)
    x1 = x1 if type(x1) in (int, float) else tensor(x1)
    x2 = x2 if type(x2) in (int, float) else tensor(x2)
    dtype = result_type(kind(x1), kind(x2), *also)
    return tensor(x1, dtype), tensor(x2, dtype)


def kind(x):
    """What `result_type` takes for `x`: its dtype, or the type of a Python number."""
    return getattr(x, "dtype", None) or type(x)


def floating(x) -> torch.Tensor:
    """`x` as a tensor with a fractional part: integers and bools become floatx."""
    x = tensor(x)
    return x if x.is_floating_point() or x.is_complex() else x.to(to_torch(settings.floatx()))


def counting(x) -> torch.Tensor:
    """`x` as a tensor that can be counted: bools become int32."""
    x = tensor(x)
    return x.to(torch.int32) if x.dtype == torch.bool else x
