"""Learning rates by schedule and by plateau; LambdaCallback and TerminateOnNaN beside them."""

import pytest

from pellucid.engine.callbacks import LambdaCallback, LearningRateScheduler, ReduceLROnPlateau, TerminateOnNaN
from pellucid.errors import ArgumentError, StateError


class Optimizer:
    name = "sgd"

    def __init__(self, learning_rate=1.0):
        self.learning_rate = learning_rate


class Model:
    metrics, stop_training = (), False

    def __init__(self, *optimizers):
        self.optimizer = optimizers[0] if optimizers else Optimizer()
        if len(optimizers) > 1:
            self.optimizer = type("Multi", (), {"optimizers": optimizers})()


def _with_model(callback, model=None):
    callback.set_model(model or Model())
    return callback


@pytest.mark.parametrize("schedule", [lambda epoch, rate: rate / 2, lambda epoch: 0.5 ** (epoch + 1)])
def test_a_schedule_sets_and_logs_the_rate(schedule):
    callback = _with_model(LearningRateScheduler(schedule))
    rates = []
    for epoch in range(2):
        callback.on_epoch_begin(epoch)
        logs = {}
        callback.on_epoch_end(epoch, logs)
        rates.append(logs["learning_rate"])
    assert rates == [0.5, 0.25]


def test_a_schedule_must_give_a_float():
    with pytest.raises(ArgumentError, match=r"gives a float(?s:.*)return float\(1\)"):
        _with_model(LearningRateScheduler(lambda epoch: 1)).on_epoch_begin(0)


def test_an_error_inside_a_schedule_is_not_hidden():
    def schedule(epoch, rate):
        raise TypeError("mine")

    with pytest.raises(TypeError, match="mine"):
        _with_model(LearningRateScheduler(schedule)).on_epoch_begin(0)


def _plateau(losses, **kwargs):
    callback = _with_model(ReduceLROnPlateau(monitor="loss", **kwargs))
    callback.on_train_begin()
    rates = []
    for epoch, loss in enumerate(losses):
        logs = {"loss": loss}
        callback.on_epoch_end(epoch, logs)
        rates.append(callback.model.optimizer.learning_rate)
    return rates


def test_the_rate_falls_when_nothing_gets_better():
    assert _plateau([1, 1, 1, 1, 1], factor=0.5, patience=2) == [1, 1, 0.5, 0.5, 0.25]


def test_the_rate_stays_above_its_minimum():
    assert _plateau([1, 1, 1], factor=0.1, patience=1, min_lr=0.3) == [1, 0.3, 0.3]


def test_after_a_change_some_epochs_are_not_watched():
    assert _plateau([1] * 5, factor=0.5, patience=1, cooldown=2) == [1, 0.5, 0.5, 0.25, 0.25]


def test_a_factor_must_lower():
    with pytest.raises(ArgumentError, match="`factor` lowers the learning rate"):
        ReduceLROnPlateau(factor=1.0)


def test_several_optimizers_are_logged_by_name():
    callback = _with_model(LearningRateScheduler(lambda epoch: 0.5), Model(Optimizer(), Optimizer()))
    logs = {}
    callback.on_epoch_begin(0)
    callback.on_epoch_end(0, logs)
    assert logs == {"learning_rate_sgd": 0.5}


def test_a_lambda_callback_calls_its_functions():
    seen = []
    callback = LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(epoch), on_test_begin=lambda logs: seen.append("t"), own=3
    )
    callback.on_epoch_end(4, {})
    callback.on_test_begin({})
    callback.on_train_begin({})
    assert seen == [4, "t"] and callback.own == 3


@pytest.mark.parametrize(("loss", "ends"), [(1.0, False), (float("nan"), True), (float("inf"), True), (None, False)])
def test_training_ends_at_a_loss_that_is_not_finite(loss, ends):
    callback = _with_model(TerminateOnNaN())
    callback.on_train_batch_end(2, {} if loss is None else {"loss": loss})
    assert callback.model.stop_training is ends


def test_a_loss_that_is_not_finite_can_raise():
    with pytest.raises(StateError, match=r"not finite after batch 2(?s:.*)clipnorm"):
        _with_model(TerminateOnNaN(raise_error=True)).on_train_batch_end(2, {"loss": float("nan")})
