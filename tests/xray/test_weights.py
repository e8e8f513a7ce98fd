"""Weights met, uses and terms, over the rows of tests/layers/cases.py. Gradients, counts with ones and formulas judge."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

import pellucid
from layers.test_laws import as_input, built, call, draw, rows, shapes
from pellucid import Input, Model, layers
from pellucid.errors import ArgumentError, ArgumentTypeError, ShapeError, StateError, UnknownNameError, UnsupportedError

PRODUCTS = (
    "Dense", "EinsumDense", "Conv1D", "Conv2D", "Conv3D", "DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv1D",
    "SeparableConv2D", "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose", "TimeDistributed",
    "SpectralNormalization",
)  # fmt: skip
RECURRENT = ("SimpleRNN", "LSTM", "GRU", "RNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "Bidirectional")
HEADED = ("MultiHeadAttention", "GroupQueryAttention")
NORMALIZING = ("BatchNormalization", "LayerNormalization", "GroupNormalization", "RMSNormalization")


def kinds(*names):
    return rows(keep=lambda case: case.layer in names)


def network(case, data_format):
    """A model of one layer with weights that differ, in float64, and values for it."""
    before, policy = pellucid.config.floatx(), pellucid.config.dtype_policy()
    pellucid.config.set_floatx("float64")
    pellucid.config.set_dtype_policy("float64")
    try:
        layer = built(case, data_format)
        symbols = [Input(shape, name=f"x{k}") for k, shape in enumerate(shapes(case, data_format))]
        model = Model(symbols, call(layer, case, symbols))
    finally:
        pellucid.config.set_floatx(before)
        pellucid.config.set_dtype_policy(policy)
    return model, layer, [torch.as_tensor(x, dtype=torch.float64) for x in draw(case, data_format, seed=3)]


def traced(case, data_format):
    model, _, x = network(case, data_format)
    t = pellucid.trace(model, as_input(x))
    return t, t.layers[-1]


def some_place(shape, seed=0):
    rng = np.random.default_rng(seed)
    return tuple(int(rng.integers(n)) for n in shape)


def all_parts(t, at, top=10) -> dict:
    """The decompositions of an element, by part."""
    try:
        return {"": t.decompose(at, top)}
    except ArgumentError as error:
        names = [name.strip("'") for name in error.facts["expected"].split(", ")]
        return {name: t.decompose(at, top, part=name) for name in names}


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


@kinds("Dense", "EinsumDense", "SeparableConv1D", "SeparableConv2D", "TimeDistributed", "SpectralNormalization")
def test_an_element_meets_the_entries_whose_gradient_it_makes(case, data_format):
    """The gradient of a sum by its weight is its input: 0 but where the only input that is not 0 is met."""
    model, layer, x = network(case, data_format)
    inner = getattr(layer, "layer", layer)
    inner.activation = pellucid.activations.linear
    t = pellucid.trace(model)
    place = some_place(x[0].shape[1:])
    alone = torch.zeros((1, *x[0].shape[1:]), dtype=torch.float64)
    alone[(0, *place)] = 1.0
    params = {one.name: one for one in inner.weights if one.trainable and one.name != "bias"}
    model(alone).sum().backward()
    met = {one.weight.rpartition("/")[2]: one for one in t.weights(("x0", place))}
    for name, one in met.items():
        mask = np.zeros(params[name].shape, dtype=bool)
        mask[one.index] = True
        assert one.count == mask.sum()
        assert np.array_equal(mask, params[name].value.grad.numpy() != 0)
    assert set(met) == {name for name in params if name != "pointwise_kernel"}


@kinds("EinsumDense", "SeparableConv1D", "SeparableConv2D", "TimeDistributed", "SpectralNormalization")
def test_all_uses_are_the_layers_multiplications(case, data_format):
    """With inputs and weights of 1 and no bias each output counts its products."""
    model, layer, x = network(case, data_format)
    inner = getattr(layer, "layer", layer)
    inner.activation = pellucid.activations.linear
    layer.set_weights([np.full(w.shape, w.name != "bias", dtype="float64") for w in layer.weights])
    t = pellucid.trace(model)
    prefix = f"{t.layers[-1].path}/" + (f"{inner.name}/" if inner is not layer else "")
    total = float(model(torch.ones((1, *x[0].shape[1:]), dtype=torch.float64)).sum().detach())
    counts = {}
    for one in inner.weights:
        if one.name not in ("bias", "vector_u"):
            uses = [t.uses(prefix + one.name, entry) for entry in np.ndindex(*one.shape)]
            counts[one.name] = sum(use.count for use in uses)
            assert uses[-1].count == len(set(uses[-1].pairs)) == len(uses[-1].pairs)
    if "pointwise_kernel" in counts:  # each depthwise sum goes into every filter
        assert counts["depthwise_kernel"] * layer.filters == total
        assert counts["pointwise_kernel"] == math.prod(t.layers[-1].output_shape[1:]) * x[0].shape[
            1 if layer.data_format == "channels_first" else -1
        ] * layer.depth_multiplier  # fmt: skip
    else:
        assert counts == {"kernel": total}


@kinds("LSTM", "GRU", "SimpleRNN")
def test_each_entry_of_a_recurrent_kernel_multiplies_once_a_step(case, data_format):
    t, node = traced(case, data_format)
    steps = node.input_shapes[0][1]
    for name in ("kernel", "recurrent_kernel"):
        uses = t.uses(f"{node.path}/{name}", (1, 0))
        assert uses.count == steps and uses.pairs == [((step, 1), (step, 0)) for step in range(steps)]
    assert node.macs == steps * sum(math.prod(node.layer.weights[k].shape) for k in (0, 1))
    gates = node.layer.cell.gates
    assert t.weights("x0[1,1]") == [(node.path, "kernel", (1, slice(0, gates * 2 if gates > 1 else 2)), gates * 2)] or (
        node.layer.units != 2
    )


@kinds("LSTM", "GRU", "SimpleRNN", "ConvLSTM1D", "ConvLSTM2D", "Bidirectional", "RNN")
def test_own_weights_are_those_whose_change_changes_a_unit_of_one_step(case, data_format):
    """On a single step no unit feeds another, so the gradient of a unit names the entries that make it."""
    _, layer, x = network(case, data_format)
    first = x[0][:1, :1]
    symbol = Input(first.shape[1:], name="x0", dtype="float64")
    short = Model(symbol, layer(symbol))
    t = pellucid.trace(short)
    node = t.layers[-1]
    place = some_place(node.output_shape[1:])
    y = short(first)[(0, *place)]
    params = {id(one): one for one in layer.weights}
    grads = torch.autograd.grad(y, [one.value for one in params.values()], allow_unused=True)
    seen = {key: None if g is None else g.numpy() != 0 for key, g in zip(params, grads, strict=True)}
    for one in t.weights((node.path, place)).own:
        if "recurrent_kernel" in one.weight:
            continue  # the state before the first step is 0
        mask = np.zeros(one.param.shape, dtype=bool)
        mask[one.index] = True
        if one.weight == "bias" and layer.__class__.__name__ == "LSTM":
            seen[id(one.param)][layer.units : 2 * layer.units] = mask[layer.units : 2 * layer.units]  # forgets nothing
        if mask.shape == seen[id(one.param)].shape:
            assert not (seen[id(one.param)] & ~mask).any()


def test_attention_meets_each_projection_with_what_it_projects():
    q, v = Input((3, 4), name="q"), Input((5, 4), name="v")
    t = pellucid.trace(Model([q, v], layers.MultiHeadAttention(2, 3, name="heads")(q, v)))
    assert t.weights("q[1,2]") == [("heads", "query/kernel", (2, slice(0, 2), slice(0, 3)), 6)]
    assert [one.weight for one in t.weights("v[1,2]")] == ["key/kernel", "value/kernel"]
    own = t.weights("heads[1,2]").own
    assert own[3] == ("heads", "attention_output/kernel", (slice(0, 2), slice(0, 3), 2), 6)
    assert [one.weight for one in own[-1:]] == ["attention_output/bias"]
    assert t.uses("heads/query/kernel", (2, 0, 0)).pairs == [((step, 2), (step, 0, 0)) for step in range(3)]
    # projections, then queries with keys and scores with values, then the output
    assert t["heads"].macs == 3 * 4 * 6 + 2 * 5 * 4 * 6 + 2 * (3 * 5 * 2 * 3) + 3 * 6 * 4


def test_self_attention_meets_all_three_projections():
    x = Input((3, 4), name="x")
    t = pellucid.trace(Model(x, layers.MultiHeadAttention(2, 3, name="heads")(x, x)))
    assert sorted(one.weight for one in t.weights("x[1,2]")) == ["key/kernel", "query/kernel", "value/kernel"]


def test_normalizations_and_slopes_have_one_weight_for_each_place_along_their_axes():
    x = Input((3, 4, 2), name="x")
    y = layers.PReLU(shared_axes=[1, 2], name="slope")(layers.BatchNormalization(name="batch")(x))
    t = pellucid.trace(Model(x, layers.LayerNormalization(name="norm")(y)))
    assert t.weights("x[1,2,1]") == [("batch", "gamma", (1,), 1)]
    assert [(one.weight, one.index) for one in t.weights("batch[1,2,1]").own] == [
        (word, (1,)) for word in ("gamma", "beta", "moving_mean", "moving_variance")
    ]
    assert t.weights("batch[1,2,1]") == [("slope", "alpha", (0, 0, 1), 1)]
    assert t.uses("slope/alpha", (0, 0, 1)).count == 12
    assert t.uses("norm/gamma", (1,)).pairs[0] == ((0, 0, 1), (0, 0, 1))
    assert t["batch"].macs == t["slope"].macs == 0


def test_whole_numbers_that_read_a_row_are_its_uses():
    x = Input((4,), dtype="int32", name="x")
    model = Model(x, layers.Embedding(7, 3, name="rows")(x))
    t = pellucid.trace(model, np.array([[5, 0, 2, 5]]))
    assert t.uses("rows/embeddings", (5, 1)).pairs == [((0,), (0, 1)), ((3,), (3, 1))]
    assert t.uses("rows/embeddings", (1, 1)).count == 0
    with pytest.raises(StateError, match="only values can tell"):
        pellucid.trace(model).uses("rows/embeddings", (5, 1))


def test_the_way_back_of_an_embedding_is_a_product_with_its_table():
    x = Input((3,), dtype="int32", name="x")
    layer = layers.ReversibleEmbedding(7, 4, name="rows")
    model = Model(x, layer(layers.Dense(4, name="dense")(layer(x)), reverse=True))
    t = pellucid.trace(model, np.array([[5, 0, 2]]))
    assert t.weights("dense[1,2]") == [("rows@1", "embeddings", (slice(0, 7), 2), 7)]
    parts = t.decompose("rows@1[1,6]")
    assert parts.count == 4 and math.isclose(parts.total, parts.output, rel_tol=1e-5)


def test_the_weights_in_effect_are_met_where_lora_adds_to_them():
    dense = layers.Dense(2, lora_rank=1, name="dense")
    x = Input((3,), name="x")
    model = Model(x, dense(x))
    dense.set_weights([np.ones(w.shape) for w in dense.get_weights()])
    t = pellucid.trace(model, np.ones((1, 3), dtype="float32"))
    [met] = t.weights("x[1]")
    assert met == ("dense", "kernel", (1, slice(0, 2)), 2) and met.values.tolist() == [2.0, 2.0]  # 1 + 1*1
    assert t.decompose("dense[0]").total == 7.0  # 3 * 2, and a bias of 1


class Doubled(layers.Dense):
    def call(self, inputs, training=None):
        return 2 * super().call(inputs)


def test_a_layer_whose_call_is_a_users_own_is_named_and_not_told():
    x = Input((3,), name="x")
    y = Doubled(2, name="own")(x)
    t = pellucid.trace(Model(x, [y, layers.Dense(2, name="dense")(x)]), np.ones((1, 3), dtype="float32"))
    met = t.weights("x[1]")
    assert met == [("dense", "kernel", (1, slice(0, 2)), 2)] and met.untold == ["own"]
    assert t.weights("x[1]", layer="dense").untold == [] and t["own"].macs is None
    with pytest.raises(UnsupportedError, match="'own' \\(Doubled\\) is no weighted sum whose terms are known"):
        t.decompose("own[0]")
    with pytest.raises(UnsupportedError, match="'own' \\(Doubled\\) has no weighted sum whose products are known"):
        t.uses("own/kernel", (0, 0))


def test_wrong_questions_about_weights_say_what_is_right():
    x = Input((3, 2), name="x")
    model = Model(x, layers.LSTM(2, name="lstm")(x))
    t = pellucid.trace(model, np.ones((1, 3, 2), dtype="float32"))
    with pytest.raises(ArgumentError, match="A unit of 'lstm' is made from 4 sums") as told:
        t.decompose("lstm[0]")
    assert told.value.facts["expected"] == "'input', 'forget', 'candidate', 'output'"
    with pytest.raises(ArgumentError, match="'lstm' has no such sum"):
        t.decompose("lstm[0]", part="memory")
    with pytest.raises(ArgumentError, match="`top` says how many terms"):
        t.decompose("lstm[0]", top=-1)
    with pytest.raises(UnknownNameError, match="multiplies no inputs by 'kernal'") as told:
        t.uses("lstm/kernal", (0, 0))
    assert told.value.facts["fix"] == '"lstm/kernel"'
    with pytest.raises(UnknownNameError, match="No layer has the path 'lstn'") as told:
        t.uses("lstn/kernel", (0, 0))
    with pytest.raises(UnknownNameError, match="A layer and one of its weights are needed"):
        t.uses("lstm", (0, 0))
    with pytest.raises(ShapeError, match="has no entry"):
        t.uses("lstm/kernel", (0, 8))
    with pytest.raises(StateError, match="The values around 'lstm' were not kept"):
        pellucid.trace(model).decompose("lstm[0]")


def test_entries_are_named_by_whole_numbers():
    x = Input((3,), name="x")
    t = pellucid.trace(Model(x, layers.Dense(2, name="dense")(x)))
    assert t.uses("dense/kernel", np.array([1, 0])[0:2].tolist()).count == 1
    assert t.uses("dense/kernel", (np.int64(1), np.int32(0))).pairs == [((1,), (0,))]
    for wrong in (None, "ab", (0.5, 0), (slice(0, 2), 0)):
        with pytest.raises(ArgumentTypeError, match="An entry of a weight is named by whole numbers") as told:
            t.uses("dense/kernel", wrong)
        assert "such as (0, 0)" in told.value.facts["expected"]


def test_a_list_of_uses_that_is_too_long_is_refused():
    x = Input((1100, 1000, 1), name="x")
    t = pellucid.trace(Model(x, layers.Conv2D(1, 1, name="conv")(x)))
    uses = t.uses("conv/kernel", (0, 0, 0, 0))
    assert uses.count == 1_100_000 and uses.to_dict()["pairs"] is None
    with pytest.raises(ArgumentError, match="That is too long a list"):
        uses.pairs  # noqa: B018


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
