"""Output sizes of layers with windows, before any value is there.

Above: convolution.py and pooling.py, in `compute_output_shape`.
Kept true: an unknown size stays unknown; a window that does not fit is an error that says what to change.
"""

from __future__ import annotations

from pellucid import axes
from pellucid.errors import ShapeError


def spatial_sizes(shape, data_format: str) -> tuple:
    """The sizes between batch and channels."""
    return tuple(shape[1:-1] if data_format == "channels_last" else shape[2:])


def channels(shape, data_format: str) -> int | None:
    """The number of channels."""
    return shape[axes.channels_axis(data_format)]


def with_channels(shape, sizes, channels, data_format: str) -> tuple:
    """A shape with the batch size of `shape`, these spatial sizes and these channels."""
    if data_format == "channels_last":
        return (shape[0], *sizes, channels)
    return (shape[0], channels, *sizes)


def slid(layer, shape, window, strides, dilation, padding: str, data_format: str) -> tuple:
    """How many windows fit along each spatial axis.

    Raises:
        ShapeError: not one window fits, or another number of axes.
    """
    sizes = spatial_sizes(shape, data_format)
    if len(sizes) != len(window):
        raise ShapeError(
            f"{type(layer).__name__} takes values with {len(window)} spatial {'axis' if len(window) == 1 else 'axes'}.",
            got=f"{tuple(shape)}, {len(shape)} axes",
            expected=f"{len(window) + 2} axes: ({', '.join(axes.layout(len(window), data_format))})",
        )
    counts = []
    for size, cell, stride, gap in zip(sizes, window, strides, dilation, strict=True):
        reach = (cell - 1) * gap + 1
        if size is None:
            counts.append(None)
        elif padding == "valid":
            counts.append((size - reach) // stride + 1)
        else:
            counts.append(-(-size // stride))
    if any(count is not None and count < 1 and size != 0 for count, size in zip(counts, sizes, strict=True)):
        raise _too_large(layer, shape, sizes, window, dilation, data_format)
    return tuple(counts)


def _too_large(layer, shape, sizes, window, dilation, data_format) -> ShapeError:
    names = axes.SPATIAL[len(sizes)]
    reaches = [(cell - 1) * gap + 1 for cell, gap in zip(window, dilation, strict=True)]
    name, size, reach = next(
        (n, s, r) for n, s, r in zip(names, sizes, reaches, strict=True) if s is not None and r > s
    )
    fix = f'{type(layer).__name__}(..., padding="same"), or a larger input'
    message = f"The window of {reach} is larger than the {name} of {size}."
    if _looks_like(data_format, shape) and _fits_otherwise(data_format, shape, reaches):
        other = "channels_first" if data_format == "channels_last" else "channels_last"
        message = f"The window of {reach} would eat the channels: with {data_format}, axis {_axis_of(name, sizes, data_format)} is the {name}, of size {size}."
        fix = f'the input looks {other}: {type(layer).__name__}(..., data_format="{other}")'
    return ShapeError(message, got=f"input shape {tuple(shape)}", expected=f"{name} of {reach} or more", fix=fix)


def _axis_of(name, sizes, data_format) -> int:
    return axes.layout(len(sizes), data_format).index(name)


def _fits_otherwise(data_format, shape, reaches) -> bool:
    other = "channels_first" if data_format == "channels_last" else "channels_last"
    return all(size is None or reach <= size for size, reach in zip(spatial_sizes(shape, other), reaches, strict=True))


def _looks_like(data_format, shape) -> bool:
    """Whether the shape looks as if the channels lay at the other end: few in front, or few behind."""
    first, last = shape[1], shape[-1]
    if None in (first, last):
        return first in (1, 3, 4) or last in (1, 3, 4)
    return first < last if data_format == "channels_last" else last < first
