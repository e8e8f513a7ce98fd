"""Laws of following values, over the networks of networks.py. Jacobians, NumPy and bare runs of the model judge."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import pellucid
from pellucid import Input, Model, layers
from pellucid.errors import PellucidError
from pellucid.xray import trace
from xray.changing import support
from xray.networks import NETWORKS, SMOOTH_NETWORKS, draw, made, nested, normalized, plain, pooled
from xray.random_networks import MANY_NETWORKS, RANDOM_NETWORKS, SHARP_NETWORKS


def networks(chosen):
    return pytest.mark.parametrize("network", chosen, ids=[network.__name__ for network in chosen])


def some_and_many(some):
    """A few networks in each run, hundreds in the heavy ones."""
    named = [pytest.param(network, id=network.__name__) for network in some]
    more = [pytest.param(network, id=network.__name__, marks=pytest.mark.heavy) for network in MANY_NETWORKS]
    return pytest.mark.parametrize("network", [*named, *more])


def as_given(values):
    return values if len(values) > 1 else values[0]


def run(model, inputs) -> list[np.ndarray]:
    """All outputs."""
    with torch.no_grad():
        given = model(as_given([torch.as_tensor(x) for x in inputs]))
    return [one.numpy() for one in (given if isinstance(given, (list, tuple)) else [given])]


def some_places(shape, seed=0, most=12) -> list[tuple[int, ...]]:
    """A dozen places of a shape, its corners among them."""
    everywhere = list(np.ndindex(*shape))
    picks = np.random.default_rng(seed).choice(len(everywhere), min(most, len(everywhere)), replace=False)
    return sorted({everywhere[0], everywhere[-1], *(everywhere[k] for k in picks)})


def last(t):
    return t.layers[-1]


def ends(t) -> list:
    """The layers that give the outputs."""
    return [t[path] for path in t.to_dict(0)["outputs"]]


def jacobians(model, seeds=3) -> list[list[np.ndarray]]:
    """For each output and input an array (output places, input places): whether a derivative is not 0."""
    found = [[np.zeros((*y.shape[1:], *x.shape[1:]), dtype=bool) for x in model.inputs] for y in model.outputs]

    def outputs(*xs):
        given = model(as_given(list(xs)))
        return tuple(one[0] for one in (given if isinstance(given, (list, tuple)) else [given]))

    for seed in range(seeds):
        tensors = tuple(torch.as_tensor(x) for x in draw(model, seed))
        for tables, parts in zip(found, torch.autograd.functional.jacobian(outputs, tensors), strict=True):
            for known, part in zip(tables, parts, strict=True):
                known |= part.numpy().reshape(known.shape) != 0
    return found


@some_and_many(SMOOTH_NETWORKS)
def test_sources_are_the_support_of_the_jacobian(network):
    model = made(network)
    t = trace(model)
    for node, tables in zip(ends(t), jacobians(model), strict=True):
        for place in np.ndindex(*node.output_shape[1:]):
            sources = t.sources((node.path, place))
            assert sources.exact and sources.kind == "structural"
            for seen, part in zip(tables, sources.by_input.values(), strict=True):
                assert np.array_equal(part.mask(), seen[place]), place
                assert part.count == seen[place].sum() == len(part.places)
                assert all((at in part) == seen[place][at] for at in np.ndindex(*seen[place].shape))


@some_and_many(SMOOTH_NETWORKS)
def test_a_change_of_one_element_reaches_what_it_is_said_to_reach(network):
    model = made(network)
    t, x = trace(model), draw(model)
    before, derivatives = run(model, x), jacobians(model, 1)
    for k, symbol in enumerate(model.inputs):
        for place in some_places(symbol.shape[1:]):
            # A derivative too: behind many steps a change may be rounded away.
            reached = [tables[k][(..., *place)].copy() for tables in derivatives]
            for step in (0.5, -2.0):
                changed = [value.copy() for value in x]
                changed[k][(0, *place)] += step
                for mask, old, new in zip(reached, before, run(model, changed), strict=True):
                    mask |= new[0] != old[0]
            for node, mask in zip(ends(t), reached, strict=True):
                assert np.array_equal(t.reaches((symbol.name, place), to=node.path).mask(), mask)


@networks([pooled, *SHARP_NETWORKS])
def test_with_maxima_too_sources_are_what_changes_change(network):
    model = made(network)
    t = trace(model)
    for node, tables in zip(ends(t), support(model, 60), strict=True):
        for place in np.ndindex(*node.output_shape[1:]):
            for seen, part in zip(tables, t.sources((node.path, place)).by_input.values(), strict=True):
                assert np.array_equal(part.mask(), seen[place]), place


@some_and_many(NETWORKS)
def test_both_directions_agree(network):
    t = trace(made(network))
    for node in t.layers:
        if node.kind == "Input":
            continue
        for place in some_places(node.output_shape[1:], most=2):
            for name, part in t.sources((node.path, place)).by_input.items():
                for at in some_places(part.region.shape, most=2):
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


@some_and_many(NETWORKS)
def test_what_lies_outside_the_sources_changes_nothing(network):
    """Not even NaN gets in; only where a layer weighs with 0 is it a huge number: each bit of the unit stays as it was."""
    model = made(network)
    t, x = trace(model), draw(model)
    poison = 1e6 if any(getattr(node.layer, "interpolation", "nearest") != "nearest" for node in t.layers) else np.nan
    for node, before in zip(ends(t), run(model, x), strict=True):
        at = ends(t).index(node)
        for place in some_places(node.output_shape[1:], most=4):
            parts = t.sources((node.path, place)).by_input.values()
            poisoned = [np.where(part.mask(), value, poison) for value, part in zip(x, parts, strict=True)]
            assert run(model, poisoned)[at][0][place] == before[0][place]


@networks(NETWORKS)
def test_what_was_active_could_reach(network):
    model = made(network)
    x = draw(model)
    t = trace(model, as_given(x))
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


@networks([nested, *RANDOM_NETWORKS])
def test_a_nested_model_answers_as_the_model_itself(network):
    """Two models around it: paths get longer, answers stay; of what it says inside, the flattened copy is the judge."""
    inner = made(network)
    inside = [Input(x.shape[1:], name=f"{x.name}_inside") for x in inner.inputs]
    middle = Model(inside, inner(as_given(inside)), name="middle")
    outside = [Input(x.shape[1:], name=x.name) for x in inner.inputs]
    a, b = trace(Model(outside, middle(as_given(outside)))), trace(inner)
    for node in b.layers:
        if node.kind == "Input":
            continue
        path = f"middle/{inner.name}/{node.path}"
        for place in some_places(node.output_shape[1:], most=2):
            outer, own = a.sources((path, place)).by_input, b.sources((node.path, place)).by_input
            assert {name: part.to_dict() for name, part in outer.items()} == {
                name: part.to_dict() for name, part in own.items()
            }
            assert [one[1:] for one in a.weights((path, place)).own] == [
                one[1:] for one in b.weights((node.path, place)).own
            ]


def test_a_nested_model_has_the_paths_of_its_layers():
    t = trace(made(nested))
    assert [node.path for node in t.layers] == ["image", "mid/enc/c1", "mid/enc/up", "mid/c2", "flatten"]
    assert t["mid"].path == "mid/c2"


def test_sizes_told_by_a_run_answer_as_sizes_told_before():
    """Networks of images and of steps, with every size unknown but the channels, where their layers allow it."""
    tried = 0
    for network in [plain, normalized, *RANDOM_NETWORKS]:
        concrete = made(network)
        free = with_unknown_sizes(concrete)
        if free is None:
            continue
        tried += 1
        a, b = trace(concrete), trace(free, as_given(draw(concrete)))
        for x, y in zip(a.layers, b.layers, strict=True):
            assert x.output_shape[1:] == y.output_shape[1:] and x.macs == y.macs
        for node in ends(a):
            for place in some_places(node.output_shape[1:], most=3):
                assert a.sources((node.path, place)).to_dict() == b.sources((node.path, place)).to_dict()
                for x in concrete.inputs:
                    to = {"to": x.name}
                    assert a.receptive_field((node.path, place), **to) == b.receptive_field((node.path, place), **to)
    assert tried >= 5


def with_unknown_sizes(model):
    """The same network where only the channels of the inputs are known; None where a layer needs more."""
    config = model.get_config()
    for layer in config["layers"]:
        if layer["class_name"] == "InputLayer":
            shape = layer["config"]["batch_shape"]
            layer["config"]["batch_shape"] = [None] * (len(shape) - 1) + [shape[-1]]
    try:
        return type(model).from_config(config)
    except PellucidError:
        return None


@networks(NETWORKS)
def test_values_are_those_of_the_run(network):
    model = made(network)
    x = draw(model, batch=2)
    t = trace(model, as_given(x))
    for node, given in zip(ends(t), run(model, x), strict=True):
        assert np.array_equal(node.value.numpy(), given)
    for node in t.layers:
        if isinstance(node.layer, layers.Layer) and "@" not in node.path and "/" not in node.path:
            inside = Model(model.inputs, model.get_layer(node.path)._inbound_nodes[0].outputs)
            assert np.array_equal(node.value.numpy(), run(inside, x)[0])


@networks(NETWORKS)
def test_a_saved_model_answers_as_before(network, tmp_path):
    model = made(network)
    model.save(tmp_path / "model.keras")
    a, b = trace(model), trace(pellucid.models.load_model(tmp_path / "model.keras", compile=False))
    assert [node.to_dict() for node in a.layers] == [node.to_dict() for node in b.layers]
    for node in ends(a):
        for place in some_places(node.output_shape[1:], most=2):
            assert a.sources((node.path, place)).to_dict() == b.sources((node.path, place)).to_dict()
            assert a.weights((node.path, place)).to_dict() == b.weights((node.path, place)).to_dict()
