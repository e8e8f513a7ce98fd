"""Single steps: by hand, with a step, a loss or layers of one's own, and what a wrong loss is told."""

import numpy as np
import pytest
import torch

import pellucid
from engine.twins import (
    FIT,
    X,
    Y,
    classes,
    compiled,
    dense,
    dense_softmax,
    histories,
    numbers,
    same_history,
    twins,
)
from pellucid.errors import ArgumentTypeError, OrderError


def test_single_batches_give_keras_numbers():
    pair = twins(dense_softmax)
    y, w = classes(50, 3), np.linspace(0, 1, 50)
    for model in pair:
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    for call in (
        lambda m: m.train_on_batch(X, y),
        lambda m: m.train_on_batch(X, y, sample_weight=w),
        lambda m: m.train_on_batch(X, y, class_weight={0: 2.0}),
        lambda m: m.test_on_batch(X, y, w),
        lambda m: list(m.test_on_batch(X, y, return_dict=True).values()),
    ):
        theirs, ours = map(call, pair)
        np.testing.assert_allclose(ours, theirs, rtol=1e-4)
    np.testing.assert_allclose(pair[1].predict_on_batch(X), pair[0].predict_on_batch(X), rtol=1e-4, atol=1e-6)


def test_masked_steps_count_neither_in_the_loss_nor_in_the_metrics():
    def build(library):
        return library.Sequential(
            [library.Input((5,)), library.layers.Embedding(4, 3, mask_zero=True), library.layers.Dense(2)]
        )

    x = classes((20, 5), 4)
    same_history(*histories(build, {"optimizer": "sgd", "loss": "mse", "metrics": ["mae"]}, x=x, y=numbers(20, 5, 2)))


def test_penalties_of_layers_are_part_of_the_loss():
    def build(library):
        return library.Sequential(
            [library.Input((4,)), library.layers.Dense(3, kernel_regularizer="l2", activity_regularizer="l1")]
        )

    same_history(*histories(build, {"optimizer": "sgd", "loss": "mse", "metrics": ["mse"]}))


def test_a_train_step_in_the_style_of_keras_torch_guide_works():
    class Custom(pellucid.Model):
        def __init__(self):
            super().__init__()
            self.layer = pellucid.layers.Dense(3)
            self.tracker = pellucid.metrics.Mean(name="loss")

        def call(self, x):
            return self.layer(x)

        def train_step(self, data):
            x, y = data
            self.zero_grad()
            loss = ((self(x, training=True) - y) ** 2).mean()
            loss.backward()
            weights = list(self.trainable_weights)
            gradients = [v.value.grad for v in weights]
            with torch.no_grad():
                self.optimizer.apply(gradients, weights)
            self.tracker.update_state(loss)
            return {"loss": self.tracker.result(), "mine": 3.0}

        @property
        def metrics(self):
            return [self.tracker]

    model = Custom()
    model.compile(optimizer="sgd")
    history = model.fit(X, Y, batch_size=len(X), epochs=2, verbose=0)  # one batch: no shuffle counts
    assert history.history["mine"] == [3.0, 3.0] and history.history["loss"][1] < history.history["loss"][0]


def test_a_loss_of_ones_own_sees_training():
    seen = []

    class Custom(pellucid.Sequential):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            seen.append(training)
            return 2 * super().compute_loss(x, y, y_pred, sample_weight, training)

    model = Custom([pellucid.Input((4,)), pellucid.layers.Dense(3)])
    model.compile("sgd", "mse")
    plain = pellucid.losses.MeanSquaredError()(Y, model(X)).detach()
    assert model.evaluate(X, Y, verbose=0) == pytest.approx(2 * float(plain), rel=1e-5)
    model.fit(X, Y, verbose=0, batch_size=50)
    assert seen == [False, False, True]


def test_frozen_layers_stay_as_they_are():
    model = dense(pellucid)
    model.layers[0].trainable = False
    model.compile("sgd", "mse")
    before = [w.copy() for w in model.get_weights()]
    model.fit(X, Y, verbose=0)
    after = model.get_weights()
    assert all((a == b).all() for a, b in zip(after[:2], before[:2], strict=True)) and (after[2] != before[2]).any()


def test_no_loss_at_all_is_told():
    model = dense(pellucid)
    model.compile("sgd")
    with pytest.raises(OrderError, match="no loss to compute"):
        model.fit(X, Y, verbose=0)


def test_a_loss_without_a_gradient_is_told():
    def loss(y_true, y_pred):
        return ((y_pred - y_true) ** 2).mean().detach()

    with pytest.raises(ArgumentTypeError, match=r"has a gradient(?s:.*)no NumPy"):
        compiled(loss).fit(X, Y, verbose=0)


def test_a_failing_layer_keeps_its_notes():
    model = compiled()
    with pytest.raises(ValueError, match=r"dense") as caught:
        model.fit(numbers(50, 9), Y, verbose=0)
    assert any("in layer" in note for note in getattr(caught.value, "__notes__", []))


@pytest.mark.heavy
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of PyTorch, in its own compiler
def test_compiled_arithmetic_gives_the_same_numbers():
    histories_of = []
    weights = dense(pellucid).get_weights()
    for jit_compile in (False, True):
        model = dense(pellucid)
        model.set_weights(weights)
        model.compile("sgd", "mse", jit_compile=jit_compile)
        histories_of.append(model.fit(X, Y, **FIT))
    same_history(*histories_of)


def test_stateless_loss_leaves_the_model_alone():
    model = compiled()
    model.train_on_batch(X, Y)
    values = [
        [torch.zeros_like(v.value) for v in group]
        for group in (model.trainable_variables, model.non_trainable_variables)
    ]
    before = model.get_weights()
    loss, (trainable, _, _) = model.stateless_compute_loss(
        *values, model.metrics_variables, x=X, y=torch.ones(2, 3), y_pred=torch.zeros(2, 3)
    )
    assert float(loss) == 1.0 and trainable is values[0]
    assert all((a == b).all() for a, b in zip(model.get_weights(), before, strict=True))
