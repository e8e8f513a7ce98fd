"""Wrong programs: data that does not fit a model in predict, evaluate and fit; compile and fit arguments."""

import numpy as np

from wrong_programs.row import Wrong


def _images(k):
    return k.Sequential([k.Input((8, 8, 3)), k.layers.Flatten(), k.layers.Dense(2)])


def _vectors(k, units=2, loss="mse", activation=None, **arguments):
    model = k.Sequential([k.Input((3,)), k.layers.Dense(units, activation=activation)])
    model.compile("sgd", loss=loss, **arguments)
    return model


def _two_inputs(k):
    a, b = k.Input((3,), name="a"), k.Input((3,), name="b")
    return k.Model({"a": a, "b": b}, k.layers.Add()([a, b]))


def _two_inputs_list(k):
    a, b = k.Input((3,), name="a"), k.Input((3,), name="b")
    return k.Model([a, b], k.layers.Add()([a, b]))


def _two_outputs(k, **arguments):
    x = k.Input((3,))
    model = k.Model(x, [k.layers.Dense(1, name="one")(x), k.layers.Dense(2, name="two")(x)])
    model.compile("sgd", **arguments)
    return model


def _ones(*shape):
    return np.ones(shape, "float32")


X, Y = _ones(6, 3), _ones(6, 2)


def _fit(model, x=X, y=Y, **arguments):
    return model.fit(x, y, verbose=0, **arguments)


def _endless():
    while True:
        yield X, Y


def _numbers():
    yield 1.0


def _loss_of_numpy(k):
    def loss(y_true, y_pred):
        return np.mean(3.0)

    return _fit(_vectors(k, loss=loss))


def _loss_that_breaks(k):
    def loss(y_true, y_pred):
        return k.ops.matmul(y_true, y_pred)

    return _fit(_vectors(k, loss=loss))


def _metric_that_breaks(k):
    def metric(y_true, y_pred):
        return k.ops.matmul(y_true, y_pred)

    return _fit(_vectors(k, metrics=[metric]))


def _no_loss(k):
    model = k.Sequential([k.Input((3,)), k.layers.Dense(2)])
    model.compile("sgd")
    return _fit(model)


def _before_compile(k, method):
    model = k.Sequential([k.Input((3,)), k.layers.Dense(2)])
    return getattr(model, method)(X, Y)


