"""Tidying: what a flow says twice or for nothing is taken out; no number changes.

Below:  flow.py.
Above:  the writers and readers of torch/ and onnx/ call `tidy` once.
"""

from __future__ import annotations

from pellucid.convert.flow import Flow, Op, Value


def tidy(flow: Flow) -> Flow:
    """The flow without transposes that cancel, reshapes of reshapes, and what nobody reads."""
    while _join_neighbours(flow) or _drop_idle(flow) or _read_through_joins(flow):
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
