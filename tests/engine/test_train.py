"""fit, evaluate and predict against Keras: the same data and weights give the same numbers."""

import numpy as np
import pandas as pd
import pytest
import torch

import pellucid
from engine.twins import (
    FIT,
    LIBRARIES,
    X,
    Y,
    classes,
    dense,
    dense_softmax,
    histories,
    numbers,
    same_history,
    twins,
    two_outputs,
)
from pellucid.errors import OrderError

REGRESSION = [
    {"optimizer": "sgd", "loss": "mse"},
    {"optimizer": "adam", "loss": "mae", "metrics": ["mse"]},
    {
        "optimizer": "rmsprop",
        "loss": "huber",
        "metrics": ["mae", "cosine_similarity"],
        "weighted_metrics": ["mae", "mse"],
    },
    {"optimizer": "sgd", "loss": "mse", "loss_weights": 0.5},
    {"optimizer": "sgd", "loss": ["mse"], "loss_weights": [0.5], "metrics": ["mse", "mse"]},
]


@pytest.mark.parametrize("compile_with", REGRESSION, ids=str)
def test_training_gives_keras_numbers(compile_with):
    same_history(*histories(dense, compile_with))


@pytest.mark.parametrize("metric", ["accuracy", "acc", "Accuracy"])
@pytest.mark.parametrize(
    ("outputs", "activation", "loss", "y"),
    [
        (1, "sigmoid", "binary_crossentropy", classes(50, 2)),
        (3, "softmax", "sparse_categorical_crossentropy", classes(50, 3)),
        (3, "softmax", "sparse_categorical_crossentropy", classes(50, 3)[:, None]),
        (3, "softmax", "categorical_crossentropy", np.eye(3)[classes(50, 3)]),
        (3, "softmax", "crossentropy", classes(50, 3)),
        (1, "sigmoid", "ce", classes(50, 2)),
    ],
)
def test_accuracy_finds_its_kind(outputs, activation, loss, y, metric):
    same_history(
        *histories(
            lambda library: dense(library, 4, outputs, activation),
            {"optimizer": "adam", "loss": loss, "metrics": [metric]},
            y=y,
        )
    )


@pytest.mark.filterwarnings("ignore:The data ran out")  # the third epoch of 3 steps, with 7 batches
@pytest.mark.parametrize(
    "extra",
    [
        {"validation_split": 0.2},
        {"validation_data": (numbers(10, 4, seed=5), numbers(10, 3, seed=6))},
        {
            "validation_data": (numbers(10, 4, seed=5), numbers(10, 3, seed=6), np.arange(10.0)),
            "validation_batch_size": 4,
        },
        {"validation_split": 0.5, "validation_freq": 2},
        {"validation_split": 0.5, "validation_freq": [1, 3], "validation_steps": 2},
        {"sample_weight": np.linspace(0, 2, 50)},
        {"sample_weight": np.linspace(0, 2, 50)[:, None]},
        {"steps_per_epoch": 3},
        {"initial_epoch": 1},
        {"batch_size": None},
    ],
    ids=lambda extra: "-".join(extra),
)
def test_arguments_of_fit_mean_what_they_mean_in_keras(extra):
    compile_with = {"optimizer": "sgd", "loss": "mse", "metrics": ["mae"], "weighted_metrics": ["mse"]}
    ours, keras_history = histories(dense, compile_with, **extra)
    same_history(ours, keras_history)
    assert ours.epoch == keras_history.epoch and ours.params == keras_history.params


def test_class_weights_give_keras_numbers():
    compile_with = {"optimizer": "sgd", "loss": "sparse_categorical_crossentropy", "weighted_metrics": ["accuracy"]}
    same_history(*histories(dense_softmax, compile_with, y=classes(50, 3), class_weight={0: 0.5, 2: 3.0}))


def test_a_single_number_is_no_list():
    model = dense(pellucid)
    model.compile("sgd", "mse")
    assert isinstance(model.evaluate(X, Y, verbose=0), float)


def test_predict_gives_arrays_in_the_structure_of_the_output():
    theirs, ours = [m.predict(X, batch_size=8, verbose=0) for m in twins(two_outputs)]
    assert isinstance(ours, list) and all(isinstance(part, np.ndarray) for part in ours)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-6)


def test_predict_of_no_samples_has_no_rows():
    assert dense(pellucid).predict(np.zeros((0, 4)), verbose=0).shape == (0, 3)


# ---- every kind of data


def _generator(batch=10):
    while True:
        for k in range(0, 50, batch):
            yield X[k : k + batch], Y[k : k + batch]


class Sequence(pellucid.utils.PyDataset):
    def __len__(self):
        return 5

    def __getitem__(self, k):
        return X[10 * k : 10 * k + 10], Y[10 * k : 10 * k + 10]


