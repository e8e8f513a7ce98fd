"""Bounding boxes: four numbers in one of several formats, moved between them, clipped, shifted and turned.

Above: layers/images.py moves boxes with their images; the door ``pellucid.utils.bounding_boxes``.

Axes: boxes are (..., 4). "xyxy" are left, top, right and bottom in pixels; "rel_" means shares of the image's size.
"""

from __future__ import annotations

import math

import torch

from pellucid import ops
from pellucid.errors import ArgumentError, ShapeError, UnsupportedError
from pellucid.graph.values import convert_to_tensor
from pellucid.settings import epsilon

__all__ = [
    "affine_transform",
    "clip_to_image_size",
    "compute_ciou",
    "compute_iou",
    "convert_format",
    "crop",
    "decode_deltas_to_boxes",
    "encode_box_to_deltas",
    "pad",
]

# By format, corners from its four numbers, and its four numbers from corners.
_FORMATS = {
    "xyxy": (lambda a, b, c, d: (a, b, c, d), lambda l, t, r, b: (l, t, r, b)),
    "yxyx": (lambda a, b, c, d: (b, a, d, c), lambda l, t, r, b: (t, l, b, r)),
    "xywh": (lambda a, b, c, d: (a, b, a + c, b + d), lambda l, t, r, b: (l, t, r - l, b - t)),
    "center_xywh": (
        lambda x, y, w, h: (x - w / 2, y - h / 2, x + w / 2, y + h / 2),
        lambda l, t, r, b: (l + (r - l) / 2, t + (b - t) / 2, r - l, b - t),
    ),
    "center_yxhw": (
        lambda y, x, h, w: (x - w / 2, y - h / 2, x + w / 2, y + h / 2),
        lambda l, t, r, b: (t + (b - t) / 2, l + (r - l) / 2, b - t, r - l),
    ),
}
FORMATS = (*_FORMATS, "rel_xyxy", "rel_yxyx", "rel_xywh", "rel_center_xywh")


def convert_format(boxes, source, target, height=None, width=None, dtype="float32"):
    """Boxes in another format.

    Args:
        boxes: (..., 4); or a dict whose "boxes" these are, which is changed.
        height, width: of the image, in pixels; needed between absolute and relative formats.

    Raises:
        ShapeError: not four numbers.
        ArgumentError: a format that is not known, or no size of the image where one is needed.
    """
    if isinstance(boxes, dict):
        boxes["boxes"] = convert_format(boxes["boxes"], source, target, height, width, dtype)
        return boxes
    boxes = convert_to_tensor(boxes)
    if boxes.shape[-1] != 4:
        raise ShapeError("A box has four numbers.", got=tuple(boxes.shape), expected="(..., 4)")
    source, target = source.lower(), target.lower()
    for name in (source, target):
        if name not in FORMATS:
            raise ArgumentError("This format of boxes is not known.", got=name, expected=", ".join(FORMATS))
    boxes = ops.cast(boxes, dtype)
    was_relative, is_relative = source.startswith("rel_"), target.startswith("rel_")
    if (was_relative or is_relative) and (height is None or width is None):
        raise ArgumentError(
            "Relative boxes need the image's size.", got=f"height={height}, width={width}", fix="height=..., width=..."
        )
    if source == target:
        return boxes
    left, top, right, bottom = _FORMATS[source.removeprefix("rel_")][0](*boxes.split(1, dim=-1))
    if was_relative != is_relative:
        height, width = (convert_to_tensor(size, dtype=dtype) for size in (height, width))
        if was_relative:
            left, top, right, bottom = left * width, top * height, right * width, bottom * height
        else:
            left, top, right, bottom = left / width, top / height, right / width, bottom / height
    return torch.cat(_FORMATS[target.removeprefix("rel_")][1](left, top, right, bottom), dim=-1)


def clip_to_image_size(bounding_boxes, height=None, width=None, bounding_box_format="xyxy"):
    """Boxes cut off at the image's borders; the label of one of which nothing is left becomes -1.

    Args:
        bounding_boxes: a dict with "boxes" and perhaps "labels".

    Raises:
        ArgumentError: no size of the image, for "xyxy".
        UnsupportedError: another format than "xyxy" and "rel_xyxy".
    """
    if bounding_box_format not in ("xyxy", "rel_xyxy"):
        raise _only_corners(bounding_box_format, "xyxy, rel_xyxy")
    if bounding_box_format == "rel_xyxy":
        height = width = 1.0
    if height is None or width is None:
        raise ArgumentError("Boxes in pixels are cut off at a size.", fix="height=..., width=...")
    boxes = convert_to_tensor(bounding_boxes["boxes"])
    result = {**bounding_boxes, "boxes": _within(boxes, height, width)}
    if bounding_boxes.get("labels") is not None:
        left, top, right, bottom = result["boxes"].unbind(-1)
        labels = convert_to_tensor(bounding_boxes["labels"])
        result["labels"] = torch.where((right - left) * (bottom - top) > 0, labels, -1)
    return result


