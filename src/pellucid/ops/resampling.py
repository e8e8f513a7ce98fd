"""Resampling: images in another size or at another place, by weights of the pixels around.

Below:  PyTorch's interpolation where it gives the numbers of Keras's other backends; else one product of matrices an axis.
Source: for the cubic kernel Keys 1981 with a = -0.5, weights at the border scaled up to sum 1, as TensorFlow and JAX do;
        PyTorch's own cubic kernel has a = -0.75.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from pellucid.dtypes import is_int_dtype, result_type, to_torch
from pellucid.errors import ArgumentError
from pellucid.graph.operation import operation
from pellucid.ops.core import saturate_cast
from pellucid.ops.images import batch_channels_first, check_image, check_one_of, from_channels_first
from pellucid.ops.promotion import tensor


def _triangle(x):
    return (1 - x).clamp_min(0)


def _cubic(x):
    near = ((1.5 * x - 2.5) * x) * x + 1.0
    far = ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0
    return torch.where(x >= 2.0, 0.0, torch.where(x >= 1.0, far, near))


def _lanczos(radius):
    def kernel(x):
        waves = radius * torch.sin(math.pi * x) * torch.sin(math.pi * x / radius)
        inside = torch.where(x > 1e-3, waves / torch.where(x != 0, math.pi**2 * x**2, 1.0), 1.0)
        return torch.where(x > radius, 0.0, inside)

    return kernel


_KERNELS = {"linear": _triangle, "cubic": _cubic, "lanczos3": _lanczos(3.0), "lanczos5": _lanczos(5.0)}
_METHODS = {
    **dict.fromkeys(("linear", "bilinear", "trilinear", "triangle"), "linear"),
    **dict.fromkeys(("cubic", "bicubic", "tricubic"), "cubic"),
    "lanczos3": "lanczos3",
    "lanczos5": "lanczos5",
}
_INTERPOLATIONS = ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5")


@operation
def resize(
    images,
    size,
    interpolation="bilinear",
    antialias=False,
    crop_to_aspect_ratio=False,
    pad_to_aspect_ratio=False,
    fill_mode="constant",
    fill_value=0.0,
    data_format=None,
):
    """Images in another size; pixel centers lie at halves.

    Args:
        size: height and width, in pixels.
        interpolation: "nearest", "bilinear", "bicubic", "lanczos3" or "lanczos5".
        antialias: whether to smooth before making smaller; "nearest" never does.
        crop_to_aspect_ratio: cut the longer side first, so that nothing is stretched.
        pad_to_aspect_ratio: pad the shorter side first with `fill_value`, so that nothing is stretched.

    Raises:
        ShapeError: no image.
        ArgumentError: not two positive sizes, an unknown interpolation, or both cropping and padding.
    """
    size = _checked_size(size)
    check_one_of("interpolation", interpolation, _INTERPOLATIONS)
    check_one_of("fill_mode", fill_mode, ("constant",))
    if pad_to_aspect_ratio and crop_to_aspect_ratio:
        raise ArgumentError(
            "An aspect ratio is kept by cropping or by padding.", got="both", fix="pad_to_aspect_ratio=False"
        )
    images = tensor(images)
    check_image(images.shape)
    x = batch_channels_first(images, data_format)
    x = x if x.dtype in (torch.float32, torch.float64) else x.float()
    if crop_to_aspect_ratio:
        x = _cropped(x, size)
    elif pad_to_aspect_ratio:
        x = _padded(x, size, fill_value)
    y = _resized(x, size, interpolation, antialias)
    y = from_channels_first(y, data_format, images.ndim)
    if y.dtype == images.dtype:
        return y
    return saturate_cast(y.round() if is_int_dtype(images.dtype) else y, images.dtype)


def _checked_size(size):
    if len(size) != 2 or min(size) <= 0:
        raise ArgumentError(
            "`size` is a height and a width.", got=repr(size), expected="two positive ints", fix="size=(224, 224)"
        )
    return tuple(int(one) for one in size)


def _cropped(x, size):
    height, width = x.shape[2:]
    high = max(min(height, int(float(width * size[0]) / size[1])), 1)
    wide = max(min(width, int(float(height * size[1]) / size[0])), 1)
    return x.narrow(2, (height - high) // 2, high).narrow(3, (width - wide) // 2, wide)


def _padded(x, size, fill_value):
    height, width = x.shape[2:]
    rows = (max(height, int(float(width * size[0]) / size[1])) - height) // 2
    columns = (max(width, int(float(height * size[1]) / size[0])) - width) // 2
    return F.pad(x, (columns, columns, rows, rows), value=fill_value)


def _resized(x, size, interpolation, antialias):
    if interpolation == "nearest":
        return F.interpolate(x, size=size, mode="nearest-exact")
    if interpolation == "bilinear":
        return F.interpolate(x, size=size, mode="bilinear", align_corners=False, antialias=antialias)
    grows = all(new >= old for new, old in zip(size, x.shape[2:], strict=True))
    if interpolation == "bicubic" and (antialias or grows):
        # With `antialias` PyTorch takes a = -0.5; where nothing shrinks, there is nothing to smooth.
        return F.interpolate(x, size=size, mode="bicubic", align_corners=False, antialias=True)
    kernel = _KERNELS[_METHODS[interpolation]]
    for axis in (2, 3):
        scale = torch.tensor(size[axis - 2] / x.shape[axis], dtype=x.dtype, device=x.device)
        x = _along(x, axis, _weights(x.shape[axis], size[axis - 2], scale, torch.zeros_like(scale), kernel, antialias))
    return x


@operation
def scale_and_translate(images, output_shape, scale, translation, spatial_dims, method, antialias=True):
    """Values scaled and moved along some axes: the element at i goes to ``i * scale + translation``.

    Shapes:
        scale, translation  one number for each of `spatial_dims`

    Args:
        output_shape: sizes of the result, along all axes.
        method: "linear", "cubic", "lanczos3" or "lanczos5", or Keras's other names of the first two.
        antialias: whether to smooth before making smaller.

    Raises:
        ArgumentError: an unknown method.
    """
    check_one_of("method", method, _METHODS)
    images, scale, translation = tensor(images), tensor(scale), tensor(translation)
    dtype = to_torch(result_type(scale.dtype, translation.dtype, float))
    x = images if images.is_floating_point() else images.float()
    for k, axis in enumerate(spatial_dims):
        axis %= images.ndim
        sizes = images.shape[axis], int(output_shape[axis])
        weights = _weights(*sizes, scale[k].to(dtype), translation[k].to(dtype), _KERNELS[_METHODS[method]], antialias)
        x = _along(x, axis, weights.to(x.dtype))
    if images.is_floating_point():
        return x
    return torch.clamp(x.round(), images.min(), images.max()).to(images.dtype)


def _weights(size, new_size, scale, translation, kernel, antialias):
    """How much each old element counts in each new one: (size, new_size), columns of sum 1 or 0."""
    step = 1.0 / scale
    places = (torch.arange(new_size, dtype=scale.dtype, device=scale.device) + 0.5) * step - translation * step - 0.5
    distances = (places - torch.arange(size, dtype=scale.dtype, device=scale.device)[:, None]).abs()
    weights = kernel(distances / step.clamp_min(1.0) if antialias else distances)
    total = weights.sum(0, keepdim=True)
    weights = torch.where(
        total.abs() > 1000.0 * torch.finfo(torch.float32).eps, weights / torch.where(total != 0, total, 1.0), 0.0
    )
    return torch.where((places >= -0.5) & (places <= size - 0.5), weights, 0.0)


def _along(x, axis, weights):
    return torch.tensordot(x, weights, dims=((axis,), (0,))).movedim(-1, axis)
