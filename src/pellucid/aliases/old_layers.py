"""Functions of Keras 1 that stood in place of layers: `merge`, and `Merge` in Sequential models.

Above: old_names.py.
"""

from __future__ import annotations

import functools

from pellucid import layers, models
from pellucid.errors import ArgumentError

_MODES = {
    "sum": layers.Add,
    "mul": layers.Multiply,
    "ave": layers.Average,
    "max": layers.Maximum,
    "concat": layers.Concatenate,
    "dot": layers.Dot,
    "cos": layers.Dot,
}


def merge(
    inputs, mode="sum", dot_axes=-1, concat_axis=-1, output_shape=None, output_mask=None, arguments=None, name=None
):
    """Several values made one, as Keras 1's `merge` did: by a mode, or by a function of their list.

    Raises:
        ArgumentError: a mode that is not known.
    """
    if callable(mode):
        return layers.Lambda(mode, output_shape=output_shape, arguments=arguments, name=name)(inputs)
    if mode not in _MODES:
        raise ArgumentError("`merge` has no such mode.", got=repr(mode), expected=", ".join(_MODES))
    words = {}
    if mode == "concat":
        words = {"axis": concat_axis}
    elif mode in ("dot", "cos"):
        words = {"axes": dot_axes, "normalize": mode == "cos"}
    return _MODES[mode](name=name, **words)(inputs)


def merged(layers=None, mode="sum", **kwargs):
    """Keras 1's `Merge`: the outputs of several models made one, to stand first in a Sequential model.

    Args:
        layers: the models; None for what is called on values instead.
        kwargs: as in `merge`.
    """
    if layers is None:
        return functools.partial(merge, mode=mode, **kwargs)
    inputs = [symbol for layer in layers for symbol in layer.inputs]
    return models.Model(inputs, merge([layer.outputs[0] for layer in layers], mode, **kwargs))


class Convolution:
    """A convolution as Keras 1 wrote it: the sizes of the window are arguments of their own."""

    def __init__(self, kind: type, axes: int):
        self._kind, self._axes = kind, axes

    def __call__(self, filters=None, *sizes, **kwargs):
        if filters is not None:
            kwargs["filters"] = filters
        if len(sizes) >= self._axes > 1 and all(isinstance(size, int) for size in sizes[: self._axes]):
            kwargs["kernel_size"], sizes = sizes[: self._axes], sizes[self._axes :]
        elif sizes:
            kwargs["kernel_size"], sizes = sizes[0], sizes[1:]
        if self._kind is layers.Conv2DTranspose and "output_shape" not in kwargs:
            sizes = sizes[1:]  # the shape that comes out, which follows from the rest
        kwargs.pop("output_shape", None)
        return self._kind(**dict(zip(("strides",), sizes, strict=False)), **kwargs)

    def __instancecheck__(self, layer):
        return isinstance(layer, self._kind)


NAMES = {
    "merge": merge,
    "Merge": merged,
    "Convolution1D": Convolution(layers.Conv1D, 1),
    "Convolution2D": Convolution(layers.Conv2D, 2),
    "Convolution3D": Convolution(layers.Conv3D, 3),
    "AtrousConvolution2D": Convolution(layers.Conv2D, 2),
    "Deconvolution2D": Convolution(layers.Conv2DTranspose, 2),
    "SeparableConvolution2D": Convolution(layers.SeparableConv2D, 2),
}
