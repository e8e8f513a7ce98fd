"""Modules of PyTorch as layers: they compute, train and are saved as PyTorch and Keras do it."""

import keras
import numpy as np
import pytest
import torch

import pellucid
from pellucid import layers, models
from pellucid.config import enable_unsafe_deserialization
from pellucid.errors import ArgumentError, ArgumentTypeError, FileError
from pellucid.layers import TorchModuleWrapper
from pellucid.saving import load_model

X = np.random.default_rng(0).normal(size=(12, 3)).astype("float32")
Y = np.random.default_rng(1).normal(size=(12, 2)).astype("float32")


def module():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Tanh(), torch.nn.Linear(4, 2))


def network(library, wrapped=None):
    return library.Sequential(
        [library.Input((3,)), library.layers.TorchModuleWrapper(wrapped or module(), output_shape=(None, 2))]
    )


def test_it_computes_what_the_module_does():
    layer, twin = TorchModuleWrapper(module()), module()
    assert torch.equal(layer(X, training=True), twin(torch.from_numpy(X)))
    assert torch.equal(layer(X, training=False), twin.eval()(torch.from_numpy(X)))


def test_it_learns_what_it_learns_in_keras():
    trained = []
    for library in (pellucid, keras):
        model = network(library)
        model.compile(library.optimizers.SGD(0.1, momentum=0.9), "mse")
        losses = model.fit(X, Y, epochs=3, batch_size=4, shuffle=False, verbose=0).history["loss"]
        trained.append((losses, model.predict(X, verbose=0), model.layers[0].module.state_dict()))
    (ours, our_outputs, our_state), (theirs, their_outputs, their_state) = trained
    np.testing.assert_allclose(ours, theirs, rtol=1e-4)
    np.testing.assert_allclose(our_outputs, their_outputs, atol=1e-5)
    for key, value in their_state.items():
        np.testing.assert_allclose(our_state[key].detach(), value.detach(), atol=1e-5)


def test_a_weight_and_the_modules_tensor_are_one():
    wrapped = module()
    layer = TorchModuleWrapper(wrapped)
    assert [v.name for v in layer.trainable_weights] == [
        "0_weight",
        "0_bias",
        "1_weight",
        "1_bias",
        "3_weight",
        "3_bias",
    ]
    assert [v.name for v in layer.non_trainable_weights] == ["1_running_mean", "1_running_var", "1_num_batches_tracked"]
    layer.set_weights([np.full(v.shape, 2) for v in layer.weights])
    assert all(bool((value == 2).all()) for value in wrapped.state_dict().values())
    layer(X, training=True)
    assert int(layer.weights[-1]) == 3  # the module counted its batch


def test_frozen_parameters_stay():
    wrapped = module()
    wrapped[0].requires_grad_(False)
    model = network(pellucid, wrapped)
    before = {key: value.clone() for key, value in wrapped.state_dict().items()}
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)
    assert len(model.trainable_weights) == 4
    assert torch.equal(wrapped[0].weight, before["0.weight"]) and not torch.equal(wrapped[3].weight, before["3.weight"])


def test_buffers_that_a_module_sets_anew_are_followed():
    class Counting(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("seen", torch.zeros(()))

        def forward(self, x):
            if self.training:
                self.seen = self.seen + len(x)
            return x

    layer = TorchModuleWrapper(Counting())
    layer(X, training=True)
    layer(X, training=True)
    assert float(layer.weights[0]) == float(layer.module.seen) == 24


def test_shapes_are_found_by_running_it_without_values():
    inputs = layers.Input((3, 8, 8))
    wrapped = torch.nn.Sequential(torch.nn.Conv2d(3, 5, 3, stride=2), torch.nn.BatchNorm2d(5))
    outputs = TorchModuleWrapper(wrapped)(inputs)
    assert outputs.shape == (None, 5, 3, 3)
    assert int(wrapped[1].num_batches_tracked) == 0  # nothing was counted on the way
    assert models.Model(inputs, outputs).predict(np.ones((2, 3, 8, 8)), verbose=0).shape == (2, 5, 3, 3)


def test_it_follows_the_dtype_policy():
    layer = TorchModuleWrapper(torch.nn.Linear(3, 2), dtype="mixed_bfloat16")
    assert layer(X).dtype is torch.bfloat16
    assert layer.weights[0].dtype == "float32"


class Holder(pellucid.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.inner, self.last = module(), layers.Dense(2)

    def call(self, x, training=None):
        return self.last(self.inner(x, training=training))


def test_modules_set_as_attributes_become_layers(tmp_path):
    model = Holder()
    assert isinstance(model.inner, TorchModuleWrapper) and len(model.layers) == 2
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)
    assert len(model.trainable_weights) == 8
    model.save_weights(tmp_path / "m.weights.h5")
    again = Holder()
    again(X)
    again.load_weights(tmp_path / "m.weights.h5")
    assert np.array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))
    model.save(tmp_path / "m.keras")
    again = load_model(tmp_path / "m.keras", custom_objects={"Holder": Holder})
    assert np.array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))


