"""Laws of weights over all networks: terms, uses and meetings. Sums, counts with ones and gradients judge."""

from __future__ import annotations

import math

import numpy as np
import torch

from pellucid import Input, Model
from pellucid.xray import sums, trace
from xray.layer_networks import all_parts
from xray.networks import NETWORKS, draw, made
from xray.test_laws import as_given, some_and_many, some_places


def is_a_weighted_sum(node) -> bool:
    return node.kind == "Dense" or (node.kind.startswith(("Conv", "Depthwise")) and "LSTM" not in node.kind)


def has_terms(node) -> bool:
    """Whether it multiplies by weights, and is no slope."""
    told = sums.weighing_of(node._site)
    return told is not None and bool(told.sums) and node.kind != "PReLU"


@some_and_many(NETWORKS)
def test_terms_sum_to_what_the_layer_gives(network):
    model = made(network)
    x = draw(model)
    t = trace(model, as_given(x))
    for node in filter(has_terms, t.layers):
        near = 1e-6 if "Normalization" in node.kind else 1e-9  # what is normalized is reckoned in float32
        for place in some_places(node.output_shape[1:], most=3):
            for parts in all_parts(t, (node.path, place), top=3).values():
                assert math.isclose(parts.total, parts.recorded, rel_tol=near, abs_tol=near)
                assert math.isclose(sum(term.value for term in parts.terms) + parts.rest + parts.bias, parts.total)
                sizes = [abs(term.value) for term in parts.terms]
                assert sizes == sorted(sizes, reverse=True)


@some_and_many(NETWORKS)
def test_all_uses_of_a_kernel_are_the_layers_multiplications(network):
    """With inputs and weights of 1 and no bias each output counts its products."""
    model = made(network)
    t = trace(model)
    for node in filter(is_a_weighted_sum, t.layers):
        layer = type(node.layer).from_config(node.layer.get_config() | {"activation": None, "use_bias": False})
        ones = torch.ones((1, *node.input_shapes[0][1:]), dtype=torch.float64)
        layer(ones)
        layer.set_weights([np.ones(w.shape) for w in layer.get_weights()])
        uses = [t.uses(f"{node.path}/kernel", entry) for entry in np.ndindex(*node.layer.kernel.shape)]
        assert sum(one.count for one in uses) == int(layer(ones).sum())
        assert uses[-1].count == len(uses[-1].pairs) == len(set(uses[-1].pairs))


@some_and_many(NETWORKS)
def test_an_element_meets_the_weights_whose_gradient_it_makes(network):
    """The gradient of a weighted sum by a weight is its input: 0 everywhere but where the only input not 0 is met."""
    for node in filter(is_a_weighted_sum, trace(made(network)).layers):
        layer = type(node.layer).from_config(node.layer.get_config() | {"activation": None})
        x = Input(node.input_shapes[0][1:], name="x", dtype="float64")
        t = trace(Model(x, layer(x)))
        for place in some_places(x.shape[1:], most=4):
            alone = torch.zeros((1, *x.shape[1:]), dtype=torch.float64)
            alone[(0, *place)] = 1.0
            layer.kernel.value.grad = None
            layer(alone).sum().backward()
            met = np.zeros(layer.kernel.shape, dtype=bool)
            for meeting in t.weights(("x", place)):
                met[meeting.index] = True
                assert meeting.count == met.sum()
            assert np.array_equal(met, layer.kernel.value.grad.numpy() != 0)