# fmt: off
PREDICT = [
    Wrong("predict on a single image", lambda k: _images(k).predict(_ones(8, 8, 3), verbose=0), ("x[None]", "(None, 8, 8, 3)"), ValueError),
    Wrong("predict on another size", lambda k: _images(k).predict(_ones(2, 9, 9, 3), verbose=0), ("192 = 8*8*3", "243 = 9*9*3"), ValueError),
    Wrong("predict on flat images", lambda k: _images(k).predict(_ones(2, 192), verbose=0), ("(None, 8, 8, 3)", "192"), ValueError),
    Wrong("predict with one of two inputs", lambda k: _two_inputs_list(k).predict(_ones(2, 3), verbose=0), ("2",), ValueError),
    Wrong("predict with three of two inputs", lambda k: _two_inputs_list(k).predict([_ones(2, 3)] * 3, verbose=0), ("2", "3")),
    Wrong("predict with a dict without a key", lambda k: _two_inputs(k).predict({"a": _ones(2, 3)}, verbose=0), ("'b'",)),
    Wrong("predict with a dict of a mistyped key", lambda k: _two_inputs(k).predict({"a": _ones(2, 3), "c": _ones(2, 3)}, verbose=0), ("'b'",), ValueError),
    Wrong("predict with inputs of different lengths", lambda k: _two_inputs_list(k).predict([_ones(2, 3), _ones(4, 3)], verbose=0), ("2", "4")),
    Wrong("predict on text", lambda k: _vectors(k).predict(np.array([["a", "b", "c"]]), verbose=0), ("numbers",), (ValueError, TypeError)),
    Wrong("predict on one text", lambda k: _vectors(k).predict("digits.png", verbose=0), ("'digits.png'",), (ValueError, TypeError)),
    Wrong("predict on objects", lambda k: _vectors(k).predict(np.array([[None, {}, 1]], dtype=object), verbose=0), ("numbers",), (ValueError, TypeError)),
    Wrong("predict on a list of numbers", lambda k: _vectors(k).predict([1.0, 2.0, 3.0], verbose=0), ("np.array",)),
    Wrong("predict on ragged lists", lambda k: _vectors(k).predict([[1.0, 2.0], [3.0]], verbose=0), ("np.array",), ValueError),
    Wrong("predict on None", lambda k: _vectors(k).predict(None, verbose=0), ("None",), ValueError),
    Wrong("predict on a number", lambda k: _vectors(k).predict(3, verbose=0), ("3",)),
    Wrong("predict on a symbol", lambda k: _vectors(k).predict(k.Input((3,)), verbose=0), ("symbol",), (ValueError, TypeError)),
    Wrong("predict on complex numbers", lambda k: _vectors(k).predict(X + 1j, verbose=0), ("complex64", 'Input(..., dtype="complex64")'), ValueError),
    Wrong("predict on dates", lambda k: _vectors(k).predict(np.full((2, 3), "2020-01-01", "M8[D]"), verbose=0), ("datetime64", 'x.astype("int64")'), (ValueError, TypeError)),
    Wrong("predict in batches of 0", lambda k: _vectors(k).predict(X, batch_size=0, verbose=0), ("batch_size", "0"), ValueError),
    Wrong("a call on another number of features", lambda k: _vectors(k)(_ones(2, 5)), ("3", "5")),
    Wrong("a call on a value with no axes", lambda k: _vectors(k)(np.float32(3)), ("()",), ValueError),
    Wrong("predict by a model without weights yet", lambda k: k.Model().predict(X, verbose=0), ("call",), NotImplementedError),
]
# fmt: on

# fmt: off
COMPILE = [
    Wrong("fit before compile", lambda k: _before_compile(k, "fit"), ("compile(", "fit")),
    Wrong("evaluate before compile", lambda k: _before_compile(k, "evaluate"), ("compile(",), ValueError),
    Wrong("train_on_batch before compile", lambda k: _before_compile(k, "train_on_batch"), ("compile(",)),
    Wrong("a mistyped optimizer", lambda k: _vectors(k).compile("adm", "mse"), ("adm", "adam")),
    Wrong("an optimizer that is none", lambda k: _vectors(k).compile(3, "mse"), ("3", "optimizer")),
    Wrong("a mistyped loss", lambda k: _fit(_vectors(k, loss="mean_square_error")), ("mean_squared_error",)),
    Wrong("a mistyped metric", lambda k: _fit(_vectors(k, metrics=["acuracy"])), ("acuracy", "accuracy")),
    Wrong("a loss that is a number", lambda k: _fit(_vectors(k, loss=3)), ("3", "loss")),
    Wrong("metrics for an output that is not there", lambda k: _two_outputs(k, loss="mse", metrics={"tow": "mae"}).fit(X, [_ones(6, 1), Y], verbose=0), ("tow", "two")),
    Wrong("a loss for an output that is not there", lambda k: _two_outputs(k, loss={"one": "mse", "tow": "mse"}).fit(X, [_ones(6, 1), Y], verbose=0), ("tow", "two")),
    Wrong("three losses for two outputs", lambda k: _two_outputs(k, loss=["mse"] * 3).fit(X, [_ones(6, 1), Y], verbose=0), ("3", "2")),
    Wrong("loss weights of another number", lambda k: _two_outputs(k, loss=["mse"] * 2, loss_weights=[1.0]).fit(X, [_ones(6, 1), Y], verbose=0), ("loss_weights",)),
    Wrong("metrics that are no list", lambda k: _vectors(k, metrics=3), ("metrics", "3"), (ValueError, TypeError)),
    Wrong("fit without a loss", _no_loss, ("loss",)),
    Wrong("steps_per_execution of 0", lambda k: _fit(_vectors(k, steps_per_execution=0)), ("steps_per_execution", "0"), ValueError),
]
# fmt: on