@pytest.mark.parametrize("way", ["to", "from"])
def test_weights_go_to_keras_and_back(way, tmp_path):
    source, target = (pellucid, keras) if way == "to" else (keras, pellucid)
    first, second = (
        network(source),
        network(
            target,
            torch.nn.Sequential(*[type(m)(*a) for m, a in zip(module(), [(3, 4), (4,), (), (4, 2)], strict=True)]),
        ),
    )
    first.compile("sgd", "mse")
    first.fit(X, Y, verbose=0)
    first.save_weights(tmp_path / "m.weights.h5")
    second.load_weights(tmp_path / "m.weights.h5")
    np.testing.assert_allclose(second.predict(X, verbose=0), first.predict(X, verbose=0), atol=1e-6)


def test_weights_of_one_tensor_are_one():
    tied = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Linear(3, 3))
    tied[1].weight = tied[0].weight
    layer, store = TorchModuleWrapper(tied), {}
    assert len(layer.weights) == 3
    layer.save_own_variables(store)
    assert set(store) == set(tied.state_dict()) and store["0.weight"] is store["1.weight"]


def test_another_modules_weights_are_refused_and_nothing_changes(tmp_path):
    network(pellucid).save_weights(tmp_path / "m.weights.h5")
    other = network(pellucid, torch.nn.Linear(3, 2))
    before = other.get_weights()
    with pytest.raises(FileError, match="another state dict"):
        other.load_weights(tmp_path / "m.weights.h5")
    assert all(np.array_equal(a, b) for a, b in zip(before, other.get_weights(), strict=True))


def test_a_pickle_in_a_file_is_never_opened(tmp_path, monkeypatch):
    model = network(pellucid)
    model.save(tmp_path / "m.keras")
    with pytest.raises(FileError, match="code from a config is not run"):
        load_model(tmp_path / "m.keras")
    monkeypatch.setattr(torch, "load", lambda *args, **kwargs: pytest.fail("a pickle was opened"))
    again = load_model(tmp_path / "m.keras", safe_mode=False)  # a module of this very process
    assert np.array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))
    assert again.layers[0].module is not model.layers[0].module
    config = model.layers[0].get_config()
    with pytest.raises(ArgumentError, match="load_weights"):
        TorchModuleWrapper.from_config({**config, "module": "gA=="}, safe_mode=False)
    with pytest.raises(ArgumentError, match="safe_mode=False"):
        TorchModuleWrapper.from_config(config)
    enable_unsafe_deserialization()
    assert isinstance(TorchModuleWrapper.from_config(config).module, torch.nn.Sequential)


def test_keras_opens_what_is_written_here(tmp_path):
    model = network(pellucid)
    model.save(tmp_path / "m.keras")
    theirs = keras.saving.load_model(tmp_path / "m.keras", safe_mode=False)
    np.testing.assert_allclose(theirs.predict(X, verbose=0), model.predict(X, verbose=0), atol=1e-6)


@pytest.mark.filterwarnings("ignore:Lazy modules")  # PyTorch's own
def test_what_is_no_module_is_told():
    with pytest.raises(ArgumentTypeError, match=r"torch\.nn\.Linear"):
        TorchModuleWrapper("linear")
    with pytest.raises(ArgumentError, match="does not know its shapes"):
        TorchModuleWrapper(torch.nn.LazyLinear(3))