def _within(boxes, height, width):
    left, top, right, bottom = boxes.split(1, dim=-1)
    height, width = (convert_to_tensor(size, dtype=boxes.dtype) for size in (height, width))
    zero = torch.zeros((), dtype=boxes.dtype, device=boxes.device)
    across, down = (
        [torch.clamp(x, zero, size) for x in pair] for pair, size in (((left, right), width), ((top, bottom), height))
    )
    return torch.cat([across[0], down[0], across[1], down[1]], dim=-1)


def crop(boxes, top, left, height, width, bounding_box_format="xyxy"):
    """Boxes as a crop of the image sees them: its corner at (top, left), its size height x width."""
    if bounding_box_format != "xyxy":
        raise _only_corners(bounding_box_format, "xyxy")
    return _within(pad(boxes, -top, -left), height, width)


def pad(boxes, top, left, height=None, width=None, bounding_box_format="xyxy"):
    """Boxes after rows and columns were put before the image."""
    if bounding_box_format != "xyxy":
        raise _only_corners(bounding_box_format, "xyxy")
    boxes = convert_to_tensor(boxes)
    return boxes + torch.tensor([left, top, left, top], dtype=boxes.dtype, device=boxes.device)


def affine_transform(
    boxes,
    angle,
    translate_x,
    translate_y,
    scale,
    shear_x,
    shear_y,
    height,
    width,
    center_x=None,
    center_y=None,
    bounding_box_format="xyxy",
):
    """The upright boxes around boxes that were turned, moved, scaled and sheared with their images.

    Shapes:
        boxes   (batch, boxes, 4)
        others  (batch,): degrees for angles; shares of the image's size for moves and for the center, 0.5 if None
    """
    if bounding_box_format != "xyxy":
        raise _only_corners(bounding_box_format, "xyxy")
    matrix = _moving(angle, translate_x, translate_y, scale, shear_x, shear_y, height, width, center_x, center_y)
    boxes = convert_to_tensor(boxes, dtype=matrix.dtype)
    left, top, right, bottom = boxes.unbind(-1)
    corners = torch.stack(
        [torch.stack(pair, -1) for pair in ((left, top), (right, top), (right, bottom), (left, bottom))], dim=-2
    )
    corners = torch.cat([corners, torch.ones_like(corners[..., :1])], dim=-1)
    moved = torch.einsum("bncx,byx->bncy", corners, matrix)
    return torch.cat([moved.amin(-2), moved.amax(-2)], dim=-1)


def _moving(angle, translate_x, translate_y, scale, shear_x, shear_y, height, width, center_x, center_y):
    """For each image two rows of three numbers: how a point of it moves."""
    angle, translate_x, translate_y, scale, shear_x, shear_y = (
        convert_to_tensor(x, dtype="float32") for x in (angle, translate_x, translate_y, scale, shear_x, shear_y)
    )
    x = (0.5 if center_x is None else center_x) * (width - 1)
    y = (0.5 if center_y is None else center_y) * (height - 1)
    turn, over_x, over_y = (-math.pi / 180 * degrees for degrees in (angle, shear_x, shear_y))
    across, down = torch.cos(turn - over_y) / torch.cos(over_y), -torch.sin(turn - over_y) / torch.cos(over_y)
    a, b = (torch.cos(turn) - down * torch.tan(over_x)) * scale, -(across * torch.tan(over_x) + torch.sin(turn)) * scale
    c, d = -down * scale, across * scale
    from_x, from_y = x - translate_x * (width - 1), y - translate_y * (height - 1)
    rows = [a, b, x - a * from_x - b * from_y, c, d, y - c * from_x - d * from_y]
    return torch.stack(rows, dim=-1).reshape(-1, 2, 3)


def encode_box_to_deltas(
    anchors, boxes, anchor_format, box_format, encoding_format="center_yxhw", variance=None, image_shape=None
):
    """How boxes lie to anchors: the way between centers in anchors' sizes, and the logs of the sizes' ratios."""
    height, width = (None, None) if image_shape is None else image_shape[:2]
    variance = _checked(variance, encoding_format)
    anchors = convert_format(anchors, anchor_format, encoding_format, height, width)
    boxes = convert_format(boxes, box_format, encoding_format, height, width)
    sizes = anchors[..., 2:].clamp(min=epsilon())
    ways = (boxes[..., :2] - anchors[..., :2]) / sizes
    deltas = torch.cat([ways, torch.log(boxes[..., 2:].clamp(min=epsilon()) / sizes)], dim=-1)
    return deltas if variance is None else deltas / variance


