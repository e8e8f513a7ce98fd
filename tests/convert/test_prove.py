"""prove tells equal networks from those converted wrong, and says where and why they part."""

import keras
import numpy as np
import pytest
import torch

from convert import networks
from pellucid import convert, layers
from pellucid.errors import ArgumentError, ArgumentTypeError
from pellucid.models import Model, Sequential

NETWORKS = [networks.cnn, networks.unet, networks.autoencoder, networks.crnn, networks.vit]


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.__name__)
@pytest.mark.parametrize("way", ["there", "back"])
def test_a_conversion_is_proved(network, way):
    model = network()
    new = convert.relayout(model, "channels_first")
    proof = convert.prove(model, new) if way == "there" else convert.prove(new, model)
    assert proof and proof.equal and proof.could_tell
    assert [one.what for one in proof.rounds] == ["whole numbers", "the real weights"]
    assert proof.difference is None


def test_whole_numbers_are_compared_exactly():
    proof = convert.prove(networks.autoencoder(), convert.relayout(networks.autoencoder(), "channels_first"))
    assert not proof  # two networks drawn apart
    model = networks.autoencoder()
    proof = convert.prove(model, convert.relayout(model, "channels_first"))
    assert proof.rounds[0].how == "== in float32, where every sum is exact" and proof.rounds[0].largest == 0
    assert [control.what for control in proof.controls][-1] == "every order of weights"
    assert len(proof.controls) == 4 and all(control.seen for control in proof.controls)


def test_layers_that_round_are_named():
    model = networks.vit()
    proof = convert.prove(model, convert.relayout(model, "channels_first"))
    assert "== in float32; not exact on whole numbers: layer_normalization and what follows" in proof.rounds[0].how
    assert proof.rounds[1].how == "in float64, within 1e-09 of the largest"


def test_activations_that_hide_large_numbers_are_left_out_of_whole_numbers_only():
    model = networks.unet()
    proof = convert.prove(model, convert.relayout(model, "channels_first"))
    assert proof.rounds[0].how == "== in float32, where every sum is exact"
    assert any("softmax, sigmoid and tanh were left out" in note for note in proof.notes)
    other = convert.relayout(model, "channels_first")
    other.layers[-1].axis = 2
    assert not convert.prove(model, other)  # seen with the real weights


def naive(model, layer):
    """A conversion that forgets one kernel."""
    new = convert.relayout(model, "channels_first")
    new.get_layer(layer).kernel.assign(model.get_layer(layer).kernel.value)
    return new


@pytest.mark.parametrize("shape", [(4, 6, 3), (4, 4, 4)], ids=str)
def test_rows_left_where_they_were_are_found(shape):
    model = networks.cnn(shape)
    dense = model.layers[-2].name
    proof = convert.prove(model, naive(model, dense))
    assert not proof and proof.difference.layer == dense
    assert proof.difference.cause.startswith("dense/kernel was not moved")
    assert "not equal" in str(proof) and f"first layer that differs: {dense}" in str(proof)


def test_permuted_rows_are_found():
    model = networks.cnn()
    new = convert.relayout(model, "channels_first")
    kernel = new.get_layer(new.layers[-2].name).kernel
    kernel.assign(kernel.value.roll(1, 0))
    proof = convert.prove(model, new)
    assert not proof and "rows permuted" in proof.difference.cause


def test_the_first_element_is_named_by_its_place_in_both():
    model = Sequential([layers.Input((3, 4, 2)), layers.Conv2D(5, 1, name="conv")])
    new = convert.relayout(model, "channels_first")
    kernel = new.get_layer("conv").kernel
    with torch.no_grad():
        kernel.value[..., 3] += 1.0
    found = convert.prove(model, new).difference
    assert (found.layer, found.place, found.other_place) == ("conv", (0, 0, 0, 3), (0, 3, 0, 0))
    assert found.cause == "sequential/conv/kernel holds other numbers than sequential/conv/kernel"


class Padded(torch.nn.Module):
    """A convolution with a stride, padded by the half of its kernel on both sides."""

    def __init__(self, pad):
        super().__init__()
        self.conv, self.pad = torch.nn.Conv2d(2, 3, 3, stride=2), pad

    def forward(self, x):
        return self.conv(torch.nn.functional.pad(x, self.pad))


def test_padding_on_the_wrong_side_is_seen_against_a_torch_module():
    model = networks.fill(Sequential([layers.Input((6, 6, 2)), layers.Conv2D(3, 3, 2, padding="same", name="conv")]))
    kernel, bias = (torch.from_numpy(w) for w in model.get_weights())
    right, wrong = Padded((0, 1, 0, 1)), Padded((1, 0, 1, 0))
    for module in (right, wrong):
        module.conv.load_state_dict({"weight": kernel.permute(3, 2, 0, 1), "bias": bias})
    proof = convert.prove(model, right, input_layout="channels_first")
    assert proof and proof.is_exact and proof.could_tell
    proof = convert.prove(model, wrong, input_layout="channels_first")
    assert not proof and proof.difference.layer == "conv"


