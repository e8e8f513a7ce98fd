"""Configs of old Kerases in today's words: hand-made ones, for what no golden file shows."""

import json
import warnings
import zipfile

import h5py
import numpy as np
import pytest

import pellucid
from models.test_old_files import FOLDER, outputs, told
from pellucid.errors import FileError
from pellucid.files import ages, old_calls, tensorflow_nodes
from pellucid.saving import load_model


def stack(*layers, version="2.2.4"):
    """What becomes of the layers of a Keras 2 stack."""
    config = {"class_name": "Sequential", "config": {"name": "s", "layers": list(layers)}}
    return ages.modern(config, version)["config"]["layers"]


def entry(class_name, **config):
    return {"class_name": class_name, "config": {"name": "a", **config}}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (entry("LeakyReLU", alpha=0.3), entry("LeakyReLU", negative_slope=0.3)),
        (
            entry("LeakyReLU", alpha={"type": "ndarray", "value": 0.25}),
            entry("LeakyReLU", negative_slope=0.25),
        ),
        (entry("ThresholdedReLU", theta=1.5), entry("ReLU", threshold=1.5)),
        (entry("BatchNormalizationV1", axis=[3], fused=True, renorm=False), entry("BatchNormalization", axis=3)),
        (entry("DepthwiseConv2D", groups=1, filters=None), entry("DepthwiseConv2D")),
        (
            entry("CuDNNLSTM", units=2, time_major=False),
            entry("LSTM", units=2, recurrent_activation="sigmoid"),
        ),
        (
            entry("GRU", units=2, implementation=1),
            entry("GRU", units=2, reset_after=False, recurrent_activation="hard_sigmoid_of_keras_2"),
        ),
        (entry("Activation", activation="hard_sigmoid"), entry("Activation", activation="hard_sigmoid_of_keras_2")),
        (entry("Flatten"), entry("Flatten", data_format="channels_last")),
        (entry("Dense", dtype={"class_name": "Policy", "config": {"name": "mixed_float16"}}),
         entry("Dense", dtype="mixed_float16")),
    ],
)  # fmt: skip
def test_a_layer_of_keras_2_in_todays_words(given, expected):
    assert stack(given) == [expected]


def test_keras_3_says_hard_sigmoid_and_means_its_own():
    assert stack(entry("Activation", activation="hard_sigmoid"), version="3.15.1")[0]["config"]["activation"] == (
        "hard_sigmoid"
    )


@pytest.mark.parametrize("version", ["2.2.4", "3.15.1", None])
def test_a_flatten_without_a_key_is_a_plain_reshape_whatever_the_setting(version):
    pellucid.config.set_image_data_format("channels_first")
    try:
        config = stack(entry("Flatten"), version=version)[0]
        flatten = pellucid.layers.deserialize(config)
    finally:
        pellucid.config.set_image_data_format("channels_last")
    x = np.arange(12.0).reshape(1, 2, 2, 3)
    assert flatten(x).tolist() == [list(range(12))]


@pytest.mark.parametrize(
    ("given", "key"),
    [
        (entry("LSTM", units=2, time_major=True), "time_major=True"),
        (entry("BatchNormalization", renorm=True), "renorm=True"),
        (entry("Conv2DTranspose", groups=2), "groups=2"),
        (entry("Attention", causal=True), "causal=True"),
    ],
)
def test_a_setting_that_is_gone_is_told_with_its_place(given, key):
    with pytest.raises(FileError, match=rf"no longer has(?s:.*){key}(?s:.*)where +s/a"):
        stack(given)


@pytest.mark.parametrize(
    ("given", "match"),
    [
        (entry("BatchNormalization", mode=2), "mode=2"),
        (entry("Merge", mode="lambda"), "Merge"),
        (entry("Dense", W_regularizer={"name": "EigenvalueRegularizer", "k": 1}), "EigenvalueRegularizer"),
    ],
)
def test_what_keras_1_had_and_nobody_has_is_told(given, match):
    with pytest.raises(FileError, match=rf"{match}(?s:.*)where +s/a"):
        stack(given, version="1.2.2")


