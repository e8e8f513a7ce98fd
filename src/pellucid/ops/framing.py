"""Frames of images: a border of zeros added, or a border cut away.

Below:  images.py says what an image is.
Kept true: of a border's two widths and the size that results, exactly two are given, and the third follows.
"""

from __future__ import annotations

from pellucid.errors import ArgumentError, ShapeError
from pellucid.graph.operation import operation
from pellucid.graph.symbol import KerasTensor
from pellucid.graph.values import shape_of
from pellucid.ops.images import check_image, height_axis
from pellucid.ops.padding import pad
from pellucid.ops.promotion import tensor


@operation
def pad_images(
    images,
    top_padding=None,
    left_padding=None,
    bottom_padding=None,
    right_padding=None,
    target_height=None,
    target_width=None,
    data_format=None,
):
    """Images with zeros around them, as many rows and columns as said or as needed for the target size.

    Raises:
        ShapeError: no image, or a target smaller than the image.
        ArgumentError: not exactly two of top, bottom and target height (or left, right and target width).
    """
    images = tensor(images)
    rows = (top_padding, bottom_padding, target_height)
    columns = (left_padding, right_padding, target_width)
    before = [(0, 0)] * images.ndim
    for axis, (front, end, _) in _frames(images.shape, rows, columns, data_format, "padding", 1):
        before[axis] = (front, end)
    return pad(images, before)


@operation
def crop_images(
    images,
    top_cropping=None,
    left_cropping=None,
    bottom_cropping=None,
    right_cropping=None,
    target_height=None,
    target_width=None,
    data_format=None,
):
    """Images without their outer rows and columns, as many as said or as needed for the target size.

    Raises:
        ShapeError: no image, or a target larger than the image.
        ArgumentError: not exactly two of top, bottom and target height (or left, right and target width).
    """
    images = tensor(images)
    rows = (top_cropping, bottom_cropping, target_height)
    columns = (left_cropping, right_cropping, target_width)
    for axis, (front, _, target) in _frames(images.shape, rows, columns, data_format, "cropping", -1):
        images = images.narrow(axis, front, target)
    return images


def _spec(sign, word):
    """Shapes with unknown sizes: an unknown height with a target height is no contradiction."""

    def compute_output_spec(self, images, *args, **kwargs):
        names = (
            f"top_{word}",
            f"left_{word}",
            f"bottom_{word}",
            f"right_{word}",
            "target_height",
            "target_width",
            "data_format",
        )
        told = dict.fromkeys(names) | dict(zip(names, args, strict=False)) | kwargs
        rows = tuple(told[name] for name in (f"top_{word}", f"bottom_{word}", "target_height"))
        columns = tuple(told[name] for name in (f"left_{word}", f"right_{word}", "target_width"))
        shape = list(shape_of(images))
        for axis, (_, _, target) in _frames(shape, rows, columns, told["data_format"], word, sign):
            shape[axis] = target
        return KerasTensor(shape, images.dtype)

    return compute_output_spec


pad_images.node_class.compute_output_spec = _spec(1, "padding")
crop_images.node_class.compute_output_spec = _spec(-1, "cropping")


def _frames(shape, rows, columns, data_format, word, sign):
    """For height and width: the axis, and its front, end and resulting size; `sign` is -1 where a border is cut."""
    check_image(shape)
    height = len(shape) + height_axis(data_format)
    names = (("top", "bottom", "height"), ("left", "right", "width"))
    for axis, given, (front, end, side) in zip((height, height + 1), (rows, columns), names, strict=True):
        words = (f"{front}_{word}", f"{end}_{word}", f"target_{side}")
        yield axis, _frame(shape[axis], given, words, sign, shape)


def _frame(size, given, words, sign, shape):
    if given.count(None) != 1:
        raise ArgumentError(
            "Exactly two of three numbers are given, and the third follows.",
            got=", ".join(f"{word}={number}" for word, number in zip(words, given, strict=True)),
        )
    front, end, target = given
    if size is not None:
        front = sign * (target - size) - end if front is None else front
        end = sign * (target - size) - front if end is None else end
        target = size + sign * (front + end) if target is None else target
    for word, number in zip(words, (front, end, target), strict=True):
        if number is not None and number < 0:
            raise ShapeError(
                f"`{word}` is below 0.", got=f"{word}={number} for images of shape {tuple(shape)}", expected="0 or more"
            )
    return front, end, target
