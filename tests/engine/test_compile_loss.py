"""Losses and metrics of several outputs: names, order, numbers as in Keras; and what a wrong form is told."""

import numpy as np
import pytest
import torch

import pellucid
from engine.twins import (
    X,
    Y,
    classes,
    compiled,
    dense,
    histories,
    numbers,
    quietly,
    same_history,
    twins,
    two_outputs,
)
from pellucid.errors import ArgumentError, DataError, ShapeError

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
    same_history(*histories(two_outputs, {"optimizer": "sgd", **compile_with}, y=TWO_TARGETS, validation_split=0.3))


def test_targets_may_come_by_name():
    y = dict(zip("ab", TWO_TARGETS, strict=True))
    same_history(*histories(two_outputs, {"optimizer": "sgd", **MANY["dict"]}, y=y))


def test_evaluate_gives_keras_list_and_dict():
    pair = twins(two_outputs)
    for model in pair:
        model.compile("sgd", **MANY["list"])
    theirs, ours = [m.evaluate(X, TWO_TARGETS, verbose=0, batch_size=7, return_dict=True) for m in pair]
    assert list(ours) == list(theirs)
    np.testing.assert_allclose(list(ours.values()), list(theirs.values()), rtol=1e-5)
    theirs, ours = [m.evaluate(X, TWO_TARGETS, verbose=0) for m in pair]
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)


def test_metrics_names_are_keras_names():
    pair = twins(two_outputs)
    for model in pair:
        model.compile("sgd", **MANY["list"])
        quietly(model.fit, X, TWO_TARGETS)
    assert pair[1].metrics_names == pair[0].metrics_names


def test_class_numbers_for_one_hot_targets_are_told():
    with pytest.raises(ShapeError) as caught:
        compiled("categorical_crossentropy", 3, "softmax").fit(X, classes(50, 3), verbose=0)
    text = str(caught.value)
    assert "target (32,)" in text and "(32, 3)" in text and 'fix       loss="sparse_categorical_crossentropy"' in text


def test_targets_of_another_size_are_told():
    with pytest.raises(ShapeError, match=r"target \(32, 5\)(?s:.*)\(32, 3\)(?s:.*)Dense\(5\) as the last layer"):
        compiled().fit(X, numbers(50, 5), verbose=0)


def test_missing_targets_are_told():
    with pytest.raises(DataError, match=r"no targets to compare with(?s:.*)fit\(x, y\)"):
        compiled().fit(X, verbose=0)


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


@pytest.mark.parametrize("word", ["metrics", "weighted_metrics"])
def test_metrics_must_be_a_list_or_dict(word):
    with pytest.raises(ArgumentError, match=rf"`{word}` is a list or a dict(?s:.*){word}=\['accuracy'\]"):
        dense(pellucid).compile("sgd", "mse", **{word: "accuracy"})


def test_an_unknown_loss_is_told():
    with pytest.raises(ValueError, match="nope"):
        compiled("nope").fit(X, Y, verbose=0)


def test_a_compile_config_compiles_again():
    model = two_outputs(pellucid)
    model.compile("adam", **MANY["dict"])
    again = two_outputs(pellucid)
    again.compile_from_config(model.get_compile_config())
    again.set_weights(model.get_weights())
    numbers = [m.evaluate(X, dict(zip("ab", TWO_TARGETS, strict=True)), verbose=0) for m in (model, again)]
    assert numbers[0] == numbers[1] and again.optimizer.built


def test_a_loss_of_several_outputs_gets_their_structure():
    seen = []

    def both(y_true, y_pred):
        seen.append((len(y_true), len(y_pred)))
        return sum(((t - p) ** 2).mean() for t, p in zip(y_true, y_pred, strict=True))

    from pellucid.engine.compile_loss import CompileLoss

    loss = CompileLoss({"pair": both, "one": "mae"}, output_names=["one", "a", "b"])
    ones, zeros = torch.ones(2, 1), torch.zeros(2, 1)
    total = loss({"pair": [zeros, zeros], "one": zeros}, {"pair": [ones, 3 * ones], "one": 5 * ones})
    assert float(total) == 1 + 9 + 5 and seen == [(2, 2)]
    assert [m.name for m in loss.metrics] == ["pair_loss", "one_loss"]


def test_several_losses_of_one_output_add_up():
    from pellucid.engine.compile_loss import CompileLoss

    loss = CompileLoss(["mse", "mae"])
    assert float(loss(torch.zeros(2, 1), torch.full((2, 1), 3.0))) == 9 + 3


def test_one_hot_targets_for_class_numbers_are_told():
    with pytest.raises(ShapeError, match=r'loss="categorical_crossentropy"'):
        compiled("sparse_categorical_crossentropy", 3, "softmax").fit(X, np.eye(3)[classes(50, 3)], verbose=0)


def test_a_class_without_a_place_is_told():
    y = classes(50, 3)
    y[0] = 7
    with pytest.raises(ArgumentError, match=r"from 0 to 7(?s:.*)0 to 2(?s:.*)Dense\(8\) as the last layer"):
        compiled("sparse_categorical_crossentropy", 3, "softmax").fit(X, y, verbose=0, batch_size=50)


def test_names_mean_what_the_next_targets_need_after_wrong_ones():
    model = dense(pellucid, 4, 3, "softmax")
    model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
    with pytest.raises(ShapeError):
        model.fit(X, classes(50, 3), verbose=0)
    model.fit(X, np.eye(3)[classes(50, 3)], verbose=0)  # "accuracy" was the one for class numbers before
