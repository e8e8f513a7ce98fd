"""What training keeps moves along: a step after the move changes the weights as the step before it."""

import numpy as np
import pytest

from convert import networks
from pellucid import convert, layers, optimizers
from pellucid.errors import UnsupportedError
from pellucid.models import Model

OPTIMIZERS = {
    "sgd": lambda: optimizers.SGD(0.1, momentum=0.9),
    "adam": lambda: optimizers.Adam(0.01),
    "rmsprop": lambda: optimizers.RMSprop(0.01, centered=True),
    "adafactor": lambda: optimizers.Adafactor(0.01),
    "averaging": lambda: optimizers.SGD(0.1, use_ema=True, gradient_accumulation_steps=2),
    "muon": lambda: optimizers.Muon(0.01),
    "loss scale": lambda: optimizers.LossScaleOptimizer(optimizers.SGD(0.1, momentum=0.5)),
}


def trained(optimizer):
    """A network that has learned from two batches, and a third one."""
    inputs = layers.Input((4, 6, 3))
    x = layers.Conv2D(4, 3, padding="same", activation="relu")(inputs)
    x = layers.BatchNormalization()(layers.Flatten()(layers.MaxPooling2D(2)(x)))
    model = Model(inputs, layers.Dense(3)(layers.Dense(5, activation="relu")(x)))
    model.compile(optimizer=optimizer, loss="mse", metrics=["mae"])
    rng = np.random.default_rng(0)
    model.set_weights(
        [
            abs(rng.normal(size=w.shape)) if "variance" in w.path else rng.normal(size=w.shape) * 0.3
            for w in model.weights
        ]
    )
    draws = [
        (rng.normal(size=(4, 4, 6, 3)).astype("float32"), rng.normal(size=(4, 3)).astype("float32")) for _ in range(3)
    ]
    for x, y in draws[:2]:
        model.train_on_batch(x, y)
    return model, draws[2]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_step_after_the_move_is_the_step_before_it(name):
    model, (x, y) = trained(OPTIMIZERS[name]())
    new = convert.relayout(model, "channels_first")
    started = [weight.copy() for weight in model.get_weights()]
    old_logs, new_logs = model.train_on_batch(x, y), new.train_on_batch(x.transpose(0, 3, 1, 2), y)
    np.testing.assert_allclose(old_logs, new_logs, rtol=1e-5)
    for move, start, old, found in zip(new.ledger, started, model.weights, new.weights, strict=True):
        stepped = move.undo(found.value).detach().numpy()
        np.testing.assert_allclose(stepped - start, old.numpy() - start, rtol=1e-3, atol=2e-6, err_msg=move.weight)
    assert int(new.optimizer.iterations.numpy()) == int(model.optimizer.iterations.numpy())


def test_the_slots_of_a_moved_kernel_are_moved():
    model, _ = trained(optimizers.SGD(0.1, momentum=0.9))
    new = convert.relayout(model, "channels_first")
    at = [weight.path for weight in model.trainable_variables].index("dense_1/kernel")
    before, after = (m.optimizer.momentums[at].numpy() for m in (model, new))
    assert (after == convert.move_rows(before, (2, 3, 4))).all() and not (after == before).all()


def test_the_old_model_is_not_touched():
    model, (x, y) = trained(optimizers.Adam(0.01))
    kept = [weight.copy() for weight in model.get_weights()]
    convert.relayout(model, "channels_first").train_on_batch(x.transpose(0, 3, 1, 2), y)
    assert all((before == after).all() for before, after in zip(kept, model.get_weights(), strict=True))


def test_a_model_that_learned_after_the_move_goes_back_with_what_it_learned():
    model, (x, y) = trained(optimizers.SGD(0.1))
    new = convert.relayout(model, "channels_first")
    model.train_on_batch(x, y)
    new.train_on_batch(x.transpose(0, 3, 1, 2), y)
    for before, after in zip(model.get_weights(), convert.relayout(new, "channels_last").get_weights(), strict=True):
        np.testing.assert_allclose(before, after, rtol=1e-4, atol=1e-6)


def test_a_loss_over_classes_of_a_map_looks_along_the_channels():
    model = networks.unet((4, 8, 2), classes=3)
    model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    new = convert.relayout(model, "channels_first")
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 4, 8, 2)).astype("float32"), rng.integers(0, 3, (2, 4, 8))
    old_loss = model.test_on_batch(
        x,
        y,
    )[0]
    np.testing.assert_allclose(old_loss, new.test_on_batch(x.transpose(0, 3, 1, 2), y), rtol=1e-5)
    assert any("metrics are left out" in note for note in new.ledger.notes)


def test_a_slot_that_cannot_follow_is_refused():
    inputs = layers.Input((4, 6, 2))
    x = layers.PReLU()(layers.Conv2D(2, 1)(inputs))
    model = Model(inputs, layers.Dense(2)(layers.Flatten()(x)))
    model.compile(optimizer="adafactor", loss="mse")
    model.optimizer.build(model.trainable_variables)
    with pytest.raises(UnsupportedError, match="optimizer's state beside 'p_re_lu/alpha' cannot follow"):
        convert.relayout(model, "channels_first")
