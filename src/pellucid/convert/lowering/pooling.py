"""Pooling, padding, cropping and resizing lowered.

Below:  site.py. Beside: convolution.py knows where the channels lie.
"""

from __future__ import annotations

from pellucid.convert.flow import Value
from pellucid.convert.lowering.convolution import (
    as_layer_has_it,
    cells_of_padding,
    channels_first,
    with_channels_first,
)
from pellucid.convert.lowering.site import Site


def pooling(kind: str):
    """The rule of MaxPooling1D to 3D (``"max_pool"``) or AveragePooling1D to 3D (``"avg_pool"``)."""

    def rule(site: Site, layer, x: Value) -> Value:
        shape = with_channels_first(layer, layer.compute_output_shape(x.shape))
        x = channels_first(site, layer, x)
        cells = cells_of_padding(site, layer, x.shape[2:], layer.pool_size, (1,) * layer.rank)
        counts = {"count_include_pad": False} if kind == "avg_pool" else {}
        y = site.emit(
            kind,
            x,
            shape=shape,
            window=tuple(layer.pool_size),
            stride=tuple(layer.strides),
            padding=cells,
            **counts,
        )
        return as_layer_has_it(site, layer, y)

    return rule


def adaptive_pooling(kind: str):
    """The rule of AdaptiveMaxPooling1D to 3D and AdaptiveAveragePooling1D to 3D."""

    def rule(site: Site, layer, x: Value) -> Value:
        shape = with_channels_first(layer, layer.compute_output_shape(x.shape))
        y = site.emit(kind, channels_first(site, layer, x), shape=shape, size=tuple(layer.output_size))
        return as_layer_has_it(site, layer, y)

    return rule


def global_pooling(kind: str):
    """The rule of GlobalMaxPooling1D to 3D (``"max"``) or GlobalAveragePooling1D to 3D (``"mean"``)."""

    def rule(site: Site, layer, x: Value) -> Value:
        return site.reduce(kind, x, layer.spatial_axes, layer.keepdims)

    return rule


def zero_padding(site: Site, layer, x: Value) -> Value:
    """ZeroPadding1D to 3D."""
    cells = [(0, 0)] * x.ndim
    for axis, pair in zip(layer.spatial_axes, layer._edges, strict=True):
        cells[axis] = tuple(pair)
    return site.emit(
        "pad", x, shape=layer.compute_output_shape(x.shape), cells=tuple(cells), mode="constant", value=0.0
    )


def cropping(site: Site, layer, x: Value) -> Value:
    """Cropping1D to 3D."""
    for axis, (before, after) in zip(layer.spatial_axes, layer._edges, strict=True):
        if before or after:
            x = site.slice(x, axis, before, -after if after else None)
    return x


def upsampling(site: Site, layer, x: Value) -> Value:
    """UpSampling1D to 3D."""
    mode = getattr(layer, "interpolation", "nearest")
    if mode not in ("nearest", "bilinear", "bicubic"):
        raise site.refuse(f"neither PyTorch nor ONNX interpolates by {mode}", got=mode, fix='interpolation="bilinear"')
    if layer.rank == 1:
        return site.emit("repeat", x, shape=layer.compute_output_shape(x.shape), axis=1, times=layer.times[0])
    shape = with_channels_first(layer, layer.compute_output_shape(x.shape))
    y = site.emit("resize", channels_first(site, layer, x), shape=shape, scale=tuple(layer.times), mode=mode)
    return as_layer_has_it(site, layer, y)
