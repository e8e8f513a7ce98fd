"""Reductions of rows by the segment they belong to.

Below: promotion.py prepares the operands.
"""

from __future__ import annotations

import torch

from pellucid.errors import ShapeError
from pellucid.graph.operation import operation
from pellucid.graph.symbol import KerasTensor
from pellucid.ops.promotion import tensor
from pellucid.ops.symbolic import output_of


@operation
def segment_sum(data, segment_ids, num_segments=None, sorted=False):
    """The sum of the rows of each segment; 0 for an empty one.

    Args:
        segment_ids: the segment of each row; rows outside of 0 to `num_segments` are left out.
        num_segments: how many there are; None takes the largest id plus 1.
        sorted: whether the ids are known to rise; makes no difference.

    Raises:
        ShapeError: `segment_ids` is no vector with one entry for each row.
    """
    return _reduced("sum", data, segment_ids, num_segments)


@operation
def segment_prod(data, segment_ids, num_segments=None, sorted=False):
    """The product of the rows of each segment; 1 for an empty one. Arguments as `segment_sum`."""
    return _reduced("prod", data, segment_ids, num_segments)


@operation
def segment_max(data, segment_ids, num_segments=None, sorted=False):
    """The largest element of each segment; the dtype's lowest number for an empty one. Arguments as `segment_sum`."""
    return _reduced("amax", data, segment_ids, num_segments)


@operation
def segment_min(data, segment_ids, num_segments=None, sorted=False):
    """The smallest element of each segment; the dtype's highest number for an empty one. Arguments as `segment_sum`."""
    return _reduced("amin", data, segment_ids, num_segments)


def _reduced(reduction, data, segment_ids, num_segments):
    data, ids = tensor(data), tensor(segment_ids).long()
    _check(data, ids)
    count = int(ids.max()) + 1 if num_segments is None else num_segments
    # Rows of no segment go to one more, which is cut off.
    ids = torch.where((ids >= 0) & (ids < count), ids, count)
    start = torch.full(
        (count + 1, *data.shape[1:]), _neutral(reduction, data.dtype), dtype=data.dtype, device=data.device
    )
    index = ids.reshape(-1, *(1,) * (data.ndim - 1)).expand(data.shape)
    return start.scatter_reduce(0, index, data, reduction)[:-1]


def _check(data, ids):
    if len(ids.shape) != 1:
        raise ShapeError("Segment ids are a vector.", got=tuple(ids.shape), expected="one axis")
    if None not in (ids.shape[0], data.shape[0]) and ids.shape[0] != data.shape[0]:
        raise ShapeError("Each row has one segment id.", got=ids.shape[0], expected=data.shape[0])


def _neutral(reduction, dtype):
    """What changes nothing when reduced with."""
    if reduction in ("sum", "prod"):
        return 0 if reduction == "sum" else 1
    sign = -1 if reduction == "amax" else 1
    if dtype.is_floating_point:
        return sign * torch.inf
    return torch.iinfo(dtype).min if sign < 0 else torch.iinfo(dtype).max


def _output(data, segment_ids, num_segments=None, sorted=False):
    _check(data, segment_ids)
    return KerasTensor((num_segments, *data.shape[1:]), data.dtype)


for _operation in (segment_sum, segment_prod, segment_max, segment_min):
    output_of(_operation)(_output)
