"""fit, evaluate and predict against Keras: the same data and weights give the same numbers."""

import numpy as np
import pandas as pd
import pytest
import torch
from tests.engine.twins import LIBRARIES, classes, dense, numbers, quietly, same_history, twins, two_outputs

import pellucid
from pellucid.errors import ArgumentError, ArgumentTypeError, DataError, OrderError, ShapeError

X, Y = numbers(50, 4), numbers(50, 3, seed=1)
FIT = {"epochs": 3, "batch_size": 8, "shuffle": False, "verbose": 0}


def _histories(build, compile_with, x=X, y=Y, **fit_with):
    """Histories of both twins; `compile_with` is a dict, or a function of the library that gives one."""
    pair = twins(build)
    found = []
    for library, model in zip(LIBRARIES, pair, strict=True):
        model.compile(**(compile_with(library) if callable(compile_with) else compile_with))
        found.append(model.fit(x, y, **{**FIT, **fit_with}))
    for one, other in zip(pair[1].get_weights(), pair[0].get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
    return found[1], found[0]


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
    same_history(*_histories(dense, compile_with))


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
        *_histories(
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
    ours, keras_history = _histories(dense, compile_with, **extra)
    same_history(ours, keras_history)
    assert ours.epoch == keras_history.epoch and ours.params == keras_history.params


def test_class_weights_give_keras_numbers():
    compile_with = {"optimizer": "sgd", "loss": "sparse_categorical_crossentropy", "weighted_metrics": ["accuracy"]}
    same_history(*_histories(dense_softmax, compile_with, y=classes(50, 3), class_weight={0: 0.5, 2: 3.0}))


def dense_softmax(library):
    return dense(library, 4, 3, "softmax")


TWO_TARGETS = [classes(50, 3), numbers(50, 1, seed=2)]
MANY = {
    "list": {"loss": ["sparse_categorical_crossentropy", "mse"], "metrics": [["accuracy"], ["mae", "mse"]]},
    "dict": {
        "loss": {"a": "sparse_categorical_crossentropy", "b": "mse"},
        "metrics": {"b": ["mae"], "a": "acc"},
        "loss_weights": {"a": 0.3, "b": 2.0},
    },
    "weights": {
        "loss": ["sparse_categorical_crossentropy", "mse"],
        "loss_weights": [1.0, 0.1],
        "weighted_metrics": [[], ["mae"]],
    },
    "one loss is missing": {"loss": [None, "mse"], "metrics": [None, ["mae"]]},
}


@pytest.mark.filterwarnings("ignore:No gradient reaches a/kernel")  # the output without a loss
@pytest.mark.parametrize("compile_with", MANY.values(), ids=MANY)
def test_several_outputs_give_keras_numbers_and_names(compile_with):
    same_history(*_histories(two_outputs, {"optimizer": "sgd", **compile_with}, y=TWO_TARGETS, validation_split=0.3))


def test_targets_may_come_by_name():
    y = dict(zip("ab", TWO_TARGETS, strict=True))
    same_history(*_histories(two_outputs, {"optimizer": "sgd", **MANY["dict"]}, y=y))


def test_evaluate_gives_keras_list_and_dict():
    pair = twins(two_outputs)
    for model in pair:
        model.compile("sgd", **MANY["list"])
    theirs, ours = [m.evaluate(X, TWO_TARGETS, verbose=0, batch_size=7, return_dict=True) for m in pair]
    assert list(ours) == list(theirs)
    np.testing.assert_allclose(list(ours.values()), list(theirs.values()), rtol=1e-5)
    theirs, ours = [m.evaluate(X, TWO_TARGETS, verbose=0) for m in pair]
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)


def test_a_single_number_is_no_list():
    model = dense(pellucid)
    model.compile("sgd", "mse")
    assert isinstance(model.evaluate(X, Y, verbose=0), float)


def test_metrics_names_are_keras_names():
    pair = twins(two_outputs)
    for model in pair:
        model.compile("sgd", **MANY["list"])
        quietly(model.fit, X, TWO_TARGETS)
    assert pair[1].metrics_names == pair[0].metrics_names


def test_predict_gives_arrays_in_the_structure_of_the_output():
    theirs, ours = [m.predict(X, batch_size=8, verbose=0) for m in twins(two_outputs)]
    assert isinstance(ours, list) and all(isinstance(part, np.ndarray) for part in ours)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-6)


def test_predict_of_no_samples_has_no_rows():
    assert dense(pellucid).predict(np.zeros((0, 4)), verbose=0).shape == (0, 3)


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
    same_history(*_histories(build, {"optimizer": "sgd", "loss": "mse", "metrics": ["mae"]}, x=x, y=numbers(20, 5, 2)))