# fmt: off
FIT = [
    Wrong("targets of another number of features", lambda k: _fit(_vectors(k), y=_ones(6, 5)), ("(6, 5)", "(6, 2)"), ValueError),
    Wrong("targets of another number of axes", lambda k: _fit(_vectors(k), y=_ones(6, 4, 2)), ("(6, 4, 2)", "(6, 2)"), ValueError),
    Wrong("class numbers for categorical crossentropy", lambda k: _fit(_vectors(k, loss="categorical_crossentropy"), y=np.arange(6) % 2), ("sparse_categorical_crossentropy",)),
    Wrong("one-hot targets for sparse crossentropy", lambda k: _fit(_vectors(k, loss="sparse_categorical_crossentropy")), ('"categorical_crossentropy"',)),
    Wrong("a class too large for sparse crossentropy", lambda k: _fit(_vectors(k, loss="sparse_categorical_crossentropy"), y=np.array([0, 1, 2, 0, 1, 5])), ("5", "0 to 1"), ValueError),
    Wrong("a negative class for sparse crossentropy", lambda k: _fit(_vectors(k, loss="sparse_categorical_crossentropy"), y=np.array([0, 1, -2, 0, 1, 1])), ("-2", "0 to 1"), ValueError),
    Wrong("class numbers for binary crossentropy of two outputs", lambda k: _fit(_vectors(k, loss="binary_crossentropy"), y=np.arange(6) % 2), ("(6,", "(6, 2)"), ValueError),
    Wrong("targets as text", lambda k: _fit(_vectors(k), y=np.array(["cat"] * 6)), ("numbers",), (ValueError, TypeError)),
    Wrong("complex targets", lambda k: _fit(_vectors(k), y=Y + 1j), ("complex64", "abs(y)"), ValueError),
    Wrong("classes that are NaN", lambda k: _fit(_vectors(k, loss="sparse_categorical_crossentropy"), y=np.full(6, np.nan)), ("NaN", "0 to 1"), (ValueError, IndexError)),
    Wrong("inputs that are NaN", lambda k: _fit(_vectors(k), x=X * np.nan), ("batch 0", "of x", "disable_finite_check"), RuntimeError),
    Wrong("no targets", lambda k: _fit(_vectors(k), y=None), ("y",), ValueError),
    Wrong("x and y of different lengths", lambda k: _fit(_vectors(k), y=_ones(5, 2)), ("6", "5")),
    Wrong("one target for two outputs", lambda k: _fit(_two_outputs(k, loss="mse")), ("y = ", "one"), ValueError),
    Wrong("targets for an output that is not there", lambda k: _two_outputs(k, loss="mse").fit(X, {"one": _ones(6, 1), "tow": Y}, verbose=0), ("two",), ValueError),
    Wrong("no samples", lambda k: _fit(_vectors(k), x=_ones(0, 3), y=_ones(0, 2)), ("0",), ValueError),
    Wrong("batch_size 0", lambda k: _fit(_vectors(k), batch_size=0), ("batch_size", "0"), ValueError),
    Wrong("batch_size below 0", lambda k: _fit(_vectors(k), batch_size=-4), ("batch_size", "-4"), ValueError),
    Wrong("batch_size a fraction", lambda k: _fit(_vectors(k), batch_size=2.5), ("batch_size", "2.5"), (ValueError, TypeError)),
    Wrong("batch_size text", lambda k: _fit(_vectors(k), batch_size="32"), ("batch_size", "'32'"), (ValueError, TypeError)),
    Wrong("validation_split of 1.5", lambda k: _fit(_vectors(k), validation_split=1.5), ("validation_split", "1.5"), ValueError),
    Wrong("validation_split below 0", lambda k: _fit(_vectors(k), validation_split=-0.5), ("validation_split", "-0.5"), ValueError),
    Wrong("validation_split that leaves nothing", lambda k: _fit(_vectors(k), x=X[:1], y=Y[:1], validation_split=0.5), ("validation_split"),),
    Wrong("validation_split of a generator", lambda k: _vectors(k).fit(_endless(), validation_split=0.5, steps_per_epoch=1, verbose=0), ("validation_data",)),
    Wrong("validation_data of three parts too many", lambda k: _fit(_vectors(k), validation_data=(X, Y, X, Y, X)), ("validation_data",), ValueError),
    Wrong("class_weight as a list", lambda k: _fit(_vectors(k), class_weight=[1.0, 2.0]), ("class_weight", "{0:"), (ValueError, TypeError)),
    Wrong("class_weight for two outputs", lambda k: _two_outputs(k, loss="mse").fit(X, [_ones(6, 1), Y], class_weight={0: 1.0}, verbose=0), ("class_weight", "sample_weight")),
    Wrong("class_weight and sample_weight", lambda k: _fit(_vectors(k), class_weight={0: 1.0, 1: 1.0}, sample_weight=_ones(6)), ("class_weight", "sample_weight")),
    Wrong("sample_weight of another length", lambda k: _fit(_vectors(k), sample_weight=_ones(5)), ("6", "5")),
    Wrong("sample_weight of another shape", lambda k: _fit(_vectors(k), sample_weight=_ones(6, 7)), ("(6, 7)",), ValueError),
    Wrong("epochs below 0", lambda k: _fit(_vectors(k), epochs=-1), ("epochs", "-1"), ValueError),
    Wrong("epochs a fraction", lambda k: _fit(_vectors(k), epochs=1.5), ("epochs", "1.5"), TypeError),
    Wrong("epochs text", lambda k: _fit(_vectors(k), epochs="3"), ("epochs", "'3'"), (TypeError, ValueError)),
    Wrong("a generator of numbers", lambda k: _vectors(k).fit(_numbers(), verbose=0), ("yield",)),
    Wrong("steps_per_epoch of 0", lambda k: _fit(_vectors(k), steps_per_epoch=0), ("steps_per_epoch", "0"), ValueError),
    Wrong("steps_per_epoch a fraction", lambda k: _fit(_vectors(k), steps_per_epoch=1.5), ("steps_per_epoch", "1.5"), (ValueError, TypeError)),
    Wrong("y beside a generator", lambda k: _vectors(k).fit(_endless(), Y, steps_per_epoch=1, verbose=0), ("y",), ValueError),
    Wrong("a generator of four parts", lambda k: _vectors(k).fit((batch for batch in [(X, Y, X, Y)]), verbose=0), ("4",), ValueError),
    Wrong("a generator of nothing", lambda k: _vectors(k).fit((batch for batch in ()), verbose=0), ("batch",), (ValueError, StopIteration)),
    Wrong("a callback that is none", lambda k: _fit(_vectors(k), callbacks=["early"]), ("'early'",), (ValueError, TypeError, AttributeError)),
    Wrong("a callback that is a class", lambda k: _fit(_vectors(k), callbacks=[k.callbacks.History]), ("History()",), (ValueError, TypeError, AttributeError)),
    Wrong("a loss without a gradient", _loss_of_numpy, ("gradient",), (ValueError, TypeError, AttributeError)),
    Wrong("a loss function that breaks", _loss_that_breaks, ("matmul", "(6, 2)"), ValueError),
    Wrong("a metric function that breaks", _metric_that_breaks, ("matmul", "(6, 2)"), ValueError),
    Wrong("fit on another number of features", lambda k: _fit(_vectors(k), x=_ones(6, 4)), ("3", "(6, 4)"), ValueError),
    Wrong("train_on_batch on another number of features", lambda k: _vectors(k).train_on_batch(_ones(6, 4), Y), ("3", "(6, 4)"), ValueError),
    Wrong("evaluate on targets of another shape", lambda k: _vectors(k).evaluate(X, _ones(6, 5), verbose=0), ("(6, 5)", "(6, 2)"), ValueError),
    Wrong("initial_epoch text", lambda k: _fit(_vectors(k), initial_epoch="2"), ("initial_epoch", "'2'"), (ValueError, TypeError)),
    Wrong("validation_freq of 0", lambda k: _fit(_vectors(k), validation_data=(X, Y), validation_freq=0), ("validation_freq", "0"), (ValueError, ZeroDivisionError)),
]
# fmt: on
