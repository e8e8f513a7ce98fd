"""from_onnx reads what other tools write; ONNX Runtime judges. Files that are broken, or lie, are refused."""

import io

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import helper

from convert import onnx_files
from convert.layer_rows import answers, each_row, model_of
from convert.test_to_onnx import small_network
from pellucid import convert, layers
from pellucid.convert.onnx import wire
from pellucid.errors import FileError, MissingFileError, UnsupportedError


def judged(path, *xs):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return session.run(None, {one.name: x for one, x in zip(session.get_inputs(), xs, strict=True)})


def assert_close(left, right):
    assert len(left) == len(right)
    for a, b in zip(left, right, strict=True):
        np.testing.assert_allclose(a, b, rtol=5e-6, atol=5e-6)


@pytest.mark.parametrize("name", onnx_files.FILES)
def test_files_of_other_tools_compute_the_same(name, tmp_path):
    make, shape = onnx_files.FILES[name]
    path = make(tmp_path / "net.onnx")
    x = onnx_files.weights(3, *shape, seed=7)
    assert_close(judged(path, x), answers(convert.from_onnx(path, layout=None), [x]))


def test_a_file_of_tensorflow_becomes_a_model_without_transposes(tmp_path):
    model = convert.from_onnx(onnx_files.by_tf2onnx(tmp_path / "net.onnx"))
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds.count("Permute") == 0, kinds
    assert model.layers[1].name.startswith("stem") and model.layers[1].padding == "same"


def test_sizes_that_the_file_leaves_open_are_asked_for(tmp_path):
    node = helper.make_node("Relu", ["x"], ["y"], name="r")
    path = onnx_files.save(tmp_path / "m.onnx", [node], {"x": ["n", 3, "h"]}, {"y": ["n", 3, "h"]}, {})
    with pytest.raises(UnsupportedError, match="leaves sizes of its input 'x' open"):
        convert.from_onnx(path)
    model = convert.from_onnx(path, input_shape=(3, 4), layout=None)
    assert model.output_shape == (None, 3, 4)
    with pytest.raises(FileError, match="one shape for each input"):
        convert.from_onnx(path, input_shape=[(3, 4), (3, 4)])


def beside(path, location="weights.bin", offset=0, length=None, data=None):
    """A file whose weight lies beside it."""
    w = onnx_files.weights(4, 5)
    onnx_files.save(
        path, [helper.make_node("Gemm", ["x", "w"], ["y"], name="g")], {"x": ["n", 4]}, {"y": ["n", 5]}, {"w": w}
    )
    model = onnx.load(path)
    tensor = model.graph.initializer[0]
    (path.parent / "weights.bin").write_bytes(b"\0" * 8 + w.tobytes() if data is None else data)
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    for key, value in {
        "location": location,
        "offset": 8 + offset,
        "length": w.nbytes if length is None else length,
    }.items():
        entry = tensor.external_data.add()
        entry.key, entry.value = key, str(value)
    path.write_bytes(model.SerializeToString())
    return path, w


def test_weights_beside_the_file_are_read(tmp_path):
    path, w = beside(tmp_path / "m.onnx")
    x = onnx_files.weights(2, 4, seed=3)
    assert_close([x @ w], answers(convert.from_onnx(path), [x]))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"location": "../weights.bin"}, "no plain name"),
        ({"location": "nothing.bin"}, "neighbour of the file is missing"),
        ({"offset": 1}, "not where the file says"),
        ({"length": 10**15}, "not where the file says"),
        ({"length": "-5"}, "is no number"),
        ({"data": b""}, "not where the file says"),
    ],
)
def test_weights_beside_the_file_that_are_not_there_are_refused(tmp_path, change, error):
    path, _ = beside(tmp_path / "m.onnx", **change)
    with pytest.raises(FileError, match=error):
        convert.from_onnx(path)


def test_a_link_beside_the_file_is_not_followed(tmp_path):
    path, _ = beside(tmp_path / "m.onnx", location="link.bin")
    (tmp_path / "link.bin").symlink_to(tmp_path / "weights.bin")
    with pytest.raises(FileError, match="regular file"):
        convert.from_onnx(path)


