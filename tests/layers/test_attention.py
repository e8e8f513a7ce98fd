"""Attention layers: masks, scores, dropout, the fused kernel against the scores. Keras and sums by hand judge."""

from __future__ import annotations

import itertools
import warnings

import keras
import numpy as np
import pytest
import torch

import pellucid
from pellucid.errors import PellucidError

RNG = np.random.default_rng(0)
SHAPES = [(2, 3, 4), (2, 5, 4), (2, 5, 4)]
QUERY, VALUE, KEY = (torch.tensor(RNG.normal(size=shape), dtype=torch.float32) for shape in SHAPES)
QUERY_MASK = torch.tensor([[1, 1, 0], [1, 0, 1]], dtype=torch.bool)
VALUE_MASK = torch.tensor([[1, 1, 0, 1, 0], [0, 1, 1, 1, 1]], dtype=torch.bool)
ATTENTION_MASK = torch.tensor(RNG.integers(0, 2, (2, 3, 5)) | np.eye(3, 5, dtype=int), dtype=torch.bool)

LISTED = [
    ("Attention", {}),
    ("Attention", {"use_scale": True}),
    ("Attention", {"score_mode": "concat"}),
    ("AdditiveAttention", {}),
]
HEADED = [
    ("MultiHeadAttention", {"num_heads": 2, "key_dim": 3}),
    ("MultiHeadAttention", {"num_heads": 2, "key_dim": 3, "value_dim": 2, "use_gate": True, "sliding_window": 2}),
    ("MultiHeadAttention", {"num_heads": 2, "key_dim": 3, "dropout": 0.3}),
    ("GroupQueryAttention", {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}),
    ("GroupQueryAttention", {"head_dim": 3, "num_query_heads": 2, "num_key_value_heads": 1, "dropout": 0.3}),
]


def both(name, kwargs, *args):
    """The same layer here and in Keras, built on these inputs, with the same weights."""
    ours, theirs = (getattr(library.layers, name)(**kwargs) for library in (pellucid, keras))
    ours(*args), theirs(*args)
    ours.set_weights([RNG.normal(size=w.shape) for w in ours.get_weights()])
    theirs.set_weights(ours.get_weights())
    return ours, theirs


