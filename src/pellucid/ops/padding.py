"""More elements around a value: constant ones, or those of the value mirrored.

Below: promotion.py prepares the operand.
"""

from __future__ import annotations

import numpy as np
import torch

from pellucid.errors import ArgumentError
from pellucid.graph.operation import operation
from pellucid.ops.promotion import tensor


@operation
def pad(x, pad_width, mode="constant", constant_values=None):
    """`x` with more elements before and after along each axis.

    Args:
        pad_width: pairs (before, after), one for each axis; one pair or number is for all.
        mode: ``"constant"``, ``"reflect"`` (mirrored without the edge) or ``"symmetric"`` (with the edge).
        constant_values: what to fill in; 0 if None. Only for ``"constant"``.

    Raises:
        ArgumentError: an unknown mode, a filling for another mode, or pairs for another number of axes.
    """
    x = tensor(x)
    pairs = _pad_pairs(pad_width, x.ndim)
    if mode == "constant":
        flat = [size for pair in reversed(pairs) for size in pair]
        return torch.nn.functional.pad(x, flat, value=constant_values)
    if constant_values is not None:
        raise ArgumentError("`constant_values` is for constant padding.", got=f"mode={mode!r}", fix='mode="constant"')
    if mode not in _MIRRORS:
        raise ArgumentError("Unknown padding mode.", got=repr(mode), expected="constant, reflect or symmetric")
    for axis, (before, after) in enumerate(pairs):
        if before or after:
            x = torch.index_select(x, axis, _MIRRORS[mode](x, x.shape[axis], before, after))
    return x


def _pad_pairs(pad_width, ndim) -> list[tuple[int, int]]:
    widths = np.asarray(pad_width)
    try:
        return [tuple(pair) for pair in np.broadcast_to(widths, (ndim, 2)).tolist()]
    except ValueError:
        raise ArgumentError(
            "`pad_width` gives a pair (before, after) for each axis.", got=pad_width, expected=f"{ndim} pairs"
        ) from None


def _reflected(x, size, before, after):
    """Places in `x` that a mirror at the edge elements shows: 2 1 | 0 1 2 3 | 2 1."""
    places = torch.arange(-before, size + after, device=x.device)
    period = max(2 * (size - 1), 1)
    places = places % period
    return torch.where(places < size, places, period - places)


def _symmetric(x, size, before, after):
    """Places in `x` that a mirror behind the edge elements shows: 1 0 | 0 1 2 3 | 3 2."""
    places = torch.arange(-before, size + after, device=x.device) % (2 * size)
    return torch.where(places < size, places, 2 * size - 1 - places)


_MIRRORS = {"reflect": _reflected, "symmetric": _symmetric}
