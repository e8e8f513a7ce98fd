"""Operations that move elements, as ONNX nodes: reshapes, slices, paddings, resizing.

Below:  writer.py. Beside: nodes.py has the table.
Axes:   a 0 among the sizes of a Reshape copies the batch.
"""

from __future__ import annotations

import numpy as np

from pellucid.convert.flow import Op
from pellucid.convert.onnx.writer import Writer

_LAST = np.iinfo(np.int64).max
_FIRST = np.iinfo(np.int64).min


def ends_first(cells) -> list[int]:
    """Padding as ONNX lists it: all beginnings, then all ends."""
    return [before for before, _ in cells] + [after for _, after in cells]


def reshape(writer: Writer, op: Op, x: str) -> str:
    """The same elements in another shape."""
    target = list(op.settings["target"])
    return writer.node("Reshape", [x, writer.whole([0, *target] if op.inputs[0].batched else target)], op)


def part(writer: Writer, op: Op, x: str) -> str:
    """The elements from one place to another along an axis."""
    start, stop, step, axis = (op.settings[word] for word in ("start", "stop", "step", "axis"))
    stop = _LAST if stop is None else stop
    return writer.node("Slice", [x, *(writer.whole([number]) for number in (start, stop, axis, step))], op)


def flip(writer: Writer, op: Op, x: str) -> str:
    """Axes turned round."""
    axes = op.settings["axes"]
    ends = [[-1] * len(axes), [_FIRST] * len(axes), axes, [-1] * len(axes)]
    return writer.node("Slice", [x, *map(writer.whole, ends)], op)


def select(writer: Writer, op: Op, x: str) -> str:
    """One place along an axis, which goes."""
    return writer.node("Gather", [x, writer.whole(op.settings["index"])], op, axis=op.settings["axis"])


def pad(writer: Writer, op: Op, x: str) -> str:
    """More elements at the ends."""
    pads = writer.whole(ends_first(op.settings["cells"]))
    mode = {"replicate": "edge"}.get(op.settings["mode"], op.settings["mode"])
    more = [writer.number(op.settings["value"], op.output.dtype)] if mode == "constant" else []
    return writer.node("Pad", [x, pads, *more], op, mode=mode)


_RESIZES: dict[str, dict] = {
    "nearest": {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"},
    "bilinear": {"mode": "linear", "coordinate_transformation_mode": "half_pixel"},
    "bicubic": {
        "mode": "cubic", "coordinate_transformation_mode": "half_pixel", "cubic_coeff_a": -0.5, "exclude_outside": 1,
    },
}  # fmt: skip


def resize(writer: Writer, op: Op, x: str) -> str:
    """Larger or smaller maps."""
    scales = writer.array(np.array([1, 1, *op.settings["scale"]], np.float32))
    return writer.node("Resize", [x, "", scales], op, **_RESIZES[op.settings["mode"]])


def repeat(writer: Writer, op: Op, x: str) -> str:
    """Each place several times."""
    axis, times, shape = op.settings["axis"], op.settings["times"], op.output.shape
    if any(size is None for at, size in enumerate(shape) if at not in (0, axis)):
        raise writer.refuse(op, "it repeats along an axis beside one of unknown size", shape)
    x = writer.node("Unsqueeze", [x, writer.whole([axis + 1])], op)
    x = writer.node("Tile", [x, writer.whole([times if at == axis + 1 else 1 for at in range(len(shape) + 1)])], op)
    sizes = [0 if at == 0 else -1 if at == axis else size for at, size in enumerate(shape)]
    return writer.node("Reshape", [x, writer.whole(sizes)], op)


def expand(writer: Writer, op: Op, x: str) -> str:
    """Wider along axes of size 1."""
    return writer.node("Expand", [x, writer.whole([1 if size is None else size for size in op.output.shape])], op)


def filled(writer: Writer, op: Op, x: str) -> str:
    """The same number everywhere."""
    number = np.array([op.settings["number"]], dtype=np.dtype(op.output.dtype))
    value = writer.onnx.numpy_helper.from_array(number)
    return writer.node("ConstantOfShape", [writer.node("Shape", [x], op)], op, value=value)


def steps_and_samples(writer: Writer, op: Op, x: str) -> str:
    """Steps as samples of their own, or samples as steps again."""
    return writer.node("Reshape", [x, writer.whole(_known(writer, op, [-1, *op.output.shape[1:]]))], op)


def _known(writer: Writer, op: Op, sizes: list) -> list:
    if None in sizes:
        raise writer.refuse(op, "it needs every size but the batch", tuple(sizes))
    return sizes
