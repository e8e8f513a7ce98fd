"""Pieces of arithmetic: outputs and gradients beside PyTorch's own autograd, in float64."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from pellucid import Variable
from pellucid.ops import pieces

torch.manual_seed(0)
IMAGES = torch.randn(2, 7, 8, 3, dtype=torch.float64)


def weight(*shape):
    return Variable(torch.randn(shape, dtype=torch.float64), dtype="float64")


def first(x):
    return x.permute(0, 3, 1, 2)


def last(y):
    return y.permute(0, 2, 3, 1)


def convolved(x, kernel, bias, strides=1, padding=0, groups=1):
    return last(F.conv2d(first(x), kernel.permute(3, 2, 0, 1), bias, strides, padding, 1, groups))


def normalized(x, gamma, beta):
    return last(F.batch_norm(first(x), None, None, gamma, beta, True, 0.0, 1e-3))


W = {
    "dense": (weight(3, 4), weight(4)),
    "3x3": (weight(3, 3, 3, 4), weight(4)),
    "groups": (weight(3, 3, 1, 6), weight(6)),
    "1x1": (weight(1, 1, 3, 4), weight(4)),
    "norm": (weight(3), weight(3)),
}

CASES = {
    "product": (pieces.Product(*W["dense"]), lambda x, k, b: x @ k + b),
    "product without bias": (pieces.Product(W["dense"][0]), lambda x, k: x @ k),
    "convolution": (pieces.Convolution((1, 1), "valid", (1, 1), 1, *W["3x3"]), convolved),
    "convolution, same, a stride of 2": (
        pieces.Convolution((2, 2), "same", (1, 1), 1, *W["3x3"]),
        lambda x, k, b: convolved(F.pad(x, (0, 0, 0, 1, 1, 1)), k, b, 2),
    ),
    "convolution, padded": (
        pieces.Convolution((1, 1), "valid", (1, 1), 1, *W["3x3"]).padded((2, 1)),
        lambda x, k, b: convolved(x, k, b, 1, (2, 1)),
    ),
    "convolution in groups": (
        pieces.Convolution((1, 1), "valid", (1, 1), 3, *W["groups"]),
        lambda x, k, b: convolved(x, k, b, groups=3),
    ),
    "convolution of one place": (pieces.Convolution((1, 1), "valid", (1, 1), 1, *W["1x1"]), convolved),
    "max pooling": (pieces.Largest((2, 2), (2, 2), "valid"), lambda x: last(F.max_pool2d(first(x), 2))),
    "max pooling, same": (
        pieces.Largest((3, 3), (2, 2), "same"),
        lambda x: last(F.max_pool2d(F.pad(first(x), (0, 1, 1, 1), value=-torch.inf), 3, 2)),
    ),
    "relu": (pieces.Relu(), torch.relu),
    "padding": (pieces.Padding(((1, 2), (0, 3))), lambda x: F.pad(x, (0, 0, 0, 3, 1, 2))),
    "view": (pieces.View(lambda shape: (shape[0], -1)), lambda x: x.reshape(2, -1)),
    "mean": (pieces.SpatialMean(), lambda x: x.mean((1, 2))),
    "recorded": (pieces.Recorded(torch.tanh), torch.tanh),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("owned", [False, True])
def test_a_piece_gives_the_numbers_and_gradients_of_autograd(name, owned):
    piece, judge = CASES[name]
    x = IMAGES.clone().requires_grad_()
    weights = [variable.value.detach().clone().requires_grad_() for variable in piece.weights]
    expected = judge(x, *weights)
    gradient = torch.randn_like(expected)
    before = gradient.clone()
    judged = torch.autograd.grad(expected, [x, *weights], gradient)
    with torch.no_grad():
        y, kept = piece.forward([IMAGES], [w.detach() for w in weights], False)
        wanted = [True] * (1 + len(weights))
        of_xs, of_weights = piece.backward(gradient, kept, [w.detach() for w in weights], wanted, owned)
    torch.testing.assert_close(y, expected)
    torch.testing.assert_close((*of_xs, *of_weights), judged)
    assert owned or torch.equal(gradient, before)


def test_a_large_convolution_of_one_place_is_a_product(monkeypatch):
    monkeypatch.setattr(pieces.Convolution, "WEIGHTS_OF_A_PRODUCT", 1)
    test_a_piece_gives_the_numbers_and_gradients_of_autograd("convolution of one place", False)


@pytest.mark.parametrize("has", [(True, True), (True, False), (False, True), (False, False)])
def test_batch_norm_gives_the_numbers_and_gradients_of_autograd(has):
    given = [variable if one else None for variable, one in zip(W["norm"], has, strict=True)]
    seen = []
    piece = pieces.BatchNorm(1e-3, lambda *moments: seen.append(moments), *given)
    x = IMAGES.float().requires_grad_()
    weights = [None if v is None else v.value.detach().float().requires_grad_() for v in given]
    expected = normalized(x, *weights)
    gradient = torch.randn_like(expected)
    leaves = [x, *(w for w in weights if w is not None)]
    judged = torch.autograd.grad(expected, leaves, gradient)
    with torch.no_grad():
        y, kept = piece.forward([x.detach()], [w.detach() for w in leaves[1:]], False)
        of_xs, of_weights = piece.backward(gradient, kept, leaves[1:], [True] * len(leaves), False)
    torch.testing.assert_close(y, expected)
    torch.testing.assert_close((*of_xs, *of_weights), judged)
    torch.testing.assert_close(seen[0][0], IMAGES.float().mean((0, 1, 2)))


def test_moments_of_half_precision_are_computed_in_float32():
    piece, seen = pieces.BatchNorm(1e-3, lambda *moments: seen.append(moments), None, None), []
    x = (IMAGES * 0.01 + 3).bfloat16()
    y, _ = piece.forward([x], [], False)
    assert y.dtype == torch.bfloat16
    torch.testing.assert_close(seen[0][0], x.float().mean((0, 1, 2)), rtol=1e-6, atol=0)


def test_the_sum_of_two_values_passes_its_gradient_on_to_both():
    y, kept = pieces.Sum().forward([IMAGES.clone(), IMAGES], [], True)
    assert torch.equal(y, 2 * IMAGES)
    gradient = torch.ones_like(y)
    assert pieces.Sum().backward(gradient, kept, [], [True, False], False)[0] == [gradient, None]
