"""Lowering: a tape as an OpenVINO model, operation by operation, with as few moves of axes as can be.

Below:  openvino_operations.py says what each PyTorch operation is in OpenVINO; held.py holds values with their axes
        in another order than PyTorch sees them.
Above:  openvino_engine.py compiles the model.
Kept true: operations on weights alone are computed here, by PyTorch, and become constants.
"""

from __future__ import annotations

import operator

import numpy as np
import openvino
import torch

from pellucid.engine.inference.held import Held, constant, opset
from pellucid.engine.inference.openvino_operations import OPERATIONS
from pellucid.engine.inference.tape import Refused, Tape

DTYPES = {torch.float32: np.float32, torch.int64: np.int64, torch.int32: np.int32, torch.bool: np.bool_}


def lower(tape: Tape) -> openvino.Model:
    """The OpenVINO model that computes what the tape computes.

    Raises:
        Refused: an operation or a dtype that has no translation.
    """
    known: dict = {}
    parameters = []
    inputs = iter(tape.inputs)
    for node in tape.graph.nodes:
        if node.op == "placeholder":
            parameters.append(_parameter(next(inputs)))
            known[node] = Held.plain(parameters[-1].output(0))
        elif node.op == "get_attr":
            known[node] = tape.weights[node.target]
        elif node.op == "call_function":
            known[node] = _translated(node, known)
        else:
            results = [_result(value) for value in torch.fx.node.map_arg(node.args[0], known.__getitem__)]
    return openvino.Model(results, parameters, "tape")


def _parameter(x: torch.Tensor):
    if x.dtype not in DTYPES or not x.ndim:
        raise Refused(f"an input of dtype {x.dtype} and {x.ndim} axes")
    return opset.parameter(list(x.shape), DTYPES[x.dtype])


def _translated(node, known):
    args, kwargs = torch.fx.node.map_arg((node.args, node.kwargs), known.__getitem__)
    if node.target is operator.getitem:
        return args[0][args[1]]
    if not any(isinstance(known[source], (Held, tuple)) for source in node.all_input_nodes):
        with torch.no_grad():
            return node.target(*args, **kwargs)
    translate = OPERATIONS.get(node.target)
    if translate is None:
        raise Refused(f"{node.target} has no translation")
    return translate(*args, **kwargs)


def _result(value):
    held = value if isinstance(value, Held) else Held.plain(constant(value))
    return opset.result(held.logical())
