"""Traces: layers in order, shapes, values within a budget; and the head on VGG16 that Flatten is about."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

import pellucid
from pellucid import Input, Model, Sequential, layers
from pellucid.errors import ArgumentError, ArgumentTypeError, ShapeError, StateError, UnknownNameError


def small():
    return Sequential([Input((3, 2, 4), name="image"), layers.Flatten(name="flatten"), layers.Dense(3, name="dense")])


def head_on_vgg16():
    vgg16 = pellucid.applications.VGG16(weights=None, include_top=False, input_shape=(150, 150, 3), name="vgg16")
    tail = [layers.Flatten(name="flatten"), layers.Dense(256, activation="relu", name="dense")]
    return Sequential([vgg16, *tail, layers.Dropout(0.5, name="dropout"), layers.Dense(1, name="dense_1")])


@pytest.fixture(scope="module")
def vgg16_trace():
    return pellucid.trace(head_on_vgg16())


def test_layers_say_their_shapes_axes_weights_and_products():
    t = pellucid.trace(small())
    assert [node.path for node in t.layers] == ["image", "flatten", "dense"]
    assert t["flatten"].input_shapes == [(None, 3, 2, 4)] and t["flatten"].output_shape == (None, 24)
    assert t["image"].axes == ("batch", "height", "width", "channels") and t["flatten"].axes == ("batch", "flat")
    assert (t["dense"].params, t["dense"].macs, t["flatten"].params) == (75, 72, 0)
    assert t["dense"].value is None


def test_values_of_a_run_are_kept_while_they_fit():
    model, x = small(), np.arange(24, dtype="float32").reshape(1, 3, 2, 4)
    t = pellucid.trace(model, x)
    assert t["flatten"].value.tolist() == [list(range(24))]
    assert torch.equal(t["dense"].value, model(x).detach())
    assert t.sources(("flatten", 5)).values().tolist() == [5]
    tight = pellucid.trace(model, x, max_bytes=110)  # 24 numbers take 96, and 3 take 12
    assert tight.left_out == ["flatten"] and tight["image"].value is not None
    assert pellucid.trace(model, x, values="none")["dense"].value is None
    assert pellucid.trace(model, x, layers=["dense"])["flatten"].value is None
    with pytest.raises(ArgumentError, match="`values` says which values are kept"):
        pellucid.trace(model, x, values="some")


def test_a_shared_layer_has_a_site_for_each_call():
    x = Input((4,), name="x")
    dense = layers.Dense(4, name="dense")
    t = pellucid.trace(Model(x, dense(dense(x))))
    assert [node.path for node in t.layers] == ["x", "dense", "dense@1"]
    assert t.address("dense@1").place is None and t.address("dense@2").place == (2,)
    assert t.address("dense@1@3").place == (3,)


@pytest.mark.parametrize(
    "at", [("flatten", 13), ("flatten", (13,)), "flatten[13]", "flatten:13", "flatten@13", ("flatten", np.int64(13))]
)
def test_an_element_can_be_named_in_several_ways(at):
    assert pellucid.trace(small()).sources(at).places == [(1, 1, 1)]


def test_wrong_addresses_say_what_would_be_right():
    t = pellucid.trace(small())
    with pytest.raises(UnknownNameError, match="nearest: flatten"):
        t.sources(("flaten", 5))
    with pytest.raises(ShapeError, match="0 to 23") as told:
        t.sources(("flatten", 24))
    assert "flatten (Flatten), (None, 3, 2, 4) -> (None, 24)" in str(told.value)
    with pytest.raises(ShapeError, match="3 coordinates: 0 to 2, 0 to 1, 0 to 3"):
        t.sources("image[0,2,0]")
    with pytest.raises(TypeError, match="no address"):
        t.sources(3.5)
    with pytest.raises(ArgumentError, match="asks for one element"):
        t.weights("flatten")


def test_a_model_of_several_inputs_wants_one_named():
    a, b = Input((2,), name="a"), Input((3,), name="b")
    t = pellucid.trace(Model([a, b], layers.Concatenate(name="join")([a, b])))
    found = t.sources("join[3]")
    assert found.by_input["b"].places == [(1,)] and found.by_input["a"].count == 0
    assert t.sources("join[3]", to="b").places == [(1,)]
    with pytest.raises(ArgumentError, match="several values"):
        found.count  # noqa: B018


def test_a_layer_without_links_is_told_and_taken_as_everything():
    x = Input((3,), name="x")
    t = pellucid.trace(Model(x, layers.Lambda(lambda value: value.flip(1), name="flip")(x)))
    found = t.sources("flip[0]")
    assert found.count == 3 and not found.exact
    assert found.reason == "flip does not say its links: all of its input is taken"
    measured = pellucid.trace(t.model, np.ones((1, 3), dtype="float32")).sources("flip[0]", verify=True)
    assert measured.places == [(2,)] and not measured.exact
    assert measured.reason.startswith("measured at these values, because flip does not say its links")
    with pytest.raises(StateError, match="Only from inputs with values"):
        t.sources("flip[0]", verify=True)


def test_in_training_the_batch_is_coupled_and_that_is_said():
    x = Input((4, 5, 2), name="x")
    model = Model(x, layers.BatchNormalization(name="batch")(x))
    found = pellucid.trace(model, training=True).sources("batch[1,1,1]")
    assert found.batch == "all" and found.axes == [list(range(4)), list(range(5)), [1]]
    assert pellucid.trace(model).sources("batch[1,1,1]").places == [(1, 1, 1)]


def test_an_empty_set_is_an_answer():
    x = Input((3, 3, 1), name="x")
    t = pellucid.trace(Model(x, layers.ZeroPadding2D(1, name="pad")(x)))
    found = t.sources("pad[0,0,0]")
    assert (found.count, found.box, found.places, bool(found)) == (0, None, [], False)
    assert t.reaches("x[0,0,0]").places == [(1, 1, 0)]


def test_a_layer_or_a_shape_alone_can_be_traced():
    assert pellucid.trace((3, 2, 4)).layers[-1].index_map().to_input(5) == (0, 1, 1)
    t = pellucid.trace(layers.Conv2D(2, 3, name="conv"), np.zeros((1, 5, 5, 1), dtype="float32"))
    assert t.sources("conv[0,0,1]").box == [(0, 2), (0, 2), (0, 0)]
    with pytest.raises(StateError, match="does not know the shape of its input"):
        pellucid.trace(layers.Conv2D(2, 3))


def test_whole_numbers_read_one_row_of_an_embedding():
    x = Input((4,), dtype="int32", name="x")
    model = Model(x, layers.Embedding(7, 3, name="rows")(x))
    t = pellucid.trace(model, np.array([[5, 0, 2, 5]]))
    assert t.weights("x[2]") == [("rows", "embeddings", (2, slice(0, 3)), 3)]
    assert t.weights("rows[0,1]").own == [("rows", "embeddings", (5, 1), 1)]
    with pytest.raises(StateError, match="only values can tell"):
        pellucid.trace(model).weights("x[2]")


def test_the_head_on_vgg16_reads_the_pooling_pixel_by_pixel(vgg16_trace):
    t = vgg16_trace
    assert t["flatten"].index_map().to_input(1536) == (0, 3, 0)
    assert t.sources(("flatten", 1536), to="vgg16/block5_pool").places == [(0, 3, 0)]
    found = t.sources(("flatten", 1536))
    assert found.exact and found.box == [(0, 121), (6, 149), (0, 2)]
    assert found.count == 17_568 * 3  # pixels, of three channels
    assert t.weights(("flatten", 1536)) == [("dense", "kernel", (1536, slice(0, 256)), 256)]
    assert t["flatten"].index_map().to_input(1537) == (0, 3, 1)


def test_the_fields_of_vgg16_are_those_of_the_books(vgg16_trace):
    """A unit of the last pooling sees 212 pixels, 32 apart; block5_conv1 sees 132, 16 apart."""
    field = vgg16_trace.receptive_field("vgg16/block5_pool[1,1,0]")
    assert (field.size, field.stride) == ((212, 212), (32, 32))
    assert field.start == (-90, -90) and field.unclipped == ((-58, 153), (-58, 153))
    assert field.clipped == ((0, 149), (0, 149)) and field.padding == ((58, 4), (58, 4))
    assert vgg16_trace.receptive_field("vgg16/block5_conv1[4,4,0]").size == (132, 132)


def test_dilation_leaves_holes_in_a_field():
    x = Input((9, 9, 1), name="x")
    t = pellucid.trace(Model(x, layers.Conv2D(1, 3, dilation_rate=2, name="conv")(x)))
    field = t.receptive_field("conv[1,2,0]")
    assert field.holes == (True, True) and field.size == (5, 5) and field.clipped == ((1, 5), (2, 6))
    assert t.sources("conv[1,2,0]").axes == [[1, 3, 5], [2, 4, 6], [0]]


def test_the_whole_is_plain_data_and_names_what_was_left_out():
    x = np.arange(24, dtype="float32").reshape(1, 3, 2, 4)
    t = pellucid.trace(small(), x, max_bytes=110)
    said = json.loads(t.to_json(max_values=24))
    assert said == t.to_dict(max_values=24)
    assert [(one["path"], one["kind"], one["inputs"]) for one in said["layers"]] == [
        ("image", "Input", []), ("flatten", "Flatten", ["image"]), ("dense", "Dense", ["flatten"])
    ]  # fmt: skip
    assert said["layers"][0]["value"] == x.tolist() and "value" not in said["layers"][2]
    assert said["left_out"] == [{"path": "flatten", "why": "max_bytes"}, {"path": "dense", "why": "max_values"}]
    assert (said["params"], said["macs"], said["inputs"], said["outputs"]) == (75, 72, ["image"], ["dense"])
    x[0, 0, 0, 0] = np.nan
    assert json.loads(pellucid.trace(small(), x).to_json())["layers"][1]["value"][0][:2] == ["nan", 1.0]


WHOLE = """\
 layer             | output          | weights | multiply-adds
