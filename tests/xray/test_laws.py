"""Laws of following values, over the networks of networks.py. Jacobians, NumPy and bare runs of the model judge."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

import pellucid
from pellucid import Input, Model, layers
from pellucid.xray import trace
from xray.networks import NETWORKS, SMOOTH_NETWORKS, draw, made


def networks(chosen):
    return pytest.mark.parametrize("network", chosen, ids=[network.__name__ for network in chosen])


def run(model, inputs) -> np.ndarray:
    with torch.no_grad():
        return model([torch.as_tensor(x) for x in inputs] if len(inputs) > 1 else torch.as_tensor(inputs[0])).numpy()


def some_places(shape, seed=0, most=12) -> list[tuple[int, ...]]:
    """A dozen places of a shape, its corners among them."""
    everywhere = list(np.ndindex(*shape))
    picks = np.random.default_rng(seed).choice(len(everywhere), min(most, len(everywhere)), replace=False)
    return sorted({everywhere[0], everywhere[-1], *(everywhere[k] for k in picks)})


def last(t):
    return t.layers[-1]


def is_a_weighted_sum(node) -> bool:
    return node.kind == "Dense" or ("Conv" in node.kind and "Separable" not in node.kind)


@networks(SMOOTH_NETWORKS)
def test_sources_are_the_support_of_the_jacobian(network):
    model = made(network)
    t, node = trace(model), last(trace(model))
    shapes = [x.shape[1:] for x in model.inputs]
    jacobians = [np.zeros((*node.output_shape[1:], *shape), dtype=bool) for shape in shapes]
    for seed in range(3):
        tensors = tuple(torch.as_tensor(x) for x in draw(model, seed))
        found = torch.autograd.functional.jacobian(lambda *xs: model(list(xs) if len(xs) > 1 else xs[0])[0], tensors)
        for known, part in zip(jacobians, found, strict=True):
            known |= part.numpy().reshape(known.shape) != 0
    for place in np.ndindex(*node.output_shape[1:]):
        sources = t.sources((node.path, place))
        assert sources.exact and sources.kind == "structural"
        for seen, part in zip(jacobians, sources.by_input.values(), strict=True):
            assert np.array_equal(part.mask(), seen[place]), place
            assert part.count == seen[place].sum() == len(part.places)
            assert all((at in part) == seen[place][at] for at in np.ndindex(*seen[place].shape))


@networks(SMOOTH_NETWORKS)
def test_a_change_of_one_element_reaches_what_it_is_said_to_reach(network):
    model = made(network)
    t, x = trace(model), draw(model)
    before = run(model, x)[0]
    for k, symbol in enumerate(model.inputs):
        for place in some_places(symbol.shape[1:]):
            changed = [value.copy() for value in x]
            changed[k][(0, *place)] += 0.5
            assert np.array_equal(t.reaches((symbol.name, place)).mask(), run(model, changed)[0] != before)


@networks(NETWORKS)
def test_both_directions_agree(network):
    t = trace(made(network))
    for node in t.layers:
        if node.kind == "Input":
            continue
        for place in some_places(node.output_shape[1:], most=4):
            for name, part in t.sources((node.path, place)).by_input.items():
                for at in some_places(part.region.shape, most=4):
                    assert (at in part) == (place in t.reaches((name, at), to=node.path))


@networks(NETWORKS)
def test_by_way_of_a_middle_layer_is_the_same(network):
    """In a chain all that comes from an input comes through each layer on the way."""
    model = made(network)
    t, node = trace(model), last(trace(model))
    names = list(t.sources(node.path).by_input)
    for middle in (one for one in t.layers if one.kind != "Input" and _is_cut(t, one.path)):
        for place in some_places(node.output_shape[1:], most=1):
            between = t.sources((node.path, place), to=middle.path)
            for name in names:
                mask = np.zeros_like(t.sources((node.path, place)).by_input[name].mask())
                for at in between:
                    mask |= t.sources((middle.path, at)).by_input[name].mask()
                assert np.array_equal(mask, t.sources((node.path, place)).by_input[name].mask())


def _is_cut(t, path) -> bool:
    """Whether every way from an input to the last layer leads through this one: then nothing else is read behind it."""
    at = [node.path for node in t.layers].index(path)
    written = {number for node in t.layers[: at + 1] for number in node._site.writes} - set(t.layers[at]._site.writes)
    return not any(set(node._site.reads) & written for node in t.layers[at + 1 :])


@networks(NETWORKS)
def test_what_lies_outside_the_sources_changes_nothing(network):
    model = made(network)
    t, x, node = trace(model), draw(model), last(trace(model))
    before = run(model, x)[0]
    for place in some_places(node.output_shape[1:], most=6):
        parts = t.sources((node.path, place)).by_input.values()
        poisoned = [np.where(part.mask(), value, 1e6) for value, part in zip(x, parts, strict=True)]
        assert run(model, poisoned)[0][place] == before[place]


def test_not_even_nan_outside_the_sources_gets_in():
    whole = made(NETWORKS[0])
    model = Model(whole.inputs, whole.get_layer("pool").output)  # before Flatten and Dense bring all together
    t, [x] = trace(model), draw(model)
    for place in np.ndindex(*t["pool"].output_shape[1:]):
        poisoned = np.where(t.sources(("pool", place)).mask(), x, np.nan)
        assert run(model, [poisoned])[0][place] == run(model, [x])[0][place]


@networks(NETWORKS)
def test_what_was_active_could_reach(network):
    model = made(network)
    x = draw(model)
    t = trace(model, x if len(x) > 1 else x[0])
    node = last(t)
    for place in some_places(node.output_shape[1:], most=6):
        active = t.sources((node.path, place), kind="active").by_input
        for name, part in t.sources((node.path, place)).by_input.items():
            assert not (active[name].mask() & ~part.mask()).any()
            assert active[name].kind == "active"


def test_of_a_maximum_the_first_of_equals_was_active():
    x = np.zeros((1, 2, 2, 1), dtype="float32")
    image = Input((2, 2, 1), name="image")
    t = trace(Model(image, layers.MaxPooling2D(2, name="pool")(image)), x)
    assert t.sources("pool[0,0,0]").places == [(0, 0, 0), (0, 1, 0), (1, 0, 0), (1, 1, 0)]
    assert t.sources("pool[0,0,0]", kind="active").places == [(0, 0, 0)]
    x[0, 1, 0, 0] = 3
    t = trace(t.model, x)
    assert t.sources("pool[0,0,0]", kind="active").places == [(1, 0, 0)]


@networks(NETWORKS)
def test_terms_sum_to_what_the_layer_gives(network):
    model = made(network)
    x = draw(model)
    t = trace(model, x if len(x) > 1 else x[0])
    for node in filter(is_a_weighted_sum, t.layers):
        for place in some_places(node.output_shape[1:], most=5):
            parts = t.decompose((node.path, place), top=3)
            assert math.isclose(parts.total, parts.recorded, rel_tol=1e-9, abs_tol=1e-12)
            assert math.isclose(sum(term.value for term in parts.terms) + parts.rest + parts.bias, parts.total)
            sizes = [abs(term.value) for term in parts.terms]
            assert sizes == sorted(sizes, reverse=True)


@networks(NETWORKS)
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


@networks(NETWORKS)
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


def test_a_nested_model_answers_as_its_flattened_copy():
    nested = made(NETWORKS[3])
    x = Input((5, 4, 2), name="image")
    y = layers.UpSampling2D(2, name="up")(layers.Conv2D(2, 2, name="c1")(x))
    flat = Model(x, layers.Flatten(name="flatten")(layers.Conv2D(3, 3, name="c2")(y)))
    a, b = trace(nested), trace(flat)
    assert [node.path for node in a.layers] == ["image", "mid/enc/c1", "mid/enc/up", "mid/c2", "flatten"]
    assert a["mid"].path == "mid/c2"
    for place in np.ndindex(*a["flatten"].output_shape[1:]):
        assert np.array_equal(a.sources(("flatten", place)).mask(), b.sources(("flatten", place)).mask())
        assert a.sources(("flatten", place), to="mid/enc/c1").places == b.sources(("flatten", place), to="c1").places


def test_sizes_told_by_a_run_answer_as_sizes_told_before():
    def network(height, width):
        x = Input((height, width, 2), name="image")
        return Model(x, layers.Conv2D(3, 3, strides=2, padding="same", name="conv")(x))

    concrete = trace(network(7, 6))
    told = trace(network(None, None), np.zeros((1, 7, 6, 2), dtype="float32"))
    assert told["conv"].output_shape == concrete["conv"].output_shape == (None, 4, 3, 3)
    for place in np.ndindex(4, 3, 3):
        assert told.sources(("conv", place)).to_dict() == concrete.sources(("conv", place)).to_dict()
        assert told.receptive_field(("conv", place)) == concrete.receptive_field(("conv", place))


@networks(NETWORKS)
def test_values_are_those_of_the_run(network):
    model = made(network)
    x = draw(model, batch=2)
    t = trace(model, x if len(x) > 1 else x[0])
    assert np.array_equal(last(t).value.numpy(), run(model, x))
    for node in t.layers:
        if isinstance(node.layer, layers.Layer) and "@" not in node.path and "/" not in node.path:
            inside = Model(model.inputs, model.get_layer(node.path)._inbound_nodes[0].outputs)
            assert np.array_equal(node.value.numpy(), run(inside, x))


@networks(NETWORKS[:10])
def test_a_saved_model_answers_as_before(network, tmp_path):
    model = made(network)
    model.save(tmp_path / "model.keras")
    a, b = trace(model), trace(pellucid.models.load_model(tmp_path / "model.keras", compile=False))
    assert [node.to_dict() for node in a.layers] == [node.to_dict() for node in b.layers]
    for place in some_places(last(a).output_shape[1:], most=4):
        assert a.sources((last(a).path, place)).to_dict() == b.sources((last(b).path, place)).to_dict()
