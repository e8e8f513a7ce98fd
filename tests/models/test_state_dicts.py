"""State dicts of PyTorch modules go into models of the same layers: the module's own outputs are the judge."""

import os
import pickle
import zipfile

import numpy as np
import pytest
import safetensors.torch
import torch

import pellucid
from pellucid.errors import FileError

L = pellucid.layers
nn = torch.nn


def varied(module):
    torch.manual_seed(0)
    for tensor in module.state_dict().values():
        if tensor.is_floating_point():
            tensor.copy_(torch.rand_like(tensor) * 0.8 + 0.1)
    return module.eval()


def both(module, model, path, x, axes=(0, 2, 3, 1)):
    """What the module gives, and what the model with its weights gives, on the same values."""
    torch.save(varied(module).state_dict(), path)
    model.load_weights(path)
    y = module(x)
    ours = model(x.permute(*axes) if axes else x, training=False)
    return y.detach(), ours.detach()


def test_an_image_network_with_a_flatten(tmp_path):
    module = nn.Sequential(
        nn.Conv2d(2, 3, (3, 2)), nn.BatchNorm2d(3, eps=1e-3), nn.ReLU(), nn.Conv2d(3, 6, 2, groups=3), nn.MaxPool2d(2),
        nn.ConvTranspose2d(6, 4, 2, stride=2), nn.Flatten(), nn.Dropout(0.5), nn.Linear(4 * 4 * 6, 5),
    )  # fmt: skip
    model = pellucid.Sequential(
        [
            pellucid.Input((7, 8, 2)), L.Conv2D(3, (3, 2)), L.BatchNormalization(), L.ReLU(),
            L.DepthwiseConv2D(2, depth_multiplier=2), L.MaxPooling2D(2), L.Conv2DTranspose(4, 2, strides=2),
            L.Flatten(), L.Dropout(0.5), L.Dense(5),
        ]
    )  # fmt: skip
    theirs, ours = both(module, model, tmp_path / "m.pt", torch.rand(2, 2, 7, 8))
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(9, 4)
        self.first = nn.LSTM(4, 3, batch_first=True, bidirectional=True)
        self.second = nn.GRU(6, 5, num_layers=2, batch_first=True)
        self.norm = nn.LayerNorm(5, eps=1e-3)
        self.top = nn.Linear(5, 2)

    def forward(self, x):
        return self.top(self.norm(self.second(self.first(self.words(x))[0])[0]))


def tagger():
    return pellucid.Sequential(
        [
            pellucid.Input((6,), dtype="int32"), L.Embedding(9, 4, name="words"),
            L.Bidirectional(L.LSTM(3, return_sequences=True), name="first"), L.GRU(5, return_sequences=True, name="a"),
            L.GRU(5, return_sequences=True, name="b"), L.LayerNormalization(name="norm"), L.Dense(2, name="top"),
        ]
    )  # fmt: skip


def test_a_recurrent_network_of_several_levels(tmp_path):
    theirs, ours = both(Tagger(), tagger(), tmp_path / "m.pth", torch.randint(0, 9, (2, 6)), axes=None)
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)


def test_attention_and_convolutions_along_one_axis(tmp_path):
    class Module(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.attention = nn.Conv1d(3, 4, 2), nn.MultiheadAttention(4, 2, batch_first=True)

        def forward(self, x):
            y = self.conv(x).transpose(1, 2)
            return self.attention(y, y, y)[0]

    x = pellucid.Input((6, 3))
    y = L.Conv1D(4, 2)(x)
    model = pellucid.Model(x, L.MultiHeadAttention(2, 2)(y, y))
    theirs, ours = both(Module(), model, tmp_path / "m.pt", torch.rand(2, 3, 6), axes=(0, 2, 1))
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)


def small():
    return pellucid.Sequential([pellucid.Input((4,)), L.Dense(3, name="one"), L.Dense(2, name="two")])


def two_linears():
    return varied(nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2)))


