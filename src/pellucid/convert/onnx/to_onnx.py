"""to_onnx: a model as an ONNX file, opset 17, with any batch size.

Below:  lowering/ makes a flow of the model, nodes.py says which nodes an operation is; files/atomic.py writes.
Kept true: all is refused or converted in memory; only then the file is touched, and it is checked before it is there.
"""

from __future__ import annotations

import os

from pellucid.convert.flow import Flow, Op, Value
from pellucid.convert.ledger import Ledger
from pellucid.convert.lowering import lowered
from pellucid.convert.onnx.nodes import NODES, dtype_number
from pellucid.convert.onnx.package import onnx_package
from pellucid.convert.onnx.writer import Writer
from pellucid.convert.standing import ledger_of, standing
from pellucid.errors import FileError, UnsupportedError
from pellucid.files import atomic

OPSET = 17
_IR_VERSION = 8  # of the time of opset 17, so that older runtimes take the file


def to_onnx(model, path, layout: str | None = "channels_first") -> Ledger:
    """Write a model as an ONNX file, opset 17, in which the batch may have any size.

    Nodes carry the names of their layers, and only what computes something becomes a node: dropout does not.

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
    made, weights = onnx_model(lowered(model), f"{model.name}, converted from Keras's layers by Pellucid.")
    _save(made, os.fspath(path))
    return ledger_of("ONNX", weights, before)


def onnx_model(flow: Flow, doc: str = ""):
    """The ONNX model of a flow, in memory.

    Returns:
        The model, and by the name of each of its weights the flow's.

    Raises:
        UnsupportedError: ONNX has no counterpart of an operation; its layer is named.
    """
    onnx = onnx_package()
    writer = Writer(onnx)
    inputs = [_input(writer, x) for x in flow.inputs]
    _write(writer, flow)
    outputs = [_output(writer, y, {one.name for one in inputs}) for y in flow.outputs]
    graph = onnx.helper.make_graph(writer.nodes, flow.name, inputs, outputs, doc_string=doc)
    model = onnx.helper.make_model(
        graph, opset_imports=[onnx.helper.make_opsetid("", OPSET)], producer_name="pellucid", ir_version=_IR_VERSION
    )
    _check(onnx, model, writer.tensors)
    model.graph.initializer.extend(writer.tensors)
    return model, dict(writer.weights.values())


# Weights above this many bytes are numbers only; below it they may be sizes, which the check needs to see.
_LARGE = 4096


def _check(onnx, model, tensors):
    """Let the package check nodes and shapes; large weights are told to it by their shapes alone, as it copies all."""
    skeleton = type(model)()
    skeleton.CopyFrom(model)
    for tensor in tensors:
        if tensor.ByteSize() <= _LARGE:
            skeleton.graph.initializer.append(tensor)
        else:
            told = onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, list(tensor.dims))
            skeleton.graph.input.append(told)
    onnx.checker.check_model(skeleton, full_check=True)


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


# A protobuf message ends at 2 GiB.
_MOST_BYTES = 2**31 - 2**20


def _save(model, path: str):
    """Put the model in its place."""
    size = model.ByteSize()
    if size > _MOST_BYTES:
        raise UnsupportedError(
            "The weights are too large for one ONNX file.", got=f"{size} bytes", expected=f"at most {_MOST_BYTES}"
        )
    data = model.SerializeToString()

    def check(file):
        if file.read() != data:
            raise FileError("The ONNX file was not written wholly.", where=path)

    atomic.replace(path, lambda file: file.write(data), check)