-------------------+-----------------+---------+---------------
 image (Input)     | (None, 3, 2, 4) |       0 |             0
 flatten (Flatten) | (None, 24)      |       0 |             0
 dense (Dense)     | (None, 3)       |      75 |            72

75 weights; 72 multiply-adds for one sample
flatten: flat = h*8 + w*4 + c
"""


def test_the_whole_prints_as_text_within_the_width_asked_for():
    t = pellucid.trace(small())
    assert str(t) == t.to_text() == WHOLE
    t = pellucid.trace(head_on_vgg16(), np.zeros((1, 150, 150, 3), dtype="float32"), max_bytes=1e6)
    for width in (50, 80, 120):
        assert max(map(len, t.to_text(width).splitlines())) <= width
    assert "values left out, because of max_bytes: vgg16/block1_conv1, vgg16/block1_conv2" in t.to_text(200)


def test_a_second_output_of_a_layer_has_a_name_of_its_own():
    x = Input((3, 2), name="x")
    y, _, c = layers.LSTM(2, return_state=True, name="lstm")(x)
    t = pellucid.trace(Model(x, [y, c]))
    assert list(t.reaches("x[0,0]").by_input) == ["lstm", "lstm, output 2"]
    assert t.reaches("x[0,0]", to=("lstm", 2)).count == 2
    with pytest.raises(ShapeError, match="'lstm' has no output 3"):
        t.reaches("x[0,0]", to=("lstm", 3))


def test_places_may_be_written_with_blanks():
    t = pellucid.trace(small())
    for text in ("image[0,1,2]", "image[0 1 2]", "image[ 0, 1, 2 ]", "image:0,1,2", "image@6", "image[6]"):
        assert t.address(text).place == (0, 1, 2)
    for wrong in ("image[", "image[]", "image[,]", "image:"):
        with pytest.raises(UnknownNameError, match="No layer has the path"):
            t.address(wrong)


def test_a_place_below_0_is_outside_of_unknown_sizes_too():
    t = pellucid.trace(Sequential([Input((None, 4), name="x"), layers.Dense(2, name="dense")]))
    assert t.address(("x", 4003)).place == (1000, 3) and t.address(("x", (7, 1))).place == (7, 1)
    for wrong in (-1, (-1, 0), (0, 4)):
        with pytest.raises(ShapeError, match="No element"):
            t.address(("x", wrong))


def test_values_for_other_inputs_than_there_are_are_refused():
    a, b = Input((2,), name="a"), Input((3,), name="b")
    model = Model([a, b], layers.Concatenate(name="join")([a, b]))
    with pytest.raises(ShapeError, match="The values do not fit the inputs") as told:
        pellucid.trace(model, np.ones((1, 2), dtype="float32"))
    assert told.value.facts["expected"] == "a, b"


def test_axes_have_the_names_that_the_layers_around_give_them():
    """An input and a ReLU say no data format: the convolution that reads the one, and gives the other, does."""
    x = Input((3, 6, 5), name="x")
    conv = layers.Conv2D(2, 3, data_format="channels_first", name="conv")
    t = pellucid.trace(Model(x, layers.ReLU(name="relu")(conv(x))))
    for path in ("x", "conv", "relu"):
        assert t[path].axes == ("batch", "channels", "height", "width")
    field = t.receptive_field("relu[0,1,1]")
    assert field.size == (3, 3) and field.clipped == ((1, 3), (1, 3))
    steps = Input((3, 6), name="steps")
    t = pellucid.trace(Model(steps, layers.Conv1D(2, 3, data_format="channels_first", name="conv")(steps)))
    assert t["steps"].axes == ("batch", "channels", "steps")
    assert t.receptive_field("conv[0,1]").clipped == ((1, 3),)


def test_what_cannot_be_followed_is_refused():
    for thing in ("model", None, np.ones(3), 3.5):
        with pytest.raises(ArgumentTypeError, match="There is nothing to follow in this"):
            pellucid.trace(thing)
        with pytest.raises(ArgumentTypeError, match="There is nothing to follow in this"):
            pellucid.explain(thing, x=np.ones((1, 3)))
    with pytest.raises(ShapeError, match="The values are not of the shape that was asked about"):
        pellucid.trace((3, 2, 4), np.ones((1, 3, 2, 2)))
    assert pellucid.trace((None, 4), np.ones((1, 7, 4))).layers[-1].output_shape[1:] == (28,)


def test_one_number_a_sample_flattens_to_one_element():
    assert "order   a single element" in str(pellucid.explain(()))
    assert pellucid.trace(()).layers[-1].index_map().to_dict()["formula"] == "flat = 0"