def test_penalties_of_layers_are_part_of_the_loss():
    def build(library):
        return library.Sequential(
            [library.Input((4,)), library.layers.Dense(3, kernel_regularizer="l2", activity_regularizer="l1")]
        )

    same_history(*_histories(build, {"optimizer": "sgd", "loss": "mse", "metrics": ["mse"]}))


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
    "arrays": lambda: ({"x": X, "y": Y, "batch_size": 10}),
    "tensors": lambda: ({"x": torch.tensor(X), "y": torch.tensor(Y), "batch_size": 10}),
    "float64": lambda: ({"x": X.astype("float64"), "y": Y.astype("float64"), "batch_size": 10}),
    "frames": lambda: ({"x": pd.DataFrame(X), "y": pd.DataFrame(Y), "batch_size": 10}),
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
    np.testing.assert_array_equal(one.predict(X, verbose=0), three.predict(X, batch_size=4, verbose=0))


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
    history = model.fit(X, Y, epochs=2, verbose=0)
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


def test_a_compile_config_compiles_again():
    model = two_outputs(pellucid)
    model.compile("adam", **MANY["dict"])
    again = two_outputs(pellucid)
    again.compile_from_config(model.get_compile_config())
    again.set_weights(model.get_weights())
    numbers = [m.evaluate(X, dict(zip("ab", TWO_TARGETS, strict=True)), verbose=0) for m in (model, again)]
    assert numbers[0] == numbers[1] and again.optimizer.built


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


# ---- errors, read as text


def _compiled(loss="mse", outputs=3, activation=None):
    model = dense(pellucid, 4, outputs, activation)
    model.compile("sgd", loss)
    return model


def test_fit_before_compile_says_what_to_type():
    with pytest.raises(OrderError, match=r"not compiled(?s:.*)model\.compile\(optimizer="):
        dense(pellucid).fit(X, Y)
    with pytest.raises(OrderError, match="not compiled"):
        dense(pellucid).evaluate(X, Y)


def test_no_loss_at_all_is_told():
    model = dense(pellucid)
    model.compile("sgd")
    with pytest.raises(OrderError, match="no loss to compute"):
        model.fit(X, Y, verbose=0)


def test_class_numbers_for_one_hot_targets_are_told():
    with pytest.raises(ShapeError) as caught:
        _compiled("categorical_crossentropy", 3, "softmax").fit(X, classes(50, 3), verbose=0)
    text = str(caught.value)
    assert "target (32,)" in text and "(32, 3)" in text and 'fix       loss="sparse_categorical_crossentropy"' in text


def test_targets_of_another_size_are_told():
    with pytest.raises(ShapeError, match=r"target \(32, 5\)(?s:.*)\(32, 3\)(?s:.*)Dense\(5\) as the last layer"):
        _compiled().fit(X, numbers(50, 5), verbose=0)


def test_missing_targets_are_told():
    with pytest.raises(DataError, match=r"no targets to compare with(?s:.*)fit\(x, y\)"):
        _compiled().fit(X, verbose=0)


def test_targets_for_another_number_of_outputs_are_told():
    model = two_outputs(pellucid)
    model.compile("sgd", ["sparse_categorical_crossentropy", "mse"])
    with pytest.raises(ArgumentError, match=r"structure of the model's outputs(?s:.*)y = \[\*, \*\]"):
        model.fit(X, [TWO_TARGETS[0]], verbose=0)


def test_a_loss_for_an_unknown_output_is_told():
    model = two_outputs(pellucid)
    model.compile("sgd", {"aa": "mse", "b": "mse"})
    with pytest.raises(ValueError, match=r"names the output 'aa'(?s:.*)'a'"):
        model.fit(X, TWO_TARGETS, verbose=0)


def test_a_number_of_weights_must_match():
    model = two_outputs(pellucid)
    model.compile("sgd", ["mse", "mse"], loss_weights=[1.0])
    with pytest.raises(ArgumentError, match=r"must match the losses(?s:.*)1 weights(?s:.*)2"):
        model.fit(X, TWO_TARGETS, verbose=0)


def test_a_loss_without_a_gradient_is_told():
    def loss(y_true, y_pred):
        return ((y_pred - y_true) ** 2).mean().detach()

    with pytest.raises(ArgumentTypeError, match=r"has a gradient(?s:.*)no NumPy"):
        _compiled(loss).fit(X, Y, verbose=0)


@pytest.mark.parametrize("word", ["metrics", "weighted_metrics"])
def test_metrics_must_be_a_list_or_dict(word):
    with pytest.raises(ArgumentError, match=rf"`{word}` is a list or a dict(?s:.*){word}=\['accuracy'\]"):
        dense(pellucid).compile("sgd", "mse", **{word: "accuracy"})


def test_an_unknown_loss_is_told():
    with pytest.raises(ValueError, match="nope"):
        _compiled("nope").fit(X, Y, verbose=0)


def test_a_failing_layer_keeps_its_notes():
    model = _compiled()
    with pytest.raises(ValueError, match=r"dense") as caught:
        model.fit(numbers(50, 9), Y, verbose=0)
    assert any("in layer" in note for note in getattr(caught.value, "__notes__", []))