def decode_deltas_to_boxes(
    anchors, boxes_delta, anchor_format, box_format, encoded_format="center_yxhw", variance=None, image_shape=None
):
    """The boxes that `encode_box_to_deltas` told of; dicts of levels are decoded level by level."""
    if isinstance(anchors, dict) and isinstance(boxes_delta, dict):
        return {
            level: decode_deltas_to_boxes(
                anchor, boxes_delta[level], anchor_format, box_format, encoded_format, variance, image_shape
            )
            for level, anchor in anchors.items()
        }
    height, width = (None, None) if image_shape is None else image_shape[:2]
    variance = _checked(variance, encoded_format)
    anchors = convert_format(anchors, anchor_format, encoded_format, height, width)
    deltas = convert_to_tensor(boxes_delta, dtype="float32")
    deltas = deltas if variance is None else deltas * variance
    sizes = anchors[..., 2:]
    boxes = torch.cat([deltas[..., :2] * sizes + anchors[..., :2], torch.exp(deltas[..., 2:]) * sizes], dim=-1)
    return convert_format(boxes, encoded_format, box_format, height, width)


def _checked(variance, encoding: str):
    if encoding not in ("center_xywh", "center_yxhw"):
        raise ArgumentError("Deltas are told by centers.", got=encoding, expected="center_xywh, center_yxhw")
    if variance is None:
        return None
    variance = convert_to_tensor(variance, dtype="float32")
    if variance.shape[-1] != 4:
        raise ArgumentError("`variance` has four numbers.", got=tuple(variance.shape), expected="(4,)")
    return variance


# ---- how much boxes overlap


def compute_iou(boxes1, boxes2, bounding_box_format, use_masking=False, mask_val=-1, image_shape=None):
    """The shared area of each of `boxes1` with each of `boxes2`, as a part of their joined area.

    Shapes:
        boxes1, boxes2  (boxes, 4) or (batch, boxes, 4)
        output          (boxes1, boxes2), or (batch, boxes1, boxes2)

    Args:
        use_masking: boxes of negative numbers alone are none: `mask_val` stands where one takes part.
    """
    first, second = (_corners_of(boxes, bounding_box_format, image_shape) for boxes in (boxes1, boxes2))
    if any(boxes.ndim not in (2, 3) for boxes in (first, second)):
        raise ShapeError(
            "Boxes are (boxes, 4) or (batch, boxes, 4).", got=f"{tuple(first.shape)}, {tuple(second.shape)}"
        )
    a, b = first.unsqueeze(-2), second.unsqueeze(-3)
    sizes = torch.minimum(a[..., 2:], b[..., 2:]) - torch.maximum(a[..., :2], b[..., :2])
    shared = sizes.clamp(min=0).prod(-1)
    areas = [(boxes[..., 2:] - boxes[..., :2]).prod(-1) for boxes in (a, b)]
    result = shared / (areas[0] + areas[1] - shared + epsilon())
    if not use_masking:
        return result
    is_none = (a.amax(-1) < 0) | (b.amax(-1) < 0)
    return torch.where(is_none, torch.as_tensor(mask_val, dtype=result.dtype, device=result.device), result)


def compute_ciou(boxes1, boxes2, bounding_box_format, image_shape=None):
    """`compute_iou` of boxes one by one, less for centers far apart and for other proportions (Zheng et al. 2020)."""
    if "rel" in bounding_box_format:
        raise ArgumentError("This is computed in pixels.", got=bounding_box_format, fix="convert_format(...)")
    a, b = (_corners_of(boxes, bounding_box_format, image_shape) for boxes in (boxes1, boxes2))
    tiny = epsilon()
    wide_a, wide_b = a[..., 2] - a[..., 0], b[..., 2] - b[..., 0]
    high_a, high_b = a[..., 3] - a[..., 1] + tiny, b[..., 3] - b[..., 1] + tiny
    shared = (torch.minimum(a[..., 2:], b[..., 2:]) - torch.maximum(a[..., :2], b[..., :2])).clamp(min=0).prod(-1)
    iou = shared / (wide_a * high_a + wide_b * high_b - shared + 2 * tiny)
    around = torch.maximum(a[..., 2:], b[..., 2:]) - torch.minimum(a[..., :2], b[..., :2])
    apart = (a[..., :2] + a[..., 2:] - b[..., :2] - b[..., 2:]) / 2
    other = 4 / math.pi**2 * (torch.atan(wide_b / high_b) - torch.atan(wide_a / high_a)) ** 2
    weight = other / (other - iou + 1 + tiny)
    return iou - (apart.square().sum(-1) / (around.square().sum(-1) + tiny) + other * weight)


def _corners_of(boxes, name: str, image_shape):
    height, width = (None, None) if image_shape is None else image_shape[:2]
    return convert_format(boxes, name, "xyxy", height, width)


def _only_corners(got: str, expected: str) -> UnsupportedError:
    return UnsupportedError(
        "This is for boxes by their corners.", got=got, expected=expected, fix="convert_format(...)"
    )
