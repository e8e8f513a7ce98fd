"""Tidying: what a flow says twice or for nothing is taken out; no number changes.

Below:  flow.py.
Above:  the writers and readers of torch/ and onnx/ call `tidy` once.
"""

from __future__ import annotations

from pellucid.convert.flow import Flow, Op, Value, Weight


def tidy(flow: Flow) -> Flow:
    """The flow without transposes that cancel, reshapes of reshapes, and what nobody reads."""
    while (
        _join_neighbours(flow)
        or _drop_idle(flow)
        or _read_through_joins(flow)
        or _pad_into_windows(flow)
        or _add_as_bias(flow)
        or _broadcast_unasked(flow)
    ):
        pass
    _drop_unread(flow)
    return flow


def _join_neighbours(flow: Flow) -> bool:
    makers = flow.makers()
    for op in flow.ops:
        join = _JOINS.get(op.kind)
        before = makers.get(op.inputs[0]) if join and isinstance(op.inputs[0], Value) else None
        if before is not None and before.kind == op.kind and op.inputs[0] not in flow.outputs:
            assert join is not None
            if join(before, op):
                return True
    return False


def _join_permutes(before: Op, op: Op) -> bool:
    order = before.settings["order"]
    op.settings = {"order": tuple(order[axis] for axis in op.settings["order"])}
    op.inputs = before.inputs
    return True


def _join_reshapes(before: Op, op: Op) -> bool:
    op.inputs = before.inputs
    return True


def _pad_into_windows(flow: Flow) -> bool:
    """Padding that only a convolution or a maximum reads becomes its own."""
    makers = flow.makers()
    for op in flow.ops:
        before = makers.get(op.inputs[0]) if op.kind in _FILLERS and isinstance(op.inputs[0], Value) else None
        if before is None or before.kind != "pad" or before.settings["mode"] != "constant":
            continue
        cells = before.settings["cells"]
        if (
            cells[:2] == ((0, 0), (0, 0))
            and before.settings["value"] <= _FILLERS[op.kind][0]
            and before.settings["value"] >= _FILLERS[op.kind][1]
        ):
            own = zip(op.settings["padding"], cells[2:], strict=True)
            op.settings["padding"] = tuple((a + c, b + d) for (a, b), (c, d) in own)
            op.inputs = before.inputs
            return True
    return False


def _add_as_bias(flow: Flow) -> bool:
    """A weight that is only added to what a linear map or a convolution gives becomes its bias."""
    makers, readers = flow.makers(), _counts(flow)
    for op in flow.ops:
        if op.kind != "add" or len(op.values) != 2:
            continue
        for x, y in (op.inputs, op.inputs[::-1]):
            before, weight = makers.get(x), makers.get(y)
            if before is None or weight is None or readers[x] != 1 or weight.kind not in ("parameter", "constant"):
                continue
            is_alone = sum(one.owner == before.owner for one in flow.ops) == 1
            if is_alone and _fits_as_bias(before, weight.weights["value"].tensor):
                found = weight.weights["value"]
                before.weights["bias"] = Weight(found.tensor.reshape(-1), found.source, found.axes, found.note)
                flow.replace(op.output, x)
                flow.ops.remove(op)
                return True
    return False


def _broadcast_unasked(flow: Flow) -> bool:
    """A value made wider only to meet a value of that shape meets it as it is: both broadcast."""
    makers = flow.makers()
    for op in flow.ops:
        for at, x in enumerate(op.inputs if op.kind in _BROADCAST else ()):
            wider = makers.get(x) if isinstance(x, Value) else None
            others = [y for y in op.values if y is not x]
            if wider is None or wider.kind != "expand" or not any(y.shape == op.output.shape for y in others):
                continue
            op.inputs = (*op.inputs[:at], wider.inputs[0], *op.inputs[at + 1 :])
            return True
    return False


_BROADCAST = ("add", "subtract", "multiply", "divide", "maximum", "minimum", "power")


def _counts(flow: Flow) -> dict[Value, int]:
    """How often each value is read; an output counts as read."""
    counts: dict[Value, int] = dict.fromkeys(flow.outputs, 1)
    for op in flow.ops:
        for x in op.values:
            counts[x] = counts.get(x, 0) + 1
    return counts


def _fits_as_bias(op: Op, tensor) -> bool:
    if op.kind not in ("linear", "conv") or "bias" in op.weights:
        return False
    channels = op.weights["weight"].tensor.shape[0]
    if tensor.numel() != channels or not tensor.is_floating_point():
        return False
    behind = 0 if op.kind == "linear" else op.weights["weight"].tensor.ndim - 2
    places = [at for at, size in enumerate(tensor.shape) if size != 1] or [max(tensor.ndim - 1 - behind, 0)]
    return places == [tensor.ndim - 1 - behind] and tensor.ndim <= op.output.ndim


# The numbers that padding may hold to be the window's own: from the second to the first.
_FILLERS = {"conv": (0.0, 0.0), "max_pool": (-3.4e38, float("-inf"))}
_JOINS = {"permute": _join_permutes, "reshape": _join_reshapes}


def _read_through_joins(flow: Flow) -> bool:
    """A part chosen from values that were only just joined is read where it came from."""
    makers = flow.makers()
    for op in flow.ops:
        joint = makers.get(op.inputs[0]) if op.kind == "select" and isinstance(op.inputs[0], Value) else None
        if joint is None or joint.kind not in ("concat", "reshape"):
            continue
        found = _chosen(joint, op)
        makers_row = makers.get(found) if isinstance(found, Value) else None
        if makers_row is not None and makers_row.kind == "reshape" and makers_row.inputs[0].shape == op.output.shape:
            flow.replace(op.output, makers_row.inputs[0])
            flow.ops.remove(op)
            return True
    return False


def _chosen(joint: Op, op: Op) -> Value | None:
    """The row that a select takes out of a joint of rows of size 1."""
    axis, index = op.settings["axis"], op.settings["index"]
    if joint.kind == "reshape":
        return joint.output if joint.output.shape[axis] == 1 else None
    rows = joint.inputs
    if joint.settings["axis"] != axis or any(x.shape[axis] != 1 for x in rows):
        return None
    return rows[index]


def _drop_idle(flow: Flow) -> bool:
    for op in flow.ops:
        if _is_idle(op) and not (op.output in flow.outputs and op.inputs[0] in (*flow.inputs, *flow.outputs)):
            flow.ops.remove(op)
            flow.replace(op.output, op.inputs[0])
            return True
    return False


def _is_idle(op: Op) -> bool:
    """Whether an operation gives back what it gets."""
    if op.kind == "permute":
        return op.settings["order"] == tuple(range(len(op.settings["order"])))
    if op.kind == "reshape":
        x = op.inputs[0]
        return x.shape == op.output.shape and None not in x.shape[1:] and x.batched == op.output.batched
    if op.kind == "pad":
        return all(cells == (0, 0) for cells in op.settings["cells"])
    return op.kind == "identity" or (op.kind == "cast" and op.inputs[0].dtype == op.output.dtype)


def _drop_unread(flow: Flow) -> None:
    needed = set(flow.outputs)
    for op in reversed(flow.ops):
        if needed & set(op.outputs):
            needed.update(op.values)
    flow.ops = [op for op in flow.ops if needed & set(op.outputs)]
