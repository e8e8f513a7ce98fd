"""from_torch knows functions that no layer is named after: each as a formula of those that one is; PyTorch judges."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from convert.test_from_torch import Forward, answers, assert_close, theirs
from pellucid import convert

# name -> a function of a value (batch, 4, 6) with numbers around 0.
FUNCTIONS = {
    "trunc and frac": lambda x: torch.trunc(x) + torch.frac(2 * x),
    "remainder": lambda x: torch.remainder(x, 2.0) + torch.fmod(x, 3.0) + x // 2,
    "rounded division": lambda x: torch.div(x, 0.3, rounding_mode="floor") + torch.div(x, 0.3, rounding_mode="trunc"),
    "round": lambda x: torch.round(3 * x),
    "logarithms": lambda x: torch.log1p(x * x) + torch.log2(x * x + 1) + torch.log10(x * x + 1),
    "powers": lambda x: torch.expm1(x) + torch.exp2(x) + 2**x,
    "logit": lambda x: torch.logit(torch.sigmoid(x)) + torch.logit(torch.sigmoid(x), 0.1),
    "trigonometry": lambda x: torch.tan(x / 4) + torch.atan(x) + torch.asin(x / 9) + torch.acos(x / 9),
    "hyperbolic": lambda x: (
        torch.sinh(x) + torch.cosh(x) + torch.asinh(x) + torch.acosh(x * x + 1) + torch.atanh(x / 9)
    ),
    "softplus with a slope": lambda x: F.softplus(x, beta=2.0),
    "threshold": lambda x: F.threshold(x, 0.1, -0.3) + F.rrelu(x),
    "addcmul": lambda x: torch.addcmul(x, x, x, value=0.5) + torch.addcdiv(x, x, x * x + 1, value=2.0),
    "lerp": lambda x: torch.lerp(x, x * x, 0.3),
    "logaddexp": lambda x: torch.logaddexp(x, 2 * x) + torch.hypot(x, x + 1),
    "heaviside": lambda x: torch.heaviside(x, torch.tensor(0.5)) + torch.xlogy(x * x, x * x + 1),
    "var": lambda x: torch.var(x, -1, keepdim=True) + torch.var(x, -1, unbiased=False, keepdim=True),
    "std": lambda x: torch.std(x, (1, 2), keepdim=True) + torch.std(x, 2, correction=0, keepdim=True),
    "var_mean": lambda x: sum(torch.var_mean(x, 1)) + sum(torch.std_mean(x, 1)),
    "norms": lambda x: x.norm(dim=1) + x.norm(1, dim=1) + x.norm(3, dim=1) + x.norm(float("inf"), dim=1),
    "vector norm": lambda x: torch.linalg.vector_norm(x, dim=2) + F.normalize(x, dim=1).sum(2),
    "logsumexp": lambda x: torch.logsumexp(x, 1) + torch.logsumexp(x, 1, keepdim=True).squeeze(1),
    "cumsum": lambda x: torch.cumsum(x, 1) + torch.cumsum(x, -1),
    "triangles": lambda x: torch.tril(x) + torch.triu(x, 1),
    "similarity": lambda x: F.cosine_similarity(x, x.flip(2), dim=2) + F.pairwise_distance(x, x.flip(2)),
    "edges repeated": lambda x: F.pad(x, (1, 2), mode="replicate"),
    "padding that goes round": lambda x: F.pad(x, (1, 2), mode="circular"),
    "glu": lambda x: F.glu(x, 1),
    "places": lambda x: x[:, [2, 0, 1, 1]] + torch.index_select(x, 1, torch.tensor([3, 2, 1, 0])),
    "tile": lambda x: torch.tile(x, (1, 2)),
    "zeros beside": lambda x: torch.cat([x, torch.zeros(x.shape[0], 4, 1), x.new_ones(x.shape[0], 4, 2)], 2),
    "stack in front": lambda x: torch.stack([x, x * x], 0).mean(0),
    "bools as numbers": lambda x: x * (x > 0) + (x < 1).float(),
    "attention that looks back": lambda x: F.scaled_dot_product_attention(*[x.unsqueeze(1)] * 3, is_causal=True),
    "attention of three axes": lambda x: F.scaled_dot_product_attention(x, x, x),
    "attention by a mask of values": lambda x: F.scaled_dot_product_attention(x, x, x, x[:, :, :4] < 9),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_of_other_functions_compute_the_same(name):
    module = Forward(FUNCTIONS[name])
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(3, 4, 6)).astype("float32"))
    model = convert.from_torch(module, (4, 6), layout=None)
    assert_close(theirs(module, x), answers(model, x), tolerance=2e-5)


class Cells(nn.Module):
    """Cells of recurrent layers, called step by step."""

    def __init__(self):
        super().__init__()
        self.lstm, self.gru, self.rnn = nn.LSTMCell(6, 3), nn.GRUCell(3, 5), nn.RNNCell(5, 2, nonlinearity="relu")

    def forward(self, x):
        hidden, cell = x.new_zeros(x.shape[0], 3), torch.zeros(x.shape[0], 3)
        second, third = torch.zeros(x.shape[0], 5), torch.zeros(x.shape[0], 2)
        for step in range(x.shape[1]):
            hidden, cell = self.lstm(x[:, step], (hidden, cell))
            second = self.gru(hidden, second)
            third = self.rnn(second, third)
        return third


class Translation(nn.Module):
    """A decoder that begins with the states of an encoder, or with states that were learned."""

    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = (nn.LSTM(6, 3, 2, bidirectional=True, batch_first=True) for _ in range(2))
        self.gru = nn.GRU(6, 5, batch_first=True)
        self.first = nn.Parameter(torch.randn(1, 1, 5))

    def forward(self, x):
        _, states = self.encoder(x)
        y, _ = self.decoder(x.flip(1), states)
        return torch.cat([y, self.gru(x, self.first.expand(-1, x.shape[0], -1).contiguous())[0]], 2)


class Tied(nn.Module):
    """One square weight used both ways round, and a scale by which it also divides."""

    def __init__(self):
        super().__init__()
        self.weight, self.scale = nn.Parameter(torch.randn(6, 6)), nn.Parameter(torch.rand(6) + 0.5)

    def forward(self, x):
        return F.linear(torch.tanh(F.linear(x * self.scale, self.weight)), self.weight.t()) / self.scale


@pytest.mark.parametrize("kind", [Cells, Translation, Tied])
def test_weights_and_states_that_modules_handle_by_themselves(kind):
    torch.manual_seed(0)
    module = kind().eval()
    x = torch.randn(3, 4, 6)
    assert_close(theirs(module, x), answers(convert.from_torch(module, (4, 6), layout=None), x), tolerance=2e-6)


def test_statistics_that_an_instance_normalization_keeps_are_used():
    torch.manual_seed(0)
    module = nn.InstanceNorm1d(4, affine=True, track_running_stats=True)
    for _ in range(3):
        module(torch.randn(5, 4, 6) * 3 + 1)
    x = torch.randn(3, 4, 6)
    assert_close(theirs(module.eval(), x), answers(convert.from_torch(module, (4, 6), layout=None), x))


@pytest.mark.parametrize(
    "module",
    [
        nn.AvgPool2d(2, divisor_override=3),
        nn.PixelUnshuffle(2),
        nn.ChannelShuffle(2),
        nn.Upsample(scale_factor=2, mode="nearest-exact"),
        nn.Conv2d(4, 2, 3, padding=1, padding_mode="circular"),
        nn.Conv2d(4, 2, 3, padding=1, padding_mode="reflect"),
        nn.LocalResponseNorm(3),
    ],
    ids=lambda module: type(module).__name__,
)
def test_modules_on_images_that_are_made_of_others(module):
    x = torch.randn(3, 4, 4, 6)
    assert_close(theirs(module, x), answers(convert.from_torch(module, (4, 4, 6), layout=None), x))
