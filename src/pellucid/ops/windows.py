"""Windows: how the windows of a convolution or a pooling lie along the axes, and how PyTorch's kernels see a value.

Above:  convolution.py, pooling.py, patches.py.
Axes:   PyTorch's kernels take (batch, channels, *spatial). A channels_last value is only *seen* so, through a permuted
        view of the same memory: PyTorch then computes in that memory order, and nothing is copied in or out.
        With one spatial axis it is seen as an image of height 1 ("lifted"), because PyTorch makes copies of
        (batch, steps, channels) values and none of images.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import torch

from pellucid import axes
from pellucid.errors import ArgumentError, ShapeError

PADDINGS = ("valid", "same", "causal")


class Windows(NamedTuple):
    """How windows lie along the spatial axes that PyTorch sees."""

    strides: tuple[int, ...]
    dilation: tuple[int, ...]
    before: tuple[int, ...]  # cells of padding in front of each axis
    after: tuple[int, ...]  # and behind it
    count: tuple[int, ...]  # type: ignore[assignment]  # windows along each axis; hides tuple.count, which nobody needs


def spatial_rank(shape, name: str) -> int:
    """The number of spatial axes of a value with a batch and a channels axis.

    Raises:
        ShapeError: it has none, or more than three.
    """
    rank = len(shape) - 2
    if rank not in (1, 2, 3):
        raise ShapeError(
            f"`{name}` takes values with a batch axis, 1 to 3 spatial axes, and channels.",
            got=f"{len(shape)} axes: {tuple(shape)}",
            expected="3, 4 or 5 axes",
            fix="ops.expand_dims(x, 0)" if len(shape) in (2, 3, 4) else "ops.reshape(x, ...)",
        )
    return rank


def spatial(shape, data_format: str):
    """The sizes of the spatial axes."""
    return shape[1:-1] if data_format == "channels_last" else shape[2:]


def seen_by_torch(x: torch.Tensor, data_format: str) -> torch.Tensor:
    """A value with its axes as PyTorch's kernels want them; no copy."""
    if data_format == "channels_first":
        return x
    if x.ndim == 3:
        x = x.unsqueeze(1)
    return x.permute(axes.channels_first_permutation(x.ndim))


def seen_by_keras(y: torch.Tensor, data_format: str, rank: int) -> torch.Tensor:
    """What a PyTorch kernel gave, with the axes of a value with `rank` spatial axes; no copy."""
    if data_format == "channels_first":
        return y
    y = y.permute(axes.channels_last_permutation(y.ndim))
    return y.squeeze(1) if rank == 1 else y


def is_lifted(rank: int, data_format: str) -> bool:
    """Whether PyTorch sees an image of height 1 in a value with this many spatial axes."""
    return rank == 1 and data_format == "channels_last"


def hashable(argument):
    """An argument that `lay` can remember: lists become tuples."""
    return tuple(argument) if isinstance(argument, list) else argument


@functools.lru_cache(4096)
def lay(sizes, window, strides, padding, dilation, lifted: bool) -> Windows:
    """Lay windows along spatial axes of these sizes.

    Args:
        sizes: of the value, along its spatial axes.
        window: sizes of the window.
        strides, dilation: one number, or one for each spatial axis.
        padding: "valid", "same" (as much as needed for one window each stride, the odd cell behind) or
            "causal" (as much in front as a window looks back).
        lifted: put an axis of size 1 before them.

    Raises:
        ArgumentError: another padding, or numbers that do not fit the axes.
        ShapeError: a window that is larger than the value, with "valid".
    """
    rank = len(sizes)
    strides = axes.sizes(strides, rank, "strides")
    dilation = axes.sizes(dilation, rank, "dilation_rate")
    spans = tuple((w - 1) * d + 1 for w, d in zip(window, dilation, strict=True))
    pads = tuple(map(_pads(padding), sizes, spans, strides))
    before, after = zip(*pads, strict=True)
    count = tuple((n + b + a - k) // s + 1 for n, b, a, k, s in zip(sizes, before, after, spans, strides, strict=True))
    if any(n > 0 and c < 1 for n, c in zip(sizes, count, strict=True)):
        raise _too_large(sizes, spans)
    found = Windows(strides, dilation, before, after, count)
    if lifted:
        found = Windows(*((fill, *numbers) for fill, numbers in zip((1, 1, 0, 0, 1), found, strict=True)))
    return found


def _pads(padding):
    known = padding.lower() if isinstance(padding, str) else padding
    if known == "valid":
        return lambda size, span, stride: (0, 0)
    if known == "same":
        return _same
    if known == "causal":
        return lambda size, span, stride: (span - 1, 0)
    raise ArgumentError(
        "`padding` says what lies around the value.",
        got=repr(padding),
        expected=" or ".join(map(repr, PADDINGS)),
        fix='padding="same"',
    )


def _same(size, span, stride):
    total = max((-(-size // stride) - 1) * stride + span - size, 0)
    return total // 2, total - total // 2


def _too_large(sizes, spans):
    names = axes.SPATIAL[len(sizes)]
    name, span, size = next(found for found in zip(names, spans, sizes, strict=True) if found[1] > found[2])
    return ShapeError(
        f"The window reaches over {span} places along {name}, and the value has only {size}.",
        got=f"window {tuple(spans)} on {tuple(sizes)}",
        expected=f"at most {size} along {name}",
        fix='padding="same"',
    )