def test_classes_of_yours_stay_as_they_are():
    given = entry("Highway", transform_bias=-2, batch_input_shape=[None, 3])
    config = {"class_name": "Sequential", "config": [given]}
    assert ages.modern(config, "1.2.2", known={"Highway"})["config"]["layers"][1]["config"] == {
        "name": "a", "transform_bias": -2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("config", "version", "expected"),
    [
        ({"batch_input_shape": [None, 3]}, None, 2), ({"nb_filter": 3}, None, 1), ({"units": 3}, None, 3),
        ({"nb_filter": 3}, "3.0.0", 3), ({}, "2.2.4-tf", 2), ({}, "1.2.2", 1), ({}, "odd", 3),
    ],
)  # fmt: skip
def test_the_age_of_a_config(config, version, expected):
    assert ages.era([{"config": config}], version) == expected


def test_layers_that_never_wrote_their_order_have_that_of_the_others():
    conv = entry("Convolution2D", nb_filter=1, nb_row=1, nb_col=1, dim_ordering="th")
    found = stack(entry("UpSampling2D", size=[2, 2]), conv, version="1.2.2")
    assert [layer["config"]["data_format"] for layer in found] == ["channels_first"] * 2


def test_calls_of_old_graphs():
    names = {"x": 0, "inner": 1}
    mark = old_calls.mark
    assert old_calls.modern([["x", 0, 0]], names, "Dense") == {"args": [mark("x", 0, 0)], "kwargs": {}}
    assert old_calls.modern([["inner", 1, 0, {}], ["x", 0, 1, {}]], names, "Add")["args"] == [
        [mark("inner", 0, 0), mark("x", 0, 1)]
    ]
    with_words = [["x", 0, 0, {"value": ["inner", 1, 0], "use_causal_mask": True, "mask": None}]]
    assert old_calls.modern(with_words, names, "MultiHeadAttention") == {
        "args": [mark("x", 0, 0)], "kwargs": {"value": mark("inner", 0, 0), "use_causal_mask": True},
    }  # fmt: skip
    assert old_calls.modern(["_CONSTANT_VALUE", -1, 3.0, {"y": ["x", 0, 0]}], names, "TFOpLambda") == {
        "args": [3.0], "kwargs": {"y": mark("x", 0, 0)},
    }  # fmt: skip
    assert old_calls.modern([["x", 0, 0], ["x", 0, 1]], names, "LSTM") == {
        "args": [mark("x", 0, 0)], "kwargs": {"initial_state": [mark("x", 0, 1)]},
    }  # fmt: skip


def graph_with(layer):
    layers = [{**entry("InputLayer", batch_input_shape=[None, 4]), "name": "x", "inbound_nodes": []}]
    layers[0]["config"]["name"] = "x"
    layers.append({"name": "f", "inbound_nodes": [["x", 0, 0, {"odd": 1} if "odd" in layer else {}]], **layer["entry"]})
    config = {"name": "g", "layers": layers, "input_layers": [["x", 0, 0]], "output_layers": [["f", 0, 0]]}
    return ages.modern({"class_name": "Functional", "config": config}, "2.9.0")


def test_functions_of_tensorflow_that_are_not_known_are_named():
    function = {"class_name": "TFOpLambda", "config": {"name": "f", "function": "signal.stft"}}
    with pytest.raises(FileError, match=r"'signal.stft', which has no counterpart(?s:.*)where +f"):
        graph_with({"entry": function})
    function["config"]["function"] = "math.exp"
    with pytest.raises(FileError, match=r"'exp' with a keyword that is not known(?s:.*)odd=1"):
        graph_with({"entry": function, "odd": True})
    node = {"class_name": "TensorFlowOpLayer", "config": {"name": "f", "node_def": '{"op": "FFT3D"}', "constants": {}}}
    with pytest.raises(FileError, match=r"node 'FFT3D', which has no counterpart"):
        graph_with({"entry": node})


