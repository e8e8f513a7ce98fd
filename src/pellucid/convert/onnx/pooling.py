"""Pooling as ONNX nodes.

Below:  writer.py. Beside: nodes.py has the table.
"""

from __future__ import annotations

from typing import Any

from pellucid.convert.flow import Op
from pellucid.convert.onnx.writer import Writer


def max_pool(writer: Writer, op: Op, x: str) -> str:
    """The largest value of each window."""
    windows = _windows(op)
    if "dilation" in op.settings:
        windows["dilations"] = list(op.settings["dilation"])
    return writer.node("MaxPool", [x], op, **windows)


def average_pool(writer: Writer, op: Op, x: str) -> str:
    """The mean of each window."""
    counts = int(op.settings["count_include_pad"])
    return writer.node("AveragePool", [x], op, **_windows(op), count_include_pad=counts)


def _windows(op: Op) -> dict[str, Any]:
    cells = op.settings["padding"]
    return {
        "kernel_shape": list(op.settings["window"]),
        "strides": list(op.settings["stride"]),
        "pads": [before for before, _ in cells] + [after for _, after in cells],
    }


def adaptive(whole: str, reduction: str):
    """As many windows as are asked for: one for all, or axis by axis, as ONNX has no node for it.

    Args:
        whole: the node for one window.
        reduction: the node that reduces an axis.
    """

    def rule(writer: Writer, op: Op, x: str) -> str:
        size = op.settings["size"]
        if all(one == 1 for one in size):
            return writer.node(whole, [x], op)
        sizes = op.inputs[0].shape[2:]
        if None in sizes:
            raise writer.refuse(op, "its windows depend on sizes that only a run tells", tuple(sizes))
        for axis, (old, new) in enumerate(zip(sizes, size, strict=True), start=2):
            if old != new:
                x = _along(writer, op, x, axis, old, new)
        return x

    def _along(writer: Writer, op: Op, x: str, axis: int, old: int, new: int) -> str:
        parts = []
        for k in range(new):
            ends = [[k * old // new], [-(-(k + 1) * old // new)], [axis]]
            part = writer.node("Slice", [x, *map(writer.whole, ends)], op)
            parts.append(writer.node(reduction, [part], op, axes=[axis], keepdims=1))
        return writer.node("Concat", parts, op, axis=axis)

    return rule
