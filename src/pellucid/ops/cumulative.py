"""Along one axis: running sums and products, differences of neighbours, areas under curves.

Below: promotion.py prepares the operand.
"""

from __future__ import annotations

import torch

from pellucid.axes import canonical
from pellucid.dtypes import to_torch
from pellucid.graph.operation import operation
from pellucid.ops.promotion import floating, pair, tensor


@operation
def cumsum(x, axis=None, dtype=None):
    """Running sums along `axis`; None lays `x` out flat. Bools are added up as int32."""
    return _running(torch.cumsum, x, axis, dtype)


@operation
def cumprod(x, axis=None, dtype=None):
    """Running products along `axis`; None lays `x` out flat. Bools are multiplied as int32."""
    return _running(torch.cumprod, x, axis, dtype)


def _running(run, x, axis, dtype):
    x = tensor(x)
    wanted = x.dtype if dtype is None else to_torch(dtype)
    wanted = torch.int32 if wanted == torch.bool else wanted
    return run(x.reshape(-1), 0, dtype=wanted) if axis is None else run(x, canonical(axis, x.ndim), dtype=wanted)


@operation
def diff(a, n=1, axis=-1):
    """Each element minus the one before it along `axis`, `n` times over; bools differ or not."""
    return torch.diff(tensor(a), n=n, dim=axis)


@operation
def trapezoid(y, x=None, dx=1.0, axis=-1):
    """The area under `y` along `axis`, straight lines between its points.

    Args:
        x: where the points lie; None puts them `dx` apart.
    """
    y = tensor(y)
    y = floating(y) if y.dtype == torch.bool else y
    if x is None:
        return (
            torch.trapezoid(y, dx=dx, dim=axis)
            if type(dx) in (int, float)
            else torch.trapezoid(y, dx=tensor(dx), dim=axis)
        )
    return torch.trapezoid(*pair(y, tensor(x)), dim=axis)
