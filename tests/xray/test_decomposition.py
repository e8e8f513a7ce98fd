"""Terms of a unit: what the layer itself gives, and the formulas of gates, judge."""

from __future__ import annotations

import math

import numpy as np
import pytest

import pellucid
from pellucid import Input, Model, layers
from pellucid.errors import StateError, UnsupportedError
from xray.layer_networks import HEADED, NORMALIZING, PRODUCTS, RECURRENT, all_parts, kinds, some_place, traced


@kinds(*PRODUCTS, *RECURRENT, *HEADED, *NORMALIZING)
def test_terms_and_bias_are_what_the_layer_sums_up(case, data_format):
    t, node = traced(case, data_format)
    if isinstance(node.layer, (layers.BatchNormalization, layers.GroupNormalization)) and node.layer.gamma is None:
        with pytest.raises(UnsupportedError, match="multiplies by no weight"):
            t.decompose((node.path, some_place(node.output_shape[1:])))
        return
    near = 1e-6 if node.kind in NORMALIZING else 1e-9  # what is normalized is reckoned in float32
    for seed in range(3):
        for parts in all_parts(t, (node.path, some_place(node.output_shape[1:], seed))).values():
            assert math.isclose(parts.total, parts.recorded, rel_tol=near, abs_tol=near)
            assert math.isclose(sum(term.value for term in parts.terms) + parts.rest + parts.bias, parts.total)
            assert len(parts.terms) == min(10, parts.count) and parts.part in ("", *all_names(node))
            assert all(math.isclose(term.value, term.x * term.w) for term in parts.terms)


def all_names(node):
    """Names of gates, with those of the layers inside in front."""
    words = ("input", "forget", "candidate", "output", "update", "reset")
    inner = [getattr(node.layer, word, None) for word in ("forward_layer", "backward_layer")]
    inside = [one.name for one in inner if one is not None]
    return [*words, *inside, *(f"{name}/{word}" for name in inside for word in words)]


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def test_the_gates_of_an_lstm_give_its_outputs():
    x = Input((5, 3), name="x", dtype="float64")
    model = Model(x, layers.LSTM(4, return_sequences=True, name="lstm", dtype="float64")(x))
    t = pellucid.trace(model, np.random.default_rng(0).normal(size=(1, 5, 3)))
    for unit in range(4):
        carry = 0.0
        for step in range(5):
            sums = {name: part.total for name, part in all_parts(t, ("lstm", (step, unit))).items()}
            carry = sigmoid(sums["forget"]) * carry + sigmoid(sums["input"]) * math.tanh(sums["candidate"])
            given = float(t["lstm"].value[0, step, unit])
            assert math.isclose(sigmoid(sums["output"]) * math.tanh(carry), given, rel_tol=1e-9)


@pytest.mark.parametrize("arguments", [{}, {"reset_after": False}, {"go_backwards": True}, {"use_bias": False}])
def test_the_gates_of_a_gru_give_its_outputs(arguments):
    x = Input((5, 3), name="x", dtype="float64")
    model = Model(x, layers.GRU(4, return_sequences=True, name="gru", dtype="float64", **arguments)(x))
    model.set_weights([np.random.default_rng(k).normal(size=w.shape) for k, w in enumerate(model.get_weights())])
    t = pellucid.trace(model, np.random.default_rng(0).normal(size=(1, 5, 3)))
    for unit in range(4):
        before = 0.0
        for step in range(5):
            sums = {name: part.total for name, part in all_parts(t, ("gru", (step, unit))).items()}
            update = sigmoid(sums["update"])
            before = update * before + (1 - update) * math.tanh(sums["candidate"])
            assert math.isclose(before, float(t["gru"].value[0, step, unit]), rel_tol=1e-9)


@pytest.mark.parametrize("merge_mode", ["concat", "sum", "mul", "ave"])
def test_a_unit_of_both_directions_names_the_sums_of_each(merge_mode):
    x = Input((4, 3), name="x", dtype="float64")
    inner = layers.SimpleRNN(2, return_sequences=True, name="rnn", dtype="float64")
    model = Model(x, layers.Bidirectional(inner, merge_mode=merge_mode, name="both", dtype="float64")(x))
    t = pellucid.trace(model, np.random.default_rng(0).normal(size=(1, 4, 3)))
    found = all_parts(t, "both[1,0]")
    there = math.tanh(next(iter(found.values())).total)
    if merge_mode == "concat":
        back = math.tanh(t.decompose("both[1,2]").total)
        assert math.isclose(back, float(t["both"].value[0, 1, 2])) and list(found) == [""]
        assert [one.weight for one in t.weights("both[1,2]").own] == [
            f"backward_rnn/{word}" for word in ("kernel", "recurrent_kernel", "bias")
        ]
        return
    assert list(found) == ["forward_rnn", "backward_rnn"]
    back = math.tanh(found["backward_rnn"].total)
    merged = {"sum": there + back, "mul": there * back, "ave": (there + back) / 2}[merge_mode]
    assert math.isclose(merged, float(t["both"].value[0, 1, 0]))