def test_a_module_faces_the_model_it_came_from_and_that_one_moved():
    model = networks.cnn((4, 6, 3))
    moved, module = convert.relayout(model, "channels_first"), convert.to_torch(model)
    for pair in ((model, module), (module, model), (moved, module), (module, moved)):
        assert convert.prove(*pair)


def test_another_epsilon_is_told():
    model = Sequential([layers.Input((4, 4, 2)), layers.BatchNormalization(name="norm")])
    module = torch.nn.Sequential()
    module.add_module("norm", torch.nn.BatchNorm2d(2, eps=1e-5))
    proof = convert.prove(model, module.eval(), input_layout="channels_first")
    assert not proof and proof.difference.cause == "epsilon: 0.001 in the first, 1e-05 in the second"
    module = torch.nn.Sequential()
    module.add_module("norm", torch.nn.BatchNorm2d(2, eps=1e-3))
    assert convert.prove(model, module.eval(), input_layout="channels_first")


def test_another_activation_is_told():
    model, other = (
        Sequential([layers.Input((6,)), layers.Dense(4, activation=kind, name="dense", kernel_initializer="ones")])
        for kind in ("relu", "elu")
    )
    proof = convert.prove(model, other)
    assert proof.difference.cause == "activation: relu in the first, elu in the second"


def test_keras_is_a_judge_as_a_function():
    model = networks.cnn()
    with_keras = keras.Sequential(
        [keras.layers.Input((8, 6, 3)), keras.layers.Conv2D(4, 3, padding="same", activation="relu"),
         keras.layers.MaxPooling2D(2), keras.layers.BatchNormalization(), keras.layers.Flatten(), keras.layers.Dropout(0.5),
         keras.layers.Dense(5, activation="relu"), keras.layers.Dense(3)]
    )  # fmt: skip
    with_keras.set_weights(model.get_weights())
    proof = convert.prove(model, lambda x: with_keras(x).detach())
    assert proof and [one.what for one in proof.rounds] == ["the real weights"]
    assert "Nobody can get at the weights of the second network" in proof.notes[0]


def test_files_and_inputs_of_ones_own_are_compared(tmp_path):
    model = networks.cnn()
    model.save(tmp_path / "model.keras")
    convert.relayout(model, "channels_first").save(tmp_path / "first.keras")
    x = np.random.default_rng(0).normal(size=(2, 8, 6, 3)).astype("float32")
    assert convert.prove(tmp_path / "model.keras", str(tmp_path / "first.keras"), samples=[x])


def test_what_is_given_stays_as_it_is():
    model = networks.cnn()
    new = convert.relayout(model, "channels_first")
    kept = [w.tobytes() for w in model.get_weights() + new.get_weights()]
    convert.prove(model, new)
    assert kept == [w.tobytes() for w in model.get_weights() + new.get_weights()]


def test_a_test_that_could_not_tell_says_so():
    model = Sequential(
        [
            layers.Input((4, 4, 3)),
            layers.Conv2D(2, 1),
            layers.Flatten(),
            layers.Dense(3),
            layers.Lambda(lambda v: v * 0.0),
        ]
    )
    proof = convert.prove(model, convert.relayout(model, "channels_first"))
    assert proof.equal and (not proof.could_tell or any("could be made" in note for note in proof.notes))


def test_a_proof_draws_itself_as_text_html_and_data():
    model = networks.cnn()
    new = convert.relayout(model, "channels_first")
    proof = convert.prove(model, new)
    assert "== in float32" in str(proof) and "seen to differ" in str(proof)
    page = proof.to_html()
    assert page.startswith("<!doctype html>") and "<script" not in page and "the order of dense/kernel" in page
    assert proof.to_dict()["equal"] is True and proof.to_dict()["controls"][0]["seen"] is True
    assert "48 indices of in" in str(new.ledger) and "0 transposes left" in new.ledger.to_html()


def test_names_from_a_model_are_escaped():
    model = Sequential([layers.Input((4, 4, 3)), layers.Conv2D(2, 1), layers.Dense(3)], name="<b>&")
    assert "<b>" not in convert.prove(model, convert.relayout(model, "channels_first")).to_html()


def test_questions_that_cannot_be_answered_are_told():
    with pytest.raises(ArgumentTypeError, match="A proof is about things that run"):
        convert.prove(networks.cnn(), 3)
    with pytest.raises(ArgumentError, match="Neither network says which shapes go in"):
        convert.prove(torch.nn.ReLU(), torch.nn.ReLU())
    with pytest.raises(ArgumentError, match="`input_layout` says where"):
        convert.prove(networks.cnn(), torch.nn.ReLU(), input_layout="NCHW")
    with pytest.raises(ArgumentError, match="`samples` is how many inputs to draw, or the inputs"):
        convert.prove(networks.cnn(), networks.cnn(), samples=[])
    inputs = layers.Input((3,))
    with pytest.raises(ArgumentError, match="different numbers of outputs"):
        convert.prove(
            Model(inputs, layers.Dense(2)(inputs)), Model(inputs, [layers.Dense(2)(inputs), layers.Dense(2)(inputs)])
        )
