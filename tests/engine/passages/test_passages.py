"""Passages: what training runs by hand gives what it gives step by step, by PyTorch's autograd."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import pellucid
from pellucid import layers, ops
from pellucid.engine.passages import passage
from pellucid.engine.passages.planning import planned
from pellucid.errors import UnsupportedError
from pellucid.ops import processor

RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 10, 10, 2)).astype("float32")
Y = RNG.integers(0, 3, 12)


def plain(*body):
    return pellucid.Sequential([pellucid.Input(X.shape[1:]), *body, layers.Flatten(), layers.Dense(3)])


def pooled():
    return plain(
        layers.Conv2D(4, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(6, 2, padding="same", strides=2, activation="tanh"),
        layers.Dropout(0.3, seed=7),
    )


def normalized():
    return plain(
        layers.ZeroPadding2D(2),
        layers.Conv2D(4, 3, use_bias=False),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.GlobalAveragePooling2D(),
        layers.Dense(8, activation="relu"),
    )


def residual():
    x = begin = layers.Input(X.shape[1:])
    x = first = layers.Conv2D(4, 1)(x)
    for _ in range(2):
        y = layers.Conv2D(4, 3, padding="same", activation="relu")(x)
        y = layers.BatchNormalization()(y)
        x = layers.Activation("relu")(layers.Add()([x, y]))
    x = layers.Add()([x, x])
    return pellucid.Model(begin, layers.Dense(3)(layers.Flatten()(layers.Add()([x, first]))))


def with_unknown_layers():
    """The middle is no piece; a layer is used twice; one is frozen; a model lies within."""
    shared, frozen = layers.Conv2D(4, 3, padding="same", activation="relu"), layers.Conv2D(4, 3)
    frozen.trainable = False
    x = begin = layers.Input(X.shape[1:])
    x = shared(shared(layers.Conv2D(4, 1)(x)))
    x = layers.LayerNormalization()(frozen(x))
    x = ops.multiply(x, 2.0)
    inner = layers.Input(x.shape[1:])
    x = pellucid.Model(inner, layers.Conv2D(2, 3, activation="relu")(inner))(x)
    return pellucid.Model(begin, layers.Dense(3, activation="softmax")(layers.Flatten()(x)))


def lost(make, *, eagerly, **more):
    pellucid.utils.set_random_seed(1)
    model = make()
    loss = pellucid.losses.SparseCategoricalCrossentropy(from_logits=make is not with_unknown_layers)
    model.compile(pellucid.optimizers.SGD(0.05), loss, metrics=["accuracy"], run_eagerly=eagerly)
    history = model.fit(X, Y, batch_size=4, epochs=2, verbose=0, **more).history
    return history, [w.numpy() for w in model.weights]


@pytest.mark.parametrize("make", [pooled, normalized, residual, with_unknown_layers])
def test_training_by_hand_is_training_step_by_step(make):
    (by_hand, weights), (by_autograd, judges) = lost(make, eagerly=False), lost(make, eagerly=True)
    assert by_hand.keys() == by_autograd.keys()
    np.testing.assert_allclose(by_hand["loss"], by_autograd["loss"], rtol=1e-5)
    for weight, judge in zip(weights, judges, strict=True):
        np.testing.assert_allclose(weight, judge, rtol=1e-4, atol=2e-6)


def test_training_by_hand_runs_where_it_can(monkeypatch):
    runs = []
    run = passage._Run.forward
    monkeypatch.setattr(passage._Run, "forward", lambda *args: (runs.append(1), run(*args))[1])
    lost(pooled, eagerly=False)
    assert len(runs) == 6  # 3 steps in 2 epochs
    runs.clear()
    lost(with_unknown_layers, eagerly=False)
    assert len(runs) == 18  # before and behind the middle, and in the model within
    runs.clear()
    lost(pooled, eagerly=True)
    assert not runs


def test_relu_comes_after_pooling_and_padding_goes_into_convolutions():
    kinds = [type(stop.piece).__name__ for stop in planned(pooled()._functional._program)[0].stops]
    assert kinds[:3] == ["Convolution", "Largest", "Relu"]
    kinds = [type(stop.piece).__name__ for stop in planned(normalized()._functional._program)[0].stops]
    assert kinds[:3] == ["Convolution", "BatchNorm", "Relu"]


def test_pooling_before_relu_keeps_gradients_where_a_window_ties_at_zero():
    """Windows that are wholly below, at and above 0; the judge is autograd in the order in which layers say it."""
    x = torch.tensor([-1.0, -1, 0, 0, -2, 0, 3, 3, 0, 3, -1, 2]).reshape(3, 2, 2, 1).requires_grad_()
    (judged,) = torch.autograd.grad(torch.nn.functional.max_pool2d(x.permute(0, 3, 1, 2).relu(), 2).sum(), x)
    first, relu = layers.MaxPooling2D(2).pieces()[0], layers.ReLU().pieces()[0]
    with torch.no_grad():
        y, pooled_kept = first.forward([x.detach()], [], False)
        y, relu_kept = relu.forward([y], [], True)
        gradient = relu.backward(torch.ones_like(y), relu_kept, [], [True], True)[0][0]
        gradient = first.backward(gradient, pooled_kept, [], [True], True)[0][0]
    assert torch.equal(gradient, judged)


class Doubled(layers.Dense):
    def call(self, inputs, training=None):
        return 2 * super().call(inputs)


def test_a_layer_with_a_call_of_its_own_is_asked():
    model = plain(Doubled(4))
    (step, *_) = planned(model._functional._program)
    assert isinstance(step.operation, Doubled)


def test_other_sizes_and_masks_run_step_by_step():
    model = pellucid.Sequential([pellucid.Input((None,)), layers.Embedding(5, 3, mask_zero=True), layers.LSTM(4)])
    model.add(layers.Dense(2))
    model.compile("sgd", "mse")
    history = model.fit(RNG.integers(0, 5, (8, 3)), np.ones((8, 2)), verbose=0).history
    assert np.isfinite(history["loss"][0])


def test_a_gradient_of_a_gradient_is_refused():
    def slope(y_true, y_pred):
        (of,) = torch.autograd.grad(y_pred.sum(), model.trainable_weights[0].value, create_graph=True)
        return of.square().sum() + y_pred.mean()

    model = plain()
    model.compile("sgd", slope)
    with pytest.raises(UnsupportedError, match="differentiated once") as caught:
        model.fit(X, Y, verbose=0)
    assert "run_eagerly=True" in str(caught.value)
    model.compile("sgd", slope, run_eagerly=True)
    model.fit(X, Y, verbose=0)


@pytest.mark.parametrize("slower", [False, True])
def test_mixed_precision_trains_as_step_by_step(monkeypatch, slower):
    """In bfloat16, and in float32 on a processor that is quicker so."""
    monkeypatch.setattr(processor, "is_bfloat16_slower", lambda: slower)
    pellucid.mixed_precision.set_global_policy("mixed_bfloat16")
    (by_hand, weights), (by_autograd, judges) = lost(pooled, eagerly=False), lost(pooled, eagerly=True)
    np.testing.assert_allclose(by_hand["loss"], by_autograd["loss"], rtol=2e-2)
    for weight, judge in zip(weights, judges, strict=True):
        assert weight.dtype == np.float32
        np.testing.assert_allclose(weight, judge, atol=2e-2)
