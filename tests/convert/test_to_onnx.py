"""to_onnx writes files that ONNX Runtime runs with the same numbers, for any batch size."""

import io

import numpy as np
import onnx
import onnxruntime
import pytest

import pellucid
from convert.layer_rows import answers, draw_weights, each_row, model_of
from pellucid import Input, Model, Sequential, convert, layers
from pellucid.convert.onnx import saving, wire
from pellucid.errors import FileError, MissingPackageError, UnsupportedError


def is_refused(case) -> bool:
    return case.layer.startswith(("ConvLSTM", "STFT", "AutoContrast")) or "renorm" in case.kwargs


def run(path, xs):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return session.run(None, {one.name: x for one, x in zip(session.get_inputs(), xs, strict=True)})


def assert_close(left, right):
    assert len(left) == len(right)
    for a, b in zip(left, right, strict=True):
        assert a.shape == b.shape and a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=5e-6, atol=5e-6)


@each_row(keep=lambda case: not is_refused(case))
def test_each_layer_computes_the_same_in_onnx_runtime(case, first, tmp_path):
    model, xs = model_of(case, first)
    convert.to_onnx(model, tmp_path / "layer.onnx", layout=None)
    assert_close(answers(model, xs), run(tmp_path / "layer.onnx", xs))


@each_row(keep=is_refused)
def test_a_layer_that_onnx_does_not_have_is_refused_by_name(case, first, tmp_path):
    model, _ = model_of(case, first)
    with pytest.raises(UnsupportedError, match=f"'{model.layers[-1].name}'"):
        convert.to_onnx(model, tmp_path / "layer.onnx", layout=None)
    assert not list(tmp_path.iterdir())


def small_network():
    x = Input((9, 8, 3), name="image")
    y = layers.Conv2D(4, 3, strides=2, padding="same", activation="relu", name="stem")(x)
    y = layers.BatchNormalization(name="norm")(y)
    y = layers.Flatten(name="flat")(layers.MaxPooling2D(2, padding="same", name="pool")(y))
    y = layers.Dropout(0.3, name="drop")(y)
    model = Model(x, layers.Dense(5, activation="softmax", name="head")(y), name="small")
    draw_weights(model, np.random.default_rng(0))
    return model


def test_nodes_carry_the_names_of_layers_and_none_computes_nothing(tmp_path):
    convert.to_onnx(small_network(), tmp_path / "small.onnx")
    graph = onnx.load(tmp_path / "small.onnx").graph
    assert [(node.op_type, node.name) for node in graph.node] == [
        ("Conv", "stem"), ("Relu", "stem/Relu"), ("BatchNormalization", "norm"), ("MaxPool", "pool"),
        ("Reshape", "flat"), ("Gemm", "head"), ("Softmax", "head/Softmax"),
    ]  # fmt: skip
    assert [one.name for one in (*graph.input, *graph.output)] == ["image", "head"]
    assert [tensor.name for tensor in graph.initializer if "." in tensor.name] == [
        "stem.weight", "stem.bias", "norm.weight", "norm.bias", "norm.running_mean", "norm.running_var",
        "head.weight", "head.bias",
    ]  # fmt: skip


@pytest.mark.parametrize("batch", [1, 4])
def test_any_batch_size_runs(tmp_path, batch):
    model = small_network()
    ledger = convert.to_onnx(model, tmp_path / "small.onnx")
    x = np.random.default_rng(1).normal(size=(batch, 9, 8, 3)).astype("float32")
    assert_close(answers(model, [x]), run(tmp_path / "small.onnx", [x.transpose(0, 3, 1, 2).copy()]))
    assert not ledger.left and ledger.target == "ONNX"
    assert ledger["head.weight"].weight == "head/kernel"


