"""Whole networks go Keras to PyTorch, PyTorch to Keras, both to ONNX and back, and each step is proved.

Judges: Keras on PyTorch runs the network it made, PyTorch and ONNX Runtime what came out.
"""

import keras
import numpy as np
import onnxruntime
import pytest
import torch

import pellucid
from convert import networks
from pellucid import convert

SMALL = ("autoencoder",)
REST = ("cnn", "crnn", "unet", "vit")
# name -> how Keras makes a small one.
KERAS = {
    "VGG16": lambda make: make(weights=None, input_shape=(32, 32, 3), classes=7),
    "ResNet50": lambda make: make(weights=None, input_shape=(64, 64, 3), classes=7),
    "MobileNetV2": lambda make: make(weights=None, input_shape=(64, 64, 3), classes=7, alpha=0.35),
    "DenseNet121": lambda make: make(weights=None, input_shape=(64, 64, 3), classes=7),
}


def proved(a, b, **words):
    proof = convert.prove(a, b, **words)
    assert proof, str(proof)


def check_there_and_back(model, tmp_path):
    """Out to both worlds and home again, a proof at each step."""
    module = convert.to_torch(model, path=tmp_path / "net.py")
    proved(model, module)
    convert.to_onnx(model, tmp_path / "net.onnx")
    proved(model, tmp_path / "net.onnx", input_layout="channels_first")
    shape = (model.input_shape[-1], *model.input_shape[1:-1])
    for again in (convert.from_torch(module, shape), convert.from_onnx(tmp_path / "net.onnx")):
        proved(model, again)
        assert contents(again) == contents(model)
    return module


def contents(model) -> list:
    """The bytes of all weights, and their shapes, whatever they are called.

    Heads of attention, which PyTorch and ONNX write as plain matrices, are axes of their own only in Keras's layers.
    """
    weights = [(weight.shape, weight.tobytes()) for weight in model.get_weights()]
    return sorted(data if model.name.startswith(("vit", "Vit")) else (shape, data) for shape, data in weights)


@pytest.mark.parametrize("name", [*SMALL, *(pytest.param(name, marks=pytest.mark.heavy) for name in REST)])
def test_small_networks_go_there_and_back(name, tmp_path):
    model = networks.fill(getattr(networks, name)())
    check_there_and_back(model, tmp_path)


@pytest.mark.heavy
@pytest.mark.parametrize("name", KERAS)
def test_networks_that_keras_made_go_there_and_back(name, tmp_path):
    keras.utils.set_random_seed(0)
    original = KERAS[name](getattr(keras.applications, name))
    original.save(tmp_path / "net.keras")
    model = pellucid.models.load_model(tmp_path / "net.keras")
    module = check_there_and_back(model, tmp_path)
    x = np.random.default_rng(0).normal(size=(2, *original.input_shape[1:])).astype("float32")
    judged = original.predict(x, verbose=0)
    turned = np.ascontiguousarray(x.transpose(0, 3, 1, 2))
    with torch.no_grad():
        np.testing.assert_allclose(module(torch.from_numpy(turned)).numpy(), judged, rtol=1e-4, atol=1e-6)
    session = onnxruntime.InferenceSession(str(tmp_path / "net.onnx"), providers=["CPUExecutionProvider"])
    [found] = session.run(None, {session.get_inputs()[0].name: turned})
    np.testing.assert_allclose(found, judged, rtol=1e-4, atol=1e-6)


def test_a_network_that_keras_made_computes_the_same_everywhere(tmp_path):
    keras.utils.set_random_seed(0)
    layers = keras.layers
    x = keras.Input((9, 11, 3))
    y = layers.Conv2D(4, 3, strides=2, padding="same", activation="relu")(x)
    y = layers.BatchNormalization()(y)
    y = layers.AveragePooling2D(2, padding="same")(y)
    y = layers.Bidirectional(layers.GRU(3, return_sequences=True))(layers.Reshape((3, 12))(y))
    original = keras.Model(x, layers.Dense(5, activation="softmax")(layers.Flatten()(y)))
    original.save(tmp_path / "net.keras")
    model = pellucid.models.load_model(tmp_path / "net.keras")
    data = np.random.default_rng(0).normal(size=(2, 9, 11, 3)).astype("float32")
    judged = original.predict(data, verbose=0)
    turned = torch.from_numpy(data.transpose(0, 3, 1, 2).copy())
    np.testing.assert_allclose(convert.to_torch(model)(turned).detach().numpy(), judged, rtol=1e-5, atol=1e-7)
    convert.to_onnx(model, tmp_path / "net.onnx")
    [found] = onnxruntime.InferenceSession(str(tmp_path / "net.onnx")).run(None, {model.inputs[0].name: turned.numpy()})
    np.testing.assert_allclose(found, judged, rtol=1e-5, atol=1e-7)