KINDS = {
    "arrays": lambda: {"x": X, "y": Y, "batch_size": 10},
    "tensors": lambda: {"x": torch.tensor(X), "y": torch.tensor(Y), "batch_size": 10},
    "float64": lambda: {"x": X.astype("float64"), "y": Y.astype("float64"), "batch_size": 10},
    "frames": lambda: {"x": pd.DataFrame(X), "y": pd.DataFrame(Y), "batch_size": 10},
    "generator": lambda: {"x": _generator(), "steps_per_epoch": 5},
    "loader": lambda: {
        "x": torch.utils.data.DataLoader(
            torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(Y)), batch_size=10
        )
    },
    "sequence": lambda: {"x": Sequence()},
    "threads": lambda: {"x": Sequence(workers=2)},
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_data_trains_alike(kind):
    theirs, ours = twins(dense)
    for model in (theirs, ours):
        model.compile("sgd", "mse")
    expected = theirs.fit(X, Y, epochs=2, batch_size=10, shuffle=False, verbose=0)
    same_history(ours.fit(**KINDS[kind](), epochs=2, shuffle=False, verbose=0), expected)


def test_a_generator_without_steps_is_one_epoch():
    model = dense(pellucid)
    model.compile("sgd", "mse")
    with pytest.warns(UserWarning, match="no data left for epoch 2") as caught:
        history = model.fit(((X, Y) for _ in range(3)), epochs=5, verbose=0, shuffle=False)
    assert len(history.history["loss"]) == 1 and len(caught) == 1


def test_steps_per_execution_changes_the_calls_and_not_the_numbers():
    calls = []
    one, three = twins(dense)[1], dense(pellucid)
    three.set_weights(one.get_weights())
    one.compile("sgd", "mse")
    three.compile("sgd", "mse", steps_per_execution=3)
    batch_ends = pellucid.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: calls.append(batch))
    first = one.fit(X, Y, **FIT)
    second = three.fit(X, Y, **FIT, callbacks=[batch_ends])
    assert first.history == second.history and calls == [2, 5, 8] * 3  # 7 batches in groups of 3
    np.testing.assert_allclose(one.predict(X, verbose=0), three.predict(X, batch_size=4, verbose=0), rtol=1e-5)


# ---- order, seeds, models of one's own


def test_callbacks_come_in_keras_order():
    def events(library, model):
        found = []

        class Order(library.callbacks.Callback):
            pass

        for moment in (m for m in dir(library.callbacks.Callback) if m.startswith("on_")):

            def note(self, *args, moment=moment, **kwargs):
                place, logs = (*args, *kwargs.values()) if len(args) + len(kwargs) == 2 else (None, *args)
                found.append((moment, place, sorted(logs)))

            setattr(Order, moment, note)
        model.compile("sgd", "mse", metrics=["mae"])
        model.fit(X, Y, batch_size=25, validation_split=0.5, epochs=2, verbose=0, callbacks=[Order()])
        model.evaluate(X, Y, verbose=0, callbacks=[Order()])
        model.predict(X, verbose=0, callbacks=[Order()])
        return found

    theirs, ours = (events(*pair) for pair in zip(LIBRARIES, twins(dense), strict=True))
    assert ours == theirs


def test_a_seed_repeats_training_bit_for_bit():
    def train():
        pellucid.utils.set_random_seed(7)
        model = pellucid.Sequential(
            [pellucid.Input((4,)), pellucid.layers.Dense(8), pellucid.layers.Dropout(0.5), pellucid.layers.Dense(3)]
        )
        model.compile("adam", "mse")
        history = model.fit(X, Y, epochs=2, verbose=0, batch_size=8)
        return [*history.history["loss"], *(w.tolist() for w in model.get_weights())]

    assert train() == train()


def test_training_stops_where_a_callback_says_so():
    model = dense(pellucid)
    model.compile("sgd", "mse")
    steps = []

    def stop(batch, logs):
        steps.append(batch)
        model.stop_training = batch == 1

    history = model.fit(
        X, Y, epochs=4, batch_size=10, verbose=0, callbacks=[pellucid.callbacks.LambdaCallback(on_train_batch_end=stop)]
    )
    assert steps == [0, 1] and len(history.history["loss"]) == 1


def test_fit_before_compile_says_what_to_type():
    with pytest.raises(OrderError, match=r"not compiled(?s:.*)model\.compile\(optimizer="):
        dense(pellucid).fit(X, Y)
    with pytest.raises(OrderError, match="not compiled"):
        dense(pellucid).evaluate(X, Y)


def test_a_model_with_its_own_train_step_needs_no_call():
    class Pair(pellucid.Model):
        def __init__(self):
            super().__init__()
            self.one = pellucid.layers.Dense(1)

        def train_step(self, data):
            self.zero_grad()
            loss = self.one(data).square().mean()
            loss.backward()
            weights = self.one.trainable_weights
            self.optimizer.apply([w.value.grad for w in weights], weights)
            return {"distance": loss.detach()}

    model = Pair()
    model.compile(optimizer="sgd")
    history = model.fit(np.ones((8, 2), "float32"), epochs=3, verbose=0).history
    assert history["distance"][2] < history["distance"][0]
