"""ATen's convolutions, poolings and resizing as operations of a flow.

Below:  reading.py calls the rules. Beside: aten.py.
"""

from __future__ import annotations

from pellucid.convert.torch.aten import front
from pellucid.convert.torch.reading import Seen


def _of_rank(setting, rank: int) -> tuple[int, ...]:
    several = [setting] if isinstance(setting, int) else list(setting)
    return tuple(several * rank if len(several) == 1 else several)


def _conv(rank: int):
    def rule(reading, node, x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1) -> Seen:
        value, window = front(reading, node, x), weight.tensor.shape[2:]
        stride, dilation = _of_rank(stride, rank), _of_rank(dilation, rank)
        if padding == "valid":
            padding = 0
        if padding == "same":  # PyTorch puts the odd cell behind, as Keras
            totals = [(cells - 1) * gap for cells, gap in zip(window, dilation, strict=True)]
            cells = tuple((total // 2, total - total // 2) for total in totals)
        else:
            cells = tuple((one, one) for one in _of_rank(padding, rank))
        settings = {"stride": stride, "padding": cells, "dilation": dilation, "groups": groups}
        return Seen(reading.emit(node, "conv", value, weights={"weight": weight, "bias": bias}, **settings))

    return rule


def _conv_transpose(rank: int):
    def rule(reading, node, x, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1) -> Seen:
        value = front(reading, node, x)
        ends = zip(_of_rank(padding, rank), _of_rank(output_padding, rank), strict=True)
        settings = {
            "stride": _of_rank(stride, rank),
            "crop": tuple((cells, cells - longer) for cells, longer in ends),
            "dilation": _of_rank(dilation, rank),
            "groups": groups,
        }
        return Seen(reading.emit(node, "conv_transpose", value, weights={"weight": weight, "bias": bias}, **settings))

    return rule


def _pool(kind: str, rank: int):
    def max_rule(reading, node, x, window, stride=(), padding=0, dilation=1, ceil_mode=False) -> Seen:
        return _pooled(reading, node, x, window, stride, padding, {"dilation": _of_rank(dilation, rank)}, ceil_mode)

    def mean_rule(
        reading, node, x, window, stride=(), padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None
    ):
        if divisor_override is not None:
            return NotImplemented
        return _pooled(reading, node, x, window, stride, padding, {"count_include_pad": count_include_pad}, ceil_mode)

    def _pooled(reading, node, x, window, stride, padding, more, ceil_mode) -> Seen:
        value, window = front(reading, node, x), _of_rank(window, rank)
        stride = _of_rank(stride or window, rank)
        cells = [(one, one) for one in _of_rank(padding, rank)]
        if ceil_mode:
            cells = _hanging_over(reading, node, value, window, stride, cells, more)
        settings = {"window": window, "stride": stride, "padding": tuple(cells), **more}
        return Seen(reading.emit(node, kind, value, **settings))

    def _hanging_over(reading, node, value, window, stride, cells, more):
        """The cells behind that make windows which hang over lie within."""
        counts = node.meta["val"].shape[2:]
        if None in value.shape[2:]:
            raise reading.refuse(node, "windows that hang over need every size")
        gaps = more.get("dilation", (1,) * rank)
        needed = []
        for size, count, cell, step, gap, (before, after) in zip(
            value.shape[2:], counts, window, stride, gaps, cells, strict=True
        ):
            behind = (count - 1) * step + (cell - 1) * gap + 1 - size - before
            needed.append((before, max(behind, after)))
        if more.get("count_include_pad") and needed != cells:
            if any(any(pair) for pair in cells):
                raise reading.refuse(node, "it counts padding, but not cells beyond it", got="ceil_mode=True")
            more["count_include_pad"] = False
        return needed

    return max_rule if kind == "max_pool" else mean_rule


def _adaptive(kind: str):
    def rule(reading, node, x, size) -> Seen:
        value = front(reading, node, x)
        size = _of_rank(size, value.ndim - 2)
        size = tuple(old if new is None else new for old, new in zip(value.shape[2:], size, strict=True))
        return Seen(reading.emit(node, kind, value, size=size))

    return rule


def _adaptive_max(reading, node, x, size) -> list:
    value = front(reading, node, x)
    size = _of_rank(size, value.ndim - 2)
    return [Seen(reading.emit(node, "adaptive_max_pool", value, fake=node.meta["val"][0], size=size)), None]


def _resize(mode: str, corners: bool):
    def rule(reading, node, x, size=None, *rest) -> Seen:
        align = bool(rest[0]) if corners and rest else False
        value = front(reading, node, x)
        new = node.meta["val"].shape[2:]
        if None in value.shape[2:]:
            raise reading.refuse(node, "it needs every size")
        scale = [a / b for a, b in zip(map(int, new), value.shape[2:], strict=True)]
        whole = all(one == int(one) for one in scale)
        settings = {"scale": tuple(int(one) if whole else one for one in scale), "mode": mode, "corners": align}
        return Seen(reading.emit(node, "resize", value, **settings))

    return rule


WINDOW_RULES = {
    **{f"conv{rank}d": _conv(rank) for rank in (1, 2, 3)},
    **{f"conv_transpose{rank}d": _conv_transpose(rank) for rank in (1, 2, 3)},
    **{f"max_pool{rank}d": _pool("max_pool", rank) for rank in (1, 2, 3)},
    **{f"avg_pool{rank}d": _pool("avg_pool", rank) for rank in (1, 2, 3)},
    **{f"adaptive_avg_pool{rank}d": _adaptive("adaptive_avg_pool") for rank in (1, 2, 3)},
    **{f"adaptive_max_pool{rank}d": _adaptive_max for rank in (1, 2, 3)},
    **{f"upsample_nearest{rank}d": _resize("nearest", corners=False) for rank in (1, 2, 3)},
    **{f"_upsample_nearest_exact{rank}d": _resize("nearest-exact", corners=False) for rank in (1, 2, 3)},
    **dict.fromkeys(
        ("upsample_linear1d", "upsample_bilinear2d", "upsample_trilinear3d"), _resize("linear", corners=True)
    ),
    "upsample_bicubic2d": _resize("cubic", corners=True),
    "_upsample_bicubic2d_aa": _resize("bicubic", corners=True),
}
