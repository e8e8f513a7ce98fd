"""fit(profile=True): where the time of the steps went; the judge is a clock in the slow part itself."""

from __future__ import annotations

import time

import numpy as np
import pytest

import pellucid
from pellucid import layers
from pellucid.callbacks import Callback
from pellucid.engine.timing import PARTS

X, Y = np.ones((12, 4), "float32"), np.ones((12, 2), "float32")


class Waits(Callback):
    def on_train_batch_end(self, batch, logs=None):
        time.sleep(0.02)


def slow_data():
    for _ in range(3):  # the first is fetched before the steps begin
        time.sleep(0.04)
        yield X[:4], Y[:4]


def slow_loss(y_true, y_pred):
    time.sleep(0.02)
    return (y_true - y_pred).square().mean()


def slow_metric(y_true, y_pred):
    time.sleep(0.02)
    return y_pred


class SlowOptimizer(pellucid.optimizers.SGD):
    def apply(self, grads, trainable_variables=None):
        time.sleep(0.02)
        super().apply(grads, trainable_variables)


def profiled(data=(X, Y), optimizer="sgd", loss="mse", **more):
    model = pellucid.Sequential([pellucid.Input((4,)), layers.Dense(2)])
    model.compile(optimizer, loss, metrics=more.pop("metrics", None))
    if isinstance(data, tuple):
        return model.fit(*data, batch_size=4, verbose=0, **more)
    return model.fit(data, shuffle=False, verbose=0, **more)


@pytest.mark.parametrize(
    ("part", "slow"),
    [
        ("data", lambda: {"data": slow_data()}),
        ("forward", lambda: {"loss": slow_loss}),
        ("metrics", lambda: {"metrics": [slow_metric]}),
        ("optimizer", lambda: {"optimizer": SlowOptimizer(0.1)}),
        ("callbacks", lambda: {"callbacks": [Waits()]}),
    ],
)
def test_the_slow_part_is_told(part, slow):
    profile = profiled(**slow(), profile=True).profile
    assert profile.steps == 3
    assert profile.seconds[part] >= 0.06


def test_the_parts_add_up_to_the_steps_and_fit_into_80_columns(capsys):
    begun = time.perf_counter()
    profile = profiled(profile=True).profile
    assert sum(profile.seconds.values()) <= time.perf_counter() - begun
    assert set(profile.seconds) == {*PARTS, "other"}
    assert all(seconds > 0 for seconds in profile.seconds.values())
    told = capsys.readouterr().out
    assert profile.table() in told
    assert all(word in told for word in ("3 steps", *PARTS))
    assert max(map(len, told.splitlines())) <= 80


def test_a_fit_that_is_not_timed_tells_nothing(capsys):
    assert profiled().profile is None
    assert capsys.readouterr().out == ""
