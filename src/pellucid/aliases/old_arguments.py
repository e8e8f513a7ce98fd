"""Arguments and methods of Keras 1 and 2: what each means today, in one table, and the shims that read it.

Below:  files/keras1_configs.py and keras2_configs.py, which know the same words in old files.
Above:  finder.py calls `accept` when a program's Keras is Pellucid.
Kept true: a class or method takes all that it took; only words that it does not know are looked up here. A program
           that uses any is told so once.
"""

from __future__ import annotations

import functools
import inspect
import math
import sys
import warnings

import numpy as np

from pellucid import callbacks, layers, models, optimizers, utils
from pellucid.aliases import old_losses
from pellucid.files import keras1_configs, keras2_configs

# By class or function, what an argument of old is called today; None where it has no effect.
RENAMED: dict[str, dict[str, str | None]] = {
    "Model": {"input": "inputs", "output": "outputs"},
    "Model.fit": {
        "nb_epoch": "epochs", "show_accuracy": None, "max_queue_size": None, "workers": None,
        "use_multiprocessing": None,
    },
    "Model.evaluate": {"show_accuracy": None, "max_queue_size": None, "workers": None, "use_multiprocessing": None},
    "Model.predict": {"max_queue_size": None, "workers": None, "use_multiprocessing": None},
    "Model.compile": {"class_mode": None, "sample_weight_mode": None, "target_tensors": None, "options": None},
    "Model.fit_generator": {
        "samples_per_epoch": "samples", "nb_epoch": "epochs", "nb_val_samples": "validation_samples",
        "max_q_size": None, "max_queue_size": None, "nb_worker": None, "workers": None, "pickle_safe": None,
        "use_multiprocessing": None,
    },
    "Model.evaluate_generator": {
        "val_samples": "samples", "max_q_size": None, "max_queue_size": None, "nb_worker": None, "workers": None,
        "pickle_safe": None, "use_multiprocessing": None,
    },
    "Model.predict_generator": {
        "val_samples": "samples", "max_q_size": None, "max_queue_size": None, "nb_worker": None, "workers": None,
        "pickle_safe": None, "use_multiprocessing": None,
    },
    "Optimizer": {"lr": "learning_rate", "schedule_decay": None},
    "ReduceLROnPlateau": {"epsilon": "min_delta"},
    "to_categorical": {"nb_classes": "num_classes"},
}  # fmt: skip


class _Told:
    already = False


def tell(old: str, new: str | None) -> None:
    """Warn of the first word of old that a program says, and of no other."""
    if not _Told.already:
        _Told.already = True
        today = f"today it is `{new}`" if new else "today it has no effect"
        warnings.warn(
            f"This program speaks the language of Keras 1 or 2: of `{old}` {today}. It runs as it is.",
            DeprecationWarning,
            stacklevel=_level_of_the_program(),
        )


def _level_of_the_program() -> int:
    """How many calls above `tell` the first line stands that is not ours: where the warning is shown."""
    frame, level = sys._getframe(2), 2
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("pellucid."):
        frame, level = frame.f_back, level + 1
    return level


def accept() -> None:
    """Let layers, optimizers, models and callbacks take what they took in Keras 1 and 2, from now on in this process."""
    for kind in _kinds(layers, layers.Layer):
        _shim(kind, "__init__", functools.partial(_of_layer, kind))
    for kind in (layers.AveragePooling1D, layers.AveragePooling2D, layers.AveragePooling3D):
        kind.__init__ = _with_pool_size(kind.__init__)  # type: ignore[method-assign]
    for kind in _kinds(optimizers, optimizers.Optimizer):
        _shim(kind, "__init__", _of_optimizer)
    models.Model.__new__ = staticmethod(_taking(models.Model.__new__, _renaming("Model")))  # type: ignore[method-assign]
    _shim(models.Functional, "__init__", _renaming("Model"))
    for made in (fit_generator, evaluate_generator, predict_generator, predict_classes, predict_proba):
        setattr(models.Model, made.__name__, made)
    for name in RENAMED:
        owner, _, method = name.partition(".")
        if owner == "Model" and method:
            _shim(_owner(models.Model, method), method, _renaming(name))
    for method in _COUNTING:
        setattr(_owner(models.Model, method), method, _with_whole_counts(getattr(models.Model, method)))
    old_losses.accept()
    _shim(callbacks.ReduceLROnPlateau, "__init__", _renaming("ReduceLROnPlateau"))
    _shim(utils, "to_categorical", _renaming("to_categorical"))


