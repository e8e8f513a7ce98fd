"""Models exported for other runtimes: ONNX Runtime, PyTorch and OpenVINO give what the model gives."""

import numpy as np
import onnxruntime
import openvino
import pytest
import torch

import pellucid
from pellucid import layers, models, ops
from pellucid.errors import ArgumentError, MissingPackageError, OperationError, OrderError

RNG = np.random.default_rng(0)


def values(*shape):
    return RNG.normal(size=shape).astype("float32")


def in_sequence():
    return models.Sequential(
        [layers.Input((8, 8, 3)), layers.Conv2D(4, 3, strides=2, padding="same"), layers.Flatten(), layers.Dense(2)]
    )


def in_branches():
    a, b = layers.Input((3,), name="a"), layers.Input((4,), name="b")
    joined = layers.Concatenate()([layers.Dense(2)(a), b])
    return models.Model([a, b], {"one": layers.Dense(1, name="one")(joined), "two": layers.Softmax(name="two")(joined)})


def by_names():
    x, y = layers.Input((3,), name="x"), layers.Input((3,), name="y")
    return models.Model({"x": x, "y": y}, layers.Subtract()([x, y]))


class Subclassed(pellucid.Model):
    def __init__(self):
        super().__init__()
        self.first, self.norm = layers.Dense(4), layers.BatchNormalization()

    def call(self, x, training=None):
        return ops.relu(self.norm(self.first(x), training=training)) + 1


def subclassed():
    model = Subclassed()
    model(values(2, 3))
    return model


CASES = {
    "in sequence": (in_sequence, lambda n: values(n, 8, 8, 3)),
    "in branches": (in_branches, lambda n: [values(n, 3), values(n, 4)]),
    "by names": (by_names, lambda n: {"x": values(n, 3), "y": values(n, 3)}),
    "subclassed": (subclassed, lambda n: values(n, 3)),
}


def flat(x):
    return [one.detach().numpy() if hasattr(one, "detach") else one for one in pellucid.tree.flatten(x)]


def by_torch(path, x):
    program = torch.export.load(path).module()
    return program(pellucid.tree.map_structure(torch.from_numpy, x))


def by_onnx(path, x):
    session = onnxruntime.InferenceSession(path)
    return session.run(None, {port.name: one for port, one in zip(session.get_inputs(), flat(x), strict=True)})


def by_openvino(path, x):
    found = openvino.compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(flat(x))
    return [found[port] for port in found]


RUNTIMES = {"torch": (by_torch, "m.pt2"), "onnx": (by_onnx, "m.onnx"), "openvino": (by_openvino, "m.xml")}


@pytest.mark.parametrize("format", RUNTIMES)
@pytest.mark.parametrize("case", CASES)
def test_another_runtime_gives_the_same(case, format, tmp_path):
    make, data = CASES[case]
    model, (run, name) = make(), RUNTIMES[format]
    model.export(tmp_path / name, format=format, verbose=False)
    for batch in (1, 5):
        x = data(batch)
        found, expected = run(str(tmp_path / name), x), model.predict(x, verbose=0)
        for one, other in zip(flat(found), flat(expected), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_a_program_gives_outputs_in_the_models_structure(tmp_path):
    model = in_branches()
    model.export(tmp_path / "m.pt2", format="torch", verbose=False)
    assert set(by_torch(str(tmp_path / "m.pt2"), [values(2, 3), values(2, 4)])) == {"one", "two"}


def test_it_says_where_the_file_lies(tmp_path, capsys):
    path = str(tmp_path / "m.onnx")
    in_sequence().export(path, format="onnx")
    assert f"'{path}'" in capsys.readouterr().out
    in_sequence().export(path, format="onnx", verbose=False)
    assert not capsys.readouterr().out


@pytest.mark.parametrize("make", [in_sequence, subclassed])
def test_a_signature_fixes_sizes(make, tmp_path):
    model = make()
    shape = (2, *([8, 8, 3] if make is in_sequence else [3]))
    model.export(
        tmp_path / "m.onnx",
        format="onnx",
        input_signature=[layers.InputSpec(shape=shape, dtype="float32")],
        verbose=False,
    )
    (port,) = onnxruntime.InferenceSession(str(tmp_path / "m.onnx")).get_inputs()
    assert tuple(port.shape[1:]) == shape[1:]


@pytest.mark.parametrize("wrapped", [False, True])
def test_open_sizes_of_a_program_may_be_told(wrapped, tmp_path):
    sizes = {0: torch.export.Dim("batch", min=1, max=4)}
    sizes = [(sizes,)] if wrapped else sizes
    model = subclassed()
    model.export(tmp_path / "m.pt2", format="torch", dynamic_shapes=sizes, verbose=False)
    program = torch.export.load(tmp_path / "m.pt2").module()
    assert program(torch.ones(4, 3)).shape == (4, 4)
    with pytest.raises(Exception, match="4"):
        program(torch.ones(5, 3))


class Deciding(pellucid.Model):
    def call(self, x):
        return x * 2 if bool(x[0, 0] > 0) else x


def deciding():
    model = Deciding()
    model(np.ones((1, 4)))
    return model


WRONG = {
    "format": (in_sequence, "m.x", {"format": "x"}, ArgumentError, "tf_saved_model, onnx"),
    "default": (in_sequence, "m", {}, MissingPackageError, r'model.export\("model.onnx", format="onnx"\)'),
    "lite": (in_sequence, "m", {"format": "litert"}, MissingPackageError, "TensorFlow alone"),
    "torch's ending": (in_sequence, "m.txt", {"format": "torch"}, ArgumentError, r"ends in \.pt2"),
    "openvino's ending": (in_sequence, "m.txt", {"format": "openvino"}, ArgumentError, r"ends in \.xml"),
    "opset": (in_sequence, "m.onnx", {"format": "onnx", "opset_version": 9}, ArgumentError, "opset 17"),
    "argument": (in_sequence, "m.pt2", {"format": "torch", "x": 1}, ArgumentError, "strict"),
    "not built": (lambda: models.Sequential([layers.Dense(1)]), "m.onnx", {"format": "onnx"}, OrderError, "not built"),
    "values decide": (deciding, "m.pt2", {"format": "torch"}, OperationError, r"Model\(inputs, outputs\)"),
    "signature": (in_sequence, "m.onnx", {"format": "onnx", "input_signature": [3]}, ArgumentError, "InputSpec"),
    "impossible sizes": (
        in_sequence,
        "m.pt2",
        {"format": "torch", "dynamic_shapes": {9: torch.export.Dim("batch")}},
        OperationError,
        "cannot write",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_cannot_be_is_told_and_nothing_is_written(wrong, tmp_path):
    make, name, told, kind, words = WRONG[wrong]
    with pytest.raises(kind, match=words):
        make().export(tmp_path / name, **told)
    assert not list(tmp_path.iterdir())


def test_archives_are_tensorflows():
    with pytest.raises(ImportError, match="SavedModels"):
        pellucid.export.ExportArchive()
