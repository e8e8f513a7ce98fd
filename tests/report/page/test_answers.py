"""The page answers any address as Python does: places, fields, weights and numbers, for networks and layers of every kind."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

import pellucid
from layers.test_laws import ROWS, as_input, built, call, draw, shapes
from pellucid import Input, Model, Sequential, layers
from pellucid.report.page.document import write_page
from xray import networks
from xray.networks import NETWORKS, made
from xray.test_linking import NETWORKS as SPECIAL

pytestmark = pytest.mark.browser
OF_EACH = 8  # addresses; over 28 networks more than 200


class Unsaid(layers.Layer):
    """A layer that says no links."""

    def call(self, x):
        return x.flip(1) * 2

    def compute_output_shape(self, input_shape):
        return input_shape


def opaque():
    x = Input((4, 3), name="steps")
    return Model(x, layers.Dense(2, name="dense")(Unsaid(name="unsaid")(layers.Dense(3, name="before")(x))))


def inside_another():
    """A model with a layer that is called twice and one with several outputs, inside another."""
    x = Input((3, 4), name="inner")
    dense = layers.Dense(4, activation="relu", name="dense")
    sequence, state = layers.SimpleRNN(2, return_sequences=True, return_state=True, name="rnn")(dense(dense(x)))
    inner = Model(x, [sequence, state], name="inside")
    y = Input((3, 4), name="input")
    return Model(y, inner(y))


def drawn(trace, seed: int, count: int) -> list[str]:
    """Addresses of elements, any layer as likely as any other."""
    rng = np.random.default_rng(seed)
    found = []
    while len(found) < count:
        node = trace.layers[rng.integers(len(trace.layers))]
        found.append(f"{node.path}[{','.join(str(rng.integers(n)) for n in node.output_shape[1:])}]")
    return found


def asked(browser, path, questions: list[tuple]) -> list[dict]:
    """The page's answers to (address, to)."""
    browser.open(path)
    answers = browser.run(f"JSON.stringify({json.dumps(questions)}.map((one) => pellucid.explain(...one)))")
    assert browser.complaints == []
    return json.loads(answers)


def told(trace, at: str, to: str | None = None) -> dict:
    """Python's answer, as a file would hold it."""
    return json.loads(json.dumps(pellucid.explain(trace, at=at, to=to).to_dict()))


def assert_same(page, python, where: str):
    """Equal; sums, which may be added up in another order, to 1 part in a million."""
    if isinstance(python, dict):
        assert isinstance(page, dict) and page.keys() == python.keys(), where
        for key, value in python.items():
            assert_same(page[key], value, f"{where}.{key}")
    elif isinstance(python, list):
        assert isinstance(page, list) and len(page) == len(python), f"{where}: {page} {python}"
        for k, (one, other) in enumerate(zip(page, python, strict=True)):
            assert_same(one, other, f"{where}[{k}]")
    elif isinstance(python, float):
        assert isinstance(page, (int, float)) and math.isclose(page, python, rel_tol=1e-6, abs_tol=1e-6), where
    else:
        assert page == python and isinstance(page, bool) == isinstance(python, bool), f"{where}: {page} {python}"


def assert_answers(trace, page: dict, at: str, to: str | None = None):
    """All of the answer; of a sum what the page has no numbers for may be missing, never wrong."""
    python = told(trace, at, to)
    sum_ = python["decomposition"]
    if sum_ is not None and page["decomposition"] is None:
        assert any(term["reads"] != "input" for term in sum_["terms"]), at  # of values inside the layer
        python["decomposition"] = None
    elif sum_ is not None and page["decomposition"]["recorded"] is None:
        layer = trace[at.partition("[")[0]].layer
        assert getattr(layer, "layer", layer).activation.__name__ != "linear", at
        sum_["recorded"] = sum_["residual"] = None
    if not page["parts"]:
        python["parts"] = {}  # sums of values inside the layer
    assert_same(page, python, at)


