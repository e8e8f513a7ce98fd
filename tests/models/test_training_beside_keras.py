"""A network trained here and in Keras from the same weights on the same batches stays the same network."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import pellucid

STEPS, BATCH = 50, 8

OPTIMIZERS = [
    ("SGD", {"learning_rate": 0.05}),
    ("SGD", {"learning_rate": 0.02, "momentum": 0.9, "nesterov": True, "clipnorm": 1.0}),
    ("Adam", {"learning_rate": 1e-3}),
    ("Adam", {"learning_rate": 1e-3, "amsgrad": True, "global_clipnorm": 0.5}),
    ("AdamW", {"learning_rate": 1e-3, "weight_decay": 0.01}),
    ("RMSprop", {"learning_rate": 1e-3, "momentum": 0.5, "centered": True}),
    ("Adagrad", {"learning_rate": 0.01}),
    ("Adadelta", {"learning_rate": 0.5}),
    ("Adamax", {"learning_rate": 1e-3}),
    ("Nadam", {"learning_rate": 1e-3}),
    ("Ftrl", {"learning_rate": 0.01, "l1_regularization_strength": 1e-3}),
    ("Lion", {"learning_rate": 1e-4}),
    ("Adam", {"learning_rate": 1e-3, "use_ema": True, "ema_momentum": 0.9}),
]


def network(library):
    """Convolution, normalization with running statistics, pooling, Flatten, Dense with a penalty."""
    layers = library.layers
    return library.Sequential(
        [
            library.Input((8, 8, 2)),
            layers.Conv2D(4, 3, padding="same", activation="gelu"),
            layers.BatchNormalization(momentum=0.9),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(8, activation="tanh", kernel_regularizer="l2"),
            layers.Dense(3, activation="softmax"),
        ]
    )


def trained(library, start, optimizer, data):
    name, arguments = optimizer
    model = network(library)
    model.set_weights(start)
    model.compile(
        optimizer=getattr(library.optimizers, name)(**arguments),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    history = model.fit(*data, batch_size=BATCH, shuffle=False, verbose=0)
    return model, history.history


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda pair: pair[0] + "".join(f"-{k}" for k in pair[1])[:40])
def test_after_50_steps_the_weights_are_kerass(optimizer):
    rng = np.random.default_rng(0)
    data = (
        rng.normal(size=(STEPS * BATCH, 8, 8, 2)).astype("float32"),
        rng.integers(0, 3, STEPS * BATCH).astype("int32"),
    )
    pellucid.utils.set_random_seed(1)
    start = network(pellucid).get_weights()
    ours, history = trained(pellucid, start, optimizer, data)
    theirs, keras_history = trained(keras, start, optimizer, data)
    for mine, other, before in zip(ours.get_weights(), theirs.get_weights(), start, strict=True):
        assert np.abs(mine - other).max() <= 1e-4
        assert not np.array_equal(mine, before)
    assert history["loss"] == pytest.approx(keras_history["loss"], abs=1e-4)
    assert history["accuracy"] == pytest.approx(keras_history["accuracy"])
