"""ONNX files made node by node, as other tools write them, and broken ones."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def weights(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def save(path, nodes, inputs, outputs, constants, opset=13, name="graph"):
    """A file of these nodes; inputs and outputs are name -> shape, constants name -> array."""
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info(key, TensorProto.FLOAT, shape) for key, shape in inputs.items()],
        [helper.make_tensor_value_info(key, TensorProto.FLOAT, shape) for key, shape in outputs.items()],
        [numpy_helper.from_array(np.asarray(array), key) for key, array in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    onnx.save(model, path)
    return path


def by_tf2onnx(path):
    """Channels last outside, transposed to channels first for the windows, `auto_pad`, and MatMul with Add."""
    node = helper.make_node
    return save(
        path,
        [
            node("Transpose", ["x"], ["x1"], name="stem__to_nchw", perm=[0, 3, 1, 2]),
            node("Conv", ["x1", "w1"], ["c1"], name="stem/Conv2D", auto_pad="SAME_UPPER", strides=[2, 2], kernel_shape=[3, 3]),
            node("BatchNormalization", ["c1", "g", "b", "m", "v"], ["n1"], name="norm/Fused", epsilon=1e-3),
            node("Relu", ["n1"], ["r1"], name="relu"),
            node("MaxPool", ["r1"], ["p1"], name="pool/MaxPool", auto_pad="SAME_UPPER", strides=[2, 2], kernel_shape=[2, 2]),
            node("Transpose", ["p1"], ["t1"], name="pool__to_nhwc", perm=[0, 2, 3, 1]),
            node("Shape", ["t1"], ["s"], name="flat/Shape"),
            node("Slice", ["s", "zero", "one", "zero"], ["s0"], name="flat/strided_slice"),
            node("Concat", ["s0", "minus"], ["target"], name="flat/target", axis=0),
            node("Reshape", ["t1", "target"], ["f1"], name="flat/Reshape"),
            node("MatMul", ["f1", "w2"], ["d1"], name="head/MatMul"),
            node("Add", ["d1", "b2"], ["d2"], name="head/BiasAdd"),
            node("Softmax", ["d2"], ["y"], name="head/Softmax", axis=-1),
        ],
        {"x": ["batch", 7, 10, 3]},
        {"y": ["batch", 5]},
        {
            "w1": weights(4, 3, 3, 3), "g": weights(4), "b": weights(4, seed=1), "m": weights(4, seed=2),
            "v": np.abs(weights(4, seed=3)) + 0.5, "zero": np.array([0]), "one": np.array([1]), "minus": np.array([-1]),
            "w2": weights(2 * 3 * 4, 5), "b2": weights(5),
        },
    )  # fmt: skip


def by_old_pytorch(path):
    """Opset 9: a flatten by Gather and Concat of sizes, Clip, Dropout and Upsample with attributes, a padded mean."""
    node = helper.make_node
    return save(
        path,
        [
            node("Conv", ["x", "0.weight", "0.bias"], ["1"], name="Conv_0", pads=[1, 1, 1, 1], kernel_shape=[3, 3]),
            node("Clip", ["1"], ["2"], name="Clip_1", min=0.0, max=6.0),
            node("AveragePool", ["2"], ["3"], name="AveragePool_2", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], count_include_pad=1),
            node("Upsample", ["3", "scales"], ["4"], name="Upsample_3", mode="nearest"),
            node("Dropout", ["4"], ["5"], name="Dropout_4", ratio=0.5),
            node("Shape", ["5"], ["6"], name="Shape_5"),
            node("Constant", [], ["7"], value=numpy_helper.from_array(np.array(0), "c")),
            node("Gather", ["6", "7"], ["8"], name="Gather_6", axis=0),
            node("Unsqueeze", ["8"], ["9"], name="Unsqueeze_7", axes=[0]),
            node("Concat", ["9", "minus"], ["10"], name="Concat_8", axis=0),
            node("Reshape", ["5", "10"], ["11"], name="Reshape_9"),
            node("Gemm", ["11", "1.weight", "1.bias"], ["y"], name="Gemm_10", alpha=1.0, beta=1.0, transB=1),
        ],
        {"x": ["batch", 3, 5, 6]},
        {"y": ["batch", 4]},
        {
            "0.weight": weights(2, 3, 3, 3), "0.bias": weights(2), "scales": np.array([1, 1, 2, 2], "float32"),
            "minus": np.array([-1]), "1.weight": weights(4, 2 * 6 * 6), "1.bias": weights(4),
        },
        opset=9,
    )  # fmt: skip


def with_lstm(path):
    """Steps first, both ways, Y taken apart by Transpose and Reshape, as PyTorch writes it."""
    node = helper.make_node
    return save(
        path,
        [
            node("Transpose", ["x"], ["t"], name="first", perm=[1, 0, 2]),
            node("LSTM", ["t", "W", "R", "B"], ["Y", "Yh", "Yc"], name="rnn", hidden_size=3, direction="bidirectional"),
            node("Transpose", ["Y"], ["y1"], name="ways", perm=[0, 2, 1, 3]),
            node("Reshape", ["y1", "shape"], ["y2"], name="join"),
            node("Transpose", ["y2"], ["y3"], name="back", perm=[1, 0, 2]),
            node("Softsign", ["y3"], ["y"], name="end"),
        ],
        {"x": ["batch", 5, 4]},
        {"y": ["batch", 5, 6]},
        {"W": weights(2, 12, 4), "R": weights(2, 12, 3), "B": weights(2, 24), "shape": np.array([0, 0, -1])},
    )  # fmt: skip


FILES = {"tf2onnx": (by_tf2onnx, (7, 10, 3)), "pytorch": (by_old_pytorch, (3, 5, 6)), "lstm": (with_lstm, (5, 4))}
