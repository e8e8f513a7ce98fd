"""KerasClassifier and KerasRegressor of Keras 2: a function that makes a model, with scikit-learn's manners.

Above: old_names.py names them; `pellucid.wrappers` holds today's.
Kept true: a word of ``**sk_params`` goes to whichever takes it: the function, or `fit`, `predict`, `evaluate` of a model.
"""

from __future__ import annotations

import inspect

import numpy as np

from pellucid import models, utils
from pellucid.aliases import old_arguments
from pellucid.errors import ArgumentError, StateError, UnknownArgumentError

_METHODS = ("fit", "predict", "evaluate")


class Wrapper:
    """A parent; its child says what numbers mean.

    Args:
        build_fn: makes a compiled model; the child's own ``__call__`` if None.
        sk_params: words for it, and for `fit`, `predict` and `evaluate`.

    Raises:
        UnknownArgumentError: a word that nobody takes.

    Source: keras.wrappers.scikit_learn, Keras 2.11.
    """

    _kind = ""  # of scikit-learn's parents

    def __init__(self, build_fn=None, **sk_params):
        self.build_fn, self.sk_params = build_fn, sk_params
        self.check_params(sk_params)

    def check_params(self, params: dict) -> None:
        """Raise where nobody takes a word."""
        takers = [self._builder(), *(getattr(models.Model, name) for name in _METHODS)]
        for word in set(params) - {"nb_epoch"}:
            if not any(_takes(taker, word) for taker in takers):
                raise UnknownArgumentError(
                    "Neither the function that makes the model nor `fit` takes this.",
                    got=word,
                    fix=f"def build({word}): ...",
                )

    def get_params(self, deep=True) -> dict:
        """What it was made with."""
        return {**self.sk_params, "build_fn": self.build_fn}

    def set_params(self, **params):
        """Change words of `sk_params`."""
        self.check_params({word: value for word, value in params.items() if word != "build_fn"})
        self.build_fn = params.pop("build_fn", self.build_fn)
        self.sk_params.update(params)
        return self

    def filter_sk_params(self, fn, override=None) -> dict:
        """Those words that a function takes, and `override`."""
        return {word: value for word, value in self.sk_params.items() if _takes(fn, word)} | (override or {})

    def fit(self, x, y, **kwargs):
        """Make a model anew and train it; gives its History."""
        self.model = self._builder()(**self.filter_sk_params(self._builder()))
        words = self.filter_sk_params(models.Model.fit, kwargs)
        if "nb_epoch" in self.sk_params:
            words.setdefault("epochs", self.sk_params["nb_epoch"])
            old_arguments.tell("nb_epoch", "epochs")
        return self.model.fit(x, self._one_hot(y), **words)

    def _builder(self):
        if self.build_fn is not None:
            return self.build_fn
        if not callable(self):
            raise ArgumentError("A wrapper needs a function that makes its model.", fix="build_fn=make_model")
        return self.__call__

    def _one_hot(self, y):
        y = np.asarray(y)
        loss = getattr(self.model.loss, "__name__", getattr(self.model.loss, "name", self.model.loss))
        return utils.to_categorical(y) if loss == "categorical_crossentropy" and y.ndim != 2 else y

    def _predict(self, x, kwargs):
        return self.model.predict(x, **self.filter_sk_params(models.Model.predict, kwargs))

    def _evaluate(self, x, y, kwargs) -> dict:
        words = self.filter_sk_params(models.Model.evaluate, kwargs)
        return self.model.evaluate(x, y, **{**words, "return_dict": True})

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model")

    def __sklearn_tags__(self):
        from sklearn import base

        return type("Tagged", (getattr(base, self._kind), base.BaseEstimator), {})().__sklearn_tags__()


def _takes(function, word: str) -> bool:
    return word in inspect.signature(function).parameters


class KerasClassifier(Wrapper):
    __doc__ = (Wrapper.__doc__ or "").replace(
        "A parent; its child says what numbers mean.", "A model that tells classes apart."
    )
    _kind = "ClassifierMixin"

    def fit(self, x, y, **kwargs):
        """Make a model anew and train it.

        Shapes:
            y  (samples,) of classes of any kind, or (samples, classes) one-hot

        Raises:
            ArgumentError: `y` has other axes.
        """
        y = np.asarray(y)
        if y.ndim == 2 and y.shape[1] > 1:
            self.classes_ = np.arange(y.shape[1])
        elif y.ndim in (1, 2):
            self.classes_ = np.unique(y)
            y = np.searchsorted(self.classes_, y)
        else:
            raise ArgumentError("Classes have one axis, or two.", got=y.shape, expected="(samples,)")
        self.n_classes_ = len(self.classes_)
        return super().fit(x, y, **kwargs)

    def predict(self, x, **kwargs):
        """The class of each sample: of the largest output, or whether the only one is above 0.5."""
        shares = self._predict(x, kwargs)
        places = shares.argmax(axis=-1) if shares.shape[-1] > 1 else (shares > 0.5).astype("int32")
        return self.classes_[places]

    def predict_proba(self, x, **kwargs):
        """The share of each class; of both where the model gives one."""
        shares = self._predict(x, kwargs)
        return np.hstack([1 - shares, shares]) if shares.shape[1] == 1 else shares

    def score(self, x, y, **kwargs) -> float:
        """The accuracy.

        Raises:
            StateError: the model was compiled without it.
        """
        y = np.asarray(y)
        places = y if y.ndim == 2 and y.shape[1] > 1 else np.searchsorted(self.classes_, y)
        found = self._evaluate(x, self._one_hot(places), kwargs)
        for name in ("accuracy", "acc"):
            if name in found:
                return found[name]
        raise StateError("The model does not tell its accuracy.", got=", ".join(found), fix='metrics=["accuracy"]')


class KerasRegressor(Wrapper):
    __doc__ = (Wrapper.__doc__ or "").replace(
        "A parent; its child says what numbers mean.", "A model that gives numbers."
    )
    _kind = "RegressorMixin"

    def predict(self, x, **kwargs):
        """A number for each sample."""
        return np.squeeze(self._predict(x, kwargs), axis=-1)

    def score(self, x, y, **kwargs) -> float:
        """The loss, negative: more is better."""
        return -self._evaluate(x, y, kwargs)["loss"]