def _shim(owner, name: str, read) -> None:
    setattr(owner, name, _taking(getattr(owner, name), read))


def _owner(cls: type, method: str) -> type:
    """The class that says a method: what asks whether a model has its own finds the shim in both places."""
    return next(parent for parent in cls.__mro__ if method in vars(parent))


# Methods that took shares of a batch as a number of batches: ``steps_per_epoch=len(x) / 32``.
_COUNTING = ("fit", "evaluate", "predict", "fit_generator", "evaluate_generator", "predict_generator")
_COUNTS = ("steps_per_epoch", "validation_steps", "steps")


def _with_whole_counts(function):
    @functools.wraps(function)
    def counting(*args, **kwargs):
        for word in _COUNTS:
            if isinstance(kwargs.get(word), float):
                kwargs[word] = math.ceil(kwargs[word])
        return function(*args, **kwargs)

    return counting


def _with_pool_size(function):
    """Keras 2's windows of 2, where none is given."""

    @functools.wraps(function)
    def pooling(self, *args, **kwargs):
        if not args and not {"pool_size", "pool_length"} & set(kwargs):
            kwargs["pool_size"] = 2
        return function(self, *args, **kwargs)

    return pooling


def _kinds(module, parent: type) -> list[type]:
    """All classes of a module below a parent, outermost last: none is shimmed twice, inherited as it may be."""
    found = {getattr(module, name) for name in module.__all__}
    kinds = [kind for kind in found if isinstance(kind, type) and issubclass(kind, parent) and kind is not parent]
    return sorted(kinds, key=lambda kind: -len(kind.__mro__))


