"""Convolutions and poolings raised: padding is a layer of its own where Keras has no word for it.

Below:  place.py.
Axes:   the layers made here have channels first.
"""

from __future__ import annotations

import itertools

import torch
import torch.nn.functional as F

from pellucid import layers
from pellucid.convert.raising.place import Place
from pellucid.ops.transposed_convolution import transposed_crop

_FIRST = "channels_first"
_WINDOW = {1: "steps", 2: "height width", 3: "depth height width"}
# What gives nothing below 0, so that zeros around it change no maximum.
_NEVER_NEGATIVE = ("relu", "sigmoid", "softmax", "softplus", "exp", "abs", "square", "hard_sigmoid")


def _same_cells(size, span: int, stride: int):
    """The cells that "same" puts before and after; None where only a run tells."""
    if size is None and stride > 1:
        return None
    counted = 1 if size is None else size
    total = max((-(-counted // stride) - 1) * stride + span - counted, 0)
    return total // 2, total - total // 2


def _padding(place: Place, x, window, stride, dilation) -> tuple[str, object]:
    """Keras's word for the padding, and the value, padded by a layer where there is no word."""
    cells = place.settings["padding"]
    if not any(any(pair) for pair in cells):
        return "valid", x
    spans = [(cell - 1) * gap + 1 for cell, gap in zip(window, dilation, strict=True)]
    if list(cells) == list(map(_same_cells, x.shape[2:], spans, stride)):
        return "same", x
    return "valid", padded_with_zeros(place, x, cells)


def padded_with_zeros(place: Place, x, cells):
    """A value with zeros around its spatial axes."""
    kind = getattr(layers, f"ZeroPadding{len(cells)}D")
    pairs = tuple(cells) if len(cells) > 1 else cells[0]
    return kind(pairs, data_format=_FIRST, name=place.name("pad"))(x)


# ---- convolutions


def convolution(place: Place, x):
    """Conv1D to Conv3D, or DepthwiseConv where each channel is a group."""
    settings, weight = place.settings, place.weight("weight")
    rank, groups, window = weight.ndim - 2, settings["groups"], tuple(weight.shape[2:])
    stride, dilation = settings["stride"], settings["dilation"]
    if max(stride) > 1 and max(dilation) > 1:
        raise place.refuse("Keras has no convolution with strides and dilation", got=f"{stride}, {dilation}")
    padding, x = _padding(place, x, window, stride, dilation)
    words = {
        "strides": stride, "padding": padding, "dilation_rate": dilation, "data_format": _FIRST,
        "use_bias": "bias" in place.op.weights,
    }  # fmt: skip
    filters, channels = weight.shape[0], weight.shape[1] * groups
    is_depthwise = groups == channels and groups > 1 and rank < 3 and len(set(stride)) == 1
    names = _WINDOW[rank]

    def make(name):
        if is_depthwise:
            kind = getattr(layers, f"DepthwiseConv{rank}D")
            return kind(window, depth_multiplier=filters // channels, name=name, **words)
        return getattr(layers, f"Conv{rank}D")(filters, window, groups=groups, name=name, **words)

    def weights(layer):
        if is_depthwise:
            kernel = weight.reshape(channels, filters // channels, *window).permute(*range(2, rank + 2), 0, 1)
            yield layer.kernel, kernel, "weight", "", f"-> {names} in multiplier"
        else:
            kernel = weight.permute(*range(2, rank + 2), 1, 0)
            yield layer.kernel, kernel, "weight", f"out in {names} -> {names} in out", ""
        if layer.bias is not None:
            yield layer.bias, place.weight("bias"), "bias", "out", ""

    return place.owned(make, weights)(x)


def transposed(place: Place, x):
    """Conv1DTranspose to Conv3DTranspose, with a Cropping where Keras crops otherwise."""
    settings, weight = place.settings, place.weight("weight")
    rank, window, stride, dilation = weight.ndim - 2, tuple(weight.shape[2:]), settings["stride"], settings["dilation"]
    if settings["groups"] != 1:
        raise place.refuse("Keras's transposed convolutions have no groups", got=f"groups={settings['groups']}")
    if max(stride) > 1 and max(dilation) > 1:
        raise place.refuse("Keras has no convolution with strides and dilation", got=f"{stride}, {dilation}")
    spans = [(cell - 1) * gap + 1 for cell, gap in zip(window, dilation, strict=True)]
    padding, longer, cut = _cropping(place, spans, stride, settings["crop"])
    names = _WINDOW[rank]

    def make(name):
        return getattr(layers, f"Conv{rank}DTranspose")(
            weight.shape[1], window, strides=stride, padding=padding, output_padding=longer, dilation_rate=dilation,
            data_format=_FIRST, use_bias="bias" in place.op.weights, name=name,
        )  # fmt: skip

    def weights(layer):
        kernel = weight.permute(*range(2, rank + 2), 1, 0)
        yield layer.kernel, kernel, "weight", f"in out {names} -> {names} out in", ""
        if layer.bias is not None:
            yield layer.bias, place.weight("bias"), "bias", "out", ""

    y = place.owned(make, weights)(x)
    return y if cut is None else _cropped(place, y, cut)


def _cropped(place: Place, y, cut):
    if len(cut) == 1:
        start, stop = cut[0][0], -cut[0][1] if cut[0][1] else None
        return place.run("get_item", y, (slice(None), slice(None), slice(start, stop)))
    kind = getattr(layers, f"Cropping{len(cut)}D")
    return kind(tuple(cut), data_format=_FIRST, name=place.name("crop"))(y)


def _cropping(place: Place, spans, strides, wanted):
    """Keras's padding and output_padding for these crops, and what is left to cut off."""
    choices = [None, *itertools.product(*(range(stride) for stride in strides))]
    for padding, longer in itertools.product(("valid", "same"), choices):
        found = tuple(
            _crop(padding, span, stride, None if longer is None else longer[at])
            for at, (span, stride) in enumerate(zip(spans, strides, strict=True))
        )
        if found == tuple(map(tuple, wanted)):
            return padding, longer, None
    # All that there is, with as much more at the end as is wanted; the rest is cut off.
    longer = tuple(max(-end, 0) for _, end in wanted)
    if any(extra >= stride for extra, stride in zip(longer, strides, strict=True)):
        raise place.refuse("Keras's transposed convolutions end elsewhere", got=wanted)
    return "valid", longer, [(front, end + extra) for (front, end), extra in zip(wanted, longer, strict=True)]


def _crop(padding: str, span: int, stride: int, longer):
    """Cells that Keras takes from front and end of the longest output."""
    front = transposed_crop(padding, span, stride, longer)
    if padding == "valid":
        total = -(max(stride - span, 0) if longer is None else longer)
    else:
        total = span - stride if longer is None else span - span % 2 - longer
    return front, total - front


# ---- poolings


def max_pool(place: Place, x):
    """MaxPooling1D to 3D."""
    window, stride = place.settings["window"], place.settings["stride"]
    if any(gap != 1 for gap in place.settings.get("dilation", ())):
        raise place.refuse("Keras's poolings have no dilation", got=place.settings["dilation"])
    cells = place.settings["padding"]
    spans_same = list(cells) == list(map(_same_cells, x.shape[2:], window, stride))
    padding = "same" if spans_same and any(any(pair) for pair in cells) else "valid"
    if padding == "valid" and any(any(pair) for pair in cells):
        x = _surrounded(place, x, cells)
    kind = getattr(layers, f"MaxPooling{len(window)}D")
    return kind(window, stride, padding, data_format=_FIRST, name=place.name())(x)


def _surrounded(place: Place, x, cells):
    """A value with something around it that is never the largest."""
    maker = place.model.makers.get(place.op.inputs[0])
    if maker is not None and (maker.kind in _NEVER_NEGATIVE or _is_cut_at_zero(maker)):
        return padded_with_zeros(place, x, cells)
    lowest = float(torch.finfo(torch.float32).min)
    return place.run("pad", x, [(0, 0), (0, 0), *map(tuple, cells)], constant_values=lowest)


def _is_cut_at_zero(maker) -> bool:
    return maker.kind == "clamp" and maker.settings["least"] is not None and maker.settings["least"] >= 0


def average_pool(place: Place, x):
    """AveragePooling1D to 3D; where only cells that are there count, the means are set right afterwards."""
    window, stride, cells = (place.settings[word] for word in ("window", "stride", "padding"))
    kind = getattr(layers, f"AveragePooling{len(window)}D")
    if not any(any(pair) for pair in cells):
        return kind(window, stride, data_format=_FIRST, name=place.name())(x)
    if not place.settings["count_include_pad"] and list(cells) == list(map(_same_cells, x.shape[2:], window, stride)):
        return kind(window, stride, "same", data_format=_FIRST, name=place.name())(x)
    sizes = x.shape[2:]
    y = kind(window, stride, data_format=_FIRST, name=place.name())(padded_with_zeros(place, x, cells))
    if place.settings["count_include_pad"]:
        return y
    if None in sizes:
        raise place.refuse("its means depend on sizes that only a run tells")
    ones = F.pad(torch.ones(1, 1, *sizes), [end for pair in reversed(cells) for end in pair])
    share = getattr(F, f"avg_pool{len(window)}d")(ones, window, stride)
    return place.run("divide", y, share.numpy())


def adaptive(word: str):
    """AdaptiveAveragePooling (``"Average"``) or AdaptiveMaxPooling (``"Max"``); a global one for a single window."""

    def rule(place: Place, x):
        size = place.settings["size"]
        if all(one == 1 for one in size):
            kind = getattr(layers, f"Global{word}Pooling{len(size)}D")
            return kind(data_format=_FIRST, keepdims=True, name=place.name())(x)
        kind = getattr(layers, f"Adaptive{word}Pooling{len(size)}D")
        return kind(size, data_format=_FIRST, name=place.name())(x)

    return rule


# ---- resizing


def resize(place: Place, x):
    """UpSampling where Keras has the same numbers; else products with fixed matrices, one an axis."""
    scale, mode = place.settings["scale"], place.settings["mode"]
    whole = all(isinstance(one, int) and one >= 1 for one in scale)
    if whole and mode == "nearest-exact":
        mode = "nearest"
    corners = place.settings.get("corners", False)
    words = {"linear": "bilinear", "bilinear": "bilinear", "nearest": "nearest", "bicubic": "bicubic"}
    if whole and not corners and mode in words:
        if mode == "nearest" and len(scale) > 1:
            kind = getattr(layers, f"UpSampling{len(scale)}D")
            return kind(scale, data_format=_FIRST, name=place.name())(x)
        if len(scale) == 2:
            return layers.UpSampling2D(scale, data_format=_FIRST, interpolation=words[mode], name=place.name())(x)
    return _by_matrices(place, x, mode, corners)


def _by_matrices(place: Place, x, mode: str, corners: bool):
    old, new = x.shape[2:], place.op.output.shape[2:]
    if None in (*old, *new):
        raise place.refuse("it needs every size", got=tuple(x.shape))
    for axis, (a, b) in enumerate(zip(old, new, strict=True), start=2):
        if a != b:
            letters = "abcde"[: len(x.shape)]
            turned = letters.replace(letters[axis], "z")
            x = place.run("einsum", f"{letters},{letters[axis]}z->{turned}", x, _matrix(a, b, mode, corners).numpy())
    return x


def _matrix(old: int, new: int, mode: str, corners: bool) -> torch.Tensor:
    """How much each old place counts in each new one: (old, new)."""
    ones = torch.eye(old).reshape(1, old, 1, old)
    words = {
        "linear": "bilinear",
        "bilinear": "bilinear",
        "nearest": "nearest",
        "nearest-exact": "nearest-exact",
        "cubic": "bicubic",
        "bicubic": "bicubic",
    }
    more = {} if mode.startswith("nearest") else {"align_corners": corners}
    if mode == "bicubic":
        more["antialias"] = True
    return F.interpolate(ones, size=(1, new), mode=words[mode], **more)[0, :, 0]


def zero_or_other_padding(place: Place, x):
    """ZeroPadding for zeros around spatial axes, else ops.pad."""
    cells, mode, number = (place.settings[word] for word in ("cells", "mode", "value"))
    spatial = tuple(map(tuple, cells[2:]))
    if mode == "constant" and number == 0 and len(spatial) in (1, 2, 3) and cells[1] == (0, 0):
        return padded_with_zeros(place, x, spatial)
    words = {"constant_values": number} if mode == "constant" else {}
    return place.run("pad", x, [tuple(pair) for pair in cells], mode=mode, **words)
