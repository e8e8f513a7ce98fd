"""`rearrange`: splits, reorders and merges axes as a pattern of names says.

Below:  shaping.py's row-major order.
Source: the notation of einops, as keras.ops.rearrange takes it.
"""

from __future__ import annotations

import math
import re

import torch

from pellucid.errors import ArgumentError, ShapeError
from pellucid.graph.operation import operation
from pellucid.ops.promotion import tensor as as_tensor


@operation
def rearrange(tensor, pattern, **axes_lengths):
    """The axes of a value split, moved and merged: ``rearrange(x, "b (h k) c -> b h (c k)", k=2)``.

    Args:
        pattern: names of the axes before and after; names in brackets lie together in one axis, the last one fastest.
        axes_lengths: sizes of the axes that a bracket is split into; one in each bracket may be left out.

    Raises:
        ArgumentError: a pattern that cannot be read, or different names on both sides.
        ShapeError: the value has other axes than the pattern, or an axis does not divide.
    """
    x = as_tensor(tensor)
    before, after = _groups(pattern)
    if len(before) != x.ndim:
        raise ShapeError(
            "The pattern names another number of axes.", got=tuple(x.shape), expected=f"{len(before)} axes"
        )
    sizes = {}
    for group, size in zip(before, x.shape, strict=True):
        sizes.update(_split(group, size, axes_lengths))
    names = [name for group in before for name in group]
    x = x.reshape([sizes[name] for name in names])
    x = torch.permute(x, [names.index(name) for group in after for name in group])
    return x.reshape([math.prod(sizes[name] for name in group) for group in after])


def _groups(pattern) -> tuple[list[list[str]], list[list[str]]]:
    """For each axis before and after the arrow, the names that lie in it."""
    sides = pattern.split("->")
    if len(sides) != 2:
        raise ArgumentError("A pattern has one arrow.", got=repr(pattern), expected='such as "b h w -> b (h w)"')
    before, after = ([re.findall(r"\w+", axis) for axis in re.findall(r"\w+|\(.*?\)", side)] for side in sides)
    if sorted(name for group in before for name in group) != sorted(name for group in after for name in group):
        raise ArgumentError("Both sides of a pattern name the same axes.", got=repr(pattern))
    return before, after


def _split(group, size, told) -> dict[str, int]:
    """The size of each name that lies in an axis of this size."""
    if len(group) == 1:
        return {group[0]: size}
    known = {name: told[name] for name in group if name in told}
    rest, over = divmod(size, math.prod(known.values()))
    open_names = [name for name in group if name not in known]
    if over or len(open_names) > 1 or (not open_names and rest != 1):
        raise ShapeError(f"An axis cannot be split into ({' '.join(group)}).", got=size, expected=f"sizes from {told}")
    return {**known, **dict.fromkeys(open_names, rest)}
