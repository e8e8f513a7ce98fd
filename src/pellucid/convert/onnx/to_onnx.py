"""to_onnx: a model as an ONNX file, opset 17, with any batch size.

Below:  lowering/ makes a flow of the model, nodes.py says which nodes an operation is; saving.py writes.
Kept true: all is refused or converted in memory; only then the file is touched, and it is checked before it is there.
"""

from __future__ import annotations

import os

from pellucid.convert.flow import Flow, Op, Value
from pellucid.convert.ledger import Ledger
from pellucid.convert.lowering import lowered
from pellucid.convert.onnx.nodes import NODES, dtype_number
from pellucid.convert.onnx.package import onnx_package
from pellucid.convert.onnx.saving import save
from pellucid.convert.onnx.wire import LARGE
from pellucid.convert.onnx.writer import Writer
from pellucid.convert.standing import ledger_of, standing

OPSET = 17
_IR_VERSION = 8  # of the time of opset 17, so that older runtimes take the file


def to_onnx(model, path, layout: str | None = "channels_first") -> Ledger:
    """Write a model as an ONNX file, opset 17, in which the batch may have any size.

    Nodes carry the names of their layers, and only what computes something becomes a node: dropout does not. Weights of
    2 GiB and more, which one file cannot hold, go into a second one beside it, ``path.data``.

    Args:
        model: a functional or sequential model that is built.
        path: the file.
        layout: where the file's network has the channels, of its inputs too; "channels_last", or None for where the
            model has them, leaves transposes around each window, as ONNX's windows have channels first.

    Returns:
        The ledger: what became of each weight.

    Raises:
        UnsupportedError: a layer has no counterpart; its name and the reason are told, and nothing is written.
        MissingPackageError: the package `onnx` is not installed.
    """
    onnx_package()  # before any work is done
    model, before = standing(model, layout)
    writer = Writer(onnx_package())
    made = _written(writer, lowered(model), f"{model.name}, converted from Keras's layers by Pellucid.")
    save(made, writer.stored, os.fspath(path))
    return ledger_of("ONNX", dict(writer.weights.values()), before)


def _written(writer: Writer, flow: Flow, doc: str):
    """The ONNX model of a flow; its weights stay with the writer.

    Raises:
        UnsupportedError: ONNX has no counterpart of an operation; its layer is named.
    """
    onnx = writer.onnx
    inputs = [_input(writer, x) for x in flow.inputs]
    _write(writer, flow)
    outputs = [_output(writer, y, {one.name for one in inputs}) for y in flow.outputs]
    graph = onnx.helper.make_graph(writer.nodes, flow.name, inputs, outputs, doc_string=doc)
    model = onnx.helper.make_model(
        graph, opset_imports=[onnx.helper.make_opsetid("", OPSET)], producer_name="pellucid", ir_version=_IR_VERSION
    )
    model.graph.initializer.extend(writer.tensors)
    _check(model, writer)
    return model


def _check(model, writer: Writer):
    """Let the package check nodes and shapes; large weights are told to it by their shapes alone, as it copies all."""
    skeleton, helper = type(model)(), writer.onnx.helper
    skeleton.CopyFrom(model)
    for weight in writer.stored:
        told = weight.message
        if weight.array.nbytes <= LARGE:
            skeleton.graph.initializer.append(writer.onnx.numpy_helper.from_array(weight.array, told.name))
        else:
            skeleton.graph.input.append(helper.make_tensor_value_info(told.name, told.data_type, list(told.dims)))
    writer.onnx.checker.check_model(skeleton, full_check=True)


def _input(writer: Writer, x: Value):
    writer.names[x] = name = writer.unique(x.name)
    return _told(writer, name, x)


def _told(writer: Writer, name: str, x: Value):
    sizes = ["batch" if at == 0 and x.batched else size for at, size in enumerate(x.shape)]
    sizes = [f"{name}_{at}" if size is None else size for at, size in enumerate(sizes)]
    return writer.onnx.helper.make_tensor_value_info(name, dtype_number(writer, None, x.dtype), sizes)


def _output(writer: Writer, y: Value, inputs: set[str]):
    """An output under its layer's name, as a tensor of its own."""
    found = writer.names[y]
    name = y.name
    while name in inputs or any(name in node.output for node in writer.nodes):
        name += "_out"
    is_made = any(found in node.output for node in writer.nodes)
    if not is_made or found in inputs or found in writer.given:
        node = writer.unique(f"{name}/Identity")
        writer.nodes.append(writer.onnx.helper.make_node("Identity", [found], [name], name=node))
    else:
        _rename(writer, found, name)
    writer.given.add(name)
    return _told(writer, name, y)


def _rename(writer: Writer, old: str, new: str):
    for node in writer.nodes:
        for names in (node.input, node.output):
            for at, name in enumerate(names):
                if name == old:
                    names[at] = new
    writer.names = {value: new if name == old else name for value, name in writer.names.items()}


def _write(writer: Writer, flow: Flow):
    for op in flow.ops:
        if op.kind in ("parameter", "constant"):
            writer.names[op.output] = writer.weight(op, "value")
        elif op.kind == "network":
            _write_inside(writer, op)
        else:
            rule = NODES.get(op.kind)
            if rule is None:
                raise writer.refuse(op, "it has no counterpart there", op.kind)
            found = rule(writer, op, *(writer.name(x) for x in op.inputs))
            names = [found] if isinstance(found, str) else found
            writer.names.update(zip(op.outputs, names, strict=True))


def _write_inside(writer: Writer, op: Op):
    """The nodes of a network inside, under its name."""
    inner, outer = op.settings["flow"], writer.prefix
    writer.names.update({x: writer.name(given) for x, given in zip(inner.inputs, op.inputs, strict=True)})
    writer.prefix = f"{outer}{op.layer}/"
    _write(writer, inner)
    writer.prefix = outer
    writer.names.update({y: writer.names[x] for y, x in zip(op.outputs, inner.outputs, strict=True)})