def masked(x, **arguments):
    """A recurrent layer behind a table of rows where 0 marks padding."""
    symbol = Input((4,), dtype="int32", name="x")
    rows_of = layers.Embedding(5, 3, mask_zero=True, name="rows")(symbol)
    return pellucid.trace(Model(symbol, layers.SimpleRNN(2, name="rnn", **arguments)(rows_of)), np.array([x]))


@pytest.mark.parametrize("arguments", [{}, {"go_backwards": True}, {"return_sequences": True}])
def test_a_hidden_step_has_no_part_in_a_unit(arguments):
    t = masked([1, 2, 3, 0] if not arguments.get("go_backwards") else [0, 1, 2, 3], **arguments)
    parts = t.decompose("rnn[3,1]" if arguments.get("return_sequences") else "rnn[1]")
    last = 1 if arguments.get("go_backwards") else 2  # the last step that was shown
    assert {term.place[0] for term in parts.terms if term.reads == "input"} == {last}
    assert math.isclose(math.tanh(parts.total), parts.output, rel_tol=1e-5)


def test_a_unit_that_no_step_made_is_told_as_such():
    with pytest.raises(StateError, match="A mask hid all steps before 'rnn' came to this"):
        masked([0, 2, 0, 3], return_sequences=True).decompose("rnn[0,1]")
    with pytest.raises(StateError, match="What 'rnn' went through cannot be told from its input"):
        masked([1, 0, 2, 3], return_sequences=True, zero_output_for_mask=True).decompose("rnn[1,1]")


def test_units_that_come_from_states_nobody_noted_are_not_told():
    x = Input(batch_shape=(1, 3, 2), name="x")
    t = pellucid.trace(Model(x, layers.GRU(2, stateful=True, name="gru")(x)), np.ones((1, 3, 2), dtype="float32"))
    with pytest.raises(UnsupportedError, match="'gru' keeps states of its own, and what they were nobody noted"):
        t.decompose("gru[0]", part="update")


def test_scores_have_no_weights_of_their_own():
    x = Input((3, 2), name="x")
    outputs = layers.MultiHeadAttention(1, 2, name="heads")(x, x, return_attention_scores=True)
    t = pellucid.trace(Model(x, outputs), np.ones((1, 3, 2), dtype="float32"))
    assert t.decompose("heads[0,1]").count == 2
    with pytest.raises(UnsupportedError, match="Scores of 'heads' are products of values with values"):
        t.decompose(("heads", (0, 0, 0), 1))


@pytest.mark.parametrize("mode", ["int8", "int4"])
def test_a_quantized_unit_is_summed_up_from_the_numbers_that_its_bits_stand_for(mode):
    x = Input((8,), name="x")
    model = Model(x, layers.Dense(4, activation="tanh", name="dense")(x))
    model.quantize(mode)
    t = pellucid.trace(model, np.random.default_rng(0).normal(size=(1, 8)).astype("float32"))
    parts = t.decompose("dense[2]")
    assert math.isclose(parts.total, parts.recorded, rel_tol=1e-5, abs_tol=1e-6)
    assert math.isclose(math.tanh(parts.total), parts.output, rel_tol=1e-4, abs_tol=1e-6)


def test_two_products_at_once_are_not_told_as_one():
    x = Input((8,), name="x")
    dense = layers.Dense(4, name="dense")
    model = Model(x, dense(x))
    dense.quantize("int8")
    dense.enable_lora(2)
    t = pellucid.trace(model, np.ones((1, 8), dtype="float32"))
    with pytest.raises(UnsupportedError, match="'dense' adds or scales more than one product"):
        t.decompose("dense[2]")


@pytest.mark.parametrize(
    "layer", [layers.BatchNormalization(name="one"), layers.LSTM(2, recurrent_dropout=0.5, name="one")]
)
def test_what_training_did_is_not_told_from_the_input_alone(layer):
    x = Input((3, 2), name="x")
    values = np.random.default_rng(0).normal(size=(4, 3, 2)).astype("float32")
    t = pellucid.trace(Model(x, layer(x)), values, training=True)
    place = tuple(0 for _ in t["one"].output_shape[1:])
    with pytest.raises(StateError, match="What 'one' went through cannot be told from its input"):
        t.decompose(("one", place))
