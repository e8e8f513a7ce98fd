"""ONNX's convolutions, poolings and resizing, in PyTorch's functions.

Above:  functions.py has the table.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F


def _cells(x, window, strides, dilations, pads, auto_pad) -> list[tuple[int, int]]:
    """The cells before and after each spatial axis."""
    rank = len(window)
    if auto_pad in ("SAME_UPPER", "SAME_LOWER"):
        found = []
        for size, cell, stride, gap in zip(x.shape[2:], window, strides, dilations, strict=True):
            total = max((-(-size // stride) - 1) * stride + (cell - 1) * gap + 1 - size, 0)
            small, large = total // 2, total - total // 2
            found.append((small, large) if auto_pad == "SAME_UPPER" else (large, small))
        return found
    if auto_pad == "VALID" or pads is None:
        return [(0, 0)] * rank
    return list(zip(pads[:rank], pads[rank:], strict=True))


def _is_even(cells) -> bool:
    return all(before == after for before, after in cells)


def _padded(x, cells, value=0.0):
    return F.pad(x, [end for pair in reversed(cells) for end in pair], value=value)


def convolution(
    x, weight, bias=None, auto_pad="NOTSET", dilations=None, group=1, kernel_shape=None, pads=None, strides=None
):
    """Conv."""
    rank = weight.ndim - 2
    strides, dilations = strides or [1] * rank, dilations or [1] * rank
    cells = _cells(x, weight.shape[2:], strides, dilations, pads, auto_pad)
    run = getattr(F, f"conv{rank}d")
    if _is_even(cells):
        return run(x, weight, bias, strides, [before for before, _ in cells], dilations, group)
    return run(_padded(x, cells), weight, bias, strides, 0, dilations, group)


def convolution_transposed(
    x, weight, bias=None, auto_pad="NOTSET", dilations=None, group=1, kernel_shape=None, output_padding=None,
    output_shape=None, pads=None, strides=None,
):  # fmt: skip
    """ConvTranspose."""
    rank = weight.ndim - 2
    strides, dilations = strides or [1] * rank, dilations or [1] * rank
    longer = output_padding or [0] * rank
    spans = [(cell - 1) * gap + 1 for cell, gap in zip(weight.shape[2:], dilations, strict=True)]
    if output_shape is not None or auto_pad in ("SAME_UPPER", "SAME_LOWER"):
        wanted = (
            output_shape[-rank:]
            if output_shape is not None
            else [n * s for n, s in zip(x.shape[2:], strides, strict=True)]
        )
        cells = []
        for size, new, stride, span, extra in zip(x.shape[2:], wanted, strides, spans, longer, strict=True):
            total = (size - 1) * stride + span + extra - new
            half = total // 2
            cells.append((total - half, half) if auto_pad == "SAME_UPPER" else (half, total - half))
    else:
        cells = list(zip((pads or [0] * 2 * rank)[:rank], (pads or [0] * 2 * rank)[rank:], strict=True))
    # PyTorch crops both ends alike; what the end keeps is longer, what it loses is cut.
    ends = [after - extra for (_, after), extra in zip(cells, longer, strict=True)]
    padding = [before for before, _ in cells]
    extra = [max(before - end, 0) for before, end in zip(padding, ends, strict=True)]
    y = getattr(F, f"conv_transpose{rank}d")(x, weight, bias, strides, padding, extra, group, dilations)
    for axis, (before, end) in enumerate(zip(padding, ends, strict=True), start=2):
        if end > before:
            y = y.narrow(axis, 0, y.shape[axis] - (end - before))
    return y


def max_pool(
    x,
    auto_pad="NOTSET",
    ceil_mode=0,
    dilations=None,
    kernel_shape=(),
    pads=None,
    storage_order=0,
    strides=None,
    outputs=1,
):
    """MaxPool, of which only the values are read."""
    rank = len(kernel_shape)
    strides, dilations = strides or [1] * rank, dilations or [1] * rank
    cells = _cells(x, kernel_shape, strides, dilations, pads, auto_pad)
    run = getattr(F, f"max_pool{rank}d")
    fits = all(2 * before <= cell for (before, _), cell in zip(cells, kernel_shape, strict=True))
    if _is_even(cells) and fits:
        y = run(x, kernel_shape, strides, [before for before, _ in cells], dilations, bool(ceil_mode))
    else:
        y = run(_padded(x, cells, float("-inf")), kernel_shape, strides, 0, dilations, bool(ceil_mode))
    return (y, None) if outputs > 1 else y


def average_pool(
    x, auto_pad="NOTSET", ceil_mode=0, count_include_pad=0, dilations=None, kernel_shape=(), pads=None, strides=None
):
    """AveragePool."""
    rank = len(kernel_shape)
    strides = strides or [1] * rank
    if any(gap != 1 for gap in dilations or ()):
        raise NotImplementedError("AveragePool with dilations")
    cells = _cells(x, kernel_shape, strides, [1] * rank, pads, auto_pad)
    run = getattr(F, f"avg_pool{rank}d")
    before = [pair[0] for pair in cells]
    if _is_even(cells):
        return run(x, kernel_shape, strides, before, bool(ceil_mode), bool(count_include_pad))
    if not count_include_pad and _windows_hang_over(x, cells, kernel_shape, strides):
        return run(x, kernel_shape, strides, before, True, False)
    y = run(_padded(x, cells), kernel_shape, strides)
    if count_include_pad:
        return y
    ones = torch.ones((1, 1, *x.shape[2:]), dtype=x.dtype)
    return y / run(_padded(ones, cells), kernel_shape, strides)


def _windows_hang_over(x, cells, window, strides) -> bool:
    """Whether padding in front alone, with the last window over the end, lays the same windows."""
    for size, (before, after), cell, stride in zip(x.shape[2:], cells, window, strides, strict=True):
        count = (size + before + after - cell) // stride + 1
        hanging = -(-(size + 2 * before - cell) // stride) + 1
        if (hanging - 1) * stride >= size + before:
            hanging -= 1
        if hanging != count or after < before or 2 * before > cell:
            return False
    return True


def _numbers(x) -> list:
    return [] if x is None else [float(one) for one in (x.reshape(-1) if isinstance(x, torch.Tensor) else x)]


def resize(
    x, region=None, scales=None, sizes=None, antialias=0, axes=None, coordinate_transformation_mode="half_pixel",
    cubic_coeff_a=-0.75, exclude_outside=0, extrapolation_value=0.0, keep_aspect_ratio_policy="stretch", mode="nearest",
    nearest_mode="round_prefer_floor",
):  # fmt: skip
    """Resize of the spatial axes, in the ways that PyTorch has too."""
    if isinstance(sizes, (list, torch.Tensor)) and len(sizes):
        new = [int(one) if isinstance(one, (int, torch.Tensor)) else one for one in sizes][2:]
    else:
        new = [int(old * scale) for old, scale in zip(x.shape[2:], _numbers(scales)[2:], strict=True)]
    corners = coordinate_transformation_mode == "align_corners"
    halves = coordinate_transformation_mode in ("half_pixel", "pytorch_half_pixel")
    if mode == "nearest":
        return _nearest(x, new, coordinate_transformation_mode, nearest_mode)
    if not (corners or halves) or antialias:
        raise NotImplementedError(f"Resize by {coordinate_transformation_mode}")
    words = {1: "linear", 2: "bilinear", 3: "trilinear"}
    if mode == "linear":
        return F.interpolate(x, size=new, mode=words[x.ndim - 2], align_corners=corners)
    if x.ndim == 4 and cubic_coeff_a == -0.75 and not exclude_outside:
        return F.interpolate(x, size=new, mode="bicubic", align_corners=corners)
    grows = all(b >= a for a, b in zip(x.shape[2:], new, strict=True))
    if x.ndim == 4 and cubic_coeff_a == -0.5 and exclude_outside and halves and grows:
        return F.interpolate(x, size=new, mode="bicubic", align_corners=False, antialias=True)
    raise NotImplementedError(f"Resize with cubic_coeff_a={cubic_coeff_a}")


def _nearest(x, new, transformation, rounding):
    grows = all(b % a == 0 for a, b in zip(x.shape[2:], new, strict=True))
    agrees = (transformation == "asymmetric" and rounding == "floor") or (
        grows and transformation in ("half_pixel", "pytorch_half_pixel") and rounding.startswith("round")
    )
    if not agrees:
        raise NotImplementedError(f"Resize to the nearest by {transformation}, {rounding}")
    return F.interpolate(x, size=new, mode="nearest")


def upsample(x, scales_input=None, mode="nearest", scales=None, width_scale=None, height_scale=None):
    """Upsample, of which Resize is the younger form; places are counted from the corner there."""
    factors = _numbers(scales_input if scales is None else scales)
    if mode != "nearest" or any(one != int(one) for one in factors):
        raise NotImplementedError(f"Upsample by {mode}, {factors}")
    return F.interpolate(x, scale_factor=[int(one) for one in factors[2:]], mode="nearest")