def assert_same(mine, other):
    mine, other = (y if isinstance(y, tuple) else (y,) for y in (mine, other))
    assert len(mine) == len(other)
    for a, b in zip(mine, other, strict=True):
        np.testing.assert_allclose(a.detach(), b.detach(), rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize(("name", "kwargs"), LISTED, ids=str)
@pytest.mark.parametrize("masks", [None, [QUERY_MASK, VALUE_MASK], [None, VALUE_MASK]], ids=["none", "both", "value"])
def test_lists_are_attended_as_in_keras(name, kwargs, masks):
    for values in ([QUERY, VALUE], [QUERY, VALUE, KEY]):
        ours, theirs = both(name, kwargs, values)
        for causal, scores in itertools.product((False, True), (False, True)):
            told = {"mask": masks, "use_causal_mask": causal, "return_attention_scores": scores}
            assert_same(ours(values, **told), theirs(values, **told))


@pytest.mark.parametrize(("name", "kwargs"), HEADED, ids=str)
@pytest.mark.parametrize(
    "masks",
    [
        {},
        {"value_mask": VALUE_MASK},
        {"attention_mask": ATTENTION_MASK},
        {"attention_mask": ATTENTION_MASK[:, None]},
        {"attention_mask": ATTENTION_MASK, "value_mask": VALUE_MASK},
    ],
    ids=["none", "value", "attention", "heads", "both"],
)
def test_heads_attend_as_in_keras(name, kwargs, masks):
    ours, theirs = both(name, kwargs, QUERY, VALUE, KEY)
    for causal, scores in itertools.product((False, True), (False, True)):
        told = {**masks, "use_causal_mask": causal, "return_attention_scores": scores}
        assert_same(ours(QUERY, VALUE, KEY, **told), theirs(QUERY, VALUE, KEY, **told))


def test_a_lone_query_and_two_values_by_hand():
    """The scores are 0 and log 3, the weights 1/4 and 3/4."""
    query, value = torch.tensor([[[1.0]]]), torch.tensor([[[0.0], [np.log(3.0)]]])
    output, scores = pellucid.layers.Attention()([query, value], return_attention_scores=True)
    np.testing.assert_allclose(scores, [[[0.25, 0.75]]], rtol=1e-6)
    np.testing.assert_allclose(output, [[[0.75 * np.log(3)]]], rtol=1e-6)


@pytest.mark.parametrize(("name", "kwargs"), HEADED[:2] + HEADED[3:4], ids=str)
def test_the_fused_kernel_gives_what_the_scores_give(name, kwargs):
    layer = getattr(pellucid.layers, name)(**kwargs)
    inputs = [x.clone().requires_grad_() for x in (QUERY, VALUE)]
    layer(*inputs)
    for causal, mask in itertools.product((False, True), (None, ATTENTION_MASK)):
        found = []
        for scores in (False, True):
            y = layer(*inputs, attention_mask=mask, use_causal_mask=causal, return_attention_scores=scores)
            y = y[0] if scores else y
            found.append((y, *torch.autograd.grad((y * torch.linspace(-1, 1, y.numel()).view_as(y)).sum(), inputs)))
        assert_same(*found)


def test_masks_come_along_with_the_values_and_the_querys_goes_on():
    embedded = pellucid.layers.Embedding(5, 4, mask_zero=True)
    query, value = embedded(torch.tensor([[1, 2, 0]])), embedded(torch.tensor([[3, 0]]))
    layer = pellucid.layers.MultiHeadAttention(num_heads=2, key_dim=3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        output, scores = layer(query, value, return_attention_scores=True)
    assert output._keras_mask.tolist() == [[True, True, False]]
    assert scores[0, 0].tolist() == [[1, 0], [1, 0], [0, 0]]
    listed = pellucid.layers.Attention()([query, value])
    assert listed._keras_mask.tolist() == [[True, True, False]]
    assert listed[0, 2].tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("axes", [(2,), (1, 2), -2, None])
def test_attention_over_any_axes_is_kerass(axes):
    query, value = (torch.tensor(RNG.normal(size=shape), dtype=torch.float32) for shape in [(2, 3, 4, 2), (2, 3, 5, 2)])
    ours, theirs = both("MultiHeadAttention", {"num_heads": 2, "key_dim": 3, "attention_axes": axes}, query, value)
    told = {"return_attention_scores": True}
    assert_same(ours(query, value, **told), theirs(query, value, **told))
    symbols = ours(pellucid.Input((3, 4, 2)), pellucid.Input((3, 5, 2)), **told)
    assert [s.shape[1:] for s in symbols] == [tuple(y.shape[1:]) for y in ours(query, value, **told)]


@pytest.mark.parametrize(("name", "kwargs"), LISTED[:1] + HEADED[:1] + HEADED[3:4], ids=str)
def test_symbols_have_the_shapes_of_values(name, kwargs):
    layer = getattr(pellucid.layers, name)(**kwargs)
    symbols = [pellucid.Input((3, 4)), pellucid.Input((5, 4))]
    output, scores = (
        layer(symbols, return_attention_scores=True)
        if name == "Attention"
        else layer(*symbols, return_attention_scores=True)
    )
    assert output.shape == (None, 3, 4)
    assert scores.shape == ((None, 3, 5) if name == "Attention" else (None, scores.shape[1], 3, 5))


def test_dropout_acts_in_training_only():
    for layer, args in [
        (pellucid.layers.Attention(dropout=0.5, seed=1), ([QUERY, VALUE],)),
        (pellucid.layers.MultiHeadAttention(2, 3, dropout=0.5, seed=1), (QUERY, VALUE)),
    ]:
        assert torch.equal(layer(*args), layer(*args, training=False))
        assert not torch.equal(layer(*args, training=True), layer(*args))


def test_a_subclass_with_attention_of_its_own_gets_all_heads_and_one_mask():
    seen = []

    class Mean(pellucid.layers.GroupQueryAttention):
        def _compute_attention(self, query, key, value, attention_mask=None, training=None):
            seen.append((key.shape[2], attention_mask is not None))
            return query, None

    Mean(head_dim=3, num_query_heads=4, num_key_value_heads=2)(QUERY, QUERY, use_causal_mask=True)
    assert seen == [(4, True)]


def test_the_path_of_each_projection_is_kerass():
    for name, kwargs in HEADED:
        ours, theirs = both(name, {**kwargs, "name": "attend"}, QUERY, VALUE)
        assert [w.path for w in ours.weights] == [w.path for w in theirs.weights]


MHA, GQA = pellucid.layers.MultiHeadAttention, pellucid.layers.GroupQueryAttention


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda: pellucid.layers.Attention()(QUERY), "takes a list of two or three inputs"),
        (lambda: pellucid.layers.Attention()([QUERY]), "takes a list of two or three inputs"),
        (lambda: pellucid.layers.Attention()([QUERY, VALUE], mask=[None]), "takes a list of two or three masks"),
        (lambda: pellucid.layers.Attention(score_mode="cosine"), "`score_mode` is unknown"),
        (lambda: MHA(0, 3), "`num_heads` of MultiHeadAttention is a size"),
        (lambda: MHA(2, 3, sliding_window=0), "`sliding_window` of MultiHeadAttention is a size"),
        (lambda: MHA(2, 3, output_shape=8.0), "`output_shape` is one number or several"),
        (lambda: MHA(2, 3)(QUERY, VALUE, KEY[:, :3]), "Each key belongs to a value"),
        (lambda: MHA(2, 3, flash_attention=True, dropout=0.1), "Flash attention has no dropout"),
        (
            lambda: MHA(2, 3, flash_attention=True)(QUERY, VALUE, return_attention_scores=True),
            "Flash attention never has all scores at once",
        ),
        (lambda: GQA(3, 3, 2), "Each head of key and value serves equally many"),
        (lambda: GQA(3, 2, 2).compute_output_shape((1, 2, 3), (1, 2, 4)), "equally many features"),
    ],
)
def test_what_cannot_be_attended_is_refused_in_words(wrong, told):
    with pytest.raises(PellucidError) as caught:
        wrong()
    assert isinstance(caught.value, ValueError)
    assert told in str(caught.value)
