"""Convolutions lowered: kernels as PyTorch keeps them, padding counted out for each end.

Below:  site.py. Beside: pooling.py, which shares the count of `same` padding.
Axes:   a layer with channels_last stands between two transposes; in one with channels_first none is left.
"""

from __future__ import annotations

from pellucid import axes
from pellucid.convert.flow import Value, Weight
from pellucid.convert.lowering.activation import activated
from pellucid.convert.lowering.site import Site
from pellucid.ops.transposed_convolution import transposed_crop

_WINDOW = {1: "steps", 2: "height width", 3: "depth height width"}
_TRIAL = 64  # a size along which cropping is counted; it depends on none


def channels_first(site: Site, layer, x: Value) -> Value:
    """A value of this layer with its channels on axis 1."""
    if layer.data_format == "channels_first":
        return x
    return site.permute(x, axes.channels_first_permutation(x.ndim))


def as_layer_has_it(site: Site, layer, x: Value) -> Value:
    """A value with its channels on axis 1, with the axes that this layer gives."""
    if layer.data_format == "channels_first":
        return x
    return site.permute(x, axes.channels_last_permutation(x.ndim))


def with_channels_first(layer, shape) -> tuple:
    """A shape as this layer has it, with its channels on axis 1."""
    if layer.data_format == "channels_first":
        return tuple(shape)
    return tuple(shape[axis] for axis in axes.channels_first_permutation(len(shape)))


def cells_of_padding(site: Site, layer, sizes, window, dilation) -> tuple[tuple[int, int], ...]:
    """How many cells lie before and after each spatial axis."""
    spans = [(cells - 1) * gap + 1 for cells, gap in zip(window, dilation, strict=True)]
    if layer.padding == "causal":
        return tuple((span - 1, 0) for span in spans)
    if layer.padding == "valid":
        return ((0, 0),) * len(spans)
    totals = []
    for size, span, stride in zip(sizes, spans, layer.strides, strict=True):
        if size is None and stride > 1:
            raise site.refuse(
                "its padding depends on a size that only a run tells",
                got=f'padding="same" with strides={layer.strides} on sizes {tuple(sizes)}',
                fix="Input(shape=...) with every size known",
            )
        counted = 1 if size is None else size
        totals.append(max((-(-counted // stride) - 1) * stride + span - counted, 0))
    return tuple((total // 2, total - total // 2) for total in totals)


def convolution(site: Site, layer, x: Value) -> Value:
    """Conv1D to Conv3D."""
    kernel = site.weight(layer.kernel, f"{_WINDOW[layer.rank]} in out -> out in {_WINDOW[layer.rank]}")
    return _convolved(site, layer, x, kernel, site.weight(layer.bias), groups=layer.groups)


def depthwise(site: Site, layer, x: Value) -> Value:
    """DepthwiseConv1D, DepthwiseConv2D: as many groups as channels."""
    kernel, channels = _depthwise_kernel(site, layer, layer.kernel)
    return _convolved(site, layer, x, kernel, site.weight(layer.bias), groups=channels)


def separable(site: Site, layer, x: Value) -> Value:
    """SeparableConv1D, SeparableConv2D: two convolutions."""
    kernel, channels = _depthwise_kernel(site, layer, layer.depthwise_kernel)
    window = _WINDOW[layer.rank]
    pointwise = site.weight(layer.pointwise_kernel, f"{window} in out -> out in {window}")
    x = channels_first(site, layer, x)
    shape = list(with_channels_first(layer, layer.compute_output_shape(_own_shape(layer, x))))
    shape[1] = kernel.tensor.shape[0]
    x = _emit(site, layer, x, shape, "depthwise", kernel, None, groups=channels)
    shape[1] = layer.filters
    ones, none = (1,) * layer.rank, ((0, 0),) * layer.rank
    x = site.emit(
        "conv",
        x,
        shape=shape,
        part="pointwise",
        weights={"weight": pointwise, "bias": site.weight(layer.bias)},
        stride=ones,
        padding=none,
        dilation=ones,
        groups=1,
    )
    return activated(site, as_layer_has_it(site, layer, x), layer.activation)


def _depthwise_kernel(site: Site, layer, variable) -> tuple[Weight, int]:
    window = _WINDOW[layer.rank]
    weight = site.weight(variable, f"{window} in multiplier -> in multiplier {window}")
    assert weight is not None
    channels, multiplier, *sizes = weight.tensor.shape
    note = "channels and multipliers made one axis"
    return Weight(weight.tensor.reshape(channels * multiplier, 1, *sizes), weight.source, weight.axes, note), channels


def _convolved(site, layer, x, kernel, bias, groups) -> Value:
    shape = with_channels_first(layer, layer.compute_output_shape(x.shape))
    y = _emit(site, layer, channels_first(site, layer, x), shape, "", kernel, bias, groups)
    return activated(site, as_layer_has_it(site, layer, y), layer.activation)


def _emit(site, layer, x, shape, part, kernel, bias, groups) -> Value:
    cells = cells_of_padding(site, layer, x.shape[2:], layer.kernel_size, layer.dilation_rate)
    return site.emit(
        "conv",
        x,
        shape=shape,
        part=part,
        weights={"weight": kernel, "bias": bias},
        stride=tuple(layer.strides),
        padding=cells,
        dilation=tuple(layer.dilation_rate),
        groups=groups,
    )


def transposed(site: Site, layer, x: Value) -> Value:
    """Conv1DTranspose to Conv3DTranspose: what Keras leaves out at each end is cropped."""
    window = _WINDOW[layer.rank]
    shape = with_channels_first(layer, layer.compute_output_shape(x.shape))
    y = site.emit(
        "conv_transpose",
        channels_first(site, layer, x),
        shape=shape,
        weights={
            "weight": site.weight(layer.kernel, f"{window} out in -> in out {window}"),
            "bias": site.weight(layer.bias),
        },
        stride=tuple(layer.strides),
        crop=_crops(layer, x.ndim),
        dilation=tuple(layer.dilation_rate),
        groups=1,
    )
    return activated(site, as_layer_has_it(site, layer, y), layer.activation)


def _crops(layer, ndim: int) -> tuple[tuple[int, int], ...]:
    """Cells to take from front and end of the longest output; the end may gain some (below 0)."""
    trial = [_TRIAL] * ndim
    lengths = with_channels_first(layer, layer.compute_output_shape(tuple(trial)))[2:]
    crops = []
    for at, length in enumerate(lengths):
        span = (layer.kernel_size[at] - 1) * layer.dilation_rate[at] + 1
        stride = layer.strides[at]
        longer = None if layer.output_padding is None else layer.output_padding[at]
        front = transposed_crop(layer.padding, span, stride, longer)
        crops.append((front, (_TRIAL - 1) * stride + span - front - length))
    return tuple(crops)


def _own_shape(layer, x: Value) -> tuple:
    """The shape of a value with channels on axis 1, with the axes that the layer has."""
    if layer.data_format == "channels_first":
        return x.shape
    return tuple(x.shape[axis] for axis in axes.channels_last_permutation(x.ndim))
