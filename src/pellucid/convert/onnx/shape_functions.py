"""What ONNX nodes that move elements, or compute sizes, do: in PyTorch's functions.

Above:  functions.py has the table.
Kept true: sizes are lists of Python, in which the batch may be a symbol; known whole numbers come as Python too.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

_DTYPES = {
    1: torch.float32, 2: torch.uint8, 3: torch.int8, 5: torch.int16, 6: torch.int32, 7: torch.int64, 9: torch.bool,
    10: torch.float16, 11: torch.float64,
}  # fmt: skip


def whole(x) -> list:
    """Sizes, axes or places: from a tensor that is known, or from what was computed of shapes."""
    if isinstance(x, torch.Tensor):
        return [int(one) for one in x.reshape(-1)]
    return list(x) if isinstance(x, (list, tuple)) else [x]


class _Sizes(list):
    """The sizes of a value, which is still known."""

    value: torch.Tensor


def sizes_of(x, start=0, end=None):
    """Shape."""
    found = _Sizes(list(x.shape)[start:end])
    if len(found) == x.ndim:
        found.value = x
    return found


def reshape(x, shape, allowzero=0):
    """Reshape."""
    if isinstance(x, list):
        return x
    target = [x.shape[at] if size == 0 and not allowzero else size for at, size in enumerate(whole(shape))]
    return x.reshape(target)


def flatten(x, axis=1):
    """Flatten behind the batch."""
    if axis != 1:
        raise NotImplementedError(f"Flatten with axis={axis}")
    return x.flatten(1)


def transpose(x, perm=None):
    """Transpose."""
    return x.permute(perm if perm is not None else list(range(x.ndim))[::-1])


def squeeze(x, axes_input=None, axes=None):
    """Squeeze; its axes were an attribute before opset 13."""
    if isinstance(x, list):
        return x[0]
    along = whole(axes_input if axes is None else axes)
    return x.squeeze([axis % x.ndim for axis in along])


def unsqueeze(x, axes_input=None, axes=None):
    """Unsqueeze; its axes were an attribute before opset 13."""
    if not isinstance(x, torch.Tensor):
        return whole(x)
    along = whole(axes_input if axes is None else axes)
    ndim = x.ndim + len(along)
    for axis in sorted(one % ndim for one in along):
        x = x.unsqueeze(axis)
    return x


def concat(*xs, axis=0):
    """Concat."""
    if any(isinstance(x, list) for x in xs):
        return [one for x in xs for one in whole(x)]
    return torch.cat(xs, dim=axis)


def part(x, starts_input=None, ends_input=None, axes_input=None, steps_input=None, starts=None, ends=None, axes=None):
    """Slice; its places were attributes before opset 10."""
    starts, ends = whole(starts_input if starts is None else starts), whole(ends_input if ends is None else ends)
    axes = whole(axes_input) if axes_input is not None else axes if axes is not None else list(range(len(starts)))
    steps = whole(steps_input) if steps_input is not None else [1] * len(starts)
    if isinstance(x, list):
        return x[starts[0] : ends[0] : steps[0]]
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        axis %= x.ndim
        if step == -1 and start in (-1, 2**31 - 1, 2**63 - 1) and end <= -(2**31) + 1:
            x = x.flip(axis)
        elif step < 0:
            raise NotImplementedError(f"Slice with step {step}")
        else:
            x = x[(*[slice(None)] * axis, slice(start, None if end >= 2**31 - 1 else end, step))]
    return x


def gather(x, places, axis=0):
    """Gather by known places, or of the rows of a weight."""
    if isinstance(x, list):
        return [x[one] for one in places] if isinstance(places, list) else x[places]
    if isinstance(places, torch.Tensor):
        if axis != 0 or not _is_weight(x):
            raise NotImplementedError("Gather by places that are computed")
        return F.embedding(places, x)
    if isinstance(places, int):
        return x.select(axis, places)
    if len(places) == 1:
        return x.narrow(axis, places[0] % x.shape[axis], 1)
    return torch.cat([x.narrow(axis, one % x.shape[axis], 1) for one in places], dim=axis)


def _is_weight(x) -> bool:
    return isinstance(x, torch.nn.Parameter) and x.ndim == 2


def expand(x, shape):
    """Expand."""
    target = whole(shape)
    sizes = [1] * (len(target) - x.ndim) + list(x.shape)
    sizes = [old if new == 1 else new for old, new in zip(sizes[len(sizes) - len(target) :], target, strict=True)]
    lead = list(x.shape)[: x.ndim - len(target)]
    return x.expand([*lead, *sizes])


def tile(x, repeats):
    """Tile."""
    return x.repeat(whole(repeats))


def split(x, split_input=None, axis=0, split=None, num_outputs=None, outputs=1):
    """Split."""
    if split_input is not None or split is not None:
        return tuple(x.split(whole(split_input if split is None else split), dim=axis))
    return tuple(x.split(math.ceil(x.shape[axis] / outputs), dim=axis))


def pad(x, pads_input=None, value_input=None, axes_input=None, mode="constant", pads=None, value=0.0, paddings=None):
    """Pad; its cells were an attribute before opset 11."""
    cells = whole(pads_input if pads is None else pads)
    axes = whole(axes_input) if axes_input is not None else list(range(len(cells) // 2))
    half, numbers = len(cells) // 2, [0] * (2 * x.ndim)
    for at, axis in enumerate(axes):
        place = 2 * (x.ndim - 1 - axis % x.ndim)
        numbers[place], numbers[place + 1] = cells[at], cells[half + at]
    while len(numbers) > 2 and numbers[-2:] == [0, 0]:
        numbers = numbers[:-2]
    if mode != "constant":
        return F.pad(x, numbers, mode={"edge": "replicate"}.get(mode, mode))
    number = value if value_input is None else value_input
    return F.pad(x, numbers, value=float(number[0] if isinstance(number, list) else number))


def constant_of_shape(shape, value=None):
    """ConstantOfShape."""
    number = value.item() if value is not None else 0.0
    dtype = torch.float32 if value is None else value.dtype
    if hasattr(shape, "value") and number in (0, 1):
        return (torch.ones_like if number else torch.zeros_like)(shape.value, dtype=dtype)
    return torch.full(whole(shape), number, dtype=dtype)


def cast(x, to, saturate=1):
    """Cast."""
    return x if isinstance(x, (list, int, torch.SymInt)) else x.to(_DTYPES[to])


def places(start, limit, delta):
    """Range."""
    return torch.arange(int(start), int(limit), int(delta))


def depth_to_space(x, blocksize, mode="DCR"):
    """Channels spread over squares of places."""
    batch, channels, height, width = x.shape
    new = channels // blocksize**2
    if mode == "CRD":
        return F.pixel_shuffle(x, blocksize)
    parts = x.reshape(batch, blocksize, blocksize, new, height, width).permute(0, 3, 4, 1, 5, 2)
    return parts.reshape(batch, new, height * blocksize, width * blocksize)


def space_to_depth(x, blocksize):
    """Squares of places as channels."""
    batch, channels, height, width = x.shape
    parts = x.reshape(batch, channels, height // blocksize, blocksize, width // blocksize, blocksize)
    parts = parts.permute(0, 3, 5, 1, 2, 4)
    return parts.reshape(batch, channels * blocksize**2, height // blocksize, width // blocksize)
