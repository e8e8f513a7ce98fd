"""Files converted from a shell: each carries a test vector, which tells whether it still computes what its source did."""

import json
import os
import struct

import keras
import numpy as np
import pytest
import safetensors.torch

from convert import networks
from pellucid import cli, convert
from pellucid.convert import vectors
from pellucid.convert.artefact import convert_file, replay
from pellucid.errors import ArgumentError, FileError, UnsupportedError
from pellucid.models import load_model


@pytest.fixture
def source(tmp_path):
    networks.cnn().save(tmp_path / "source.keras")
    return str(tmp_path / "source.keras")


@pytest.mark.parametrize("ending", [".keras", ".h5", ".onnx", ".py"])
def test_a_converted_file_carries_a_test_vector_and_is_proved(source, tmp_path, ending):
    target = str(tmp_path / ("target" + ending))
    ledger = convert_file(source, target, layout="channels_first")
    assert replay(target).equal and convert.prove(source, target).equal
    assert ledger.target in ("channels_first", "ONNX", "PyTorch")
    beside = ["target.safetensors"] if ending == ".py" else []
    assert sorted(os.listdir(tmp_path)) == ["source.keras", "target" + ending, *beside]


def test_a_wrong_kernel_is_seen_at_the_destination(source, tmp_path):
    target = str(tmp_path / "target.h5")
    convert_file(source, target, layout="channels_first")
    vector, model = vectors.kept(target), load_model(target, compile=False)
    kernel = model.get_layer("dense").kernel
    kernel.assign(kernel.value.flip(0))
    model.save(target)
    vectors.keep(target, vector)
    proof = replay(target)
    assert not proof and proof.rounds[0].largest > 1e-3


def test_keras_still_opens_what_carries_a_test_vector(source, tmp_path):
    target = str(tmp_path / "target.keras")
    convert_file(source, target, layout="channels_first")
    theirs = keras.models.load_model(target)
    x = np.random.default_rng(0).normal(size=(2, 8, 6, 3)).astype("float32")
    ours = load_model(source).predict(x, verbose=0)
    np.testing.assert_allclose(theirs(x.transpose(0, 3, 1, 2)).detach().numpy(), ours, rtol=1e-4, atol=1e-5)


def test_a_torch_source_file_whose_weights_changed_is_seen(source, tmp_path):
    target = tmp_path / "network.py"
    convert_file(source, target)
    weights = safetensors.torch.load_file(tmp_path / "network.safetensors")
    name = next(key for key, value in weights.items() if value.ndim == 2)
    safetensors.torch.save_file({**weights, name: weights[name].flip(1).contiguous()}, tmp_path / "network.safetensors")
    assert cli.main(["prove", str(target)]) == 1


@pytest.mark.parametrize(
    "line",
    [
        "import os",
        "print(1)",
        "class Net(dict):\n    pass",
        "class Net(nn.Module):\n    x = torch.load('a')",
        "class Net(nn.Module):\n    def forward(self, x):\n        return torch.load(x)",
        "class Net(nn.Module):\n    def forward(self, x):\n        return x.numpy().tofile('a')",
        "class Net(nn.Module):\n    def forward(self, x):\n        return self.__class__",
        "class Net(nn.Module):\n    def forward(self, x):\n        return nn.modules.torch",
        "class Net(nn.Module):\n    def forward(self, x):\n        return (lambda: x)()",
        "class Net(nn.Module):\n    def forward(self, x):\n        return open(x)",
        "class Net(nn.Module):\n    def forward(self, x):\n        return 9**9**9",
        "class Net(nn.Module):\n    def forward(self, x=open('a')):\n        return x",
        "class Net(nn.Module):\n    def __getattr__(self, x):\n        return x",
        "class Net(nn.Module):\n    def __init__(self):\n        self.apply = nn.ReLU()",
        "@torch.compile\nclass Net(nn.Module):\n    pass",
    ],
)
def test_a_source_file_that_says_more_than_a_network_is_not_run(tmp_path, line):
    (tmp_path / "network.py").write_text(f"import torch\nfrom torch import nn\n\n\n{line}\n")
    with pytest.raises(UnsupportedError, match=r"says something else than a network|has of its own"):
        convert.prove(tmp_path / "network.py", tmp_path / "network.py")


def test_a_source_file_without_a_network_or_weights_is_refused(tmp_path):
    (tmp_path / "network.py").write_text("import torch\n")
    with pytest.raises(FileError, match="holds no network"):
        convert.prove(tmp_path / "network.py", tmp_path / "network.py")
    (tmp_path / "network.py").write_text("from torch import nn\n\n\nclass Net(nn.Module):\n    'Empty.'\n")
    with pytest.raises(FileError, match="neighbour of the file is missing"):
        convert.prove(tmp_path / "network.py", tmp_path / "network.py")


def test_the_shell_converts_and_proves(source, tmp_path, capsys):
    target = str(tmp_path / "target.keras")
    assert cli.main(["convert", source, target, "--layout", "channels_first"]) == 0
    assert "channels_last to channels_first" in capsys.readouterr().out
    assert cli.main(["prove", source, target]) == 0
    assert "seen to differ" in capsys.readouterr().out
    assert cli.main(["prove", target]) == 0
    assert "its test vector: equal" in capsys.readouterr().out
    networks.cnn().save(tmp_path / "other.keras")
    assert cli.main(["prove", source, str(tmp_path / "other.keras"), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["equal"] is False


def test_nothing_is_written_where_something_is_wrong(source, tmp_path, capsys, monkeypatch):
    with pytest.raises(ArgumentError, match="The new file's ending says what it shall be"):
        convert_file(source, tmp_path / "target.txt")
    with pytest.raises(FileError, match="The file is there already"):
        convert_file(source, source, layout="channels_first")

    def refuse(*_args):
        raise UnsupportedError("'odd' cannot be moved.")

    monkeypatch.setattr("pellucid.convert.artefact.relayout", refuse)
    assert cli.main(["convert", source, str(tmp_path / "target.keras"), "--layout", "channels_first"]) == 2
    assert "'odd' cannot be moved" in capsys.readouterr().err
    assert os.listdir(tmp_path) == ["source.keras"]


def test_a_file_without_a_test_vector_is_told(source, tmp_path):
    with pytest.raises(FileError, match="The file carries no test vector"):
        replay(source)


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{}",
        '{"shapes": [[1000000, 1000000]], "dtypes": ["float32"], "below": 1, "ways": [[0, 1]], "outputs": []}',
    ],
)
def test_a_bad_test_vector_is_refused(source, tmp_path, text):
    target = str(tmp_path / "target.h5")
    convert_file(source, target, layout="channels_first")
    with open(target, "ab") as file:
        file.write(text.encode() + struct.pack("<Q", len(text)) + b"pellucid vector1")
    with pytest.raises(FileError, match="test vector"):
        replay(target)
