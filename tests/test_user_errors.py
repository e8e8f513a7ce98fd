"""What a user meets after a slip: an error of our form, of Keras's kind, that leaves everything usable.

The rows are in tests/wrong_programs/. To see one: ``pytest tests/test_user_errors.py -k "too large"``.
"""

from __future__ import annotations

import warnings

import keras
import numpy as np
import pytest

import pellucid
from pellucid import layers
from pellucid.errors import PellucidError
from wrong_programs import graphs, parts, running
from wrong_programs import layers as layer_rows
from wrong_programs.row import Wrong

ROWS: list[Wrong] = [
    *layer_rows.ARGUMENTS, *layer_rows.SHAPES, *layer_rows.DTYPES, *graphs.GRAPHS, *running.PREDICT, *running.COMPILE,
    *running.FIT, *parts.WEIGHTS, *parts.SUBCLASSES, *parts.CONFIGS, *parts.PARTS,
]  # fmt: skip
X, Y = np.ones((6, 3), "float32"), np.ones((6, 2), "float32")


def raised(program, library) -> Exception | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            program(library)
        except Exception as error:
            return error
    return None


def builtin_kind(error: Exception) -> type:
    return next(cls for cls in type(error).__mro__ if cls.__module__ == "builtins")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_wrong_program_ends_in_a_clear_error(row):
    error = raised(row.program, pellucid)
    assert isinstance(error, PellucidError), f"{error!r}"
    text = "\n".join([str(error), *getattr(error, "__notes__", ())])
    assert [fragment for fragment in row.fragments if fragment not in text] == [], text
    assert "Traceback" not in text and "{" not in error.message.replace("{'", "")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_it_is_an_error_of_the_kind_that_keras_raises(row):
    kind = row.kind
    if kind is None:
        theirs = raised(row.program, keras)
        assert theirs is not None, "Keras runs this: the row must say the kind itself"
        kind = builtin_kind(theirs)
    assert isinstance(raised(row.program, pellucid), kind)


def test_no_two_rows_have_one_name():
    names = [row.name for row in ROWS]
    assert len(set(names)) == len(names) >= 80


def test_a_generators_own_error_comes_through_with_the_place():
    def camera():
        yield X, Y
        raise RuntimeError("the camera is gone")

    model = made()
    with pytest.raises(RuntimeError, match="the camera is gone") as error:
        model.fit(camera(), steps_per_epoch=2, shuffle=False, verbose=0)
    assert "generator" in error.value.__notes__[0]
    assert len(model.fit(X, Y, verbose=0).history["loss"]) == 1


# ---- nothing is lost


def made():
    model = pellucid.Sequential([pellucid.Input((3,)), layers.Dense(2)])
    model.compile("adam", "mse", metrics=["mae"])
    return model


FAILURES = {
    "targets of another shape": lambda model: model.fit(X, np.ones((6, 5)), verbose=0),
    "inputs of another shape": lambda model: model.fit(np.ones((6, 4)), Y, verbose=0),
    "another length": lambda model: model.fit(X, Y[:5], verbose=0),
    "an unknown optimizer": lambda model: model.compile("adm", "mse"),
    "a layer that does not fit": lambda model: model.add(layers.Conv2D(2, 3)),
    "a weight of text behind a good one": lambda model: model.set_weights([np.zeros((3, 2)), np.full(2, "a")]),
    "a weight of another shape behind a good one": lambda model: model.set_weights([np.zeros((3, 2)), np.ones(9)]),
    "predict on another size": lambda model: model.predict(np.ones((2, 9)), verbose=0),
    "evaluate on another shape": lambda model: model.evaluate(X, np.ones((6, 5)), verbose=0),
}


@pytest.mark.parametrize("name", FAILURES)
def test_after_a_failure_the_model_is_as_before_and_learns(name):
    model = made()
    before = model.get_weights()
    with pytest.raises(PellucidError):
        FAILURES[name](model)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert int(model.optimizer.iterations.numpy()) == 0 and len(model.layers) == 1
    assert sorted(model.fit(X, Y, verbose=0).history) == ["loss", "mae"]
    assert model.predict(X, verbose=0).shape == (6, 2)


@pytest.mark.parametrize(
    ("layer", "wrong", "right"),
    [
        (lambda: layers.Dense(4), (None,), (3,)),
        (lambda: layers.Conv2D(4, 3), (8, 8), (8, 8, 3)),
        (lambda: layers.Conv2D(4, 3), (2, 2, 3), (8, 8, 3)),
        (lambda: layers.BatchNormalization(), (None,), (3,)),
        (lambda: pellucid.Sequential([layers.Conv2D(4, 3), layers.Flatten()]), (8, 8), (8, 8, 3)),
    ],
)
def test_a_layer_that_could_not_be_built_is_built_by_the_next_call(layer, wrong, right):
    layer, fresh = layer(), layer()
    with pytest.raises(PellucidError):
        layer(pellucid.Input(wrong))
    assert not layer.built
    assert layer(pellucid.Input(right)).shape == fresh(pellucid.Input(right)).shape
    assert [v.shape for v in layer.weights] == [v.shape for v in fresh.weights]


def test_a_model_built_by_fit_takes_other_data_after_a_failure():
    model = pellucid.Sequential([layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(2)])
    model.compile("sgd", "mse")
    with pytest.raises(PellucidError):
        model.fit(X, Y, verbose=0)
    model.fit(np.ones((6, 8, 8, 3), "float32"), Y, verbose=0)
    assert model.predict(np.ones((2, 8, 8, 3), "float32"), verbose=0).shape == (2, 2)


def test_a_gradient_of_another_shape_moves_nothing():
    optimizer, variable = pellucid.optimizers.Adam(), pellucid.Variable([1.0, 2.0])
    with pytest.raises(PellucidError):
        optimizer.apply_gradients([(pellucid.ops.ones((9, 9)), variable)])
    assert variable.numpy().tolist() == [1.0, 2.0] and int(optimizer.iterations.numpy()) == 0


def test_a_failed_call_leaves_names_and_policies_alone():
    with pytest.raises(PellucidError):
        layers.Dense(2, name="encoder")(pellucid.Input((None,)))
    with pytest.raises(PellucidError):
        pellucid.config.set_dtype_policy("mixed_float17")
    dense = layers.Dense(2)
    dense.build((None, 3))
    assert dense.path == "dense" and dense.kernel.path == "dense/kernel" and dense.dtype == "float32"
