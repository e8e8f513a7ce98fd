"""Rescaling and Normalization beside Keras's: numbers learned from data, kinds of input, what is refused."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import torch

import pellucid
from pellucid import errors, layers


def data(*shape: int):
    return np.random.default_rng(0).normal(3, 2, shape).astype("float32")


@pytest.mark.parametrize("axis", [-1, 1, None, (1, 2), (-1, 1)])
@pytest.mark.parametrize("invert", [False, True])
def test_numbers_are_learned_from_an_array(axis, invert):
    x = data(20, 3, 4)
    theirs, ours = keras.layers.Normalization(axis, invert=invert), layers.Normalization(axis, invert=invert)
    theirs.adapt(x)
    ours.adapt(x)
    np.testing.assert_allclose(ours.mean, theirs.mean, rtol=1e-5)
    np.testing.assert_allclose(ours.variance, theirs.variance, rtol=1e-5)
    np.testing.assert_allclose(ours(x), theirs(x), rtol=1e-4, atol=1e-5)


class Batches(pellucid.utils.PyDataset):
    def __len__(self):
        return 3

    def __getitem__(self, index):
        return data(20, 4)[index * 7 : index * 7 + 7], "y"


BATCHES = {
    "list": lambda x: [x[:5], x[5:]],
    "generator": lambda x: (x[k : k + 3] for k in range(0, 20, 3)),
    "tensors": lambda x: [torch.tensor(x[:1]), torch.tensor(x[1:])],
    "pairs": lambda x: [(x[:5], "y"), (x[5:], "y")],
    "dataset": lambda x: Batches(),
    "tensor": torch.tensor,
}


@pytest.mark.parametrize("kind", BATCHES)
def test_batches_teach_what_the_whole_does(kind):
    x = data(20, 4)
    layer = layers.Normalization()
    layer.adapt(np.zeros((3, 4)))  # what was learned before is forgotten
    layer.adapt(BATCHES[kind](x))
    np.testing.assert_allclose(layer.mean[0], x.mean(0), rtol=1e-5)
    np.testing.assert_allclose(layer.variance[0], x.var(0), rtol=1e-5)


def test_learned_numbers_are_saved_with_a_model(tmp_path):
    inputs = pellucid.Input((4,))
    layer = layers.Normalization()
    layer.adapt(data(20, 4))
    model = pellucid.Model(inputs, layer(inputs))
    model.save(tmp_path / "m.keras")
    for library in (pellucid, keras):
        loaded = library.models.load_model(tmp_path / "m.keras")
        np.testing.assert_allclose(loaded.predict(data(2, 4), verbose=0), layer(data(2, 4)), rtol=1e-5)


def test_a_constant_is_not_divided_by_0():
    layer = layers.Normalization(mean=[1.0, 2.0], variance=[0.0, 4.0])
    assert layer(np.array([[1.0, 4.0]])).tolist() == [[0.0, 1.0]]  # by hand: (1-1)/eps, (4-2)/2


@pytest.mark.parametrize("x", [np.array([[0, 255]], "uint8"), [[0, 255]], torch.tensor([[0, 255]])])
def test_whole_numbers_are_rescaled_to_floats(x):
    out = layers.Rescaling(1 / 255, offset=1)(x)
    assert out.tolist() == [[1.0, 2.0]]
    assert out.dtype == torch.float32


def test_a_scale_for_each_channel_follows_the_order_of_axes():
    pellucid.config.set_image_data_format("channels_first")
    try:
        out = layers.Rescaling([1.0, 2.0], offset=[0.0, 1.0])(np.ones((1, 2, 1, 3), "float32"))
    finally:
        pellucid.config.set_image_data_format("channels_last")
    assert out.tolist() == [[[[1.0, 1.0, 1.0]], [[3.0, 3.0, 3.0]]]]


def test_an_array_as_scale_survives_the_config():
    config = pellucid.saving.serialize_keras_object(layers.Rescaling(np.array([1.0, 2.0]), name="it"))
    assert config == keras.saving.serialize_keras_object(keras.layers.Rescaling(np.array([1.0, 2.0]), name="it"))
    assert pellucid.saving.deserialize_keras_object(config).scale.tolist() == [1.0, 2.0]


REFUSED = {
    "a mean alone": (lambda: layers.Normalization(mean=1.0), errors.ArgumentError, "both or not at all"),
    "two shapes": (
        lambda: layers.Normalization(mean=[1.0], variance=1.0),
        errors.ArgumentError,
        "different shapes",
    ),
    "too many axes": (
        lambda: layers.Normalization(None, mean=[1.0], variance=[1.0]),
        errors.ArgumentError,
        "more axes than are kept",
    ),
    "no such axis": (lambda: layers.Normalization(2).build((None, 3)), errors.PlaceError, "no such axis"),
    "an unknown size": (lambda: layers.Normalization().build((2, None)), errors.ShapeError, "has a known size"),
    "lists without a shape": (
        lambda: layers.Normalization(mean=1.0, variance=1.0)([[1.0]]),
        errors.ShapeError,
        r"no shape is known(?s:.*)np.array",
    ),
    "no batches": (lambda: layers.Normalization().adapt([]), errors.DataError, "nothing to learn from"),
    "no data": (lambda: layers.Normalization().adapt(3), errors.ArgumentTypeError, "cannot be learned from this"),
    "lists": (lambda: layers.Normalization().adapt([[1.0]]), errors.ArgumentTypeError, "an array or tensor"),
    "known numbers": (
        lambda: layers.Normalization(mean=1.0, variance=1.0).adapt(data(2, 2)),
        errors.OrderError,
        "nothing to learn",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_is_refused(what):
    make, kind, text = REFUSED[what]
    with pytest.raises(kind, match=text):
        make()


def test_data_of_another_shape_are_refused():
    layer = layers.Normalization()
    layer.build((None, 3))
    with pytest.raises(errors.ShapeError, match=r"another shape(?s:.*)\(None, 3\)"):
        layer.adapt(data(5, 4))