def test_a_model_inside_and_a_layer_called_twice_keep_one_set_of_weights(tmp_path):
    inner = Sequential([Input((4,)), layers.Dense(3, activation="tanh", name="one")], name="tower")
    a, b = Input((4,), name="a"), Input((4,), name="b")
    model = Model([a, b], [layers.Add(name="sum")([inner(a), inner(b)]), a])
    convert.to_onnx(model, tmp_path / "twins.onnx")
    graph = onnx.load(tmp_path / "twins.onnx").graph
    assert [tensor.name for tensor in graph.initializer] == ["tower/one.weight", "tower/one.bias"]
    xs = [np.random.default_rng(seed).normal(size=(3, 4)).astype("float32") for seed in (0, 1)]
    assert_close(answers(model, xs), run(tmp_path / "twins.onnx", xs))


def test_an_output_given_twice_has_two_names(tmp_path):
    x = Input((4,), name="x")
    y = layers.Dense(2, name="y")(x)
    model = Model(x, [y, y, layers.Dropout(0.5, name="d")(y)])
    convert.to_onnx(model, tmp_path / "m.onnx")
    data = np.ones((2, 4), "float32")
    assert_close(answers(model, [data]), run(tmp_path / "m.onnx", [data]))


def test_without_the_package_one_is_told_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "onnx.numpy_helper", None)
    with pytest.raises(MissingPackageError, match=r"pip install pellucid\[onnx\]"):
        convert.to_onnx(small_network(), tmp_path / "small.onnx")


def test_functions_in_a_graph_are_moved_too(tmp_path):
    x = Input((4, 6))
    y = pellucid.ops.mean(x * 2.0 - 1.0, axis=1)
    z = pellucid.ops.concatenate([y, x[:, 0], pellucid.ops.relu(x[:, -1, 1:])], axis=-1)
    model = Model(x, z)
    convert.to_onnx(model, tmp_path / "m.onnx")
    data = np.random.default_rng(0).normal(size=(3, 4, 6)).astype("float32")
    assert_close(answers(model, [data]), run(tmp_path / "m.onnx", [data]))


def wide_network():
    """Its kernels are too large to stay among the fields of a message."""
    dense = [layers.Dense(60, activation="relu", name="wide"), layers.Dense(3, name="head")]
    model = Sequential([Input((40,)), *dense])
    draw_weights(model, np.random.default_rng(0))
    return model, np.random.default_rng(1).normal(size=(2, 40)).astype("float32")


def test_what_is_written_is_a_message_of_protobuf_with_all_weights(tmp_path):
    model, _ = wide_network()
    convert.to_onnx(model, tmp_path / "wide.onnx")
    onnx.checker.check_model(tmp_path / "wide.onnx", full_check=True)
    read = onnx.load(tmp_path / "wide.onnx")
    assert len(read.SerializeToString()) == (tmp_path / "wide.onnx").stat().st_size
    kept = {one.name: onnx.numpy_helper.to_array(one) for one in read.graph.initializer}
    kernel = model.get_layer("wide").kernel.numpy()
    assert kernel.nbytes > wire.LARGE
    np.testing.assert_array_equal(kept["wide.weight"], kernel.T)


def test_weights_too_large_for_one_file_lie_beside_it(tmp_path, monkeypatch):
    (model, x), path = wide_network(), tmp_path / "wide.onnx"
    convert.to_onnx(model, path)
    whole = path.stat().st_size
    monkeypatch.setattr(saving, "_MOST_BYTES", whole - 1)
    convert.to_onnx(model, path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["wide.onnx", "wide.onnx.data"]
    assert path.stat().st_size < whole / 5
    onnx.checker.check_model(path, full_check=True)
    assert_close(answers(model, [x]), run(path, [x]))
    again = convert.from_onnx(path)
    assert_close(answers(model, [x]), answers(again, [x]))
    convert.to_onnx(again, path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["wide.onnx", "wide.onnx_1.data"]
    monkeypatch.undo()
    convert.to_onnx(again, path)
    assert [file.name for file in tmp_path.iterdir()] == ["wide.onnx"]


def test_a_disk_that_keeps_other_bytes_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr(saving.atomic, "replace", lambda path, write, check: check(io.BytesIO(b"other bytes")))
    with pytest.raises(FileError, match=r"The ONNX file was not written wholly\."):
        convert.to_onnx(small_network(), tmp_path / "small.onnx")
    assert list(tmp_path.iterdir()) == []