def test_what_is_no_onnx_file_is_refused(tmp_path):
    good = onnx_files.by_old_pytorch(tmp_path / "good.onnx").read_bytes()
    for name, data in {"empty": b"", "text": b"hello", "half": good[: len(good) // 2], "zeros": bytes(100)}.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(FileError):
            convert.from_onnx(tmp_path / name)
    with pytest.raises(MissingFileError):
        convert.from_onnx(tmp_path / "none.onnx")
    with pytest.raises(FileError, match="no regular file"):
        convert.from_onnx(tmp_path)


def test_a_weight_smaller_than_its_shape_is_refused(tmp_path):
    path = onnx_files.by_old_pytorch(tmp_path / "m.onnx")
    model = onnx.load(path)
    for dims in ([10**9, 10**9], [-1, 3, 3, 3]):
        del model.graph.initializer[0].dims[:]
        model.graph.initializer[0].dims.extend(dims)
        path.write_bytes(model.SerializeToString())
        with pytest.raises(FileError):
            convert.from_onnx(path)


@pytest.mark.parametrize(
    ("node", "words"),
    [
        (
            helper.make_node("Det", ["x"], ["y"], name="odd"),
            "'odd' (Det) cannot become a layer: this kind of node is not known",
        ),
        (helper.make_node("Relu", ["x"], ["y"], name="odd", domain="com.other"), "'odd' (Relu) cannot become a layer"),
        (
            helper.make_node("Resize", ["x", "", "s"], ["y"], name="odd", mode="cubic", cubic_coeff_a=-0.6),
            "'odd' (Resize)",
        ),
        (helper.make_node("Relu", ["x"], ["y"], name="odd", strange=3), "an attribute is not known here"),
    ],
    ids=["kind", "domain", "resize", "attribute"],
)
def test_nodes_that_no_layer_computes_are_named(tmp_path, node, words):
    scales = np.array([1, 1, 2, 2], "float32")
    path = onnx_files.save(tmp_path / "m.onnx", [node], {"x": ["n", 3, 4, 4]}, {"y": None}, {"s": scales})
    with pytest.raises(UnsupportedError) as caught:
        convert.from_onnx(path)
    assert words in str(caught.value)


def test_a_file_that_is_too_new_or_holds_functions_is_refused(tmp_path):
    path = onnx_files.by_old_pytorch(tmp_path / "m.onnx")
    model = onnx.load(path)
    model.opset_import[0].version = 99
    path.write_bytes(model.SerializeToString())
    with pytest.raises(FileError, match="opset is not known"):
        convert.from_onnx(path)
    model.opset_import[0].version = 17
    model.functions.add().name = "f"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(FileError, match="Functions inside"):
        convert.from_onnx(path)


def test_own_files_come_home_under_their_names(tmp_path):

    model = small_network()
    convert.to_onnx(model, tmp_path / "net.onnx")
    again = convert.from_onnx(tmp_path / "net.onnx")
    x = onnx_files.weights(2, 9, 8, 3, seed=1)
    assert_close(answers(model, [x]), answers(again, [x]))
    assert [layer.name for layer in again.layers if layer.weights] == ["stem", "norm", "head"]
    assert not [layer for layer in again.layers if isinstance(layer, layers.Permute)]
    for name in ("stem", "norm", "head"):
        for before, after in zip(model.get_layer(name).get_weights(), again.get_layer(name).get_weights(), strict=True):
            assert before.tobytes() == after.tobytes()


def is_refused(case) -> bool:
    """What to_onnx refuses; recurrent layers that PyTorch, the reader's help, does not have; steps made samples."""
    if case.layer == "TimeDistributed" and len(case.shape) > 2:
        return True
    words = {"activation", "recurrent_activation", "reset_after", "renorm"} & set(case.kwargs)
    return case.layer.startswith(("ConvLSTM", "STFT", "AutoContrast")) or (
        bool(words) and case.layer in ("LSTM", "GRU", "SimpleRNN", "BatchNormalization")
    )


@pytest.mark.heavy
@each_row(keep=lambda case: not is_refused(case))
def test_each_layer_comes_home_from_onnx(case, first, tmp_path):
    model, xs = model_of(case, first)
    convert.to_onnx(model, tmp_path / "layer.onnx", layout=None)
    again = convert.from_onnx(tmp_path / "layer.onnx", layout=None)
    assert_close(answers(model, xs), answers(again, xs))


def test_a_model_from_a_file_learns(tmp_path):
    model = convert.from_onnx(onnx_files.by_tf2onnx(tmp_path / "net.onnx"))
    x = torch.from_numpy(onnx_files.weights(2, 7, 10, 3))
    model(x)[:, 0].sum().backward()
    assert all(weight.value.grad is not None for weight in model.trainable_variables)


def large(path):
    """A file with one weight of 8000 bytes, which protobuf need not see."""
    w = onnx_files.weights(20, 100)
    node = helper.make_node("Gemm", ["x", "w"], ["y"], name="g")
    return onnx_files.save(path, [node], {"x": ["n", 20]}, {"y": ["n", 100]}, {"w": w}), w


def test_large_weights_are_read_from_their_place(tmp_path):
    path, w = large(tmp_path / "m.onnx")
    message, places = wire.parted(io.BytesIO(path.read_bytes()), path.stat().st_size)
    assert len(message) < 200 and places[0][1] == w.nbytes
    x = onnx_files.weights(2, 20, seed=3)
    assert_close([x @ w], answers(convert.from_onnx(path), [x]))


def test_large_weights_that_their_shape_does_not_fit_are_refused(tmp_path):
    path, _ = large(tmp_path / "m.onnx")
    model = onnx.load(path)
    for dims in ([20, 101], [10**9, 10**9], [-20, 100]):
        del model.graph.initializer[0].dims[:]
        model.graph.initializer[0].dims.extend(dims)
        path.write_bytes(model.SerializeToString())
        with pytest.raises(FileError, match=r"not where the file says|negative size"):
            convert.from_onnx(path)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"\x3a\x05", "The file ends early"),
        (b"\xff" * 12, "a number without an end"),
        (b"\x3b", "a field of kind 3"),
    ],
)
def test_bytes_that_are_no_fields_are_refused(data, error):
    with pytest.raises(FileError) as caught:
        wire.parted(io.BytesIO(data), len(data))
    assert error in str(caught.value)


def test_numbers_that_stand_in_a_file_twice_are_refused(tmp_path):
    def sized(number, body):
        return bytes([number << 3 | 2, len(body) & 127 | 128, len(body) >> 7]) + body

    tensor = sized(9, bytes(5000)) * 2
    data = sized(7, sized(5, tensor))
    assert (
        len(onnx.ModelProto.FromString(data).graph.initializer[0].raw_data) == 5000
    )  # to protobuf the last one counts
    (tmp_path / "m.onnx").write_bytes(data)
    with pytest.raises(FileError, match="stand in the file twice"):
        convert.from_onnx(tmp_path / "m.onnx")