def test_weights_among_other_things_and_behind_wrappers(tmp_path):
    module, model, x = two_linears(), small(), torch.rand(2, 4)
    wrapped = {f"module.{name}": value for name, value in module.state_dict().items()}
    torch.save({"epoch": 3, "state_dict": wrapped, "optimizer": {"lr": 0.1}}, tmp_path / "checkpoint.pth")
    model.load_weights(tmp_path / "checkpoint.pth")
    torch.testing.assert_close(model(x).detach(), module(x).detach())


def test_names_count_where_they_are_asked_for(tmp_path):
    module, model, x = two_linears(), small(), torch.rand(2, 4)
    names = {"0": "one", "1": "two"}
    renamed = {names[name[0]] + name[1:]: value for name, value in reversed(module.state_dict().items())}
    torch.save(renamed, tmp_path / "m.pt")
    model.load_weights(tmp_path / "m.pt", by_name=True)
    torch.testing.assert_close(model(x).detach(), module(x).detach())
    safetensors.torch.save_file(renamed, tmp_path / "m.safetensors")
    again = small()
    again.load_weights(tmp_path / "m.safetensors", by_name=True)
    torch.testing.assert_close(again(x).detach(), module(x).detach())


def test_safetensors_of_torch_load_where_the_order_is_told(tmp_path):
    module = varied(nn.Sequential(*[nn.Linear(4, 4) for _ in range(12)]))
    model = pellucid.Sequential([pellucid.Input((4,)), *(L.Dense(4) for _ in range(12))])
    safetensors.torch.save_file(module.state_dict(), tmp_path / "m.safetensors")
    model.load_weights(tmp_path / "m.safetensors")
    x = torch.rand(2, 4)
    torch.testing.assert_close(model(x).detach(), module(x).detach(), rtol=1e-4, atol=1e-4)
    safetensors.torch.save_file(varied(Tagger()).state_dict(), tmp_path / "t.safetensors")
    with pytest.raises(FileError, match=r"do not keep the order of modules(?s:.*)first.*norm(?s:.*)by_name=True"):
        tagger().load_weights(tmp_path / "t.safetensors")


def test_what_does_not_fit_is_told_side_by_side_and_nothing_changes(tmp_path):
    model = small()
    before = model.get_weights()
    torch.save(nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 7)).state_dict(), tmp_path / "m.pt")
    with pytest.raises(
        FileError, match=r"1 layers cannot take theirs(?s:.*)two \(Dense\): \(3, 2\), \(2,\) <- 1: weight \(7, 3\)"
    ):
        model.load_weights(tmp_path / "m.pt")
    torch.save(nn.Linear(4, 3).state_dict(), tmp_path / "one.pt")
    with pytest.raises(FileError, match=r"1 modules with weights, and the model 2 layers(?s:.*)one \(Dense\)"):
        model.load_weights(tmp_path / "one.pt")
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    with pytest.warns(UserWarning, match="cannot take theirs"):
        model.load_weights(tmp_path / "m.pt", skip_mismatch=True)
    assert not np.array_equal(before[0], model.get_weights()[0])


class Marker:
    """A pickle of this leaves a mark if it is ever run."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_a_file_that_holds_more_than_data_is_refused_and_not_run(tmp_path):
    model = small()
    torch.save({"weight": torch.zeros(2), "x": Marker(str(tmp_path / "mark"))}, tmp_path / "bad.pt")
    with pytest.raises(FileError, match=r"more than tensors(?s:.*)state_dict\(\)"):
        model.load_weights(tmp_path / "bad.pt")
    (tmp_path / "old.pt").write_bytes(pickle.dumps({"weight": 1}))
    with pytest.raises(FileError, match=r"no zip of tensors(?s:.*)weights_only=True"):
        model.load_weights(tmp_path / "old.pt")
    assert not (tmp_path / "mark").exists()


def test_damage_is_found(tmp_path):
    torch.save(two_linears().state_dict(), tmp_path / "m.pt")
    data = bytearray((tmp_path / "m.pt").read_bytes())
    with zipfile.ZipFile(tmp_path / "m.pt") as archive:
        info = next(info for info in archive.infolist() if info.filename.endswith("data/0"))
    data[info.header_offset + 200] ^= 1
    (tmp_path / "m.pt").write_bytes(data)
    with pytest.raises(FileError):
        small().load_weights(tmp_path / "m.pt")