def test_slices_of_tensorflow_nodes():
    layer = {"name": "f", "config": {"constants": {"1": [0, 2, 0], "2": [0, 0, 3], "3": [1, 1, 2]}}}
    masks = {"begin_mask": {"i": "1"}, "end_mask": {"i": "1"}, "shrink_axis_mask": {"i": "2"}}
    layer["config"]["node_def"] = {"op": "StridedSlice", "attr": masks}
    layer["inbound_nodes"] = [{"args": [old_calls.mark("x", 0, 0)], "kwargs": {}}]
    call = tensorflow_nodes.as_function(layer)["inbound_nodes"][0]
    assert call["kwargs"]["slice_spec"] == [
        {"start": None, "stop": None, "step": None}, 2, {"start": 0, "stop": 3, "step": 2},
    ]  # fmt: skip


def golden_config(age, name):
    with zipfile.ZipFile(FOLDER / f"{age}.zip") as archive, archive.open(name) as file, h5py.File(file) as h5:
        text = h5.attrs["model_config"]
        return text if isinstance(text, str) else text.decode()


@pytest.mark.parametrize(("age", "name"), [("keras1_theano", "branches.h5"), ("keras2_tensorflow", "states.h5")])
def test_old_json_is_a_model_that_old_weights_fit(age, name, tmp_path):
    model = pellucid.models.model_from_json(golden_config(age, name))
    path, known = told(age, name, tmp_path)
    model.load_weights(path)
    for y, expected in zip(outputs(model, known["x"]), known["y"], strict=True):
        np.testing.assert_allclose(y, expected, atol=1e-6)


def test_old_json_that_says_its_version_is_read_by_it():
    config = json.loads(golden_config("keras2_theano", "dense.h5")) | {"keras_version": "2.2.4", "backend": "theano"}
    model = pellucid.models.model_from_json(json.dumps(config))
    assert model.layers[2].activation(2.0).item() == pytest.approx(0.2 * 2 + 0.5)


def weights_alone(source, target):
    """The weights of a whole model's file as a file of their own, as `save_weights` wrote them."""
    with h5py.File(source) as whole, h5py.File(target, "w") as alone:
        for name in whole["model_weights"]:
            whole.copy(f"model_weights/{name}", alone)
        for name, value in whole["model_weights"].attrs.items():
            alone.attrs[name] = value


def test_weights_of_keras_1_alone_go_into_a_model(tmp_path):
    path, known = told("keras1_theano", "recurrent.h5", tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it was not compiled
        model = load_model(path)
    weights_alone(path, tmp_path / "alone.h5")
    before = model.get_weights()
    model.set_weights([w * 0 for w in before])
    with pytest.warns(UserWarning, match="weights of Keras 1 on Theano"):
        model.load_weights(tmp_path / "alone.h5")
    np.testing.assert_allclose(outputs(model, known["x"])[0], known["y"][0], atol=1e-6)
    model.set_weights([w * 0 for w in before])
    with pytest.warns(UserWarning, match="weights of Keras 1 on Theano"):
        model.load_weights(tmp_path / "alone.h5", by_name=True)
    np.testing.assert_allclose(outputs(model, known["x"])[0], known["y"][0], atol=1e-6)


def test_margins_that_theano_put_otherwise_are_told(tmp_path):
    path, _ = told("keras2_theano", "conv.h5", tmp_path)
    with h5py.File(path, "r+") as h5:
        config = json.loads(h5.attrs["model_config"])
        config["config"]["layers"][0]["config"]["strides"] = [2, 2]
        config["config"]["layers"] = config["config"]["layers"][:1]
        h5.attrs["model_config"] = json.dumps(config)
        del h5["model_weights"].attrs["layer_names"]
        h5["model_weights"].attrs["layer_names"] = [b"conv2d_1"]
    with pytest.warns(UserWarning, match="which Theano did one place off"):
        load_model(path, compile=False)
