"""Uses of an entry: counts with ones judge."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

import pellucid
from pellucid import Input, Model, layers
from pellucid.errors import ArgumentError, ArgumentTypeError, StateError
from xray.layer_networks import kinds, network, traced


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


def test_whole_numbers_that_read_a_row_are_its_uses():
    x = Input((4,), dtype="int32", name="x")
    model = Model(x, layers.Embedding(7, 3, name="rows")(x))
    t = pellucid.trace(model, np.array([[5, 0, 2, 5]]))
    assert t.uses("rows/embeddings", (5, 1)).pairs == [((0,), (0, 1)), ((3,), (3, 1))]
    assert t.uses("rows/embeddings", (1, 1)).count == 0
    with pytest.raises(StateError, match="only values can tell"):
        pellucid.trace(model).uses("rows/embeddings", (5, 1))


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
