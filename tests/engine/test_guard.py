"""A loss that is not finite stops `fit` and says where it came from; a step that fails leaves nothing half done."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import pellucid
from pellucid import layers, ops
from pellucid.callbacks import TerminateOnNaN
from pellucid.engine.finding import in_weights
from pellucid.engine.guard import Guard, _Late
from pellucid.errors import PellucidError, ShapeError, StateError

X = np.random.default_rng(0).normal(size=(12, 3)).astype("float32")
Y = np.ones((12, 2), "float32")


def made(*more, loss="mse", optimizer="adam", **arguments):
    model = pellucid.Sequential(
        [pellucid.Input((3,)), layers.BatchNormalization(), layers.Dropout(0.5, seed=1), layers.Dense(2), *more]
    )
    model.compile(optimizer, loss, **arguments)
    return model


def state(model) -> list:
    variables = [*model.variables, *model.optimizer.variables]
    return [v.numpy().tolist() for v in variables]


def stopped(model, text, x=X, y=Y, **arguments):
    """The state before the batch that is refused is the state after it."""
    with pytest.raises(StateError, match=text):
        model.fit(x, y, batch_size=4, shuffle=False, verbose=0, **arguments)


@pytest.mark.parametrize(
    ("name", "value", "word"), [("x", np.nan, "NaN"), ("x", -np.inf, "infinity"), ("y", np.inf, "infinity")]
)
def test_bad_data_is_named_with_its_batch_and_place(name, value, word):
    data = {"x": X.copy(), "y": Y.copy()}
    data[name][5, 1] = value  # row 1 of batch 1
    stopped(made(), rf"in batch 1, counted from 0: the data holds {word}(?s:.*){value} at \(1, 1\) of {name}", **data)


def test_bad_data_of_one_of_several_inputs_is_named():
    a, b = pellucid.Input((3,), name="a"), pellucid.Input((3,), name="b")
    model = pellucid.Model({"a": a, "b": b}, layers.Dense(2)(layers.Add()([a, b])))
    model.compile("sgd", "mse")
    stopped(model, r"nan at \(0, 0\) of x\['b'\], shape \(4, 3\), and 11 more", x={"a": X, "b": X * np.nan})


def test_the_batch_that_is_refused_changes_nothing():
    bad = X.copy()
    bad[8] = np.nan
    model, other = made(), made()
    for one, two in zip(model.variables, other.variables, strict=True):
        two.assign(one)
    stopped(model, "in batch 2", x=bad)
    other.fit(X[:8], Y[:8], batch_size=4, shuffle=False, verbose=0)
    assert state(model) == state(other)


def functional():
    x = pellucid.Input((3,))
    inner = pellucid.Sequential([layers.Dense(4), layers.Lambda(lambda x: ops.log(x * 0), name="logs")], name="inner")
    return pellucid.Model(x, layers.Dense(2)(inner(x)))


def with_an_operation():
    x = pellucid.Input((3,))
    return pellucid.Model(x, layers.Dense(2)(ops.sqrt(layers.Dense(4)(x) * 0 - 1)))


class Written(pellucid.Model):
    def __init__(self):
        super().__init__()
        self.first, self.last = layers.Dense(3, name="first"), layers.Dense(2, name="last")
        self.middle = layers.Lambda(lambda x: x / 0, name="middle")

    def call(self, x):
        return self.last(self.middle(self.first(x)))


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (functional, r"layer 'inner/logs' \(Lambda\) gives infinity first(?s:.*)-inf at \(0, 0\) of its output, shape \(4, 4\)"),
        (with_an_operation, r"layer 'sqrt' \(Sqrt\) gives NaN first"),
        (Written, r"layer 'written/middle' \(Lambda\) gives"),
    ],
)  # fmt: skip
def test_the_layer_is_named_that_gave_it_first(make, text):
    model = make()
    model.compile("sgd", "mse")
    stopped(model, text)
    assert not any("call" in vars(layer) for layer in model._flatten_layers())  # nobody listens any more


def test_a_loss_of_finite_outputs_is_told_with_their_range():
    stopped(
        made(loss=lambda y, p: ops.mean(p) / 0), r"outputs are finite, but not their loss(?s:.*)targets from 1 to 1"
    )


def test_a_loss_that_a_layer_adds_is_told():
    class Adding(layers.Layer):
        def call(self, x):
            self.add_loss(ops.sum(x) / 0)
            return x

    stopped(made(Adding()), "a loss that layers or regularizers add is not")


def root_of_nothing(y, p):
    return ops.mean(ops.sqrt(ops.square(p * 0.0)))  # its value is 0, its gradient 0 / 0


@pytest.mark.parametrize(("samples", "text"), [(12, "in batch 1(?s:.*)the weight"), (4, "has spoilt the model")])
def test_a_gradient_that_is_not_finite_is_told_by_the_weight_it_spoilt(samples, text):
    stopped(made(loss=root_of_nothing), rf"{text}(?s:.*)/gamma' holds NaN(?s:.*)clipnorm", X[:samples], Y[:samples])


def test_a_step_of_ones_own_is_looked_at_after_the_epoch():
    class Own(pellucid.Sequential):
        def train_step(self, data):
            return {"loss": torch.tensor(float("inf")), "more": torch.tensor(0.0)}

    model = Own([pellucid.Input((3,)), layers.Dense(2)])
    model.compile("sgd", "mse")
    stopped(model, "The loss is inf after epoch 0")


class Arrived:
    """The event of a copy that is done."""

    def synchronize(self):
        pass


@pytest.mark.parametrize("value", [1.0, np.nan])
def test_a_loss_that_comes_late_is_refused_for_its_own_batch(value):
    guard = Guard(made(), first=0, checks=True)
    data = (torch.tensor(X) * value, torch.tensor(Y), None)
    guard._late.append(_Late(7, torch.tensor(value), Arrived(), data))
    if np.isfinite(value):
        guard.finish()
    else:
        with pytest.raises(StateError, match=r"in batch 7, counted from 0(?s:.*)of x"):
            guard.finish()
    assert not guard._late


def test_it_can_be_turned_off():
    config = pellucid.config
    assert config.is_finite_check_enabled()
    config.disable_finite_check()
    try:
        assert np.isnan(made().fit(X * np.nan, Y, verbose=0).history["loss"][0])
    finally:
        config.enable_finite_check()


def test_who_asks_for_terminate_on_nan_gets_that():
    history = made().fit(X * np.nan, Y, epochs=3, verbose=0, callbacks=[TerminateOnNaN()])
    assert history.epoch == [0]


def test_a_scaled_loss_may_overflow():
    model = made(optimizer=pellucid.optimizers.LossScaleOptimizer(pellucid.optimizers.SGD()))
    before = model.get_weights()[-1].tolist()
    model.fit(X * np.inf, Y, verbose=0)
    assert model.get_weights()[-1].tolist() == before  # its optimizer left the step out


def test_evaluate_and_predict_tell_what_they_find():
    assert np.isnan(made().evaluate(X * np.nan, Y, verbose=0)) and np.isnan(made().predict(X * np.nan, verbose=0)).all()


def broken_metric(y, p):
    raise RuntimeError("in the middle")


def batches(last):
    yield X[:4], Y[:4]
    yield last


@pytest.mark.parametrize("last", [(X[:4], np.ones((4, 5))), (X[:4, :2], Y[:4])], ids=["targets", "inputs"])
def test_a_batch_of_another_size_leaves_no_half_step(last):
    model, other = made(), made()
    for one, two in zip(model.variables, other.variables, strict=True):
        two.assign(one)
    with pytest.raises(ShapeError):
        model.fit(batches(last), shuffle=False, verbose=0)
    other.fit(X[:4], Y[:4], batch_size=4, verbose=0, shuffle=False)
    assert state(model) == state(other)


def test_a_metric_that_fails_moves_no_weight():
    model = made(metrics=["mae"])
    model.fit(X, Y, verbose=0)
    before = state(model)
    model._compile_metrics.update_state = broken_metric
    with pytest.raises((RuntimeError, TypeError, PellucidError)):
        model.fit(X, Y, verbose=0)
    assert state(model) == before


def test_large_finite_weights_are_no_spoilt_weights():
    """Their sum is infinite in float32: 4 * 3e38."""
    model = pellucid.Sequential([pellucid.Input((2,)), layers.Dense(2, use_bias=False)])
    model.set_weights([np.full((2, 2), 3e38, "float32")])
    assert in_weights(model) is None
    model.set_weights([np.array([[3e38, 3e38], [3e38, np.inf]], "float32")])
    assert "holds infinity" in in_weights(model)[0]
