"""Encoding of whole numbers as rows of zeros and ones.

Above: layers of text and categories, losses and metrics; ops/nn.py is the public door.
Kept true: a number without a class (below 0, or too large) makes a row of zeros.
"""

from __future__ import annotations

import torch

from pellucid.axes import canonical
from pellucid.dtypes import to_torch
from pellucid.errors import ArgumentError
from pellucid.graph.operation import operation
from pellucid.ops.promotion import tensor


@operation
def one_hot(x, num_classes, axis=-1, dtype=None, sparse=False):
    """For each whole number k a row of `num_classes` zeros with a one at place k.

    ``one_hot([1, 0], 3)`` is ``[[0, 1, 0], [1, 0, 0]]``.

    Args:
        axis: where the rows lie in the result; -1 is behind all axes of `x`.
        dtype: of the result; None is floatx.

    Raises:
        ArgumentError: `sparse`, or no such axis.
    """
    _refuse_sparse(sparse)
    x = tensor(x)
    axis = canonical(axis, x.ndim + 1)
    shape = [-1 if k == axis else 1 for k in range(x.ndim + 1)]
    whole = x if not x.is_floating_point() and x.dtype != torch.bool else x.to(torch.int64)
    classes = torch.arange(num_classes, device=x.device).view(shape)
    return (whole.unsqueeze(axis) == classes).to(to_torch(dtype))


@operation
def multi_hot(inputs, num_classes=None, axis=-1, dtype=None, sparse=False, **kwargs):
    """For each row of whole numbers one row of `num_classes` zeros with a one at each of their places.

    ``multi_hot([2, 0], 4)`` is ``[1, 0, 1, 0]``.

    Shapes:
        inputs  (numbers,) or (batch, numbers, ...)
        output  (num_classes,) or (batch, ..., num_classes)

    Raises:
        ArgumentError: `sparse`, or no `num_classes`.
    """
    _refuse_sparse(sparse)
    num_classes = kwargs.pop("num_tokens", None) if num_classes is None else num_classes
    if num_classes is None:
        raise ArgumentError("`multi_hot` needs the number of classes.", got="num_classes=None", fix="num_classes=10")
    inputs = tensor(inputs)
    rows = one_hot(inputs, num_classes, axis=axis, dtype=dtype)
    return rows.amax(dim=1 if inputs.ndim > 1 else 0)


def _refuse_sparse(sparse):
    if sparse:
        raise ArgumentError("PyTorch computes on dense values.", got="sparse=True", expected="sparse=False")