@pytest.mark.parametrize("network", [*NETWORKS, opaque, inside_another], ids=lambda one: one.__name__)
def test_a_page_answers_drawn_addresses_as_python_does(browser, tmp_path, network):
    model = made(network)
    trace = pellucid.trace(model, as_input(networks.draw(model)))
    trace.to_html(tmp_path / "page.html")
    addresses = drawn(trace, seed=1, count=OF_EACH)
    for at, answer in zip(addresses, asked(browser, tmp_path / "page.html", [[at] for at in addresses]), strict=True):
        assert_answers(trace, answer, at)


@pytest.mark.parametrize("part", range(4))
def test_a_page_answers_for_every_layer(browser, tmp_path, part):
    """Many layers beside each other in one model, so that one page serves them all."""
    chosen = ROWS[part::4]
    inputs, outputs, values, questions = [], [], [], []
    for case, data_format in chosen:
        layer = built(case, data_format)
        kind = {"dtype": "int32"} if case.whole else {}
        given = [Input(shape, **kind) for shape in shapes(case, data_format)]
        made_here = call(layer, case, given)
        inputs += given
        values += draw(case, data_format, seed=2, batch=1)
        outputs += made_here if isinstance(made_here, (list, tuple)) else [made_here]
        names = [one._keras_history.operation.name for one in given]
        questions += [(layer.name, name) for name in names]
    trace = pellucid.trace(Model(inputs, outputs), values)
    trace.to_html(tmp_path / "page.html")
    rng = np.random.default_rng(part)
    asked_for = [
        (f"{path}[{','.join(str(rng.integers(n)) for n in trace[path].output_shape[1:])}]", to)
        for path, to in questions
    ]
    for (at, to), answer in zip(asked_for, asked(browser, tmp_path / "page.html", asked_for), strict=True):
        assert_answers(trace, answer, at, to)


def test_a_page_follows_masks_several_outputs_and_bare_operations(browser, tmp_path):
    """All of the networks with something special about their calls, as models inside one, without values."""
    inputs, outputs, named = [], [], []
    for make in SPECIAL.values():
        model = make()
        given = [Input(x.shape[1:], dtype=x.dtype) for x in model.inputs]
        found = model(given if len(given) > 1 else given[0])
        inputs, outputs = inputs + given, outputs + (list(found) if isinstance(found, (list, tuple)) else [found])
        named.append((model.name, [one._keras_history.operation.name for one in given]))
    trace = pellucid.trace(Model(inputs, outputs))
    trace.to_html(tmp_path / "page.html")
    rng = np.random.default_rng(0)
    questions = []
    for name, names in named:
        nodes = [node for node in trace if node.path.startswith(f"{name}/") and None not in node.output_shape[1:]]
        for node in nodes[-2:]:
            place = ",".join(str(rng.integers(n)) for n in node.output_shape[1:])
            questions += [(f"{node.path}[{place}]", to) for to in names]
    assert len(questions) > 100
    for (at, to), answer in zip(questions, asked(browser, tmp_path / "page.html", questions), strict=True):
        assert_answers(trace, answer, at, to)


def test_a_second_output_and_numbers_that_are_none_are_answered(browser, tmp_path):
    trace = pellucid.trace(made(inside_another), np.full((1, 3, 4), np.nan))
    trace.to_html(tmp_path / "page.html")
    for at, same in (("inside/rnn#1[1]", ("inside/rnn", 1, 1)), ("inside/dense[0,0]", "inside/dense[0,0]")):
        [answer] = asked(browser, tmp_path / "page.html", [[at]])
        python = json.loads(json.dumps(pellucid.explain(trace, at=same).to_dict()))
        assert answer["value"] == python["value"] == "nan" and answer["flat"] == python["flat"]
        assert answer["sources"] == python["sources"] and answer["weights"] == python["weights"]


def test_sums_of_values_inside_a_layer_are_answered_for_the_chosen_units(browser, tmp_path):
    x = np.random.default_rng(0).normal(size=(1, 5, 20)).astype("float32")
    model = Sequential([Input((5, 20), name="x"), layers.SeparableConv1D(3, 2, depth_multiplier=2, name="separable")])
    trace = pellucid.trace(model, x)
    for at in ("separable[1,2]", "separable[3,0]"):
        pellucid.explain(trace, at=at).to_html(tmp_path / "page.html")
        [answer] = asked(browser, tmp_path / "page.html", [[at]])
        assert answer["decomposition"]["count"] == 40 and len(answer["decomposition"]["terms"]) == 10
        assert_same(answer, told(trace, at), at)


