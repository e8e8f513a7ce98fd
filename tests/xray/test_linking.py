"""Calls with masks, causal attention, several outputs, and bare operations: what a change of each input element changes
judges."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import pellucid
from pellucid import Input, Model, layers, links, ops
from xray.changing import support

# ---- networks of a few layers, each with something special about its call


def padded_rows(*above):
    x = Input((4,), dtype="int32", name="x")
    y = layers.Embedding(3, 2, mask_zero=True)(x)
    for layer in above:
        y = layer(y)
    return Model(x, y)


def given_mask(layer, shape=(4, 3), mask_shape=(4,), word="mask"):
    x, mask = Input(shape, name="x"), Input(mask_shape, dtype="bool", name="mask")
    return Model([x, mask], layer(x, **{word: mask}))


def attending(**words):
    q, v = Input((3, 2), name="q"), Input((4, 2), name="v")
    masks = {word: Input(shape, dtype="bool", name=word) for word, shape in words.items() if isinstance(shape, tuple)}
    plain = {word: value for word, value in words.items() if word not in masks}
    given = layers.MultiHeadAttention(2, 2)(q, v, **masks, **plain)
    return Model([q, v, *masks.values()], given)


def three_heads(**words):
    q, v, k = Input((3, 2), name="q"), Input((3, 2), name="v"), Input((3, 2), name="k")
    return Model([q, v, k], layers.MultiHeadAttention(2, 2)(q, v, key=k, **words))


def scoring(layer, *masks, **words):
    q, v, k = Input((3, 2), name="q"), Input((3, 2), name="v"), Input((3, 2), name="k")
    given = [Input((3,), dtype="bool", name=f"mask{n}") if wanted else None for n, wanted in enumerate(masks)]
    used = [mask for mask in given if mask is not None]
    return Model([q, v, k, *used], layer([q, v, k], **({"mask": given} if masks else {}), **words))


def recurrent(layer, shape=(3, 2), states=0, **words):
    x = Input(shape, name="x")
    begin = [Input((2,), name=f"begin{k}") for k in range(states)]
    return Model([x, *begin], layer(x, **({"initial_state": begin} if states else {}), **words))


def operation(make, shape=(3, 4)):
    x = Input(shape, name="x")
    return Model(x, make(x))


def two(make, a=(3, 4), b=(4, 2)):
    x, y = Input(a, name="x"), Input(b, name="y")
    return Model([x, y], make(x, y))


SEQUENCES, STATES = {"return_sequences": True}, {"return_state": True}
NETWORKS = {
    "padding, LSTM": lambda: padded_rows(layers.LSTM(2, **SEQUENCES), layers.TimeDistributed(layers.Dense(2))),
    "padding, GRU last": lambda: padded_rows(layers.GRU(2)),
    "padding, both ways": lambda: padded_rows(layers.Bidirectional(layers.SimpleRNN(2, **SEQUENCES))),
    "padding, both summed": lambda: padded_rows(
        layers.Bidirectional(layers.SimpleRNN(2, **SEQUENCES), merge_mode="sum")
    ),
    "padding, mean": lambda: padded_rows(layers.GlobalAveragePooling1D()),
    "mask, LSTM": lambda: given_mask(layers.LSTM(2, **SEQUENCES)),
    "mask, backwards": lambda: given_mask(layers.GRU(2, go_backwards=True, **SEQUENCES)),
    "mask, ConvLSTM": lambda: given_mask(layers.ConvLSTM1D(1, 2, **SEQUENCES), (3, 4, 1), (3,)),
    "mask, both ways": lambda: given_mask(layers.Bidirectional(layers.GRU(2, **SEQUENCES))),
    "mask, mean": lambda: given_mask(layers.GlobalAveragePooling1D()),
    "mask, batch": lambda: given_mask(layers.BatchNormalization()),
    "mask, softmax": lambda: given_mask(layers.Softmax(axis=1), mask_shape=(4, 3)),
    "mask, each step": lambda: given_mask(layers.TimeDistributed(layers.Dense(2))),
    "heads, value mask": lambda: attending(value_mask=(4,)),
    "heads, query mask": lambda: attending(query_mask=(3,)),
    "heads, attention mask": lambda: attending(attention_mask=(3, 4)),
    "heads, causal": lambda: attending(use_causal_mask=True),
    "heads, causal, fewer sources": lambda: two(
        lambda q, v: layers.MultiHeadAttention(2, 2)(q, v, use_causal_mask=True), (4, 2), (2, 2)
    ),
    "heads, no causal": lambda: attending(use_causal_mask=False),
    "heads, scores": lambda: attending(return_attention_scores=True),
    "attention, causal": lambda: scoring(layers.Attention(), use_causal_mask=True),
    "attention, masks": lambda: scoring(layers.Attention(), True, True),
    "attention, value mask": lambda: scoring(layers.AdditiveAttention(), False, True),
    "attention, scores": lambda: scoring(layers.Attention(), return_attention_scores=True),
    "states": lambda: recurrent(layers.LSTM(2, **SEQUENCES, **STATES)),
    "last and states": lambda: recurrent(layers.GRU(2, **STATES)),
    "states of images": lambda: recurrent(layers.ConvLSTM1D(1, 2, **SEQUENCES, **STATES), (2, 4, 1)),
    "heads, key": lambda: three_heads(),
    "heads, causal key": lambda: three_heads(use_causal_mask=True),
    "begun backwards": lambda: recurrent(layers.LSTM(2, go_backwards=True, **SEQUENCES), states=2),
    "begun, one step": lambda: recurrent(layers.LSTM(2), (1, 2), states=2),
    "begun, last": lambda: recurrent(layers.LSTM(2, **STATES), states=2),
    "both begun with carries": lambda: recurrent(layers.Bidirectional(layers.LSTM(2, **SEQUENCES)), states=4),
    "both begun, summed": lambda: recurrent(
        layers.Bidirectional(layers.LSTM(2, **SEQUENCES), merge_mode="sum"), states=4
    ),
    "begun": lambda: recurrent(layers.LSTM(2, **SEQUENCES), states=2),
    "both kept": lambda: recurrent(layers.Bidirectional(layers.SimpleRNN(2, **SEQUENCES), merge_mode=None)),
    "both with states": lambda: recurrent(layers.Bidirectional(layers.SimpleRNN(2, **SEQUENCES, **STATES))),
    "both begun": lambda: recurrent(layers.Bidirectional(layers.SimpleRNN(2, **SEQUENCES, **STATES)), states=2),
    "stacked cells": lambda: recurrent(layers.RNN([layers.GRUCell(2), layers.LSTMCell(2)], **SEQUENCES)),
    "flip": lambda: operation(lambda x: ops.flip(x, axis=1)),
    "roll": lambda: operation(lambda x: ops.roll(x, 1, axis=2)),
    "repeat": lambda: operation(lambda x: ops.repeat(x, 2, axis=1)),
    "cumsum": lambda: operation(lambda x: ops.cumsum(x, axis=-1)),
    "swapaxes": lambda: operation(lambda x: ops.swapaxes(x, 1, 2)),
    "moveaxis": lambda: operation(lambda x: ops.moveaxis(x, -1, 1), (2, 3, 2)),
    "pad": lambda: operation(lambda x: ops.pad(x, ((0, 0), (1, 2), (0, 1)))),
    "split": lambda: operation(lambda x: ops.split(x, 2, axis=-1)),
    "split at": lambda: operation(lambda x: ops.split(x, [1, 3], axis=2)),
    "unstack": lambda: operation(lambda x: ops.unstack(x, axis=1)),
    "sort": lambda: operation(lambda x: ops.sort(x, axis=1)),
    "zeros": lambda: operation(lambda x: ops.zeros_like(x) + 1.0),
    "matmul": lambda: two(ops.matmul),
    "matmul constant": lambda: operation(lambda x: ops.matmul(x, torch.ones(4, 2))),
    "einsum": lambda: two(lambda x, y: ops.einsum("abc,acd->adb", x, y)),
    "where": lambda: two(lambda x, y: ops.where(x > 0.0, x, y), (3, 4), (3, 4)),
}


def made(name: str) -> Model:
    before = pellucid.config.floatx()
    pellucid.config.set_floatx("float64")
    try:
        model = NETWORKS[name]()
    finally:
        pellucid.config.set_floatx(before)
    rng = np.random.default_rng(0)
    model.set_weights([rng.uniform(0.3, 0.9, w.shape) for w in model.get_weights()])
    return model


@pytest.mark.parametrize("name", NETWORKS)
def test_sources_and_reaches_are_what_a_change_changes(name):
    model = made(name)
    t = pellucid.trace(model)
    assert all(node.is_told for node in t.layers)
    for number, tables in zip(t._sites.outputs, support(model, 10), strict=True):
        node = t[t._directory.writer(number).path]
        k = node._site.writes.index(number)
        for place in np.ndindex(*node.output_shapes[k][1:]):
            found = t.sources((node.path, place, k))
            assert found.exact
            for table, x in zip(tables, model.inputs, strict=True):
                assert np.array_equal(found.by_input[x.name].mask(), table[place]), (k, place, x.name)
        for x, table in zip(model.inputs, tables, strict=True):
            for place in np.ndindex(*x.shape[1:]):
                reached = t.reaches((x.name, place), to=(node.path, k))
                assert np.array_equal(reached.mask(), table[(..., *place)]), (k, place, x.name)


@pytest.mark.parametrize(
    "make",
    [
        lambda: attending(return_attention_scores=True, use_causal_mask=True),
        lambda: scoring(layers.Attention(), return_attention_scores=True, use_causal_mask=True),
    ],
)
def test_scores_of_the_past_alone_are_not_told(make):
    t = pellucid.trace(make())
    node = t.layers[-1]
    assert t.sources((node.path, (0,) * (len(node.output_shapes[0]) - 1)), to="q").exact
    assert not t.sources((node.path, (0,) * (len(node.output_shapes[1]) - 1), 1), to="q").exact


def test_what_masks_do_together_with_causes_is_said_to_be_unknown():
    t = pellucid.trace(attending(value_mask=(4,), use_causal_mask=True))
    found = t.sources((t.layers[-1].path, (0, 0)), to="v")
    assert not found.exact and found.count == 8
    assert found.reason == "multi_head_attention does not say its links: all of its input is taken"


def test_a_step_is_hidden_by_all_of_its_values_together():
    """(5, 5) becomes (0, 0) where 5 hides, and (5, 3) stays: the first value hangs on the second."""
    x = Input((1, 2), name="x")
    t = pellucid.trace(Model(x, layers.Masking(5.0, name="mask")(x)))
    assert t.sources("mask[0,0]").places == [(0, 0), (0, 1)]
    t = pellucid.trace(Model(x, layers.Masking(0.0, name="mask")(x)))
    assert t.sources("mask[0,0]").places == [(0, 0)]  # where 0 hides, a hidden value was 0 before


class Selective(layers.Layer):
    supports_masking = True

    def call(self, x, mask=None):
        return x

    def links(self):
        return links.Same()


def test_a_users_layer_that_takes_a_mask_is_not_believed_to_ignore_it():
    t = pellucid.trace(given_mask(Selective()))
    assert not t.sources((t.layers[-1].path, (0, 0)), to="mask").exact