def _taking(function, read):
    """`function`, with arguments that it does not know read as words of old: ``read(positional, unknown, known)``."""
    parameters = inspect.signature(function).parameters
    takes = {name for name, p in parameters.items() if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    names = [name for name, p in parameters.items() if p.kind is p.POSITIONAL_OR_KEYWORD]

    is_free = any(p.kind is p.VAR_POSITIONAL for p in parameters.values())
    own = 1 if names[:1] in (["self"], ["cls"]) else 0

    @functools.wraps(function)
    def taking(*args, **kwargs):
        if takes.issuperset(kwargs):
            return function(*args, **kwargs)
        if is_free:
            return function(*args, **read({}, kwargs, takes))
        return function(*args[:own], **read(dict(zip(names[own:], args[own:], strict=False)), kwargs, takes))

    return taking


def _renaming(name: str):
    table = RENAMED[name]

    def read(given: dict, kwargs: dict, takes) -> dict:
        for word, value in kwargs.items():
            new = word if word in takes else table.get(word, word)
            if new != word:
                tell(word, new)
            if new is not None:
                given[new] = value
        return given

    return read


def _of_optimizer(given: dict, kwargs: dict, takes) -> dict:
    given = _renaming("Optimizer")(given, kwargs, takes)
    if "decay" in given:
        tell("decay", "learning_rate=InverseTimeDecay(...)")
        decay = given.pop("decay")
        if decay:
            rate = given.get("learning_rate", 0.01)
            given["learning_rate"] = optimizers.schedules.InverseTimeDecay(rate, decay_steps=1, decay_rate=decay)
    if "epsilon" in given and given["epsilon"] is None:
        del given["epsilon"]
    return given


def _of_layer(kind: type, given: dict, kwargs: dict, takes) -> dict:
    """Words of Keras 1 and 2 in a layer's arguments, as in the config of an old file."""
    _take_length(kind, kwargs)
    if not any(word not in takes and word in keras1_configs.WORDS for word in kwargs):
        return {**given, **kwargs}
    for word in kwargs:
        if word not in takes and word in keras1_configs.WORDS:
            tell(word, keras1_configs.WORDS[word])
    if kind.__name__.startswith("Conv") and isinstance(given.get("strides"), int):
        given["kernel_size"] = (given["kernel_size"], given.pop("strides"))  # Conv2D(8, 3, 3, border_mode="same")
    kept = {word: kwargs.pop(word) for word in ("input_dim", "input_length", "weights") if word in kwargs}
    entry = {"class_name": kind.__name__, "config": {**given, **kwargs}}
    path = (str(kwargs.get("name", kind.__name__)),)
    entry = keras1_configs.in_words_of_keras_2(entry, path, None)
    return {**keras2_configs.in_words_of_keras_3(entry, path, ())["config"], **kept}


def _take_length(kind: type, kwargs: dict) -> None:
    """The shape that `input_length` told a first layer, where it does not have it by another word."""
    if issubclass(kind, layers.Embedding):
        length = kwargs.pop("input_length", None)
        shape = length if isinstance(length, (list, tuple)) or length is None else (length,)
    elif issubclass(kind, (layers.RNN, layers.Conv1D)) and "input_dim" in kwargs:
        shape = (kwargs.pop("input_length", None), kwargs.pop("input_dim"))
    else:
        return
    if shape is not None and not {"input_shape", "batch_input_shape", "batch_shape"} & set(kwargs):
        kwargs["input_shape"] = tuple(shape)


# ---- methods that Model no longer has


def fit_generator(
    self,
    generator,
    steps_per_epoch=None,
    epochs=1,
    verbose=1,
    callbacks=None,
    validation_data=None,
    validation_steps=None,
    validation_freq=1,
    class_weight=None,
    shuffle=True,
    initial_epoch=0,
    samples=None,
    validation_samples=None,
):
    """`fit` from a generator. In Keras 1 an epoch was counted in samples, not in steps."""
    tell("fit_generator", "fit")
    generator, size = _with_size(generator, samples)
    validation_data, validation_size = _with_size(validation_data, validation_samples)
    return self.fit(
        generator,
        steps_per_epoch=steps_per_epoch if samples is None else -(-samples // size),
        epochs=epochs,
        verbose=verbose,
        callbacks=callbacks,
        validation_data=validation_data,
        validation_steps=validation_steps if validation_samples is None else -(-validation_samples // validation_size),
        validation_freq=validation_freq,
        class_weight=class_weight,
        shuffle=shuffle and not inspect.isgenerator(generator),
        initial_epoch=initial_epoch,
    )


def evaluate_generator(self, generator, steps=None, callbacks=None, verbose=0, samples=None):
    """`evaluate` from a generator."""
    tell("evaluate_generator", "evaluate")
    generator, size = _with_size(generator, samples)
    steps = steps if samples is None else -(-samples // size)
    return self.evaluate(generator, steps=steps, callbacks=callbacks, verbose=verbose)


def predict_generator(self, generator, steps=None, callbacks=None, verbose=0, samples=None):
    """`predict` from a generator."""
    tell("predict_generator", "predict")
    generator, size = _with_size(generator, samples)
    steps = steps if samples is None else -(-samples // size)
    return self.predict(generator, steps=steps, callbacks=callbacks, verbose=verbose)


def predict_classes(self, x, batch_size=32, verbose=0):
    """The class of each sample: the largest of several outputs, or whether the only one is above 0.5."""
    tell("predict_classes", "predict(x).argmax(axis=-1)")
    shares = self.predict(x, batch_size=batch_size, verbose=verbose)
    return shares.argmax(axis=-1) if shares.shape[-1] > 1 else (shares > 0.5).astype("int32")


def predict_proba(self, x, batch_size=32, verbose=0):
    """`predict`."""
    tell("predict_proba", "predict")
    return self.predict(x, batch_size=batch_size, verbose=verbose)


def _with_size(generator, samples):
    """The generator, and the samples in its first batch where these are to be counted."""
    if samples is None:
        return generator, 1
    if not inspect.isgenerator(generator) and not hasattr(generator, "__next__"):
        return generator, len(np.asarray(generator[0][0]))
    first = next(generator)

    def again():
        yield first
        yield from generator

    return again(), len(first[0])