def test_of_a_unit_with_gates_each_sum_is_answered_by_its_name(browser, tmp_path):
    model = Sequential([Input((3, 4), name="x"), layers.LSTM(2, return_sequences=True, name="lstm")])
    trace = pellucid.trace(model, np.random.default_rng(0).normal(size=(1, 3, 4)).astype("float32"))
    pellucid.explain(trace, at="lstm[1,1]").to_html(tmp_path / "page.html")
    [answer] = asked(browser, tmp_path / "page.html", [["lstm[1,1]"]])
    assert len(answer["parts"]) == 4 and answer["decomposition"] is None
    assert_same(answer, told(trace, "lstm[1,1]"), "lstm[1,1]")


def test_an_element_of_a_view_says_where_it_lies_in_memory(browser, tmp_path):
    model = Sequential([Input((3, 2, 4), name="image"), layers.Permute((3, 1, 2), name="moved")])
    pellucid.trace(model, np.arange(24, dtype="float32").reshape(1, 3, 2, 4)).to_html(tmp_path / "page.html")
    [answer] = asked(browser, tmp_path / "page.html", [["moved[1,2,0]"]])
    assert (answer["memory"]["row_major"], answer["memory"]["storage"]) == (10, 17)  # 1*6 + 2*2 + 0, and 2*8 + 0*4 + 1


@pytest.mark.parametrize("shape", [(None, 4), (None, None, 4), (5, None)])
def test_with_sizes_unknown_a_page_tells_what_python_tells(browser, tmp_path, shape):
    x = Input(shape, name="x")
    moved = layers.Permute((2, 1, 3) if len(shape) == 3 else (2, 1), name="moved")(x)
    trace = pellucid.trace(Model(x, layers.Activation("relu", name="end")(moved)))
    trace.to_html(tmp_path / "page.html")
    for at in (f"{path}[{','.join('1' * len(shape))}]" for path in ("x", "moved", "end")):
        [answer] = asked(browser, tmp_path / "page.html", [[at]])
        assert_same(answer, told(trace, at), at)


def test_in_training_a_page_says_that_samples_are_coupled(browser, tmp_path):
    model = Sequential([Input((4, 3), name="x"), layers.BatchNormalization(name="norm")])
    trace = pellucid.trace(model, np.ones((2, 4, 3), dtype="float32"), training=True)
    trace.to_html(tmp_path / "page.html")
    [answer] = asked(browser, tmp_path / "page.html", [["norm[1,2]"]])
    assert answer["sources"]["batch"] == "all" and answer["sources"]["count"] == 4  # all places of the channel
    assert answer["sources"] == told(trace, "norm[1,2]")["sources"]


def test_index_answers_do_not_depend_on_what_is_embedded(browser, tmp_path):
    x = Input((10, 10, 3), name="image")
    y = layers.Flatten(name="flatten")(layers.Conv2D(40, 3, dilation_rate=2, name="conv")(x))
    trace = pellucid.trace(Model(x, layers.Dense(30, name="dense")(y)), np.ones((4, 10, 10, 3), dtype="float32"))
    answers, sizes = [], []
    for name, at_most in (("full", 5), ("none", 0)):
        write_page(trace, tmp_path / f"{name}.html", max_mb=at_most)
        sizes.append((tmp_path / f"{name}.html").stat().st_size)
        answers.append(
            asked(browser, tmp_path / f"{name}.html", [[at] for at in ("flatten[777]", "dense[3]", "conv[1,2,3]")])
        )
        left_out = browser.run("document.querySelector('.left-out')?.textContent ?? ''")
        assert ("flatten" not in left_out) and (("image" in left_out) == (name == "none"))
    for full, none in zip(*answers, strict=True):
        assert full["value"] is not None and none["value"] is None
        for word in ("sources", "receptive_field", "weights", "index_map", "place", "flat"):
            assert full[word] == none[word]
    assert sizes[1] < 160_000 < sizes[0]
