"""Attention against Keras and by hand: masks, heads, gradients, shapes, errors."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
import pytest
import torch

from pellucid.errors import ArgumentError, OperationError, ShapeError
from pellucid.graph.symbol import KerasTensor
from pellucid.ops.attention import dot_product_attention

DRAWN = np.random.default_rng(5)
QUERY = DRAWN.normal(size=(2, 4, 6, 8)).astype("float32")
KEY = DRAWN.normal(size=(2, 5, 3, 8)).astype("float32")
VALUE = DRAWN.normal(size=(2, 5, 3, 8)).astype("float32")
MASK = DRAWN.integers(0, 2, (2, 6, 4, 5)).astype(bool)
MASK[0, 0, 0] = False  # this target may attend to nothing
BIAS = DRAWN.normal(size=(1, 6, 4, 5)).astype("float32")
CASES = [
    {},
    {"mask": MASK},
    {"mask": MASK[:, :1]},
    {"bias": BIAS},
    {"is_causal": True},
    {"mask": MASK, "is_causal": True},
    {"scale": 0.3},
]


@pytest.mark.parametrize("arguments", CASES, ids=lambda case: "-".join(case) or "plain")
def test_values_and_gradients_are_kerass(arguments):
    found = []
    for function in (dot_product_attention, keras.ops.dot_product_attention):
        values = [torch.tensor(x, requires_grad=True) for x in (QUERY, KEY, VALUE)]
        y = function(*values, **arguments)
        (y * torch.linspace(-1, 1, y.numel()).reshape(y.shape)).sum().backward()
        found.append([y.detach().numpy(), *(x.grad.numpy() for x in values)])
    for our, their in zip(*found, strict=True):
        np.testing.assert_allclose(our, their, rtol=1e-4, atol=1e-5)
        assert np.isfinite(our).all()


def test_equal_keys_give_the_mean_of_the_values():
    y = dot_product_attention(np.ones((1, 1, 1, 2)), np.ones((1, 2, 1, 2)), np.array([[[[1.0, 5.0]], [[3.0, 7.0]]]]))
    assert y.flatten().tolist() == [2, 6]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_halves_stay_finite_where_a_row_is_masked(dtype):
    x = torch.ones(1, 3, 1, 4, dtype=getattr(torch, dtype))
    y = dot_product_attention(x, x, x, mask=torch.zeros(1, 1, 3, 3, dtype=torch.bool))
    assert y.dtype == x.dtype
    assert torch.isfinite(y).all()


def test_symbols_keep_unknown_sizes():
    query, key = KerasTensor((None, None, 6, 8)), KerasTensor((None, None, 3, 8))
    assert dot_product_attention(query, key, key).shape == (None, None, 6, 8)


def test_what_cannot_be_had_is_told():
    with pytest.raises(ShapeError, match=r"query \(4, 6, 8\)"):
        dot_product_attention(QUERY[0], KEY, VALUE)
    with pytest.raises(ArgumentError, match="`bias` or a `mask`"):
        dot_product_attention(QUERY, KEY, VALUE, bias=BIAS, mask=MASK)
    with pytest.raises(ArgumentError, match="attn_logits_soft_cap=3"):
        dot_product_attention(QUERY, KEY, VALUE, attn_logits_soft_cap=3)
    with pytest.raises(OperationError, match=r"dot_product_attention[\s\S]*ndarray\(2, 4, 6, 8\)"):
        dot_product_attention(QUERY, np.ones((2, 5, 4, 8), "float32"), np.ones((2, 5, 4, 8), "float32"))
