"""from_torch makes models of modules as people write them; PyTorch judges, the layouts and transposes are counted."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from convert.torch_networks import NETWORKS, drawn
from pellucid import convert, layers
from pellucid.errors import ArgumentTypeError, UnsupportedError

# Networks in which no transpose may stand where the channels come last: all moves are folded.
FOLDED = ("VGG", "ResNet", "MobileNetV2", "DenseNet", "Autoencoder", "CRNN")


def answers(model, *xs):
    with torch.no_grad():
        found = model(list(xs) if len(xs) > 1 else xs[0])
    return [one.numpy() for one in (found if isinstance(found, (list, tuple)) else [found])]


def theirs(module, *xs):
    with torch.no_grad():
        found = module(*xs)
    return [one.numpy() for one in (found if isinstance(found, (list, tuple)) else [found])]


def assert_close(left, right, tolerance=2e-6):
    assert len(left) == len(right)
    for a, b in zip(left, right, strict=True):
        if a.ndim == 4 and a.shape != b.shape:
            b = b.transpose(0, 3, 1, 2)
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def as_last(x):
    return x.permute(0, 2, 3, 1).contiguous() if x.ndim == 4 else x


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_compute_the_same_with_their_channels_last(name):
    network, x = drawn(name)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    model = convert.from_torch(network, tuple(x.shape[1:]))
    assert_close(theirs(network, x), answers(model, as_last(x)))
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    if name in FOLDED:
        assert not [layer for layer in model.layers if isinstance(layer, layers.Permute)]
        assert not model.ledger.left


@pytest.mark.heavy
@pytest.mark.parametrize("name", NETWORKS)
def test_networks_come_home_to_pytorch_and_through_onnx(name, tmp_path):
    network, x = drawn(name, seed=1)
    model = convert.from_torch(network, tuple(x.shape[1:]))
    assert_close(theirs(network, x), theirs(convert.to_torch(model), x))
    convert.to_onnx(model, tmp_path / "net.onnx")
    again = convert.from_onnx(tmp_path / "net.onnx")
    assert_close(theirs(network, x), answers(again, as_last(x)))


def check(module, *shapes, layout=None, seed=0):
    """Convert a module, and compare; gives the model."""
    torch.manual_seed(seed)
    module = module.eval() if isinstance(module, nn.Module) else Forward(module)
    xs = [torch.randn(3, *shape) for shape in shapes]
    model = convert.from_torch(module, list(shapes) if len(shapes) > 1 else shapes[0], layout=layout)
    assert_close(theirs(module, *xs), answers(model, *xs))
    return model


class Forward(nn.Module):
    """A function as a module."""

    def __init__(self, function):
        super().__init__()
        self.forward = function


def test_functions_of_each_element():
    def forward(x):
        y = F.relu(x) + F.leaky_relu(x, 0.2) - F.elu(x, 0.7) * F.selu(x) / (2 + torch.sigmoid(x))
        z = F.gelu(x) + F.gelu(x, approximate="tanh") + F.silu(x) + F.mish(x) + F.softplus(x) + F.hardsigmoid(x)
        u = F.hardswish(x) + F.hardtanh(x) + F.relu6(x * 5) + F.softsign(x) + F.logsigmoid(x) + F.hardshrink(x)
        v = (
            torch.exp(x)
            + torch.sqrt(torch.abs(x))
            + x**2
            + torch.sin(x)
            + torch.cos(-x)
            + torch.erf(x)
            + 1 / (x * x + 1)
        )
        w = (
            torch.where(x > 0, x, 0.5 * x)
            + torch.clamp(x, -0.3, 0.4)
            + torch.maximum(x, y)
            + F.softshrink(x)
            + F.celu(x, 0.5)
        )
        return (
            y,
            z,
            u,
            v,
            w,
            F.tanhshrink(x) + 3 - x,
            torch.rsqrt(x * x + 1),
            F.softmax(x, 1) + F.log_softmax(x, dim=-1),
        )

    check(forward, (4, 5))


def test_shapes_parts_and_joins():
    def forward(x):
        a, b = x.chunk(2, dim=1)
        c = torch.cat([a, b.flip(2), x[:, 1:3], x[:, ::2]], 1)
        d = torch.stack([a, b], dim=2).flatten(2, 3)
        e = x.permute(0, 2, 3, 1).reshape(x.size(0), -1, 4).transpose(1, 2)
        f = x.view(x.shape[0], 2, 2, 5, 6).mean(dim=(1, 3)).unsqueeze(1).squeeze(1)
        g, h, i = x.split([1, 2, 1], dim=1)
        j = F.pad(x, (1, 2, 0, 1))[:, :, 1:, :-1]
        k = x.unbind(1)[2].expand(-1, 5, 6) + x.roll(2, 3).sum(1) + x.narrow(2, 1, 1).amax(1)
        return c, d, e, f, g * h + i, j, k, F.pixel_shuffle(x, 2), torch.einsum("bchw,bdhw->bcd", x, x), x.select(3, 2)

    check(forward, (4, 5, 6))


def test_windows_of_every_kind():
    network = nn.ModuleDict(
        {
            "even": nn.Conv2d(3, 4, 3, stride=2, padding=1), "same": nn.Conv2d(3, 4, (3, 2), padding="same"),
            "groups": nn.Conv2d(3, 6, 3, groups=3, padding=(0, 2)), "gaps": nn.Conv2d(3, 2, 3, dilation=2, bias=False),
            "up": nn.ConvTranspose2d(3, 2, 3, stride=2, padding=1, output_padding=1),
            "crop": nn.ConvTranspose2d(3, 2, 5, stride=3, padding=2),
            "end": nn.ConvTranspose2d(3, 2, 4, stride=3, padding=1, output_padding=2), "line": nn.Conv1d(9, 4, 3, padding=2),
            "max": nn.MaxPool2d(3, 2, 1), "ceil": nn.MaxPool2d(2, 2, ceil_mode=True), "mean": nn.AvgPool2d(3, 2, 1),
            "inside": nn.AvgPool2d(3, 2, 1, count_include_pad=False), "hang": nn.AvgPool2d(2, 2, ceil_mode=True),
            "adapt": nn.AdaptiveAvgPool2d((3, 2)), "most": nn.AdaptiveMaxPool2d(2),
        }
    )  # fmt: skip

    def forward(x):
        kept = (
            "even",
            "same",
            "groups",
            "gaps",
            "up",
            "crop",
            "end",
            "max",
            "ceil",
            "mean",
            "inside",
            "hang",
            "adapt",
            "most",
        )
        padded = network["gaps"](F.pad(x, (0, 1, 1, 0)))
        grown = [F.interpolate(x, scale_factor=2, mode=mode) for mode in ("nearest", "bilinear")]
        other = (
            F.interpolate(x, size=(13, 5), mode="bicubic"),
            F.interpolate(x, size=(7, 11), mode="bilinear", align_corners=True),
        )
        return *(network[name](x) for name in kept), padded, network["line"](x[:, 0]), *grown, *other

    module = Forward(forward)
    module.inner = network
    check(module, (3, 9, 7))


def test_normalizations():
    class Norms(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.c = nn.BatchNorm2d(4), nn.GroupNorm(2, 4), nn.InstanceNorm2d(4, affine=True)
            self.d, self.e = nn.LayerNorm((5, 6), eps=1e-3), nn.LayerNorm(6, elementwise_affine=False)
            self.f, self.g, self.h = nn.RMSNorm(6, eps=1e-4), nn.BatchNorm1d(4, affine=False), nn.PReLU(4)
            for value in self.parameters():
                nn.init.uniform_(value, 0.5, 1.5)
            nn.init.uniform_(self.a.running_var, 0.5, 2)

        def forward(self, x):
            x = self.h(x)
            return self.a(x), self.b(x), self.c(x), self.d(x), self.e(x), self.f(x), self.g(x[:, :, 0])

    model = check(Norms(), (4, 5, 6))
    norm = model.get_layer("a")
    assert (norm.epsilon, norm.momentum) == (1e-5, 0.9)


class Steps(nn.Module):
    """A recurrent module and what is taken from it."""

    def __init__(self, inner, take):
        super().__init__()
        self.inner, self.take = inner, take

    def forward(self, x):
        return self.take(*self.inner(x))


@pytest.mark.parametrize(
    ("make", "take"),
    [
        (lambda: nn.LSTM(4, 3, batch_first=True), lambda y, s: (y, s[0][-1], s[1][0])),
        (lambda: nn.LSTM(4, 3, 2, batch_first=True, bidirectional=True, dropout=0.1), lambda y, s: torch.cat([s[0][-2], s[0][-1]], 1)),
        (lambda: nn.GRU(4, 3, batch_first=True, bidirectional=True), lambda y, h: (y[:, -1], h.transpose(0, 1).flatten(1))),
        (lambda: nn.RNN(4, 3, batch_first=True, nonlinearity="relu", bias=False), lambda y, h: h.squeeze(0)),
    ],
    ids=["lstm", "deep", "gru", "rnn"],
)  # fmt: skip
def test_recurrent_modules_and_their_states(make, take):
    check(Steps(make(), take), (5, 4))


def test_attention_of_pytorch_itself():
    class Both(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, norm_first=True)
            self.attend = nn.MultiheadAttention(8, 4, kdim=6, vdim=6)
            self.register_buffer("mask", torch.triu(torch.ones(5, 5, dtype=torch.bool), 1))

        def forward(self, x, y):
            x = self.layer(x)
            z = x.transpose(0, 1)
            seen, weights = self.attend(z, y.transpose(0, 1), y.transpose(0, 1))
            q = x.view(x.size(0), 5, 2, 4).transpose(1, 2)
            own = F.scaled_dot_product_attention(q, q, q, attn_mask=~self.mask)
            return seen.transpose(0, 1), weights, own.transpose(1, 2).flatten(2)

    check(Both(), (5, 8), (3, 6))


def test_a_module_called_twice_is_one_layer():
    class Twins(nn.Module):
        def __init__(self):
            super().__init__()
            self.tower = nn.Sequential(nn.Linear(4, 3), nn.Tanh())

        def forward(self, a, b):
            return self.tower(a) - self.tower(b)

    model = check(Twins(), (4,), (4,))
    assert [layer.name for layer in model.layers if layer.weights] == ["tower_0"]


def test_names_frozen_weights_and_moves_are_kept():
    network = nn.Sequential()
    network.add_module("stem", nn.Conv2d(3, 2, 3))
    network.add_module("flat", nn.Flatten())
    network.add_module("head", nn.Linear(2 * 2 * 3, 5))
    network.stem.requires_grad_(False)
    model = convert.from_torch(network, (3, 4, 5))
    assert not model.get_layer("stem").trainable and model.get_layer("head").trainable
    move = model.ledger["head.weight"]
    assert move.to == "head/kernel"
    assert model.get_layer("head").kernel.shape == (12, 5) and model.ledger["stem.weight"].axes.endswith(
        "height width in out"
    )


def test_a_learned_embedding_of_positions_still_learns():
    class Positions(nn.Module):
        def __init__(self):
            super().__init__()
            self.places = nn.Parameter(torch.randn(1, 4, 3))

        def forward(self, x):
            return x + self.places

    model = check(Positions(), (4, 3))
    [table] = model.trainable_variables
    assert tuple(table.shape) == (4, 3)


class BatchMixer(nn.Module):
    def forward(self, x):
        return x.reshape(-1, 2)


class Branches(nn.Module):
    def forward(self, x):
        return x if x.sum() > 0 else -x


@pytest.mark.parametrize(
    ("module", "words"),
    [
        (BatchMixer(), ["cannot become a layer: it makes one axis of the batch and another"]),
        (Branches(), ["PyTorch cannot follow what this module's `forward` does"]),
        (Forward(lambda x: torch.cumsum(x, 0)), ["it adds up along the batch", "cumsum"]),
        (Forward(lambda x: torch.sort(x, 1)[0]), ["no layer computes this function", "sort"]),
        (Forward(lambda x: x + torch.arange(x.shape[0]).reshape(-1, 1, 1, 1)), ["no layer computes", "arange"]),
        (Forward(lambda x: x - x.mean(0)), ["it mixes the samples of a batch"]),
        (nn.ConvTranspose2d(4, 4, 3, groups=2), ["Keras's transposed convolutions have no groups"]),
    ],
    ids=["mixer", "branches", "cumsum", "sort", "arange", "mean", "groups"],
)
def test_what_no_layer_computes_is_refused_with_the_reason(module, words):
    with pytest.raises(UnsupportedError) as caught:
        convert.from_torch(module, (4, 4, 6), layout=None)
    assert all(word in str(caught.value) for word in words)


def test_only_modules_are_converted():
    with pytest.raises(ArgumentTypeError, match=r"A torch\.nn\.Module is converted"):
        convert.from_torch(lambda x: x, (3,))
