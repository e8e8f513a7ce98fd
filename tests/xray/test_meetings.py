"""Weights met and own weights: gradients judge."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

import pellucid
from pellucid import Input, Model, layers
from pellucid.errors import ArgumentError, ShapeError, StateError, UnknownNameError, UnsupportedError
from xray.layer_networks import kinds, network, some_place


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
